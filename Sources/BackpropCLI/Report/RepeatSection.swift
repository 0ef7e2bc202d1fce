import Backprop

/// What was run, and how to run it again.
struct RepeatSection {
    let record: TrainReport
    let material: ReportMaterial

    var html: HTML {
        HTML("section") {
            HTML("h2") { "How to repeat it" }
            HTML("div", ["class": "card"]) {
                HTML("p", ["class": "note"]) {
                    "The same seed and data give the same model, bit for bit, on every processor and with any number of threads."
                }
                HTML("pre", ["tabindex": "0"]) { material.commandLine }
                HTML.facts(facts)
                HTML("div", ["class": "code"]) {
                    HTML.facts([("SHA-256 of \(record.model)", material.hash)])
                }
            }
        }
    }

    private var facts: [(name: String, value: String)] {
        [
            ("backprop", libraryVersion), ("Seed", "\(record.seed)"), ("Precision", record.run.precision.rawValue),
            ("Optimizer", record.optimizer.name), ("Learning rate", record.learningRate.text),
            ("Batch", "\(grouped(record.batchSize)) samples"), ("Steps", grouped(record.iterations)),
            ("Threads", "\(record.threads)"), ("Instructions", record.instructionSet),
        ]
    }
}
