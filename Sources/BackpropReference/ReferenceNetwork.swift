import Backprop

/// A network in plain Swift, written from the formulas, that says what the right answer is to the bit.
///
/// It keeps and shows every intermediate value of a step, for people to read and for tests to compare.
/// No part of it is fast.
public struct ReferenceNetwork<Scalar: ReferenceScalar>: Sendable {
    /// What a layer is, and its parameters.
    public struct LayerState: Sendable {
        /// The library's description of it.
        public var layer: Layer
        /// `weights[input][unit]`
        public var weights: [[Scalar]]
        /// One a unit, or `nil` for none.
        public var biases: [Scalar]?
    }

    /// What a layer computed for a batch: arrays of samples.
    public struct Activations: Sendable {
        /// Weighted inputs.
        public var z: [[Scalar]]
        /// Activations.
        public var a: [[Scalar]]
        /// `f'(z)`; for softmax 1, as there it is no number a unit.
        public var derivative: [[Scalar]]
    }

    /// What the backward pass gave a layer: arrays of samples, and gradients as the parameters are.
    public struct Gradients: Sendable {
        /// `dL/dz`
        public var delta: [[Scalar]]
        /// `weights[input][unit]`
        public var weights: [[Scalar]]
        /// One a unit, or `nil` for none.
        public var biases: [Scalar]?
    }

    /// All numbers of one forward and backward pass.
    public struct Pass: Sendable {
        /// What each layer computed, from the inputs up.
        public var layers: [Activations]
        /// One a sample.
        public var losses: [Scalar]
        /// The mean of the losses.
        public var loss: Scalar
        /// What the backward pass gave each layer, from the inputs up.
        public var gradients: [Gradients]
    }

    /// From the inputs up.
    public var layers: [LayerState]

    /// The same network as one of the library's.
    public init(_ network: Network<Scalar>) {
        layers = network.layers.indices.map { index in
            let layer = network.layers[index]
            let weights = Array(network.parameters[network.weightRange(ofLayer: index)])
            let rows = stride(from: 0, to: weights.count, by: layer.units).map {
                Array(weights[$0..<($0 + layer.units)])
            }
            return LayerState(
                layer: layer, weights: rows, biases: layer.hasBiases ? network.biases(ofLayer: index) : nil)
        }
    }

    /// All parameters, laid out as ``Network/parameters``.
    public var parameters: [Scalar] {
        layers.flatMap { $0.weights.flatMap { $0 } + ($0.biases ?? []) }
    }

    // MARK: Forward

    /// The forward pass of a batch, layer by layer.
    ///
    /// - Parameter dropout: What drops units, or `nil` as for a prediction.
    public func forward(_ inputs: [[Scalar]], dropout: ReferenceDropout? = nil) -> [Activations] {
        var x = inputs
        return layers.enumerated().map { index, state in
            let z = ReferenceDense.forward(x, state.weights, state.biases, units: state.layer.units)
            var result = activate(state.layer.activation, z)
            if let dropout, state.layer.dropout > 0 {
                dropout.apply(to: &result, layer: index, rate: Float(state.layer.dropout))
            }
            x = result.a
            return result
        }
    }

    private func activate(_ f: Activation, _ z: [[Scalar]]) -> Activations {
        if f == .softmax {
            let ones = z.map { $0.map { _ in Scalar(1) } }
            return Activations(z: z, a: z.map { ReferenceMath.softmax($0).value }, derivative: ones)
        }
        let both = z.map { $0.map { ReferenceMath.activate(f, $0) } }
        return Activations(z: z, a: both.map { $0.map(\.value) }, derivative: both.map { $0.map(\.derivative) })
    }

    // MARK: Backward

    /// Every number of the forward and backward pass of a batch.
    public func pass(
        _ inputs: [[Scalar]], _ targets: [[Scalar]], loss: Loss, reduction: Reduction = .mean
    ) -> Pass {
        pass(inputs, targets, ReferenceObjective(loss: loss, reduction: reduction))
    }

    /// Every number of the forward and backward pass of a batch.
    public func pass(_ inputs: [[Scalar]], _ targets: [[Scalar]], _ objective: ReferenceObjective<Scalar>) -> Pass {
        var network = self
        return network.run(inputs, targets, objective, order: .simultaneous, rate: nil)
    }

    /// One step of gradient descent; returns every number on its way.
    public mutating func step(
        _ inputs: [[Scalar]], _ targets: [[Scalar]], loss: Loss, rate: Scalar, reduction: Reduction = .mean,
        order: UpdateOrder = .simultaneous
    ) -> Pass {
        run(inputs, targets, ReferenceObjective(loss: loss, reduction: reduction), order: order, rate: rate)
    }

    private mutating func run(
        _ inputs: [[Scalar]], _ targets: [[Scalar]], _ objective: ReferenceObjective<Scalar>, order: UpdateOrder,
        rate: Scalar?
    ) -> Pass {
        let activations = forward(inputs, dropout: objective.dropout)
        let (losses, last) = outputDelta(activations.last!, targets, objective)
        var delta = last
        let before = self
        var gradients: [Gradients] = []
        for index in layers.indices.reversed() {
            let x = index == 0 ? inputs : activations[index - 1].a
            let found = self.gradients(ofLayer: index, x, delta)
            gradients.insert(found, at: 0)
            if let rate { descend(layer: index, found, rate: rate) }
            guard index > 0 else { continue }
            let weights = (order == .simultaneous ? before : self).layers[index].weights
            let g = ReferenceDense.deltaAccumulate(delta, weights)
            delta = self.delta(ofLayer: index - 1, g, activations[index - 1])
        }
        let mean = losses.reduce(0, +) / Scalar(losses.count)
        return Pass(layers: activations, losses: losses, loss: mean, gradients: gradients)
    }

    /// `dL/dz` of a layer from `dL/da`.
    private func delta(ofLayer index: Int, _ g: [[Scalar]], _ found: Activations) -> [[Scalar]] {
        if layers[index].layer.activation == .softmax {
            return zip(found.a, g).map { ReferenceMath.softmaxDelta($0, $1) }
        }
        return zip(g, found.derivative).map { zip($0, $1).map { $0 * $1 } }
    }

    private func outputDelta(
        _ output: Activations, _ targets: [[Scalar]], _ objective: ReferenceObjective<Scalar>
    ) -> (losses: [Scalar], delta: [[Scalar]]) {
        let targets = targets.map(objective.smoothed)
        let scale = objective.scale(samples: targets.count)
        var losses: [Scalar]
        var delta: [[Scalar]]
        switch objective.loss {
        case .crossEntropy:
            let results = zip(output.z, targets).map { ReferenceMath.softmaxCrossEntropy($0, $1, scale: scale) }
            (losses, delta) = (results.map(\.value), results.map(\.delta))
        case .binaryCrossEntropy:
            let results = zip(output.z, targets).map { ReferenceMath.sigmoidCrossEntropy($0, $1, scale: scale) }
            (losses, delta) = (results.map(\.value), results.map(\.delta))
        default:
            let results = zip(output.a, targets).map { ReferenceMath.loss(objective.loss, $0, $1, scale: scale) }
            losses = results.map(\.value)
            delta = self.delta(ofLayer: layers.count - 1, results.map(\.g), output)
        }
        if let weights = objective.sampleWeights {
            losses = zip(losses, weights).map { $0 * $1 }
            delta = zip(delta, weights).map { delta, weight in delta.map { $0 * weight } }
        }
        return (losses, delta)
    }

    private func gradients(ofLayer index: Int, _ x: [[Scalar]], _ delta: [[Scalar]]) -> Gradients {
        let state = layers[index]
        let units = state.layer.units
        return Gradients(
            delta: delta,
            weights: ReferenceDense.weightGradient(x, delta, inputs: state.weights.count, units: units),
            biases: state.biases.map { _ in ReferenceDense.biasGradient(delta, units: units) })
    }

    private mutating func descend(layer index: Int, _ gradients: Gradients, rate: Scalar) {
        let layer = layers[index].layer
        if !layer.freezesWeights {
            layers[index].weights = zip(layers[index].weights, gradients.weights).map { weights, gradients in
                zip(weights, gradients).map { ReferenceDense.descend($0, $1, rate: rate) }
            }
        }
        if !layer.freezesBiases, let biases = layers[index].biases, let found = gradients.biases {
            layers[index].biases = zip(biases, found).map { ReferenceDense.descend($0, $1, rate: rate) }
        }
    }

    /// The gradients of a pass in one array, laid out as ``parameters``; 0 for frozen ones. Those of tied weights
    /// stand with their owner.
    public func flatGradients(_ pass: Pass) -> [Scalar] {
        var weights = pass.gradients.map(\.weights)
        for (index, state) in layers.enumerated() {
            guard let owner = state.layer.tiedTo else { continue }
            for unit in weights[index].indices {
                for input in weights[index][unit].indices {
                    weights[owner][input][unit] += weights[index][unit][input]
                    weights[index][unit][input] = 0
                }
            }
        }
        return layers.indices.flatMap { index -> [Scalar] in
            let layer = layers[index].layer
            let weights = weights[index].flatMap { $0 }
            let biases = pass.gradients[index].biases ?? []
            return (freezesWeights(index) ? weights.map { _ in 0 } : weights)
                + (layer.freezesBiases ? biases.map { _ in 0 } : biases)
        }
    }

    /// Whether a layer's weights are left as they are; tied weights if their owner's are.
    func freezesWeights(_ index: Int) -> Bool {
        layers[layers[index].layer.tiedTo ?? index].layer.freezesWeights
    }

    /// Replaces all parameters, laid out as ``parameters``; tied weights follow their owner's.
    mutating func setParameters(_ values: [Scalar]) {
        var rest = values[...]
        for index in layers.indices {
            let units = layers[index].layer.units
            for row in layers[index].weights.indices {
                layers[index].weights[row] = Array(rest.prefix(units))
                rest = rest.dropFirst(units)
            }
            guard layers[index].biases != nil else { continue }
            layers[index].biases = Array(rest.prefix(units))
            rest = rest.dropFirst(units)
        }
        for index in layers.indices {
            guard let owner = layers[index].layer.tiedTo else { continue }
            for row in layers[index].weights.indices {
                layers[index].weights[row] = layers[owner].weights.map { $0[row] }
            }
        }
    }
}
