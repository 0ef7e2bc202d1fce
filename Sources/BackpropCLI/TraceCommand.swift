import Backprop
import BackpropSamples

extension Command {
    static let trace = Command(
        name: "trace",
        synopsis: "sigmoid | softmax | chain | MODEL DATA --row K  [options]",
        summary: "Shows one training step number by number, as one would follow it on paper.",
        details: """
            sigmoid   two inputs, two hidden units, two outputs, sigmoid everywhere, squared error
            softmax   two inputs, two sigmoid units, two classes by softmax, cross-entropy
            chain     layers of one unit each, the last without a bias: ∂C/∂w of every layer as the product of
                      its local factors, and how much of the gradient reaches the first layer
            MODEL     a saved model of your own, on one row of a CSV file or of built-in data

            Weights are numbered layer by layer, unit by unit, input by input; biases unit by unit. Layers that share
            weights can't be traced.

            The page is one file that needs no network. It goes through a step as on paper: forward pass, error,
            backward pass, update; a slider goes through the steps. What is chosen, a weight, bias or unit, has its
            derivation written out beside the drawing. Networks of up to 16 inputs and units a layer, 12 layers and
            300 weights and biases can be drawn.
            """,
        options: [
            Option("html", "FILE", "write a page instead: the network with all its numbers, to step through"),
            Option("svg", "FILE", "write a picture instead, of the first step and the error of all"),
            Option("steps", "N", "go on for N steps in all, and show where training ends (1; 1000 if drawn)"),
            Option("order", "ORDER", "simultaneous (the gradient) or layer-by-layer (as many tutorials compute)"),
            Option("learning-rate", "RATE", "the size of a step (the example's; 0.5)"),
            Option("row", "K", "which sample to follow, from 1 (1)"),
            Option("depth", "N", "layers of the chain, with weights 1 and biases 0 (10)"),
            Option("weights", "LIST", "weights of the chain, as 0.5,0.8,1.2"),
            Option("biases", "LIST", "biases of the chain, one less than weights"),
            Option("input", "NUMBER", "what goes into the chain (1)"),
            Option("target", "NUMBER", "what should come out of it (0)"),
            Option("activation", "NAME", "of the chain's units (sigmoid)"),
            Option("loss", "NAME", "of the chain: mean-squared-error or cross-entropy (mean-squared-error)"),
            .json,
        ],
        maximumPositionals: 2,
        run: { arguments, console in
            let example = try workedExample(arguments)
            let order = try arguments.choice("order", UpdateOrder.self) ?? .simultaneous
            let steps = try arguments.integer("steps", in: 1...(.max))
            let files = ["html", "svg"].filter(arguments.has)
            for option in files {
                let path = arguments.text(option)!
                try blaming(option) { () throws(BackpropError) in try TraceSteps.check(example.network) }
                let drawn = try TraceSteps(of: example, order: order, steps: steps ?? 1000)
                let text = option == "html" ? try TracePage(drawn).text : TracePicture(drawn).text
                try TextFile(path: path).write(text)
            }
            if arguments.has("json") || files.isEmpty {
                let trace = try Trace(of: example, order: order, steps: steps ?? 1)
                if arguments.has("json") { try console.json(trace) } else { console.write(TraceText(trace).text) }
            } else {
                for option in files { console.line("\(arguments.text(option)!) is written; a browser shows it") }
            }
            return ExitStatus.success
        }
    )

    private static func workedExample(_ arguments: Arguments) throws -> WorkedExample {
        let name = try arguments.positional(0, "sigmoid, softmax, chain or MODEL")
        var example: WorkedExample
        switch name {
        case "sigmoid": example = try .sigmoid()
        case "softmax": example = try .softmax()
        case "chain": example = try chain(arguments)
        default: example = try ownNetwork(name, arguments)
        }
        try checkWords(arguments, example: ["sigmoid", "softmax", "chain"].contains(name) ? name : nil)
        if let rate = try arguments.number("learning-rate") { example.learningRate = rate }
        return example
    }

    /// Refuses words that mean nothing with the example that was chosen; `nil` for a model of the user's own.
    private static func checkWords(_ arguments: Arguments, example: String?) throws {
        for option in ["depth", "weights", "biases", "input", "target", "activation", "loss"]
        where example != "chain" && arguments.has(option) {
            throw UsageError(message: "--\(option): expected with 'trace chain' only")
        }
        guard let example else { return }
        if arguments.has("row") { throw UsageError(message: "--row: expected with a model of your own only") }
        if arguments.positionals.count > 1 {
            throw UsageError(message: "unexpected word '\(arguments.positionals[1])' after 'trace \(example)'")
        }
        if arguments.has("depth"), arguments.has("weights") {
            throw UsageError(message: "--depth: expected without --weights, which has a weight for each layer")
        }
    }

    private static func chain(_ arguments: Arguments) throws -> WorkedExample {
        let depth = try arguments.integer("depth", in: 1...1000) ?? 10
        let weights = try arguments.numbers("weights") ?? Array(repeating: 1, count: depth)
        let biases = try arguments.numbers("biases") ?? Array(repeating: 0, count: weights.count - 1)
        let activation = try arguments.choice("activation", Activation.self) ?? .sigmoid
        guard activation != .softmax else {
            throw UsageError(message: "--activation: expected one that works unit by unit, found softmax")
        }
        var loss = try arguments.choice("loss", Loss.self) ?? .meanSquaredError
        // Of a single unit, cross-entropy is the binary one.
        if loss == .crossEntropy { loss = .binaryCrossEntropy }
        let input = try arguments.number("input") ?? 1
        let target = try arguments.number("target") ?? 0
        do {
            return try .chain(
                weights: weights, biases: biases, activation: activation, input: input, target: target, loss: loss,
                learningRate: 0.5)
        } catch {
            throw UsageError(message: "chain: \(error)")
        }
    }

    private static func ownNetwork(_ path: String, _ arguments: Arguments) throws -> WorkedExample {
        switch try AnyModel(contentsOf: path) {
        case .float(let model): try example(of: model, path, arguments)
        case .double(let model): try example(of: model, path, arguments)
        }
    }

    private static func example<Scalar: NetworkScalar>(
        of model: Model<Scalar>, _ path: String, _ arguments: Arguments
    ) throws -> WorkedExample {
        let samples = try LabeledSamples(try arguments.positional(1, "DATA after MODEL"), for: model)
        let row = try arguments.integer("row", in: 1...samples.count) ?? 1
        let sample: Dataset<Scalar> = try samples.chosen([UInt32(row - 1)]).dataset(for: model)
        if let (layer, owner) = model.network.layers.enumerated().compactMap({ layer in
            layer.element.tiedTo.map { (layer.offset, $0) }
        }).first {
            throw UsageError(
                message: """
                    \(path): expected layers with weights of their own, found layer \(layer) tied to layer \(owner)
                    """)
        }
        // The tutorials' step drops nothing.
        let layers = model.network.layers.map { layer in
            var layer = layer
            layer.dropout = 0
            return layer
        }
        let network = try Network<Double>(
            inputs: model.network.inputCount, layers: layers,
            parameters: model.network.parameters.map { Double($0) })
        return WorkedExample(
            name: path, summary: "sample \(row) of \(samples.name)", network: network,
            dataset: try Dataset(
                inputs: [sample.inputs.map { Double($0) }], targets: [sample.targets(ofSample: 0).map { Double($0) }]),
            loss: model.loss, learningRate: 0.5)
    }
}
