import Backprop

/// What `backprop train` reports, and records: `run` repeats it.
struct TrainReport: Report {
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
    /// Where the page about the run is.
    var page: String?

    init<Scalar: NetworkScalar>(
        _ session: TrainingSession<Scalar>, result: TrainingResult, heldOutSamples: Int, evaluation: Evaluation,
        savedTo path: String, page: String? = nil
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
        self.page = page
    }

    func text(on screen: Screen?) -> String {
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
            TextTable.facts(rows, columns: screen?.columns), screen.map(curve) ?? "", run.diagnose ? diagnosisText : "",
            confusionText(on: screen), nextText(on: screen),
        ]
        return parts.filter { !$0.isEmpty }.joined(separator: "\n\n").replacing("\n\n\n", with: "\n\n")
    }

    /// The losses of the epochs, drawn.
    private func curve(on screen: Screen) -> String {
        let validation = history.epochs.compactMap { epoch in
            epoch.validation.map { (x: Double(epoch.epoch), y: $0.loss) }
        }
        let best = history.best.map { Double($0.epoch) }
        let points = history.epochs.map { (x: Double($0.epoch), y: $0.loss) }
        let scale = Axis.scale(for: (points + validation).map(\.y))
        let plot = Plot(
            points: points, others: validation,
            width: min(60, screen.columns - 14), height: 10, scale: scale, mark: best)
        guard screen.columns >= 30, !plot.text.isEmpty else { return "" }
        let symbols = Plot.symbols
        let names = validation.isEmpty ? "" : ": \(symbols.first) training, \(symbols.second) validation"
        let marked = best.map { "; \(symbols.mark) the lowest in epoch \(Int($0))" } ?? ""
        let title = "Loss by epoch\(scale == .linear ? "" : ", logarithmic")\(names)\(marked)"
        let lines = TextTable.wrapped(title, columns: screen.columns) + ["", plot.text]
        return lines.joined(separator: "\n")
            .replacing("\(symbols.first)", with: screen.styled("\(symbols.first)", .blue))
            .replacing("\(symbols.second)", with: screen.styled("\(symbols.second)", .yellow))
    }

    /// Left out where its lines would be broken.
    private func confusionText(on screen: Screen?) -> String {
        let lines = evaluation.confusionText.split(separator: "\n", omittingEmptySubsequences: false)
        guard let screen, let title = lines.first else { return evaluation.confusionText }
        let table = lines.dropFirst().map(String.init)
        guard table.allSatisfy({ $0.count <= screen.columns }) else { return "" }
        return (TextTable.wrapped(String(title), columns: screen.columns) + table).joined(separator: "\n")
    }

    /// What may be done next.
    private func nextText(on screen: Screen?) -> String {
        let model = shellWord(model)
        var rows = [["backprop inspect \(model)", "shows the network"]]
        if let page {
            rows.insert(["\(page)", "is a page for a browser: curves, mistakes, weights"], at: 0)
        } else {
            rows.append(["backprop train … --report report.html", "writes a page of curves and pictures"])
        }
        let text = TextTable.aligned(rows, rightAligned: [])
        let isWide = text.split(separator: "\n").contains { $0.count > screen?.columns ?? .max }
        return (isWide ? rows.map { $0[0] }.joined(separator: "\n") : text) + "\n"
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
struct CrossValidationReport: Report {
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

    func text(on screen: Screen?) -> String {
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
struct LearningRateReport: Report {
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

    func text(on screen: Screen?) -> String {
        let plot = Plot(
            points: test.points.map { ($0.rate, $0.smoothedLoss) },
            width: min(60, max(20, (screen?.columns ?? 80) - 14)),
            isLogarithmic: true, mark: test.suggestion)
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
        case .nonFiniteParameters(let step, _): "the parameters became infinite or NaN by step \(step)"
        case .invalidLearningRate(let step): "no learning rate at step \(step)"
        case .stoppedByCaller: "stopped"
        case .cancelled: "cancelled"
        }
    }
}

extension Optimizer {
    /// What it is called in a sentence.
    var name: String {
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
    var text: String {
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
