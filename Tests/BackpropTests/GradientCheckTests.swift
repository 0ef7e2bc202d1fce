import Backprop
import BackpropReference
import Testing

@Suite struct GradientCheckTests {
    /// Kinks: relu, leaky relu and elu at 0, absolute error at 0, Huber's at ±1.
    private static let kinked: Set<Activation> = [.relu, .leakyReLU, .elu]

    @Test("the C core's gradients are the differences of the loss", arguments: Activation.allCases, Loss.allCases)
    func everyPair(_ activation: Activation, _ loss: Loss) throws {
        let output = loss.requiredActivation ?? activation
        // Biases keep a sum away from 0 where all units below are 0, as those of relu may be.
        let layers = [(4, activation), (3, .tanh), (2, output)].map { units, activation in
            Layer(units: units, activation: activation, initialBiases: .uniform(limit: 0.5))
        }
        let network = try Network<Double>(inputs: 3, layers: layers, seed: 12)
        let dataset: Dataset<Double> = try randomSamples(4, inputs: 3, targets: 2, seed: 13)
        try requireNoKink(network, loss, dataset)
        let check = try network.checkGradients(of: loss, on: dataset)
        let kinks = Self.kinked.contains(activation) || loss == .meanAbsoluteError || loss == .huber
        #expect(check.method == (kinks ? .centralDifferences : .complexStep))
        #expect(check.method.tolerance == (kinks ? 1e-7 : 1e-13))
        #expect(check.layerErrors.count == 3)
        #expect(check.passes, "the worst relative error is \(check.worst)")
    }

    /// A difference across a kink says nothing of the slope beside it.
    private func requireNoKink(_ network: Network<Double>, _ loss: Loss, _ dataset: Dataset<Double>) throws {
        let rows = dataset.rows(0..<dataset.count)
        let layers = ReferenceNetwork(network).forward(rows.inputs)
        // The step is 6e-6, and no weight moves a sum by more than a few of it.
        let distance = 1e-4
        for (layer, found) in zip(network.layers, layers) where Self.kinked.contains(layer.activation) {
            try #require(found.z.joined().allSatisfy { abs($0) > distance })
        }
        let errors = zip(layers.last!.a.joined(), rows.targets.joined()).map { abs($0 - $1) }
        if loss == .meanAbsoluteError { try #require(errors.allSatisfy { $0 > distance }) }
        if loss == .huber { try #require(errors.allSatisfy { abs($0 - 1) > distance }) }
    }

    @Test("both parts of Huber's loss have the right slope")
    func huber() throws {
        let network = try Network<Double>(inputs: 1, layers: [.dense(2, .identity)], seed: 1)
        let dataset = try Dataset<Double>(inputs: [[0.1], [0.2]], targets: [[3, 0.3], [-3, -0.3]])
        try requireNoKink(network, .huber, dataset)
        #expect(try network.checkGradients(of: .huber, on: dataset).passes)
    }

    @Test("frozen parameters and missing biases are no part of the check")
    func frozen() throws {
        var layer = Layer.dense(3, .sigmoid)
        layer.freezesBiases = true
        let network = try Network<Double>(
            inputs: 2, layers: [Layer.dense(3, .tanh).frozen(), layer, .dense(2, .softmax, hasBiases: false)], seed: 3)
        let dataset = try Dataset<Double>(inputs: [[1, 2], [0.5, -1]], classes: [0, 1])
        let check = try network.checkGradients(of: .crossEntropy, on: dataset)
        #expect(check.passes)
        #expect(check.layerErrors[0] == 0)
    }

    @Test("weights of samples are part of the loss that is checked", arguments: Loss.allCases)
    func sampleWeights(_ loss: Loss) throws {
        let network = try Network<Double>(
            inputs: 3, layers: [.dense(4, .tanh), .dense(2, loss.requiredActivation ?? .tanh)], seed: 3)
        let samples: Dataset<Double> = try randomSamples(4, inputs: 3, targets: 2, seed: 13)
        let weighted = try Dataset(
            inputs: samples.inputs, inputCount: 3, targets: (0..<4).flatMap { samples.targets(ofSample: $0) },
            targetCount: 2, weights: [2, 0, 0.5, 1])
        try requireNoKink(network, loss, weighted)
        let check = try network.checkGradients(of: loss, on: weighted)
        #expect(check.passes, "the worst relative error is \(check.worst)")
        let gradients = try network.gradients(of: loss, on: samples).gradients
        #expect(try network.gradients(of: loss, on: weighted).gradients != gradients)
    }

    @Test("a check fails whose worst error is above the tolerance of its method")
    func failure() throws {
        let network = try Network<Double>(inputs: 2, layers: [.dense(2, .tanh), .dense(1, .sigmoid)], seed: 1)
        var check = try network.checkGradients(of: .squaredError, on: exclusiveOr())
        #expect(check.passes)
        check.layerErrors[1] = 2e-13
        #expect(check.worst == 2e-13)
        #expect(!check.passes)
        check.method = .centralDifferences
        #expect(check.passes)
    }

    @Test("a dataset that doesn't fit is an error")
    func wrongDataset() throws {
        let network = try Network<Double>(inputs: 3, layers: [.dense(1, .tanh)])
        #expect(throws: BackpropError.shape("inputs of a sample", expected: "3", found: "2")) {
            try network.checkGradients(of: .squaredError, on: exclusiveOr())
        }
    }
}
