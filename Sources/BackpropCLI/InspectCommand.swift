import Backprop

extension Command {
    static let inspect = Command(
        name: "inspect",
        synopsis: "MODEL  [--html FILE]",
        summary: "Shows the layers of a saved model, what they cost, and how its weights are spread.",
        details: """
            Operations are floating-point ones, two for each weight. A unit is dead if all weights that lead to it, or
            all that lead on from it, are 0. The page is one file that needs no network: weights as heat maps and
            histograms; where the inputs are a square picture, those of each unit in the first layer as one.
            """,
        options: [
            Option("html", "FILE", "write a page instead, with pictures of the weights"),
            .json,
        ],
        maximumPositionals: 1,
        run: { arguments, console in
            let path = try arguments.positional(0, "MODEL")
            switch try AnyModel(contentsOf: path) {
            case .float(let model): try inspect(model, path, arguments, console)
            case .double(let model): try inspect(model, path, arguments, console)
            }
            return ExitStatus.success
        }
    )

    private static func inspect<Scalar: NetworkScalar>(
        _ model: Model<Scalar>, _ path: String, _ arguments: Arguments, _ console: Console
    ) throws {
        let report = Inspection(path: path, model: model)
        if let page = arguments.text("html") {
            try TextFile(path: page).write(InspectionPage(report, model.network).text)
            if !arguments.has("json") { console.line("\(page) is written; a browser shows it") }
        } else if !arguments.has("json") {
            console.write(report.text)
        }
        if arguments.has("json") { try console.json(report) }
    }
}

/// What `backprop inspect` reports.
struct Inspection: Encodable {
    var model: String
    var network: NetworkSummary
    /// Bits of a parameter.
    var precision: Int
    /// Of the parameters in the file, where tied weights stand twice.
    var bytes: Int
    /// What a training step keeps for each of its samples: the outputs of all layers.
    var activationBytes: Int
    /// The layers of an autoencoder's encoder.
    var encoderLayers: Int?
    var loss: Loss
    var scalesInputs: Bool
    var inputNames: [String]
    var classNames: [String]
    var target: String?

    init<Scalar: NetworkScalar>(path: String, model: Model<Scalar>) {
        self.model = path
        network = NetworkSummary(model.network)
        precision = 8 * MemoryLayout<Scalar>.size
        bytes = model.network.parameters.count * MemoryLayout<Scalar>.size
        activationBytes = network.activations * MemoryLayout<Scalar>.size
        encoderLayers = model.encoderLayers
        loss = model.loss
        scalesInputs = model.inputScaling != nil
        inputNames = model.inputNames
        classNames = model.classNames
        target = model.targetName
    }

    var text: String {
        """
        \(TextTable.aligned(facts.map { [$0.name, $0.value] }, rightAligned: []))

        \(TextTable.aligned([layerHead] + layerRows, rightAligned: Set(layerHead.indices).subtracting([3])))

        """
    }

    /// What is said of the model as a whole.
    var facts: [(name: String, value: String)] {
        [
            ("Network", network.chain), ("Loss", loss.rawValue), ("Predicts", predicted),
            ("Classes", classNames.isEmpty ? "-" : classNames.joined(separator: ", ")),
            ("Parameters", "\(grouped(network.parameters)) (\(grouped(bytes)) bytes as \(precision)-bit floats)"),
            ("Work", "\(grouped(network.operationsPerSample)) operations a prediction"),
            ("Training", "\(grouped(network.trainingOperationsPerSample)) operations a sample and step"),
            ("Activations", "\(grouped(activationBytes)) bytes a sample while training"),
        ]
    }

    /// The columns of the table of layers.
    var layerHead: [String] {
        [
            "layer", "inputs", "units", "activation", "parameters", "operations", "mean", "std", "min", "max", "norm",
            "zeros", "dead",
        ]
    }

    var layerRows: [[String]] {
        network.layers.enumerated().map { index, layer in
            let weights = layer.weights
            let spread = [weights.mean, weights.standardDeviation, weights.minimum, weights.maximum, weights.norm]
            return [
                "\(index)", "\(layer.inputs)", "\(layer.units)", layer.description, grouped(layer.parameters),
                grouped(layer.operationsPerSample),
            ] + spread.map { significant($0, 4) } + ["\(significant(weights.zeros * 100, 3)) %", "\(layer.deadUnits)"]
        }
    }

    private var predicted: String {
        guard let encoderLayers else { return target ?? "-" }
        let layers = encoderLayers == 1 ? "layer 0" : "layers 0 to \(encoderLayers - 1)"
        return "its inputs; \(layers) encode them in \(network.layers[encoderLayers - 1].units) numbers"
    }
}
