import Backprop

/// A training step that people follow on paper: a network, one sample, and how it learns.
public struct WorkedExample: Sendable {
    /// What the command calls it.
    public var name: String
    /// One sentence that says what the example shows.
    public var summary: String
    /// The network with the example's weights.
    public var network: Network<Double>
    /// Its one sample.
    public var dataset: Dataset<Double>
    /// The error that the example makes small.
    public var loss: Loss
    /// The size of the example's step.
    public var learningRate: Double

    /// An example of one's own.
    public init(
        name: String, summary: String, network: Network<Double>, dataset: Dataset<Double>, loss: Loss,
        learningRate: Double
    ) {
        self.name = name
        self.summary = summary
        self.network = network
        self.dataset = dataset
        self.loss = loss
        self.learningRate = learningRate
    }

    /// 2-2-2, sigmoid everywhere, half the squared error, frozen biases.
    public static func sigmoid() throws(BackpropError) -> WorkedExample {
        let layers = [
            given(2, .sigmoid, weights: [0.15, 0.20, 0.25, 0.30], biases: [0.35, 0.35]),
            given(2, .sigmoid, weights: [0.40, 0.45, 0.50, 0.55], biases: [0.60, 0.60]),
        ]
        return WorkedExample(
            name: "sigmoid", summary: "two inputs, two hidden units, two outputs, sigmoid everywhere, squared error",
            network: try Network(inputs: 2, layers: layers),
            dataset: try Dataset(inputs: [[0.05, 0.10]], targets: [[0.01, 0.99]]),
            loss: .squaredError, learningRate: 0.5)
    }

    /// 2-2-2, a sigmoid layer below a softmax layer, cross-entropy, frozen biases.
    public static func softmax() throws(BackpropError) -> WorkedExample {
        let layers = [
            given(2, .sigmoid, weights: [0.1, 0.2, 0.3, 0.4], biases: [0.1, 0.2]),
            given(2, .softmax, weights: [0.7, 0.8, 0.9, 1.0], biases: [0.1, 0.2]),
        ]
        return WorkedExample(
            name: "softmax", summary: "two inputs, two sigmoid units, two classes by softmax, cross-entropy",
            network: try Network(inputs: 2, layers: layers),
            dataset: try Dataset(inputs: [[0.5, 0.6]], classes: [0], classCount: 2),
            loss: .crossEntropy, learningRate: 0.01)
    }

    /// Layers of one unit each; the last has no bias.
    ///
    /// - Parameters:
    ///   - weights: One a layer, at least one.
    ///   - biases: One for each layer but the last.
    /// - Throws: ``BackpropError/shape(_:expected:found:)`` if the counts don't fit,
    ///   ``BackpropError/incompatible(loss:activation:)`` if the loss doesn't fit the activation.
    public static func chain(
        weights: [Double], biases: [Double], activation: Activation = .sigmoid, input: Double, target: Double,
        loss: Loss = .meanSquaredError, learningRate: Double
    ) throws(BackpropError) -> WorkedExample {
        guard !weights.isEmpty else { throw .empty("weights of the chain") }
        guard biases.count == weights.count - 1 else {
            throw .shape(
                "biases of the chain", expected: "\(weights.count - 1), one for each layer but the last",
                found: "\(biases.count)")
        }
        try loss.check(outputActivation: activation)
        let layers = weights.indices.map { index in
            Layer(
                units: 1, activation: activation, hasBiases: index < biases.count,
                initialWeights: .constant(weights[index]),
                initialBiases: index < biases.count ? .constant(biases[index]) : .zeros)
        }
        return WorkedExample(
            name: "chain", summary: "\(weights.count) layers of one \(activation.rawValue) unit each",
            network: try Network(inputs: 1, layers: layers),
            dataset: try Dataset(inputs: [[input]], targets: [[target]]), loss: loss, learningRate: learningRate)
    }

    private static func given(
        _ units: Int, _ activation: Activation, weights: [Double], biases: [Double]
    ) -> Layer {
        Layer(
            units: units, activation: activation, initialWeights: .values(weights), initialBiases: .values(biases),
            freezesBiases: true)
    }
}
