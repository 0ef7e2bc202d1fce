/// What a gradient `g` does to a parameter `w` in update `t`, counted from 1.
///
/// ```swift
/// var trainer = Trainer<Float>(loss: .crossEntropy, optimizer: .adam(), learningRate: 0.001)
/// ```
///
/// The conventions are those of PyTorch's optimizers of the same names, so that numbers can be taken over.
/// `η` is the learning rate, `m` and `v` are kept for each parameter and 0 at first. Each update is one pass
/// over all parameters, the same bits on every processor.
///
/// The corresponding C type is `bp_optimizer_f32`; the reference is `ReferenceOptimizer`.
public enum Optimizer: Hashable, Sendable {
    /// `w ← w − η g`
    case gradientDescent
    /// `m ← μ m + g`, `w ← w − η m`
    case momentum(_ momentum: Double = 0.9)
    /// `m ← μ m + g`, `w ← w − η (g + μ m)`. Y. Nesterov, 1983; in the form of I. Sutskever et al., ICML 2013.
    case nesterov(_ momentum: Double = 0.9)
    /// `m ← α m + (1 − α) g²`, `w ← w − η g / (√m + ε)`. T. Tieleman, G. Hinton, 2012.
    case rmsProp(decay: Double = 0.99, epsilon: Double = 1e-8)
    /// `m ← m + g²`, `w ← w − η g / (√m + ε)`. J. Duchi, E. Hazan, Y. Singer, JMLR 12, 2011.
    case adagrad(epsilon: Double = 1e-10)
    /// `m ← β₁ m + (1 − β₁) g`, `v ← β₂ v + (1 − β₂) g²`,
    /// `w ← w − η / (1 − β₁ᵗ) · m / (√(v / (1 − β₂ᵗ)) + ε)`. D. Kingma, J. Ba, ICLR 2015.
    case adam(beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8)
    /// `w ← w (1 − η λ)` for weights, then as Adam. I. Loshchilov, F. Hutter, ICLR 2019.
    case adamW(beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8, weightDecay: Double = 0.01)
    /// Each parameter has a step of its own, `η` at first, which grows while the sign of its slope stays and
    /// shrinks when it changes, where the step is left out. For full batches: there is no learning rate to
    /// choose, 0.01 will do. M. Riedmiller, H. Braun, ICNN 1993.
    case rprop(shrink: Double = 0.5, grow: Double = 1.2, minimumStep: Double = 1e-6, maximumStep: Double = 50)
}

extension Optimizer: Codable {
    private enum Kind: String, Codable, CaseIterable {
        case gradientDescent, momentum, nesterov, rmsProp, adagrad, adam, adamW, rprop
    }

    private enum Key: String, CodingKey {
        case kind, momentum, decay, epsilon, beta1, beta2, weightDecay, shrink, grow, minimumStep, maximumStep
    }

    /// Reads `{"kind": "adam", "beta1": 0.9}`; numbers that are left out have their usual values.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        func number(_ key: Key, _ usual: Double) throws -> Double {
            try container.decodeIfPresent(Double.self, forKey: key) ?? usual
        }
        switch try container.decode(Kind.self, forKey: .kind) {
        case .gradientDescent: self = .gradientDescent
        case .momentum: self = .momentum(try number(.momentum, 0.9))
        case .nesterov: self = .nesterov(try number(.momentum, 0.9))
        case .rmsProp: self = .rmsProp(decay: try number(.decay, 0.99), epsilon: try number(.epsilon, 1e-8))
        case .adagrad: self = .adagrad(epsilon: try number(.epsilon, 1e-10))
        case .adam:
            self = .adam(
                beta1: try number(.beta1, 0.9), beta2: try number(.beta2, 0.999), epsilon: try number(.epsilon, 1e-8))
        case .adamW:
            self = .adamW(
                beta1: try number(.beta1, 0.9), beta2: try number(.beta2, 0.999), epsilon: try number(.epsilon, 1e-8),
                weightDecay: try number(.weightDecay, 0.01))
        case .rprop:
            self = .rprop(
                shrink: try number(.shrink, 0.5), grow: try number(.grow, 1.2),
                minimumStep: try number(.minimumStep, 1e-6), maximumStep: try number(.maximumStep, 50))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        let (kind, numbers) = parts
        try container.encode(kind, forKey: .kind)
        for (key, value) in numbers { try container.encode(value, forKey: key) }
    }

    private var parts: (Kind, [(Key, Double)]) {
        switch self {
        case .gradientDescent: (.gradientDescent, [])
        case .momentum(let momentum): (.momentum, [(.momentum, momentum)])
        case .nesterov(let momentum): (.nesterov, [(.momentum, momentum)])
        case .rmsProp(let decay, let epsilon): (.rmsProp, [(.decay, decay), (.epsilon, epsilon)])
        case .adagrad(let epsilon): (.adagrad, [(.epsilon, epsilon)])
        case .adam(let beta1, let beta2, let epsilon):
            (.adam, [(.beta1, beta1), (.beta2, beta2), (.epsilon, epsilon)])
        case .adamW(let beta1, let beta2, let epsilon, let weightDecay):
            (.adamW, [(.beta1, beta1), (.beta2, beta2), (.epsilon, epsilon), (.weightDecay, weightDecay)])
        case .rprop(let shrink, let grow, let minimumStep, let maximumStep):
            (
                .rprop,
                [(.shrink, shrink), (.grow, grow), (.minimumStep, minimumStep), (.maximumStep, maximumStep)]
            )
        }
    }
}
