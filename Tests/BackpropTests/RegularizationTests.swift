import Backprop
import BackpropReference
import Foundation
import Testing

@Suite struct RegularizationTests {
    private let samples: Dataset<Double>
    private let network: Network<Double>

    init() throws {
        samples = try randomSamples(6, inputs: 3, targets: 2)
        network = try Network(
            inputs: 3,
            layers: [
                Layer(units: 4, activation: .tanh, initialBiases: .uniform(limit: 0.5)), .dense(2, .softmax),
            ], seed: 2)
    }

    private func stepped(_ regularization: Regularization, optimizer: Optimizer = .gradientDescent) throws -> [Double] {
        var found = network
        var trainer = Trainer<Double>(
            loss: .crossEntropy, optimizer: optimizer, learningRate: 0.25, batching: .fullBatch,
            regularization: regularization)
        try trainer.step(&found, on: samples)
        return found.parameters
    }

    // MARK: Penalties

    @Test("weight decay and L1 add their slopes to the gradients of weights, not of biases")
    func penalties() throws {
        let gradients = try network.gradients(of: .crossEntropy, on: samples).gradients
        let biases = Set(network.biasRange(ofLayer: 0)).union(network.biasRange(ofLayer: 1))
        let expected = network.parameters.enumerated().map { index, w in
            let g = gradients[index]
            if biases.contains(index) { return w.addingProduct(-0.25, g) }
            let sign = w > 0 ? 1.0 : w < 0 ? -1 : 0
            return w.addingProduct(-0.25, g.addingProduct(0.125, sign).addingProduct(0.0625, w))
        }
        #expect(try stepped(Regularization(weightDecay: 0.0625, l1: 0.125)) == expected)
    }

    @Test("AdamW shrinks weights beside its step, and takes no other decay")
    func decoupled() throws {
        let adam = try stepped(.none, optimizer: .adam())
        let adamW = try stepped(.none, optimizer: .adamW(weightDecay: 0.5))
        let biases = Set(network.biasRange(ofLayer: 0)).union(network.biasRange(ofLayer: 1))
        for (index, w) in network.parameters.enumerated() {
            if biases.contains(index) {
                #expect(adamW[index] == adam[index])
            } else {
                // 1 - 0.25 · 0.5, with a rounding each for the product and the two sums, of numbers below 2.
                #expect(abs((adam[index] - w) - (adamW[index] - w * 0.875)) <= 3 * Double.ulpOfOne)
            }
        }
        #expect(try stepped(Regularization(weightDecay: 9), optimizer: .adamW(weightDecay: 0.5)) == adamW)
    }

    // MARK: Targets

    @Test("label smoothing moves targets towards their mean")
    func smoothing() throws {
        let smoothed = try Dataset(
            inputs: samples.inputs, inputCount: 3,
            targets: (0..<6).flatMap { samples.targets(ofSample: $0).map { $0 * (1 - 0.125) + 0.125 / 2 } },
            targetCount: 2)
        var expected = network
        var plain = Trainer<Double>(loss: .crossEntropy, learningRate: 0.25, batching: .fullBatch)
        try plain.step(&expected, on: smoothed)
        #expect(try stepped(Regularization(labelSmoothing: 0.125)) == expected.parameters)
    }

    @Test("label smoothing moves the targets of binary cross-entropy towards one half")
    func binarySmoothing() throws {
        let inputs: [[Double]] = [[0, 1, 2], [1, 0, -1]]
        let sharp = try Dataset(inputs: inputs, targets: [[0], [1]])
        let smoothed = try Dataset(inputs: inputs, targets: [[0.0625], [0.9375]])
        let start = try Network<Double>(inputs: 3, layers: [.dense(1, .sigmoid)], seed: 3)
        func trained(_ samples: Dataset<Double>, _ regularization: Regularization) throws -> [Double] {
            var network = start
            var trainer = Trainer<Double>(
                loss: .binaryCrossEntropy, learningRate: 0.5, batching: .fullBatch, regularization: regularization)
            try trainer.step(&network, on: samples)
            return network.parameters
        }
        #expect(try trained(sharp, Regularization(labelSmoothing: 0.125)) == trained(smoothed, .none))
    }

    // MARK: Noise

    @Test("noise is another in each step, the same for the same seed, and not on the targets")
    func noise() throws {
        for noise in [InputNoise.gaussian(deviation: 0.5), .masking(probability: 0.5)] {
            var reference = ReferenceNetwork(network)
            for step in 0..<3 {
                // The stream of noise begins at 3 · 2^32.
                var random = ReferenceRandom(seed: 6, stream: 3 << 32 + UInt64(step))
                var inputs = samples.inputs
                switch noise {
                case .gaussian: random.addNormal(deviation: 0.5, to: &inputs)
                default: for index in inputs.indices where random.next() >> 63 == 0 { inputs[index] = 0 }
                }
                let noisy = try Dataset(
                    inputs: inputs, inputCount: 3, targets: (0..<6).flatMap { samples.targets(ofSample: $0) },
                    targetCount: 2)
                let rows = noisy.rows(0..<6)
                _ = reference.step(rows.inputs, rows.targets, loss: .crossEntropy, rate: 0.25)
            }
            var found = network
            var trainer = Trainer<Double>(
                loss: .crossEntropy, learningRate: 0.25, batching: .fullBatch,
                regularization: Regularization(inputNoise: noise), seed: 6)
            try trainer.train(&found, on: samples, until: [.epochs(3)])
            #expect(found.parameters == reference.parameters, "\(noise)")
        }
    }

    // MARK: Dropout

    @Test("dropout changes steps but not predictions, losses, gradients or activations")
    func dropout() throws {
        var layers = network.layers
        layers[0].dropout = 0.5
        var dropping = try Network(inputs: 3, layers: layers, parameters: network.parameters)
        #expect(try dropping.predict(samples.inputs) == network.predict(samples.inputs))
        #expect(try dropping.loss(.crossEntropy, on: samples) == network.loss(.crossEntropy, on: samples))
        let gradients = try dropping.gradients(of: .crossEntropy, on: samples).gradients
        #expect(try gradients == network.gradients(of: .crossEntropy, on: samples).gradients)
        let activations = try dropping.activations(ofLayer: 0, for: samples.inputs)
        #expect(try activations == network.activations(ofLayer: 0, for: samples.inputs))
        var plain = network
        var trainer = Trainer<Double>(loss: .crossEntropy, learningRate: 0.25, batching: .fullBatch)
        var other = trainer
        try trainer.step(&plain, on: samples)
        try other.step(&dropping, on: samples)
        #expect(dropping.parameters != plain.parameters)
    }

    @Test("dropout that makes no sense is refused")
    func wrongDropout() {
        func expect(_ message: String, _ layers: [Layer]) {
            expectError(message) { try Network<Float>(inputs: 2, layers: layers) }
        }
        let last = Layer.dense(2, .softmax)
        for wrong in [-0.5, 1, .nan, 1 - 1e-9] {
            expect(
                "dropout of layer 0: expected at least 0, below 1, found \(wrong)",
                [.dense(2, .tanh, dropout: wrong), last])
        }
        expect("dropout of layer 0: expected 0 in the last layer, found 0.5", [.dense(2, .tanh, dropout: 0.5)])
        expect(
            "dropout of layer 0: expected 0 in a softmax layer, found 0.5", [.dense(2, .softmax, dropout: 0.5), last])
    }

    // MARK: Weights of samples

    @Test("a weight of 2 is worth having the sample twice, up to what the mean divides by")
    func weights() throws {
        // Powers of two, so that a weight rounds nothing; sums have another order: a few roundings of numbers below 2.
        let weighted = try Dataset(
            inputs: samples.inputs, inputCount: 3, classes: [0, 1, 1, 0, 1, 1], classCount: 2
        ).weighted(byClass: [1, 2])
        let twice = try weighted.samples([0, 1, 1, 2, 2, 3, 4, 4, 5, 5])
        let doubled = try Dataset(
            inputs: twice.inputs, inputCount: 3, classes: twice.classes!, classCount: 2)
        let one = try network.gradients(of: .crossEntropy, on: weighted)
        let other = try network.gradients(of: .crossEntropy, on: doubled)
        // The mean is over 6 samples, or 10.
        let tolerance = 40 * Double.ulpOfOne
        #expect(abs(one.loss * 6 - other.loss * 10) <= tolerance)
        expectClose(one.gradients.map { $0 * 6 }, other.gradients.map { $0 * 10 }, within: tolerance)
        let (sum, otherSum) = (
            try network.gradients(of: .crossEntropy, on: weighted, reduction: .sum).gradients,
            try network.gradients(of: .crossEntropy, on: doubled, reduction: .sum).gradients
        )
        expectClose(sum, otherSum, within: tolerance)
    }

    @Test("shuffled samples take their weights along, and those of 0 teach nothing")
    func shuffledWeights() throws {
        let weighted = try Dataset(
            inputs: samples.inputs, inputCount: 3, targets: (0..<6).flatMap { samples.targets(ofSample: $0) },
            targetCount: 2, weights: [1, 0, 2, 0.5, 0, 1])
        var random = SplitMix64(seed: 9, stream: 2 << 32)
        let order = random.permutation(of: 6)
        var reference = ReferenceNetwork(network)
        for start in [0, 4] {
            let batch = order[start..<min(start + 4, 6)].map { Int($0) }
            let rows = weighted.rows(batch)
            var optimizer = ReferenceOptimizer<Double>(.gradientDescent)
            _ = reference.step(
                rows.inputs, rows.targets,
                ReferenceObjective(loss: .crossEntropy, sampleWeights: batch.map { weighted.weights![$0] }),
                optimizer: &optimizer, rate: 0.25)
        }
        var found = network
        var trainer = Trainer<Double>(loss: .crossEntropy, learningRate: 0.25, batching: .miniBatches(of: 4), seed: 9)
        try trainer.train(&found, on: weighted, until: [.epochs(1)])
        #expect(found.parameters == reference.parameters)
    }

    // MARK: Clipping

    @Test("clipping bounds elements, or the norm of the whole gradient")
    func clipping() throws {
        let gradients = try network.gradients(of: .crossEntropy, on: samples).gradients
        let norm = gradients.reduce(0) { $0 + $1 * $1 }.squareRoot()
        func step(_ clipping: GradientClipping) throws -> [Double] {
            var found = network
            var trainer = Trainer<Double>(
                loss: .crossEntropy, learningRate: 1, batching: .fullBatch, clipping: clipping)
            try trainer.step(&found, on: samples)
            return found.parameters
        }
        let bound = norm / 10
        #expect(gradients.contains { abs($0) > bound } && gradients.contains { abs($0) < bound })
        #expect(try step(.value(bound)) == zip(network.parameters, gradients).map { $0 - min(max($1, -bound), bound) })
        let scale = bound / (norm + 1e-6)
        expectClose(
            try step(.globalNorm(bound)), zip(network.parameters, gradients).map { $0 - $1 * scale }, within: 1e-15)
        #expect(try step(.globalNorm(2 * norm)) == step(.none))
        #expect(try step(.value(2 * norm)) == step(.none))
    }

    // MARK: Wrong settings

    @Test("a setting that makes no sense is refused by name, and nothing is changed")
    func wrongSettings() throws {
        func expect(
            _ message: String, sourceLocation: SourceLocation = #_sourceLocation,
            _ change: (inout Trainer<Double>) -> Void
        ) {
            var found = network
            var trainer = Trainer<Double>(
                loss: .crossEntropy, optimizer: .adam(), learningRate: 0.25, batching: .fullBatch)
            change(&trainer)
            expectError(message, sourceLocation: sourceLocation) {
                try trainer.train(&found, on: samples, until: [.epochs(1)])
            }
            expectError(message, sourceLocation: sourceLocation) { try trainer.step(&found, on: samples) }
            #expect(found == network, sourceLocation: sourceLocation)
            #expect(trainer.updates == 0 && trainer.history.epochs.isEmpty, sourceLocation: sourceLocation)
        }
        for wrong in [-0.5, .nan, .infinity] {
            expect("weightDecay: expected a finite number from 0, found \(wrong)") {
                $0.regularization.weightDecay = wrong
            }
            expect("l1: expected a finite number from 0, found \(wrong)") { $0.regularization.l1 = wrong }
            expect("inputNoise, deviation: expected a finite number from 0, found \(wrong)") {
                $0.regularization.inputNoise = .gaussian(deviation: wrong)
            }
        }
        for wrong in [-0.5, 1, .nan] {
            expect("labelSmoothing: expected at least 0, below 1, found \(wrong)") {
                $0.regularization.labelSmoothing = wrong
            }
            expect("inputNoise, probability: expected at least 0, below 1, found \(wrong)") {
                $0.regularization.inputNoise = .masking(probability: wrong)
            }
        }
        for wrong in [0, -0.5, .nan, .infinity] {
            for clipping in [GradientClipping.value(wrong), .globalNorm(wrong)] {
                expect("clipping: expected a finite bound above 0, found \(wrong)") { $0.clipping = clipping }
            }
        }
        for optimizer in [
            .momentum(1), .nesterov(-0.1), .rmsProp(decay: .nan), .rmsProp(epsilon: -1), .adagrad(epsilon: .infinity),
            .adam(beta1: 1), .adam(beta2: -0.5), .adamW(weightDecay: -1), .rprop(shrink: 1), .rprop(grow: 1),
            .rprop(minimumStep: 2, maximumStep: 1),
        ] as [Optimizer] {
            expect("optimizer: expected numbers in their ranges, found \(optimizer)") { $0.optimizer = optimizer }
        }
        for wrong in [0, -1] {
            expect("microBatchSize: expected at least 1 sample, found \(wrong)") { $0.microBatchSize = wrong }
        }
        expect("batching: expected fullBatch, for RPROP, found miniBatches(of: 2)") {
            ($0.optimizer, $0.batching) = (.rprop(), .miniBatches(of: 2))
        }
        let order =
            "updateOrder: expected simultaneous, unless for plain gradient descent on whole batches, found layerByLayer"
        expect(order) { $0.updateOrder = .layerByLayer }
        for change in [
            { $0.clipping = .value(1) }, { $0.regularization.l1 = 1 }, { $0.regularization.weightDecay = 1 },
            { $0.microBatchSize = 2 },
        ] as [(inout Trainer<Double>) -> Void] {
            expect(order) {
                ($0.optimizer, $0.updateOrder) = (.gradientDescent, .layerByLayer)
                change(&$0)
            }
        }
    }

    @Test("regularization is what it was after a round trip through JSON")
    func roundTrip() throws {
        for noise in [InputNoise.none, .gaussian(deviation: 0.5), .masking(probability: 0.25)] {
            let regularization = Regularization(weightDecay: 0.1, l1: 0.2, labelSmoothing: 0.3, inputNoise: noise)
            let data = try JSONEncoder().encode(regularization)
            #expect(try JSONDecoder().decode(Regularization.self, from: data) == regularization)
        }
        for clipping in [GradientClipping.none, .value(0.5), .globalNorm(2)] {
            let data = try JSONEncoder().encode(clipping)
            #expect(try JSONDecoder().decode(GradientClipping.self, from: data) == clipping)
        }
    }
}
