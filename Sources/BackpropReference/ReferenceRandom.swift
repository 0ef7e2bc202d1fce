/// SplitMix64 in plain Swift, number for number as `bp_random` and ``Backprop/SplitMix64``.
public struct ReferenceRandom: Sendable {
    private static let goldenGamma: UInt64 = 0x9e37_79b9_7f4a_7c15
    private(set) var state: UInt64

    /// A generator for a purpose, as `bp_random_make`.
    public init(seed: UInt64, stream: UInt64) {
        let streamed = Self.mix(Self.mix(stream &+ Self.goldenGamma) &+ Self.goldenGamma)
        state = Self.mix(seed &+ Self.goldenGamma) ^ streamed
    }

    private static func mix(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    /// The next number.
    public mutating func next() -> UInt64 {
        state &+= Self.goldenGamma
        return Self.mix(state)
    }

    /// A whole number below a bound, each equally likely.
    public mutating func next(below bound: UInt64) -> UInt64 {
        let uneven = (0 &- bound) % bound
        while true {
            let number = next()
            if number >= uneven { return number % bound }
        }
    }

    /// Uniform in `±limit`, as a whole number of `2^-bits` times the limit.
    public mutating func uniform<Scalar: ReferenceScalar>(limit: Scalar) -> Scalar {
        let bits = Scalar.significandBitCount + 1
        let centered = Int64(next() >> (64 - UInt64(bits))) - 1 << (bits - 1)
        return Scalar(centered) * Scalar(sign: .plus, exponent: Scalar.Exponent(1 - bits), significand: 1) * limit
    }

    /// Two independent, normally distributed numbers of deviation 1, by the polar method.
    mutating func normalPair<Scalar: ReferenceScalar>() -> (Scalar, Scalar) {
        while true {
            let (x, y): (Scalar, Scalar) = (uniform(limit: 1), uniform(limit: 1))
            let square = x * x + y * y
            guard square < 1, square != 0 else { continue }
            let factor = (-2 * ReferenceMath.log(square) / square).squareRoot()
            return (x * factor, y * factor)
        }
    }

    /// Adds normally distributed noise.
    public mutating func addNormal<Scalar: ReferenceScalar>(deviation: Scalar, to values: inout [Scalar]) {
        for index in stride(from: 0, to: values.count, by: 2) {
            let pair: (Scalar, Scalar) = normalPair()
            values[index] += deviation * pair.0
            if index + 1 < values.count { values[index + 1] += deviation * pair.1 }
        }
    }

    /// The numbers `0 ..< count` in a random order (Fisher and Yates).
    public mutating func permutation(of count: Int) -> [UInt32] {
        var items = (0..<UInt32(count)).map { $0 }
        for last in stride(from: count - 1, to: 0, by: -1) {
            items.swapAt(last, Int(next(below: UInt64(last) + 1)))
        }
        return items
    }
}
