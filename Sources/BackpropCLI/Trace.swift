import Backprop
import BackpropReference
import BackpropSamples

/// Every number of one training step, and where more steps end.
struct Trace: Encodable {
    struct Parameter: Encodable {
        /// `w5` or `b3`
        var name: String
        /// The unit or input below whose output a weight multiplies; `nil` for a bias.
        var source: String?
        var value: Double
        /// `∂E/∂w`
        var gradient: Double
        /// The value after the step.
        var updated: Double
        /// Whether the step leaves it as it is.
        var frozen: Bool
    }

    struct Unit: Encodable {
        /// `h1` or `o2`
        var name: String
        var weights: [Parameter]
        var bias: Parameter?
        var weightedInput: Double
        var output: Double
        /// `f'(z)`; `nil` for softmax, whose units depend on each other.
        var derivative: Double?
        /// `∂E/∂out`
        var outputSlope: Double
        /// `∂E/∂z`
        var delta: Double
    }

    struct LayerTrace: Encodable {
        var activation: Activation
        var units: [Unit]
    }

    /// A network's answer: its outputs, the loss of each, and of all.
    struct Answer: Encodable {
        var outputs: [Double]
        /// Each output's part of the loss.
        var losses: [Double]
        var loss: Double
    }

    /// For chains: how the gradient fades on its way down.
    struct Vanishing: Encodable {
        var firstGradient: Double
        var lastGradient: Double
        /// `nil` where the last gradient is 0.
        var ratio: Double?
    }

    var name: String
    var summary: String
    var loss: Loss
    var learningRate: Double
    var order: UpdateOrder
    var inputs: [Double]
    var targets: [Double]
    var layers: [LayerTrace]
    /// Before the first step.
    var before: Answer
    /// After the first step.
    var afterFirstStep: Answer
    var steps: Int
    /// After all steps.
    var afterAllSteps: Answer
    /// Weights and biases after all steps, by name.
    var finalParameters: [String: Double]
    var vanishing: Vanishing?

    init(of example: WorkedExample, order: UpdateOrder, steps: Int) throws {
        name = example.name
        summary = example.summary
        loss = example.loss
        learningRate = example.learningRate
        self.order = order
        self.steps = steps
        inputs = Array(example.dataset.inputs(ofSample: 0))
        targets = example.dataset.targets(ofSample: 0)

        let start = ReferenceNetwork(example.network)
        var updated = start
        let pass = updated.step([inputs], [targets], loss: loss, rate: learningRate, order: order)
        let names = ParameterNames(of: start, inputCount: inputs.count)
        before = Answer(start, inputs, targets, loss)
        let slopes = zip(before.outputs, targets).map { [loss, targets] in
            loss.slope(output: $0, target: $1, outputs: targets.count)
        }
        layers = start.layers.indices.map { index in
            let isLast = index == start.layers.count - 1
            let above = (order == .simultaneous ? start : updated).layers.dropFirst(index + 1).first
            return LayerTrace(
                activation: start.layers[index].layer.activation,
                units: Self.units(
                    ofLayer: index, before: start, after: updated, pass: pass, names: names,
                    slopes: isLast ? slopes : Self.slopes(above!, pass.gradients[index + 1].delta[0])))
        }
        afterFirstStep = Answer(updated, inputs, targets, loss)

        var network = example.network
        var trainer = Trainer<Double>(loss: loss, learningRate: .constant(learningRate), updateOrder: order)
        for _ in 0..<steps { try trainer.step(&network, on: example.dataset) }
        let end = ReferenceNetwork(network)
        afterAllSteps = Answer(end, inputs, targets, loss)
        finalParameters = names.dictionary(of: end)

        if name == "chain", let first = layers.first?.units[0].weights[0], let last = layers.last?.units[0].weights[0] {
            vanishing = Vanishing(
                firstGradient: first.gradient, lastGradient: last.gradient,
                ratio: last.gradient == 0 ? nil : first.gradient / last.gradient)
        }
    }

    /// `∂E/∂out` of the units below a layer: `Σ δ·w` over its units, in their order.
    private static func slopes(_ above: ReferenceNetwork<Double>.LayerState, _ deltas: [Double]) -> [Double] {
        above.weights.map { weights in zip(deltas, weights).reduce(0) { $0.addingProduct($1.0, $1.1) } }
    }

    private static func units(
        ofLayer index: Int, before: ReferenceNetwork<Double>, after: ReferenceNetwork<Double>,
        pass: ReferenceNetwork<Double>.Pass, names: ParameterNames, slopes: [Double]
    ) -> [Unit] {
        let state = before.layers[index]
        let found = pass.layers[index]
        let gradients = pass.gradients[index]
        return (0..<state.layer.units).map { unit in
            let weights = state.weights.indices.map { input in
                Parameter(
                    name: names.weights[index][unit][input], source: names.sources[index][input],
                    value: state.weights[input][unit], gradient: gradients.weights[input][unit],
                    updated: after.layers[index].weights[input][unit], frozen: state.layer.freezesWeights)
            }
            let bias = state.biases.map { biases in
                Parameter(
                    name: names.biases[index][unit], value: biases[unit], gradient: gradients.biases?[unit] ?? 0,
                    updated: after.layers[index].biases?[unit] ?? 0, frozen: state.layer.freezesBiases)
            }
            return Unit(
                name: names.units[index][unit], weights: weights, bias: bias, weightedInput: found.z[0][unit],
                output: found.a[0][unit],
                derivative: state.layer.activation == .softmax ? nil : found.derivative[0][unit],
                outputSlope: slopes[unit], delta: gradients.delta[0][unit])
        }
    }
}

extension Trace.Answer {
    init(_ network: ReferenceNetwork<Double>, _ inputs: [Double], _ targets: [Double], _ loss: Loss) {
        let pass = network.pass([inputs], [targets], loss: loss)
        outputs = pass.layers.last!.a[0]
        losses = zip(outputs, targets).map { loss.part(output: $0, target: $1, outputs: targets.count) }
        self.loss = pass.loss
    }
}

extension Loss {
    /// The derivative of a sample's loss with respect to one output, by the loss's own formula.
    fileprivate func slope(output: Double, target: Double, outputs: Int) -> Double {
        let e = output - target
        let count = Double(outputs)
        switch self {
        case .squaredError: return e
        case .meanSquaredError: return 2 * e / count
        case .meanAbsoluteError: return (e > 0 ? 1 : e < 0 ? -1 : 0) / count
        case .huber: return max(-1, min(1, e)) / count
        case .crossEntropy: return target == 0 ? 0 : -target / output
        case .binaryCrossEntropy: return e / (output * (1 - output)) / count
        case .custom: preconditionFailure("a worked example has one of the library's losses")
        }
    }

    /// What one output adds to the loss of a sample, by the loss's own formula.
    fileprivate func part(output: Double, target: Double, outputs: Int) -> Double {
        let e = output - target
        let count = Double(outputs)
        switch self {
        case .squaredError: return e * e / 2
        case .meanSquaredError: return e * e / count
        case .meanAbsoluteError: return abs(e) / count
        case .huber: return (abs(e) <= 1 ? e * e / 2 : abs(e) - 0.5) / count
        case .crossEntropy: return target == 0 ? 0 : -target * ReferenceMath.log(output)
        case .binaryCrossEntropy:
            let whenOn = target == 0 ? 0 : -target * ReferenceMath.log(output)
            let whenOff = target == 1 ? 0 : -(1 - target) * ReferenceMath.log(1 - output)
            return (whenOn + whenOff) / count
        case .custom: preconditionFailure("a worked example has one of the library's losses")
        }
    }
}

/// What units, weights and biases are called: `h1`, `o2`, `w5`, `b3`.
private struct ParameterNames {
    var units: [[String]] = []
    /// The names of what each layer takes in.
    var sources: [[String]] = []
    /// `weights[layer][unit][input]`
    var weights: [[[String]]] = []
    /// `biases[layer][unit]`; empty for a layer without.
    var biases: [[String]] = []

    init(of network: ReferenceNetwork<Double>, inputCount: Int) {
        var below = (1...inputCount).map { "i\($0)" }
        var (hidden, weight, bias) = (0, 0, 0)
        for (index, state) in network.layers.enumerated() {
            let isOutput = index == network.layers.count - 1
            let count = state.layer.units
            let names = (1...count).map { isOutput ? "o\($0)" : "h\(hidden + $0)" }
            hidden += isOutput ? 0 : count
            units.append(names)
            sources.append(below)
            weights.append(
                (0..<count).map { unit in below.indices.map { "w\(weight + unit * below.count + $0 + 1)" } })
            weight += count * below.count
            let biasCount = state.biases?.count ?? 0
            biases.append((0..<biasCount).map { "b\(bias + $0 + 1)" })
            bias += biasCount
            below = names
        }
    }

    func dictionary(of network: ReferenceNetwork<Double>) -> [String: Double] {
        var values: [String: Double] = [:]
        for (index, state) in network.layers.enumerated() {
            for (unit, names) in weights[index].enumerated() {
                for (input, name) in names.enumerated() { values[name] = state.weights[input][unit] }
            }
            for (unit, name) in biases[index].enumerated() { values[name] = state.biases?[unit] }
        }
        return values
    }
}
