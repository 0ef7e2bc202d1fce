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
    var inputNoise = 0.0
    var inputDropout = 0.0
    var clipNorm: Double?
    var clipValue: Double?
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

    fileprivate enum CodingKeys: String, CodingKey, CaseIterable {
        case data, target, task, header, separator, missing, scale, validation, classWeights
        case hidden, activation, outputActivation, dropout, autoencoder, tiesWeights, precision
        case loss, optimizer, rate, schedule, warmup, learningRate, batchSize, microBatchSize
        case weightDecay, l1, labelSmoothing, inputNoise, inputDropout, clipNorm, clipValue, diagnose, seed, threads
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

    /// As the library takes it, where a mini-batch larger than the samples is all of them.
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

    static let expected = "numbers from 0, not all of them 0"

    /// Whether numbers can be weights.
    static func areValid(_ values: [Double]) -> Bool {
        values.allSatisfy { $0 >= 0 && $0.isFinite } && values.contains { $0 > 0 }
    }
}

// MARK: - What values may be

extension RunConfiguration {
    private static let share = 0.0..<1.0
    private static let amount = 0.0..<Double.infinity

    /// The numbers that properties may have, also within the optimizer, for words and files alike.
    private static let ranges: [String: Range<Double>] = [
        "validation": share, "dropout": share, "labelSmoothing": share, "inputDropout": share,
        "rate": amount, "weightDecay": amount, "l1": amount, "inputNoise": amount, "maxSeconds": amount,
        "untilGradientNorm": amount, "clipNorm": aboveZero, "clipValue": aboveZero,
        "untilLoss": -Double.infinity..<Double.infinity,
        "optimizer.momentum": share, "optimizer.decay": share, "optimizer.beta1": share, "optimizer.beta2": share,
        "optimizer.epsilon": amount, "optimizer.weightDecay": amount, "optimizer.minimumStep": amount,
        "optimizer.maximumStep": amount, "optimizer.shrink": Double.leastNonzeroMagnitude..<1,
        "optimizer.grow": 1.0.nextUp..<Double.infinity,
    ]

    /// Like ``ranges``, of whole numbers.
    private static let wholeRanges: [String: ClosedRange<Int>] = [
        "epochs": 0...(.max), "patience": 1...(.max), "kFold": 2...(.max), "threads": 1...1024,
        "autoencoder": 1...(.max), "batchSize": 1...(.max), "microBatchSize": 1...(.max),
    ]

    private static let choices: [String: [String]] = [
        "task": LearningTask.allCases.map(\.rawValue), "header": CSVFormat.Header.allCases.map(\.rawValue),
        "separator": CSVFormat.Separator.allCases.map(\.rawValue), "missing": MissingValues.allCases.map(\.rawValue),
        "scale": ScalingMethod.allCases.map(\.rawValue), "activation": Activation.allCases.map(\.rawValue),
        "outputActivation": Activation.allCases.map(\.rawValue), "loss": Loss.allCases.map(\.rawValue),
        "precision": Precision.allCases.map(\.rawValue), "schedule": Schedule.allCases.map(\.rawValue),
    ]
}

// MARK: - From a file

extension RunConfiguration {
    /// Reads a run's description: an object with any of the properties, or the record of a run, which has one
    /// under `run`.
    init(contentsOf path: String) throws {
        try self.init(readFile(path), source: path)
    }

    /// - Parameter path: What the bytes are called in errors.
    init(_ bytes: [UInt8], source path: String) throws {
        guard var object = try? JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any] else {
            throw BackpropError.format(path, expected: "a JSON object", found: "something else")
        }
        object = (object["run"] as? [String: Any] ?? object).filter { !($0.value is NSNull) }
        let known = CodingKeys.allCases.map(\.rawValue)
        for key in object.keys.sorted() where !known.contains(key) {
            throw BackpropError.format(
                path, expected: "properties of a run", found: unknown("property", key, among: known))
        }
        try Self.check(object, path)
        try Self.check(object["optimizer"] as? [String: Any] ?? [:], path, within: "optimizer.")
        // From the bytes: JSONSerialization reads numbers an ulp off.
        self = try Self.decoded(bytes, object, path)
        try checkWhole(path)
    }

    /// Refuses values that no run has, by their names.
    private static func check(_ object: [String: Any], _ path: String, within outer: String = "") throws {
        for (key, value) in object.sorted(by: { $0.key < $1.key }) {
            let name = outer + key
            let expected: String?
            if let range = ranges[name] {
                let number = value as? Double
                expected = number.map(range.contains) == true ? nil : expectation(range)
            } else if let range = wholeRanges[name], name != "batchSize" || !(value is String) {
                let number = value as? Int
                expected = number.map(range.contains) == true ? nil : expectation(range)
            } else if name == "seed" {
                expected = value as? UInt64 == nil ? "a whole number from 0" : nil
            } else if let names = choices[name], !names.contains(value as? String ?? "") {
                expected = "one of \(names.joined(separator: ", "))"
            } else {
                expected = nil
            }
            if let expected {
                throw BackpropError.format("\(path), \(name)", expected: expected, found: jsonText(of: value))
            }
        }
    }

    private static func decoded(_ bytes: [UInt8], _ object: [String: Any], _ path: String) throws -> RunConfiguration {
        do {
            return try JSONDecoder().decode(Record.self, from: Data(bytes)).run
        } catch BackpropError.option(let name, let expected, let found) {
            throw BackpropError.format("\(path), \(name)", expected: expected, found: found)
        } catch let error as DecodingError {
            // A number that no type holds is found before anybody knows where.
            guard let name = error.codingPath.map(\.stringValue).first(where: { $0 != "run" }) else {
                throw BackpropError.format(path, expected: "numbers of a run", found: "one that is out of range")
            }
            throw BackpropError.format(
                "\(path), \(name)", expected: "a value as in the record of a run",
                found: object[name].map(jsonText(of:)) ?? "none")
        }
    }

    /// A run that stands alone, or within its record.
    private struct Record: Decodable {
        var run: RunConfiguration

        private enum CodingKeys: CodingKey {
            case run
        }

        init(from decoder: any Decoder) throws {
            let record = try decoder.container(keyedBy: CodingKeys.self)
            run = try record.contains(.run) ? record.decode(RunConfiguration.self, forKey: .run) : .init(from: decoder)
        }
    }

    /// What is not said, or null, is as without it.
    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func take<Value: Decodable>(_ key: CodingKeys, _ value: inout Value) throws {
            value = try container.decodeIfPresent(Value.self, forKey: key) ?? value
        }
        func take<Value: Decodable>(_ key: CodingKeys, _ value: inout Value?) throws {
            value = try container.decodeIfPresent(Value.self, forKey: key)
        }
        try take(.data, &data)
        try take(.target, &target)
        try take(.task, &task)
        try take(.header, &header)
        try take(.separator, &separator)
        try take(.missing, &missing)
        try take(.scale, &scale)
        try take(.validation, &validation)
        try take(.classWeights, &classWeights)
        try take(.hidden, &hidden)
        try take(.activation, &activation)
        try take(.outputActivation, &outputActivation)
        try take(.dropout, &dropout)
        try take(.autoencoder, &autoencoder)
        try take(.tiesWeights, &tiesWeights)
        try take(.precision, &precision)
        try take(.loss, &loss)
        try take(.optimizer, &optimizer)
        try take(.rate, &rate)
        try take(.schedule, &schedule)
        try take(.warmup, &warmup)
        try take(.learningRate, &learningRate)
        try take(.batchSize, &batchSize)
        try take(.microBatchSize, &microBatchSize)
        try take(.weightDecay, &weightDecay)
        try take(.l1, &l1)
        try take(.labelSmoothing, &labelSmoothing)
        try take(.inputNoise, &inputNoise)
        try take(.inputDropout, &inputDropout)
        try take(.clipNorm, &clipNorm)
        try take(.clipValue, &clipValue)
        try take(.diagnose, &diagnose)
        try take(.seed, &seed)
        try take(.threads, &threads)
        try take(.epochs, &epochs)
        try take(.patience, &patience)
        try take(.untilLoss, &untilLoss)
        try take(.untilGradientNorm, &untilGradientNorm)
        try take(.maxSeconds, &maxSeconds)
        try take(.kFold, &kFold)
    }

    private static func jsonText(of value: Any) -> String {
        let bytes = try? JSONSerialization.data(withJSONObject: value, options: [.fragmentsAllowed, .sortedKeys])
        return String(decoding: bytes ?? Data(), as: UTF8.self)
    }

    private func checkWhole(_ path: String) throws(BackpropError) {
        guard hidden.allSatisfy({ $0 > 0 }) else {
            throw .format("\(path), hidden", expected: "numbers of units from 1", found: "\(hidden)")
        }
        if case .values(let weights) = classWeights, !ClassWeights.areValid(weights) {
            throw .format("\(path), classWeights", expected: ClassWeights.expected, found: "\(weights)")
        }
        if let warmup {
            do { try LearningRate.warmUp(over: warmup, then: 0).check() } catch {
                throw .format("\(path), warmup", expected: "at least 1 step, or epochs above 0", found: "\(warmup)")
            }
        }
        guard clipNorm == nil || clipValue == nil else {
            throw .format(path, expected: "clipNorm or clipValue", found: "both")
        }
        guard inputNoise == 0 || inputDropout == 0 else {
            throw .format(path, expected: "inputNoise or inputDropout", found: "both")
        }
    }
}

extension DecodingError {
    /// Where in the JSON it is.
    fileprivate var codingPath: [any CodingKey] {
        switch self {
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            context.codingPath
        case .keyNotFound(let key, let context): context.codingPath + [key]
        @unknown default: []
        }
    }
}

// MARK: - From the command line

extension RunConfiguration {
    static let options =
        Option.group(
            "Data",
            [
                Option("target", "COLUMN", "the column of a CSV file to predict, by name or position from 1"),
                Option("task", "TASK", "classify or regress (classify if the target looks like classes)"),
                .header, .separator,
                Option("missing", "WHAT", "what is done about missing values: refuse, mean, median or mode (refuse)"),
                Option("scale", "METHOD", "of the inputs: standard, minmax or none (what suits the data)"),
                Option("validation", "SHARE", "of the samples, to look at after each epoch (0; with --patience 0.1)"),
                Option("class-weights", "WEIGHTS", "how much each class counts: balanced, or numbers as 1,2.5 (1)"),
                Option("k-fold", "N", "train N times, each time with another part held out; no model is saved"),
            ])
        + Option.group(
            "Network",
            [
                Option("hidden", "SIZES", "units of the hidden layers, as 128,64, or none (64)"),
                Option("activation", "NAME", "of the hidden layers: sigmoid, tanh, relu, gelu, … (sigmoid)"),
                Option("output-activation", "NAME", "of the output layer (what fits the loss)"),
                Option("dropout", "SHARE", "of the hidden units that each step drops (0)"),
                Option("autoencoder", "UNITS", "train an autoencoder with a bottleneck of so many units"),
                Option("tie-weights", "have an autoencoder's decoder share the encoder's weights"),
                Option("precision", "NAME", "f32 or f64 (f32)"),
            ])
        + Option.group(
            "Steps",
            [
                Option("loss", "NAME", "cross-entropy, squared-error, … (what fits the task)"),
                Option(
                    "optimizer", "NAME", "sgd, momentum, nesterov, rmsprop, adagrad, adam, adamw or rprop (sgd)"),
                Option("momentum", "FACTOR", "of momentum and nesterov (0.9)"),
                Option("learning-rate", "RATE", "the size of a step (what fits the optimizer)"),
                Option("schedule", "NAME", "of it: constant, step, exponential, cosine or plateau (constant)"),
                Option("warmup", "STEPS", "over which it grows first, or as 2epochs (0)"),
                Option("find-learning-rate", "try rates from small to large, draw the losses and propose one"),
                Option("batch-size", "N", "samples a step, at most all there are; or full (32; rprop: full)"),
                Option("micro-batch", "N", "samples whose gradients are computed at a time, to the same bits"),
                Option("threads", "N", "that share each step, to the same bits (1)"),
            ])
        + Option.group(
            "Regularization",
            [
                Option("weight-decay", "FACTOR", "adds FACTOR w to the gradients of weights; AdamW's own is 0.01 (0)"),
                Option("l1", "FACTOR", "adds FACTOR sign(w) to the gradients of weights (0)"),
                Option("label-smoothing", "SHARE", "of the targets, spread over all classes (0)"),
                Option("input-noise", "DEVIATION", "of normal noise added to scaled inputs (0)"),
                Option("input-dropout", "SHARE", "of the inputs that each step sets to 0 (0)"),
                Option("clip-norm", "BOUND", "scales gradients whose norm is larger"),
                Option("clip-value", "BOUND", "keeps each gradient within this"),
            ])
        + Option.group(
            "When to stop",
            [
                Option("epochs", "N", "passes over the samples (100)"),
                Option("patience", "N", "epochs without a better validation loss; then the best are taken"),
                Option("until-loss", "BOUND", "stop when an epoch's loss is below this"),
                Option("until-gradient-norm", "BOUND", "stop when the gradient's norm is below this"),
                Option("max-seconds", "N", "stop after so long"),
            ])
        + CheckpointOption.options
        + Option.group(
            "The run",
            [
                Option("config", "FILE.json", "a run's description, or the record of a run; other options change it"),
                Option("seed", "N", "what everything random comes from (1)"),
                Option("diagnose", "look at each layer after each epoch, and say what looks wrong"),
                Option("output", "FILE", "where the model is saved (backprop.safetensors)"),
                Option("report", "FILE.html", "also write a page of curves and pictures, whole in one file"),
                Option("quiet", "write nothing but errors, and with --json the record"),
                .json,
                Option("json-lines", "the same on one line, after a line with an object for each epoch"),
            ])

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
        validation = try Self.number(.validation, arguments) ?? validation
        if arguments.text("class-weights") == "balanced" {
            classWeights = .balanced
        } else if let weights = try arguments.numbers("class-weights") {
            guard ClassWeights.areValid(weights) else {
                let found = arguments.text("class-weights")!
                throw UsageError(message: "--class-weights: expected \(ClassWeights.expected), found '\(found)'")
            }
            classWeights = .values(weights)
        }
    }

    private mutating func takeNetwork(_ arguments: Arguments) throws(UsageError) {
        if let sizes = arguments.text("hidden") { hidden = try Self.sizes(sizes) }
        activation = try arguments.choice("activation", Activation.self) ?? activation
        outputActivation = try arguments.choice("output-activation", Activation.self) ?? outputActivation
        dropout = try Self.number(.dropout, arguments) ?? dropout
        autoencoder = try Self.integer(.autoencoder, arguments) ?? autoencoder
        tiesWeights = tiesWeights || arguments.has("tie-weights")
        guard autoencoder != nil || !tiesWeights else {
            throw UsageError(message: "--tie-weights: expected with --autoencoder only")
        }
        guard dropout == 0 || activation != .softmax else {
            throw UsageError(
                message: "--dropout: expected 0 with --activation softmax, found \(significant(dropout, 6))")
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
        if let decay = try Self.number(.weightDecay, arguments) {
            if case .adamW(let beta1, let beta2, let epsilon, _) = optimizer {
                optimizer = .adamW(beta1: beta1, beta2: beta2, epsilon: epsilon, weightDecay: decay)
            } else {
                weightDecay = decay
            }
        }
        l1 = try Self.number(.l1, arguments) ?? l1
        if let bound = try Self.number(.clipNorm, arguments) { (clipNorm, clipValue) = (bound, nil) }
        if let bound = try Self.number(.clipValue, arguments) { (clipNorm, clipValue) = (nil, bound) }
        guard !arguments.has("clip-norm") || !arguments.has("clip-value") else {
            throw UsageError(message: "--clip-norm and --clip-value: expected one of them, found both")
        }
    }

    private mutating func takeTraining(_ arguments: Arguments) throws(UsageError) {
        let rateOptions = ["learning-rate", "schedule", "warmup"]
        if rateOptions.contains(where: arguments.has) { learningRate = nil }
        rate = try Self.number(.rate, arguments) ?? rate
        schedule = try arguments.choice("schedule", Schedule.self) ?? schedule
        if let text = arguments.text("warmup") { warmup = try Self.span(text) }
        if arguments.text("batch-size") == "full" {
            batchSize = .full
        } else if let count = try Self.integer(.batchSize, arguments) {
            batchSize = .samples(count)
        }
        if case .rprop = optimizer {
            if case .samples(let count) = batchSize, arguments.has("batch-size") {
                throw UsageError(message: "--batch-size: expected full with --optimizer rprop, found \(count)")
            }
            batchSize = .full
        }
        microBatchSize = try Self.integer(.microBatchSize, arguments) ?? microBatchSize
        labelSmoothing = try Self.number(.labelSmoothing, arguments) ?? labelSmoothing
        if let deviation = try Self.number(.inputNoise, arguments) { (inputNoise, inputDropout) = (deviation, 0) }
        if let share = try Self.number(.inputDropout, arguments) { (inputNoise, inputDropout) = (0, share) }
        guard !arguments.has("input-noise") || !arguments.has("input-dropout") else {
            throw UsageError(message: "--input-noise and --input-dropout: expected one of them, found both")
        }
        diagnose = diagnose || arguments.has("diagnose")
        seed = try arguments.seed("seed") ?? seed
        threads = try Self.integer(.threads, arguments) ?? threads
    }

    /// `100` steps, or `2epochs`.
    private static func span(_ text: String) throws(UsageError) -> TrainingSpan {
        if let steps = Int(text), steps > 0 { return .steps(steps) }
        if text.hasSuffix("epochs"), let epochs = Double(text.dropLast(6)), epochs > 0, epochs.isFinite {
            return .epochs(epochs)
        }
        throw UsageError(message: "--warmup: expected a number of steps, or as 2epochs, found '\(text)'")
    }

    private static func number(_ key: CodingKeys, _ arguments: Arguments) throws(UsageError) -> Double? {
        try arguments.number(key.option, in: ranges[key.rawValue]!)
    }

    private static func integer(_ key: CodingKeys, _ arguments: Arguments) throws(UsageError) -> Int? {
        try arguments.integer(key.option, in: wholeRanges[key.rawValue]!)
    }

    private mutating func takeStopping(_ arguments: Arguments) throws(UsageError) {
        epochs = try Self.integer(.epochs, arguments) ?? epochs
        patience = try Self.integer(.patience, arguments) ?? patience
        untilLoss = try Self.number(.untilLoss, arguments) ?? untilLoss
        untilGradientNorm = try Self.number(.untilGradientNorm, arguments) ?? untilGradientNorm
        maxSeconds = try Self.number(.maxSeconds, arguments) ?? maxSeconds
        kFold = try Self.integer(.kFold, arguments) ?? kFold
    }
}

extension RunConfiguration.CodingKeys {
    /// What a property is called on the command line.
    fileprivate var option: String {
        switch self {
        case .rate: "learning-rate"
        case .microBatchSize: "micro-batch"
        default: rawValue.reduce(into: "") { $0 += $1.isUppercase ? "-\($1.lowercased())" : String($1) }
        }
    }
}

/// What optimizers are called on the command line.
enum OptimizerName: String, CaseIterable {
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
        var noise = InputNoise.none
        if inputNoise > 0 { noise = .gaussian(deviation: inputNoise) }
        if inputDropout > 0 { noise = .masking(probability: inputDropout) }
        return Regularization(weightDecay: weightDecay, l1: l1, labelSmoothing: labelSmoothing, inputNoise: noise)
    }

    var clipping: GradientClipping {
        clipNorm.map(GradientClipping.globalNorm) ?? clipValue.map(GradientClipping.value) ?? .none
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
        let (product, overflows) = epochs.multipliedReportingOverflow(by: stepsPerEpoch)
        let steps = max(1, (overflows ? .max : product) - warmupSteps)
        let scheduled: LearningRate =
            switch schedule {
            case .constant: .constant(rate)
            case .step: .step(from: rate, factor: 0.1, every: .steps(steps / 3 + (steps % 3 == 0 ? 0 : 1)))
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
