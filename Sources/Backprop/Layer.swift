/// One dense layer: every unit has a weight for each input of the layer, and a bias.
public struct Layer: Hashable, Codable, Sendable {
    /// The number of units, which is the number of outputs.
    public var units: Int
    /// What the units make of their weighted inputs.
    public var activation: Activation
    /// Whether the units have biases.
    public var hasBiases: Bool
    /// Whether training leaves the weights as they are.
    public var freezesWeights: Bool
    /// Whether training leaves the biases as they are.
    public var freezesBiases: Bool
    /// The share of units that a training step drops, in `0 ..< 1`; the others are multiplied by
    /// `1 / (1 − dropout)`. Not for a softmax layer or the last one. Nothing is dropped when predicting.
    public var dropout: Double
    /// The layer below, counted from 0 at the inputs, whose weights, transposed, are this layer's; `nil` for
    /// weights of its own. An autoencoder's decoder can share its encoder's weights so.
    public var tiedTo: Int?
    /// What the weights are before training; not looked at for a tied layer.
    public var initialWeights: Initializer
    /// What the biases are before training.
    public var initialBiases: Initializer

    /// A layer, property by property.
    public init(
        units: Int,
        activation: Activation,
        hasBiases: Bool = true,
        initialWeights: Initializer = .automatic,
        initialBiases: Initializer = .zeros,
        freezesWeights: Bool = false,
        freezesBiases: Bool = false,
        dropout: Double = 0,
        tiedTo: Int? = nil
    ) {
        self.units = units
        self.activation = activation
        self.hasBiases = hasBiases
        self.initialWeights = initialWeights
        self.initialBiases = initialBiases
        self.freezesWeights = freezesWeights
        self.freezesBiases = freezesBiases
        self.dropout = dropout
        self.tiedTo = tiedTo
    }

    /// A dense layer in short: `.dense(128, .sigmoid)`.
    public static func dense(
        _ units: Int, _ activation: Activation, hasBiases: Bool = true, dropout: Double = 0
    ) -> Layer {
        Layer(units: units, activation: activation, hasBiases: hasBiases, dropout: dropout)
    }

    /// The same layer, left as it is by training.
    public func frozen() -> Layer {
        var layer = self
        layer.freezesWeights = true
        layer.freezesBiases = true
        return layer
    }
}

extension Layer {
    private enum Key: String, CodingKey {
        case units, activation, hasBiases, freezesWeights, freezesBiases, dropout, tiedTo
        case initialWeights, initialBiases
    }

    /// What was written before a property existed is read without it.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        self.init(
            units: try container.decode(Int.self, forKey: .units),
            activation: try container.decode(Activation.self, forKey: .activation),
            hasBiases: try container.decodeIfPresent(Bool.self, forKey: .hasBiases) ?? true,
            initialWeights: try container.decodeIfPresent(Initializer.self, forKey: .initialWeights) ?? .automatic,
            initialBiases: try container.decodeIfPresent(Initializer.self, forKey: .initialBiases) ?? .zeros,
            freezesWeights: try container.decodeIfPresent(Bool.self, forKey: .freezesWeights) ?? false,
            freezesBiases: try container.decodeIfPresent(Bool.self, forKey: .freezesBiases) ?? false,
            dropout: try container.decodeIfPresent(Double.self, forKey: .dropout) ?? 0,
            tiedTo: try container.decodeIfPresent(Int.self, forKey: .tiedTo))
    }
}
