import Backprop

/// Weights, activations and gradients.
struct InsideSection {
    let record: TrainReport
    let material: ReportMaterial

    @HTMLBuilder var html: HTML {
        HTML("section") {
            HTML("h2") { "Inside the network" }
            warnings
            HTML("div", ["class": "grid"]) {
                if diagnosed.count > 1 {
                    norms.html
                    updates.html
                }
                HTML("div", ["class": "card wide"]) { firstLayer }
            }
            HTML("h2") { "Layer by layer" }
            HTML("p", ["class": "note"]) {
                "Weights, and activations for \(grouped(material.activationSamples)) of the samples it was judged by."
            }
            HTML("div", ["class": "grid layers"]) {
                for layer in material.layers {
                    layer.weights?.html(title: layer.name, note: "weights", of: "weights") ?? .nothing
                    layer.activations?.html(title: layer.name, note: "activations", of: "activations", color: .second)
                        ?? .nothing
                }
            }
        }
    }

    // MARK: Gradients

    private var diagnosed: [EpochReport] { record.history.epochs.filter { $0.diagnosis != nil } }

    private func series(_ value: (TrainingDiagnosis.LayerState) -> Double) -> [LineChart.Series] {
        material.layers.indices.map { layer in
            LineChart.Series(
                name: "layer \(layer)", values: diagnosed.map { $0.diagnosis.map { value($0.layers[layer]) } },
                color: .ordered(layer, of: material.layers.count))
        }
    }

    private var norms: LineChart {
        LineChart(
            title: "Gradients", note: "The norm of each layer's gradient in the last step of each epoch",
            x: diagnosed.map { Double($0.epoch) }, series: series(\.gradientNorm))
    }

    private var updates: LineChart {
        LineChart(
            title: "Change", note: "How far each epoch moved the parameters of a layer, as a share of their norm",
            x: diagnosed.map { Double($0.epoch) },
            series: series { $0.parameterNorm > 0 ? $0.updateNorm / $0.parameterNorm : 0 })
    }

    /// What looked wrong in the last epoch.
    @HTMLBuilder private var warnings: HTML {
        if let warnings = diagnosed.last?.diagnosis?.warnings, !warnings.isEmpty {
            HTML("div", ["class": "card", "style": "margin-bottom:1rem"]) {
                HTML("h3") { "Worth a look" }
                HTML("ul", ["class": "warnings"]) { warnings.map { warning in HTML("li") { "\(warning)" } } }
            }
        }
    }

    // MARK: The first layer

    private var bound: Double { material.units.flatMap(\.weights).map(abs).max() ?? 0 }

    @HTMLBuilder private var firstLayer: HTML {
        let left =
            material.unitCount > material.units.count
            ? " The \(material.units.count) units of \(material.unitCount) with the largest weights are shown." : ""
        HTML("h3") { "What the first layer looks for" }
        HTML("p", ["class": "note"]) {
            (material.image == nil
                ? "A row for each input, a column for each unit." : "The weights of a unit each, where its inputs are.")
                + " Blue is below 0, orange above, the strongest ±\(readable(bound, 3)).\(left)"
            HTML("span", ["class": "scale"])
        }
        if let image = material.image {
            HTML("div", ["class": "tiles units"]) { material.units.map { tile($0, image) } }
        } else {
            matrix
        }
    }

    private func tile(_ unit: ReportMaterial.Unit, _ image: ImageShape) -> HTML {
        let picture = PNG(width: image.width, height: image.height, signed: unit.weights, bound: bound)
        let name = isLast ? record.evaluation.classification?.classNames[unit.number] : nil
        return HTML("figure") {
            HTML("img", ["src": picture.address, "alt": "Weights of unit \(unit.number)"])
            HTML("figcaption") { name ?? "\(unit.number)" }
        }
    }

    /// Whether the first layer is the last one, and has a unit for each class.
    private var isLast: Bool {
        material.layers.count == 1 && record.evaluation.classification?.classNames.count == material.unitCount
    }

    /// More inputs than this are left out of the table.
    private static let rowLimit = 40

    private var matrix: HTML {
        let inputs = material.units.first?.weights.count ?? 0
        let names = material.inputNames.isEmpty ? (0..<inputs).map { "input \($0)" } : material.inputNames
        let shown = Array(names.prefix(Self.rowLimit))
        let cells = shown.indices.map { input in
            material.units.map { unit in
                let weight = unit.weights[input]
                return HeatMap.Cell(
                    text: "", depth: bound > 0 ? abs(weight) / bound : 0, color: weight < 0 ? .first : .second,
                    title: "\(names[input]) to unit \(unit.number): \(readable(weight))")
            }
        }
        var map = HeatMap(
            rowNames: shown, columnNames: material.units.map { "\($0.number)" }, cells: cells,
            description: "Weights of the first layer")
        map.kind = "matrix"
        return HTML.list([
            map.html,
            shown.count < names.count
                ? HTML("p", ["class": "note"]) {
                    "The first \(shown.count) of \(grouped(names.count)) inputs are shown."
                }
                : .nothing,
        ])
    }
}
