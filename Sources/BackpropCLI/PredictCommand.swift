import Backprop

extension Command {
    static let predict = Command(
        name: "predict",
        synopsis: "MODEL FILE.csv",
        summary: "Writes what a saved model makes of every row of a CSV file, as CSV.",
        details: """
            With a header in the file the model's inputs are found by the names of their columns, and
            other columns are left aside. Values are raw: the model scales them as in training. A
            classifier answers with the class and the output for it, others with their outputs.
            """,
        options: [.header, .separator, .json],
        maximumPositionals: 2,
        run: { arguments, console in
            let model = try Model<Float>(contentsOf: try arguments.positional(0, "MODEL"))
            let table = try CSVTable(
                contentsOf: try arguments.positional(1, "FILE.csv"), format: try TableOptions(arguments).format)
            let target = model.targetName.flatMap { name in table.header?.firstIndex(of: name) }
            let predictions = try Predictions(of: model, for: try model.inputs(from: table, besides: target))
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

    init(of model: Model<Float>, for inputs: [Double]) throws {
        let outputs = try model.predict(inputs)
        let width = model.network.outputCount
        let classes = Metrics.classes(ofOutputs: outputs, outputCount: width)
        predictions = classes.enumerated().map { row, chosen in
            let outputs = Array(outputs[(row * width)..<((row + 1) * width)])
            guard !model.classNames.isEmpty else { return Answer(outputs: outputs) }
            let confidence = width == 1 ? (chosen == 1 ? outputs[0] : 1 - outputs[0]) : outputs[chosen]
            return Answer(prediction: model.classNames[chosen], outputs: outputs, confidence: confidence)
        }
    }

    var csv: String {
        let isClassifier = predictions.first?.prediction != nil
        let head = isClassifier ? "prediction,confidence\n" : "prediction\n"
        return predictions.reduce(into: head) { text, answer in
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
