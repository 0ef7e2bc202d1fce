import Backprop

/// What the network says of the samples that it is judged by.
struct MistakesSection {
    let record: TrainReport
    let material: ReportMaterial

    private var kind: String { record.heldOutSamples > 0 ? "samples it has not seen" : "samples it has learned from" }

    @HTMLBuilder var html: HTML {
        HTML("section") {
            switch material.answers {
            case .classes(let mistakes, let count):
                HTML("h2") { "What it gets wrong" }
                HTML("div", ["class": "grid"]) {
                    if let found = record.evaluation.classification { classes(found) }
                }
                self.mistakes(mistakes, of: count)
            case .values(let points, let worst):
                HTML("h2") { "How far it is off" }
                HTML("div", ["class": "grid"]) { regression(points) }
                residuals(worst)
            case .reconstructions(let some, let worst):
                HTML("h2") { "What it makes of its inputs" }
                pairs("Inputs beside reconstructions", "Evenly out of \(kind).", some)
                pairs("The worst", "Those with the largest mean squared error.", worst)
            }
        }
    }

    // MARK: Classes

    /// More classes than this make a table that nobody reads.
    private static let readableClasses = 30

    @HTMLBuilder private func classes(_ found: Classification) -> HTML {
        if found.classNames.count <= Self.readableClasses {
            HTML("div", ["class": "card"]) {
                HTML("h3") { "Confusion matrix" }
                HTML("p", ["class": "note"]) {
                    "A row for each actual class, a column for each predicted one. Right answers are blue, wrong ones orange."
                }
                confusion(found).html
            }
            HTML("div", ["class": "card"]) {
                HTML("h3") { "Class by class" }
                HTML("p", ["class": "note"]) {
                    "Precision: of what it called so, the share that is. Recall: of what is, the share it found."
                }
                scores(found)
            }
        }
    }

    private func confusion(_ found: Classification) -> HeatMap {
        let names = found.classNames
        let wrong = found.confusion.enumerated().flatMap { actual, row in
            row.indices.filter { $0 != actual }.map { row[$0] }
        }
        let most = Double(max(wrong.max() ?? 0, 1))
        let cells = found.confusion.enumerated().map { actual, row in
            let total = max(row.reduce(0, +), 1)
            return row.enumerated().map { predicted, count in
                let share = Double(count) / Double(total)
                // Rare mistakes must be seen too: the root raises small shares, and the most frequent stands out.
                let depth = actual == predicted ? share : max(share.squareRoot(), Double(count) / most / 2)
                return HeatMap.Cell(
                    text: count == 0 ? "" : "\(count)", depth: count == 0 ? 0 : max(depth, 0.08),
                    color: actual == predicted ? .first : .second,
                    title: "\(names[actual]) taken for \(names[predicted]): \(grouped(count)) of \(grouped(total))")
            }
        }
        return HeatMap(
            rowNames: names, columnNames: names, cells: cells,
            description: "Confusion matrix: rows are actual classes, columns predicted ones")
    }

    private func scores(_ found: Classification) -> HTML {
        let rows = Array(zip(found.classNames, found.classScores)) + [("macro average", found.macro)]
        return HTML.table(
            head: ["class", "precision", "recall", "F1", "samples"],
            rows: rows.map { name, scores in
                [name] + [scores.precision, scores.recall, scores.f1].map { fixed($0, 3) } + [grouped(scores.samples)]
            })
    }

    @HTMLBuilder private func mistakes(_ mistakes: [ReportMaterial.Mistake], of count: Int) -> HTML {
        HTML("h2") { "The worst mistakes" }
        HTML("p", ["class": "note"]) {
            summary(shown: mistakes.count, of: count)
        }
        if !mistakes.isEmpty {
            HTML("div", ["class": "card"]) {
                if material.image != nil {
                    HTML("div", ["class": "tiles"]) { mistakes.map(tile) }
                } else {
                    rows(mistakes)
                }
                columnsNote
            }
        }
    }

    private func summary(shown: Int, of count: Int) -> String {
        let all = "\(grouped(record.evaluation.samples)) \(kind)"
        if count == 0 { return "None: all \(all) are right." }
        let order = "Those that it was most sure of come first"
        return "\(grouped(count)) of \(all) \(count == 1 ? "is" : "are") wrong."
            + (count == 1 ? "" : count > shown ? " \(order); \(shown) are shown." : " \(order).")
    }

    private func tile(_ mistake: ReportMaterial.Mistake) -> HTML {
        let sentence = "Sample \(mistake.sample.number): \(mistake.actual), taken for \(mistake.predicted)"
        return HTML("figure", ["title": sentence]) {
            picture(mistake.sample, sentence)
            HTML("figcaption") {
                HTML("b", ["class": "was"]) { mistake.actual }
                " taken for "
                HTML("b", ["class": "said"]) { mistake.predicted }
                ", \(share(mistake.confidence))"
            }
        }
    }

    private func rows(_ mistakes: [ReportMaterial.Mistake]) -> HTML {
        HTML.table(
            head: ["sample", "actual", "predicted", "output", "output for actual"] + material.columns,
            rows: mistakes.map { mistake in
                ["\(mistake.sample.number)", mistake.actual, mistake.predicted]
                    + [mistake.confidence, mistake.confidenceInActual].map(share) + mistake.sample.cells
            })
    }

    private func share(_ output: Double) -> String { "\(fixed(output * 100, 1)) %" }

    @HTMLBuilder private var columnsNote: HTML {
        if material.columnCount > material.columns.count, material.image == nil {
            HTML("p", ["class": "note"]) {
                "The first \(material.columns.count) of \(material.columnCount) columns are shown."
            }
        }
    }

    // MARK: Numbers

    @HTMLBuilder private func regression(_ points: [(actual: Double, predicted: Double)]) -> HTML {
        let name = record.run.target ?? "value"
        ScatterChart(
            title: "Predicted against actual",
            note: "On \(kind), predicted \(name) upwards; on the diagonal they agree.",
            xName: "actual \(name)", points: points.map { ($0.actual, $0.predicted) }
        ).html
        if let histogram = Histogram(points.map { $0.predicted - $0.actual }) {
            histogram.html(
                title: "Errors", note: "Predicted minus actual, by how many samples have it.", of: "samples",
                height: 340)
        }
    }

    @HTMLBuilder private func residuals(_ worst: [ReportMaterial.Residual]) -> HTML {
        HTML("h2") { "The largest errors" }
        HTML("div", ["class": "card"]) {
            HTML.table(
                head: ["sample", "actual", "predicted", "error"] + material.columns,
                rows: worst.map { residual in
                    ["\(residual.sample.number)"]
                        + [residual.actual, residual.predicted, residual.predicted - residual.actual].map {
                            readable($0, 5)
                        } + residual.sample.cells
                })
            columnsNote
        }
    }

    // MARK: Autoencoders

    private func pairs(_ title: String, _ note: String, _ pairs: [ReportMaterial.Reconstruction]) -> HTML {
        HTML("div", ["class": "card", "style": "margin-bottom:1rem"]) {
            HTML("h3") { title }
            HTML("p", ["class": "note"]) { note }
            if material.image != nil {
                HTML("div", ["class": "tiles pairs"]) { pairs.map(pair) }
            } else {
                HTML.table(head: ["sample", ""] + material.columns + ["error"], rows: pairs.flatMap(rows))
                columnsNote
            }
        }
    }

    /// The input, and below it what was made of it.
    private func rows(_ pair: ReportMaterial.Reconstruction) -> [[String]] {
        let input = ["\(pair.sample.number)", "input"] + pair.sample.cells + [""]
        let output = ["", "made of it"] + pair.output.cells + [readable(pair.error, 3)]
        return [input, output]
    }

    private func pair(_ pair: ReportMaterial.Reconstruction) -> HTML {
        HTML("figure") {
            HTML("div", ["class": "pair"]) {
                picture(pair.sample, "Sample \(pair.sample.number)")
                picture(pair.output, "What the network makes of it")
            }
            HTML("figcaption") { "sample \(pair.sample.number), error \(readable(pair.error, 2))" }
        }
    }

    private func picture(_ sample: ReportMaterial.Sample, _ text: String) -> HTML {
        HTML("img", ["src": sample.picture?.address, "alt": text])
    }
}
