/// Samples that are predicted at a time, so that memory doesn't grow with their number.
private let predictionChunk = 256

extension Network {
    /// Returns the network's outputs for any number of samples.
    ///
    /// A sample's outputs don't depend, to the bit, on the samples beside it.
    ///
    /// - Parameter inputs: `samples × inputCount` values, row-major.
    /// - Returns: `samples × outputCount` activations of the last layer, row-major.
    /// - Throws: ``BackpropError/shape(_:expected:found:)`` if the number of inputs is not a multiple of
    ///   ``inputCount``, ``BackpropError/nonFinite(_:index:found:)`` if one isn't finite.
    /// - Complexity: O(samples · parameters).
    ///
    /// The corresponding C function is `bp_predict_f32`; the reference is `ReferenceNetwork.forward`.
    @_specialize(where Scalar == Float)
    @_specialize(where Scalar == Double)
    public func predict(_ inputs: [Scalar]) throws(BackpropError) -> [Scalar] {
        try check(inputs: inputs)
        return outputs(of: inputs)
    }

    /// Returns the network's outputs for a dataset, some samples at a time: a file that is larger than memory is never
    /// read as a whole.
    ///
    /// - Returns: `samples.count × outputCount` activations of the last layer, row-major.
    /// - Throws: ``BackpropError/shape(_:expected:found:)`` if the dataset's inputs don't fit the network.
    @_specialize(where Scalar == Float)
    @_specialize(where Scalar == Double)
    public func predict(on samples: Dataset<Scalar>) throws(BackpropError) -> [Scalar] {
        guard samples.inputCount == inputCount else {
            throw .shape("inputs of a sample", expected: "\(inputCount)", found: "\(samples.inputCount)")
        }
        return outputs(on: samples)
    }

    /// The outputs for a dataset that is known to fit.
    func outputs(on samples: Dataset<Scalar>) -> [Scalar] {
        var outputs: [Scalar] = []
        outputs.reserveCapacity(samples.count * outputCount)
        for start in stride(from: 0, to: samples.count, by: predictionChunk) {
            let rows = start..<min(start + predictionChunk, samples.count)
            outputs += self.outputs(of: samples.batch(rows).inputs)
        }
        return outputs
    }

    func check(inputs: [Scalar]) throws(BackpropError) {
        guard inputs.count % inputCount == 0 else {
            throw .shape("inputs", expected: "a multiple of \(inputCount) values", found: "\(inputs.count)")
        }
        try checkFinite(inputs, "inputs")
    }

    /// Returns the output with the highest value for each sample: its class, for a classifier.
    /// The first of equals is taken; a network with one output answers 1 where it is above ½, else 0.
    ///
    /// - Throws: As ``predict(_:)``.
    @_specialize(where Scalar == Float)
    @_specialize(where Scalar == Double)
    public func predictClasses(_ inputs: [Scalar]) throws(BackpropError) -> [Int] {
        Metrics.classes(ofOutputs: try predict(inputs), outputCount: outputCount)
    }

    /// Returns the mean loss over a dataset.
    ///
    /// - Throws: ``BackpropError/shape(_:expected:found:)`` if the dataset doesn't fit the network,
    ///   ``BackpropError/incompatible(loss:activation:)`` if the loss doesn't.
    @_specialize(where Scalar == Float)
    @_specialize(where Scalar == Double)
    public func loss(_ loss: Loss, on dataset: Dataset<Scalar>) throws(BackpropError) -> Double {
        try check(dataset, loss: loss)
        return meanLoss(loss, on: dataset)
    }

    /// The mean loss over a dataset that is known to fit.
    func meanLoss(_ loss: Loss, on dataset: Dataset<Scalar>) -> Double {
        var workspace = Workspace()
        var sum = 0.0
        for start in stride(from: 0, to: dataset.count, by: predictionChunk) {
            let rows = start..<min(start + predictionChunk, dataset.count)
            let batch = dataset.batch(rows)
            let mean = plan.loss(
                parameters: numbers, batch: batch, objective: Objective(loss), workspace: &workspace)
            sum += Double(mean) * Double(rows.count)
        }
        return sum / Double(dataset.count)
    }

    /// Returns the loss over a dataset as one batch, and its gradient with respect to every parameter, without dropout.
    ///
    /// - Returns: The mean loss, and the gradients laid out as ``parameters``; 0 for frozen ones.
    /// - Throws: As ``loss(_:on:)``.
    ///
    /// The corresponding C function is `bp_gradients_f32`; the reference is `ReferenceNetwork.gradients`.
    @_specialize(where Scalar == Float)
    @_specialize(where Scalar == Double)
    public func gradients(
        of loss: Loss, on dataset: Dataset<Scalar>, reduction: Reduction = .mean
    ) throws(BackpropError) -> (loss: Scalar, gradients: [Scalar]) {
        try check(dataset, loss: loss)
        var workspace = Workspace()
        var gradients = [Scalar](repeating: 0, count: numbers.count)
        let value = try planWithoutDropout().gradients(
            parameters: numbers, batch: dataset.batch(0..<dataset.count),
            objective: Objective(loss, reduction: reduction), into: &gradients, workspace: &workspace)
        return (value, gradients)
    }

    private func planWithoutDropout() throws(BackpropError) -> NetworkPlan {
        guard layers.contains(where: { $0.dropout > 0 }) else { return plan }
        let layers = layers.map { layer in
            var layer = layer
            layer.dropout = 0
            return layer
        }
        return try NetworkPlan(kernels: plan.kernels, inputCount: inputCount, layers: layers)
    }

    /// Checks that a dataset and a loss fit this network.
    func check(_ dataset: Dataset<Scalar>, loss: Loss) throws(BackpropError) {
        guard dataset.inputCount == inputCount else {
            throw .shape("inputs of a sample", expected: "\(inputCount)", found: "\(dataset.inputCount)")
        }
        guard dataset.targetCount == outputCount else {
            throw .shape(
                "targets of a sample", expected: "\(outputCount) for the outputs", found: "\(dataset.targetCount)")
        }
        try loss.check(outputActivation: layers[layers.count - 1].activation)
    }

    /// The outputs for inputs that are known to fit.
    func outputs(of inputs: [Scalar]) -> [Scalar] {
        var workspace = Workspace()
        let samples = inputs.count / inputCount
        if samples <= predictionChunk {
            return plan.predict(
                parameters: numbers, inputs: inputs[...], samples: samples, outputCount: outputCount,
                workspace: &workspace)
        }
        let threads = ThreadChoice.threadsToStart(forSamples: samples, of: numbers.count)
        // A system that starts no threads leaves the work to one.
        if threads > 1 { workspace.pool = try? ThreadPool(threads: threads) }
        var outputs: [Scalar] = []
        outputs.reserveCapacity(samples * outputCount)
        for start in stride(from: 0, to: samples, by: predictionChunk) {
            let end = min(start + predictionChunk, samples)
            outputs += plan.predict(
                parameters: numbers, inputs: inputs[(start * inputCount)..<(end * inputCount)],
                samples: end - start, outputCount: outputCount, workspace: &workspace)
        }
        return outputs
    }
}
