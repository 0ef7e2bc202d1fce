import Backprop
import Foundation
import Testing

@Suite struct HistoryTests {
    private let training: Dataset<Float>
    private let validation: Dataset<Float>
    private let network: Network<Float>

    init() throws {
        func classes(_ seed: UInt64) throws -> Dataset<Float> {
            let samples: Dataset<Float> = try randomSamples(9, inputs: 3, targets: 1, seed: seed)
            return try Dataset(
                inputs: samples.inputs, inputCount: 3, classes: (0..<9).map { $0 * Int(seed) % 2 }, classCount: 2)
        }
        (training, validation) = (try classes(1), try classes(3))
        network = try Network(inputs: 3, layers: [.dense(4, .tanh, dropout: 0.25), .dense(2, .softmax)], seed: 1)
    }

    private func trainer(diagnostics: Bool = false) -> Trainer<Float> {
        Trainer(
            loss: .crossEntropy, optimizer: .adam(), learningRate: 0.05, batching: .miniBatches(of: 4),
            diagnostics: diagnostics)
    }

    @Test("the history has the reports of all epochs, over all runs")
    func reports() throws {
        var found = network
        var trainer = trainer()
        var reports: [EpochReport] = []
        for _ in 0..<2 {
            try trainer.train(&found, on: training, validatingOn: validation, until: [.epochs(3)]) {
                reports.append($0)
                return true
            }
        }
        #expect(trainer.history.epochs == reports)
        #expect(reports.map(\.epoch) == [1, 2, 3, 1, 2, 3])
        #expect(reports.map(\.iterations) == [3, 6, 9, 3, 6, 9])
        #expect(reports.allSatisfy { $0.seconds >= 0 })
        #expect(zip(reports, reports.dropFirst().prefix(2)).allSatisfy { $0.seconds <= $1.seconds })
    }

    @Test("a validation is the loss and accuracy on samples that nothing is learned from")
    func validations() throws {
        var (found, unseen) = (network, network)
        var trainer = trainer()
        var other = self.trainer()
        var expected: [(Double, Double)] = []
        for _ in 0..<3 {
            try other.train(&unseen, on: training, until: [.epochs(1)])
            let right = zip(try unseen.predictClasses(validation.inputs), validation.classes!).count { $0 == $1 }
            expected.append((try unseen.loss(.crossEntropy, on: validation), Double(right) / 9))
        }
        try trainer.train(&found, on: training, validatingOn: validation, until: [.epochs(3)])
        #expect(found == unseen)
        #expect(trainer.history.epochs.map { $0.validation!.loss } == expected.map(\.0))
        #expect(trainer.history.epochs.map { $0.validation!.accuracy } == expected.map(\.1))
        #expect(other.history.epochs.allSatisfy { $0.validation == nil })
    }

    @Test("validation samples that don't fit are refused, and nothing is changed")
    func wrongValidation() throws {
        var found = network
        var trainer = trainer()
        let wrong: Dataset<Float> = try randomSamples(3, inputs: 2, targets: 2)
        expectError("inputs of a sample: expected 3, found 2") {
            try trainer.train(&found, on: training, validatingOn: wrong, until: [.epochs(1)])
        }
        #expect(found == network)
        #expect(trainer.history.epochs.isEmpty)
    }

    @Test("the best epoch is that of the lowest loss, on validation samples where there are any")
    func best() throws {
        var found = network
        var trainer = trainer()
        #expect(trainer.history.best == nil)
        try trainer.train(&found, on: training, until: [.epochs(4)])
        let epochs = trainer.history.epochs
        let lowest = try #require(epochs.map(\.loss).min())
        #expect(trainer.history.best?.loss == lowest)
        var history = TrainingHistory()
        history.epochs = epochs
        history.epochs[0].loss = .nan
        history.epochs[2].loss = lowest / 2
        history.epochs[3].loss = lowest / 2
        #expect(history.best?.epoch == 3)
        try trainer.train(&found, on: training, validatingOn: validation, until: [.epochs(4)])
        var validated = TrainingHistory()
        validated.epochs = Array(trainer.history.epochs.suffix(4))
        #expect(validated.best?.validation?.loss == validated.epochs.map { $0.validation!.loss }.min())
    }

    @Test("the caller's progress closure sees the last epoch too, and stops with its answer")
    func progress() throws {
        var found = network
        var trainer = trainer()
        var seen = 0
        let result = try trainer.train(&found, on: training, until: [.epochs(3)]) { _ in
            seen += 1
            return seen < 3
        }
        // The condition came first.
        #expect(seen == 3)
        #expect(result.reason == .reached(.epochs(3)))
        let stopped = try trainer.train(&found, on: training, until: [.epochs(3)]) { _ in false }
        #expect(stopped.reason == .stoppedByCaller)
        #expect(stopped.epochs == 1)
        #expect(trainer.finishedEpochs == 4)
    }

    @Test("a loss that is not finite names its step and the lowest layer where it began")
    func nonFiniteLoss() throws {
        func reason(_ weights: [Double]) throws -> StopReason {
            let layers = weights.map {
                Layer(units: 1, activation: .identity, hasBiases: false, initialWeights: .constant($0)).frozen()
            }
            var network = try Network<Float>(inputs: 1, layers: layers)
            let samples = try Dataset<Float>(inputs: [[0], [1]], targets: [[0], [0]])
            var trainer = Trainer<Float>(
                loss: .squaredError, learningRate: 1, batching: .perSample, shuffles: false)
            return try trainer.train(&network, on: samples, until: [.epochs(1)]).reason
        }
        #expect(try reason([1, 1, 1]) == .reached(.epochs(1)))
        #expect(try reason([1e30, 1e30, 1]) == .nonFiniteLoss(step: 2, layer: 1))
        #expect(try reason([1e30, 1, 1e30]) == .nonFiniteLoss(step: 2, layer: 2))
        #expect(try reason([1e30, 1, 1]) == .nonFiniteLoss(step: 2, layer: nil), "only the square is too large")
    }

    // MARK: Files

    @Test("reports, history and results are what they were after a round trip through JSON", arguments: [false, true])
    func roundTrip(diagnostics: Bool) throws {
        func expectSame<Value: Codable & Equatable>(_ value: Value) throws {
            let data = try JSONEncoder().encode(value)
            #expect(try JSONDecoder().decode(Value.self, from: data) == value)
        }
        var found = network
        var trainer = trainer(diagnostics: diagnostics)
        let result = try trainer.train(
            &found, on: training, validatingOn: diagnostics ? validation : nil, until: [.epochs(2), .patience(9)])
        try expectSame(trainer.history.epochs[0])
        try expectSame(trainer.history)
        try expectSame(result)
        for reason in [
            .reached(.seconds(2)), .reached(.patience(3, minimumImprovement: 0.5)), .reached(.loss(below: 0.5)),
            .nonFiniteLoss(step: 3, layer: 1), .nonFiniteLoss(step: 3, layer: nil), .invalidLearningRate(step: 2),
            .stoppedByCaller, .cancelled,
        ] as [StopReason] { try expectSame(reason) }
        for warning in [
            .inputsNotScaled(largest: 30), .constantTargets, .constantOutputs, .learningRateTooHigh(lossRatio: 2),
            .learningRateTooLow(improvement: 0), .vanishingGradients(ratio: 0.5),
            .saturatedUnits(layer: 1, share: 0.75), .deadUnits(layer: 2, share: 0.5),
        ] as [TrainingWarning] { try expectSame(warning) }
    }
}
