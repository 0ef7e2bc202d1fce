import Backprop

/// The lines of a derivation as one would write it on paper, for the network of a trace.
///
/// They name numbers instead of having them, so that the same lines serve every step of a training.
struct TraceFormulas {
    let trace: Trace
    /// Sums of more terms than this are not written out.
    private static let longestSum = 8

    private var last: Int { trace.layers.count - 1 }
    private var share: String { trace.targets.count > 1 ? " / \(trace.targets.count)" : "" }

    private func unit(_ layer: Int, _ index: Int) -> Trace.Unit { trace.layers[layer].units[index] }

    /// What goes into a layer, from its inputs up.
    private func below(_ layer: Int) -> [TraceNumber] {
        if layer == 0 { return trace.inputs.indices.map { .input($0) } }
        return trace.layers[layer - 1].units.indices.map { .unit(.out, layer: layer - 1, unit: $0) }
    }

    // MARK: Forward

    func net(_ layer: Int, _ index: Int) -> TraceFormula {
        let unit = unit(layer, index)
        let value: FormulaSide = "\(number: .unit(.net, layer: layer, unit: index))"
        var symbols: [FormulaSide] = unit.weights.map {
            "\(.parameter($0.name, isUpdated: false))·\(.out($0.source ?? ""))"
        }
        var numbers: [FormulaSide] = below(layer).enumerated().map { input, source in
            let weight = TraceNumber.Place(layer: layer, unit: index, input: input)
            return "\(number: .parameter(.value, weight))·\(number: source)"
        }
        if let bias = unit.bias {
            symbols.append("\(.parameter(bias.name, isUpdated: false))")
            numbers.append("\(number: .parameter(.value, .init(layer: layer, unit: index)))")
        }
        guard symbols.count <= Self.longestSum else {
            let bias = unit.bias == nil ? "" : " and the bias"
            return TraceFormula(
                "\(.net(unit.name))", "\(text: "sum of \(unit.weights.count) products\(bias)")", value)
        }
        return TraceFormula("\(.net(unit.name))", .joined(symbols, " + "), .joined(numbers, " + "), value)
    }

    func out(_ layer: Int, _ index: Int) -> TraceFormula {
        let (name, activation) = (unit(layer, index).name, trace.layers[layer].activation)
        return TraceFormula(
            "\(.out(name))",
            activation == .softmax
                ? "exp(\(.net(name))) / Σ exp(net)" : "\(text: activation.rawValue)(\(.net(name)))",
            "\(number: .unit(.out, layer: layer, unit: index))")
    }

    /// The activation's slope; `nil` for softmax, whose units depend on each other.
    func derivative(_ layer: Int, _ index: Int) -> TraceFormula? {
        let name = unit(layer, index).name
        let out: FormulaSide = "\(number: .unit(.out, layer: layer, unit: index))"
        let (symbols, numbers): (FormulaSide?, FormulaSide?) =
            switch trace.layers[layer].activation {
            case .softmax: (nil, nil)
            case .sigmoid: ("\(.out(name)) · (1 − \(.out(name)))", "\(out) · (1 − \(out))")
            case .tanh: ("1 − (\(.out(name)))²", "1 − (\(out))²")
            case .relu: ("1 where \(.net(name)) > 0, else 0", nil)
            case .leakyReLU: ("1 where \(.net(name)) > 0, else 0.01", nil)
            default: (nil, nil)
            }
        guard trace.layers[layer].activation != .softmax else { return nil }
        return TraceFormula(
            "\(.derivative(name))", symbols, numbers, "\(number: .unit(.derivative, layer: layer, unit: index))")
    }

    // MARK: Error

    /// What an output adds to the error.
    func error(_ index: Int) -> TraceFormula {
        let output: FormulaSide = "\(number: .unit(.out, layer: last, unit: index))"
        let wanted: FormulaSide = "\(number: .target(index))"
        let formula: FormulaSide =
            switch trace.loss {
            case .squaredError: "½ (\(output) − \(wanted))²"
            case .meanSquaredError: "(\(output) − \(wanted))²\(text: share)"
            case .meanAbsoluteError: "|\(output) − \(wanted)|\(text: share)"
            case .huber: "huber(\(output) − \(wanted))\(text: share)"
            case .crossEntropy: "−\(wanted) · ln \(output)"
            case .binaryCrossEntropy:
                "(−\(wanted) · ln \(output) − (1 − \(wanted)) · ln (1 − \(output)))\(text: share)"
            case .custom: preconditionFailure("a worked example has one of the library's losses")
            }
        return TraceFormula("\(.error(unit(last, index).name))", formula, "\(number: .lossPart(index))")
    }

    var loss: TraceFormula { TraceFormula("E", "\(number: .loss)") }

    // MARK: Backward

    func delta(_ layer: Int, _ index: Int) -> TraceFormula {
        let name = unit(layer, index).name
        let (symbols, numbers) = layer == last ? outputDelta(index) : hiddenDelta(layer, index)
        return TraceFormula(
            "\(.delta(name))", symbols, numbers, "\(number: .unit(.delta, layer: layer, unit: index))")
    }

    /// Whether the loss and the last activation are computed as one.
    var isFused: Bool { trace.loss.requiredActivation != nil }

    private func outputDelta(_ index: Int) -> (FormulaSide, FormulaSide?) {
        let name = unit(last, index).name
        guard !isFused else { return fusedDelta(index) }
        guard trace.layers[last].activation != .softmax else { return softmaxDelta(name) }
        return (
            "\(.partial("E", by: .out(name))) · \(.derivative(name))",
            "\(outputSlope(difference(index))) · \(number: .unit(.derivative, layer: last, unit: index))"
        )
    }

    private func fusedDelta(_ index: Int) -> (FormulaSide, FormulaSide?) {
        let difference: FormulaSide = "\(.out(unit(last, index).name)) − target"
        let isShared = trace.loss == .binaryCrossEntropy
        let symbols: FormulaSide = isShared ? "(\(difference))\(text: share)" : difference
        return (symbols, isShared ? "\(self.difference(index))\(text: share)" : self.difference(index))
    }

    private func softmaxDelta(_ name: String) -> (FormulaSide, FormulaSide?) {
        ("\(.out(name)) · (\(.partial("E", by: .out(name))) − Σ ∂E/∂out · out)", nil)
    }

    private func difference(_ index: Int) -> FormulaSide {
        "(\(number: .unit(.out, layer: last, unit: index)) − \(number: .target(index)))"
    }

    /// `∂E/∂out` of an output, by the loss's own formula, from what stands for the difference of output and target.
    private func outputSlope(_ difference: FormulaSide) -> FormulaSide {
        switch trace.loss {
        case .meanSquaredError: "2 \(difference)\(text: share)"
        case .meanAbsoluteError: "sign\(difference)\(text: share)"
        case .huber: "clamp\(difference)\(text: share)"
        default: difference
        }
    }

    private func hiddenDelta(_ layer: Int, _ index: Int) -> (FormulaSide, FormulaSide?) {
        let name = unit(layer, index).name
        guard trace.layers[layer].activation != .softmax else { return softmaxDelta(name) }
        let (symbols, numbers) = sumAbove(layer, index)
        let derivative: FormulaSide = "\(number: .unit(.derivative, layer: layer, unit: index))"
        return ("(\(symbols)) · \(.derivative(name))", numbers.map { "(\($0)) · \(derivative)" })
    }

    /// What comes down to a unit: the sum over the units above of delta and weight.
    private func sumAbove(_ layer: Int, _ index: Int) -> (FormulaSide, FormulaSide?) {
        let above = trace.layers[layer + 1].units
        let isUpdated = trace.order == .layerByLayer
        guard above.count <= Self.longestSum else { return ("\(text: "Σ δ·w of \(above.count) units above")", nil) }
        let symbols: [FormulaSide] = above.map {
            "\(.delta($0.name))·\(.parameter($0.weights[index].name, isUpdated: isUpdated))"
        }
        let numbers: [FormulaSide] = above.indices.map { upper in
            let weight = TraceNumber.Place(layer: layer + 1, unit: upper, input: index)
            return """
                \(number: .unit(.delta, layer: layer + 1, unit: upper))\
                ·\(number: .parameter(isUpdated ? .updated : .value, weight))
                """
        }
        return (.joined(symbols, " + "), .joined(numbers, " + "))
    }

    /// `∂E/∂out` of a unit; `nil` for outputs whose activation is computed as one with the loss.
    func outputSlope(_ layer: Int, _ index: Int) -> TraceFormula? {
        guard layer < last || !isFused else { return nil }
        let (symbols, numbers) = slopeSides(layer, index)
        return TraceFormula(
            "\(.partial("E", by: .out(unit(layer, index).name)))", symbols, numbers,
            "\(number: .unit(.outputSlope, layer: layer, unit: index))")
    }

    private func slopeSides(_ layer: Int, _ index: Int) -> (FormulaSide, FormulaSide?) {
        guard layer == last else { return sumAbove(layer, index) }
        return (outputSlope("(\(.out(unit(layer, index).name)) − target)"), outputSlope(difference(index)))
    }

    func gradient(_ place: TraceNumber.Place) -> TraceFormula {
        let parameter = trace[place]
        let name = unit(place.layer, place.unit).name
        let value: FormulaSide = "\(number: .parameter(.gradient, place))"
        let symbol: FormulaSide = "\(.partial("E", by: .parameter(parameter.name, isUpdated: false)))"
        guard let input = place.input else { return TraceFormula(symbol, "\(.delta(name))", value) }
        return TraceFormula(
            symbol, "\(.delta(name)) · \(.out(parameter.source ?? ""))",
            """
            \(number: .unit(.delta, layer: place.layer, unit: place.unit))\
             · \(number: below(place.layer)[input])
            """, value)
    }

    // MARK: The chain rule, written out

    /// A factor of a product: what it is called, and its number.
    struct Factor {
        var symbol: FormulaSide
        var number: TraceNumber
        /// The derivative that it is: of the first by the second.
        var derivative: (of: TraceSymbol, by: TraceSymbol)

        init(_ symbol: FormulaSide, _ number: TraceNumber, _ of: TraceSymbol, by: TraceSymbol) {
            self.symbol = symbol
            self.number = number
            derivative = (of, by)
        }
    }

    /// Whether there is but one way through the network.
    var isChain: Bool { trace.inputs.count == 1 && trace.layers.allSatisfy { $0.units.count == 1 } }

    /// A gradient as the product of the local factors on its way, for a network of one unit a layer.
    func product(_ layer: Int, error: String = "E") -> [Factor] {
        topFactors(error) + factorsBetween(above: layer) + [inputFactor(.init(layer: layer, unit: 0, input: 0))]
    }

    /// The gradient of a weight or bias as the product of three: how the error depends on the unit's output, that on
    /// its weighted input, and that on the parameter; of two where the first two are computed as one.
    func factors(_ place: TraceNumber.Place) -> [Factor] {
        let name = unit(place.layer, place.unit).name
        func number(_ kind: TraceNumber.OfUnit) -> TraceNumber { .unit(kind, layer: place.layer, unit: place.unit) }
        let isOne = trace.layers[place.layer].activation == .softmax || (place.layer == last && isFused)
        let slope = isOne ? "" : slopeSides(place.layer, place.unit).0
        let upper =
            isOne
            ? [Factor("\(.delta(name))", number(.delta), .total("E"), by: .net(name))]
            : [
                Factor(slope, number(.outputSlope), .total("E"), by: .out(name)),
                Factor("\(.derivative(name))", number(.derivative), .out(name), by: .net(name)),
            ]
        return place.input == nil ? upper : upper + [inputFactor(place)]
    }

    /// The delta of the last unit: as one factor where loss and activation are computed as one.
    private func topFactors(_ error: String) -> [Factor] {
        if isFused {
            return [
                Factor(
                    "(\(.out("o1")) − target)", .unit(.delta, layer: last, unit: 0), .total(error), by: .net("o1"))
            ]
        }
        return [
            Factor(
                "\(.partial(error, by: .out("o1")))", .unit(.outputSlope, layer: last, unit: 0), .total(error),
                by: .out("o1")),
            Factor(
                "\(.derivative("o1"))", .unit(.derivative, layer: last, unit: 0), .out("o1"), by: .net("o1")),
        ]
    }

    /// The weights and slopes that the delta of a unit comes down through.
    private func factorsBetween(above layer: Int) -> [Factor] {
        let isUpdated = trace.order == .layerByLayer
        return ((layer + 1)..<trace.layers.count).reversed().flatMap { upper -> [Factor] in
            let place = TraceNumber.Place(layer: upper, unit: 0, input: 0)
            let (above, below) = (unit(upper, 0).name, unit(upper - 1, 0).name)
            return [
                Factor(
                    "\(.parameter(trace[place].name, isUpdated: isUpdated))",
                    .parameter(isUpdated ? .updated : .value, place), .net(above), by: .out(below)),
                Factor(
                    "\(.derivative(below))", .unit(.derivative, layer: upper - 1, unit: 0), .out(below),
                    by: .net(below)),
            ]
        }
    }

    private func inputFactor(_ place: TraceNumber.Place) -> Factor {
        let input = place.input ?? 0
        return Factor(
            "\(.out(trace[place].source ?? ""))", below(place.layer)[input], .net(unit(place.layer, place.unit).name),
            by: .parameter(trace[place].name, isUpdated: false))
    }

    // MARK: Update

    func update(_ place: TraceNumber.Place) -> TraceFormula {
        let parameter = trace[place]
        let symbol: FormulaSide = "\(.parameter(parameter.name, isUpdated: false))"
        guard !parameter.frozen else {
            return TraceFormula(symbol, "\(number: .parameter(.value, place)), frozen")
        }
        return TraceFormula(
            symbol,
            """
            \(number: .parameter(.value, place)) − \(number: .learningRate)\
             · \(number: .parameter(.gradient, place))
            """,
            "\(number: .parameter(.updated, place))")
    }

    /// The weights of a unit, and its bias if it has one.
    func places(_ layer: Int, _ index: Int) -> [TraceNumber.Place] {
        let unit = unit(layer, index)
        let weights = unit.weights.indices.map { TraceNumber.Place(layer: layer, unit: index, input: $0) }
        return unit.bias == nil ? weights : weights + [.init(layer: layer, unit: index)]
    }
}
