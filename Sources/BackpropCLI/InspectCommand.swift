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
            let model = try Model<Float>(contentsOf: path)
            let report = Inspection(path: path, model: model)
            if arguments.has("json") { try console.json(report) } else { console.write(report.text) }
            return ExitStatus.success
        }
    )
}

/// What `backprop inspect` reports.
private struct Inspection: Encodable {
    var model: String
    var network: NetworkSummary
    var loss: Loss
    var scalesInputs: Bool
    var inputNames: [String]
    var classNames: [String]
    var target: String?

    init(path: String, model: Model<Float>) {
        self.model = path
        network = NetworkSummary(model.network)
        loss = model.loss
        scalesInputs = model.inputScaling != nil
        inputNames = model.inputNames
        classNames = model.classNames
        target = model.targetName
    }

    var text: String {
        let bytes = network.parameters * MemoryLayout<Float>.size
        let facts = [
            ["Network", network.chain],
            ["Loss", loss.rawValue],
            ["Predicts", target ?? "-"],
            ["Classes", classNames.isEmpty ? "-" : classNames.joined(separator: ", ")],
            ["Parameters", "\(grouped(network.parameters)) (\(grouped(bytes)) bytes as 32-bit floats)"],
            ["Work", "\(grouped(network.operationsPerSample)) operations a prediction"],
        ]
        let head = ["layer", "inputs", "units", "activation", "parameters", "weights from", "to", "mean", "norm"]
        let rows = network.layers.enumerated().map { index, layer in
            [
                "\(index)", "\(layer.inputs)", "\(layer.units)",
                layer.activation.rawValue + (layer.frozen ? ", frozen" : ""),
                grouped(layer.parameters), significant(layer.weights.minimum, 4), significant(layer.weights.maximum, 4),
                significant(layer.weights.mean, 4), significant(layer.weights.norm, 4),
            ]
        }
        return """
            \(TextTable.aligned(facts, rightAligned: []))

            \(TextTable.aligned([head] + rows, rightAligned: [0, 1, 2, 4, 5, 6, 7, 8]))

            """
    }
}
