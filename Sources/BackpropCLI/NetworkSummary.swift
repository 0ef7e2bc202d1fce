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
        /// Floating-point operations of a prediction, two for each weight.
        var operationsPerSample: Int
        /// Units that do nothing: all weights that lead to them are 0, or all that lead on from them.
        var deadUnits: Int
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
        /// The root of the mean squared distance from the mean.
        var standardDeviation: Double
        /// The square root of the sum of the squares.
        var norm: Double
        /// The share of values that are 0.
        var zeros: Double

        init(_ values: ArraySlice<some NetworkScalar>) {
            let values = values.map { Double($0) }
            let count = Double(max(1, values.count))
            minimum = values.min() ?? 0
            maximum = values.max() ?? 0
            let mean = values.reduce(0, +) / count
            self.mean = mean
            standardDeviation = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count).squareRoot()
            norm = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
            zeros = Double(values.count { $0 == 0 }) / count
        }
    }

    var inputs: Int
    var layers: [LayerSummary]
    /// Those that training can choose.
    var parameters: Int
    /// Floating-point operations of a prediction, two for each weight.
    var operationsPerSample: Int
    /// Floating-point operations of a training step for each of its samples: forward, the gradient, and the deltas that
    /// go down.
    var trainingOperationsPerSample: Int
    /// The outputs of all layers, which a training step keeps for each of its samples.
    var activations: Int

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
                operationsPerSample: 2 * weights.count, deadUnits: Self.deadUnits(network, layer: index),
                weights: Statistics(network.parameters[weights]),
                biases: layer.hasBiases ? Statistics(network.parameters[biases]) : nil)
        }
        parameters = layers.reduce(0) { $0 + $1.parameters }
        operationsPerSample = layers.reduce(0) { $0 + $1.operationsPerSample }
        // No deltas go down to the inputs.
        trainingOperationsPerSample = 3 * operationsPerSample - layers[0].operationsPerSample
        activations = layers.reduce(0) { $0 + $1.units }
    }

    private static func deadUnits<Scalar: NetworkScalar>(_ network: Network<Scalar>, layer: Int) -> Int {
        let into = network.weights(ofLayer: layer).map { $0.allSatisfy { $0 == 0 } }
        guard layer + 1 < network.layers.count else { return into.count { $0 } }
        // Input by input, as the parameters lie.
        let units = network.layers[layer + 1].units
        let above = network.parameters[network.weightRange(ofLayer: layer + 1)]
        return into.indices.count { unit in
            into[unit] || above.dropFirst(unit * units).prefix(units).allSatisfy { $0 == 0 }
        }
    }

    /// `64 → 64 sigmoid → 10 softmax`
    var chain: String {
        ([String(inputs)] + layers.map { "\($0.units) \($0.activation.rawValue)" }).joined(separator: " → ")
    }
}
