import Backprop

/// A network in a few numbers.
struct NetworkSummary: Encodable {
    struct LayerSummary: Encodable {
        var inputs: Int
        var units: Int
        var activation: Activation
        /// Its own: weights that it shares count with their owner.
        var parameters: Int
        var frozen: Bool
        /// The share of units that training drops.
        var dropout: Double
        /// The layer whose weights, transposed, it shares.
        var tiedTo: Int?
        var weights: Statistics
        var biases: Statistics?

        /// What its units are, in a few words.
        var description: String {
            var words = [activation.rawValue]
            if dropout > 0 { words.append("dropout \(significant(dropout, 4))") }
            if let tiedTo { words.append("tied to \(tiedTo)") }
            if frozen { words.append("frozen") }
            return words.joined(separator: ", ")
        }
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
    /// Those that training can choose.
    var parameters: Int
    /// Floating-point operations of a prediction, two for each weight.
    var operationsPerSample: Int

    init(_ network: Network<some NetworkScalar>) {
        inputs = network.inputCount
        layers = network.layers.indices.map { index in
            let layer = network.layers[index]
            let weights = network.weightRange(ofLayer: index)
            let biases = network.biasRange(ofLayer: index)
            return LayerSummary(
                inputs: network.inputCount(ofLayer: index), units: layer.units, activation: layer.activation,
                parameters: (layer.tiedTo == nil ? weights.count : 0) + biases.count,
                frozen: layer.freezesWeights && layer.freezesBiases, dropout: layer.dropout, tiedTo: layer.tiedTo,
                weights: Statistics(network.parameters[weights]),
                biases: layer.hasBiases ? Statistics(network.parameters[biases]) : nil)
        }
        parameters = layers.reduce(0) { $0 + $1.parameters }
        operationsPerSample = layers.reduce(0) { $0 + 2 * $1.inputs * $1.units }
    }

    /// `64 → 64 sigmoid → 10 softmax`
    var chain: String {
        ([String(inputs)] + layers.map { "\($0.units) \($0.activation.rawValue)" }).joined(separator: " → ")
    }
}
