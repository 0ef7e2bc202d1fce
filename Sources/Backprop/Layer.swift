/// One dense layer: every unit has a weight for each input of the layer, and a bias.
public struct Layer: Hashable, Codable, Sendable {
    /// The number of units, which is the number of outputs.
    public var units: Int
    public var activation: Activation
    /// Whether the units have biases.
    public var hasBiases: Bool
    /// Whether training leaves the weights as they are.
    public var freezesWeights: Bool
    /// Whether training leaves the biases as they are.
    public var freezesBiases: Bool
    public var initialWeights: Initializer
    public var initialBiases: Initializer

    public init(
        units: Int,
        activation: Activation,
        hasBiases: Bool = true,
        initialWeights: Initializer = .automatic,
        initialBiases: Initializer = .zeros,
        freezesWeights: Bool = false,
        freezesBiases: Bool = false
    ) {
        self.units = units
        self.activation = activation
        self.hasBiases = hasBiases
        self.initialWeights = initialWeights
        self.initialBiases = initialBiases
        self.freezesWeights = freezesWeights
        self.freezesBiases = freezesBiases
    }

    /// A dense layer in short: `.dense(128, .sigmoid)`.
    public static func dense(_ units: Int, _ activation: Activation, hasBiases: Bool = true) -> Layer {
        Layer(units: units, activation: activation, hasBiases: hasBiases)
    }

    /// The same layer, left as it is by training.
    public func frozen() -> Layer {
        var layer = self
        layer.freezesWeights = true
        layer.freezesBiases = true
        return layer
    }
}
