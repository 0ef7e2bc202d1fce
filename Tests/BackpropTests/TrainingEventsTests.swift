import Backprop
import BackpropSamples
import Testing

@Suite struct TrainingEventsTests {
    private let network: Network<Double>
    private let dataset: Dataset<Double>
    private let trainer = Trainer<Double>(
        loss: .crossEntropy, optimizer: .adam(), learningRate: 0.01, batching: .miniBatches(of: 16), seed: 3)

    init() throws {
        dataset = SampleData.digits(pixelFactor: 1 / 16)
        network = try Network(
            inputs: 64, layers: [.dense(12, .relu, dropout: 0.2), .dense(10, .softmax)], seed: 2)
    }

    @Test("the events of a run are the epochs of train, to the bit, and then what it leaves")
    func events() async throws {
        var expected = network
        var same = trainer
        var losses: [Double] = []
        let result = try same.train(&expected, on: dataset, until: [.epochs(3)]) { report in
            losses.append(report.loss)
            return true
        }
        var found: [Double] = []
        var outcome: TrainingOutcome<Double>?
        for try await event in trainer.run(network, on: dataset, until: [.epochs(3)]) {
            #expect(outcome == nil, "nothing follows the end")
            switch event {
            case .epoch(let report): found.append(report.loss)
            case .finished(let end): outcome = end
            }
        }
        #expect(found == losses)
        #expect(outcome?.network == expected)
        #expect(outcome?.result.reason == result.reason)
        #expect(outcome?.trainer.finishedEpochs == 3)
    }

    @Test("a cancelled task ends training within an epoch, and has what was reached")
    func cancellation() async throws {
        let (network, trainer, dataset) = (network, trainer, dataset)
        let task = Task { () -> TrainingOutcome<Double>? in
            for try await event in trainer.run(network, on: dataset, until: [.epochs(1_000_000)]) {
                if case .finished(let outcome) = event { return outcome }
                withUnsafeCurrentTask { $0?.cancel() }
            }
            return nil
        }
        let outcome = try #require(try await task.value)
        #expect(outcome.result.reason == .cancelled)
        #expect(outcome.result.epochs == 1)
        // The look at the task comes after 256 samples at most.
        #expect(outcome.trainer.nextSample > 0 && outcome.trainer.nextSample <= 256 + 16)
    }

    @Test("what makes no sense is thrown before the first event")
    func errors() async {
        await #expect(throws: BackpropError.self) {
            for try await _ in trainer.run(network, on: dataset, until: []) { Issue.record("an event") }
        }
    }

    @Test("a run that is left early leaves the trainer as it was")
    func leaving() async throws {
        for try await _ in trainer.run(network, on: dataset, until: [.epochs(5)]) { break }
        #expect(trainer.finishedEpochs == 0)
    }
}
