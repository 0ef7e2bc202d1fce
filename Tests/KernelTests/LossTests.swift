import Testing

@testable import Backprop
@testable import BackpropReference

private let errorLosses: [Loss] = [.squaredError, .meanSquaredError, .meanAbsoluteError, .huber]
private let entropyLosses: [Loss] = [.crossEntropy, .binaryCrossEntropy]

@Suite struct LossTests {
    @Test("losses of errors and their deltas equal the reference for every tail", arguments: Machine.all)
    func errors(on machine: Machine) {
        func check<Scalar: KernelScalar>(_ scalar: Scalar.Type) {
            let kernels = GuardedKernels(machine.instructionSet, scalar)
            var random = ReferenceRandom(seed: 16, stream: 0)
            for loss in errorLosses {
                for n in kernels.sizes {
                    // Errors up to 3 reach both parts of Huber's loss.
                    let a: [[Scalar]] = (0..<3).map { _ in random.values(n, limit: 2) }
                    expectErrorLoss(kernels, loss, a, random.matrix(3, n))
                }
                expectErrorLoss(kernels, loss, random.specialMatrix(30, 3), random.specialMatrix(30, 3))
                expectErrorLoss(kernels, loss, [[1, -1, 0.5, 2]], [[1, 0, -0.5, 1]])
                expectErrorLoss(kernels, loss, [], [])
            }
        }
        check(machine.scalar)
    }

    private func expectErrorLoss<Scalar: KernelScalar>(
        _ kernels: GuardedKernels<Scalar>, _ loss: Loss, _ a: [[Scalar]], _ t: [[Scalar]]
    ) {
        let scale: Scalar = 0.3
        let expected = zip(a, t).map { ReferenceMath.loss(loss, $0, $1, scale: scale) }
        let found = kernels.lossDelta(loss, a.flat, t.flat, scale: scale, batch: a.count)
        expectSame(found.losses, expected.map(\.value), "\(loss) of \(a) for \(t)")
        expectSame(found.g, expected.map(\.g).flat, "delta of \(loss) of \(a) for \(t)")
        let alone = kernels.lossDelta(loss, a.flat, t.flat, scale: scale, batch: a.count, wantsDelta: false)
        expectSame(alone.losses, found.losses, "\(loss) without its delta")
    }

    @Test("cross-entropies and their deltas equal the reference for every tail", arguments: Machine.all)
    func entropies(on machine: Machine) {
        func check<Scalar: KernelScalar>(_ scalar: Scalar.Type) {
            let kernels = GuardedKernels(machine.instructionSet, scalar)
            var random = ReferenceRandom(seed: 17, stream: 0)
            for loss in entropyLosses {
                for n in kernels.sizes where n > 0 {
                    let z: [[Scalar]] = (0..<3).map { _ in random.values(n, limit: 8) }
                    expectCrossEntropy(kernels, loss, z, random.matrix(3, n))
                }
                expectCrossEntropy(kernels, loss, random.specialMatrix(30, 3), random.matrix(30, 3))
                expectCrossEntropy(kernels, loss, random.specialMatrix(30, 3), random.specialMatrix(30, 3))
                expectCrossEntropy(kernels, loss, [], [])
            }
        }
        check(machine.scalar)
    }

    private func expectCrossEntropy<Scalar: KernelScalar>(
        _ kernels: GuardedKernels<Scalar>, _ loss: Loss, _ z: [[Scalar]], _ t: [[Scalar]]
    ) {
        let scale: Scalar = 0.3
        let reference =
            loss == .crossEntropy
            ? ReferenceMath<Scalar>.softmaxCrossEntropy : ReferenceMath<Scalar>.sigmoidCrossEntropy
        let expected = zip(z, t).map { reference($0, $1, scale) }
        for inPlace in [false, true] {
            let found = kernels.crossEntropy(loss, z.flat, t.flat, scale: scale, batch: z.count, inPlace: inPlace)
            expectSame(found.a, expected.map(\.a).flat, "outputs at \(z)")
            expectSame(found.losses, expected.map(\.value), "\(loss) of \(z) for \(t)")
            expectSame(found.delta, expected.map(\.delta).flat, "delta of \(loss) of \(z) for \(t)")
        }
        let alone = kernels.crossEntropy(loss, z.flat, t.flat, scale: scale, batch: z.count, wantsDelta: false)
        expectSame(alone.losses, expected.map(\.value), "\(loss) without its delta")
    }

    @Test("cross-entropy of a zero probability is finite and exact", arguments: Machine.all)
    func zeroProbability(on machine: Machine) {
        func check<Scalar: KernelScalar>(_ scalar: Scalar.Type) {
            let kernels = GuardedKernels(machine.instructionSet, scalar)
            let largest = Scalar.greatestFiniteMagnitude
            let z: [Scalar] = [0, -1000, 1000, 0, 1e30, -1e30, largest, -largest]
            let t: [Scalar] = [0, 1, 1, 0, 0, 1, 0, 1]
            let found = kernels.crossEntropy(.crossEntropy, z, t, scale: 1, batch: 4)
            expectSame(found.a, [1, 0, 1, 0, 1, 0, 1, 0], "softmax")
            expectSame(found.losses, [1000, 0, 2 * 1e30, largest], "losses")
            expectSame(found.delta.map { $0 + 0 }, [1, -1, 0, 0, 1, -1, 1, -1], "deltas")
        }
        check(machine.scalar)
    }

    @Test("binary cross-entropy of a zero probability is finite and exact", arguments: Machine.all)
    func zeroBinaryProbability(on machine: Machine) {
        func check<Scalar: KernelScalar>(_ scalar: Scalar.Type) {
            let kernels = GuardedKernels(machine.instructionSet, scalar)
            let z: [Scalar] = [1000, 1000, -1000, -1000, 1e30, -1e30]
            let t: [Scalar] = [0, 1, 0, 1, 0, 1]
            let found = kernels.crossEntropy(.binaryCrossEntropy, z, t, scale: 1, batch: 6)
            expectSame(found.a, [1, 1, 0, 0, 1, 0], "sigmoid")
            expectSame(found.losses.map { $0 + 0 }, [1000, 0, 0, 1000, 1e30, 1e30], "losses")
            expectSame(found.delta.map { $0 + 0 }, [1, 0, 0, -1, 1, -1], "deltas")
        }
        check(machine.scalar)
    }

    @Test("losses over no outputs touch nothing they should not", arguments: Machine.all)
    func noOutputs(on machine: Machine) {
        func check<Scalar: KernelScalar>(_ scalar: Scalar.Type) {
            let kernels = GuardedKernels(machine.instructionSet, scalar)
            for loss in entropyLosses {
                #expect(kernels.crossEntropy(loss, [], [], scale: 1, batch: 3).delta.isEmpty)
            }
        }
        check(machine.scalar)
    }
}
