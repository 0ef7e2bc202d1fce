/// What a layer makes of its weighted inputs `z`.
///
/// Values are computed to at most 3 ulp and are the same, bit for bit, on every processor.
/// The raw value is the name used in model files and by the command.
///
/// The corresponding C type is `bp_activation`; the reference is `ReferenceMath`.
public enum Activation: Hashable, Sendable {
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
    /// A function of the user's own, unit by unit.
    case custom(CustomActivation)
}

extension Activation: CaseIterable {
    /// The activations that the library has.
    public static let allCases: [Activation] = [
        .identity, .sigmoid, .tanh, .relu, .leakyReLU, .elu, .softplus, .silu, .gelu, .softmax,
    ]
}

extension Activation: RawRepresentable {
    /// The library's activation of that name.
    public init?(rawValue: String) {
        guard let activation = Self.allCases.first(where: { $0.rawValue == rawValue }) else { return nil }
        self = activation
    }

    public var rawValue: String {
        switch self {
        case .identity: "identity"
        case .sigmoid: "sigmoid"
        case .tanh: "tanh"
        case .relu: "relu"
        case .leakyReLU: "leakyReLU"
        case .elu: "elu"
        case .softplus: "softplus"
        case .silu: "silu"
        case .gelu: "gelu"
        case .softmax: "softmax"
        case .custom(let custom): custom.name
        }
    }
}

extension Activation: Codable {
    /// Reads a name: the library's, or one of ``CustomActivation/decodingKey``.
    public init(from decoder: any Decoder) throws {
        let customs = decoder.userInfo[CustomActivation.decodingKey] as? [CustomActivation] ?? []
        self = try named(from: decoder, thing: "activation", orOneOf: customs.map(Activation.custom))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }
}
