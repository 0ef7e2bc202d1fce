/// Column by column `(x − offset) · factor`, to bring raw values into a network's range.
public struct Scaling: Hashable, Codable, Sendable {
    public let offsets: [Double]
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
    /// - Parameter values: Rows of `columns` values, at least one row.
    public init(standardizing values: [Double], columns: Int) {
        let rows = Double(values.count / columns)
        var means = [Double](repeating: 0, count: columns)
        var squares = means
        for (index, value) in values.enumerated() { means[index % columns] += value / rows }
        for (index, value) in values.enumerated() {
            let difference = value - means[index % columns]
            squares[index % columns] += difference * difference / rows
        }
        // Not by its variance, as the mean of equal numbers may be off by a rounding.
        var changes = [Bool](repeating: false, count: columns)
        for (index, value) in values.enumerated() where value != values[index % columns] {
            changes[index % columns] = true
        }
        offsets = means
        factors = zip(changes, squares).map { $0 && $1 > 0 ? 1 / $1.squareRoot() : 0 }
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
