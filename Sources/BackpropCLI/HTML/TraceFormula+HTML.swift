import Backprop

/// Formulas as a page shows them: names in italics with indices, numbers where a script finds them.
struct TraceTypesetter {
    let trace: Trace
    /// A number's index among those of a step.
    let slot: (TraceNumber) -> Int

    func html(_ formula: TraceFormula) -> HTML {
        var pieces: [HTML] = []
        for side in formula.sides {
            if !pieces.isEmpty { pieces.append(.text(" = ")) }
            pieces.append(HTML("span", ["class": "side"]) { html(side) })
        }
        return .list(pieces)
    }

    func html(_ side: FormulaSide) -> HTML {
        .list(
            side.pieces.map { piece in
                switch piece {
                case .text(let text): .text(text)
                case .symbol(let symbol): html(symbol)
                case .number(let number): html(number)
                }
            })
    }

    func html(_ number: TraceNumber) -> HTML {
        HTML("data", ["data-n": String(slot(number))]) { Self.typographic(Trace.text(trace[number])) }
    }

    /// With a minus that is as wide as a plus.
    private static func typographic(_ number: String) -> String { number.replacing("-", with: "−") }

    @HTMLBuilder func html(_ symbol: TraceSymbol) -> HTML {
        switch symbol {
        case .derivative(let unit):
            HTML("var") { "f′" }
            "("
            html(.net(unit))
            ")"
        case .partial(let error, let by):
            "∂"
            HTML("var") { error }
            "/∂"
            html(by)
        default:
            let parts = symbol.parts
            HTML("var") { parts.base }
            if !parts.index.isEmpty { HTML("sub") { parts.index } }
            if !parts.mark.isEmpty { HTML("sup") { parts.mark } }
        }
    }

    /// A derivative as a fraction: MathML, which screen readers read.
    func fraction(_ of: TraceSymbol, by: TraceSymbol) -> HTML {
        HTML("math", ["displaystyle": "true"]) {
            HTML("mfrac") {
                HTML("mrow") {
                    HTML("mo") { "∂" }
                    math(of)
                }
                HTML("mrow") {
                    HTML("mo") { "∂" }
                    math(by)
                }
            }
        }
    }

    @HTMLBuilder private func math(_ symbol: TraceSymbol) -> HTML {
        let parts = symbol.parts
        if parts.index.isEmpty {
            HTML("mi") { parts.base }
        } else {
            HTML("msub") {
                HTML("mi") { parts.base }
                HTML("mtext") { parts.index }
            }
        }
    }
}

extension TraceSymbol {
    /// The letter, the index and the mark of a plain name; a derivative has none and is written by its parts.
    fileprivate var parts: (base: String, index: String, mark: String) {
        switch self {
        case .net(let unit): ("net", unit, "")
        case .out(let source): Self.isInput(source) ? ("i", String(source.dropFirst()), "") : ("out", source, "")
        case .delta(let unit): ("δ", unit, "")
        case .error(let unit): ("E", unit, "")
        case .total(let name): (name, "", "")
        case .parameter(let name, let isUpdated):
            (String(name.prefix(1)), String(name.dropFirst()), isUpdated ? "+" : "")
        case .derivative, .partial: (text, "", "")
        }
    }
}
