import CBackprop
import Testing

@testable import Backprop
@testable import BackpropReference

private let seeds: [(seed: UInt64, stream: UInt64)] = [(0, 0), (1, 0), (0, 1), (.max, .max), (42, 1 << 32)]

@Suite struct RandomTests {
    @Test("the generator gives the reference's numbers", arguments: seeds)
    func next(seed: UInt64, stream: UInt64) {
        var core = bp_random_make(seed, stream)
        var library = SplitMix64(seed: seed, stream: stream)
        var reference = ReferenceRandom(seed: seed, stream: stream)
        for _ in 0..<100 {
            let expected = reference.next()
            #expect(bp_random_next(&core) == expected)
            #expect(library.next() == expected)
        }
    }

    @Test("the generator is SplitMix64")
    func published() {
        // The first numbers of Java's SplittableRandom(0), from the published algorithm.
        var random = bp_random(state: 0)
        let expected: [UInt64] = [0xe220_a839_7b1d_cdaf, 0x6e78_9e6a_a1b9_65f4, 0x06c4_5d18_8009_454f]
        for number in expected { #expect(bp_random_next(&random) == number) }
    }

    @Test("streams and seeds don't share numbers")
    func streams() {
        var seen = Set<UInt64>()
        for seed in 0..<20 as Range<UInt64> {
            for stream in 0..<20 as Range<UInt64> {
                var random = bp_random_make(seed, stream)
                seen.insert(bp_random_next(&random))
            }
        }
        #expect(seen.count == 400)
    }

    @Test("whole numbers below a bound equal the reference's", arguments: [1, 2, 3, 10, 1 << 63, (1 << 63) + 1, .max])
    func below(bound: UInt64) {
        var core = bp_random_make(5, 6)
        var reference = ReferenceRandom(seed: 5, stream: 6)
        for _ in 0..<100 {
            let found = bp_random_below(&core, bound)
            #expect(found == reference.next(below: bound))
            #expect(found < bound)
        }
    }

    @Test("below a bound of 0 there is only 0")
    func belowNothing() {
        var core = bp_random_make(5, 6)
        #expect(bp_random_below(&core, 0) == 0)
    }

    @Test("uniform numbers equal the reference's and stay in their range", arguments: Precision.all)
    func uniform(in precision: Precision) {
        func check<Scalar: KernelScalar>(_ scalar: Scalar.Type) {
            for limit in [1, 0.1, 0, 1e30].map({ Scalar($0) }) {
                var core = bp_random_make(7, 8)
                var reference = ReferenceRandom(seed: 7, stream: 8)
                var found = [Scalar](repeating: 0, count: 1000)
                Scalar.functions.uniform(&core, limit, &found, found.count)
                expectSame(found, found.map { _ in reference.uniform(limit: limit) }, "limit \(limit)")
                #expect(found.allSatisfy { $0 >= -limit && $0 <= limit })
            }
        }
        check(precision.scalar)
    }

    @Test("a shuffle equals the reference's and keeps every item", arguments: [0, 1, 2, 3, 100])
    func shuffle(count: Int) {
        var core = bp_random_make(9, 10)
        var reference = ReferenceRandom(seed: 9, stream: 10)
        var items = (0..<UInt32(count)).map { $0 }
        bp_random_shuffle(&core, &items, count)
        #expect(items == reference.permutation(of: count))
        #expect(items.sorted() == Array(0..<UInt32(count)))
    }

    @Test("each order of three items is as likely as the others")
    func fairness() {
        var random = SplitMix64(seed: 11)
        var counts: [[UInt32]: Int] = [:]
        for _ in 0..<6000 { counts[random.permutation(of: 3), default: 0] += 1 }
        // Each count has mean 1000 and deviation sqrt(6000 * 1/6 * 5/6) = 28.9: 5 of these are 144.
        #expect(counts.count == 6)
        #expect(counts.values.allSatisfy { abs($0 - 1000) < 144 })
    }

    @Test("normal numbers equal the reference's for even and odd counts", arguments: Machine.all)
    func normal(on machine: Machine) {
        func check<Scalar: KernelScalar>(_ scalar: Scalar.Type) {
            let kernels = GuardedKernels(machine.instructionSet, scalar)
            for count in [0, 1, 2, 3, 100, 101] {
                for deviation in [1, 0.1, 0, 1e30].map({ Scalar($0) }) {
                    var reference = ReferenceRandom(seed: 12, stream: 0)
                    var expected = (0..<count).map { Scalar($0) }
                    let found = kernels.addNormal(deviation: deviation, to: expected, seed: 12)
                    reference.addNormal(deviation: deviation, to: &expected)
                    expectSame(found.x, expected, "\(count) numbers of deviation \(deviation)")
                    #expect(found.next == reference.next(), "\(count) numbers leave the generator elsewhere")
                }
            }
        }
        check(machine.scalar)
    }

    @Test("normal numbers have the moments of the normal distribution", arguments: Precision.all)
    func moments(in precision: Precision) {
        func check<Scalar: KernelScalar>(_ scalar: Scalar.Type) {
            let count = 20_000
            var random = bp_random_make(13, 0)
            var x = [Scalar](repeating: 0, count: count)
            let kernels = InstructionSet.available.last!.kernels.pointer
            Scalar.functions.normal(kernels, &random, 1, &x, count)
            // The mean of x^k has the variance (E x^2k - (E x^k)^2) / n; E x^k is 1 · 3 · … · (k - 1) for even k.
            for (power, expected, variance) in [(1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96)] as [(Int, Double, Double)]
            {
                let sum = x.reduce(0) { sum, x in sum + (0..<power).reduce(1) { product, _ in product * Double(x) } }
                #expect(
                    abs(sum / Double(count) - expected) <= 5 * (variance / Double(count)).squareRoot(),
                    "moment \(power)")
            }
        }
        check(precision.scalar)
    }
}
