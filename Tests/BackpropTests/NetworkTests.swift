import Backprop
import BackpropReference
import Foundation
import Testing

@Suite struct NetworkTests {
    // MARK: Making

    @Test("a network of nothing is refused with what was expected and found")
    func impossible() {
        #expect(throws: BackpropError.shape("network", expected: "at least 1 input", found: "0")) {
            try Network<Float>(inputs: 0, layers: [.dense(1, .relu)])
        }
        #expect(throws: BackpropError.shape("network", expected: "at least 1 input", found: "-1")) {
            try Network<Float>(inputs: -1, layers: [.dense(1, .relu)])
        }
        #expect(throws: BackpropError.empty("layers")) { try Network<Float>(inputs: 1, layers: []) }
        #expect(throws: BackpropError.shape("layer 1", expected: "at least 1 unit", found: "0")) {
            try Network<Float>(inputs: 1, layers: [.dense(1, .relu), .dense(0, .relu)])
        }
    }

    @Test("a network that no memory can hold is refused")
    func tooLarge() {
        #expect(throws: BackpropError.self) {
            try Network<Float>(inputs: .max, layers: [.dense(.max, .relu)])
        }
    }

    @Test("parameters are refused that are too few or not finite")
    func wrongParameters() throws {
        let layers = [Layer.dense(2, .tanh)]
        #expect(throws: BackpropError.shape("parameters", expected: "8", found: "7")) {
            try Network<Double>(inputs: 3, layers: layers, parameters: [Double](repeating: 0, count: 7))
        }
        var network = try Network<Double>(inputs: 3, layers: layers)
        let before = network
        var values = network.parameters
        values[5] = .nan
        #expect(throws: BackpropError.nonFinite("parameters", index: 5, found: "nan")) {
            try network.setParameters(values)
        }
        #expect(network == before)
    }

    @Test("given values are refused that don't fit or aren't finite")
    func wrongValues() {
        func network(_ weights: [Double], _ biases: [Double]) throws -> Network<Float> {
            let layer = Layer(
                units: 2, activation: .tanh, initialWeights: .values(weights), initialBiases: .values(biases))
            return try Network(inputs: 1, layers: [layer])
        }
        #expect(throws: BackpropError.shape("weights of layer 0", expected: "2 values", found: "3")) {
            try network([1, 2, 3], [1, 2])
        }
        #expect(throws: BackpropError.shape("biases of layer 0", expected: "2 values", found: "1")) {
            try network([1, 2], [1])
        }
        // Finite in Double, but not in Float.
        #expect(throws: BackpropError.nonFinite("initial parameters", index: 1, found: "inf")) {
            try network([1, 1e300], [1, 2])
        }
    }

    // MARK: Initial parameters

    @Test("given weights are a row for each unit, kept by input")
    func values() throws {
        let layer = Layer(
            units: 2, activation: .tanh, initialWeights: .values([1, 2, 3, 4, 5, 6]), initialBiases: .values([7, 8]))
        let network = try Network<Double>(inputs: 3, layers: [layer])
        #expect(network.weights(ofLayer: 0) == [[1, 2, 3], [4, 5, 6]])
        #expect(network.biases(ofLayer: 0) == [7, 8])
        #expect(network.parameters == [1, 4, 2, 5, 3, 6, 7, 8])
    }

    @Test("constants and zeros fill a layer")
    func constants() throws {
        let layer = Layer(
            units: 2, activation: .tanh, initialWeights: .constant(0.5), initialBiases: .constant(-1))
        let network = try Network<Double>(inputs: 1, layers: [layer, .dense(1, .identity)], seed: 1)
        #expect(network.weights(ofLayer: 0) == [[0.5], [0.5]])
        #expect(network.biases(ofLayer: 0) == [-1, -1])
        #expect(network.biases(ofLayer: 1) == [0])
        let zeros = Layer(units: 3, activation: .relu, initialWeights: .zeros)
        #expect(try Network<Float>(inputs: 2, layers: [zeros]).parameters == [Float](repeating: 0, count: 9))
    }

    @Test(
        "random weights are the reference generator's, within the published bounds",
        arguments: [
            (Initializer.glorotUniform, Activation.relu, (6.0 / 70).squareRoot()),
            (.heUniform, .tanh, (6.0 / 40).squareRoot()),
            (.uniform(limit: 0.25), .tanh, 0.25),
        ]
            + Activation.allCases.map { activation in
                let rectifies = [.relu, .leakyReLU, .elu, .silu, .gelu].contains(activation)
                return (.automatic, activation, (6.0 / (rectifies ? 40 : 70)).squareRoot())
            })
    func random(_ initializer: Initializer, _ activation: Activation, limit: Double) throws {
        func check<Scalar: ReferenceScalar>(_ scalar: Scalar.Type) throws {
            let layer = Layer(units: 30, activation: activation, initialWeights: initializer)
            let network = try Network<Scalar>(inputs: 40, layers: [layer, layer], seed: 77)
            var reference = ReferenceRandom(seed: 77, stream: 0)
            let expected = (0..<(40 * 30)).map { _ in reference.uniform(limit: Scalar(limit)) }
            #expect(Array(network.parameters[network.weightRange(ofLayer: 0)]) == expected)
            #expect(expected.allSatisfy { abs($0) <= Scalar(limit) })
            #expect(expected.contains { abs($0) > Scalar(0.95 * limit) })
        }
        try check(Float.self)
        try check(Double.self)
    }

    @Test("each layer draws from a stream of its own")
    func streams() throws {
        let layer = Layer(units: 4, activation: .tanh, initialWeights: .uniform(limit: 1))
        let network = try Network<Double>(inputs: 4, layers: [layer, layer], seed: 5)
        var reference = ReferenceRandom(seed: 5, stream: 1)
        let expected: [Double] = (0..<16).map { _ in reference.uniform(limit: 1) }
        #expect(Array(network.parameters[network.weightRange(ofLayer: 1)]) == expected)
        #expect(network.weights(ofLayer: 0) != network.weights(ofLayer: 1))
    }

    @Test("an equal seed gives an equal network, another seed another")
    func seeds() throws {
        let layers = [Layer.dense(5, .relu), .dense(2, .softmax)]
        #expect(try Network<Float>(inputs: 3, layers: layers, seed: 1) == Network(inputs: 3, layers: layers, seed: 1))
        #expect(try Network<Float>(inputs: 3, layers: layers, seed: 1) != Network(inputs: 3, layers: layers, seed: 2))
    }

    // MARK: A value

    @Test("networks are equal if their inputs, layers and parameters are, whatever computes them")
    func equality() throws {
        let network = try Network<Double>(inputs: 2, layers: [.dense(2, .tanh)], seed: 1)
        var other = network
        try other.setInstructionSet(InstructionSet.available[0])
        #expect(network == other)
        other = try Network(inputs: 2, layers: [.dense(2, .sigmoid)], parameters: network.parameters)
        #expect(network != other)
        other = network
        try other.setFrozen(true, layer: 0)
        #expect(network != other)
        #expect(network.parameters == other.parameters)
    }

    @Test("the parameters' places cover them without gaps")
    func ranges() throws {
        let network = try Network<Float>(
            inputs: 3, layers: [.dense(4, .relu), .dense(2, .tanh, hasBiases: false), .dense(1, .sigmoid)])
        #expect(network.weightRange(ofLayer: 0) == 0..<12)
        #expect(network.biasRange(ofLayer: 0) == 12..<16)
        #expect(network.weightRange(ofLayer: 1) == 16..<24)
        #expect(network.biasRange(ofLayer: 1) == 24..<24)
        #expect(network.weightRange(ofLayer: 2) == 24..<26)
        #expect(network.biasRange(ofLayer: 2) == 26..<27)
        #expect(network.parameters.count == 27)
        #expect(network.outputCount == 1)
        #expect(network.inputCount(ofLayer: 2) == 2)
    }

    @Test("a network survives JSON to the bit")
    func coding() throws {
        var layers = [Layer.dense(3, .gelu), .dense(2, .softmax, hasBiases: false)]
        layers[0].freezesBiases = true
        layers[1].initialWeights = .uniform(limit: 0.1)
        let network = try Network<Float>(inputs: 2, layers: layers, seed: 3)
        let data = try JSONEncoder().encode(network)
        let decoded = try JSONDecoder().decode(Network<Float>.self, from: data)
        #expect(decoded == network)
        #expect(decoded.parameters.map(\.bitPattern) == network.parameters.map(\.bitPattern))
    }

    @Test("JSON whose parts don't fit each other is refused")
    func badCoding() throws {
        let network = try Network<Float>(inputs: 2, layers: [.dense(1, .tanh)], seed: 3)
        let text = String(decoding: try JSONEncoder().encode(network), as: UTF8.self)
        let wrong = text.replacingOccurrences(of: "\"inputs\":2", with: "\"inputs\":3")
        #expect(wrong != text)
        #expect(throws: BackpropError.shape("parameters", expected: "4", found: "3")) {
            try JSONDecoder().decode(Network<Float>.self, from: Data(wrong.utf8))
        }
    }

    // MARK: Predicting

    @Test("inputs are refused that are no whole samples or not finite")
    func wrongInputs() throws {
        let network = try Network<Float>(inputs: 2, layers: [.dense(1, .tanh)])
        #expect(throws: BackpropError.shape("inputs", expected: "a multiple of 2 values", found: "3")) {
            try network.predict([1, 2, 3])
        }
        #expect(throws: BackpropError.nonFinite("inputs", index: 3, found: "-inf")) {
            try network.predict([1, 2, 3, -.infinity])
        }
        #expect(try network.predict([]).isEmpty)
    }

    @Test("a dataset or a loss that doesn't fit the network is refused")
    func wrongDataset() throws {
        let network = try Network<Float>(inputs: 2, layers: [.dense(1, .tanh)])
        let wide = try Dataset<Float>(inputs: [[1, 2, 3]], targets: [[1]])
        #expect(throws: BackpropError.shape("inputs of a sample", expected: "2", found: "3")) {
            try network.loss(.squaredError, on: wide)
        }
        let many = try Dataset<Float>(inputs: [[1, 2]], targets: [[1, 2]])
        #expect(throws: BackpropError.shape("targets of a sample", expected: "1 for the outputs", found: "2")) {
            try network.gradients(of: .squaredError, on: many)
        }
        #expect(throws: BackpropError.incompatible(loss: .crossEntropy, activation: .tanh)) {
            try network.loss(.crossEntropy, on: exclusiveOr())
        }
    }

    @Test("many tasks predict from one network at once")
    func concurrency() async throws {
        let network = try Network<Float>(inputs: 4, layers: [.dense(30, .silu), .dense(3, .softmax)], seed: 8)
        let dataset: Dataset<Float> = try randomSamples(20, inputs: 4, targets: 3)
        let expected = try network.predict(dataset.inputs)
        try await withThrowingTaskGroup(of: [Float].self) { group in
            for _ in 0..<16 { group.addTask { try network.predict(dataset.inputs) } }
            for try await found in group { #expect(found == expected) }
        }
    }

    @Test("the mean loss over many chunks is that of all samples")
    func chunkedLoss() throws {
        let network = try Network<Double>(inputs: 2, layers: [.dense(2, .sigmoid)], seed: 8)
        let dataset: Dataset<Double> = try randomSamples(600, inputs: 2, targets: 2)
        let rows = dataset.rows(0..<600)
        let expected = ReferenceNetwork(network).pass(rows.inputs, rows.targets, loss: .huber).loss
        // Sums of 600 numbers below 1 in two orders: 600 roundings of 2^-53 each.
        expectClose([try network.loss(.huber, on: dataset)], [expected], within: 600 * 0x1p-53)
    }

    @Test("a class is the output with the highest value, the first of equals, or above a half")
    func classes() throws {
        let layer = Layer(units: 3, activation: .identity, initialWeights: .values([1, -1, 1]))
        let network = try Network<Double>(inputs: 1, layers: [layer])
        #expect(try network.predictClasses([1, -1, 0]) == [0, 1, 0])
        let single = try Network<Double>(
            inputs: 1, layers: [Layer(units: 1, activation: .identity, initialWeights: .constant(1))])
        #expect(try single.predictClasses([0.5, 0.51, 2, -3]) == [0, 1, 1, 0])
    }
}
