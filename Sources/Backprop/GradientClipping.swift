/// A bound for gradients, put on them before penalties and the optimizer see them.
public enum GradientClipping: Hashable, Codable, Sendable {
    case none
    /// Each element is kept within `±bound`.
    case value(Double)
    /// All gradients together are scaled by `min(1, bound / (‖g‖ + 10⁻⁶))`.
    case globalNorm(Double)
}
