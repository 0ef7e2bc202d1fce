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
    /// The batch that comes next.
    private var position = 0

    var instructionSet: InstructionSet { network.instructionSet }

    convenience init(
        _ shape: NetworkShape, _ samples: CoreSamples<Scalar>, batch: Int, optimizer: Optimizer = .gradientDescent,
        dropout: Double = 0, threads: Int = 1, isTraining: Bool = true
    ) throws {
        var layers = shape.layers
        for layer in layers.indices.dropLast() { layers[layer].dropout = dropout }
        let dataset = try samples.dataset(shape)
        try self.init(
            Network(inputs: shape.inputCount, layers: layers, seed: 1),
            Trainer(loss: shape.loss, optimizer: optimizer, learningRate: 0.01),
            on: Self.batches(of: batch, from: dataset), threads: threads, isTraining: isTraining)
    }

    /// Steps on these batches, which have the same number of samples, in turn.
    init(
        _ network: Network<Scalar>, _ trainer: Trainer<Scalar>, on batches: [Dataset<Scalar>], threads: Int,
        isTraining: Bool
    ) throws {
        self.network = network
        self.trainer = trainer
        self.batches = batches
        self.isTraining = isTraining
        predictor = Predictor(network)
        outputs = [Scalar](repeating: 0, count: batches[0].count * network.outputCount)
        try self.trainer.setThreads(threads)
        try predictor.setThreads(threads)
    }

    /// Batches of so many samples, all of the same size.
    static func batches(of size: Int, from samples: Dataset<Scalar>) throws -> [Dataset<Scalar>] {
        try (0..<max(1, samples.count / size)).map { index in
            try samples.samples((index * size..<(index + 1) * size).map(UInt32.init))
        }
    }

    convenience init(_ options: WorkOptions, isTraining: Bool) throws {
        let samples =
            try options.mnistFolder.map { try CoreSamples<Scalar>(mnistIn: $0, count: max(4096, options.batch)) }
            ?? CoreSamples(options.shape, count: options.batch)
        try self.init(
            options.shape, samples, batch: options.batch, threads: options.threads, isTraining: isTraining)
    }

    func run(_ steps: Int) throws {
        if !isTraining { return try Self.predict(&predictor, batches, from: &position, into: &outputs, steps: steps) }
        try Self.train(&network, &trainer, batches, from: &position, steps: steps)
    }

    /// The mean loss of the network as it is now.
    func loss(on samples: Dataset<Scalar>) throws -> Double {
        try network.loss(trainer.loss, on: samples)
    }

    private static func train(
        _ network: inout Network<Scalar>, _ trainer: inout Trainer<Scalar>, _ batches: [Dataset<Scalar>],
        from position: inout Int, steps: Int
    ) throws {
        // One batch is not looked up in the array again and again: that is more work than a step of a small network.
        if let batch = batches.first, batches.count == 1 {
            for _ in 0..<steps { try Scalar.step(&trainer, &network, on: batch) }
            return
        }
        for _ in 0..<steps {
            try Scalar.step(&trainer, &network, on: batches[position])
            position = position + 1 == batches.count ? 0 : position + 1
        }
    }

    private static func predict(
        _ predictor: inout Predictor<Scalar>, _ batches: [Dataset<Scalar>], from position: inout Int,
        into outputs: inout [Scalar], steps: Int
    ) throws {
        for _ in 0..<steps {
            try predictor.predict(batches[position].inputs, into: &outputs)
            position = position + 1 == batches.count ? 0 : position + 1
        }
    }
}
