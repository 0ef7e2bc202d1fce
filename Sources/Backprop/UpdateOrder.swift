/// When a layer's weights are updated within a step.
public enum UpdateOrder: String, CaseIterable, Codable, Sendable {
    /// Every delta uses the weights of the forward pass: the true gradient.
    case simultaneous
    /// A layer is updated before its delta is passed down, which is not the gradient.
    /// The printed results of many tutorials come from this order.
    case layerByLayer
}
