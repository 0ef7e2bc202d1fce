import Backprop
import BackpropSamples
import Testing

@Suite struct AutoencoderTests {
    private let images: [Float] = SampleData.digits(pixelFactor: 1 / 16).inputs

    private func trained(_ autoencoder: Autoencoder<Float>, noise: InputNoise = .none) throws -> Autoencoder<Float> {
        var autoencoder = autoencoder
        var trainer = Trainer<Float>(
            loss: .meanSquaredError, optimizer: .adam(), learningRate: 0.003,
            regularization: Regularization(inputNoise: noise), seed: 1)
        try trainer.train(&autoencoder, on: images, until: [.epochs(12)])
        return autoencoder
    }

    private func mean(_ errors: [Float]) -> Float { errors.reduce(0, +) / Float(errors.count) }

    /// The error of answering with the mean image, which needs no code at all.
    private var errorOfMean: Float {
        let count = images.count / 64
        let mean = (0..<64).map { pixel in
            stride(from: pixel, to: images.count, by: 64).reduce(0) { $0 + images[$1] } / Float(count)
        }
        return images.indices.reduce(0) { $0 + (images[$1] - mean[$1 % 64]) * (images[$1] - mean[$1 % 64]) }
            / Float(images.count)
    }

    @Test("it learns to reconstruct digits from eight numbers, also denoising and with tied weights")
    func learning() throws {
        let plain = try Autoencoder<Float>(inputs: 64, hidden: [32], bottleneck: 8, seed: 1)
        let tied = try Autoencoder<Float>(inputs: 64, hidden: [32], bottleneck: 8, tiesWeights: true, seed: 1)
        let masking = InputNoise.masking(probability: 0.2)
        for autoencoder in [try trained(plain), try trained(tied), try trained(plain, noise: masking)] {
            #expect(mean(try autoencoder.reconstructionErrors(images)) < errorOfMean / 2)
        }
    }

    @Test("what is encoded and decoded is what is reconstructed, to the bit", arguments: [false, true])
    func codes(tiesWeights: Bool) throws {
        let autoencoder = try Autoencoder<Float>(
            inputs: 64, hidden: [20, 10], bottleneck: 3, activation: .tanh, bottleneckActivation: .identity,
            tiesWeights: tiesWeights, seed: 5)
        let samples = Array(images[..<(64 * 10)])
        let codes = try autoencoder.encode(samples)
        #expect(codes.count == 10 * 3)
        #expect(autoencoder.codeCount == 3)
        #expect(try autoencoder.decode(codes) == autoencoder.reconstruct(samples))
    }

    @Test("tied weights stay transposed through training")
    func ties() throws {
        let tied = try trained(
            try Autoencoder<Float>(inputs: 64, hidden: [16], bottleneck: 4, tiesWeights: true, seed: 1))
        for (layer, owner) in [(2, 1), (3, 0)] {
            let rows = tied.network.unitRows(of: tied.network.parameters, layer: owner).flatMap { $0 }
            #expect(Array(tied.network.parameters[tied.network.weightRange(ofLayer: layer)]) == rows)
        }
    }

    @Test("the threshold of a quantile leaves the rest of the samples above it")
    func anomalies() throws {
        let autoencoder = try Autoencoder<Float>(inputs: 64, bottleneck: 8, seed: 1)
        let errors = try autoencoder.reconstructionErrors(images)
        for quantile in [0, 0.25, 0.5, 0.99, 1] {
            let threshold = try autoencoder.anomalyThreshold(of: images, quantile: quantile)
            let below = errors.count { $0 <= threshold }
            #expect(Double(below) >= quantile * Double(errors.count))
            #expect(Double(errors.count { $0 < threshold }) < max(1, quantile * Double(errors.count)))
        }
        expectError("quantile: expected 0 to 1, found 2.0") {
            _ = try autoencoder.anomalyThreshold(of: images, quantile: 2)
        }
        expectError("samples: expected at least one, found none") {
            _ = try autoencoder.anomalyThreshold(of: [], quantile: 0.5)
        }
    }

    @Test("a network is an autoencoder only if it gives what it takes")
    func networks() throws {
        let network = try Network<Float>(inputs: 4, layers: [.dense(2, .relu), .dense(4, .sigmoid)])
        #expect(try Autoencoder(network, encoderLayers: 1).codeCount == 2)
        expectError("layers of the encoder: expected 1 to 1, found 2") {
            _ = try Autoencoder(network, encoderLayers: 2)
        }
        let classifier = try Network<Float>(inputs: 4, layers: [.dense(2, .relu), .dense(3, .softmax)])
        expectError("outputs of an autoencoder: expected 4 as its inputs, found 3") {
            _ = try Autoencoder(classifier, encoderLayers: 1)
        }
    }
}
