import Testing

@testable import Backprop
@testable import BackpropReference

@Suite struct DescendTests {
    private static let rates = [0.3, 0, -1]

    @Test("descend equals the reference for every tail", arguments: Machine.all)
    func descend(on machine: Machine) {
        func check<Scalar: KernelScalar>(_ scalar: Scalar.Type) {
            let kernels = GuardedKernels(machine.instructionSet, scalar)
            var random = ReferenceRandom(seed: 6, stream: 0)
            for count in kernels.sizes {
                let w: [Scalar] = random.values(count)
                let g: [Scalar] = random.values(count)
                expectDescent(kernels, w, g)
            }
            let w: [Scalar] = random.specialMatrix(1, 100)[0]
            let g: [Scalar] = random.specialMatrix(1, 100)[0]
            expectDescent(kernels, w, g)
        }
        check(machine.scalar)
    }

    private func expectDescent<Scalar: KernelScalar>(_ kernels: GuardedKernels<Scalar>, _ w: [Scalar], _ g: [Scalar]) {
        for rate in Self.rates.map({ Scalar($0) }) {
            let expected = zip(w, g).map { ReferenceDense.descend($0, $1, rate: rate) }
            expectSame(kernels.descend(w, g, rate: rate), expected, "\(w.count) weights, rate \(rate)")
        }
    }

    @Test("weight and bias descent equal gradient and then descent", arguments: Machine.all)
    func fused(on machine: Machine) {
        func check<Scalar: KernelScalar>(_ scalar: Scalar.Type) {
            let kernels = GuardedKernels(machine.instructionSet, scalar)
            var random = ReferenceRandom(seed: 7, stream: 0)
            for batch in kernels.sizes {
                for units in kernels.sizes {
                    for inputs in [0, 1, 3, 7, 15, 29] {
                        let x: [[Scalar]] = random.matrix(batch, inputs)
                        let delta: [[Scalar]] = random.matrix(batch, units)
                        let w: [Scalar] = random.values(inputs * units)
                        expectFusedDescent(kernels, w, x, delta, inputs: inputs, units: units)
                    }
                }
            }
            let x: [[Scalar]] = random.specialMatrix(3, 15)
            let delta: [[Scalar]] = random.specialMatrix(3, 2 * kernels.lanes + 1)
            let w: [Scalar] = random.specialMatrix(15, 2 * kernels.lanes + 1).flat
            expectFusedDescent(kernels, w, x, delta, inputs: 15, units: 2 * kernels.lanes + 1)
        }
        check(machine.scalar)
    }

    private func expectFusedDescent<Scalar: KernelScalar>(
        _ kernels: GuardedKernels<Scalar>, _ w: [Scalar], _ x: [[Scalar]], _ delta: [[Scalar]], inputs: Int, units: Int
    ) {
        let shape = "batch \(x.count), \(inputs) inputs, \(units) units"
        let rate: Scalar = 0.3
        let dw = kernels.weightGradient(x, delta, inputs: inputs, units: units)
        let weights = kernels.weightDescend(w, x, delta, rate: rate, inputs: inputs, units: units)
        expectSame(weights, kernels.descend(w, dw, rate: rate), "weights, \(shape)")
        let b = [Scalar](repeating: 0.7, count: units)
        let db = kernels.biasGradient(delta, units: units)
        expectSame(
            kernels.biasDescend(b, delta, rate: rate), kernels.descend(b, db, rate: rate), "biases, \(shape)")
    }
}
