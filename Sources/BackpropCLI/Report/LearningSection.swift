import Backprop

/// Curves over the epochs.
struct LearningSection {
    let record: TrainReport

    private var epochs: [EpochReport] { record.history.epochs }
    private var x: [Double] { epochs.map { Double($0.epoch) } }

    @HTMLBuilder var html: HTML {
        HTML("section") {
            HTML("h2") { "How it learned" }
            if epochs.isEmpty {
                HTML("p", ["class": "note"]) { "No epoch was run to its end." }
            } else {
                HTML("div", ["class": "grid"]) {
                    loss.html
                    if let accuracy { accuracy.html }
                    if let learningRate { learningRate.html }
                }
            }
        }
    }

    private var best: (index: Int, text: String)? {
        guard let best = record.history.best, let index = epochs.firstIndex(where: { $0.epoch == best.epoch })
        else { return nil }
        return (index, "best: epoch \(best.epoch)")
    }

    private var loss: LineChart {
        var series = [LineChart.Series(name: "training", values: epochs.map(\.loss), color: .first)]
        if epochs.contains(where: { $0.validation != nil }) {
            let values = epochs.map { $0.validation?.loss }
            series.append(LineChart.Series(name: "validation", values: values, color: .second))
        }
        return LineChart(
            title: "Loss", note: "\(record.loss.rawValue), the mean over each epoch's samples", x: x, series: series,
            mark: best)
    }

    private var accuracy: LineChart? {
        let values = epochs.map { $0.validation?.accuracy }
        guard values.contains(where: { $0 != nil }) else { return nil }
        return LineChart(
            title: "Accuracy", note: "on the \(grouped(record.validationSamples)) validation samples", x: x,
            series: [LineChart.Series(name: "validation", values: values, color: .second)], scale: .linear, mark: best,
            unit: (100, " %"))
    }

    /// None where it is the same all the time: the settings say it.
    private var learningRate: LineChart? {
        let rates = epochs.map(\.learningRate)
        guard Set(rates).count > 1 else { return nil }
        return LineChart(
            title: "Learning rate", note: "after each epoch", x: x,
            series: [LineChart.Series(name: "learning rate", values: rates, color: .first)])
    }
}
