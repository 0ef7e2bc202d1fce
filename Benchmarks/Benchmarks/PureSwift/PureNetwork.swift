/// A network with sigmoids, softmax and cross-entropy, trained by gradient descent with the kernels of one way of
/// writing Swift.
final class PureNetwork<Kernels: PureSwift> {
    typealias Scalar = Kernels.Scalar

    private struct DenseLayer {
        var size: LayerSize
        var weights: Kernels.Values
        var biases: Kernels.Values
        var weightedInputs: Kernels.Values
        var activations: Kernels.Values
        var delta: Kernels.Values
    }

    private var kernels = Kernels()
    private var layers: [DenseLayer]
    /// Each layer's weights by output, for the delta below.
    private var transposed: [Kernels.Values]
    private var losses: Kernels.Values
    private let inputs: [Kernels.Values]
    private let targets: [Kernels.Values]
    private let batch: Int
    private let rate: Scalar
    private var position = 0

    /// - Parameter parameters: Weights and biases, layer by layer, as the C core has them.
    init(_ shape: NetworkShape, _ samples: CoreSamples<Scalar>, batch: Int, parameters: [Scalar], rate: Scalar) {
        (self.batch, self.rate) = (batch, rate)
        var rest = parameters[...]
        func next(_ count: Int) -> Kernels.Values {
            defer { rest = rest.dropFirst(count) }
            return Kernels.values(Array(rest.prefix(count)))
        }
        layers = zip(shape.units, shape.units.dropFirst()).map { inputs, units in
            DenseLayer(
                size: LayerSize(batch: batch, inputs: inputs, units: units), weights: next(inputs * units),
                biases: next(units), weightedInputs: Kernels.zeros(batch * units),
                activations: Kernels.zeros(batch * units), delta: Kernels.zeros(batch * units))
        }
        transposed = layers.map { Kernels.zeros($0.size.inputs * $0.size.units) }
        losses = Kernels.zeros(batch)
        let (inputs, targets) = (samples.inputs.values, samples.oneHot(shape.outputCount))
        func batches(_ values: [Scalar], _ width: Int) -> [Kernels.Values] {
            (0..<samples.count / batch).map { index in
                Kernels.values(Array(values[index * batch * width..<(index + 1) * batch * width]))
            }
        }
        self.inputs = batches(inputs, shape.inputCount)
        self.targets = batches(targets, shape.outputCount)
    }

    /// All weights and biases.
    var parameterValues: [Scalar] {
        layers.flatMap { Kernels.array($0.weights) + Kernels.array($0.biases) }
    }

    // No array is held by a second name while it is written to, or it would be copied.

    func train(steps: Int) {
        for _ in 0..<steps {
            forward()
            outputDelta()
            for index in layers.indices.reversed() { backward(index) }
            position = position + 1 == inputs.count ? 0 : position + 1
        }
    }

    private func layerInputs(_ index: Int) -> Kernels.Values {
        index == 0 ? inputs[position] : layers[index - 1].activations
    }

    private func forward() {
        for index in layers.indices {
            kernels.multiply(
                layerInputs(index), layers[index].weights, bias: layers[index].biases, &layers[index].weightedInputs,
                layers[index].size.forward)
            if index == layers.count - 1 { return }
            kernels.update(
                layers[index].weightedInputs, &layers[index].activations, count: layers[index].size.outputs,
                PureSigmoid<Scalar, Kernels.A>())
        }
    }

    private func outputDelta() {
        let last = layers.count - 1
        kernels.softmaxCrossEntropy(
            layers[last].weightedInputs, targets[position], scale: 1 / Scalar(batch), &layers[last].delta, &losses,
            batch: batch, units: layers[last].size.units)
    }

    /// The delta of the layer below, while the weights are the old ones, and then the update.
    private func backward(_ index: Int) {
        let size = layers[index].size
        if index > 0 {
            kernels.deltaAccumulate(
                layers[index].delta, layers[index].weights, &layers[index - 1].delta, &transposed[index], size)
            kernels.update(
                layers[index - 1].activations, &layers[index - 1].delta, count: layers[index - 1].size.outputs,
                PureSigmoidDelta())
        }
        kernels.multiplyAndDescend(
            layerInputs(index), layers[index].delta, rate: rate, &layers[index].weights, size.gradient)
        kernels.biasDescend(layers[index].delta, rate: rate, &layers[index].biases, batch: batch, units: size.units)
    }
}
