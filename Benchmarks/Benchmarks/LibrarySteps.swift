import Backprop

/// Steps through the library, as a loop of a user's would take them: training, or predictions into a buffer that is used
/// again.
final class LibrarySteps<Scalar: CoreScalar> {
    private var network: Network<Scalar>
    private var trainer: Trainer<Scalar>
    private var predictor: Predictor<Scalar>
    private var outputs: [Scalar]
    private let batches: [Dataset<Scalar>]
    private let isTraining: Bool

    var instructionSet: InstructionSet { network.instructionSet }

    init(
        _ shape: NetworkShape, _ samples: CoreSamples<Scalar>, batch: Int, optimizer: Optimizer = .gradientDescent,
        dropout: Double = 0, threads: Int = 1, isTraining: Bool = true
    ) throws {
        var layers = shape.layers
        for layer in layers.indices.dropLast() { layers[layer].dropout = dropout }
        network = try Network(inputs: shape.inputCount, layers: layers, seed: 1)
        trainer = Trainer(loss: shape.loss, optimizer: optimizer, learningRate: 0.01)
        try trainer.setThreads(threads)
        predictor = Predictor(network)
        try predictor.setThreads(threads)
        outputs = [Scalar](repeating: 0, count: batch * shape.outputCount)
        let dataset = try samples.dataset(shape)
        batches = try (0..<max(1, samples.count / batch)).map { index in
            try dataset.samples((index * batch..<(index + 1) * batch).map(UInt32.init))
        }
        self.isTraining = isTraining
    }

    convenience init(_ options: WorkOptions, isTraining: Bool) throws {
        let samples =
            try options.mnistFolder.map { try CoreSamples<Scalar>(mnistIn: $0, count: max(4096, options.batch)) }
            ?? CoreSamples(options.shape, count: options.batch)
        try self.init(
            options.shape, samples, batch: options.batch, threads: options.threads, isTraining: isTraining)
    }

    func run(_ steps: Int) throws {
        if !isTraining { return try Self.predict(&predictor, batches, into: &outputs, steps: steps) }
        try Self.train(&network, &trainer, batches, steps: steps)
    }

    private static func train(
        _ network: inout Network<Scalar>, _ trainer: inout Trainer<Scalar>, _ batches: [Dataset<Scalar>], steps: Int
    ) throws {
        // One batch is not looked up in the array again and again: that is more work than a step of a small network.
        if let batch = batches.first, batches.count == 1 {
            for _ in 0..<steps { try Scalar.step(&trainer, &network, on: batch) }
            return
        }
        var position = 0
        for _ in 0..<steps {
            try Scalar.step(&trainer, &network, on: batches[position])
            position = position + 1 == batches.count ? 0 : position + 1
        }
    }

    private static func predict(
        _ predictor: inout Predictor<Scalar>, _ batches: [Dataset<Scalar>], into outputs: inout [Scalar], steps: Int
    ) throws {
        var position = 0
        for _ in 0..<steps {
            try predictor.predict(batches[position].inputs, into: &outputs)
            position = position + 1 == batches.count ? 0 : position + 1
        }
    }
}
