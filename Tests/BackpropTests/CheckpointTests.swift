import BackpropReference
import Foundation
import Testing

@testable import Backprop

/// A run of 50 steps with everything that a checkpoint has to hold: an epoch that ends within them, dropout, noise,
/// clipping, a schedule that waits for plateaus, validation and patience.
private struct Run<Scalar: ReferenceScalar> {
    let training: Dataset<Scalar>
    let validation: Dataset<Scalar>
    let start: Network<Scalar>
    let trainer: Trainer<Scalar>
    let conditions: [StopCondition] = [.iterations(50), .patience(100)]

    init(_ optimizer: Optimizer, seed: UInt64 = 4) throws {
        let needsFullBatch = if case .rprop = optimizer { true } else { false }
        training = try randomSamples(10, inputs: 3, targets: 2)
        validation = try randomSamples(4, inputs: 3, targets: 2, seed: 2)
        start = try Network(inputs: 3, layers: [.dense(5, .tanh, dropout: 0.3), .dense(2, .sigmoid)], seed: 1)
        trainer = Trainer(
            loss: .squaredError, optimizer: optimizer,
            learningRate: .warmUp(over: .steps(3), then: .reduceOnPlateau(from: 0.1, factor: 0.5, patience: 0)),
            batching: needsFullBatch ? .fullBatch : .miniBatches(of: 3),
            regularization: Regularization(
                weightDecay: 0.01, l1: 0.001, labelSmoothing: 0.1, inputNoise: .gaussian(deviation: 0.1)),
            clipping: .globalNorm(0.5), seed: seed)
    }

    /// What a run from here to its end comes to.
    func finish(
        _ trainer: inout Trainer<Scalar>, _ network: inout Network<Scalar>,
        afterStep: Trainer<Scalar>.StepHandler = { _, _ in true }
    ) throws -> TrainingResult {
        try trainer.train(
            &network, on: training, validatingOn: validation, until: conditions, afterStep: afterStep)
    }
}

extension TrainingPosition {
    /// The position without what time it took, and without numbers that the next step doesn't look at.
    fileprivate var timeless: TrainingPosition {
        var position = self
        for index in history.epochs.indices { position.history.epochs[index].seconds = 0 }
        position.run?.seconds = 0
        position.update.gradients = []
        return position
    }
}

extension TrainingResult {
    fileprivate var timeless: TrainingResult {
        var result = self
        result.seconds = 0
        return result
    }
}

/// The bytes of a file whose header says something else, with a checksum that fits.
private func resealed(_ bytes: [UInt8], _ old: String, _ new: String) throws -> [UInt8] {
    let size = (0..<8).reduce(0) { $0 | Int(bytes[$1]) << (8 * $1) }
    var header = String(decoding: bytes[8..<(8 + size)], as: UTF8.self)
    try #require(header.contains(old), "\(old)")
    header = header.replacing(old, with: new, maxReplacements: 1)
    header.replace(/"checksum":"[0-9a-f]{16}"/, with: #""checksum":"0000000000000000""#)
    let count = header.utf8.count
    let file = (0..<8).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) } + Array(header.utf8) + bytes[(8 + size)...]
    let sum = file.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    let digits = String(sum, radix: 16)
    let padded = String(repeating: "0", count: 16 - digits.count) + digits
    header.replace(#""checksum":"0000000000000000""#, with: #""checksum":"\#(padded)""#)
    return file[..<8] + Array(header.utf8) + file[(8 + count)...]
}

@Suite("Checkpoints")
struct CheckpointTests {
    // MARK: Resuming

    /// Resumes a run after each of its steps from the bytes that were saved there.
    private func resumes<Scalar: ReferenceScalar>(_ scalar: Scalar.Type, _ optimizer: Optimizer) throws -> Int {
        let run = try Run<Scalar>(optimizer)
        var (whole, expected) = (run.trainer, run.start)
        var saved: [[UInt8]] = []
        let result = try run.finish(&whole, &expected) { _, checkpoint throws(BackpropError) in
            saved.append(try checkpoint().serialized())
            return true
        }
        #expect(result.iterations == 50 && saved.count == 50 && expected != run.start)
        var equal = 0
        for bytes in saved {
            let checkpoint = try Checkpoint<Scalar>(serialized: bytes)
            #expect(try checkpoint.serialized() == bytes)
            var (trainer, network) = (run.trainer, run.start)
            try trainer.resume(from: checkpoint, with: &network)
            let found = try run.finish(&trainer, &network)
            if network == expected, found.timeless == result.timeless,
                trainer.position.timeless == whole.position.timeless
            {
                equal += 1
            }
        }
        return equal
    }

    @Test(
        "a run that is resumed after any of its 50 steps equals the one that never stopped", arguments: Optimizer.each)
    func eachStep(_ optimizer: Optimizer) throws {
        let counts = [try resumes(Float.self, optimizer), try resumes(Double.self, optimizer)]
        print("\(optimizer): \(counts[0]) of 50 resumes bit-identical in Float, \(counts[1]) of 50 in Double")
        #expect(counts == [50, 50])
    }

    @Test("so does one that stops between the steps on one batch, with a condition that needs the gradient's norm")
    func withinBatch() throws {
        let samples: Dataset<Float> = try randomSamples(6, inputs: 3, targets: 2)
        let start = try Network<Float>(inputs: 3, layers: [.dense(2, .sigmoid)], seed: 1)
        let trainer = Trainer<Float>(
            loss: .squaredError, optimizer: .momentum(), learningRate: 0.1, batching: .miniBatches(of: 3),
            repetition: .untilConverged(gradientNorm: 0.01, maximumSteps: 4))
        func finish(_ trainer: inout Trainer<Float>, _ network: inout Network<Float>, _ stop: Int) throws
            -> (TrainingResult, Checkpoint<Float>)
        {
            var last: Checkpoint<Float>?
            let result = try trainer.train(
                &network, on: samples, until: [.epochs(2), .gradientNorm(below: 0)],
                afterStep: { progress, checkpoint in
                    last = checkpoint()
                    return progress.iterations < stop
                })
            return (result, try #require(last))
        }
        var (whole, expected) = (trainer, start)
        let (result, _) = try finish(&whole, &expected, .max)
        #expect(result.iterations == 16)
        for stop in 1...16 {
            var (first, network) = (trainer, start)
            let (_, saved) = try finish(&first, &network, stop)
            var (second, resumed) = (trainer, start)
            try second.resume(from: Checkpoint(serialized: saved.serialized()), with: &resumed)
            let found = try second.train(&resumed, on: samples, until: [.epochs(2), .gradientNorm(below: 0)])
            #expect(resumed == expected, "step \(stop)")
            #expect(found.timeless == result.timeless, "step \(stop)")
        }
    }

    @Test("a run that is complete is not gone on with, and comes to the same: its best parameters, and why it ended")
    func complete() throws {
        let run = try Run<Float>(.adam())
        for conditions in [
            [.epochs(3)], [.epochs(4), .patience(2)], [.iterations(9)], [.epochs(9), .loss(below: 10)],
            [.epochs(9), .seconds(0)],
        ] as [[StopCondition]] {
            var (whole, expected) = (run.trainer, run.start)
            var last: Checkpoint<Float>?
            let result = try whole.train(
                &expected, on: run.training, validatingOn: run.validation, until: conditions,
                afterStep: { progress, checkpoint in
                    if progress.isLast { last = checkpoint() }
                    return true
                })
            let saved = try #require(last)
            #expect(saved.iterations == result.iterations && saved.epochs == result.epochs)
            var (trainer, network) = (run.trainer, run.start)
            try trainer.resume(from: saved, with: &network)
            var steps = 0
            let found = try trainer.train(
                &network, on: run.training, validatingOn: run.validation, until: conditions,
                afterStep: { _, _ in
                    steps += 1
                    return true
                })
            #expect(steps == 0)
            #expect(network == expected)
            #expect(found.timeless == result.timeless)
        }
    }

    @Test("a run that was complete goes on where it is asked for more, as if more had been asked for at first")
    func more() throws {
        let run = try Run<Float>(.nesterov())
        var (whole, expected) = (run.trainer, run.start)
        try whole.train(&expected, on: run.training, until: [.epochs(7)])
        var (first, network) = (run.trainer, run.start)
        var last: Checkpoint<Float>?
        try first.train(
            &network, on: run.training, until: [.epochs(3)],
            afterStep: { _, checkpoint in
                last = checkpoint()
                return true
            })
        var (second, resumed) = (run.trainer, run.start)
        try second.resume(from: try #require(last), with: &resumed)
        let result = try second.train(&resumed, on: run.training, until: [.epochs(7)])
        #expect(resumed == expected)
        #expect(result.epochs == 7 && second.history.epochs.map(\.epoch) == Array(1...7))
    }

    @Test("a trainer that is saved between runs begins a new one, as it does without")
    func betweenRuns() throws {
        let run = try Run<Float>(.rmsProp())
        var (trainer, network) = (run.trainer, run.start)
        try trainer.train(&network, on: run.training, until: [.epochs(2)])
        let checkpoint = try Checkpoint<Float>(serialized: trainer.checkpoint(of: network).serialized())
        #expect(checkpoint.epochs == 0 && checkpoint.iterations == 0)
        var (other, resumed) = (run.trainer, run.start)
        try other.resume(from: checkpoint, with: &resumed)
        for _ in 0..<2 {
            try trainer.train(&network, on: run.training, until: [.epochs(1)])
            try other.train(&resumed, on: run.training, until: [.epochs(1)])
        }
        #expect(resumed == network)
        #expect(other.position.timeless == trainer.position.timeless)
    }

    @Test("functions of one's own are given again when a checkpoint is read")
    func functions() throws {
        let square = CustomActivation(name: "square", value: { $0 * $0 }, derivative: { 2 * $0 })
        let rate = LearningRate.warmUp(over: .steps(2), then: .function { 0.1 / Double($0 + 1) })
        let samples: Dataset<Double> = try randomSamples(4, inputs: 2, targets: 1)
        let start = try Network<Double>(inputs: 2, layers: [.dense(2, .custom(square)), .dense(1, .identity)], seed: 1)
        let trainer = Trainer<Double>(loss: .squaredError, learningRate: rate)
        var (first, network) = (trainer, start)
        try first.train(&network, on: samples, until: [.epochs(2)])
        let bytes = try first.checkpoint(of: network).serialized()
        #expect { try Checkpoint<Double>(serialized: bytes) } throws: { "\($0)".contains("found square") }
        #expect {
            try Checkpoint<Double>(serialized: bytes, customActivations: [square])
        } throws: { "\($0)".contains("expected the learning rate to be given") }
        let read = try Checkpoint<Double>(serialized: bytes, customActivations: [square], learningRate: rate)
        var (second, resumed) = (trainer, start)
        try second.resume(from: read, with: &resumed)
        try first.train(&network, on: samples, until: [.epochs(2)])
        try second.train(&resumed, on: samples, until: [.epochs(2)])
        #expect(resumed == network)
    }

    // MARK: What doesn't fit

    @Test("a checkpoint of another run is refused: the message names the setting, what was saved and what is found")
    func misfits() throws {
        let run = try Run<Float>(.adam())
        var (trainer, network) = (run.trainer, run.start)
        var saved: Checkpoint<Float>?
        _ = try run.finish(&trainer, &network) { _, checkpoint in
            saved = checkpoint()
            return false
        }
        let checkpoint = try #require(saved)
        func refused(_ name: String, _ change: (inout Trainer<Float>) -> Void) {
            var (other, network) = (run.trainer, run.start)
            change(&other)
            #expect {
                try other.resume(from: checkpoint, with: &network)
            } throws: { error in
                guard case .checkpoint(name, let expected, let found)? = error as? BackpropError else { return false }
                return expected != found
            }
            #expect(network == run.start && other.updates == 0)
        }
        refused("optimizer") { $0.optimizer = .adam(beta1: 0.8) }
        refused("learningRate") { $0.learningRate = 0.1 }
        refused("learningRate") { $0.learningRate = .function { _ in 0.1 } }
        refused("batching") { $0.batching = .perSample }
        refused("repetition") { $0.repetition = .untilConverged(maximumSteps: 2) }
        refused("shuffles") { $0.shuffles = false }
        refused("reduction") { $0.reduction = .sum }
        refused("regularization") { $0.regularization.l1 = 0 }
        refused("clipping") { $0.clipping = .none }
        refused("loss") { $0.loss = .huber }
        refused("updateOrder") { $0.updateOrder = .layerByLayer }
        refused("seed") {
            $0 = Trainer(
                loss: $0.loss, optimizer: $0.optimizer, learningRate: $0.learningRate, batching: $0.batching,
                regularization: $0.regularization, clipping: $0.clipping, seed: 5)
        }
        var wrong = try Network<Float>(inputs: 3, layers: [.dense(5, .relu, dropout: 0.3), .dense(2, .sigmoid)])
        var other = run.trainer
        expectError(
            #"checkpoint, layer 0: expected {"activation":"tanh","bias":true,"dropout":0.3,"units":5}, "#
                + #"as it was saved, found {"activation":"relu","bias":true,"dropout":0.3,"units":5}"#
        ) { try other.resume(from: checkpoint, with: &wrong) }
        var model = Model(network: run.start, loss: .squaredError, targetName: "y")
        expectError("checkpoint, targetName: expected none, as it was saved, found y") {
            try other.resume(from: checkpoint, with: &model)
        }
        var deeper = try Network<Float>(inputs: 3, layers: [.dense(2, .sigmoid)])
        expectError("checkpoint, layers: expected 2, as it was saved, found 1") {
            try other.resume(from: checkpoint, with: &deeper)
        }
    }

    @Test("a run is not gone on with on other samples, and nothing is changed")
    func otherSamples() throws {
        let run = try Run<Float>(.adam())
        var (trainer, network) = (run.trainer, run.start)
        var saved: Checkpoint<Float>?
        _ = try run.finish(&trainer, &network) { _, checkpoint in
            saved = checkpoint()
            return false
        }
        let checkpoint = try #require(saved)
        var inputs = run.training.inputs
        inputs[7] = inputs[7].nextUp
        guard case .vectors(let targets) = run.training.targets else { return }
        let changed = try Dataset(inputs: inputs, inputCount: 3, targets: targets, targetCount: 2)
        let weighted = try Dataset(
            inputs: run.training.inputs, inputCount: 3, targets: targets, targetCount: 2,
            weights: [Float](repeating: 1, count: 10))
        for (training, validation, name) in [
            (changed, run.validation, "training samples"), (weighted, run.validation, "training samples"),
            (run.training, changed, "validation samples"), (run.training, nil, "validation samples"),
        ] as [(Dataset<Float>, Dataset<Float>?, String)] {
            var (other, resumed) = (run.trainer, run.start)
            try other.resume(from: checkpoint, with: &resumed)
            let before = (resumed, other.position)
            #expect {
                try other.train(&resumed, on: training, validatingOn: validation, until: run.conditions)
            } throws: { "\($0)".hasPrefix("checkpoint, \(name): expected ") }
            #expect(resumed == before.0 && other.position == before.1)
        }
    }

    // MARK: Files

    private func smallFile() throws -> [UInt8] {
        let samples: Dataset<Float> = try randomSamples(3, inputs: 1, targets: 1)
        var network = try Network<Float>(inputs: 1, layers: [.dense(1, .tanh), .dense(1, .identity)], seed: 1)
        var trainer = Trainer<Float>(loss: .squaredError, optimizer: .adam(), learningRate: 0.1, batching: .perSample)
        var bytes: [UInt8] = []
        try trainer.train(
            &network, on: samples, until: [.iterations(4), .patience(3)],
            afterStep: { progress, checkpoint throws(BackpropError) in
                var checkpoint = checkpoint()
                checkpoint.model.classNames = ["a", "b"]
                bytes = try checkpoint.serialized()
                return true
            })
        return bytes
    }

    @Test("every flipped bit and every truncation of a checkpoint is refused, and none is read as something else")
    func damage() throws {
        let bytes = try smallFile()
        #expect(try Checkpoint<Float>(serialized: bytes).serialized() == bytes)
        for count in 0..<bytes.count {
            #expect(throws: BackpropError.self) { try Checkpoint<Float>(serialized: Array(bytes[..<count])) }
        }
        for bit in 0..<(bytes.count * 8) {
            var damaged = bytes
            damaged[bit / 8] ^= 1 << (bit % 8)
            #expect(throws: BackpropError.self, "bit \(bit)") { try Checkpoint<Float>(serialized: damaged) }
        }
        print("\(bytes.count * 8) flipped bits and \(bytes.count) truncations of a checkpoint refused")
    }

    @Test("what no training comes to is refused by its name, though the checksum fits")
    func hostile() throws {
        let bytes = try smallFile()
        for (old, new, message) in [
            (#"\"updates\":4"#, #"\"updates\":-4"#, "updates: expected 0 to 9007199254740992, found -4"),
            (#"\"updates\":4"#, #"\"updates\":9223372036854775807"#, "updates: expected 0 to"),
            (#"\"updates\":4"#, #"\"updates\":1e400"#, "position: expected valid JSON"),
            (#"\"nextSample\":1"#, #"\"nextSample\":-1"#, "nextSample: expected 0 to"),
            (#"\"finishedEpochs\":1"#, #"\"finishedEpochs\":-1"#, "finishedEpochs: expected 0 to"),
            (#"\"finishedEpochs\":1"#, #"\"finished\":1"#, "position: expected valid JSON"),
            (#"\"epochsSince\":0"#, #"\"epochsSince\":-1"#, "best.epochsSince: expected 0 to"),
            (#"\"iterations\":4"#, #"\"iterations\":-4"#, "run.iterations: expected 0 to"),
            (
                #"\"iterations\":4,\"seconds\":"#, #"\"iterations\":4,\"seconds\":-1,\"s\":"#,
                "run.seconds: expected 0 to"
            ),
            (#"\"stepsOfBatch\":0"#, #"\"stepsOfBatch\":-1"#, "sums.stepsOfBatch: expected 0 to"),
            (#"\"badEpochs\":0"#, #"\"badEpochs\":9223372036854775807"#, "plateau, badEpochs: expected 0 to"),
            (#"\"kind\":\"adam\""#, #"\"kind\":\"sgd\""#, "expected valid JSON"),
            (#"\"loss\":\"squaredError\""#, #"\"loss\":\"huber\""#, "trainer: expected the model's loss huber"),
            (#"\"units\":1"#, #"\"units\":2"#, "network.parameters: a tensor has not the shape"),
            (#"\"units\":1"#, #"\"units\":0"#, "layer 0: expected at least 1 unit, found 0"),
            (#""trainer":"#, #""trained":"#, "metadata: expected an entry \"trainer\", found none"),
            (#""best.parameters""#, #""best""#, "best.parameters: a tensor that the network needs is missing"),
            (#""optimizer.slots""#, #""slots""#, "optimizer.slots: a tensor that the network needs is missing"),
            (#"\"best\":{"#, #"\"none\":{"#, "tensors: expected 2, found 3"),
            (#""version":"1""#, #""version":"2""#, "(found \"2\")"),
            (#""backprop-checkpoint""#, #""backprop-check""#, "(found \"backprop-check\")"),
        ] {
            let damaged = try resealed(bytes, old, new)
            #expect("\(old) → \(new)") {
                try Checkpoint<Float>(serialized: damaged)
            } throws: { "\($0)".contains(message) }
        }
        #expect(try Checkpoint<Float>(serialized: resealed(bytes, "adam", "adam")).iterations == 4)
    }

    @Test("a checkpoint of another precision, a model and a checkpoint are not taken for each other")
    func kinds() throws {
        let bytes = try smallFile()
        #expect {
            try Checkpoint<Double>(serialized: bytes)
        } throws: { "\($0)".contains("network.parameters") && "\($0)".contains("expected F64, found F32") }
        #expect { try Model<Float>(serialized: bytes) } throws: { "\($0)".contains("found \"backprop-checkpoint\"") }
        let model = Model(network: try Run<Float>(.adam()).start, loss: .squaredError)
        #expect {
            try Checkpoint<Float>(serialized: model.serialized())
        } throws: { "\($0)".contains("found \"backprop\"") }
    }

    /// What is in Models/checkpoint-version-1.safetensors.
    private func sample() throws -> Checkpoint<Float> {
        let run = try Run<Float>(.adamW())
        var (trainer, network) = (run.trainer, run.start)
        var saved: Checkpoint<Float>?
        _ = try run.finish(&trainer, &network) { progress, checkpoint in
            if progress.iterations == 20 { saved = checkpoint() }
            return true
        }
        var checkpoint = try #require(saved)
        checkpoint.model.targetName = "é"
        checkpoint.model.inputNames = ["a", "b", "c"]
        checkpoint.trainer.position = checkpoint.trainer.position.timeless
        return checkpoint
    }

    @Test("a checkpoint of version 1 still loads, and the run goes on to the same bits")
    func version1() throws {
        let path =
            URL(filePath: #filePath).deletingLastPathComponent().path
            + "/Models/checkpoint-version-1.safetensors"
        let (run, expected) = (try Run<Float>(.adamW()), try sample())
        let read = try Checkpoint<Float>(contentsOf: path)
        #expect(read.trainer.position == expected.trainer.position)
        #expect(read.model.targetName == "é" && read.model.inputNames == ["a", "b", "c"])
        #expect(read.iterations == 20 && read.epochs == 5)
        var networks: [Network<Float>] = []
        for checkpoint in [read, expected] {
            var (trainer, network) = (run.trainer, run.start)
            try trainer.resume(from: checkpoint, with: &network)
            _ = try run.finish(&trainer, &network)
            networks.append(network)
        }
        #expect(networks[0] == networks[1])
    }

    @Test("older checkpoints stay as they were, as many as asked for, and nothing else is left")
    func keeping() throws {
        try withTemporaryFolder { folder in
            let run = try Run<Float>(.momentum())
            let path = folder + "/run"
            for kept in [0, 1, 3] {
                try? FileManager.default.removeItem(atPath: folder)
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
                var (trainer, network) = (run.trainer, run.start)
                var saving = try CheckpointWriter(to: path, every: .steps(6), keeping: kept)
                try trainer.train(
                    &network, on: run.training, until: [.iterations(50)], saving: &saving)
                let names = ["run"] + (0..<kept).map { "run.\($0 + 1)" }
                #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == names)
                let steps = try names.map { try Checkpoint<Float>(contentsOf: "\(folder)/\($0)").iterations }
                #expect(steps == Array([50, 48, 42, 36].prefix(kept + 1)))
                #expect(saving.saved?.iterations == 50)
            }
            expectError("older files to keep: expected 0 to 1000, found 1001") {
                try run.trainer.checkpoint(of: run.start).write(to: path, keeping: 1001)
            }
        }
    }

    @Test("a run is saved after so many steps, epochs or seconds, and at its end")
    func intervals() throws {
        func saves(_ interval: CheckpointWriter.Interval) throws -> [Int] {
            var found: [Int] = []
            try withTemporaryFolder { folder in
                let run = try Run<Float>(.gradientDescent)
                var (trainer, network) = (run.trainer, run.start)
                var saving = try CheckpointWriter(to: folder + "/run", every: interval)
                _ = try run.finish(&trainer, &network) { progress, checkpoint throws(BackpropError) in
                    let before = saving.saved
                    _ = try saving.write(progress, checkpoint)
                    if saving.saved != before { found.append(progress.iterations) }
                    return true
                }
            }
            return found
        }
        #expect(try saves(.steps(20)) == [20, 40, 50])
        #expect(try saves(.epochs(5)) == [20, 40, 50])
        #expect(try saves(.seconds(1000)) == [50])
        #expect(try saves(.seconds(0)) == Array(1...50))
        for interval in [.steps(0), .epochs(-1), .seconds(.nan)] as [CheckpointWriter.Interval] {
            #expect(throws: BackpropError.self) { try CheckpointWriter(to: "x", every: interval) }
        }
    }

    @Test("where a checkpoint can't be written, the run ends with an error that names the file")
    func unwritable() throws {
        try withTemporaryFolder { folder in
            let run = try Run<Float>(.gradientDescent)
            var (trainer, network) = (run.trainer, run.start)
            var saving = try CheckpointWriter(to: folder + "/no/run", every: .steps(7))
            expectError("\(folder)/no/run: can't be written: no such file") {
                try trainer.train(&network, on: run.training, until: [.iterations(50)], saving: &saving)
            }
            #expect(trainer.updates == 7 && saving.saved == nil)
        }
    }
}
