import Backprop

/// The page about a run: how it learned, what it gets wrong, what is inside, and how to repeat it.
struct TrainingPage {
    let record: TrainReport
    let material: ReportMaterial

    var html: HTMLPage {
        HTMLPage(title: "\(name): \(headline.figure) \(headline.name)", style: Self.style) {
            header
            LearningSection(record: record).html
            MistakesSection(record: record, material: material).html
            InsideSection(record: record, material: material).html
            RepeatSection(record: record, material: material).html
        }
    }

    // MARK: The head of the page

    private var evaluation: Evaluation { record.evaluation }

    /// What the data is called, without its folder.
    private var name: String { record.data.split(separator: "/").last.map(String.init) ?? record.data }

    /// The figure that matters, and what it is of.
    private var headline: (figure: String, name: String, detail: String) {
        let kind = record.heldOutSamples > 0 ? "unseen" : "training"
        let samples = "\(grouped(evaluation.samples)) \(kind) samples"
        if let found = evaluation.classification {
            let bounds = found.accuracyInterval.map { readable($0 * 100, 3) }
            return (
                "\(fixed(found.accuracy * 100, found.accuracy == 1 ? 0 : 1)) %", "accuracy",
                "on \(samples); the 95 % interval is \(bounds[0]) to \(bounds[1]) %"
            )
        }
        if let found = evaluation.regression {
            let detail = "on \(samples); mean absolute error \(readable(found.meanAbsoluteError))"
            return (
                readable(found.rSquared, 4), "R²",
                "\(detail), root mean squared error \(readable(found.rootMeanSquaredError))"
            )
        }
        let error = evaluation.reconstruction?.meanSquaredError ?? evaluation.loss
        return (readable(error, 3), "mean squared reconstruction error", "on \(samples), in scaled units")
    }

    private var header: HTML {
        HTML("header") {
            HTML("p", ["class": "eyebrow"]) { record.data == name ? "backprop train" : record.data }
            HTML("h1") { name }
            HTML("p", ["class": "headline"]) {
                HTML("strong") { headline.figure }
                HTML("span") {
                    HTML("b") { headline.name }
                    " \(headline.detail)"
                }
            }
            HTML.facts(facts)
        }
    }

    private var facts: [(name: String, value: String)] {
        let perSecond = Double(record.trainingSamples * record.epochs) / record.seconds
        let looked = record.validationSamples > 0 ? ", \(grouped(record.validationSamples)) to validate on" : ""
        return [
            ("Network", record.network.chain),
            ("Parameters", grouped(record.network.parameters)),
            ("Learned from", "\(grouped(record.trainingSamples)) samples\(looked)"),
            ("Epochs", grouped(record.epochs) + (record.epochs == record.run.epochs ? "" : ", \(record.stopped)")),
            ("Took", "\(readable(record.seconds, 3)) s, \(grouped(Int(perSecond))) samples a second"),
        ]
    }

    private static let style: StaticString = """
        .eyebrow { color: var(--soft); font-size: 13px; margin-bottom: .35rem; }
        h1 { overflow-wrap: anywhere; }
        .headline { display: flex; flex-wrap: wrap; align-items: baseline; gap: .2rem 1.1rem; margin: 1.1rem 0 1.6rem; }
        .headline strong { font-size: clamp(2.9rem, 11vw, 4.6rem); line-height: 1; letter-spacing: -.035em; font-weight: 640; color: var(--first); }
        .headline span { color: var(--soft); max-width: 34rem; flex: 1 1 16rem; }
        .headline b { color: var(--ink); font-weight: 600; }
        header .facts { padding: 1.1rem 0 0; border-top: 1px solid var(--line); }
        .wide { grid-column: 1 / -1; }

        .tiles { display: grid; gap: .9rem .7rem; grid-template-columns: repeat(auto-fill, minmax(84px, 1fr)); margin-top: 1rem; }
        .tiles figure { min-width: 0; }
        .tiles img { display: block; width: 100%; image-rendering: pixelated; border-radius: 6px; background: var(--faint); }
        .tiles figcaption { font-size: 12.5px; line-height: 1.35; margin-top: .35rem; color: var(--soft); }
        .tiles figcaption b { color: var(--ink); font-weight: 600; }
        .tiles .was { color: var(--first); }
        .tiles .said { color: var(--second); }
        .units { gap: .5rem; grid-template-columns: repeat(auto-fill, minmax(62px, 1fr)); }
        .units figcaption { margin-top: .15rem; font-size: 11.5px; }
        .pairs { grid-template-columns: repeat(auto-fill, minmax(150px, 1fr)); }
        .pairs .pair { display: grid; grid-template-columns: 1fr 1fr; gap: 3px; }

        .scale { display: inline-block; width: 9rem; height: .6rem; border-radius: 3px; vertical-align: middle; margin: 0 .4rem;
          background: linear-gradient(90deg, rgb(30 126 206), transparent, rgb(232 124 20)); }
        @media (min-width: 760px) { .layers { grid-template-columns: 1fr 1fr; } }
        .matrix td { width: auto; min-width: .8rem; height: 1.2rem; border-radius: 2px; }
        .heat.matrix th { font-weight: 400; font-size: 11px; }
        .heat.matrix thead th { min-width: 1.3rem; }
        @media (max-width: 560px) { .units { grid-template-columns: repeat(auto-fill, minmax(42px, 1fr)); } }
        .warnings { margin-top: 1rem; padding-left: 1.1rem; list-style: disc; }
        """
}
