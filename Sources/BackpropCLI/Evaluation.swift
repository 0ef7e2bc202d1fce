import Backprop
import Foundation

/// How well a model does on some samples.
struct Evaluation: Encodable {
    var data: String
    var samples: Int
    /// The mean loss, in the units the model was trained in.
    var loss: Double
    /// For classifiers.
    private(set) var classification: Classification?
    /// For regression.
    private(set) var regression: Regression?
    /// For autoencoders.
    private(set) var reconstruction: Reconstruction?

    /// - Parameter top: How many of the highest outputs a class may be among; `nil` for 3 from 5 classes up, and
    ///   for fewer none.
    init<Scalar: NetworkScalar>(of model: Model<Scalar>, on samples: LabeledSamples, top: Int? = nil) throws {
        let dataset = try samples.dataset(for: model)
        self.data = samples.name
        self.samples = samples.count
        self.loss = try model.network.loss(model.loss, on: dataset)
        if model.encoderLayers != nil {
            reconstruction = Reconstruction(meanSquaredError: try model.network.loss(.meanSquaredError, on: dataset))
            return
        }
        switch samples.target {
        case .nothing: break
        case .classes(let actual, let names):
            let outputs = try model.network.predict(on: dataset)
            classification = try Classification(
                outputs: outputs, of: model.network, actual: actual, names: names, top: top)
        case .values(let actual):
            regression = try Regression(predicted: try model.predict(samples.inputs), actual: actual)
        }
    }

    private enum Key: String, CodingKey {
        case data, samples, loss
    }

    /// One object, whatever the task.
    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(data, forKey: .data)
        try container.encode(samples, forKey: .samples)
        try container.encode(loss, forKey: .loss)
        try classification?.encode(to: encoder)
        try regression?.encode(to: encoder)
        try reconstruction?.encode(to: encoder)
    }

    /// The number that matters, for comparisons.
    var figure: (name: String, value: Double, isShare: Bool) {
        if let classification { return ("accuracy", classification.accuracy, true) }
        if let regression { return ("root mean squared error", regression.rootMeanSquaredError, false) }
        return ("mean squared reconstruction error", reconstruction?.meanSquaredError ?? loss, false)
    }

    /// One line with the figure that matters.
    var headline: String {
        classification?.headline ?? regression?.headline ?? reconstruction?.headline ?? ""
    }

    /// The confusion matrix as text; empty where there is none, or one that nobody would read.
    var confusionText: String {
        classification?.confusionText ?? ""
    }

    /// All there is to say.
    var text: String {
        let first = "\(headline), loss \(significant(loss, 6)) on \(grouped(samples)) samples\n"
        guard let classification else { return first }
        return [first + classification.summary, classification.confusionText, classification.scoresText]
            .filter { !$0.isEmpty }.joined(separator: "\n")
    }
}

/// How well classes are told.
struct Classification: Encodable {
    struct TopAccuracy: Encodable {
        var k: Int
        var accuracy: Double
        var interval: [Double]
    }

    struct Scores: Encodable {
        var precision: Double
        var recall: Double
        var f1: Double
        var samples: Int
    }

    /// The share of samples whose class is right, with its standard error and 95 % interval.
    var accuracy: Double
    var accuracyStandardError: Double
    var accuracyInterval: [Double]
    var top: TopAccuracy?
    /// Where outputs are probabilities.
    var logLoss: Double?
    var classNames: [String]
    /// `confusion[actual][predicted]`
    var confusion: [[Int]]
    /// As `classNames`.
    var classScores: [Scores]
    var macro: Scores
    var micro: Scores
    var weighted: Scores

    init<Scalar: NetworkScalar>(
        outputs: [Scalar], of network: Network<Scalar>, actual: [Int], names: [String], top: Int?
    ) throws {
        let count = network.outputCount
        let predicted = Metrics.classes(ofOutputs: outputs, outputCount: count)
        let found = try Metrics.accuracy(predicted: predicted, actual: actual)
        accuracy = found.share
        accuracyStandardError = found.standardError
        accuracyInterval = found.bounds
        if let k = top ?? (count >= 5 ? 3 : nil) {
            let found = try Metrics.topKAccuracy(ofOutputs: outputs, outputCount: count, actual: actual, k: k)
            self.top = TopAccuracy(k: k, accuracy: found.share, interval: found.bounds)
        }
        let activation = network.layers[network.layers.count - 1].activation
        if activation == .softmax || activation == .sigmoid && count == 1 {
            logLoss = try Metrics.logLoss(ofOutputs: outputs, outputCount: count, actual: actual)
        }
        let matrix = try ConfusionMatrix(predicted: predicted, actual: actual, classCount: names.count)
        classNames = names
        confusion = matrix.counts.map { $0.map { Int($0) } }
        classScores = matrix.scores.map(Scores.init)
        macro = Scores(matrix.macroAverage)
        micro = Scores(matrix.microAverage)
        weighted = Scores(matrix.weightedAverage)
    }

    var headline: String { "accuracy \(percent(accuracy)) % ± \(percent(accuracyStandardError)) %" }

    /// What one number each says.
    var summary: String {
        var lines = ["95 % interval \(percent(accuracyInterval[0])) % to \(percent(accuracyInterval[1])) %"]
        if let top { lines.append("top-\(top.k) accuracy \(percent(top.accuracy)) %") }
        lines.append("macro F1 \(fixed(macro.f1, 4))")
        if let logLoss { lines.append("log loss \(significant(logLoss, 6))") }
        return lines.joined(separator: ", ") + "\n"
    }

    /// Whether anybody would read a table of all classes.
    private var isReadable: Bool { classNames.count <= 30 }

    /// The confusion matrix as text; empty where nobody would read it.
    var confusionText: String {
        guard isReadable else { return "" }
        let head = [""] + classNames
        let rows = zip(classNames, confusion).map { name, counts in
            [name] + counts.map { $0 == 0 ? "·" : "\($0)" }
        }
        return "Confusion matrix (a row for each actual class, a column for each predicted one)\n\n"
            + TextTable.aligned([head] + rows, rightAligned: Set(0...classNames.count)) + "\n"
    }

    /// The classes' scores as text, or only their averages where nobody would read them all.
    var scoresText: String {
        let classes = isReadable ? Array(zip(classNames, classScores)) : []
        let rows = (classes + [("macro average", macro), ("weighted average", weighted)]).map { name, scores in
            [name, fixed(scores.precision, 3), fixed(scores.recall, 3), fixed(scores.f1, 3), "\(scores.samples)"]
        }
        let head = ["", "precision", "recall", "F1", "samples"]
        return TextTable.aligned([head] + rows, rightAligned: Set(0..<head.count)) + "\n"
    }
}

extension Classification.Scores {
    fileprivate init(_ scores: ClassScores) {
        self.init(
            precision: scores.precision, recall: scores.recall, f1: scores.f1, samples: Int(scores.support))
    }
}

extension Accuracy {
    fileprivate var bounds: [Double] { [interval.lowerBound, interval.upperBound] }
}

private func percent(_ share: Double) -> String { fixed(share * 100, 2) }

/// How far numbers are off, in the target's own units.
struct Regression: Encodable {
    var rootMeanSquaredError: Double
    var meanAbsoluteError: Double
    /// The coefficient of determination.
    var rSquared: Double

    init(predicted: [Double], actual: [Double]) throws {
        rootMeanSquaredError = try Metrics.rootMeanSquaredError(predicted: predicted, actual: actual)
        meanAbsoluteError = try Metrics.meanAbsoluteError(predicted: predicted, actual: actual)
        rSquared = try Metrics.rSquared(predicted: predicted, actual: actual)
    }

    var headline: String {
        "root mean squared error \(significant(rootMeanSquaredError, 6)), "
            + "mean absolute error \(significant(meanAbsoluteError, 6)), R² \(fixed(rSquared, 4))"
    }
}

/// How far an autoencoder's answers are from its inputs, in scaled units.
struct Reconstruction: Encodable {
    var meanSquaredError: Double

    var headline: String { "mean squared reconstruction error \(significant(meanSquaredError, 4))" }
}
