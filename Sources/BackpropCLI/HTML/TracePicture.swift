import Backprop

/// The picture of `backprop trace --svg`: the network with the numbers of the first step, the gradient of its first
/// weight by the chain rule, and the error of the steps that follow. Light or dark as the reader's system is.
struct TracePicture {
    private let steps: TraceSteps
    private let trace: Trace
    private let formulas: TraceFormulas
    private let drawing: TraceDrawing

    init(_ steps: TraceSteps) {
        self.steps = steps
        trace = steps.traces[0]
        formulas = TraceFormulas(trace: trace)
        drawing = TraceDrawing(trace)
    }

    private static let chart = TraceLayout.Size(width: 230, height: 74)
    private static let margin = 14.0

    private var size: TraceLayout.Size {
        let network = drawing.layout.size
        return .init(width: max(network.width + 2 * Self.margin, 700), height: network.height + 164)
    }

    /// The file.
    var text: String {
        let (width, height) = (fixed(size.width, 0), fixed(size.height, 0))
        return HTML(
            "svg",
            [
                "xmlns": "http://www.w3.org/2000/svg", "class": "network", "viewBox": "0 0 \(width) \(height)",
                "width": width, "height": height, "role": "img", "aria-labelledby": "title",
            ]
        ) {
            HTML("title", ["id": "title"]) { "One step of backpropagation, number by number: \(trace.summary)" }
            HTML("style") { HTML.source(Self.style) }
            HTML(
                "rect",
                [
                    "class": "ground", "x": "0.5", "y": "0.5", "width": fixed(size.width - 1, 0),
                    "height": fixed(size.height - 1, 0), "rx": "14",
                ])
            HTML("g", ["transform": "translate(\(fixed((size.width - drawing.layout.size.width) / 2, 1)) 14)"]) {
                drawing.content
            }
            derivation
            curve
        }.text + "\n"
    }

    /// The chain rule for the first weight: as derivatives, as what they are, and as numbers.
    private var derivation: HTML {
        let place = TraceDrawing.firstWeight
        let name = trace[place].name
        let factors = formulas.isChain ? formulas.product(place.layer) : formulas.factors(place)
        // A long product is shown by its ends.
        let shown = factors.count > 4 ? Array(factors.prefix(2) + factors.suffix(1)) : factors
        func product(_ text: (TraceFormulas.Factor) -> String) -> String {
            var parts = shown.map(text)
            if factors.count > shown.count { parts.insert("…", at: 2) }
            return parts.joined(separator: " · ")
        }
        let lines = [
            product { "∂\($0.derivative.of.text)/∂\($0.derivative.by.text)" },
            product {
                let text = $0.symbol.text(trace).replacing("'", with: "′")
                return text.contains(" + ") ? "(\(text))" : text
            },
            product { readable(trace[$0.number]) },
            readable(trace[.parameter(.gradient, place)]),
        ]
        let top = size.height - 112
        return HTML("g", ["class": "derivation"]) {
            HTML("text", ["x": "28", "y": fixed(top, 0), "class": "gradient"]) { "∂E/∂\(name)" }
            for (index, line) in lines.enumerated() {
                let y = fixed(top + 25 * Double(index), 0)
                HTML("text", ["x": "86", "y": y, "class": index == lines.count - 1 ? "gradient" : nil]) { "= \(line)" }
            }
        }
    }

    private var curve: HTML {
        let (left, top) = (size.width - Self.chart.width - 34, size.height - 108)
        let (right, bottom) = (left + Self.chart.width, top + Self.chart.height)
        let scale =
            "scale(\(fixed(Self.chart.width / ChartFrame.side, 3)) \(fixed(Self.chart.height / ChartFrame.side, 3)))"
        return HTML("g", ["class": "chart"]) {
            HTML("text", ["x": fixed(left, 0), "y": fixed(top - 10, 0), "class": "key"]) { "error E by training step" }
            HTML("path", ["class": "base", "d": "M\(fixed(left, 1)) \(fixed(bottom, 1))H\(fixed(right, 1))"])
            HTML(
                "path",
                [
                    "class": "curve", "transform": "translate(\(fixed(left, 1)) \(fixed(top, 1))) \(scale)",
                    "d": steps.curve,
                ])
            label(readable(steps.losses[0]), left - 8, top + 6, anchor: "end")
            label("0", left, bottom + 17, anchor: "start")
            label(grouped(steps.steps.last!), right, bottom + 17, anchor: "end")
        }
    }

    private func label(_ text: String, _ x: Double, _ y: Double, anchor: String) -> HTML {
        HTML("text", ["x": fixed(x, 0), "y": fixed(y, 0), "class": "key", "text-anchor": anchor]) { text }
    }

    private static let style: StaticString = """
        svg {
          --surface: #ffffff; --ink: #1b1e23; --soft: #565d68; --line: #e2e3de; --edge: #c9cbc5;
          --first: #0067b1; --second: #c35100; --back: #8a3ea8; --mark: #f5b800;
        }
        @media (prefers-color-scheme: dark) {
          svg {
            --surface: #0d1117; --ink: #e9e9e6; --soft: #a0a7b1; --line: #2d3238; --edge: #474d56;
            --first: #62b4f2; --second: #f2964c; --back: #d29bf0;
          }
        }
        .ground { fill: var(--surface); stroke: var(--line); }
        .derivation text { font-size: 14px; }
        .chart path { fill: none; vector-effect: non-scaling-stroke; }
        .chart .base { stroke: var(--edge); }
        .chart .curve { stroke: var(--first); stroke-width: 2; stroke-linejoin: round; }
        """
}
