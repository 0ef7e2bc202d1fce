import Backprop

extension Command {
    static let evaluate = Command(
        name: "evaluate",
        synopsis: "MODEL DATA",
        summary: "Reports how well a saved model does on samples with known answers.",
        details: """
            DATA is as in 'backprop train'; a folder of MNIST files means its test images, the built-in
            data all of their samples, those that the model was trained on included. A CSV file needs the
            target's column under the name it had in training.

            A classifier's accuracy stands with its standard error and 95 % interval (Wilson). Precision,
            recall and F1 follow for each class, their mean over the classes (macro) and their mean weighted
            by the classes' samples; 0/0 counts as 0. Log loss is given where outputs are probabilities.
            """,
        options: [
            Option("top", "K", "count a class as right among the K highest outputs (3 from 5 classes up)"),
            .header, .separator, .json,
        ],
        maximumPositionals: 2,
        run: { arguments, console in
            let evaluation =
                switch try AnyModel(contentsOf: try arguments.positional(0, "MODEL")) {
                case .float(let model): try evaluation(of: model, arguments)
                case .double(let model): try evaluation(of: model, arguments)
                }
            if arguments.has("json") { try console.json(evaluation) } else { console.write(evaluation.text) }
            return ExitStatus.success
        }
    )

    private static func evaluation<Scalar: NetworkScalar>(
        of model: Model<Scalar>, _ arguments: Arguments
    ) throws -> Evaluation {
        let samples = try LabeledSamples(
            try arguments.positional(1, "DATA"), for: model, format: try TableOptions(arguments).format)
        return try Evaluation(of: model, on: samples, top: try top(arguments, for: model))
    }

    /// How many of the highest outputs are asked for; `nil` for as many as suit the model.
    private static func top<Scalar: NetworkScalar>(
        _ arguments: Arguments, for model: Model<Scalar>
    ) throws(UsageError) -> Int? {
        guard let text = arguments.text("top") else { return nil }
        guard !model.classNames.isEmpty, model.network.outputCount > 1 else {
            throw UsageError(message: "--top: expected with a model that has an output for each class, found '\(text)'")
        }
        return try arguments.integer("top", in: 1...model.network.outputCount)
    }
}
