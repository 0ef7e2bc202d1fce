/// What training makes small: a function of a sample's outputs `o` and targets `t`.
///
/// The loss of a batch is the mean of its samples' losses.
///
/// The corresponding C type is `bp_loss`; the reference is `ReferenceNetwork.loss`.
public enum Loss: String, CaseIterable, Codable, Sendable {
    /// `½ Σ (o − t)²` over the outputs
    case squaredError
    /// the mean of `(o − t)²` over the outputs
    case meanSquaredError
    /// the mean of `|o − t|` over the outputs; its slope at 0 is taken as 0
    case meanAbsoluteError
    /// the mean over the outputs of `½ e²` where `|e| ≤ 1`, else `|e| − ½`, with `e = o − t`
    case huber
    /// `−Σ t ln o`; needs a softmax output layer, computed as one with it
    case crossEntropy
    /// the mean of `−t ln o − (1 − t) ln(1 − o)`; needs a sigmoid output layer, computed as one with it
    case binaryCrossEntropy

    /// The activation that the output layer must have, or `nil` where any will do.
    public var requiredActivation: Activation? {
        switch self {
        case .crossEntropy: .softmax
        case .binaryCrossEntropy: .sigmoid
        default: nil
        }
    }

    /// Checks that an output layer has the activation that this loss needs.
    ///
    /// - Throws: ``BackpropError/incompatible(loss:activation:)``
    public func check(outputActivation activation: Activation) throws(BackpropError) {
        guard requiredActivation ?? activation == activation else {
            throw .incompatible(loss: self, activation: activation)
        }
    }
}

/// What the gradients of a batch's samples are made into.
public enum Reduction: String, CaseIterable, Codable, Sendable {
    /// Their mean, so that a learning rate means the same for every batch size.
    case mean
    /// Their sum: the errors are added up over all samples, as in classic batch learning.
    case sum
}

/// When a layer's weights are updated within a step.
public enum UpdateOrder: String, CaseIterable, Codable, Sendable {
    /// Every delta uses the weights of the forward pass: the true gradient.
    case simultaneous
    /// A layer is updated before its delta is passed down, which is not the gradient.
    /// The printed results of many tutorials come from this order.
    case layerByLayer
}
