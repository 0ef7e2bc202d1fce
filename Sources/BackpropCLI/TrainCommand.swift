import Backprop
import Foundation

extension Command {
    static let train = Command(
        name: "train",
        synopsis: "[digits | iris | xor | MNIST-FOLDER | FILE.csv --target COLUMN] [options]",
        summary: "Trains a network, reports how well it does on samples it has not seen, and saves it.",
        details: """
            Without a word more it trains on 1,797 handwritten digits that are built in. A fifth of the
            samples is held out for the report; a folder with the four IDX files of MNIST has its own
            test images, a folder with a folder of PGM or PPM images for each class is split. Columns of a
            CSV file are scaled to mean 0 and variance 1; columns of texts become an input for each text,
            and text classes are understood. The same seed gives the same model, byte for byte, with any number of threads
            and on every processor (BACKPROP_ISA=scalar|avx2|avx512 chooses instructions).
            """,
        options: [
            Option("target", "COLUMN", "the column of a CSV file to predict, by name or position from 1"),
            Option("task", "TASK", "classify or regress (classify if the target looks like classes)"),
            .header,
            .separator,
            Option("missing", "WHAT", "what is done about its missing values: refuse, mean, median or mode (refuse)"),
            Option("scale", "METHOD", "of the inputs: standard, minmax or none (what suits the data)"),
            Option("hidden", "SIZES", "units of the hidden layers, as 128,64, or none (64)"),
            Option("activation", "NAME", "of the hidden layers: sigmoid, tanh, relu, gelu, … (sigmoid)"),
            Option("output-activation", "NAME", "of the output layer (what fits the loss)"),
            Option("loss", "NAME", "cross-entropy, squared-error, … (what fits the task)"),
            Option("learning-rate", "RATE", "the size of a step (0.5; 0.05 for regression)"),
            Option("batch-size", "N", "samples a step, or full (32)"),
            Option("epochs", "N", "passes over the samples (100)"),
            Option("seed", "N", "what everything random comes from (1)"),
            Option("threads", "N", "threads that share each step (1)"),
            Option("output", "FILE", "where the model is saved (backprop.safetensors)"),
            .json,
        ],
        maximumPositionals: 1,
        run: { arguments, console in try TrainRun(arguments).run(console) }
    )
}

/// What the words of `backprop train` come to.
private struct TrainRun {
    let source: String
    let target: String?
    let task: LearningTask?
    let tableOptions: TableOptions
    /// How inputs are scaled; what suits the source where `nil`.
    let scalingMethod: ScalingMethod?
    let hidden: [Int]
    let activation: Activation
    let outputActivation: Activation?
    let loss: Loss?
    let learningRate: Double?
    let batching: Batching
    let epochs: Int
    let seed: UInt64
    let threads: Int
    let output: String
    let writesJSON: Bool

    private static let heldOutShare = 0.2

    init(_ arguments: Arguments) throws {
        source = arguments.positionals.first ?? "digits"
        target = arguments.text("target")
        task = try arguments.choice("task", LearningTask.self)
        tableOptions = try TableOptions(arguments)
        scalingMethod = try arguments.choice("scale", ScalingMethod.self)
        hidden = try Self.sizes(arguments.text("hidden") ?? "64")
        activation = try arguments.choice("activation", Activation.self) ?? .sigmoid
        outputActivation = try arguments.choice("output-activation", Activation.self)
        loss = try arguments.choice("loss", Loss.self)
        learningRate = try arguments.number("learning-rate")
        batching =
            arguments.text("batch-size") == "full"
            ? .fullBatch : .miniBatches(of: try arguments.integer("batch-size", in: 1...(.max)) ?? 32)
        epochs = try arguments.integer("epochs", in: 0...(.max)) ?? 100
        seed = try arguments.seed("seed") ?? 1
        threads = try arguments.integer("threads", in: 1...1024) ?? 1
        output = arguments.text("output") ?? "backprop.safetensors"
        writesJSON = arguments.has("json")
    }

    private static func sizes(_ text: String) throws(UsageError) -> [Int] {
        if text == "none" { return [] }
        var sizes: [Int] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let size = Int(part), size > 0 else {
                throw UsageError(message: "--hidden: expected sizes as 128,64, or none, found '\(text)'")
            }
            sizes.append(size)
        }
        return sizes
    }

    func run(_ console: Console) throws -> Int32 {
        try checkWritable(output)
        let data = try DataSource(source, target: target, task: task, options: tableOptions)
        let (training, heldOut) = try split(data)
        var model = try makeModel(for: training)
        let samples = try training.dataset(
            scaledBy: model.inputScaling, targetScaling: model.targetScaling, outputs: model.network.outputCount)
        let learningRate = learningRate ?? defaultRate(training)
        var trainer = Trainer<Float>(
            loss: model.loss, learningRate: .constant(learningRate), batching: batching, seed: seed)
        try trainer.setThreads(threads)
        let start = ContinuousClock.now
        let result = try trainer.train(&model.network, on: samples, until: [.epochs(epochs)]) { report in
            console.progress("epoch \(report.epoch) of \(epochs), loss \(significant(report.loss, 4))")
            return true
        }
        console.endProgress()
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        if case .nonFiniteLoss(let step, _) = result.reason { throw diverged("loss", step: step) }
        guard model.network.parameters.allSatisfy(\.isFinite) else {
            throw diverged("parameters", step: result.iterations)
        }
        let evaluation = try Evaluation(of: model, on: heldOut ?? training)
        try model.write(to: output)
        let report = TrainReport(
            data: training.name, trainingSamples: training.count, heldOutSamples: heldOut?.count ?? 0,
            network: NetworkSummary(model.network), loss: model.loss,
            learningRate: learningRate, batchSize: batching.size(forSamples: training.count),
            seed: seed, threads: threads, instructionSet: model.network.instructionSet.name, epochs: result.epochs,
            iterations: result.iterations, trainingLoss: result.loss, seconds: seconds, evaluation: evaluation,
            model: output)
        if writesJSON { try console.json(report) } else { console.write(report.text) }
        return ExitStatus.success
    }

    private func diverged(_ thing: String, step: Int) -> BackpropError {
        .option(
            "training", expected: "finite \(thing)",
            found: "infinity or NaN at step \(step); the learning rate is probably too high")
    }

    /// Finds out before training, rather than after, that the model can't be saved.
    private func checkWritable(_ path: String) throws {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        guard FileManager.default.isWritableFile(atPath: folder) else {
            throw BackpropError.file(path, reason: "can't be written: no such folder, or permission denied")
        }
    }

    private func split(_ data: DataSource) throws -> (training: LabeledSamples, heldOut: LabeledSamples?) {
        guard data.holdsOut else { return (data.training, data.test) }
        let count = Int((Double(data.training.count) * Self.heldOutShare).rounded())
        var random = SplitMix64(seed: seed, stream: .max)
        let order = random.permutation(of: data.training.count)
        return try data.training.parts(
            of: SampleSplit(training: Array(order[count...]), heldOut: Array(order[..<count])),
            missing: tableOptions.missing)
    }

    private func defaultRate(_ samples: LabeledSamples) -> Double {
        if case .values = samples.target { return 0.05 }
        return 0.5
    }

    /// An untrained network that fits the samples, with what is learnt from the training part alone.
    private func makeModel(for samples: LabeledSamples) throws -> Model<Float> {
        let inputScaling = samples.inputScaling(scalingMethod)
        var targetScaling: Scaling?
        var classNames: [String] = []
        let outputs: Int
        let loss: Loss
        switch samples.target {
        case .values(let values):
            targetScaling = Scaling(standardizing: values, columns: 1)
            outputs = 1
            loss = self.loss ?? .meanSquaredError
            guard loss.requiredActivation == nil else {
                throw UsageError(message: "--loss: expected a loss of numbers for regression, found \(loss.rawValue)")
            }
        case .classes(_, let names):
            classNames = names
            loss = self.loss ?? (samples.name == "xor" ? .binaryCrossEntropy : .crossEntropy)
            let isSoftmax = (outputActivation ?? loss.requiredActivation) == .softmax
            outputs = names.count == 2 && !isSoftmax ? 1 : names.count
        }
        let lastActivation = outputActivation ?? loss.requiredActivation ?? (classNames.isEmpty ? .identity : .sigmoid)
        do { try loss.check(outputActivation: lastActivation) } catch {
            throw UsageError(message: "--output-activation: \(error)")
        }
        let layers = hidden.map { Layer.dense($0, activation) } + [.dense(outputs, lastActivation)]
        return Model(
            network: try Network(inputs: samples.inputCount, layers: layers, seed: seed), loss: loss,
            inputScaling: inputScaling, targetScaling: targetScaling, inputNames: samples.inputNames,
            inputColumns: samples.inputColumns, classNames: classNames, targetName: samples.targetName)
    }
}

/// What `backprop train` reports.
private struct TrainReport: Encodable {
    var data: String
    var trainingSamples: Int
    var heldOutSamples: Int
    var network: NetworkSummary
    var loss: Loss
    var learningRate: Double
    var batchSize: Int
    var seed: UInt64
    var threads: Int
    var instructionSet: String
    var epochs: Int
    var iterations: Int
    var trainingLoss: Double?
    var seconds: Double
    var evaluation: Evaluation
    var model: String

    var text: String {
        let kind = heldOutSamples > 0 ? "unseen" : "training"
        let rows = [
            [
                "Data",
                "\(data), \(grouped(trainingSamples)) samples to learn from, \(grouped(heldOutSamples)) held out",
            ],
            ["Network", "\(network.chain), \(grouped(network.parameters)) parameters"],
            ["Training", "\(settings), \(epochs) epochs in \(significant(seconds, 3)) s"],
            ["Loss", trainingLoss.map { "\(significant($0, 6)) in the last epoch" } ?? "no step taken"],
            ["Result", "\(evaluation.headline) on \(grouped(evaluation.samples)) \(kind) samples"],
            ["Model", model],
        ]
        return """
            \(TextTable.aligned(rows, rightAligned: []))

            \(evaluation.confusionText)\(evaluation.confusionText.isEmpty ? "" : "\n")backprop inspect \(model)   shows the network

            """
    }

    private var settings: String {
        "\(loss.rawValue), learning rate \(significant(learningRate, 6)), batches of \(grouped(batchSize))"
    }
}
