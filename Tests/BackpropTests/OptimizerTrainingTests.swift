import Backprop
import BackpropSamples
import Foundation
import Testing

@testable import BackpropReference

extension Optimizer {
    /// One of each kind.
    static let each: [Optimizer] = [
        .gradientDescent, .momentum(), .nesterov(), .rmsProp(), .adagrad(), .adam(), .adamW(), .rprop(),
    ]
    /// Those that take mini-batches.
    static let forMiniBatches = each.filter { $0 != .rprop() }
}

/// FNV-1a over 32-bit words.
private func hash(of values: [Float]) -> UInt64 {
    values.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1.bitPattern)) &* 0x100_0000_01b3 }
}

@Suite struct OptimizerTrainingTests {
    // MARK: The same bits

    @Test(
        "200 steps on digits with dropout and clipping give one hash on every instruction set, with 1 and 2 threads and by the reference",
        arguments: Optimizer.each)
    func digits(_ optimizer: Optimizer) throws {
        let steps = 200
        let digits: Dataset<Float> = SampleData.digits()
        let batches = try (0..<steps).map { step in try digits.samples([UInt32(step % digits.count)]) }
        let start = try Network<Float>(
            inputs: 64, layers: [.dense(12, .tanh, dropout: 0.25), .dense(10, .softmax)], seed: 1)
        var hashes: [String: UInt64] = [:]
        for set in InstructionSet.available {
            for threads in [1, 2] {
                var network = start
                try network.setInstructionSet(set)
                var trainer = Trainer<Float>(
                    loss: .crossEntropy, optimizer: optimizer, learningRate: 0.01, batching: .fullBatch,
                    clipping: .globalNorm(1), seed: 2)
                try trainer.setThreads(threads)
                for batch in batches { try trainer.step(&network, on: batch) }
                hashes["\(set), \(threads) threads"] = hash(of: network.parameters)
            }
        }
        var reference = ReferenceNetwork(start)
        var state = ReferenceOptimizer<Float>(optimizer, clipping: .globalNorm(1))
        for (step, batch) in batches.enumerated() {
            let rows = batch.rows([0])
            let dropout = ReferenceDropout(seed: 2, step: UInt64(step))
            _ = reference.step(
                rows.inputs, rows.targets, ReferenceObjective(loss: .crossEntropy, dropout: dropout),
                optimizer: &state, rate: 0.01)
        }
        hashes["reference"] = hash(of: reference.parameters)
        #expect(hashes.count == 2 * InstructionSet.available.count + 1)
        let text = hashes.map { "\($0): \(String($1, radix: 16))" }.sorted().joined(separator: "; ")
        #expect(Set(hashes.values).count == 1, "\(optimizer): \(text)")
        #expect(reference.parameters != start.parameters)
    }

    // MARK: Runs

    @Test(
        "runs of a few iterations equal one run of their sum, with dropout, noise and every schedule",
        arguments: Optimizer.each)
    func runs(_ optimizer: Optimizer) throws {
        let samples: Dataset<Float> = try randomSamples(10, inputs: 3, targets: 2)
        let start = try Network<Float>(
            inputs: 3, layers: [.dense(6, .tanh, dropout: 0.3), .dense(2, .sigmoid)], seed: 1)
        for rate in [
            .cosine(from: 0.1, to: 0.01, over: .steps(9)), .warmUp(over: .steps(4), then: 0.1),
            .step(from: 0.1, factor: 0.5, every: .epochs(1)),
            .reduceOnPlateau(from: 0.1, factor: 0.5, patience: 0),
        ] as [LearningRate] {
            for noise in [InputNoise.gaussian(deviation: 0.1), .masking(probability: 0.2)] {
                var (whole, parts) = (start, start)
                var one = Trainer<Float>(
                    loss: .squaredError, optimizer: optimizer, learningRate: rate,
                    batching: optimizer == .rprop() ? .fullBatch : .miniBatches(of: 3),
                    regularization: Regularization(inputNoise: noise), seed: 4)
                var other = one
                try one.train(&whole, on: samples, until: [.iterations(14)])
                for count in [1, 2, 3, 1, 7] { try other.train(&parts, on: samples, until: [.iterations(count)]) }
                #expect(parts == whole, "\(rate), \(noise)")
                #expect(whole != start)
                #expect(one.updates == 14 && other.updates == 14)
                #expect(other.history.epochs.map(\.loss) == one.history.epochs.map(\.loss))
                #expect(other.history.epochs.map(\.learningRate) == one.history.epochs.map(\.learningRate))
            }
        }
    }

    @Test("runs that end between the steps on one batch equal one run of their sum")
    func runsWithinBatch() throws {
        let samples: Dataset<Float> = try randomSamples(6, inputs: 3, targets: 2)
        let start = try Network<Float>(inputs: 3, layers: [.dense(2, .sigmoid)], seed: 1)
        var (whole, parts) = (start, start)
        var one = Trainer<Float>(
            loss: .squaredError, optimizer: .adam(), learningRate: 0.1, batching: .miniBatches(of: 3),
            repetition: .untilConverged(maximumSteps: 5))
        var other = one
        try one.train(&whole, on: samples, until: [.iterations(17)])
        for count in [2, 2, 3, 10] { try other.train(&parts, on: samples, until: [.iterations(count)]) }
        #expect(parts == whole)
        #expect(one.finishedEpochs == 1 && other.finishedEpochs == 1)
        #expect(one.nextSample == 3 && other.nextSample == 3)
        #expect(other.history.epochs.map(\.loss) == one.history.epochs.map(\.loss))
    }

    @Test("an optimizer of another kind starts anew, one of the same kind goes on")
    func changing() throws {
        let samples: Dataset<Float> = try randomSamples(6, inputs: 3, targets: 2)
        let start = try Network<Float>(inputs: 3, layers: [.dense(2, .sigmoid)], seed: 1)
        func trainer(_ optimizer: Optimizer) -> Trainer<Float> {
            Trainer(loss: .squaredError, optimizer: optimizer, learningRate: 0.1, batching: .fullBatch)
        }
        // Both keep two numbers for each parameter, and mean different things by them.
        for (first, second) in [(Optimizer.adam(), Optimizer.rprop()), (.momentum(), .adagrad())] {
            var network = start
            var changed = trainer(first)
            try changed.train(&network, on: samples, until: [.epochs(3)])
            var expected = network
            changed.optimizer = second
            try changed.train(&network, on: samples, until: [.epochs(2)])
            var fresh = trainer(second)
            try fresh.train(&expected, on: samples, until: [.epochs(2)])
            #expect(network == expected)
            #expect(changed.updates == 2)
        }
        var network = start
        var trainer = trainer(.momentum(0.5))
        try trainer.train(&network, on: samples, until: [.epochs(3)])
        trainer.optimizer = .momentum(0.9)
        try trainer.train(&network, on: samples, until: [.epochs(1)])
        #expect(trainer.updates == 4)
    }

    // MARK: Learning

    @Test("every optimizer learns exclusive or", arguments: Optimizer.each)
    func exclusiveOrIsLearned(_ optimizer: Optimizer) throws {
        let rate =
            switch optimizer {
            case .gradientDescent, .adagrad: 0.5
            case .momentum, .nesterov: 0.1
            default: 0.03
            }
        var network = try Network<Float>(inputs: 2, layers: [.dense(4, .tanh), .dense(1, .sigmoid)], seed: 1)
        var trainer = Trainer<Float>(
            loss: .binaryCrossEntropy, optimizer: optimizer, learningRate: .constant(rate), batching: .fullBatch)
        let result = try trainer.train(&network, on: exclusiveOr(), until: [.loss(below: 0.02), .epochs(5000)])
        #expect(result.reason == .reached(.loss(below: 0.02)))
    }

    // MARK: Learning rates

    @Test("each update has the rate that the schedule gives for it, also where a batch is repeated")
    func schedules() throws {
        let samples: Dataset<Double> = try randomSamples(7, inputs: 3, targets: 2)
        let start = try Network<Double>(inputs: 3, layers: [.dense(2, .sigmoid)], seed: 1)
        for repetition in [BatchRepetition.once, .untilConverged(maximumSteps: 3)] {
            for rate in [
                .step(from: 0.5, factor: 0.5, every: .steps(2)),
                .exponential(from: 0.5, factor: 0.9, every: .epochs(1)),
                .cosine(from: 0.5, over: .epochs(2)), .warmUp(over: .steps(3), then: 0.5),
                .function { 0.5 / Double($0 + 1) },
            ] as [LearningRate] {
                var reference = ReferenceNetwork(start)
                var step = 0
                for batch in [0..<3, 3..<6, 6..<7, 0..<3, 3..<6, 6..<7] {
                    let rows = samples.rows(batch)
                    for _ in 0..<(repetition == .once ? 1 : 3) {
                        let rate = rate.rate(atStep: step, stepsPerEpoch: 3)
                        _ = reference.step(rows.inputs, rows.targets, loss: .squaredError, rate: rate)
                        step += 1
                    }
                }
                var found = start
                var trainer = Trainer<Double>(
                    loss: .squaredError, learningRate: rate, batching: .miniBatches(of: 3), repetition: repetition,
                    shuffles: false)
                try trainer.train(&found, on: samples, until: [.epochs(2)])
                #expect(found.parameters == reference.parameters, "\(rate), \(repetition)")
                #expect(
                    trainer.history.epochs.last!.learningRate == rate.rate(atStep: step, stepsPerEpoch: 3),
                    "the report has the rate of the next step")
            }
        }
    }

    @Test("a plateau is one of the validation loss, and the report has the reduced rate")
    func plateau() throws {
        let samples = try Dataset<Double>(inputs: [[1]], targets: [[1]])
        // What is learned from the one takes the network away from the other.
        let validation = try Dataset<Double>(inputs: [[1]], targets: [[-1]])
        func rates(validatingOn validation: Dataset<Double>?) throws -> [Double] {
            var network = try Network<Double>(inputs: 1, layers: [.dense(1, .identity)])
            var trainer = Trainer<Double>(
                loss: .squaredError, learningRate: .reduceOnPlateau(from: 0.125, factor: 0.5, patience: 1))
            try trainer.train(&network, on: samples, validatingOn: validation, until: [.epochs(5)])
            return trainer.history.epochs.map(\.learningRate)
        }
        #expect(try rates(validatingOn: nil) == [0.125, 0.125, 0.125, 0.125, 0.125])
        #expect(try rates(validatingOn: validation) == [0.125, 0.125, 0.0625, 0.0625, 0.03125])
    }

    @Test("a rate that a schedule should not have given ends training before its step")
    func invalidRates() throws {
        let samples: Dataset<Float> = try randomSamples(6, inputs: 3, targets: 2)
        let start = try Network<Float>(inputs: 3, layers: [.dense(2, .sigmoid)], seed: 1)
        // 1e300 is infinite in Float.
        for wrong in [Double.nan, .infinity, -0.5, 1e300] {
            var (network, expected) = (start, start)
            var trainer = Trainer<Float>(
                loss: .squaredError, learningRate: .function { $0 < 3 ? 0.5 : wrong }, batching: .miniBatches(of: 2))
            let result = try trainer.train(&network, on: samples, until: [.epochs(5)])
            #expect(result.reason == .invalidLearningRate(step: 4))
            #expect(result.iterations == 3 && result.epochs == 1)
            trainer = Trainer(loss: .squaredError, learningRate: 0.5, batching: .miniBatches(of: 2))
            try trainer.train(&expected, on: samples, until: [.epochs(1)])
            #expect(network == expected)
            trainer.learningRate = .function { _ in wrong }
            expectError("learningRate: expected a finite number from 0, for RPROP above 0, found \(wrong)") {
                try trainer.step(&network, on: samples)
            }
            #expect(network == expected)
        }
        var network = start
        var resilient = Trainer<Float>(
            loss: .squaredError, optimizer: .rprop(), learningRate: 0, batching: .fullBatch)
        let result = try resilient.train(&network, on: samples, until: [.epochs(1)])
        #expect(result.reason == .invalidLearningRate(step: 1))
        #expect(network == start)
    }

    // MARK: Files

    @Test("an optimizer is what it was after a round trip through JSON", arguments: Optimizer.each)
    func roundTrip(_ optimizer: Optimizer) throws {
        let data = try JSONEncoder().encode(optimizer)
        #expect(try JSONDecoder().decode(Optimizer.self, from: data) == optimizer)
    }

    @Test("numbers of an optimizer that are left out have their usual values, and other kinds are errors")
    func decoding() throws {
        func decoded(_ text: String) throws -> Optimizer {
            try JSONDecoder().decode(Optimizer.self, from: Data(text.utf8))
        }
        let kinds = ["gradientDescent", "momentum", "nesterov", "rmsProp", "adagrad", "adam", "adamW", "rprop"]
        #expect(try kinds.map { try decoded(#"{"kind": "\#($0)"}"#) } == Optimizer.each)
        #expect(try decoded(#"{"kind": "adam", "beta1": 0.5}"#) == .adam(beta1: 0.5))
        #expect(
            try decoded(#"{"kind": "rprop", "shrink": 0.25, "grow": 2, "minimumStep": 1, "maximumStep": 3}"#)
                == .rprop(shrink: 0.25, grow: 2, minimumStep: 1, maximumStep: 3))
        #expect(throws: DecodingError.self) { try decoded(#"{"kind": "adamant"}"#) }
        #expect(throws: DecodingError.self) { try decoded(#"{"beta1": 0.5}"#) }
        #expect(throws: DecodingError.self) { try decoded(#"{"kind": "adam", "beta1": "much"}"#) }
    }
}
