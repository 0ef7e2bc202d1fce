/// A network that learns to give its own inputs back through a layer that is too narrow to copy them.
///
/// ```swift
/// var autoencoder = try Autoencoder<Float>(inputs: 784, hidden: [128], bottleneck: 32, seed: 1)
/// try trainer.train(&autoencoder, on: images, until: [.epochs(10)])
/// let codes = try autoencoder.encode(images)
/// let threshold = try autoencoder.anomalyThreshold(of: images, quantile: 0.99)
/// ```
///
/// The decoder mirrors the encoder. For a denoising autoencoder give the trainer noise on its inputs:
/// ``Regularization/inputNoise``.
public struct Autoencoder<Scalar: NetworkScalar>: Hashable, Sendable {
    /// The whole network, from inputs to reconstructions.
    public internal(set) var network: Network<Scalar>
    /// The layers of the encoder; the last of them is the bottleneck.
    public let encoderLayers: Int

    /// An untrained autoencoder.
    ///
    /// - Parameters:
    ///   - inputs: Values a sample.
    ///   - hidden: Units of the encoder's layers before the bottleneck, from the inputs up; the decoder has the same,
    ///     turned round.
    ///   - bottleneck: Units of the code.
    ///   - activation: Of the hidden layers.
    ///   - bottleneckActivation: Of the bottleneck; as the hidden layers unless given.
    ///   - outputActivation: Of the reconstruction: sigmoid for values in 0…1, identity for any.
    ///   - tiesWeights: Whether the decoder's weights are the encoder's, transposed: half the parameters.
    ///   - seed: What random parameters come from.
    /// - Throws: As ``Network/init(inputs:layers:seed:)``.
    public init(
        inputs: Int, hidden: [Int] = [], bottleneck: Int, activation: Activation = .relu,
        bottleneckActivation: Activation? = nil, outputActivation: Activation = .sigmoid, tiesWeights: Bool = false,
        seed: UInt64 = 0
    ) throws(BackpropError) {
        let encoder =
            hidden.map { Layer.dense($0, activation) } + [.dense(bottleneck, bottleneckActivation ?? activation)]
        var decoder = hidden.reversed().map { Layer.dense($0, activation) } + [.dense(inputs, outputActivation)]
        if tiesWeights {
            for index in decoder.indices { decoder[index].tiedTo = encoder.count - 1 - index }
        }
        network = try Network(inputs: inputs, layers: encoder + decoder, seed: seed)
        encoderLayers = encoder.count
    }

    /// The autoencoder that a network is, for example one that was loaded.
    ///
    /// - Throws: ``BackpropError/shape(_:expected:found:)`` if it has not as many outputs as inputs, or no layer after
    ///   the encoder.
    public init(_ network: Network<Scalar>, encoderLayers: Int) throws(BackpropError) {
        guard network.outputCount == network.inputCount else {
            throw .shape(
                "outputs of an autoencoder", expected: "\(network.inputCount) as its inputs",
                found: "\(network.outputCount)")
        }
        guard (1..<network.layers.count).contains(encoderLayers) else {
            throw .shape(
                "layers of the encoder", expected: "1 to \(network.layers.count - 1)", found: "\(encoderLayers)")
        }
        self.network = network
        self.encoderLayers = encoderLayers
    }

    /// Numbers a code.
    public var codeCount: Int { network.layers[encoderLayers - 1].units }

    /// Returns the codes of samples: `samples × codeCount` values, row-major.
    ///
    /// - Throws: As ``Network/predict(_:)``.
    public func encode(_ inputs: [Scalar]) throws(BackpropError) -> [Scalar] {
        try network.activations(ofLayer: encoderLayers - 1, for: inputs)
    }

    /// Returns the samples that codes stand for: `samples × inputCount` values, row-major.
    ///
    /// - Throws: As ``Network/predict(_:)``, for codes in place of inputs.
    public func decode(_ codes: [Scalar]) throws(BackpropError) -> [Scalar] {
        let first = network.weightRange(ofLayer: encoderLayers).lowerBound
        let layers = network.layers[encoderLayers...].map { layer in
            var layer = layer
            layer.tiedTo = nil
            return layer
        }
        let decoder = try Network(
            inputs: codeCount, layers: Array(layers), parameters: Array(network.parameters[first...]))
        return try decoder.predict(codes)
    }

    /// Returns what the network makes of samples: `samples × inputCount` values, row-major.
    ///
    /// - Throws: As ``Network/predict(_:)``.
    public func reconstruct(_ inputs: [Scalar]) throws(BackpropError) -> [Scalar] {
        try network.predict(inputs)
    }

    /// Returns each sample's mean squared difference from its reconstruction.
    ///
    /// - Throws: As ``Network/predict(_:)``.
    public func reconstructionErrors(_ inputs: [Scalar]) throws(BackpropError) -> [Scalar] {
        let outputs = try reconstruct(inputs)
        let width = network.inputCount
        return stride(from: 0, to: inputs.count, by: width).map { start in
            let sum = (start..<(start + width)).reduce(Scalar(0)) { sum, index in
                let error = outputs[index] - inputs[index]
                return sum.addingProduct(error, error)
            }
            return sum / Scalar(width)
        }
    }

    /// Returns the error that a share of samples does not exceed: what has a higher one is an anomaly.
    ///
    /// - Parameters:
    ///   - inputs: `samples × inputCount` values, row-major; best of samples that it was not trained on.
    ///   - quantile: The share, in 0…1; the smallest error such that it holds for at least that share.
    /// - Throws: As ``Network/predict(_:)``, ``BackpropError/empty(_:)`` or
    ///   ``BackpropError/option(_:expected:found:)``.
    public func anomalyThreshold(of inputs: [Scalar], quantile: Double) throws(BackpropError) -> Scalar {
        guard (0...1).contains(quantile) else {
            throw .option("quantile", expected: "0 to 1", found: "\(quantile)")
        }
        let errors = try reconstructionErrors(inputs).sorted()
        guard !errors.isEmpty else { throw .empty("samples") }
        return errors[max(0, Int((quantile * Double(errors.count)).rounded(.up)) - 1)]
    }
}

extension Trainer {
    /// Trains an autoencoder to give its inputs back.
    ///
    /// - Parameters:
    ///   - autoencoder: The autoencoder, whose parameters are changed in place.
    ///   - inputs: `samples × inputCount` values, row-major.
    ///   - validation: More of them, which are only looked at.
    ///   - conditions: When to stop; at least one.
    ///   - progress: Called after every epoch; returns whether to go on.
    /// - Returns: As ``train(_:on:validatingOn:until:progress:afterStep:)``.
    /// - Throws: Likewise.
    @discardableResult
    public mutating func train(
        _ autoencoder: inout Autoencoder<Scalar>, on inputs: [Scalar], validatingOn validation: [Scalar]? = nil,
        until conditions: [StopCondition], progress: (EpochReport) -> Bool = { _ in true }
    ) throws(BackpropError) -> TrainingResult {
        let width = autoencoder.network.inputCount
        let samples = try Dataset(autoencoding: inputs, inputCount: width)
        var heldOut: Dataset<Scalar>?
        if let validation { heldOut = try Dataset(autoencoding: validation, inputCount: width) }
        return try train(
            &autoencoder.network, on: samples, validatingOn: heldOut, until: conditions, progress: progress)
    }
}
