/// What a layer makes of its weighted inputs `z`.
///
/// Values are computed to at most 3 ulp and are the same, bit for bit, on every processor.
/// The raw value is the name used in model files and by the command.
///
/// The corresponding C type is `bp_activation`; the reference is `ReferenceMath`.
public enum Activation: String, CaseIterable, Codable, Sendable {
    /// `z`
    case identity
    /// `1 / (1 + exp(−z))`
    case sigmoid
    /// `tanh(z)`
    case tanh
    /// `max(z, 0)`
    case relu
    /// `z` for `z > 0`, else `0.01 z`
    case leakyReLU
    /// `z` for `z > 0`, else `exp(z) − 1`
    case elu
    /// `ln(1 + exp(z))`
    case softplus
    /// `z · sigmoid(z)`
    case silu
    /// `z/2 · (1 + tanh(√(2/π) (z + 0.044715 z³)))`
    case gelu
    /// `exp(z[j]) / Σ exp(z[k])` over the units of the layer
    case softmax
}
