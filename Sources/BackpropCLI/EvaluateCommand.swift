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
            """,
        options: [.json],
        maximumPositionals: 2,
        run: { arguments, console in
            let model = try Model<Float>(contentsOf: try arguments.positional(0, "MODEL"))
            let samples = try LabeledSamples(try arguments.positional(1, "DATA"), for: model)
            let evaluation = try Evaluation(of: model, on: samples)
            if arguments.has("json") {
                try console.json(evaluation)
            } else {
                let loss = "loss \(significant(evaluation.loss, 6))"
                console.line("\(evaluation.headline), \(loss) on \(grouped(evaluation.samples)) samples")
                if !evaluation.confusionText.isEmpty { console.write("\n\(evaluation.confusionText)") }
            }
            return ExitStatus.success
        }
    )
}
