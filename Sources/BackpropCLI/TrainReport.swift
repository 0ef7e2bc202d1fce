import Backprop

/// What `backprop train` reports, and records: `run` repeats it.
struct TrainReport: Encodable {
    var run: RunConfiguration
    var data: String
    var trainingSamples: Int
    var validationSamples: Int
    var heldOutSamples: Int
    var network: NetworkSummary
    var loss: Loss
    var optimizer: Optimizer
    var learningRate: LearningRate
    var batchSize: Int
    var seed: UInt64
    var threads: Int
    var instructionSet: String
    var epochs: Int
    var iterations: Int
    var stopped: String
    var trainingLoss: Double?
    var seconds: Double
    var history: TrainingHistory
    var evaluation: Evaluation
    var model: String

    init<Scalar: NetworkScalar>(
        _ session: TrainingSession<Scalar>, result: TrainingResult, heldOutSamples: Int, evaluation: Evaluation,
        savedTo path: String
    ) {
        run = session.configuration
        data = session.name
        trainingSamples = session.samples.count
        validationSamples = session.validation?.count ?? 0
        self.heldOutSamples = heldOutSamples
        network = NetworkSummary(session.model.network)
        loss = session.model.loss
        optimizer = session.configuration.optimizer
        learningRate = session.trainer.learningRate
        batchSize = session.trainer.batching.size(forSamples: session.samples.count)
        seed = session.configuration.seed
        threads = session.trainer.threads
        instructionSet = session.model.network.instructionSet.name
        epochs = result.epochs
        iterations = result.iterations
        stopped = result.reason.text
        trainingLoss = result.loss
        seconds = result.seconds
        history = session.trainer.history
        self.evaluation = evaluation
        model = path
    }

    var text: String {
        let kind = heldOutSamples > 0 ? "unseen" : "training"
        let looked = validationSamples > 0 ? ", \(grouped(validationSamples)) to validate on" : ""
        let rows = [
            [
                "Data",
                "\(data), \(grouped(trainingSamples)) samples to learn from\(looked), \(grouped(heldOutSamples)) held out",
            ],
            ["Network", "\(network.chain), \(grouped(network.parameters)) parameters"],
            [
                "Training",
                "\(settings), \(epochs) \(epochs == 1 ? "epoch" : "epochs") in \(significant(seconds, 3)) s\(stopText)",
            ],
            ["Loss", trainingLoss.map { "\(significant($0, 6)) in the last epoch" } ?? "no step taken"],
            ["Result", "\(evaluation.headline) on \(grouped(evaluation.samples)) \(kind) samples"],
            ["Model", model],
        ]
        let parts = [
            TextTable.aligned(rows, rightAligned: []), diagnosisText, evaluation.confusionText,
            "backprop inspect \(model)   shows the network\n",
        ]
        return parts.filter { !$0.isEmpty }.joined(separator: "\n\n").replacing("\n\n\n", with: "\n\n")
    }

    private var settings: String {
        let method = optimizer == .gradientDescent ? "" : "\(optimizer.name), "
        return "\(loss.rawValue), \(method)\(learningRate.text), batches of \(grouped(batchSize))"
    }

    private var stopText: String { epochs == run.epochs ? "" : "; \(stopped)" }

    /// The layers in the last epoch that was diagnosed.
    private var diagnosisText: String {
        guard let diagnosis = history.epochs.last?.diagnosis else { return "" }
        let head = ["layer", "gradient", "update", "parameters", "saturated", "dead"]
        let rows = diagnosis.layers.enumerated().map { index, layer in
            let shares = [layer.saturatedShare, layer.deadShare].map {
                $0.map { "\(significant($0 * 100, 3)) %" } ?? "-"
            }
            let norms = [layer.gradientNorm, layer.updateNorm, layer.parameterNorm].map { significant($0, 3) }
            return [String(index)] + norms + shares
        }
        let table = TextTable.aligned([head] + rows, rightAligned: [1, 2, 3, 4, 5])
        let warnings = diagnosis.warnings.map { "- \($0)" }
        let verdict = warnings.isEmpty ? "Nothing looks wrong." : warnings.joined(separator: "\n")
        return "Norms in the last epoch\n\n\(table)\n\n\(verdict)"
    }
}

/// What `backprop train --k-fold` reports.
struct CrossValidationReport: Encodable {
    var run: RunConfiguration
    var data: String
    var evaluations: [Evaluation]
    var seconds: Double

    private enum Key: String, CodingKey {
        case run, data, folds, mean, standardDeviation, seconds
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(run, forKey: .run)
        try container.encode(data, forKey: .data)
        try container.encode(evaluations, forKey: .folds)
        try container.encode(mean, forKey: .mean)
        try container.encode(deviation, forKey: .standardDeviation)
        try container.encode(seconds, forKey: .seconds)
    }

    private var figures: [Double] { evaluations.map(\.figure.value) }
    private var mean: Double { figures.reduce(0, +) / Double(figures.count) }

    /// Of the folds, as a sample.
    private var deviation: Double {
        (figures.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(figures.count - 1)).squareRoot()
    }

    var text: String {
        let rows = evaluations.enumerated().map { index, evaluation in
            ["fold \(index + 1)", "\(grouped(evaluation.samples)) samples", evaluation.headline]
        }
        let figure = evaluations[0].figure
        let (factor, unit) = figure.isShare ? (100.0, " %") : (1.0, "")
        return """
            \(TextTable.aligned(rows, rightAligned: [1]))

            \(figure.name) \(significant(mean * factor, 4))\(unit), standard deviation of the folds \
            \(significant(deviation * factor, 3))\(unit), in \(significant(seconds, 3)) s

            """
    }
}

/// What `backprop train --find-learning-rate` reports.
struct LearningRateReport: Encodable {
    var data: String
    var test: LearningRateTest

    private enum Key: String, CodingKey {
        case data, suggestion, points
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(data, forKey: .data)
        try container.encode(test.suggestion, forKey: .suggestion)
        try container.encode(test.points, forKey: .points)
    }

    var text: String {
        let plot = Plot(
            points: test.points.map { ($0.rate, $0.smoothedLoss) }, isLogarithmic: true, mark: test.suggestion)
        let advice =
            test.suggestion.map {
                "Try --learning-rate \(significant($0, 2)) (▲), a tenth of where the loss is lowest."
            }
            ?? "The loss did not fall with any learning rate: look at the data, or try another network."
        return "Smoothed loss by learning rate, \(data)\n\n\(plot.text)\n\n\(advice)\n"
    }
}

extension StopReason {
    /// A few words.
    fileprivate var text: String {
        switch self {
        case .reached(.epochs(let count)): "after \(count) epochs"
        case .reached(.iterations(let count)): "after \(count) steps"
        case .reached(.loss(let bound)): "the loss fell below \(significant(bound, 6))"
        case .reached(.gradientNorm(let bound)): "the gradient's norm fell below \(significant(bound, 6))"
        case .reached(.patience(let count, _)): "no better for \(count) epochs, the best taken"
        case .reached(.seconds(let limit)): "after \(significant(limit, 4)) seconds"
        case .nonFiniteLoss(let step, _): "the loss became infinite or NaN at step \(step)"
        case .invalidLearningRate(let step): "no learning rate at step \(step)"
        case .stoppedByCaller: "stopped"
        case .cancelled: "cancelled"
        }
    }
}

extension Optimizer {
    /// What it is called in a sentence.
    fileprivate var name: String {
        switch self {
        case .gradientDescent: "gradient descent"
        case .momentum(let momentum): "momentum \(significant(momentum, 4))"
        case .nesterov(let momentum): "Nesterov momentum \(significant(momentum, 4))"
        case .rmsProp: "RMSprop"
        case .adagrad: "Adagrad"
        case .adam: "Adam"
        case .adamW: "AdamW"
        case .rprop: "RPROP"
        }
    }
}

extension LearningRate {
    /// A few words.
    fileprivate var text: String {
        switch self {
        case .constant(let rate): "learning rate \(significant(rate, 6))"
        case .step(let from, _, _): "learning rate \(significant(from, 6)) in steps"
        case .exponential(let from, _, _): "learning rate \(significant(from, 6)) falling exponentially"
        case .cosine(let from, _, _): "learning rate \(significant(from, 6)) falling as a cosine"
        case .warmUp(_, let then): "\(then.text) after a warm-up"
        case .reduceOnPlateau(let from, _, _, _): "learning rate \(significant(from, 6)), less on plateaus"
        case .function: "a learning rate of its own"
        }
    }
}
