import Testing

@testable import Backprop
@testable import BackpropReference

extension Optimizer {
    /// One of each kind, with numbers that aren't the usual ones.
    static let each: [Optimizer] = [
        .gradientDescent, .momentum(0.8), .nesterov(0.7), .rmsProp(decay: 0.9, epsilon: 1e-3), .adagrad(epsilon: 1e-4),
        .adam(beta1: 0.8, beta2: 0.95, epsilon: 1e-5), .adamW(beta1: 0.7, beta2: 0.9, epsilon: 1e-4, weightDecay: 0.1),
        .rprop(shrink: 0.4, grow: 1.3, minimumStep: 1e-3, maximumStep: 0.5),
    ]

    /// Whether weight decay is a setting of its own.
    var decaysByItself: Bool {
        if case .adamW = self { true } else { false }
    }
}

/// What goes with an optimizer.
private struct Update: Sendable {
    var l1 = 0.0
    var weightDecay = 0.0
    var clipping = GradientClipping.none
    var scale = 1.0

    static let all = [
        Update(), Update(scale: 0.37), Update(clipping: .value(0.25)), Update(l1: 0.01), Update(weightDecay: 0.02),
        Update(l1: 0.01, weightDecay: 0.02, clipping: .value(0.25), scale: 0.37),
    ]
}

@Suite struct OptimizerTests {
    /// Fails unless steps from 1, whose slots are NaN before the first, equal the reference's.
    private func expectReference<Scalar: KernelScalar>(
        _ kernels: GuardedKernels<Scalar>, _ optimizer: Optimizer, _ update: Update, _ w: [Scalar],
        _ gradients: [[Scalar]]
    ) {
        let rate: Scalar = 0.125
        let decay = optimizer.decaysByItself ? 0 : Scalar(update.weightDecay)
        var reference = ReferenceOptimizer<Scalar>(
            optimizer, weightDecay: decay, l1: Scalar(update.l1), clipping: update.clipping)
        var settings = NetworkFunctions<Scalar>.Optimizer(
            optimizer, rate: rate, weightDecay: decay, l1: Scalar(update.l1), clipping: update.clipping)
        // The kernel is told a scale; the norm is not its business.
        settings.clipNorm = 1e-3
        let unread = [Scalar](repeating: .nan, count: w.count)
        var (expected, found) = (w, (w: w, m: unread, v: unread))
        for (index, g) in gradients.enumerated() {
            let scaled = g.map { $0 * Scalar(update.scale) }
            reference.update(&expected, by: scaled, rate: rate, kinds: w.map { _ in .weight })
            found = kernels.optimize(
                found.w, g, m: found.m, v: found.v, settings, step: UInt64(index + 1), scale: Scalar(update.scale))
            expectSame(found.w, expected, "\(kernels.instructionSet), \(optimizer), \(update), step \(index + 1)")
        }
    }

    @Test("an optimizer equals the reference for every tail", arguments: Machine.all, Optimizer.each)
    func tails(on machine: Machine, _ optimizer: Optimizer) {
        func check<Scalar: KernelScalar>(_ scalar: Scalar.Type) {
            let kernels = GuardedKernels(machine.instructionSet, scalar)
            var random = ReferenceRandom(seed: 31, stream: 0)
            for count in kernels.sizes {
                for update in Update.all {
                    expectReference(kernels, optimizer, update, random.values(count), random.matrix(3, count))
                }
            }
        }
        check(machine.scalar)
    }

    @Test(
        "an optimizer equals the reference for zeros, infinities, NaN and subnormals", arguments: Machine.all,
        Optimizer.each)
    func specials(on machine: Machine, _ optimizer: Optimizer) {
        func check<Scalar: KernelScalar>(_ scalar: Scalar.Type) {
            let kernels = GuardedKernels(machine.instructionSet, scalar)
            var random = ReferenceRandom(seed: 32, stream: 0)
            for update in Update.all {
                let w: [Scalar] = random.specialMatrix(1, 150)[0]
                expectReference(kernels, optimizer, update, w, random.specialMatrix(3, 150))
            }
        }
        check(machine.scalar)
    }

    @Test("an optimizer equals the reference over many steps", arguments: Machine.all, Optimizer.each)
    func manySteps(on machine: Machine, _ optimizer: Optimizer) {
        func check<Scalar: KernelScalar>(_ scalar: Scalar.Type) {
            let kernels = GuardedKernels(machine.instructionSet, scalar)
            var random = ReferenceRandom(seed: 33, stream: 0)
            expectReference(kernels, optimizer, Update(), random.values(3), random.matrix(70, 3))
        }
        check(machine.scalar)
    }

    @Test("Adam's first step is the learning rate, whatever the gradient's size", arguments: Precision.all)
    func firstStep(in precision: Precision) {
        func check<Scalar: KernelScalar>(_ scalar: Scalar.Type) {
            let kernels = GuardedKernels(InstructionSet.available[0], scalar)
            let g: [Scalar] = [1e-3, -1e-3, 5, -1e6]
            let optimizer = NetworkFunctions<Scalar>.Optimizer(.adam(epsilon: 0), rate: 0.5)
            let zeros: [Scalar] = [0, 0, 0, 0]
            let found = kernels.optimize(zeros, g, m: zeros, v: zeros, optimizer, step: 1, scale: 1).w
            // m / sqrt(v) is exactly 1 but for about ten roundings of the averages, the roots and the corrections;
            // 1 - beta of both is off by at most half an ulp of 1, which for beta2 = 0.999 is 500 of its own.
            for (found, g) in zip(found, g) {
                #expect(abs(found + (g > 0 ? 0.5 : -0.5)) <= 600 * Scalar.ulpOfOne)
            }
        }
        check(precision.scalar)
    }

    @Test("RPROP's steps grow while a slope keeps its sign, and shrink and wait where it changes")
    func resilient() {
        let kernels = GuardedKernels(InstructionSet.available[0], Double.self)
        let settings = NetworkFunctions<Double>.Optimizer(
            .rprop(shrink: 0.5, grow: 2, minimumStep: 0.25, maximumStep: 4), rate: 1)
        var found = (w: [0.0], m: [Double.nan], v: [Double.nan])
        var weights: [Double] = []
        // The signs of the slopes, and what each does with a step of 1: as it is, grow to 2, to 4, no more than 4;
        // shrink to 2 and wait, as it is, shrink to 1 and wait, as it is, grow.
        for (index, g) in [3.0, 1, 9, 1, -1, -1, 7, 7, 7].enumerated() {
            found = kernels.optimize(found.w, [g], m: found.m, v: found.v, settings, step: UInt64(index + 1), scale: 1)
            weights.append(found.w[0])
        }
        #expect(weights == [-1, -3, -7, -11, -11, -9, -9, -10, -12])
    }
}
