import Backprop

/// The page of `backprop inspect --html`: a model's layers, and pictures of its weights.
struct InspectionPage {
    private struct LayerPictures {
        /// `weights[unit][input]`
        var weights: [[Double]]
        var biases: [Double]
    }

    private let report: Inspection
    private let layers: [LayerPictures]

    init<Scalar: NetworkScalar>(_ report: Inspection, _ network: Network<Scalar>) {
        self.report = report
        layers = network.layers.indices.map { layer in
            LayerPictures(
                weights: network.weights(ofLayer: layer).map { $0.map { Double($0) } },
                biases: network.biases(ofLayer: layer).map { Double($0) })
        }
    }

    /// The most pictures of units, and the most pixels of a side of a heat map.
    private static let mostUnits = 64
    private static let mostPixels = 512
    /// Square inputs from this side on are taken for pictures, where they have no names or are called pixels.
    private static let smallestPicture = 4

    /// The file.
    var text: String {
        HTMLPage(title: "backprop inspect: \(report.model)", style: Self.style) {
            HTML("header") {
                HTML("h1") { report.model }
                HTML("p", ["class": "note"]) { report.network.chain }
            }
            HTML("div", ["class": "card"]) { HTML.facts(report.facts.dropFirst().filter { $0.value != "-" }) }
            HTML("h2") { "Layers" }
            HTML("div", ["class": "card"]) { HTML.table(head: report.layerHead, rows: report.layerRows) }
            HTML("p", ["class": "note below"]) {
                "Of the weights: mean, standard deviation, smallest, largest, Euclidean norm and share of zeros. "
                "A unit is dead if all weights that lead to it, or all that lead on from it, are 0."
            }
            if let side = pictureSide { firstLayer(side) }
            HTML("h2") { "Weights" }
            for (index, layer) in layers.enumerated() { section(index, layer) }
        }.text
    }

    // MARK: The first layer

    /// The side of the pictures that the inputs seem to be.
    private var pictureSide: Int? {
        let inputs = report.network.inputs
        let side = Int(Double(inputs).squareRoot())
        let arePixels = report.inputNames.allSatisfy { $0.lowercased().hasPrefix("pixel") }
        return side * side == inputs && side >= Self.smallestPicture && arePixels ? side : nil
    }

    @HTMLBuilder private func firstLayer(_ side: Int) -> HTML {
        let bound = largest(layers[0])
        let shown = strongestUnits
        HTML("h2") { "What the first layer looks for" }
        HTML("div", ["class": "card"]) {
            HTML("p", ["class": "note"]) {
                "The weights of a unit each, with the \(grouped(side * side)) inputs as a picture of \(side) × \(side)."
                if shown.count < layers[0].weights.count {
                    " The \(shown.count) units of \(layers[0].weights.count) with the largest weights."
                }
                scale(bound)
            }
            HTML("div", ["class": "tiles"]) {
                for unit in shown {
                    HTML("figure") {
                        picture(
                            PNG(width: side, height: side, signed: layers[0].weights[unit], bound: bound),
                            "Weights of unit \(unit)")
                        HTML("figcaption") { "\(unit)" }
                    }
                }
            }
        }
    }

    /// The units with the largest norms, in their order.
    private var strongestUnits: [Int] {
        let norms = layers[0].weights.map { $0.reduce(0) { $0 + $1 * $1 } }
        return Array(norms.indices.sorted { (norms[$0], $1) > (norms[$1], $0) }.prefix(Self.mostUnits)).sorted()
    }

    // MARK: Each layer

    private func section(_ index: Int, _ layer: LayerPictures) -> HTML {
        let summary = report.network.layers[index]
        return HTML("section", ["class": "grid layer"]) {
            HTML("figure", ["class": "card"]) {
                HTML("figcaption") {
                    HTML("h3") { "Layer \(index): \(summary.inputs) → \(summary.units) \(summary.description)" }
                    HTML("p", ["class": "note"]) {
                        "A row for each unit, a column for each input.\(reduction(of: layer))"
                        scale(largest(layer))
                    }
                }
                HTML("div", ["class": "map"]) { heatMap(index, layer) }
            }
            if let histogram = Histogram(layer.weights.joined()) {
                histogram.html(title: "Weights", note: spread(summary.weights), of: "weights")
            }
            if let biases = summary.biases, let histogram = Histogram(layer.biases) {
                histogram.html(title: "Biases", note: spread(biases), of: "biases", color: .second)
            }
        }
    }

    private func spread(_ values: NetworkSummary.Statistics) -> String {
        "mean \(readable(values.mean)), standard deviation \(readable(values.standardDeviation))"
    }

    /// How many weights share a pixel's side, so that there are no more pixels than a screen has.
    private func step(_ count: Int) -> Int { (count + Self.mostPixels - 1) / Self.mostPixels }

    private func reduction(of layer: LayerPictures) -> String {
        let (rows, columns) = (step(layer.weights.count), step(layer.weights[0].count))
        return rows * columns > 1 ? " A pixel is the mean of \(rows) × \(columns) weights." : ""
    }

    private func heatMap(_ index: Int, _ layer: LayerPictures) -> HTML {
        let (units, inputs) = (layer.weights.count, layer.weights[0].count)
        let (rowStep, columnStep) = (step(units), step(inputs))
        let rows = Array(stride(from: 0, to: units, by: rowStep))
        let columns = Array(stride(from: 0, to: inputs, by: columnStep))
        let values = rows.flatMap { row in
            columns.map { column -> Double in
                let block = layer.weights[row..<min(row + rowStep, units)].flatMap {
                    $0[column..<min(column + columnStep, inputs)]
                }
                return block.reduce(0, +) / Double(block.count)
            }
        }
        let bound = largest(layer)
        return picture(
            PNG(width: columns.count, height: rows.count, signed: values, bound: bound),
            "Heat map of the weights of layer \(index)")
    }

    private func largest(_ layer: LayerPictures) -> Double { layer.weights.joined().map(abs).max() ?? 0 }

    private func picture(_ png: PNG, _ text: String) -> HTML { HTML("img", ["src": png.address, "alt": text]) }

    /// What the colors mean.
    private func scale(_ bound: Double) -> HTML {
        HTML("span", ["class": "scale"]) {
            "−\(readable(bound, 3)) "
            HTML("i")
            " \(readable(bound, 3))"
        }
    }

    private static let style: StaticString = """
        h1 { overflow-wrap: anywhere; }
        header { margin-bottom: 1.2rem; }
        .below { margin-top: .7rem; }
        .tiles { display: grid; gap: .6rem; grid-template-columns: repeat(auto-fill, minmax(72px, 1fr)); margin-top: 1rem; }
        .tiles img { display: block; width: 100%; image-rendering: pixelated; border-radius: 6px; background: var(--faint); }
        .tiles figcaption { font-size: 12px; color: var(--soft); line-height: 1.6; }
        .layer { margin-bottom: 1rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 300px), 1fr)); }
        .map { margin-top: .9rem; }
        .map img { display: block; width: 100%; max-height: 26rem; min-height: 6rem; image-rendering: pixelated; background: var(--faint); border-radius: 6px; }
        .scale { display: inline-block; white-space: nowrap; margin-left: .6rem; }
        .scale i {
          display: inline-block; width: 5.5rem; height: .6rem; border-radius: 3px; vertical-align: middle;
          background: linear-gradient(90deg, rgb(30 126 206), transparent, rgb(232 124 20));
        }
        @media (max-width: 560px) { .tiles { grid-template-columns: repeat(auto-fill, minmax(52px, 1fr)); } }
        """
}
