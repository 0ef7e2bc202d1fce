import Backprop
import BackpropReference
import Testing

/// Two published examples, worked by hand, whose numbers are known to 12 decimals.
@Suite struct WorkedExampleTests {
    /// 2-2-2 with sigmoid everywhere and squared error.
    private struct Sigmoid {
        var network: Network<Double>
        let dataset: Dataset<Double>

        init() throws {
            network = try Network(
                inputs: 2,
                layers: [
                    Layer(
                        units: 2, activation: .sigmoid, initialWeights: .values([0.15, 0.20, 0.25, 0.30]),
                        initialBiases: .constant(0.35), freezesBiases: true),
                    Layer(
                        units: 2, activation: .sigmoid, initialWeights: .values([0.40, 0.45, 0.50, 0.55]),
                        initialBiases: .constant(0.60), freezesBiases: true),
                ])
            dataset = try Dataset(inputs: [[0.05, 0.10]], targets: [[0.01, 0.99]])
        }

        func pass() -> ReferenceNetwork<Double>.Pass {
            let rows = dataset.rows(0..<1)
            return ReferenceNetwork(network).pass(rows.inputs, rows.targets, loss: .squaredError)
        }

        /// Takes steps with a rate of ½, and returns the loss after them.
        mutating func train(steps: Int, order: UpdateOrder = .simultaneous) throws -> Double {
            var trainer = Trainer<Double>(loss: .squaredError, learningRate: 0.5, updateOrder: order)
            try trainer.train(&network, on: dataset, until: [.iterations(steps)])
            return try network.loss(.squaredError, on: dataset)
        }
    }

    @Test("the forward pass of the sigmoid example")
    func sigmoidForward() throws {
        let example = try Sigmoid()
        let layers = example.pass().layers
        expectClose([layers[0].z[0][0]], [0.3775])
        expectClose(layers[0].a[0], [0.593269992107, 0.596884378260])
        expectClose([layers[1].z[0][0]], [1.105905967060])
        expectClose(layers[1].a[0], [0.751365069552, 0.772928465321])
        #expect(try example.network.predict(example.dataset.inputs) == layers[1].a[0])
    }

    @Test("the loss of the sigmoid example, as a whole and output by output")
    func sigmoidLoss() throws {
        let example = try Sigmoid()
        expectClose([try example.network.loss(.squaredError, on: example.dataset)], [0.298371108760])
        let errors = zip(example.pass().layers[1].a[0], [0.01, 0.99]).map { ($0 - $1) * ($0 - $1) / 2 }
        expectClose(errors, [0.274811083176, 0.023560025584])
    }

    @Test("the gradients of the sigmoid example")
    func sigmoidGradients() throws {
        let example = try Sigmoid()
        expectClose(example.pass().gradients[1].delta[0], [0.138498561629, -0.038098236517])
        let found = try example.network.gradients(of: .squaredError, on: example.dataset).gradients
        expectClose([example.network.unitRows(of: found, layer: 1)[0][0]], [0.082167040564])
        expectClose([example.network.unitRows(of: found, layer: 0)[0][0]], [0.000438567734])
        #expect(found[example.network.biasRange(ofLayer: 0)].allSatisfy { $0 == 0 })
    }

    @Test("one step of the sigmoid example")
    func sigmoidStep() throws {
        var example = try Sigmoid()
        expectClose([try example.train(steps: 1)], [0.291027773694])
        expectClose(
            example.network.weights(ofLayer: 1).flatMap { $0 },
            [0.358916479718, 0.408666186076, 0.511301270239, 0.561370121108])
        expectClose(
            example.network.weights(ofLayer: 0).flatMap { $0 },
            [0.149780716133, 0.199561432266, 0.249751143632, 0.299502287265])
        #expect(example.network.biases(ofLayer: 0) == [0.35, 0.35])
        #expect(example.network.biases(ofLayer: 1) == [0.60, 0.60])
    }

    @Test("one step of the sigmoid example, layer by layer")
    func sigmoidStepLayerByLayer() throws {
        var example = try Sigmoid()
        expectClose([try example.train(steps: 1, order: .layerByLayer)], [0.291027923905])
    }

    @Test(
        "ten thousand steps of the sigmoid example",
        arguments: [
            (UpdateOrder.simultaneous, 3.510187783e-05, [0.015913620, 0.984064274]),
            (.layerByLayer, 3.508478630e-05, [0.015912196, 0.984065734]),
        ])
    func sigmoidTraining(order: UpdateOrder, loss: Double, outputs: [Double]) throws {
        var example = try Sigmoid()
        // The figures are printed with 10 significant digits, and 9 decimals.
        expectClose([try example.train(steps: 10_000, order: order)], [loss], within: 5e-15)
        expectClose(try example.network.predict(example.dataset.inputs), outputs, within: 5e-10)
    }

    /// 2-2-2 with a sigmoid hidden layer, softmax and cross-entropy.
    private func softmaxExample() throws -> (network: Network<Double>, dataset: Dataset<Double>) {
        let network = try Network<Double>(
            inputs: 2,
            layers: [
                Layer(
                    units: 2, activation: .sigmoid, initialWeights: .values([0.1, 0.2, 0.3, 0.4]),
                    initialBiases: .values([0.1, 0.2]), freezesBiases: true),
                Layer(
                    units: 2, activation: .softmax, initialWeights: .values([0.7, 0.8, 0.9, 1.0]),
                    initialBiases: .values([0.1, 0.2]), freezesBiases: true),
            ])
        return (network, try Dataset(inputs: [[0.5, 0.6]], classes: [0], classCount: 2))
    }

    @Test("the forward pass of the softmax example")
    func softmaxForward() throws {
        let (network, dataset) = try softmaxExample()
        let layers = ReferenceNetwork(network).forward(dataset.rows(0..<1).inputs)
        expectClose(layers[0].a[0], [0.567092904965, 0.643365145694])
        expectClose(layers[1].z[0], [1.011657150031, 1.353748760163])
        expectClose(try network.predict(dataset.inputs), [0.415301489595, 0.584698510405])
        expectClose([try network.loss(.crossEntropy, on: dataset)], [0.878750541559])
    }

    @Test("the gradients and one step of the softmax example")
    func softmaxStep() throws {
        var (network, dataset) = try softmaxExample()
        let found = try network.gradients(of: .crossEntropy, on: dataset).gradients
        expectClose(
            network.unitRows(of: found, layer: 1).flatMap { $0 },
            [-0.331578376794, -0.376174642334, 0.331578376794, 0.376174642334])
        expectClose(
            network.unitRows(of: found, layer: 0).flatMap { $0 },
            [0.014354263187, 0.017225115825, 0.013415698876, 0.016098838651])
        var trainer = Trainer<Double>(loss: .crossEntropy, learningRate: 0.01)
        try trainer.step(&network, on: dataset)
        expectClose(
            network.weights(ofLayer: 1).flatMap { $0 },
            [0.703315783768, 0.803761746423, 0.896684216232, 0.996238253577])
        expectClose(
            network.weights(ofLayer: 0).flatMap { $0 },
            [0.099856457368, 0.199827748842, 0.299865843011, 0.399839011613])
    }
}
