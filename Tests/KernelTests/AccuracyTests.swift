import Testing

@testable import Backprop
@testable import BackpropReference

@Suite struct AccuracyTests {
    @Test("in Float every function is as near to the real one as the header says", arguments: Curve.allCases)
    func float(_ curve: Curve) {
        expectClaim(curve, at: floatSample, wide: Double.self)
    }

    #if arch(x86_64) && os(Linux)
        @Test("in Double every function is as near to the real one as the header says", arguments: Curve.allCases)
        func double(_ curve: Curve) {
            expectClaim(curve, at: doubleSample, wide: Float80.self)
        }
    #endif

    /// Prints the worst error in units in the last place of the true value, and fails if it is above the claim.
    private func expectClaim<Scalar: KernelScalar, Wide: WideScalar>(
        _ curve: Curve, at sample: [Scalar], wide: Wide.Type
    ) {
        let expected = sample.map { curve(Wide($0)) }
        for set in InstructionSet.available {
            let found = curve(sample, GuardedKernels(set))
            var worst = 0.0
            var place = 0
            for index in sample.indices {
                let error = ulps(found[index], expected[index])
                if error > worst { (worst, place) = (error, index) }
            }
            let rounded = (worst * 1000).rounded() / 1000
            print("accuracy: \(curve.testDescription), \(Scalar.self), \(set): \(rounded) ulp at \(sample[place])")
            #expect(worst <= curve.claim, "\(curve) of \(sample[place]) is \(found[place]) with \(set)")
        }
    }

    /// How far a number is from the true value. Infinity counts as the number after the largest.
    private func ulps<Scalar: KernelScalar, Wide: WideScalar>(_ found: Scalar, _ expected: Wide) -> Double {
        if found.isNaN || expected.isNaN { return found.isNaN && expected.isNaN ? 0 : .infinity }
        let largest = Wide(Scalar.greatestFiniteMagnitude)
        let end = largest + Wide(Scalar.greatestFiniteMagnitude.ulp)
        let value = max(-end, min(end, expected))
        let unit = Wide(Scalar(max(-largest, min(largest, expected))).ulp)
        return Double(abs(max(-end, min(end, Wide(found))) - value) / unit)
    }

    @Test("softmax of three is within 3 ulp of its exponentials' shares", arguments: Machine.all)
    func softmax(on machine: Machine) {
        // Two additions and a division, each rounded once to half a unit that may be twice as large
        // as the result's: 3 ulp.
        func check<Scalar: KernelScalar>(_ scalar: Scalar.Type) {
            let kernels = GuardedKernels(machine.instructionSet, scalar)
            var random = ReferenceRandom(seed: 21, stream: 0)
            for _ in 0..<500 {
                let z: [Scalar] = random.values(3, limit: 10)
                let exponentials = kernels.exp(z.map { $0 - z.max()! })
                let a = kernels.activate(.softmax, z, batch: 1).a
                // In Double the division of Double's own exponentials is rounded too, by half a unit.
                let sum = exponentials.map { Double($0) }.reduce(0, +)
                for (found, e) in zip(a, exponentials) {
                    let error = abs(Double(found) - Double(e) / sum) / Double(found.ulp)
                    #expect(error <= 3, "softmax of \(z)")
                }
            }
        }
        check(machine.scalar)
    }
}

/// Finite numbers spread evenly over all bit patterns, and those beside every boundary.
private let floatSample: [Float] = {
    let stride: UInt32 = 65537
    let spread = (0..<(UInt32.max / stride)).map { Float(bitPattern: $0 * stride) }
    return (spread + hardest.map { Float($0) } + boundaries()).filter(\.isFinite)
}()

/// As ``floatSample``, with random bit patterns and more numbers where the functions are not flat.
private let doubleSample: [Double] = {
    var random = ReferenceRandom(seed: 22, stream: 0)
    let patterns = (0..<20_000).map { _ in Double(bitPattern: random.next()) }
    let near = [0.1, 1, 10, 100, 800].flatMap { limit in (0..<5000).map { _ in random.uniform(limit: limit) } }
    return (patterns + near + hardest + boundaries()).filter(\.isFinite)
}()

/// Where the errors were largest when all floats were tried, and twenty million doubles a function.
private let hardest: [Double] = [
    59.2750053, -4.4649188259093453, 1.00386178, 1.0643117505602733, 0.00776717532, 0.20355851918082712, -4.1572938,
    -4.1565904148301414, -0.347394496, -0.34683887937092983, -2.7570076, -4.1568089177261189, -3.21125126,
    -3.2555990134546455, -2.97789097, -1.3580399909830039,
]

/// The neighbors of the special numbers, and of the powers of two and their roots, where `log` and
/// `exp` change their method.
private func boundaries<Scalar: KernelScalar>() -> [Scalar] {
    let exponents = Int(Scalar.leastNonzeroMagnitude.exponent)...Int(Scalar.greatestFiniteMagnitude.exponent)
    var points = Scalar.specials + [0.01]
    for exponent in exponents {
        let power = Scalar(sign: .plus, exponent: Scalar.Exponent(exponent), significand: 1)
        points += [power, power * Scalar.sqrtHalf]
    }
    for step in 1...300 { points.append((Scalar(step) - 0.5) * Scalar.ln2High) }
    return points.flatMap { point -> [Scalar] in
        let neighbors = [point, point.nextUp, point.nextDown]
        return neighbors + neighbors.map { -$0 }
    }
}
