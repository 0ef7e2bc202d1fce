import Backprop
import Foundation

/// How well a model does on some samples.
struct Evaluation: Encodable {
    var data: String
    var samples: Int
    /// The mean loss, in the units the model was trained in.
    var loss: Double
    /// The share of samples whose class is right, with its standard error; for classifiers.
    var accuracy: Double?
    var accuracyStandardError: Double?
    var classNames: [String]?
    /// `confusion[actual][predicted]`
    var confusion: [[Int]]?
    /// In the target's own units; for regression.
    var rootMeanSquaredError: Double?
    var meanAbsoluteError: Double?

    init(of model: Model<Float>, on samples: LabeledSamples) throws {
        let outputs = model.network.outputCount
        let dataset = try samples.dataset(
            scaledBy: model.inputScaling, targetScaling: model.targetScaling, outputs: outputs)
        self.data = samples.name
        self.samples = samples.count
        self.loss = try model.network.loss(model.loss, on: dataset)
        switch samples.target {
        case .classes(let actual, let names):
            let predicted = try model.network.predictClasses(dataset.inputs)
            let share = Metrics.accuracy(predicted: predicted, actual: actual)
            accuracy = share.share
            accuracyStandardError = share.standardError
            classNames = names
            confusion = ConfusionMatrix(predicted: predicted, actual: actual, classCount: names.count).counts
        case .values(let actual):
            let errors = zip(try model.predict(samples.inputs), actual).map { $0 - $1 }
            let count = Double(errors.count)
            rootMeanSquaredError = (errors.reduce(0) { $0 + $1 * $1 } / count).squareRoot()
            meanAbsoluteError = errors.reduce(0) { $0 + abs($1) } / count
        }
    }

    /// One line with the figure that matters.
    var headline: String {
        if let accuracy, let accuracyStandardError {
            return "accuracy \(fixed(accuracy * 100, 2)) % ± \(fixed(accuracyStandardError * 100, 2)) %"
        }
        return "root mean squared error \(significant(rootMeanSquaredError ?? .nan, 6)), "
            + "mean absolute error \(significant(meanAbsoluteError ?? .nan, 6))"
    }

    /// The confusion matrix as text; empty where there is none, or one that nobody would read.
    var confusionText: String {
        guard let confusion, let classNames, classNames.count <= 30 else { return "" }
        let head = [""] + classNames
        let rows = zip(classNames, confusion).map { name, counts in
            [name] + counts.map { $0 == 0 ? "·" : "\($0)" }
        }
        return "Confusion matrix (a row for each actual class, a column for each predicted one)\n\n"
            + TextTable.aligned([head] + rows, rightAligned: Set(0...classNames.count)) + "\n"
    }
}
