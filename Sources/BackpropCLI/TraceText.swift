import Backprop

/// A trace as one would write it on paper.
struct TraceText {
    private let trace: Trace
    private let formulas: TraceFormulas

    init(_ trace: Trace) {
        self.trace = trace
        formulas = TraceFormulas(trace: trace)
    }

    var text: String {
        let sections = [
            head, forward, errors, backward, trace.name == "chain" ? chain : nil, updates, ending,
        ]
        return sections.compactMap { $0 }.joined(separator: "\n\n") + "\n"
    }

    private var head: String {
        """
        \(trace.name): \(trace.summary)
        inputs \(list(trace.inputs)); targets \(list(trace.targets)); \(trace.loss.rawValue); \
        learning rate \(Trace.text(trace.learningRate)); update \(trace.orderInWords)
        """
    }

    /// Layers and units in them.
    private func units(ofLayer layer: Int) -> Range<Int> { trace.layers[layer].units.indices }

    private func section(_ title: String, _ lines: [String]) -> String {
        ([title] + lines).joined(separator: "\n")
    }

    private func line(_ formula: TraceFormula, indentedBy indentation: String = "  ") -> String {
        indentation + formula.text(trace)
    }

    private var forward: String {
        let lines = trace.layers.indices.flatMap { layer in
            units(ofLayer: layer).flatMap { [line(formulas.net(layer, $0)), line(formulas.out(layer, $0))] }
        }
        return section("Forward pass", lines)
    }

    private var errors: String {
        section("Error", trace.targets.indices.map { line(formulas.error($0)) } + [line(formulas.loss)])
    }

    private var backward: String {
        let lines = trace.layers.indices.reversed().flatMap { layer in
            units(ofLayer: layer).flatMap { unit in
                [line(formulas.delta(layer, unit))]
                    + formulas.places(layer, unit).map { line(formulas.gradient($0), indentedBy: "    ") }
            }
        }
        return section("Backward pass (δ = ∂E/∂net)", lines)
    }

    // MARK: The chain rule, written out

    private var chain: String {
        let lines = trace.layers.indices.map { layer in
            let factors = formulas.product(layer, error: "C")
            return """
                  ∂C/∂w\(layer + 1) = \(factors.map { $0.symbol.text(trace) }.joined(separator: " · "))
                        = \(factors.map { Trace.text(trace[$0.number]) }.joined(separator: " · "))
                        = \(Trace.text(trace.layers[layer].units[0].weights[0].gradient))
                """
        }
        return section("Each gradient as the product of its local factors", lines + vanishing)
    }

    private var vanishing: [String] {
        guard let found = trace.vanishing else { return [] }
        let ratio = found.ratio.map { significant($0, 10) } ?? "undefined"
        let gradients = "\(Trace.text(found.firstGradient)) : \(Trace.text(found.lastGradient))"
        return ["  ∂C/∂w1 : ∂C/∂w\(trace.layers.count) = \(gradients) = \(ratio)"]
    }

    // MARK: Update

    private var updates: String {
        let lines = trace.layers.indices.flatMap { layer in
            units(ofLayer: layer).flatMap { formulas.places(layer, $0).map { line(formulas.update($0)) } }
        }
        return section("Update", lines)
    }

    private var ending: String {
        var lines = [
            "After 1 step",
            "  E = \(Trace.text(trace.afterFirstStep.loss)), outputs \(list(trace.afterFirstStep.outputs))",
        ]
        guard trace.steps > 1 else { return lines.joined(separator: "\n") }
        lines += [
            "After \(grouped(trace.steps)) steps",
            "  E = \(Trace.text(trace.afterAllSteps.loss)), outputs \(list(trace.afterAllSteps.outputs))",
        ]
        let named = trace.layers.flatMap(\.units).flatMap { $0.weights.map(\.name) + ($0.bias.map { [$0.name] } ?? []) }
        lines += named.map { "  \($0) = \(Trace.text(trace.finalParameters[$0] ?? .nan))" }
        return lines.joined(separator: "\n")
    }

    private func list(_ values: [Double]) -> String {
        let shown = values.prefix(16).map(Trace.text).joined(separator: ", ")
        return values.count > 16 ? "\(shown), … (\(values.count) in all)" : shown
    }
}

extension Trace {
    /// The order of the update, and what it means.
    var orderInWords: String {
        switch order {
        case .simultaneous: "simultaneous: every delta uses the weights of the forward pass"
        case .layerByLayer: "layer by layer: deltas go down through updated weights, which is not the gradient"
        }
    }
}
