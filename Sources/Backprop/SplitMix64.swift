import CBackprop

/// The generator that everything random in this library comes from: SplitMix64
/// (G. L. Steele, D. Lea, C. H. Flood, OOPSLA 2014), the same numbers on every platform.
///
/// The corresponding C type is `bp_random`.
public struct SplitMix64: RandomNumberGenerator, Hashable, Codable, Sendable {
    private var state: UInt64

    /// A generator for a purpose: an equal seed and stream give equal numbers, others unrelated ones.
    public init(seed: UInt64, stream: UInt64 = 0) {
        state = bp_random_make(seed, stream).state
    }

    public mutating func next() -> UInt64 {
        withCore { bp_random_next(&$0) }
    }

    /// A whole number in `0 ..< bound`, each equally likely. `bound` must be positive.
    ///
    /// Unlike the standard library's, this is the same in every version of Swift.
    public mutating func next(below bound: Int) -> Int {
        precondition(bound > 0, "a random number needs a positive bound")
        return withCore { Int(bp_random_below(&$0, UInt64(bound))) }
    }

    /// The numbers `0 ..< count` in a random order, each order equally likely. `count` must not be negative.
    public mutating func permutation(of count: Int) -> [UInt32] {
        var items = (0..<UInt32(count)).map { $0 }
        withCore { bp_random_shuffle(&$0, &items, count) }
        return items
    }

    mutating func withCore<Result>(_ body: (inout bp_random) -> Result) -> Result {
        var random = bp_random(state: state)
        defer { state = random.state }
        return body(&random)
    }
}
