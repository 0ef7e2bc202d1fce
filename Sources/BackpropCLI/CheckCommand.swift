import Backprop
import BackpropReference

extension Command {
    static let check = Command(
        name: "check",
        synopsis: "MODEL [digits | iris | xor | FOLDER | FILE.csv] [options]",
        summary: "Checks a model's gradients against the reference and against differences of the loss.",
        details: """
            The gradients of the C core in 64 bits are compared with those of the reference in plain Swift,
            which must be the same to the bit, and with differences of the loss: by the complex step where
            activations and loss are analytic, else by central differences. Exits 1 if one is too far off.
            """,
        options: [
            Option("samples", "N", "how many samples make the loss (8)"),
            Option("parameters", "N", "how many parameters of each layer are looked at (100)"),
            Option("seed", "N", "what samples and parameters are chosen by (1)"),
            .json,
        ],
        maximumPositionals: 2,
        run: { arguments, console in
            let report = try CheckReport(arguments)
            if arguments.has("json") { try console.json(report) } else { console.write(report.text) }
            return report.passes ? ExitStatus.success : ExitStatus.mismatch
        }
    )
}

/// What `backprop check` reports.
private struct CheckReport: Encodable {
    struct LayerReport: Encodable {
        var layer: Int
        var parameters: Int
        /// The largest difference between the C core's gradients and the reference's.
        var referenceError: Double
        /// The largest error against differences of the loss, relative to the layer's largest gradient.
        var relativeError: Double
    }

    var data: String
    var samples: Int
    var method: String
    var tolerance: Double
    var layers: [LayerReport]
    var passes: Bool

    init(_ arguments: Arguments) throws {
        let model = try Model<Double>(contentsOf: try arguments.positional(0, "MODEL"))
        let all = try LabeledSamples(arguments.positionals.count > 1 ? arguments.positionals[1] : "digits", for: model)
        let count = min(try arguments.integer("samples", in: 1...(.max)) ?? 8, all.count)
        let seed = try arguments.seed("seed") ?? 1
        var random = SplitMix64(seed: seed)
        let chosen = all.chosen(random.permutation(of: all.count).prefix(count))
        let dataset: Dataset<Double> = try chosen.dataset(for: model)
        let check = try model.network.checkGradients(
            of: model.loss, on: dataset,
            parametersPerLayer: try arguments.integer("parameters", in: 1...(.max)) ?? 100, seed: seed)
        let reference = try Self.referenceErrors(model, dataset)
        data = all.name
        samples = count
        method = check.method.rawValue
        tolerance = check.method.tolerance
        layers = check.layerErrors.indices.map {
            LayerReport(
                layer: $0, parameters: check.parametersChecked[$0], referenceError: reference[$0],
                relativeError: check.layerErrors[$0])
        }
        passes = check.passes && reference.allSatisfy { $0 == 0 }
    }

    private static func referenceErrors(_ model: Model<Double>, _ dataset: Dataset<Double>) throws -> [Double] {
        let network = model.network
        let reference = ReferenceNetwork(network)
        let inputs = (0..<dataset.count).map { Array(dataset.inputs(ofSample: $0)) }
        let targets = (0..<dataset.count).map { dataset.targets(ofSample: $0) }
        let expected = reference.flatGradients(reference.pass(inputs, targets, loss: model.loss))
        let found = try network.gradients(of: model.loss, on: dataset).gradients
        return network.layers.indices.map { layer in
            let range = network.weightRange(ofLayer: layer).lowerBound..<network.biasRange(ofLayer: layer).upperBound
            return range.reduce(0) { max($0, abs(found[$1] - expected[$1])) }
        }
    }

    var text: String {
        let head = ["layer", "parameters", "against the reference", "against differences"]
        let rows = layers.map {
            [
                String($0.layer), grouped($0.parameters),
                $0.referenceError == 0 ? "the same bits" : significant($0.referenceError, 2),
                significant($0.relativeError, 2),
            ]
        }
        let way = method == GradientCheck.Method.complexStep.rawValue ? "the complex step" : "central differences"
        return """
            Gradients of \(data), \(grouped(samples)) samples; worst errors by layer

            \(TextTable.aligned([head] + rows, rightAligned: [1, 2, 3]))

            \(passes ? "Right" : "Wrong"): by \(way), \(significant(tolerance, 2)) is allowed

            """
    }
}
