import Backprop
import Testing

@Suite struct EarlyStoppingTests {
    /// One weight, and what it should be: validation samples ask for half of what the training samples do.
    private let training: Dataset<Double>
    private let validation: Dataset<Double>
    private let network: Network<Double>

    init() throws {
        training = try Dataset(inputs: [[1]], targets: [[1]])
        validation = try Dataset(inputs: [[1]], targets: [[0.5]])
        network = try Network(
            inputs: 1, layers: [Layer(units: 1, activation: .identity, hasBiases: false, initialWeights: .zeros)])
    }

    private var trainer: Trainer<Double> { Trainer(loss: .squaredError, learningRate: 0.125) }

    // MARK: Patience

    @Test("patience ends training and gives back the parameters of the best epoch")
    func patience() throws {
        var found = network
        var trainer = trainer
        var weights: [Double] = []
        var losses: [Double] = []
        let result = try trainer.train(
            &found, on: training, validatingOn: validation, until: [.patience(3), .epochs(100)]
        ) {
            losses.append($0.validation!.loss)
            return true
        }
        var other = network
        var steps = self.trainer
        for _ in losses {
            try steps.step(&other, on: training)
            weights.append(other.parameters[0])
        }
        let best = losses.indices.min { losses[$0] < losses[$1] }!
        #expect(best > 0)
        #expect(result.reason == .reached(.patience(3)))
        #expect(result.epochs == best + 1 + 3)
        #expect(losses == weights.map { ($0 - 0.5) * ($0 - 0.5) / 2 })
        #expect(found.parameters == [weights[best]])
        #expect(trainer.history.best?.epoch == best + 1)
    }

    @Test("another condition gives back the best parameters too, stopping by the caller doesn't")
    func otherReasons() throws {
        var (best, last) = (network, network)
        var trainer = trainer
        let result = try trainer.train(
            &best, on: training, validatingOn: validation, until: [.patience(50), .epochs(20)])
        #expect(result.reason == .reached(.epochs(20)))
        #expect(abs(best.parameters[0] - 0.5) < 0.1)
        trainer = self.trainer
        try trainer.train(&last, on: training, validatingOn: validation, until: [.patience(50)]) { $0.epoch < 20 }
        #expect(last.parameters[0] > 0.9)
    }

    @Test("an improvement that is too small is none, and without validation samples it is the training loss's")
    func improvement() throws {
        // The loss is ½ · (7/8)^2k before step k + 1.
        let losses = (0..<20).map { 0.5 * (0..<(2 * $0)).reduce(1.0) { product, _ in product * 0.875 } }
        var best = losses[0]
        var sinceBest = 0
        let epochs =
            1
            + losses.dropFirst().prefix { loss in
                if sinceBest >= 2 { return false }
                if loss < best - 0.125 { (best, sinceBest) = (loss, 0) } else { sinceBest += 1 }
                return true
            }.count
        var found = network
        var trainer = trainer
        let result = try trainer.train(
            &found, on: training, until: [.patience(2, minimumImprovement: 0.125), .epochs(20)])
        #expect(result.epochs == epochs && epochs < 10)
        #expect(result.reason == .reached(.patience(2, minimumImprovement: 0.125)))
    }

    @Test("patience goes on from the run before")
    func runs() throws {
        var (whole, parts) = (network, network)
        var one = trainer
        var other = trainer
        let result = try one.train(&whole, on: training, validatingOn: validation, until: [.patience(3)])
        var epochs = 0
        for _ in 0..<result.epochs {
            let part = try other.train(&parts, on: training, validatingOn: validation, until: [.patience(3)]) { _ in
                false
            }
            epochs += part.epochs
        }
        #expect(epochs == result.epochs)
        #expect(parts == whole)
    }

    @Test("the best parameters of a network of another size are no other network's")
    func anotherNetwork() throws {
        var trainer = trainer
        var first = network
        try trainer.train(&first, on: training, until: [.patience(1), .epochs(5)])
        var second = try Network<Double>(inputs: 2, layers: [.dense(3, .tanh), .dense(1, .identity)], seed: 1)
        let harder = try Dataset<Double>(inputs: [[1, 2]], targets: [[100]])
        try trainer.train(&second, on: harder, until: [.patience(1), .epochs(1)])
        #expect(second.parameters.count == 13)
    }

    @Test("a first epoch whose validation loss is no number is not the best for ever")
    func notANumber() throws {
        // One unit is infinite, the other minus that, and their sum no number.
        let validation = try Dataset<Double>(inputs: [[1e10]], targets: [[0]])
        let layers = [
            Layer(units: 2, activation: .identity, hasBiases: false, initialWeights: .values([1e308, -1e308])),
            Layer(units: 1, activation: .identity, hasBiases: false, initialWeights: .values([1, 1])),
        ].map { $0.frozen() }
        var found = try Network<Double>(inputs: 1, layers: layers)
        let zeros = try Dataset<Double>(inputs: [[0]], targets: [[0]])
        var trainer = trainer
        try trainer.train(&found, on: zeros, validatingOn: validation, until: [.patience(5), .epochs(1)])
        #expect(trainer.history.epochs[0].validation!.loss.isNaN)
        try trainer.train(&found, on: zeros, validatingOn: zeros, until: [.patience(2), .epochs(9)])
        // The second epoch is the best: two more, and it is over.
        #expect(trainer.history.epochs.count == 4)
    }

    @Test("patience that makes no sense is refused")
    func wrongPatience() {
        for (condition, text) in [
            (StopCondition.patience(0), "0 epochs, 0.0"), (.patience(1, minimumImprovement: -1), "1 epochs, -1.0"),
            (.patience(1, minimumImprovement: .nan), "1 epochs, nan"),
        ] {
            var (found, trainer) = (network, trainer)
            expectError("patience: expected at least 1 epoch, and an improvement from 0, found \(text)") {
                try trainer.train(&found, on: training, until: [condition])
            }
            #expect(found == network)
        }
    }

    // MARK: Time and cancellation

    @Test("training stops for time within a batch or 256 samples", arguments: [1, 100, 300])
    func seconds(batchSize: Int) throws {
        var found = network
        let samples = try Dataset<Double>(autoencoding: [Double](repeating: 1, count: 1000), inputCount: 1)
        var trainer = Trainer<Double>(loss: .squaredError, learningRate: 0, batching: .miniBatches(of: batchSize))
        // Time is looked at after the first batch, when it is up.
        let result = try trainer.train(&found, on: samples, until: [.seconds(0), .epochs(3)])
        #expect(result.reason == .reached(.seconds(0)))
        #expect(result.iterations == 1)
        let later = try trainer.train(&found, on: samples, until: [.seconds(0.01)])
        #expect(later.seconds >= 0.01)
        #expect(later.reason == .reached(.seconds(0.01)))
    }

    @Test("a task that is cancelled stops within a batch or 256 samples", arguments: [1, 100, 300])
    func cancellation(batchSize: Int) async throws {
        let samples = try Dataset<Double>(autoencoding: [Double](repeating: 1, count: 1100), inputCount: 1)
        let trainer = Trainer<Double>(
            loss: .squaredError,
            learningRate: .function { step in
                // Cancelled before the eleventh step; the first looked, the next look is within 256 samples.
                if step == 10 { withUnsafeCurrentTask { $0?.cancel() } }
                return 0
            }, batching: .miniBatches(of: batchSize), repetition: .untilConverged(maximumSteps: 50))
        let result = try await Task { [network] in
            var (trainer, network) = (trainer, network)
            return try trainer.train(&network, on: samples, until: [.epochs(30)])
        }.value
        #expect(result.reason == .cancelled)
        let samplesAfter = (result.iterations - 10) * batchSize
        #expect(samplesAfter >= batchSize && samplesAfter <= max(256, batchSize))
    }
}
