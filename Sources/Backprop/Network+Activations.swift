extension Network {
    /// Returns what a layer makes of samples, without dropout: the hidden activations, or the outputs for the last.
    ///
    /// - Parameters:
    ///   - layer: The layer, counted from 0 at the inputs; one that the network has.
    ///   - inputs: `samples × inputCount` values, row-major.
    /// - Returns: `samples × units` activations, row-major.
    /// - Throws: As ``predict(_:)``.
    public func activations(ofLayer layer: Int, for inputs: [Scalar]) throws(BackpropError) -> [Scalar] {
        try check(inputs: inputs)
        return try uncheckedActivations(ofLayer: layer, for: inputs)
    }

    /// The same for inputs that are known to fit; parameters may be infinite or NaN.
    func uncheckedActivations(ofLayer layer: Int, for inputs: [Scalar]) throws(BackpropError) -> [Scalar] {
        let lower = layers[...layer].map { layer in
            var layer = layer
            layer.dropout = 0
            return layer
        }
        let plan = try NetworkPlan(kernels: plan.kernels, inputCount: inputCount, layers: lower)
        var workspace = Workspace()
        return plan.predict(
            parameters: numbers, inputs: inputs[...], samples: inputs.count / inputCount,
            outputCount: lower[layer].units, workspace: &workspace)
    }

    /// The lowest layer with a parameter that is infinite or not a number, or `nil` if none is.
    var firstNonFiniteParameters: Int? {
        guard let index = plan.kernels.firstNonFinite(parameters) else { return nil }
        return layers.indices.first { index < biasRange(ofLayer: $0).upperBound }
    }

    /// The lowest layer that makes something infinite or NaN of finite inputs, or `nil` if none does.
    func firstNonFiniteLayer(for inputs: [Scalar]) -> Int? {
        layers.indices.first { layer in
            let activations = try? uncheckedActivations(ofLayer: layer, for: inputs)
            return activations.map { plan.kernels.firstNonFinite($0) != nil } ?? false
        }
    }
}
