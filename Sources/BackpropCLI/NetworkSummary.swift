import Backprop

/// A network in a few numbers.
struct NetworkSummary: Encodable {
    struct LayerSummary: Encodable {
        var inputs: Int
        var units: Int
        var activation: Activation
        var parameters: Int
        var frozen: Bool
        var weights: Statistics
        var biases: Statistics?
    }

    /// How numbers are spread.
    struct Statistics: Encodable {
        var minimum: Double
        var maximum: Double
        var mean: Double
        /// The square root of the sum of the squares.
        var norm: Double

        init(_ values: ArraySlice<some NetworkScalar>) {
            let values = values.map { Double($0) }
            minimum = values.min() ?? 0
            maximum = values.max() ?? 0
            mean = values.reduce(0, +) / Double(max(1, values.count))
            norm = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
        }
    }

    var inputs: Int
    var layers: [LayerSummary]
    var parameters: Int
    /// Floating-point operations of a prediction, two for each weight.
    var operationsPerSample: Int

    init(_ network: Network<some NetworkScalar>) {
        inputs = network.inputCount
        parameters = network.parameters.count
        layers = network.layers.indices.map { index in
            let layer = network.layers[index]
            let weights = network.weightRange(ofLayer: index)
            let biases = network.biasRange(ofLayer: index)
            return LayerSummary(
                inputs: network.inputCount(ofLayer: index), units: layer.units, activation: layer.activation,
                parameters: weights.count + biases.count, frozen: layer.freezesWeights && layer.freezesBiases,
                weights: Statistics(network.parameters[weights]),
                biases: layer.hasBiases ? Statistics(network.parameters[biases]) : nil)
        }
        operationsPerSample = layers.reduce(0) { $0 + 2 * $1.inputs * $1.units }
    }

    /// `64 → 64 sigmoid → 10 softmax`
    var chain: String {
        ([String(inputs)] + layers.map { "\($0.units) \($0.activation.rawValue)" }).joined(separator: " → ")
    }
}
