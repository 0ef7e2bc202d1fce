import Backprop

extension Command {
    static let predict = Command(
        name: "predict",
        synopsis: "MODEL FILE.csv",
        summary: "Writes what a saved model makes of every row of a CSV file, as CSV.",
        details: """
            With a header in the file the model's inputs are found by the names of their columns, and
            other columns are left aside. Values are raw: the model scales them as in training. A
            classifier answers with the class and the output for it, others with their outputs; an
            autoencoder with its inputs as it gives them back, in their own units.
            """,
        options: [.header, .separator, .json],
        maximumPositionals: 2,
        run: { arguments, console in
            let predictions =
                switch try AnyModel(contentsOf: try arguments.positional(0, "MODEL")) {
                case .float(let model): try Predictions(of: model, arguments)
                case .double(let model): try Predictions(of: model, arguments)
                }
            if arguments.has("json") { try console.json(predictions) } else { console.write(predictions.csv) }
            return ExitStatus.success
        }
    )
}

/// A model's answers.
private struct Predictions: Encodable {
    struct Answer: Encodable {
        /// The class, for a classifier.
        var prediction: String?
        var outputs: [Double]
        /// The output for the class that was chosen.
        var confidence: Double?
    }

    var predictions: [Answer]

    /// The columns of what is written as CSV.
    private var columns: [String]

    private enum CodingKeys: CodingKey {
        case predictions
    }

    init<Scalar: NetworkScalar>(of model: Model<Scalar>, _ arguments: Arguments) throws {
        let table = try CSVTable(
            contentsOf: try arguments.positional(1, "FILE.csv"), format: try TableOptions(arguments).format)
        let target = model.targetName.flatMap { name in table.header?.firstIndex(of: name) }
        let outputs = try model.rawOutputs(for: try model.inputs(from: table, besides: target))
        let width = model.network.outputCount
        let classes = Metrics.classes(ofOutputs: outputs, outputCount: width)
        let isClassifier = !model.classNames.isEmpty
        predictions = classes.enumerated().map { row, chosen in
            let outputs = Array(outputs[(row * width)..<((row + 1) * width)])
            guard isClassifier else { return Answer(outputs: outputs) }
            let confidence = width == 1 ? (chosen == 1 ? outputs[0] : 1 - outputs[0]) : outputs[chosen]
            return Answer(prediction: model.classNames[chosen], outputs: outputs, confidence: confidence)
        }
        if isClassifier {
            columns = ["prediction", "confidence"]
        } else if model.encoderLayers != nil, !model.inputNames.isEmpty {
            columns = model.inputNames
        } else {
            columns = width == 1 ? ["prediction"] : (1...width).map { "prediction\($0)" }
        }
    }

    var csv: String {
        predictions.reduce(into: columns.map(quoted).joined(separator: ",") + "\n") { text, answer in
            if let prediction = answer.prediction, let confidence = answer.confidence {
                text += "\(quoted(prediction)),\(confidence)\n"
            } else {
                text += answer.outputs.map { "\($0)" }.joined(separator: ",") + "\n"
            }
        }
    }

    private func quoted(_ field: String) -> String {
        let needsQuotes = field.contains { $0 == "," || $0 == "\"" || $0.isNewline }
        return needsQuotes
            ? "\"" + field.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
            : field
    }
}

extension Model {
    /// Outputs in the units of the data; an autoencoder's are scaled as its inputs are.
    fileprivate func rawOutputs(for inputs: [Double]) throws(BackpropError) -> [Double] {
        let outputs = try predict(inputs)
        return encoderLayers == nil ? outputs : inputScaling?.invert(outputs) ?? outputs
    }
}
