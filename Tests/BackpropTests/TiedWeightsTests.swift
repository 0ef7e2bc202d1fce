import Backprop
import BackpropReference
import Foundation
import Testing

@Suite struct TiedWeightsTests {
    private static let layers = [
        Layer.dense(3, .tanh), Layer(units: 5, activation: .sigmoid, tiedTo: 0),
    ]

    private func autoencoder<Scalar: NetworkScalar>() throws -> Network<Scalar> {
        try Network(inputs: 5, layers: Self.layers, seed: 1)
    }

    private func samples<Scalar: ReferenceScalar>() throws -> Dataset<Scalar> {
        let random: Dataset<Scalar> = try randomSamples(8, inputs: 1, targets: 5)
        return try Dataset(autoencoding: (0..<8).flatMap { random.targets(ofSample: $0) }, inputCount: 5)
    }

    private func transposed<Scalar>(_ rows: [[Scalar]]) -> [[Scalar]] {
        rows[0].indices.map { column in rows.map { $0[column] } }
    }

    @Test(
        "tied weights are those of the other layer, transposed, from the start and after training",
        arguments: Optimizer.each)
    func training(_ optimizer: Optimizer) throws {
        var network: Network<Float> = try autoencoder()
        let dataset: Dataset<Float> = try samples()
        #expect(network.weights(ofLayer: 1) == transposed(network.weights(ofLayer: 0)))
        let before = try (network, network.loss(.binaryCrossEntropy, on: dataset))
        var trainer = Trainer<Float>(
            loss: .binaryCrossEntropy, optimizer: optimizer, learningRate: 0.05, batching: .fullBatch)
        try trainer.train(&network, on: dataset, until: [.epochs(20)])
        #expect(network.weights(ofLayer: 1) == transposed(network.weights(ofLayer: 0)))
        #expect(network.weights(ofLayer: 0) != before.0.weights(ofLayer: 0))
        #expect(try network.loss(.binaryCrossEntropy, on: dataset) < before.1)
    }

    @Test("the gradient of shared weights is that of both uses, and stands with their owner")
    func gradients() throws {
        let network: Network<Double> = try autoencoder()
        let dataset: Dataset<Double> = try samples()
        let check = try network.checkGradients(of: .binaryCrossEntropy, on: dataset)
        #expect(check.method == .complexStep)
        #expect(check.passes, "the worst relative error is \(check.worst)")
        let gradients = try network.gradients(of: .binaryCrossEntropy, on: dataset).gradients
        #expect(gradients[network.weightRange(ofLayer: 1)].allSatisfy { $0 == 0 })
        // Each use alone, of the same network without the tie.
        var layers = Self.layers
        layers[1].tiedTo = nil
        let free = try Network(inputs: 5, layers: layers, parameters: network.parameters)
        let parts = try free.gradients(of: .binaryCrossEntropy, on: dataset).gradients
        let sums = zip(free.unitRows(of: parts, layer: 0), transposed(free.unitRows(of: parts, layer: 1))).map {
            zip($0, $1).map { $0 + $1 }
        }
        #expect(network.unitRows(of: gradients, layer: 0) == sums)
    }

    @Test("tied weights are frozen if their owner's are")
    func frozen() throws {
        var network: Network<Float> = try autoencoder()
        try network.setFrozen(true, layer: 0)
        let before = network
        var trainer = Trainer<Float>(loss: .binaryCrossEntropy, learningRate: 0.5)
        try trainer.train(&network, on: samples(), until: [.epochs(3)])
        #expect(network.weights(ofLayer: 0) == before.weights(ofLayer: 0))
        #expect(network.weights(ofLayer: 1) == before.weights(ofLayer: 1))
        #expect(network.biases(ofLayer: 1) != before.biases(ofLayer: 1))
    }

    @Test("a tie that can't be is refused")
    func wrongTies() {
        func expect(_ message: String, _ layers: [Layer]) {
            expectError(message) { try Network<Float>(inputs: 2, layers: layers) }
        }
        func tied(_ units: Int, to owner: Int) -> Layer { Layer(units: units, activation: .tanh, tiedTo: owner) }
        let first = Layer.dense(3, .tanh)
        let below = "expected a layer below with weights of its own"
        expect("tiedTo of layer 0: \(below), found 0", [tied(2, to: 0)])
        expect("tiedTo of layer 1: \(below), found 1", [first, tied(2, to: 1)])
        expect("tiedTo of layer 1: \(below), found -1", [first, tied(2, to: -1)])
        expect("tiedTo of layer 1: \(below), found 2", [first, tied(2, to: 2), first])
        expect("tiedTo of layer 2: \(below), found 1", [first, tied(2, to: 0), tied(3, to: 1)])
        expect("layer 1, tied to layer 0: expected 3 inputs and 2 units, found 3 and 4", [first, tied(4, to: 0)])
    }

    @Test("parameters that break a tie are refused, and nothing is changed")
    func wrongParameters() throws {
        var network: Network<Float> = try autoencoder()
        let before = network
        var parameters = network.parameters
        parameters[network.weightRange(ofLayer: 1).lowerBound] += 1
        let message = "weights of layer 1: expected those of layer 0, transposed, which it is tied to, found others"
        expectError(message) { try network.setParameters(parameters) }
        expectError(message) { try Network(inputs: 5, layers: Self.layers, parameters: parameters) }
        #expect(network == before)
        try network.setParameters(before.parameters.map { $0 * 2 })
        #expect(network != before)
    }

    @Test("updates layer by layer don't go with ties")
    func layerByLayer() throws {
        var network: Network<Float> = try autoencoder()
        let before = network
        var trainer = Trainer<Float>(loss: .binaryCrossEntropy, learningRate: 0.5, updateOrder: .layerByLayer)
        expectError(
            "updateOrder: expected simultaneous, unless for plain gradient descent on whole batches, found layerByLayer"
        ) { try trainer.train(&network, on: samples(), until: [.epochs(1)]) }
        #expect(network == before)
    }

    // MARK: Files

    @Test("a layer is what it was after a round trip through JSON, with dropout and a tie")
    func roundTrip() throws {
        let layer = Layer(
            units: 4, activation: .gelu, hasBiases: false, initialWeights: .uniform(limit: 0.5),
            initialBiases: .constant(1), freezesWeights: true, freezesBiases: true, dropout: 0.25, tiedTo: 2)
        let data = try JSONEncoder().encode(layer)
        #expect(try JSONDecoder().decode(Layer.self, from: data) == layer)
        let network: Network<Float> = try autoencoder()
        let networkData = try JSONEncoder().encode(network)
        #expect(try JSONDecoder().decode(Network<Float>.self, from: networkData) == network)
    }

    @Test("a layer that was written before dropout, ties and frozen parts is read without them")
    func oldLayers() throws {
        let text = #"{"units": 4, "activation": "tanh"}"#
        #expect(try JSONDecoder().decode(Layer.self, from: Data(text.utf8)) == .dense(4, .tanh))
        let wrong = #"{"units": 4, "activation": "tan"}"#
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(Layer.self, from: Data(wrong.utf8)) }
        let incomplete = #"{"activation": "tanh"}"#
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(Layer.self, from: Data(incomplete.utf8)) }
    }
}
