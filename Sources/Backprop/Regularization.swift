/// What keeps a network from learning its samples by heart. Dropout is a property of a ``Layer``.
public struct Regularization: Hashable, Codable, Sendable {
    /// `λ` of an L2 penalty: `λ w` is added to the gradient of each weight, not to those of biases.
    /// ``Optimizer/adamW(beta1:beta2:epsilon:weightDecay:)`` has a decay of its own instead.
    public var weightDecay = 0.0
    /// An L1 penalty: `l1 · sign(w)` is added to the gradient of each weight.
    public var l1 = 0.0
    /// `ε` in `0 ..< 1`: targets become `(1 − ε) t + ε / outputs`, with binary cross-entropy `(1 − ε) t + ε / 2`.
    /// C. Szegedy et al., CVPR 2016.
    public var labelSmoothing = 0.0
    /// What is done to the inputs of a training step, but not to its targets.
    public var inputNoise = InputNoise.none

    /// What is not said is left out.
    public init(
        weightDecay: Double = 0, l1: Double = 0, labelSmoothing: Double = 0, inputNoise: InputNoise = .none
    ) {
        self.weightDecay = weightDecay
        self.l1 = l1
        self.labelSmoothing = labelSmoothing
        self.inputNoise = inputNoise
    }

    /// Nothing of all that.
    public static let none = Regularization()
}

extension Regularization {
    /// - Throws: ``BackpropError/option(_:expected:found:)`` for the first number that makes no sense.
    func check() throws(BackpropError) {
        for (name, value) in [("weightDecay", weightDecay), ("l1", l1)] where !(value >= 0 && value.isFinite) {
            throw .option(name, expected: "a finite number from 0", found: "\(value)")
        }
        guard labelSmoothing >= 0, Float(labelSmoothing) < 1 else {
            throw .option("labelSmoothing", expected: "at least 0, below 1", found: "\(labelSmoothing)")
        }
        switch inputNoise {
        case .none: break
        case .gaussian(let deviation):
            guard deviation >= 0, deviation.isFinite else {
                throw .option("inputNoise, deviation", expected: "a finite number from 0", found: "\(deviation)")
            }
        case .masking(let probability):
            guard probability >= 0, probability < 1 else {
                throw .option("inputNoise, probability", expected: "at least 0, below 1", found: "\(probability)")
            }
        }
    }
}
