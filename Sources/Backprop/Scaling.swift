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
    @inlinable
    public init<Scalar: NetworkScalar>(standardizing values: [Scalar], columns: Int) {
        let rows = Double(values.count / columns)
        var means = [Double](repeating: 0, count: columns)
        var squares = means
        for (index, value) in values.enumerated() { means[index % columns] += Double(value) / rows }
        for (index, value) in values.enumerated() {
            let difference = Double(value) - means[index % columns]
            squares[index % columns] += difference * difference / rows
        }
        offsets = means
        factors = squares.map { $0 > 0 ? 1 / $0.squareRoot() : 0 }
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
    public func invert<Scalar: NetworkScalar>(_ values: [Scalar]) -> [Scalar] {
        values.enumerated().map { index, value in
            let column = index % offsets.count
            let factor = factors[column]
            return Scalar(offsets[column] + (factor == 0 ? 0 : Double(value) / factor))
        }
    }
}
