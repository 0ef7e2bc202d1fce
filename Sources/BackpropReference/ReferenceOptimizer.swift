import Backprop

/// The optimizers in plain Swift, one parameter after the other.
public struct ReferenceOptimizer<Scalar: ReferenceScalar>: Sendable {
    /// What a gradient does to a parameter.
    public var optimizer: Optimizer
    /// `λ` of an L2 penalty on weights.
    public var weightDecay: Scalar
    /// An L1 penalty on weights.
    public var l1: Scalar
    /// A bound for gradients.
    public var clipping: GradientClipping

    /// Updates so far.
    public private(set) var steps: UInt64 = 0
    private var slots: [(m: Scalar, v: Scalar)] = []

    /// An optimizer before its first step.
    public init(
        _ optimizer: Optimizer, weightDecay: Scalar = 0, l1: Scalar = 0, clipping: GradientClipping = .none
    ) {
        self.optimizer = optimizer
        self.weightDecay = weightDecay
        self.l1 = l1
        self.clipping = clipping
    }

    /// One update of parameters by their gradients.
    ///
    /// - Parameter kinds: Whether each is a weight, a bias, or not to be changed.
    public mutating func update(
        _ parameters: inout [Scalar], by gradients: [Scalar], rate: Scalar, kinds: [ReferenceParameterKind]
    ) {
        if steps == 0 {
            var start = (m: Scalar(0), v: Scalar(0))
            if case .rprop = optimizer { start.v = rate }
            slots = parameters.map { _ in start }
        }
        steps += 1
        let scale = normScale(gradients)
        for index in parameters.indices where kinds[index] != .frozen {
            update(
                &parameters[index], &slots[index], by: clipped(gradients[index] * scale), rate: rate,
                penalizes: kinds[index] == .weight)
        }
    }

    private func normScale(_ gradients: [Scalar]) -> Scalar {
        guard case .globalNorm(let bound) = clipping, bound > 0 else { return 1 }
        let scale = Scalar(bound) / (ReferenceMath.sumOfSquares(gradients).squareRoot() + 1e-6)
        return scale < 1 ? scale : 1
    }

    private func clipped(_ g: Scalar) -> Scalar {
        guard case .value(let bound) = clipping, bound > 0 else { return g }
        return ReferenceMath.greater(-Scalar(bound), ReferenceMath.less(Scalar(bound), g))
    }

    private func update(
        _ w: inout Scalar, _ slots: inout (m: Scalar, v: Scalar), by gradient: Scalar, rate: Scalar, penalizes: Bool
    ) {
        var g = gradient
        if penalizes, l1 > 0 { g = sign(w).fused(l1, plus: g) }
        if penalizes, weightDecay > 0 { g = w.fused(weightDecay, plus: g) }
        switch optimizer {
        case .gradientDescent:
            w = g.fused(-rate, plus: w)
        case .momentum(let momentum):
            slots.m = slots.m.fused(Scalar(momentum), plus: g)
            w = slots.m.fused(-rate, plus: w)
        case .nesterov(let momentum):
            slots.m = slots.m.fused(Scalar(momentum), plus: g)
            w = slots.m.fused(Scalar(momentum), plus: g).fused(-rate, plus: w)
        case .rmsProp(let decay, let epsilon):
            slots.m = average(slots.m, Scalar(decay), g * g)
            w = (g / (slots.m.squareRoot() + Scalar(epsilon))).fused(-rate, plus: w)
        case .adagrad(let epsilon):
            slots.m = g.fused(g, plus: slots.m)
            w = (g / (slots.m.squareRoot() + Scalar(epsilon))).fused(-rate, plus: w)
        case .adam(let beta1, let beta2, let epsilon):
            adam(&w, &slots, g, rate, Scalar(beta1), Scalar(beta2), Scalar(epsilon))
        case .adamW(let beta1, let beta2, let epsilon, let decay):
            if penalizes { w *= 1 - rate * Scalar(decay) }
            adam(&w, &slots, g, rate, Scalar(beta1), Scalar(beta2), Scalar(epsilon))
        case .rprop(let shrink, let grow, let smallest, let largest):
            let product = g * slots.m
            slots.v *= product > 0 ? Scalar(grow) : product < 0 ? Scalar(shrink) : 1
            slots.v = ReferenceMath.less(ReferenceMath.greater(slots.v, Scalar(smallest)), Scalar(largest))
            slots.m = product < 0 ? 0 : g
            w = slots.v.fused(-sign(slots.m), plus: w)
        }
    }

    private func adam(
        _ w: inout Scalar, _ slots: inout (m: Scalar, v: Scalar), _ g: Scalar, _ rate: Scalar, _ beta1: Scalar,
        _ beta2: Scalar, _ epsilon: Scalar
    ) {
        slots.m = average(slots.m, beta1, g)
        slots.v = average(slots.v, beta2, g * g)
        let rootScale = 1 / (1 - power(beta2, steps)).squareRoot()
        let root = slots.v.squareRoot().fused(rootScale, plus: epsilon)
        w = (slots.m / root).fused(-(rate / (1 - power(beta1, steps))), plus: w)
    }

    private func average(_ average: Scalar, _ decay: Scalar, _ x: Scalar) -> Scalar {
        x.fused(1 - decay, plus: decay * average)
    }

    private func sign(_ x: Scalar) -> Scalar { x > 0 ? 1 : x < 0 ? -1 : 0 }

    /// By squaring, whose order of products is part of the contract.
    private func power(_ base: Scalar, _ exponent: UInt64) -> Scalar {
        var (result, square, rest) = (Scalar(1), base, exponent)
        while rest > 0 {
            if rest % 2 == 1 { result *= square }
            square *= square
            rest /= 2
        }
        return result
    }
}

/// What an optimizer does with a parameter: penalties are for weights only.
public enum ReferenceParameterKind: Sendable {
    case weight, bias, frozen
}

extension ReferenceScalar {
    /// `self · factor + term`, rounded once.
    fileprivate func fused(_ factor: Self, plus term: Self) -> Self { term.addingProduct(self, factor) }
}

extension ReferenceNetwork {
    /// One update by an optimizer; returns every number on its way.
    public mutating func step(
        _ inputs: [[Scalar]], _ targets: [[Scalar]], _ objective: ReferenceObjective<Scalar>,
        optimizer: inout ReferenceOptimizer<Scalar>, rate: Scalar
    ) -> Pass {
        let pass = pass(inputs, targets, objective)
        var parameters = parameters
        optimizer.update(&parameters, by: flatGradients(pass), rate: rate, kinds: parameterKinds)
        setParameters(parameters)
        return pass
    }

    /// What each parameter is, laid out as they are. Tied weights are changed with their owner's.
    private var parameterKinds: [ReferenceParameterKind] {
        layers.indices.flatMap { index -> [ReferenceParameterKind] in
            let state = layers[index]
            let isFixed = freezesWeights(index) || state.layer.tiedTo != nil
            let weights = state.weights.flatMap { $0.map { _ in isFixed ? ReferenceParameterKind.frozen : .weight } }
            let biases = (state.biases ?? []).map { _ in
                state.layer.freezesBiases ? ReferenceParameterKind.frozen : .bias
            }
            return weights + biases
        }
    }
}
