import Backprop

/// The page of `backprop trace --html`: a network at work, to step through.
///
/// Every number on it is in the page's data or text, written by the library. The script shows those of a step and hides
/// what a stage has not come to; without it, the page is the whole first step.
struct TracePage {
    private let steps: TraceSteps
    private let trace: Trace
    private let formulas: TraceFormulas
    private let typesetter: TraceTypesetter
    private let stages: TraceStages

    init(_ steps: TraceSteps) {
        self.steps = steps
        trace = steps.traces[0]
        formulas = TraceFormulas(trace: trace)
        typesetter = TraceTypesetter(trace: trace) { steps.slots[$0]! }
        stages = TraceStages(layers: trace.layers.count)
    }

    /// The file.
    var text: String {
        get throws {
            let json = try HTML.json(id: "numbers", of: steps.json)
            let page = try HTML.json(id: "network", of: description)
            return HTMLPage(title: "backprop trace: \(trace.name)", style: Self.style, script: Self.script) {
                head
                HTML("div", ["class": drawing(.rightward).layout.size.width > 880 ? "bench wide" : "bench"]) {
                    HTML("section", ["class": "card stage", "aria-label": "The network"]) { stage }
                    HTML("section", ["class": "card training", "aria-label": "Training"]) { training }
                    HTML("section", ["class": "card paper", "aria-label": "The derivation"]) { paper }
                }
                json
                page
            }.text
        }
    }

    @HTMLBuilder private var head: HTML {
        HTML("header") {
            HTML("h1") { "Backpropagation, number by number" }
            HTML("p", ["class": "note"]) {
                HTML("b") { trace.name }
                ": \(trace.summary). Loss: \(trace.loss.rawValue). Learning rate: \(Trace.text(trace.learningRate)). "
                "Update \(trace.orderInWords)."
            }
        }
    }

    // MARK: The network

    private func drawing(_ direction: TraceDrawing.Direction) -> TraceDrawing {
        var drawing = TraceDrawing(trace, direction)
        drawing.slot = { steps.slots[$0] }
        return drawing
    }

    @HTMLBuilder private var stage: HTML {
        controls
        HTML("div", ["class": "caption", "aria-live": "polite"]) {
            for index in 0...stages.update {
                HTML("p", ["data-stage": String(index), "hidden": index == 0 ? nil : "hidden"]) { caption(index) }
            }
        }
        picture(drawing(.rightward), "scroll rightward")
        picture(drawing(.downward), "scroll downward")
        HTML("ul", ["class": "legend", "aria-hidden": "true"]) {
            HTML("li", ["class": "s1"]) { "positive weight" }
            HTML("li", ["class": "s0"]) { "negative weight" }
            HTML("li", ["class": "thick"]) { "the thicker, the larger" }
            HTML("li", ["class": "back"]) { "δ and ∂E/∂w, what flows back" }
        }
    }

    /// A drawing that scrolls where it would become too small to be read.
    private func picture(_ drawing: TraceDrawing, _ name: String) -> HTML {
        let least = drawing.layout.size.width * 0.78
        return HTML("div", ["class": name, "style": "--least:\(Int(least))px"]) { drawing.html }
    }

    @HTMLBuilder private var controls: HTML {
        HTML("div", ["class": "controls"]) {
            HTML("div", ["class": "buttons"]) {
                HTML("button", ["type": "button", "id": "back", "aria-label": "Previous stage"]) { "‹" }
                HTML("button", ["type": "button", "id": "play"]) { "Play" }
                HTML("button", ["type": "button", "id": "next", "aria-label": "Next stage"]) { "›" }
            }
            HTML("ol", ["class": "stages", "aria-label": "Stages of a step"]) {
                for index in 0...stages.update {
                    HTML("li", ["class": phase(index).rawValue]) {
                        HTML(
                            "button",
                            [
                                "type": "button", "data-go": String(index), "aria-label": spokenName(index),
                                "aria-current": index == 0 ? "step" : nil,
                            ]
                        ) { stageName(index) }
                    }
                }
            }
        }
    }

    private enum Phase: String {
        case all, forward, error, backward, update
    }

    private func phase(_ stage: Int) -> Phase {
        switch stage {
        case 0: .all
        case 1...trace.layers.count: .forward
        case stages.error: .error
        case stages.update: .update
        default: .backward
        }
    }

    /// The first stage of the forward and of the backward pass have its name, the others their layer's number.
    private func stageName(_ stage: Int) -> String {
        switch phase(stage) {
        case .all: "All"
        case .forward: stage == 1 ? "Forward 1" : "\(stage)"
        case .error: "Error"
        case .update: "Update"
        case .backward:
            stage == stages.error + 1 ? "Backward \(trace.layers.count)" : "\(layer(ofBackward: stage) + 1)"
        }
    }

    /// What a button that shows but a number is called.
    private func spokenName(_ stage: Int) -> String? {
        switch phase(stage) {
        case .forward: "Forward, layer \(stage)"
        case .backward: "Backward, layer \(layer(ofBackward: stage) + 1)"
        case .all, .error, .update: nil
        }
    }

    private func layer(ofBackward stage: Int) -> Int { stages.backward(0) - stage }

    private func caption(_ stage: Int) -> String {
        switch phase(stage) {
        case .all: "All numbers of one step. Choose a weight, a bias or a unit to see where its numbers come from."
        case .forward:
            """
            Layer \(stage), forward: each unit adds up what comes in, times its weights, and its bias. That is net. \
            Then out = \(trace.layers[stage - 1].activation.rawValue)(net).
            """
        case .error: "The outputs are held against the targets. \(trace.loss.inWords)"
        case .backward: backwardCaption(layer(ofBackward: stage))
        case .update:
            "Each weight takes a step against its gradient: w − learning rate · ∂E/∂w. Then the next step begins."
        }
    }

    private func backwardCaption(_ layer: Int) -> String {
        guard layer < trace.layers.count - 1 else {
            let how = formulas.isFused ? "out − target" : "∂E/∂out, times the activation's slope f′(net)"
            return """
                Layer \(layer + 1), backward: δ = ∂E/∂net says how the error answers to a unit's net. For outputs it is \
                \(how). The gradient of a weight is δ times what the weight multiplied.
                """
        }
        let weights = trace.order == .simultaneous ? "the same weights" : "the weights, which are updated already,"
        return """
            Layer \(layer + 1), backward: the deltas above come down through \(weights) and are added up; times the \
            unit's slope f′(net) that is its own δ.
            """
    }

    // MARK: Training

    @HTMLBuilder private var training: HTML {
        let count = steps.steps.last!
        HTML("h2") { "Training" }
        HTML("p", ["class": "now"]) {
            "After "
            HTML("b", ["id": "taken"]) { "0" }
            " steps: "
            HTML("var") { "E" }
            " = "
            typesetter.html(.loss)
        }
        curve
        HTML("div", ["class": "slide"]) {
            HTML("label", ["for": "step", "class": "hidden"]) { "Training steps taken, of \(grouped(count))" }
            HTML(
                "input",
                [
                    "type": "range", "id": "step", "min": "0", "max": "1", "step": "any", "value": "0",
                    "aria-valuetext": "0 steps",
                ])
        }
    }

    /// The loss by step.
    private var curve: HTML {
        let (losses, y) = (steps.losses, steps.lossAxis)
        let from = readable(losses.first ?? .nan)
        return HTML(
            "div",
            [
                "class": "plot", "role": "img",
                "aria-label": "The error by step: from \(from) to \(readable(losses.last ?? .nan))",
            ]
        ) {
            HTML("div", ["class": "area s0", "id": "curve"]) {
                HTML("svg", ["viewBox": "0 0 1000 1000", "preserveAspectRatio": "none", "aria-hidden": "true"]) {
                    HTML("path", ["class": "lines", "d": grid(y)])
                    HTML("path", ["class": "base", "d": "M0 1000H1000"])
                    HTML("path", ["class": "curve", "d": steps.curve])
                }
                for tick in y.ticks {
                    HTML("span", ["class": "tick y", "style": "top:\(Self.percent(1 - (y.position(tick) ?? 0)))"]) {
                        readable(tick, 3)
                    }
                }
                for step in ticks {
                    let place = steps.place(ofStep: step)
                    HTML(
                        "span",
                        [
                            "class": "tick x\(place == 0 ? " first" : place == 1 ? " last" : "")",
                            "style": "left:\(Self.percent(place))",
                        ]
                    ) { grouped(step) }
                }
                HTML("div", ["class": "cursor", "style": "left:0%"]) {
                    HTML("i", ["style": "top:\(Self.percent(1 - (y.position(losses[0]) ?? 0)))"])
                }
                HTML("span", ["class": "axis"]) { "steps" }
            }
        }
    }

    private static func percent(_ share: Double) -> String { fixed(share * 100, 2) + "%" }

    private func grid(_ y: Axis) -> String {
        y.ticks.compactMap(y.position).map { "M0 \(coordinate(1 - $0))H1000" }.joined()
    }

    /// 0, the powers of ten, and the last step, as far as there is room.
    private var ticks: [Int] {
        let last = steps.steps.last!
        var ticks = [0]
        for power in sequence(first: 1, next: { $0 * 10 }).prefix(while: { $0 < last })
        where steps.place(ofStep: power) - steps.place(ofStep: ticks.last!) > 0.08 && steps.place(ofStep: power) < 0.86
        {
            ticks.append(power)
        }
        return ticks + [last]
    }

    // MARK: The derivation

    @HTMLBuilder private var paper: HTML {
        HTML("div", ["class": "choice"]) {
            HTML("label", ["for": "part"]) { "Derivation of" }
            HTML("select", ["id": "part"]) {
                for layer in trace.layers.indices {
                    HTML("optgroup", ["label": "Layer \(layer + 1)"]) { options(layer) }
                }
            }
        }
        HTML("div", ["class": "products"]) { parts.compactMap(product) }
        HTML("div", ["class": "derivation"]) {
            for (title, kind, lines) in sections {
                HTML("div", ["class": "lines-of \(kind)"]) {
                    HTML("h3") { title }
                    HTML("ul") { lines }
                }
            }
        }
        HTML("label", ["class": "every"]) {
            HTML("input", ["type": "checkbox", "id": "every"])
            " every line of this step"
        }
    }

    private func options(_ layer: Int) -> [HTML] {
        parts.filter { $0.layer == layer }.map { part in
            let name =
                switch part.kind {
                case .weight: "\(part.name): weight from \(part.source ?? "") to \(part.unitName)"
                case .bias: "\(part.name): bias of \(part.unitName)"
                case .unit: "\(part.name): unit"
                }
            return HTML("option", ["value": part.name, "selected": part.name == chosen ? "selected" : nil]) { name }
        }
    }

    /// The chain rule for one parameter: each factor as a fraction over its number.
    private func product(_ part: Part) -> HTML? {
        guard part.kind != .unit else { return nil }
        let place = TraceNumber.Place(layer: part.layer, unit: part.unit, input: part.input)
        let isWhole = formulas.isChain && place.input != nil
        let factors = isWhole ? formulas.product(place.layer) : formulas.factors(place)
        let gradient = TraceNumber.parameter(.gradient, place)
        return HTML(
            "div", ["class": "product", "data-product": part.name, "hidden": part.name == chosen ? nil : "hidden"]
        ) {
            HTML("span", ["class": "factor whole"]) {
                typesetter.fraction(.total("E"), by: .parameter(part.name, isUpdated: false))
                typesetter.html(gradient)
            }
            for (index, factor) in factors.enumerated() {
                HTML("span", ["class": "times"]) {
                    HTML("span", ["class": "sign"]) { index == 0 ? "=" : "·" }
                    HTML("span", ["class": "factor"]) {
                        typesetter.fraction(factor.derivative.of, by: factor.derivative.by)
                        typesetter.html(factor.number)
                        HTML("small") { typesetter.html(factor.symbol) }
                    }
                }
            }
        }
    }

    private var sections: [(String, String, [HTML])] {
        let units = trace.layers.indices.map { layer in trace.layers[layer].units.indices.map { (layer, $0) } }
        let forward = units.flatMap { $0 }.flatMap { layer, unit in
            [
                line("net", layer, unit, formulas.net(layer, unit)),
                line("out", layer, unit, formulas.out(layer, unit)),
            ]
        }
        let error =
            trace.targets.indices.map { line("error", trace.layers.count - 1, $0, formulas.error($0)) }
            + [line("error", trace.layers.count - 1, 0, formulas.loss)]
        let backward = units.reversed().flatMap { $0 }.flatMap { layer, unit in
            [formulas.outputSlope(layer, unit), formulas.derivative(layer, unit), formulas.delta(layer, unit)]
                .compactMap { $0 }.map { line("delta", layer, unit, $0) }
                + formulas.places(layer, unit).map {
                    line("gradient", layer, unit, formulas.gradient($0), of: trace[$0].name)
                }
        }
        let update = units.flatMap { $0 }.flatMap { layer, unit in
            formulas.places(layer, unit).map { line("update", layer, unit, formulas.update($0), of: trace[$0].name) }
        }
        return [
            ("Forward", "forward", forward), ("Error", "error", error), ("Backward", "backward", backward),
            ("Update", "update", update),
        ]
    }

    private func line(
        _ kind: String, _ layer: Int, _ unit: Int, _ formula: TraceFormula, of parameter: String? = nil
    ) -> HTML {
        HTML(
            "li",
            ["data-kind": kind, "data-layer": String(layer), "data-unit": String(unit), "data-of": parameter]
        ) { typesetter.html(formula) }
    }

    // MARK: For the script

    /// What can be chosen, and where its numbers are.
    private struct Part: Encodable {
        enum Kind: String, Encodable {
            case weight, bias, unit
        }

        var name: String
        var kind: Kind
        var layer: Int
        var unit: Int
        var unitName: String
        var input: Int?
        var source: String?
        /// A parameter's value; a unit's output.
        var value: Int
        /// A parameter's gradient; a unit's delta.
        var gradient: Int
    }

    private struct Description: Encodable {
        var layers: Int
        var parts: [Part]
        var chosen: String
        /// Where the loss is.
        var loss: Int
        var inputs: [Int]
        /// `∂E/∂out` of the outputs, and what each adds to the error.
        var slopes: [Int]
        var losses: [Int]
        /// Where each step and its loss stand in the curve, from the left and the top.
        var places: [Double]
        var heights: [Double?]
        /// Whether deltas come down through updated weights; where those are, as `value` plus this.
        var updatedOffset: Int
    }

    private var chosen: String { trace[TraceDrawing.firstWeight].name }

    private var parts: [Part] {
        trace.layers.indices.flatMap { layer in
            trace.layers[layer].units.indices.flatMap { unit -> [Part] in
                let name = trace.layers[layer].units[unit].name
                let whole = Part(
                    name: name, kind: .unit, layer: layer, unit: unit, unitName: name,
                    value: slot(.unit(.out, layer: layer, unit: unit)),
                    gradient: slot(.unit(.delta, layer: layer, unit: unit)))
                return [whole]
                    + formulas.places(layer, unit).map { place in
                        Part(
                            name: trace[place].name, kind: place.input == nil ? .bias : .weight, layer: layer,
                            unit: unit, unitName: name, input: place.input, source: trace[place].source,
                            value: slot(.parameter(.value, place)), gradient: slot(.parameter(.gradient, place)))
                    }
            }
        }
    }

    private func slot(_ number: TraceNumber) -> Int { steps.slots[number]! }

    private var description: Description {
        let y = steps.lossAxis
        let last = trace.layers.count - 1
        return Description(
            layers: trace.layers.count, parts: parts, chosen: chosen, loss: slot(.loss),
            inputs: trace.inputs.indices.map { slot(.input($0)) },
            slopes: trace.targets.indices.map { slot(.unit(.outputSlope, layer: last, unit: $0)) },
            losses: trace.targets.indices.map { slot(.lossPart($0)) },
            places: steps.steps.map(steps.place), heights: steps.losses.map { loss in y.position(loss).map { 1 - $0 } },
            updatedOffset: trace.order == .layerByLayer ? 2 : 0)
    }
}

extension Loss {
    /// What the error is, in a sentence.
    fileprivate var inWords: String {
        switch self {
        case .squaredError: "E = ½ Σ (out − target)²."
        case .meanSquaredError: "E is the mean of (out − target)² over the outputs."
        case .meanAbsoluteError: "E is the mean of |out − target| over the outputs."
        case .huber: "E is the mean over the outputs of ½ e² where |e| ≤ 1, else |e| − ½, with e = out − target."
        case .crossEntropy: "E = −Σ target · ln out."
        case .binaryCrossEntropy:
            "E is the mean over the outputs of −target · ln out − (1 − target) · ln (1 − out)."
        case .custom: "E is a function of one's own."
        }
    }
}
