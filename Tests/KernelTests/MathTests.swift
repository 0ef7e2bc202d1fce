import Testing

@testable import Backprop
@testable import BackpropReference

@Suite struct MathTests {
    @Test("exp, log and tanh equal the reference for every tail, also in place", arguments: Machine.all)
    func tails(on machine: Machine) {
        func check<Scalar: KernelScalar>(_ scalar: Scalar.Type) {
            let kernels = GuardedKernels(machine.instructionSet, scalar)
            var random = ReferenceRandom(seed: 8, stream: 0)
            for count in kernels.sizes {
                expectReference(kernels, random.values(count, limit: 5))
            }
        }
        check(machine.scalar)
    }

    @Test("exp, log and tanh equal the reference for special and random numbers", arguments: Machine.all)
    func values(on machine: Machine) {
        func check<Scalar: KernelScalar>(_ scalar: Scalar.Type) {
            let kernels = GuardedKernels(machine.instructionSet, scalar)
            var random = ReferenceRandom(seed: 9, stream: 0)
            expectReference(kernels, Scalar.specials)
            for limit in [1e-30, 0.5, 2, 30, 800, 1e30] {
                expectReference(kernels, random.values(100, limit: Scalar(limit)))
            }
        }
        check(machine.scalar)
    }

    private func expectReference<Scalar: KernelScalar>(_ kernels: GuardedKernels<Scalar>, _ x: [Scalar]) {
        for inPlace in [false, true] {
            expectSame(kernels.exp(x, inPlace: inPlace), x.map { ReferenceMath.exp($0) }, "exp of \(x)")
            expectSame(kernels.log(x, inPlace: inPlace), x.map { ReferenceMath.log($0) }, "log of \(x)")
            expectSame(kernels.tanh(x, inPlace: inPlace), x.map { ReferenceMath.tanh($0) }, "tanh of \(x)")
        }
    }

    @Test("every function equals the reference for ten thousand numbers", arguments: Precision.all, Curve.allCases)
    func many(in precision: Precision, _ curve: Curve) {
        func check<Scalar: KernelScalar>(_ scalar: Scalar.Type) {
            var random = ReferenceRandom(seed: 27, stream: 0)
            let x: [Scalar] = [1, 5, 30, 100].flatMap { random.values(2500, limit: Scalar($0)) }
            let expected = x.map { curve.reference($0) }
            for set in InstructionSet.available {
                expectSame(curve(x, GuardedKernels(set)), expected, "\(curve) with \(set)")
            }
        }
        check(precision.scalar)
    }

    @Test("exp, log and tanh have their exact values and limits", arguments: Machine.all)
    func limits(on machine: Machine) {
        func check<Scalar: KernelScalar>(_ scalar: Scalar.Type) {
            let kernels = GuardedKernels(machine.instructionSet, scalar)
            let x: [Scalar] = [0, -0.0, .infinity, -.infinity, .nan, 1000, -1000]
            expectSame(kernels.exp(x), [1, 1, .infinity, 0, .nan, .infinity, 0], "exp")
            expectSame(kernels.tanh(x), [0, -0.0, 1, -1, .nan, 1, -1], "tanh")
            expectSame(
                kernels.log([1, 0, -0.0, .infinity, -.infinity, -1, .nan, -Scalar.leastNonzeroMagnitude]),
                [0, -.infinity, -.infinity, .infinity, .nan, .nan, .nan, .nan], "log")
        }
        check(machine.scalar)
    }
}
