/// What is done about values that a table doesn't have: empty fields, `NA`, `nan` and `?`.
public enum MissingValues: String, CaseIterable, Hashable, Codable, Sendable {
    /// They are an error.
    case refuse
    /// The mean of the column's values stands in for them.
    case mean
    /// The median of the column's values.
    case median
    /// The most frequent of the column's values, the first of equals. So it is for texts in any case.
    case mode
}

/// A column of a table, and how its values become inputs of a network. It is learnt from samples, and saved with a
/// model.
public struct InputColumn: Hashable, Codable, Sendable {
    /// What the column is called in the table.
    public var name: String
    /// The texts that the column may hold, each with an input that is 1 for it and else 0; `nil` for numbers.
    public var categories: [String]?
    /// What stands in for a missing value: a number, or the index of a category. `nil` where one must be there.
    public var replacement: Double?

    /// - Throws: ``BackpropError/format(_:expected:found:)`` if there are no categories, or two of a name, or if the
    ///   replacement is none of them or not finite.
    public init(name: String, categories: [String]? = nil, replacement: Double? = nil) throws(BackpropError) {
        if let categories {
            guard !categories.isEmpty, Set(categories).count == categories.count else {
                throw .format(
                    "categories of column \(name)", expected: "different texts, at least one", found: "\(categories)")
            }
        }
        if let replacement {
            let isCategory = categories?.indices.contains { Double($0) == replacement }
            guard isCategory ?? replacement.isFinite else {
                throw .format(
                    "replacement in column \(name)",
                    expected: categories == nil ? "a finite number" : "the index of a category", found: "\(replacement)"
                )
            }
        }
        self.name = name
        self.categories = categories
        self.replacement = replacement
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        try self.init(
            name: container.decode(String.self, forKey: .name),
            categories: container.decodeIfPresent([String].self, forKey: .categories),
            replacement: container.decodeIfPresent(Double.self, forKey: .replacement))
    }

    /// How many inputs it takes.
    public var inputCount: Int { categories?.count ?? 1 }

    /// What its inputs are called: as the column or, for a category, `column=category`.
    public var inputNames: [String] { categories?.map { "\(name)=\($0)" } ?? [name] }

    /// Whether it is a number that stands for itself.
    var isPlain: Bool { categories == nil && replacement == nil }
}

/// The input columns of a table before they are scaled, and what was learnt about them.
///
/// ```swift
/// let inputs = try TableInputs(table, columns: [0, 1, 2], missing: .median)
/// let split = try SampleSplit(of: inputs.count, holdingOut: 0.2, seed: 1)
/// let training = try inputs.samples(split.training).learning(missing: .median)
/// let heldOut = inputs.samples(split.heldOut).with(training.columns)
/// ```
public struct TableInputs: Hashable, Sendable {
    /// How the columns become inputs.
    public private(set) var columns: [InputColumn]
    /// Whether the columns have names, be it only their positions in a table.
    public private(set) var hasNames: Bool
    /// Row by row a value for each column: a number or, for a category, its index in ``texts``; NaN where it is missing.
    private var values: [Double]
    /// The texts that occur in each column of categories in the whole table; empty for numbers.
    private var texts: [[String]]
    /// The rows that are meant, or `nil` for all.
    private var rows: [UInt32]?

    /// A column with more texts than this, or with more than half as many as rows, is no use as categories.
    private static let maximumCategories = 1000

    /// Numbers that stand for themselves.
    ///
    /// - Parameters:
    ///   - numbers: Rows of as many as there are columns; finite.
    ///   - columnCount: The number of columns.
    ///   - names: The names of the columns, all different; empty for inputs without names.
    public init(numbers: [Double], columnCount: Int, names: [String] = []) throws(BackpropError) {
        guard columnCount > 0, numbers.count % columnCount == 0 else {
            throw .shape("inputs", expected: "a multiple of \(columnCount) values", found: "\(numbers.count)")
        }
        try checkFinite(numbers, "inputs")
        var columns: [InputColumn] = []
        for index in 0..<columnCount {
            columns.append(try InputColumn(name: names.isEmpty ? "\(index + 1)" : names[index]))
        }
        self.columns = columns
        hasNames = !names.isEmpty
        values = numbers
        texts = Array(repeating: [], count: columnCount)
    }

    /// Reads columns of a table and learns from all of its rows how they become inputs.
    ///
    /// A column holds texts if less than half of its values are numbers.
    ///
    /// - Parameters:
    ///   - table: The table.
    ///   - columns: Their indices, at least one.
    ///   - missing: What is done about values that are not there.
    /// - Throws: ``BackpropError/format(_:expected:found:)`` for a text among numbers, a missing value that is refused, a
    ///   column without any value, or one with too many different texts.
    public init(_ table: CSVTable, columns: [Int], missing: MissingValues = .refuse) throws(BackpropError) {
        let found: NumberColumns<Double> = table.numberColumns(columns)
        var values = found.values
        var texts = [[String]](repeating: [], count: columns.count)
        var learnt: [InputColumn] = []
        for (slot, (column, counts)) in zip(columns, found.columns).enumerated() {
            let present = table.rowCount - counts.missing
            let isText = (present - counts.texts) * 2 < present
            let refused = missing == .refuse ? counts.firstMissing : nil
            if let row = isText ? refused : [counts.firstText, refused].compactMap({ $0 }).min() {
                throw table.unexpected(isText ? "a text" : "a finite number", row: row, column: column)
            }
            if isText {
                texts[slot] = try Self.encode(table, column, into: &values, slot: slot, width: columns.count)
            }
            learnt.append(
                try InputColumn(
                    name: table.name(ofColumn: column), categories: isText ? texts[slot] : nil, replacement: nil))
        }
        self.columns = learnt
        hasNames = true
        self.values = values
        self.texts = texts
        self = try learning(missing: missing)
    }

    /// Reads columns of a table as inputs that a network has learnt already.
    ///
    /// - Parameters:
    ///   - table: The table.
    ///   - columns: What was learnt about each.
    ///   - indices: The columns of the table that they are.
    /// - Throws: ``BackpropError/format(_:expected:found:)`` for a text among numbers, a category that is not known, or a
    ///   missing value without a replacement.
    public init(_ table: CSVTable, columns: [InputColumn], at indices: [Int]) throws(BackpropError) {
        let found: NumberColumns<Double> = table.numberColumns(indices)
        var values = found.values
        for (slot, (column, counts)) in zip(columns, found.columns).enumerated() {
            guard let categories = column.categories else {
                if let row = counts.firstText ?? (column.replacement == nil ? counts.firstMissing : nil) {
                    throw table.unexpected("a finite number", row: row, column: indices[slot])
                }
                continue
            }
            let numbers = Dictionary(uniqueKeysWithValues: categories.enumerated().map { ($1, Double($0)) })
            try table.forEachPresentText(inColumn: indices[slot]) { (row, text) throws(BackpropError) in
                let number = text.map { numbers[$0] } ?? column.replacement
                guard let number else {
                    throw .format(
                        table.placeOf(row: row, column: indices[slot]), expected: "one of \(listed(categories))",
                        found: text ?? "nothing")
                }
                values[row * columns.count + slot] = text == nil ? .nan : number
            }
        }
        self.columns = columns
        hasNames = true
        self.values = values
        texts = columns.map { $0.categories ?? [] }
    }

    /// Puts the indices of texts where the numbers of a column are, and returns the texts.
    private static func encode(
        _ table: CSVTable, _ column: Int, into values: inout [Double], slot: Int, width: Int
    ) throws(BackpropError) -> [String] {
        let most = min(maximumCategories, max(20, table.rowCount / 2))
        var numbering = TextNumbering()
        try table.forEachPresentText(inColumn: column) { (row, text) throws(BackpropError) in
            values[row * width + slot] = text.map { Double(numbering.number(of: $0)) } ?? .nan
            guard numbering.texts.count <= most else {
                throw .format(
                    "\(table.source), column \(table.name(ofColumn: column))",
                    expected: "numbers, or texts that come up again", found: "more than \(most) different texts")
            }
        }
        let texts = numbering.texts.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        let places = numbering.places(in: texts)
        for place in stride(from: slot, to: values.count, by: width) where !values[place].isNaN {
            values[place] = Double(places[Int(values[place])])
        }
        return texts
    }

    /// The number of samples.
    public var count: Int { rows?.count ?? values.count / columns.count }

    /// Inputs a sample.
    public var inputCount: Int { columns.reduce(0) { $0 + $1.inputCount } }

    /// A name for each input, in their order.
    public var inputNames: [String] { columns.flatMap(\.inputNames) }

    /// The inputs that stand for categories, which are 0 or 1 and need no scaling.
    public var categoryInputs: [Int] {
        var first = 0
        return columns.flatMap { column in
            defer { first += column.inputCount }
            return column.categories == nil ? [] : Array(first..<(first + column.inputCount))
        }
    }

    /// The samples of the given indices, in their order.
    public func samples(_ indices: some Sequence<UInt32>) -> TableInputs {
        var chosen = self
        chosen.rows = indices.map { index in rows.map { $0[Int(index)] } ?? index }
        return chosen
    }

    /// The same samples, as columns were learnt elsewhere: a category that was not met there has no input.
    public func with(_ columns: [InputColumn]) -> TableInputs {
        precondition(columns.count == self.columns.count, "columns of another table")
        var inputs = self
        inputs.columns = columns
        return inputs
    }

    /// The same samples, with the categories, and what stands in for missing values, learnt from these samples alone.
    ///
    /// - Throws: ``BackpropError/format(_:expected:found:)`` for a column without any value.
    public func learning(missing: MissingValues) throws(BackpropError) -> TableInputs {
        var learnt = self
        for index in columns.indices where missing != .refuse || columns[index].categories != nil {
            let present = (0..<count).map { values[place($0, index)] }.filter { !$0.isNaN }
            guard !present.isEmpty else {
                throw .format(
                    "column \(columns[index].name)", expected: "a value in one of the rows to learn from", found: "none"
                )
            }
            if columns[index].categories != nil {
                let met = Set(present).sorted()
                let replacement = missing == .refuse ? nil : met.firstIndex(of: mode(of: present)).map { Double($0) }
                learnt.columns[index] = try InputColumn(
                    name: columns[index].name, categories: met.map { texts[index][Int($0)] }, replacement: replacement)
            } else {
                learnt.columns[index].replacement =
                    switch missing {
                    case .refuse: nil
                    case .mean: mean(of: present)
                    case .median: median(of: present)
                    case .mode: mode(of: present)
                    }
            }
        }
        return learnt
    }

    private func place(_ sample: Int, _ column: Int) -> Int {
        (rows.map { Int($0[sample]) } ?? sample) * columns.count + column
    }

    /// The inputs, row-major: scaled in `Double`, and rounded to the precision once.
    ///
    /// - Parameter scaling: Of ``inputCount`` columns.
    @_specialize(where Scalar == Float)
    @_specialize(where Scalar == Double)
    public func values<Scalar: NetworkScalar>(scaledBy scaling: Scaling? = nil) -> [Scalar] {
        var results: [Scalar] = []
        results.reserveCapacity(count * inputCount)
        let indices = categoryIndices
        let arePlain = columns.allSatisfy(\.isPlain)
        // Some rows at a time, so that memory is for the results alone.
        for start in stride(from: 0, to: count, by: 256) {
            var block: [Double] = []
            for sample in start..<min(start + 256, count) {
                if arePlain {
                    let first = place(sample, 0)
                    block += values[first..<(first + columns.count)]
                } else {
                    append(sample, indices, to: &block)
                }
            }
            results += (scaling?.apply(to: block) ?? block).map { Scalar($0) }
        }
        return results
    }

    private func append(_ sample: Int, _ indices: [[Int?]], to block: inout [Double]) {
        let first = place(sample, 0)
        for (index, column) in columns.enumerated() {
            let value = values[first + index]
            guard let categories = column.categories else {
                block.append(value.isNaN ? column.replacement ?? value : value)
                continue
            }
            let chosen = value.isNaN ? column.replacement.map { Int($0) } : indices[index][Int(value)]
            for category in categories.indices { block.append(category == chosen ? 1 : 0) }
        }
    }

    /// For each column the category that each of its texts is, or `nil` if it is none.
    private var categoryIndices: [[Int?]] {
        zip(columns, texts).map { column, texts in
            guard let categories = column.categories else { return [] }
            let indices = Dictionary(uniqueKeysWithValues: categories.enumerated().map { ($1, $0) })
            return texts.map { indices[$0] }
        }
    }
}

private func mean(of values: [Double]) -> Double {
    let count = Double(values.count)
    let mean = values.reduce(0, +) / count
    // A sum may be beyond the largest number where the mean is not.
    return mean.isFinite ? mean : values.reduce(0) { $0 + $1 / count }
}

private func median(of values: [Double]) -> Double {
    let sorted = values.sorted()
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : sorted[middle - 1] / 2 + sorted[middle] / 2
}

/// The most frequent value, the least of equals.
private func mode(of values: [Double]) -> Double {
    let counts = Dictionary(values.map { ($0, 1) }, uniquingKeysWith: +)
    return counts.min { ($1.value, $0.key) < ($0.value, $1.key) }!.key
}

/// Names for an error message, as many as can be read.
func listed(_ names: [String]) -> String {
    names.count <= 20 ? names.joined(separator: ", ") : names.prefix(20).joined(separator: ", ") + ", …"
}
