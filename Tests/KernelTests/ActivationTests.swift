import CBackprop
import Testing

@testable import Backprop
@testable import BackpropReference

private let unitwise = Activation.allCases.filter { $0 != .softmax }

@Suite struct ActivationTests {
    @Test("activations and the derivatives they keep equal the reference for every tail", arguments: Machine.all)
    func tails(on machine: Machine) {
        func check<Scalar: KernelScalar>(_ scalar: Scalar.Type) {
            let kernels = GuardedKernels(machine.instructionSet, scalar)
            var random = ReferenceRandom(seed: 10, stream: 0)
            for f in unitwise {
                for count in kernels.sizes {
                    expectReference(kernels, f, random.values(3 * count, limit: 4), batch: 3)
                }
                expectReference(kernels, f, [], batch: 0)
            }
        }
        check(machine.scalar)
    }

    @Test("activations of special numbers equal the reference", arguments: Machine.all)
    func specials(on machine: Machine) {
        func check<Scalar: KernelScalar>(_ scalar: Scalar.Type) {
            let kernels = GuardedKernels(machine.instructionSet, scalar)
            var random = ReferenceRandom(seed: 11, stream: 0)
            for f in unitwise {
                expectReference(kernels, f, Scalar.specials, batch: 1)
                for limit in [1e-30, 1, 30, 800] {
                    expectReference(kernels, f, random.values(50, limit: Scalar(limit)), batch: 1)
                }
            }
        }
        check(machine.scalar)
    }

    /// Compares `f(z)`, `f'(z)` and the delta that goes through them.
    private func expectReference<Scalar: KernelScalar>(
        _ kernels: GuardedKernels<Scalar>, _ f: Activation, _ z: [Scalar], batch: Int
    ) {
        let expected = z.map { ReferenceMath.activate(f, $0) }
        let a = expected.map(\.value)
        let slopes = expected.map(\.derivative)
        let keeps = bp_activation_keeps_derivative(f.core) == 1
        for inPlace in [false, true] {
            let found = kernels.activate(f, z, batch: batch, inPlace: inPlace)
            expectSame(found.a, a, "\(f) of \(z)")
            let untouched = z.map { _ in GuardedKernels<Scalar>.unwritten }
            expectSame(found.derivative, keeps ? slopes : untouched, "derivative of \(f) at \(z)")
        }
        expectSame(kernels.activateOnly(f, z, batch: batch), a, "\(f) without its derivative")
        expectDelta(kernels, f, a, slopes, keeps: keeps, batch: batch)
    }

    private func expectDelta<Scalar: KernelScalar>(
        _ kernels: GuardedKernels<Scalar>, _ f: Activation, _ a: [Scalar], _ slopes: [Scalar], keeps: Bool, batch: Int
    ) {
        var random = ReferenceRandom(seed: 12, stream: 0)
        let g: [Scalar] = random.values(a.count)
        let expected = zip(g, slopes).map { $0 * $1 }
        for inPlace in [false, true] {
            let found = kernels.activationDelta(f, a, keeps ? slopes : nil, g, batch: batch, inPlace: inPlace)
            expectSame(found, expected, "delta through \(f) at \(a)")
        }
    }

    @Test("softmax and its delta equal the reference for every tail", arguments: Machine.all)
    func softmax(on machine: Machine) {
        func check<Scalar: KernelScalar>(_ scalar: Scalar.Type) {
            let kernels = GuardedKernels(machine.instructionSet, scalar)
            var random = ReferenceRandom(seed: 13, stream: 0)
            for n in kernels.sizes where n > 0 {
                for batch in 0...3 {
                    let z: [Scalar] = random.values(batch * n, limit: 6)
                    let a = z.rows(batch, width: n).map { ReferenceMath.softmax($0).value }
                    for inPlace in [false, true] {
                        expectSame(
                            kernels.activate(.softmax, z, batch: batch, inPlace: inPlace).a, a.flat, "softmax of \(z)")
                    }
                    expectSoftmaxDelta(kernels, a, n: n)
                }
            }
            #expect(kernels.activate(.softmax, [], batch: 3).a.isEmpty)
            #expect(kernels.activationDelta(.softmax, [], nil, [], batch: 3).isEmpty)
        }
        check(machine.scalar)
    }

    private func expectSoftmaxDelta<Scalar: KernelScalar>(
        _ kernels: GuardedKernels<Scalar>, _ a: [[Scalar]], n: Int
    ) {
        var random = ReferenceRandom(seed: 14, stream: 0)
        let g: [[Scalar]] = random.matrix(a.count, n)
        let expected = zip(a, g).map { ReferenceMath.softmaxDelta($0, $1) }
        for inPlace in [false, true] {
            let found = kernels.activationDelta(.softmax, a.flat, nil, g.flat, batch: a.count, inPlace: inPlace)
            expectSame(found, expected.flat, "delta through softmax at \(a)")
        }
    }

    @Test("softmax of special numbers equals the reference", arguments: Machine.all)
    func softmaxSpecials(on machine: Machine) {
        func check<Scalar: KernelScalar>(_ scalar: Scalar.Type) {
            let kernels = GuardedKernels(machine.instructionSet, scalar)
            var random = ReferenceRandom(seed: 15, stream: 0)
            for n in [1, 2, 3, 5, kernels.lanes + 1] {
                let z: [[Scalar]] = random.specialMatrix(20, n)
                let expected = z.map { ReferenceMath.softmax($0).value }
                expectSame(kernels.activate(.softmax, z.flat, batch: 20).a, expected.flat, "softmax of \(z)")
            }
        }
        check(machine.scalar)
    }

    @Test("saturated activations are finite and exact", arguments: Machine.all)
    func saturation(on machine: Machine) {
        func check<Scalar: KernelScalar>(_ scalar: Scalar.Type) {
            let kernels = GuardedKernels(machine.instructionSet, scalar)
            let z: [Scalar] = [1000, -1000, 1e30, -1e30]
            let expected: [(Activation, [Scalar])] = [
                (.identity, z), (.sigmoid, [1, 0, 1, 0]), (.tanh, [1, -1, 1, -1]), (.relu, [1000, 0, 1e30, 0]),
                (.leakyReLU, [1000, -1000 * 0.01, 1e30, -1e30 * 0.01]), (.elu, [1000, -1, 1e30, -1]),
                (.softplus, [1000, 0, 1e30, 0]), (.silu, [1000, -0.0, 1e30, -0.0]), (.gelu, [1000, -0.0, 1e30, -0.0]),
            ]
            for (f, values) in expected { expectSame(kernels.activate(f, z, batch: 1).a, values, "\(f)") }
            for f in [Activation.softplus, .silu, .gelu] {
                let derivative = kernels.activate(f, z, batch: 1).derivative.map { $0 + 0 }
                expectSame(derivative, [1, 0, 1, 0], "derivative of \(f)")
            }
        }
        check(machine.scalar)
    }

    @Test("softmax of huge numbers is finite and exact", arguments: Machine.all)
    func hugeSoftmax(on machine: Machine) {
        func check<Scalar: KernelScalar>(_ scalar: Scalar.Type) {
            let kernels = GuardedKernels(machine.instructionSet, scalar)
            let largest = Scalar.greatestFiniteMagnitude
            let z: [Scalar] = [1e30, -1e30, 1e30, 1e30, -1e30, -1e30, largest, -largest]
            let expected: [Scalar] = [1, 0, 0.5, 0.5, 0.5, 0.5, 1, 0]
            expectSame(kernels.activate(.softmax, z, batch: 4).a, expected, "softmax of \(z)")
        }
        check(machine.scalar)
    }
}
