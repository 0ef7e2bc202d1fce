import Backprop

/// The network of a trace as the tutorials draw it, with its numbers: SVG.
///
/// Where every number stands is known before any number is: the drawing names them, and whoever shows it, the page's
/// script or ``html``, writes them.
struct TraceDrawing {
    enum Direction {
        /// From left to right; a long chain goes to and fro.
        case rightward
        /// From top to bottom, for narrow screens.
        case downward
    }

    let trace: Trace
    let layout: TraceLayout
    private let largestWeight: Double
    /// A number as the page's script finds it.
    var slot: (TraceNumber) -> Int? = { _ in nil }

    /// What is marked: the first weight of the first layer, whose derivation is the longest.
    static let firstWeight = TraceNumber.Place(layer: 0, unit: 0, input: 0)

    init(_ trace: Trace, _ direction: Direction = .rightward) {
        self.trace = trace
        layout = TraceLayout(trace, direction)
        largestWeight = trace.layers.flatMap(\.units).flatMap { $0.weights.map { abs($0.value) } }.max() ?? 0
    }

    /// The drawing with the numbers of its trace.
    var html: HTML {
        HTML(
            "svg",
            [
                "xmlns": "http://www.w3.org/2000/svg", "class": "network",
                "viewBox": "0 0 \(short(layout.size.width)) \(short(layout.size.height))",
                "width": short(layout.size.width), "height": short(layout.size.height), "role": "group",
                "aria-label": "The network: \(trace.summary)",
            ]
        ) { content }
    }

    /// What stands within the element `svg`.
    @HTMLBuilder var content: HTML {
        HTML("style") { HTML.source(Self.style) }
        for edge in layout.edges { line(edge) }
        for column in layout.cards.indices { for card in layout.cards[column] { self.card(card) } }
        for edge in layout.edges { label(edge) }
    }

    /// A number to four digits, with a power of ten to three, which is what there is room for.
    private static func text(_ value: Double) -> String {
        abs(value) < 1e-4 || abs(value) >= 1e15 ? readable(value, 3) : readable(value)
    }

    // MARK: Weights

    private func line(_ edge: TraceLayout.Edge) -> HTML {
        let path = "M\(short(edge.from.x)) \(short(edge.from.y))L\(short(edge.to.x)) \(short(edge.to.y))"
        guard let place = edge.place else {
            return HTML("g", ["class": "edge result", "data-unit": edge.sourceName]) {
                HTML("path", ["class": "weight", "d": path])
                HTML("path", ["class": "flow", "d": path])
            }
        }
        let weight = trace[place]
        let isMarked = place == Self.firstWeight
        return HTML("g", ["class": isMarked ? "edge part chosen" : "edge part", "data-part": weight.name]) {
            HTML("path", ["class": "hit", "d": path])
            HTML(
                "path",
                [
                    "class": weight.value < 0 ? "weight negative" : "weight", "d": path,
                    "style": "stroke-width:\(fixed(thickness(weight.value), 2))",
                ])
            HTML("path", ["class": "flow", "d": path])
        }
    }

    /// From 1.25 for nothing to 6 for the largest weight.
    private func thickness(_ weight: Double) -> Double {
        largestWeight > 0 && weight.isFinite ? 1.25 + 4.75 * abs(weight) / largestWeight : 1.25
    }

    private func label(_ edge: TraceLayout.Edge) -> HTML {
        let (x, lines) = (short(edge.label.x), edge.baselines)
        guard let place = edge.place else {
            let output = edge.source
            return HTML("g", ["class": edge.isLabeled ? "label" : "label dense"]) {
                text(x, lines.upper, .target(output), named: "target", stages: 0...stages.update)
                text(
                    x, lines.lower, .lossPart(output), named: "E \(edge.sourceName)",
                    stages: stages.error...stages.update)
            }
        }
        let name = trace[place].name
        let kind = (edge.isLabeled ? "" : " dense") + (place == Self.firstWeight ? " chosen" : "")
        return HTML("g", ["class": "label part\(kind)", "data-part": name]) {
            text(x, lines.upper, .parameter(.value, place), named: name, stages: 0...stages.update)
            text(
                x, lines.lower, .parameter(.gradient, place), named: "∂E/∂w",
                stages: stages.backward(place.layer)...(stages.update - 1), kind: "gradient")
            text(x, lines.lower, .parameter(.updated, place), named: "→", stages: stages.update...stages.update)
        }
    }

    private var stages: TraceStages { TraceStages(layers: trace.layers.count) }

    // MARK: Units

    private func card(_ card: TraceLayout.Card) -> HTML {
        let unit = card.unitPlace.map { trace.layers[$0.layer].units[$0.unit] }
        let kind = unit == nil ? "node" : "node part"
        return HTML("g", ["class": kind, "data-part": unit?.name, "data-node": card.name]) {
            HTML(
                "rect",
                [
                    "x": short(card.center.x - card.width / 2), "y": short(card.center.y - card.height / 2),
                    "width": short(card.width), "height": short(card.height), "rx": "13",
                ])
            for (index, row) in card.rows.enumerated() { self.row(row, index, card) }
        }
    }

    private func row(_ row: TraceLayout.Row, _ index: Int, _ card: TraceLayout.Card) -> HTML {
        let y = card.center.y - card.height / 2 + 18 + TraceLayout.rowHeight * Double(index)
        let (left, right) = (card.center.x - card.width / 2 + 11, card.center.x + card.width / 2 - 11)
        let bias: String? = row.isBias ? row.name : nil
        return HTML("g", ["class": bias == nil ? "row" : "row part bias", "data-part": bias]) {
            if bias != nil {
                HTML(
                    "rect",
                    [
                        "class": "hit", "x": short(left - 6), "y": short(y - 12), "width": short(right - left + 12),
                        "height": short(TraceLayout.rowHeight), "rx": "5",
                    ])
            }
            HTML("text", ["class": index == 0 ? "name" : "key", "x": short(left), "y": short(y)]) { row.name }
            if let number = row.number {
                let end = row.updated == nil ? stages.update : stages.update - 1
                value(number, right, y, kind: row.name == "δ" ? "value gradient" : "value", stages: row.from...end)
            }
            if let updated = row.updated {
                value(updated, right, y, kind: "value", stages: stages.update...stages.update)
            }
        }
    }

    private func value(
        _ number: TraceNumber, _ x: Double, _ y: Double, kind: String, stages: ClosedRange<Int>
    ) -> HTML {
        HTML(
            "text",
            [
                "class": kind + (isHidden(stages) ? " off" : ""), "x": short(x), "y": short(y),
                "data-short": slot(number).map(String.init), "data-from": String(stages.lowerBound),
                "data-to": String(stages.upperBound),
            ]
        ) { Self.text(trace[number]) }
    }

    private func text(
        _ x: String, _ y: Double, _ number: TraceNumber, named name: String, stages: ClosedRange<Int>,
        kind: String = "value"
    ) -> HTML {
        HTML(
            "text",
            [
                "x": x, "y": short(y), "class": isHidden(stages) ? "off" : nil,
                "data-from": String(stages.lowerBound), "data-to": String(stages.upperBound),
            ]
        ) {
            HTML("tspan", ["class": "key"]) { name + " " }
            HTML("tspan", ["class": kind, "data-short": slot(number).map(String.init)]) { Self.text(trace[number]) }
        }
    }

    /// Whether something is not shown among all that is known of a step: what the update makes of it.
    private func isHidden(_ stages: ClosedRange<Int>) -> Bool { stages.lowerBound == self.stages.update }
}

/// The stages that a step is shown in: 0 is all at once, then forward layer by layer, the error, back layer by layer,
/// and the update.
struct TraceStages {
    var layers: Int

    /// Layers are counted from 0.
    func forward(_ layer: Int) -> Int { layer + 1 }
    var error: Int { layers + 1 }
    func backward(_ layer: Int) -> Int { 2 * layers + 1 - layer }
    var update: Int { 2 * layers + 2 }
}

/// A coordinate, to a tenth.
private func short(_ value: Double) -> String {
    value == value.rounded() ? String(Int(value)) : fixed(value, 1)
}
