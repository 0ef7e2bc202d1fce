import Backprop

extension Command {
    static let predict = Command(
        name: "predict",
        synopsis: "MODEL [FILE.csv]",
        summary: "Writes what a saved model makes of every row of a CSV file or of standard input.",
        details: """
            Without a file, or for -, rows are read from standard input. They are predicted as they come,
            in memory that doesn't grow with them (but for --json); a row at fault ends the command, after
            those before it were written. With a header the model's inputs are found by the names of their
            columns, and other columns are left aside. Values are raw: the model scales them as in
            training. A classifier answers with the class and the output for it, others with their
            outputs; an autoencoder with its inputs as it gives them back, in their own units.
            """,
        options: [
            .header, .separator, Option("json-lines", "write a JSON object for each row, on a line of its own"), .json,
        ],
        maximumPositionals: 2,
        run: { arguments, console in
            switch try AnyModel(contentsOf: try arguments.positional(0, "MODEL")) {
            case .float(let model): try Prediction(of: model, arguments).run(console)
            case .double(let model): try Prediction(of: model, arguments).run(console)
            }
            return ExitStatus.success
        }
    )
}

/// One call of `backprop predict`.
private struct Prediction<Scalar: NetworkScalar> {
    private enum Format {
        case csv, json, jsonLines
    }

    private let model: Model<Scalar>
    private let path: String
    private let table: CSVFormat
    private let format: Format

    init(of model: Model<Scalar>, _ arguments: Arguments) throws {
        self.model = model
        path = arguments.positionals.count > 1 ? arguments.positionals[1] : "-"
        table = try TableOptions(arguments).format
        guard !arguments.has("json") || !arguments.has("json-lines") else {
            throw UsageError(message: "--json and --json-lines: expected one of them, found both")
        }
        format = arguments.has("json") ? .json : arguments.has("json-lines") ? .jsonLines : .csv
    }

    func run(_ console: Console) throws {
        let isStandard = path == "-"
        let read = isStandard ? console.read : try ByteInput(contentsOf: path).read
        var stream = CSVStream(source: isStandard ? "standard input" : path, format: table, read: read)
        let answers = Answers(model)
        var all: [Answer] = []
        var columns: [Int]?
        while let rows = try stream.next() {
            if columns == nil {
                columns = try inputColumns(rows)
                if format == .csv { console.write(answers.csvHeader) }
            }
            try forEachPart(of: rows, columns!) { outputs in
                switch format {
                case .csv: console.write(answers.csv(outputs))
                case .jsonLines: console.write(answers.jsonLines(outputs))
                case .json: all += answers.list(outputs)
                }
            }
        }
        if format == .json { try console.json(["predictions": all]) }
    }

    /// The columns that are inputs; the target's, where the table has it, is none.
    private func inputColumns(_ rows: CSVTable) throws(BackpropError) -> [Int] {
        let target = model.targetName.flatMap { name in rows.header?.firstIndex(of: name) }
        return try model.inputIndices(in: rows, besides: target)
    }

    /// Predicts all rows at once or, if one of them is at fault, row by row up to that one.
    private func forEachPart(of rows: CSVTable, _ columns: [Int], _ body: ([Double]) throws -> Void) throws {
        let outputs: [Double]
        do {
            outputs = try self.outputs(for: rows, columns)
        } catch {
            for row in 0..<rows.rowCount { try body(try self.outputs(for: rows.row(row), columns)) }
            throw error
        }
        try body(outputs)
    }

    /// Outputs in the units of the data.
    private func outputs(for rows: CSVTable, _ columns: [Int]) throws(BackpropError) -> [Double] {
        do {
            return try model.predictRaw(try model.inputs(from: rows, at: columns))
        } catch .nonFinite(_, _, let found) {
            throw .format(
                rows.lineOf(row: 0), expected: "inputs that are finite after scaling", found: "one that is \(found)")
        }
    }
}

/// A model's answer for one sample.
private struct Answer: Encodable {
    /// The class, for a classifier.
    var prediction: String?
    var outputs: [Double]
    /// The output for the class that was chosen.
    var confidence: Double?
}

/// What outputs of a model are written as.
private struct Answers {
    private let width: Int
    private let classNames: [String]
    /// As CSV and JSON write them.
    private let csvNames: [String]
    private let jsonNames: [String]
    /// The first line of CSV.
    let csvHeader: String

    init<Scalar: NetworkScalar>(_ model: Model<Scalar>) {
        width = model.network.outputCount
        classNames = model.classNames
        csvNames = classNames.map(csvField)
        jsonNames = classNames.map(jsonString)
        let columns =
            if !classNames.isEmpty {
                ["prediction", "confidence"]
            } else if model.encoderLayers != nil, !model.inputNames.isEmpty {
                model.inputNames
            } else {
                width == 1 ? ["prediction"] : (1...width).map { "prediction\($0)" }
            }
        csvHeader = columns.map(csvField).joined(separator: ",") + "\n"
    }

    /// The class of a sample, and the output for it.
    private func choice(_ outputs: ArraySlice<Double>) -> (number: Int, confidence: Double) {
        let first = outputs[outputs.startIndex]
        if width == 1 { return first > 0.5 ? (1, first) : (0, 1 - first) }
        let number = Metrics.classes(ofOutputs: Array(outputs), outputCount: width)[0]
        return (number, outputs[outputs.startIndex + number])
    }

    private func forEachSample(_ outputs: [Double], _ body: (ArraySlice<Double>) -> Void) {
        for start in stride(from: 0, to: outputs.count, by: width) { body(outputs[start..<(start + width)]) }
    }

    func list(_ outputs: [Double]) -> [Answer] {
        var answers: [Answer] = []
        forEachSample(outputs) { outputs in
            guard !classNames.isEmpty else { return answers.append(Answer(outputs: Array(outputs))) }
            let (number, confidence) = choice(outputs)
            answers.append(Answer(prediction: classNames[number], outputs: Array(outputs), confidence: confidence))
        }
        return answers
    }

    func csv(_ outputs: [Double]) -> String {
        var text = ""
        forEachSample(outputs) { outputs in
            if classNames.isEmpty {
                append(outputs, to: &text) { $0.description }
            } else {
                let (number, confidence) = choice(outputs)
                text += csvNames[number]
                text += ","
                text += confidence.description
            }
            text += "\n"
        }
        return text
    }

    func jsonLines(_ outputs: [Double]) -> String {
        var text = ""
        forEachSample(outputs) { outputs in
            text += "{"
            var end = "]}\n"
            if !classNames.isEmpty {
                let (number, confidence) = choice(outputs)
                text += "\"confidence\":" + jsonNumber(confidence) + ","
                end = "],\"prediction\":" + jsonNames[number] + "}\n"
            }
            text += "\"outputs\":["
            append(outputs, to: &text, jsonNumber)
            text += end
        }
        return text
    }

    private func append(_ outputs: ArraySlice<Double>, to text: inout String, _ number: (Double) -> String) {
        for index in outputs.indices {
            if index > outputs.startIndex { text += "," }
            text += number(outputs[index])
        }
    }
}

/// A field of CSV, in quotes where it needs them.
private func csvField(_ field: String) -> String {
    let needsQuotes = field.contains { $0 == "," || $0 == "\"" || $0.isNewline }
    return needsQuotes
        ? "\"" + field.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
        : field
}

/// A text of JSON.
private func jsonString(_ text: String) -> String {
    text.unicodeScalars.reduce(into: "\"") { json, scalar in
        switch scalar {
        case "\"", "\\": json += "\\\(scalar)"
        case "\u{0}"..<" ":
            let digits = String(scalar.value, radix: 16)
            json += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        default: json.unicodeScalars.append(scalar)
        }
    } + "\""
}

/// A number of JSON; a text for what JSON has no number for, as ``Console/json(_:)`` writes it.
private func jsonNumber(_ value: Double) -> String {
    if value.isFinite { return value.description }
    return value.isNaN ? "\"NaN\"" : value > 0 ? "\"Infinity\"" : "\"-Infinity\""
}
