import Backprop

/// A trace as one would write it on paper.
struct TraceText {
    private let trace: Trace
    /// Sums of more terms than this are not written out.
    private static let longestSum = 8

    init(_ trace: Trace) {
        self.trace = trace
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
        learning rate \(number(trace.learningRate)); \
        update \(trace.order == .simultaneous ? "simultaneous: every delta uses the weights of the forward pass" : "layer by layer: deltas go down through updated weights, which is not the gradient")
        """
    }

    // MARK: Forward

    private var forward: String {
        let lines = trace.layers.enumerated().flatMap { index, layer in
            let inputs = index == 0 ? trace.inputs : trace.layers[index - 1].units.map(\.output)
            return layer.units.flatMap { unit in
                [
                    "  net \(unit.name) = \(weightedSum(unit, inputs))",
                    "  out \(unit.name) = \(activation(layer.activation, unit))",
                ]
            }
        }
        return (["Forward pass"] + lines).joined(separator: "\n")
    }

    private func weightedSum(_ unit: Trace.Unit, _ inputs: [Double]) -> String {
        var symbols = unit.weights.map { "\($0.name)·\(outputName($0.source ?? ""))" }
        var numbers = zip(unit.weights, inputs).map { "\(number($0.value))·\(number($1))" }
        if let bias = unit.bias {
            symbols.append(bias.name)
            numbers.append(number(bias.value))
        }
        if symbols.count > Self.longestSum {
            return
                "sum of \(unit.weights.count) products\(unit.bias == nil ? "" : " and the bias") = \(number(unit.weightedInput))"
        }
        return
            "\(symbols.joined(separator: " + ")) = \(numbers.joined(separator: " + ")) = \(number(unit.weightedInput))"
    }

    private func activation(_ f: Activation, _ unit: Trace.Unit) -> String {
        let formula = f == .softmax ? "exp(net \(unit.name)) / Σ exp(net)" : "\(f.rawValue)(net \(unit.name))"
        return "\(formula) = \(number(unit.output))"
    }

    // MARK: Error

    private var errors: String {
        let lines = zip(trace.layers.last!.units, zip(trace.targets, trace.before.losses)).map { unit, values in
            "  E \(unit.name) = \(formula(unit, target: values.0)) = \(number(values.1))"
        }
        return (["Error"] + lines + ["  E = \(number(trace.before.loss))"]).joined(separator: "\n")
    }

    private func formula(_ unit: Trace.Unit, target: Double) -> String {
        let output = number(unit.output)
        let wanted = number(target)
        let share = trace.targets.count > 1 ? " / \(trace.targets.count)" : ""
        switch trace.loss {
        case .squaredError: return "½ (\(output) − \(wanted))²"
        case .meanSquaredError: return "(\(output) − \(wanted))²\(share)"
        case .meanAbsoluteError: return "|\(output) − \(wanted)|\(share)"
        case .huber: return "huber(\(output) − \(wanted))\(share)"
        case .crossEntropy: return "−\(wanted) · ln \(output)"
        case .binaryCrossEntropy: return "(−\(wanted) · ln \(output) − (1 − \(wanted)) · ln (1 − \(output)))\(share)"
        case .custom: preconditionFailure("a worked example has one of the library's losses")
        }
    }

    // MARK: Backward

    private var backward: String {
        let lines = trace.layers.indices.reversed().flatMap { index -> [String] in
            let layer = trace.layers[index]
            return layer.units.enumerated().flatMap { position, unit -> [String] in
                let inputs = index == 0 ? trace.inputs : trace.layers[index - 1].units.map(\.output)
                let delta =
                    index == trace.layers.count - 1
                    ? outputDelta(layer, unit, target: trace.targets[position])
                    : hiddenDelta(layer, unit, position: position, above: trace.layers[index + 1])
                let gradients = zip(unit.weights, inputs).map { weight, input in
                    "    ∂E/∂\(weight.name) = δ \(unit.name) · \(outputName(weight.source ?? "")) = \(number(unit.delta)) · \(number(input)) = \(number(weight.gradient))"
                }
                let bias = unit.bias.map { ["    ∂E/∂\($0.name) = δ \(unit.name) = \(number($0.gradient))"] } ?? []
                return ["  δ \(unit.name) = \(delta) = \(number(unit.delta))"] + gradients + bias
            }
        }
        return (["Backward pass (δ = ∂E/∂net)"] + lines).joined(separator: "\n")
    }

    private func outputDelta(_ layer: Trace.LayerTrace, _ unit: Trace.Unit, target: Double) -> String {
        let difference = "(\(number(unit.output)) − \(number(target)))"
        let share = trace.targets.count > 1 ? " / \(trace.targets.count)" : ""
        switch trace.loss {
        case .crossEntropy: return "out \(unit.name) − target = \(difference)"
        case .binaryCrossEntropy: return "(out \(unit.name) − target)\(share) = \(difference)\(share)"
        default: break
        }
        guard layer.activation != .softmax else { return "out \(unit.name) · (∂E/∂out \(unit.name) − Σ ∂E/∂out · out)" }
        let slope: String
        switch trace.loss {
        case .meanSquaredError: slope = "2 \(difference)\(share)"
        case .meanAbsoluteError: slope = "sign\(difference)\(share)"
        case .huber: slope = "clamp\(difference)\(share)"
        default: slope = difference
        }
        return "∂E/∂out \(unit.name) · f'(net \(unit.name)) = \(slope) · \(number(unit.derivative ?? 1))"
    }

    private func hiddenDelta(
        _ layer: Trace.LayerTrace, _ unit: Trace.Unit, position: Int, above: Trace.LayerTrace
    ) -> String {
        guard layer.activation != .softmax else { return "out \(unit.name) · (∂E/∂out \(unit.name) − Σ ∂E/∂out · out)" }
        let updated = trace.order == .layerByLayer
        let symbols = above.units.map { "δ \($0.name)·\($0.weights[position].name)\(updated ? "⁺" : "")" }
        let numbers = above.units.map { upper in
            let weight = upper.weights[position]
            return "\(number(upper.delta))·\(number(updated ? weight.updated : weight.value))"
        }
        let isLong = symbols.count > Self.longestSum
        let symbol = isLong ? "Σ δ·w of \(symbols.count) units above" : symbols.joined(separator: " + ")
        let value = isLong ? "" : " = (\(numbers.joined(separator: " + "))) · \(number(unit.derivative ?? 1))"
        return "(\(symbol)) · f'(net \(unit.name))\(value)"
    }

    // MARK: The chain rule, written out

    private var chain: String {
        let units = trace.layers.map { $0.units[0] }
        let lines = units.indices.map { index in
            let factors = topFactors(units) + factorsBetween(units, above: index) + [inputFactor(units, index)]
            return """
                  ∂C/∂\(units[index].weights[0].name) = \(factors.map(\.symbol).joined(separator: " · "))
                        = \(factors.map { number($0.value) }.joined(separator: " · "))
                        = \(number(units[index].weights[0].gradient))
                """
        }
        return (["Each gradient as the product of its local factors"] + lines + vanishing).joined(separator: "\n")
    }

    private typealias Factor = (symbol: String, value: Double)

    /// The delta of the last unit: as one factor where loss and activation are computed as one.
    private func topFactors(_ units: [Trace.Unit]) -> [Factor] {
        let last = units[units.count - 1]
        if trace.loss == .binaryCrossEntropy { return [("(out o1 − target)", last.delta)] }
        return [("∂C/∂out o1", trace.outputSlopes[0]), ("f'(net o1)", last.derivative ?? 1)]
    }

    /// The weights and slopes that the delta of a unit comes down through.
    private func factorsBetween(_ units: [Trace.Unit], above index: Int) -> [Factor] {
        let updated = trace.order == .layerByLayer
        return ((index + 1)..<units.count).reversed().flatMap { upper -> [Factor] in
            let weight = units[upper].weights[0]
            return [
                (weight.name + (updated ? "⁺" : ""), updated ? weight.updated : weight.value),
                ("f'(net \(units[upper - 1].name))", units[upper - 1].derivative ?? 1),
            ]
        }
    }

    private func inputFactor(_ units: [Trace.Unit], _ index: Int) -> Factor {
        let source = outputName(units[index].weights[0].source ?? "")
        return (source, index == 0 ? trace.inputs[0] : units[index - 1].output)
    }

    private var vanishing: [String] {
        guard let found = trace.vanishing else { return [] }
        let ratio = found.ratio.map { significant($0, 10) } ?? "undefined"
        let gradients = "\(number(found.firstGradient)) : \(number(found.lastGradient))"
        return ["  ∂C/∂w1 : ∂C/∂w\(trace.layers.count) = \(gradients) = \(ratio)"]
    }

    // MARK: Update

    private var updates: String {
        let lines = trace.layers.flatMap(\.units).flatMap { unit in
            (unit.weights + (unit.bias.map { [$0] } ?? [])).map { parameter in
                parameter.frozen
                    ? "  \(parameter.name) = \(number(parameter.value)), frozen"
                    : "  \(parameter.name) = \(number(parameter.value)) − \(number(trace.learningRate)) · \(number(parameter.gradient)) = \(number(parameter.updated))"
            }
        }
        return (["Update"] + lines).joined(separator: "\n")
    }

    private var ending: String {
        var lines = [
            "After 1 step", "  E = \(number(trace.afterFirstStep.loss)), outputs \(list(trace.afterFirstStep.outputs))",
        ]
        guard trace.steps > 1 else { return lines.joined(separator: "\n") }
        lines += [
            "After \(grouped(trace.steps)) steps",
            "  E = \(number(trace.afterAllSteps.loss)), outputs \(list(trace.afterAllSteps.outputs))",
        ]
        let named = trace.layers.flatMap(\.units).flatMap { $0.weights.map(\.name) + ($0.bias.map { [$0.name] } ?? []) }
        lines += named.map { "  \($0) = \(number(trace.finalParameters[$0] ?? .nan))" }
        return lines.joined(separator: "\n")
    }

    // MARK: Words and numbers

    /// `out h1` for a unit, `i1` for an input.
    private func outputName(_ source: String) -> String {
        source.hasPrefix("i") ? source : "out \(source)"
    }

    private func list(_ values: [Double]) -> String {
        let shown = values.prefix(16).map(number).joined(separator: ", ")
        return values.count > 16 ? "\(shown), … (\(values.count) in all)" : shown
    }

    /// Twelve decimals, without needless zeros for numbers that are short; ten digits for very small ones.
    private func number(_ value: Double) -> String {
        let short = significant(value, 6)
        if Double(short) == value { return short }
        return abs(value) < 1e-4 ? significant(value, 10) : fixed(value, 12)
    }
}
