/// Column by column `(x − offset) · factor`, to bring raw values into a network's range.
public struct Scaling: Hashable, Codable, Sendable {
    /// What is taken off each column.
    public let offsets: [Double]
    /// What the rest of each column is multiplied with.
    public let factors: [Double]

    /// - Throws: ``BackpropError/shape(_:expected:found:)`` if the counts differ,
    ///   ``BackpropError/nonFinite(_:index:found:)`` if a number isn't finite.
    public init(offsets: [Double], factors: [Double]) throws(BackpropError) {
        guard offsets.count == factors.count else {
            throw .shape("factors of a scaling", expected: "\(offsets.count) as offsets", found: "\(factors.count)")
        }
        try checkFinite(offsets, "offsets of a scaling")
        try checkFinite(factors, "factors of a scaling")
        self.offsets = offsets
        self.factors = factors
    }

    /// The same factor for every column.
    public init(factor: Double, columns: Int) {
        offsets = Array(repeating: 0, count: columns)
        factors = Array(repeating: factor, count: columns)
    }

    /// Brings each column to mean 0 and variance 1. A column that never changes becomes 0.
    ///
    /// - Parameters:
    ///   - values: Rows of `columns` values, at least one row.
    ///   - columns: Values a row.
    public init(standardizing values: [Double], columns: Int) {
        let rows = Double(values.count / columns)
        var means = [Double](repeating: 0, count: columns)
        var squares = means
        for row in stride(from: 0, to: values.count, by: columns) {
            for column in 0..<columns { means[column] += values[row + column] / rows }
        }
        // Not by its variance, as the mean of equal numbers may be off by a rounding.
        var changes = [Bool](repeating: false, count: columns)
        for row in stride(from: 0, to: values.count, by: columns) {
            for column in 0..<columns {
                let value = values[row + column]
                let difference = value - means[column]
                squares[column] += difference * difference / rows
                if value != values[column] { changes[column] = true }
            }
        }
        offsets = means
        factors = zip(changes, squares).map { $0 && $1 > 0 ? 1 / $1.squareRoot() : 0 }
    }

    /// Brings each column to 0…1. A column that never changes becomes 0.
    ///
    /// - Parameters:
    ///   - values: Rows of `columns` values, at least one row.
    ///   - columns: Values a row.
    public init(minMaxing values: [Double], columns: Int) {
        var (least, greatest) = (Array(values[..<columns]), Array(values[..<columns]))
        for row in stride(from: 0, to: values.count, by: columns) {
            for column in 0..<columns {
                least[column] = min(least[column], values[row + column])
                greatest[column] = max(greatest[column], values[row + column])
            }
        }
        offsets = least
        factors = zip(least, greatest).map { least, greatest in
            // A range so narrow or so wide that there is no factor for it counts as one that never changes.
            let factor = 1 / (greatest - least)
            return factor.isFinite ? factor : 0
        }
    }

    /// The same but for some columns, which stay as they are.
    public func leaving(_ columns: [Int]) -> Scaling {
        var (offsets, factors) = (offsets, factors)
        for column in columns { (offsets[column], factors[column]) = (0, 1) }
        return Scaling(offsets, factors)
    }

    private init(_ offsets: [Double], _ factors: [Double]) {
        self.offsets = offsets
        self.factors = factors
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        try self.init(
            offsets: container.decode([Double].self, forKey: .offsets),
            factors: container.decode([Double].self, forKey: .factors))
    }

    /// Returns scaled rows of as many values as there are columns.
    ///
    /// - Parameter values: Rows of raw values, row-major; a multiple of the number of columns.
    ///
    /// The corresponding C function is `bp_scale_f32`.
    public func apply<Scalar: NetworkScalar>(to values: [Scalar]) -> [Scalar] {
        scaled(values, offsets: offsets.map { Scalar($0) }, factors: factors.map { Scalar($0) })
    }

    /// Takes scaled rows back to raw ones. A column that never changed comes back as it was.
    public func invert(_ values: [Double]) -> [Double] {
        values.enumerated().map { index, value in
            let column = index % offsets.count
            return offsets[column] + (factors[column] == 0 ? 0 : value / factors[column])
        }
    }
}

/// How the columns of inputs are brought into a network's range; what it takes for that is learnt from samples.
public enum ScalingMethod: String, CaseIterable, Hashable, Codable, Sendable {
    /// To mean 0 and variance 1.
    case standard
    /// To 0…1.
    case minMax = "minmax"
    case none

    /// Returns what the method makes of rows of `columns` values, at least one row; `nil` for ``none``.
    public func scaling(for values: [Double], columns: Int) -> Scaling? {
        switch self {
        case .standard: Scaling(standardizing: values, columns: columns)
        case .minMax: Scaling(minMaxing: values, columns: columns)
        case .none: nil
        }
    }
}
