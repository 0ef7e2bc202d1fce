import Backprop

extension Command {
    static let inspect = Command(
        name: "inspect",
        synopsis: "MODEL",
        summary: "Shows the layers of a saved model, and how its weights are spread.",
        details: "",
        options: [.json],
        maximumPositionals: 1,
        run: { arguments, console in
            let path = try arguments.positional(0, "MODEL")
            let report =
                switch try AnyModel(contentsOf: path) {
                case .float(let model): Inspection(path: path, model: model)
                case .double(let model): Inspection(path: path, model: model)
                }
            if arguments.has("json") { try console.json(report) } else { console.write(report.text) }
            return ExitStatus.success
        }
    )
}

/// What `backprop inspect` reports.
private struct Inspection: Encodable {
    var model: String
    var network: NetworkSummary
    /// Bits of a parameter.
    var precision: Int
    /// Of the parameters in the file, where tied weights stand twice.
    var bytes: Int
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
        encoderLayers = model.encoderLayers
        loss = model.loss
        scalesInputs = model.inputScaling != nil
        inputNames = model.inputNames
        classNames = model.classNames
        target = model.targetName
    }

    var text: String {
        let facts = [
            ["Network", network.chain],
            ["Loss", loss.rawValue],
            ["Predicts", predicted],
            ["Classes", classNames.isEmpty ? "-" : classNames.joined(separator: ", ")],
            ["Parameters", "\(grouped(network.parameters)) (\(grouped(bytes)) bytes as \(precision)-bit floats)"],
            ["Work", "\(grouped(network.operationsPerSample)) operations a prediction"],
        ]
        let head = ["layer", "inputs", "units", "activation", "parameters", "weights from", "to", "mean", "norm"]
        let rows = network.layers.enumerated().map { index, layer in
            [
                "\(index)", "\(layer.inputs)", "\(layer.units)",
                layer.description, grouped(layer.parameters), significant(layer.weights.minimum, 4),
                significant(layer.weights.maximum, 4),
                significant(layer.weights.mean, 4), significant(layer.weights.norm, 4),
            ]
        }
        return """
            \(TextTable.aligned(facts, rightAligned: []))

            \(TextTable.aligned([head] + rows, rightAligned: [0, 1, 2, 4, 5, 6, 7, 8]))

            """
    }

    private var predicted: String {
        guard let encoderLayers else { return target ?? "-" }
        let layers = encoderLayers == 1 ? "layer 0" : "layers 0 to \(encoderLayers - 1)"
        return "its inputs; \(layers) encode them in \(network.layers[encoderLayers - 1].units) numbers"
    }
}
