import Backprop
import Foundation

/// Everything that a run of `backprop train` depends on: what flags say, what `--config` reads and what `--json` records.
///
/// What is `nil` is chosen to suit the data.
struct RunConfiguration: Codable {
    enum Precision: String, Codable, CaseIterable {
        case f32, f64
    }

    enum Schedule: String, Codable, CaseIterable {
        case constant, step, exponential, cosine, plateau
    }

    // Data
    var data = "digits"
    var target: String?
    var task: LearningTask?
    var header = CSVFormat.Header.automatic
    var separator = CSVFormat.Separator.automatic
    var missing = MissingValues.refuse
    var scale: ScalingMethod?
    /// The share of the samples that training looks at, but doesn't learn from.
    var validation: Double?
    var classWeights: ClassWeights?

    // Network
    var hidden = [64]
    var activation = Activation.sigmoid
    var outputActivation: Activation?
    var dropout = 0.0
    /// Units of an autoencoder's bottleneck; `nil` for a network that predicts a target.
    var autoencoder: Int?
    var tiesWeights = false
    var precision = Precision.f32

    // Training
    var loss: Loss?
    var optimizer = Optimizer.gradientDescent
    var rate: Double?
    var schedule = Schedule.constant
    var warmup: TrainingSpan?
    /// A whole schedule, in place of the three above.
    var learningRate: LearningRate?
    var batchSize = BatchSize.samples(32)
    var microBatchSize: Int?
    var weightDecay = 0.0
    var l1 = 0.0
    var labelSmoothing = 0.0
    var inputNoise = InputNoise.none
    var clipping = GradientClipping.none
    var diagnose = false
    var seed: UInt64 = 1
    var threads = 1

    // Stopping
    var epochs = 100
    var patience: Int?
    var untilLoss: Double?
    var untilGradientNorm: Double?
    var maxSeconds: Double?
    var kFold: Int?

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case data, target, task, header, separator, missing, scale, validation, classWeights
        case hidden, activation, outputActivation, dropout, autoencoder, tiesWeights, precision
        case loss, optimizer, rate, schedule, warmup, learningRate, batchSize, microBatchSize
        case weightDecay, l1, labelSmoothing, inputNoise, clipping, diagnose, seed, threads
        case epochs, patience, untilLoss, untilGradientNorm, maxSeconds, kFold
    }
}

/// Samples a step: a number, or `"full"`.
enum BatchSize: Codable, Equatable {
    case samples(Int)
    case full

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let text = try? container.decode(String.self) {
            guard text == "full" else {
                throw DecodingError.dataCorruptedError(
                    in: container, debugDescription: "expected a number of samples or full, found \(text)")
            }
            self = .full
        } else {
            self = .samples(try container.decode(Int.self))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .samples(let count): try container.encode(count)
        case .full: try container.encode("full")
        }
    }

    var batching: Batching {
        switch self {
        case .samples(let count): .miniBatches(of: count)
        case .full: .fullBatch
        }
    }
}

/// How much each class counts: a number for each, or `"balanced"`.
enum ClassWeights: Codable, Equatable {
    case balanced
    case values([Double])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let text = try? container.decode(String.self) {
            guard text == "balanced" else {
                throw DecodingError.dataCorruptedError(
                    in: container, debugDescription: "expected balanced or a list of numbers, found \(text)")
            }
            self = .balanced
        } else {
            self = .values(try container.decode([Double].self))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .balanced: try container.encode("balanced")
        case .values(let values): try container.encode(values)
        }
    }
}

// MARK: - From a file

extension RunConfiguration {
    /// Reads a run's description: an object with any of the properties, or the record of a run, which has one
    /// under `run`.
    init(contentsOf path: String) throws {
        let bytes = try readFile(path)
        guard var object = try? JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any] else {
            throw BackpropError.format(path, expected: "a JSON object", found: "something else")
        }
        object = object["run"] as? [String: Any] ?? object
        let known = CodingKeys.allCases.map(\.rawValue)
        for key in object.keys.sorted() where !known.contains(key) {
            throw BackpropError.format(
                path, expected: "properties of a run", found: unknown("property", key, among: known))
        }
        // What the file doesn't say is as without it.
        let usual = try JSONSerialization.jsonObject(with: JSONEncoder().encode(RunConfiguration()))
        object.merge(usual as? [String: Any] ?? [:]) { said, _ in said }
        let merged = try JSONSerialization.data(withJSONObject: object)
        self = try jsonValue(RunConfiguration.self, from: merged, source: path)
    }
}

// MARK: - From the command line

extension RunConfiguration {
    static let options: [Option] = [
        Option("config", "FILE.json", "a run's description, or the record of a run; other options change it"),
        Option("target", "COLUMN", "the column of a CSV file to predict, by name or position from 1"),
        Option("task", "TASK", "classify or regress (classify if the target looks like classes)"),
        Option("header", "WHEN", "whether a CSV file's first line names columns: yes, no or auto (auto)"),
        Option("separator", "NAME", "what is between its fields: comma, semicolon, tab or auto (auto)"),
        Option("missing", "WHAT", "what is done about its missing values: refuse, mean, median or mode (refuse)"),
        Option("scale", "METHOD", "of the inputs: standard, minmax or none (what suits the data)"),
        Option("validation", "SHARE", "of the samples, to look at after each epoch (0; with --patience 0.1)"),
        Option("class-weights", "WEIGHTS", "how much each class counts: balanced, or numbers as 1,2.5 (1)"),
        Option("hidden", "SIZES", "units of the hidden layers, as 128,64, or none (64)"),
        Option("activation", "NAME", "of the hidden layers: sigmoid, tanh, relu, gelu, … (sigmoid)"),
        Option("output-activation", "NAME", "of the output layer (what fits the loss)"),
        Option("dropout", "SHARE", "of the hidden units that each step drops (0)"),
        Option("autoencoder", "UNITS", "train an autoencoder with a bottleneck of so many units"),
        Option("tie-weights", "have an autoencoder's decoder share the encoder's weights"),
        Option("precision", "NAME", "f32 or f64 (f32)"),
        Option("loss", "NAME", "cross-entropy, squared-error, … (what fits the task)"),
        Option("optimizer", "NAME", "sgd, momentum, nesterov, rmsprop, adagrad, adam, adamw or rprop (sgd)"),
        Option("momentum", "FACTOR", "of momentum and nesterov (0.9)"),
        Option("learning-rate", "RATE", "the size of a step (what fits the optimizer)"),
        Option("schedule", "NAME", "of the learning rate: constant, step, exponential, cosine or plateau (constant)"),
        Option("warmup", "STEPS", "over which the learning rate grows first, or as 2epochs (0)"),
        Option("find-learning-rate", "try rates from small to large, draw the losses and propose one"),
        Option("batch-size", "N", "samples a step, or full (32; rprop: full)"),
        Option("micro-batch", "N", "samples whose gradients are computed at a time, to the same bits (the batch)"),
        Option("weight-decay", "FACTOR", "adds FACTOR w to the gradients of weights; AdamW's own is 0.01 (0)"),
        Option("l1", "FACTOR", "adds FACTOR sign(w) to the gradients of weights (0)"),
        Option("label-smoothing", "SHARE", "of the targets, spread over all classes (0)"),
        Option("input-noise", "DEVIATION", "of normal noise added to scaled inputs (0)"),
        Option("input-dropout", "SHARE", "of the inputs that each step sets to 0 (0)"),
        Option("clip-norm", "BOUND", "scales gradients whose norm is larger"),
        Option("clip-value", "BOUND", "keeps each gradient within this"),
        Option("epochs", "N", "passes over the samples (100)"),
        Option("patience", "N", "stop after so many epochs without a better validation loss, and take the best"),
        Option("until-loss", "BOUND", "stop when an epoch's loss is below this"),
        Option("until-gradient-norm", "BOUND", "stop when the gradient's norm is below this"),
        Option("max-seconds", "N", "stop after so long"),
        Option("k-fold", "N", "train N times, each time with another part held out; no model is saved"),
        Option("diagnose", "look at each layer after each epoch, and say what looks wrong"),
        Option("seed", "N", "what everything random comes from (1)"),
        Option("threads", "N", "threads that share each step (1)"),
    ]

    /// What the words say, on top of what `--config` says.
    init(_ arguments: Arguments) throws {
        if let path = arguments.text("config") { self = try RunConfiguration(contentsOf: path) }
        if let source = arguments.positionals.first { data = source }
        try takeData(arguments)
        try takeNetwork(arguments)
        try takeOptimizer(arguments)
        try takeTraining(arguments)
        try takeStopping(arguments)
    }

    private mutating func takeData(_ arguments: Arguments) throws(UsageError) {
        target = arguments.text("target") ?? target
        task = try arguments.choice("task", LearningTask.self) ?? task
        header = try arguments.choice("header", CSVFormat.Header.self) ?? header
        separator = try arguments.choice("separator", CSVFormat.Separator.self) ?? separator
        missing = try arguments.choice("missing", MissingValues.self) ?? missing
        scale = try arguments.choice("scale", ScalingMethod.self) ?? scale
        validation = try arguments.number("validation", in: 0..<1) ?? validation
        if arguments.text("class-weights") == "balanced" {
            classWeights = .balanced
        } else if let weights = try arguments.numbers("class-weights") {
            classWeights = .values(weights)
        }
    }

    private mutating func takeNetwork(_ arguments: Arguments) throws(UsageError) {
        if let sizes = arguments.text("hidden") { hidden = try Self.sizes(sizes) }
        activation = try arguments.choice("activation", Activation.self) ?? activation
        outputActivation = try arguments.choice("output-activation", Activation.self) ?? outputActivation
        dropout = try arguments.number("dropout", in: 0..<1) ?? dropout
        autoencoder = try arguments.integer("autoencoder", in: 1...(.max)) ?? autoencoder
        tiesWeights = tiesWeights || arguments.has("tie-weights")
        guard autoencoder != nil || !tiesWeights else {
            throw UsageError(message: "--tie-weights: expected with --autoencoder only")
        }
        precision = try arguments.choice("precision", Precision.self) ?? precision
        loss = try arguments.choice("loss", Loss.self) ?? loss
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

    private mutating func takeOptimizer(_ arguments: Arguments) throws(UsageError) {
        if let name = try arguments.choice("optimizer", OptimizerName.self) { optimizer = name.optimizer }
        if let momentum = try arguments.number("momentum", in: 0..<1) {
            switch optimizer {
            case .momentum: optimizer = .momentum(momentum)
            case .nesterov: optimizer = .nesterov(momentum)
            default: throw UsageError(message: "--momentum: expected with --optimizer momentum or nesterov")
            }
        }
        if let decay = try arguments.number("weight-decay", in: 0..<(.infinity)) {
            if case .adamW(let beta1, let beta2, let epsilon, _) = optimizer {
                optimizer = .adamW(beta1: beta1, beta2: beta2, epsilon: epsilon, weightDecay: decay)
            } else {
                weightDecay = decay
            }
        }
        l1 = try arguments.number("l1", in: 0..<(.infinity)) ?? l1
        if let bound = try arguments.number("clip-norm", in: 0..<(.infinity)) { clipping = .globalNorm(bound) }
        if let bound = try arguments.number("clip-value", in: 0..<(.infinity)) { clipping = .value(bound) }
        guard !arguments.has("clip-norm") || !arguments.has("clip-value") else {
            throw UsageError(message: "--clip-norm and --clip-value: expected one of them, found both")
        }
    }

    private mutating func takeTraining(_ arguments: Arguments) throws(UsageError) {
        let rateOptions = ["learning-rate", "schedule", "warmup"]
        if rateOptions.contains(where: arguments.has) { learningRate = nil }
        rate = try arguments.number("learning-rate") ?? rate
        schedule = try arguments.choice("schedule", Schedule.self) ?? schedule
        if let text = arguments.text("warmup") { warmup = try Self.span(text) }
        if arguments.text("batch-size") == "full" {
            batchSize = .full
        } else if let count = try arguments.integer("batch-size", in: 1...(.max)) {
            batchSize = .samples(count)
        } else if case .rprop = optimizer {
            batchSize = .full
        }
        microBatchSize = try arguments.integer("micro-batch", in: 1...(.max)) ?? microBatchSize
        labelSmoothing = try arguments.number("label-smoothing", in: 0..<1) ?? labelSmoothing
        if let share = try arguments.number("input-dropout", in: 0..<1) { inputNoise = .masking(probability: share) }
        if let deviation = try arguments.number("input-noise", in: 0..<(.infinity)) {
            inputNoise = .gaussian(deviation: deviation)
        }
        guard !arguments.has("input-noise") || !arguments.has("input-dropout") else {
            throw UsageError(message: "--input-noise and --input-dropout: expected one of them, found both")
        }
        diagnose = diagnose || arguments.has("diagnose")
        seed = try arguments.seed("seed") ?? seed
        threads = try arguments.integer("threads", in: 1...1024) ?? threads
    }

    /// `100` steps, or `2epochs`.
    private static func span(_ text: String) throws(UsageError) -> TrainingSpan {
        if let steps = Int(text), steps > 0 { return .steps(steps) }
        if text.hasSuffix("epochs"), let epochs = Double(text.dropLast(6)), epochs > 0, epochs.isFinite {
            return .epochs(epochs)
        }
        throw UsageError(message: "--warmup: expected a number of steps, or as 2epochs, found '\(text)'")
    }

    private mutating func takeStopping(_ arguments: Arguments) throws(UsageError) {
        epochs = try arguments.integer("epochs", in: 0...(.max)) ?? epochs
        patience = try arguments.integer("patience", in: 1...(.max)) ?? patience
        untilLoss = try arguments.number("until-loss") ?? untilLoss
        untilGradientNorm = try arguments.number("until-gradient-norm") ?? untilGradientNorm
        maxSeconds = try arguments.number("max-seconds", in: 0..<(.infinity)) ?? maxSeconds
        kFold = try arguments.integer("k-fold", in: 2...(.max)) ?? kFold
    }
}

/// What optimizers are called on the command line.
private enum OptimizerName: String, CaseIterable {
    case sgd, momentum, nesterov, rmsprop, adagrad, adam, adamw, rprop

    var optimizer: Optimizer {
        switch self {
        case .sgd: .gradientDescent
        case .momentum: .momentum()
        case .nesterov: .nesterov()
        case .rmsprop: .rmsProp()
        case .adagrad: .adagrad()
        case .adam: .adam()
        case .adamw: .adamW()
        case .rprop: .rprop()
        }
    }
}

// MARK: - What it comes to

extension RunConfiguration {
    var regularization: Regularization {
        Regularization(weightDecay: weightDecay, l1: l1, labelSmoothing: labelSmoothing, inputNoise: inputNoise)
    }

    var stopConditions: [StopCondition] {
        var conditions: [StopCondition] = [.epochs(epochs)]
        if let patience { conditions.append(.patience(patience)) }
        if let untilLoss { conditions.append(.loss(below: untilLoss)) }
        if let untilGradientNorm { conditions.append(.gradientNorm(below: untilGradientNorm)) }
        if let maxSeconds { conditions.append(.seconds(maxSeconds)) }
        return conditions
    }

    /// The share of the samples to validate on.
    var validationShare: Double { validation ?? (patience == nil ? 0 : 0.1) }

    /// The learning rate of a run over so many samples.
    func learningRate(samples: Int, classifies: Bool) -> LearningRate {
        if let learningRate { return learningRate }
        let rate = rate ?? usualRate(classifies: classifies)
        let size = batchSize.batching.size(forSamples: samples)
        let stepsPerEpoch = (samples + size - 1) / size
        let warmupSteps = warmup?.steps(perEpoch: stepsPerEpoch) ?? 0
        let steps = max(1, epochs * stepsPerEpoch - warmupSteps)
        let scheduled: LearningRate =
            switch schedule {
            case .constant: .constant(rate)
            case .step: .step(from: rate, factor: 0.1, every: .steps(max(1, (steps + 2) / 3)))
            case .exponential: .exponential(from: rate, factor: 0.01, every: .steps(steps))
            case .cosine: .cosine(from: rate, over: .steps(steps))
            case .plateau: .reduceOnPlateau(from: rate, patience: 5)
            }
        return warmup.map { .warmUp(over: $0, then: scheduled) } ?? scheduled
    }

    /// A rate that mostly learns, for each optimizer.
    private func usualRate(classifies: Bool) -> Double {
        switch optimizer {
        case .gradientDescent: classifies ? 0.5 : 0.05
        case .momentum, .nesterov: classifies ? 0.05 : 0.005
        case .rmsProp, .adam, .adamW: 0.001
        case .adagrad, .rprop: 0.01
        }
    }
}
