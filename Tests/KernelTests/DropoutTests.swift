import Testing

@testable import Backprop
@testable import BackpropReference

@Suite struct DropoutTests {
    private static let rates: [Float] = [0, 0.1, 0.5, 0.99]
    private let dropout = ReferenceDropout(seed: 41, step: 7)

    private func reference<Scalar: KernelScalar>(
        _ a: [[Scalar]], _ derivative: [[Scalar]], rate: Float, layer: Int
    ) -> (a: [Scalar], derivative: [Scalar]) {
        var activations = ReferenceNetwork<Scalar>.Activations(z: a, a: a, derivative: derivative)
        dropout.apply(to: &activations, layer: layer, rate: rate)
        return (activations.a.flat, activations.derivative.flat)
    }

    @Test("dropout equals the reference for every tail", arguments: Machine.all, rates)
    func tails(on machine: Machine, _ rate: Float) {
        func check<Scalar: KernelScalar>(_ scalar: Scalar.Type) {
            let kernels = GuardedKernels(machine.instructionSet, scalar)
            var random = ReferenceRandom(seed: 42, stream: 0)
            for count in kernels.sizes {
                for batch in [0, 1, 3] {
                    let a: [[Scalar]] = random.matrix(batch, count)
                    let derivative: [[Scalar]] = random.matrix(batch, count)
                    let expected = reference(a, derivative, rate: rate, layer: 2)
                    let found = kernels.dropOut(a.flat, derivative.flat, rate: rate, dropout, layer: 2, batch: batch)
                    expectSame(found.a, expected.a, "activations, \(batch) × \(count)")
                    expectSame(found.derivative, expected.derivative, "derivatives, \(batch) × \(count)")
                }
            }
        }
        check(machine.scalar)
    }

    @Test("what is dropped is 0, also where it was infinite or NaN", arguments: Machine.all)
    func specials(on machine: Machine) {
        func check<Scalar: KernelScalar>(_ scalar: Scalar.Type) {
            let kernels = GuardedKernels(machine.instructionSet, scalar)
            var random = ReferenceRandom(seed: 43, stream: 0)
            let a: [[Scalar]] = random.specialMatrix(4, 50)
            let derivative: [[Scalar]] = random.specialMatrix(4, 50)
            let expected = reference(a, derivative, rate: 0.5, layer: 0)
            let found = kernels.dropOut(a.flat, derivative.flat, rate: 0.5, dropout, layer: 0, batch: 4)
            expectSame(found.a, expected.a, "activations")
            expectSame(found.derivative, expected.derivative, "derivatives")
        }
        check(machine.scalar)
    }

    @Test("which units are dropped doesn't depend on how the samples are split", arguments: Machine.all)
    func parts(on machine: Machine) {
        func check<Scalar: KernelScalar>(_ scalar: Scalar.Type) {
            let kernels = GuardedKernels(machine.instructionSet, scalar)
            let (samples, units) = (11, 2 * kernels.lanes + 1)
            let ones = [Scalar](repeating: 1, count: samples * units)
            let whole = kernels.dropOut(ones, ones, rate: 0.3, dropout, layer: 1, batch: samples).a
            for size in [1, 2, 3, 5] {
                let parts = stride(from: 0, to: samples, by: size).flatMap { first in
                    let count = min(size, samples - first)
                    let ones = Array(ones[..<(count * units)])
                    return kernels.dropOut(ones, ones, rate: 0.3, dropout, layer: 1, first: first, batch: count).a
                }
                expectSame(parts, whole, "parts of \(size)")
            }
        }
        check(machine.scalar)
    }

    @Test("the share that is dropped is the rate, and the mean stays as it is", arguments: Precision.all, rates)
    func share(in precision: Precision, _ rate: Float) {
        func check<Scalar: KernelScalar>(_ scalar: Scalar.Type) {
            let kernels = GuardedKernels(InstructionSet.available.last!, scalar)
            let count = 20_000
            let ones = [Scalar](repeating: 1, count: count)
            let found = kernels.dropOut(ones, ones, rate: rate, dropout, layer: 0, batch: 100).a
            let dropped = Double(found.count { $0 == 0 })
            // Five deviations of a binomial number.
            let (n, p) = (Double(count), Double(rate))
            #expect(abs(dropped - n * p) <= 5 * (n * p * (1 - p)).squareRoot(), "\(dropped) of \(count)")
            // What is kept is 1 / (1 - p), so the mean is off as much as the share, times that; and the sum of n equal
            // numbers by no more than n roundings.
            let mean = found.reduce(0) { $0 + Double($1) } / n
            let rounding = n * Double.ulpOfOne + 2 * Double(Scalar.ulpOfOne)
            #expect(abs(mean - 1) <= 5 * (p / (1 - p) / n).squareRoot() + rounding, "mean \(mean)")
        }
        check(precision.scalar)
    }

    @Test("another seed, step or layer drops others, independently")
    func independence() {
        let kernels = GuardedKernels(InstructionSet.available.last!, Float.self)
        let count = 20_000
        let ones = [Float](repeating: 1, count: count)
        func isDropped(seed: UInt64, step: UInt64, layer: Int) -> [Bool] {
            kernels.dropOut(
                ones, ones, rate: 0.5, ReferenceDropout(seed: seed, step: step), layer: layer, batch: 1
            ).a.map { $0 == 0 }
        }
        let one = isDropped(seed: 1, step: 1, layer: 1)
        for (seed, step, layer) in [(2, 1, 1), (1, 2, 1), (1, 1, 2)] as [(UInt64, UInt64, Int)] {
            let both = zip(one, isDropped(seed: seed, step: step, layer: layer)).count { $0 && $1 }
            // A quarter, within five deviations of a binomial number.
            let deviation = (Double(count) * 0.25 * 0.75).squareRoot()
            #expect(
                abs(Double(both) - Double(count) / 4) <= 5 * deviation, "seed \(seed), step \(step), layer \(layer)")
        }
    }
}
