/// What charts share: title, legend, an area with axes, and the numbers as a table.
///
/// The drawing is stretched to the page's width, with strokes that are not; texts are HTML beside it and keep their
/// size. So a chart is sharp and legible at any width, before any script has run.
struct ChartFrame {
    var title: String
    var note = ""
    var x: Axis
    var y: Axis
    var xName = ""
    /// Names and classes for the legend; none is shown for a single one.
    var legend: [(name: String, color: ChartColor)] = []
    /// What the chart says in a sentence, for those who don't see it.
    var description: String
    /// Of the drawing, in pixels.
    var height = 230
    /// Whether the values can be walked through: the table then has positions.
    var isInteractive = false

    /// The size of the drawing in its own units.
    static let side = 1000.0

    func html(pin: (x: Double, text: String)? = nil, drawing: HTML, table: HTML = .nothing) -> HTML {
        HTML("figure", ["class": "card chart"]) {
            HTML("figcaption") {
                HTML("h3") { title }
                if !note.isEmpty { HTML("p", ["class": "note"]) { note } }
            }
            if legend.count > 1 { legendHTML }
            plot(pin, drawing)
            table
        }
    }

    private var legendHTML: HTML {
        HTML("ul", ["class": "legend"]) {
            for entry in legend {
                HTML("li", ["class": entry.color.name, "style": entry.color.style]) { entry.name }
            }
        }
    }

    private func plot(_ pin: (x: Double, text: String)?, _ drawing: HTML) -> HTML {
        HTML(
            "div",
            [
                "class": pin == nil ? "plot" : "plot pinned", "role": isInteractive ? "group" : "img",
                "tabindex": isInteractive ? "0" : nil, "aria-label": description, "style": "--height:\(height)px",
            ]
        ) {
            HTML("div", ["class": "area"]) {
                HTML("svg", ["viewBox": "0 0 1000 1000", "preserveAspectRatio": "none", "aria-hidden": "true"]) {
                    HTML("path", ["class": "lines", "d": gridLines])
                    HTML("path", ["class": "base", "d": "M0 1000H1000"])
                    drawing
                }
                ticks
                if let pin { pinHTML(pin) }
            }
        }
    }

    private var gridLines: String {
        y.ticks.compactMap(y.position).map { "M0 \(coordinate(1 - $0))H1000" }.joined()
    }

    @HTMLBuilder private var ticks: HTML {
        for tick in y.ticks {
            if let place = y.position(tick) {
                HTML("span", ["class": "tick y", "style": "top:\(cssShare(1 - place))"]) { y.label(tick) }
            }
        }
        for tick in x.ticks {
            if let place = x.position(tick) {
                HTML("span", ["class": "tick x", "style": "left:\(cssShare(place))"]) {
                    x.label(tick)
                }
            }
        }
        if !xName.isEmpty { HTML("span", ["class": "axis"]) { xName } }
    }

    private func pinHTML(_ pin: (x: Double, text: String)) -> HTML {
        let place = x.position(pin.x) ?? 0
        let side = place < 0.2 ? " left" : place > 0.8 ? " right" : ""
        return HTML("span", ["class": "pin\(side)", "style": "left:\(cssShare(place))"]) { pin.text }
    }

}

/// A color that means something, by its place in the shared style.
enum ChartColor {
    /// One of two things.
    case first, second
    /// From 0 to 1, of things that have an order.
    case ordered(Double)

    /// The class that sets it.
    var name: String {
        switch self {
        case .first: "s0"
        case .second: "s1"
        case .ordered: "ordered"
        }
    }

    /// The style that places it in its order.
    var style: String? {
        guard case .ordered(let place) = self else { return nil }
        return "--t:\(fixed(place, 3))"
    }

    /// The color of one of so many things in a row.
    static func ordered(_ index: Int, of count: Int) -> ChartColor {
        .ordered(count > 1 ? Double(index) / Double(count - 1) : 0)
    }
}

/// A share of the drawing's side, in its units, to a tenth.
func coordinate(_ share: Double) -> String {
    let tenths = Int((share * ChartFrame.side * 10).rounded())
    let (whole, part) = (abs(tenths) / 10, abs(tenths) % 10)
    return (tenths < 0 ? "-" : "") + (part == 0 ? "\(whole)" : "\(whole).\(part)")
}

/// A share as CSS takes it.
func cssShare(_ share: Double) -> String { fixed(share * 100, 2) + "%" }
