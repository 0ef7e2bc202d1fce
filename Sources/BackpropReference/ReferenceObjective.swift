import Backprop

/// What a step makes small, and what it drops.
public struct ReferenceObjective<Scalar: ReferenceScalar>: Sendable {
    /// What a sample's outputs are measured by.
    public var loss: Loss
    /// Whether a step takes the mean or the sum of its samples' gradients.
    public var reduction: Reduction
    /// `ε`: targets become `(1 − ε) t + ε / outputs`, with binary cross-entropy `(1 − ε) t + ε / 2`.
    public var labelSmoothing: Scalar
    /// What each sample's loss is multiplied with, or `nil` for 1.
    public var sampleWeights: [Scalar]?
    /// What drops units, or `nil` for nothing.
    public var dropout: ReferenceDropout?

    /// What is not said is left out.
    public init(
        loss: Loss, reduction: Reduction = .mean, labelSmoothing: Scalar = 0, sampleWeights: [Scalar]? = nil,
        dropout: ReferenceDropout? = nil
    ) {
        self.loss = loss
        self.reduction = reduction
        self.labelSmoothing = labelSmoothing
        self.sampleWeights = sampleWeights
        self.dropout = dropout
    }

    /// What every sample's derivatives are multiplied with.
    func scale(samples: Int) -> Scalar { reduction == .mean ? 1 / Scalar(samples) : 1 }

    func smoothed(_ targets: [Scalar]) -> [Scalar] {
        guard labelSmoothing > 0 else { return targets }
        let choices = loss == .binaryCrossEntropy ? 2 : targets.count
        return targets.map { $0 * (1 - labelSmoothing) + labelSmoothing / Scalar(choices) }
    }
}

/// Inverted dropout (N. Srivastava et al., JMLR 15, 2014), each unit of each sample by a number of its own.
public struct ReferenceDropout: Sendable {
    /// What all numbers come from.
    public var seed: UInt64
    /// Updates before this one.
    public var step: UInt64

    /// Dropout of one step.
    public init(seed: UInt64, step: UInt64) {
        self.seed = seed
        self.step = step
    }

    func apply<Scalar>(to layer: inout ReferenceNetwork<Scalar>.Activations, layer index: Int, rate: Float) {
        let ofLayer = ReferenceRandom(seed: seed, stream: 1 << 34 + UInt64(index)).state
        var random = ReferenceRandom(seed: ofLayer, stream: step)
        let threshold = UInt64(rate * 0x1p32)
        let scale = 1 / (1 - Scalar(rate))
        for sample in layer.a.indices {
            for unit in layer.a[sample].indices {
                let isKept = random.next() >> 32 >= threshold
                layer.a[sample][unit] = isKept ? layer.a[sample][unit] * scale : 0
                layer.derivative[sample][unit] = isKept ? layer.derivative[sample][unit] * scale : 0
            }
        }
    }
}
