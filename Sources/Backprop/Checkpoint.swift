/// A run of training between two of its steps: all that it needs to go on to the same bits as if it had never stopped.
///
/// ```swift
/// var saving = try CheckpointWriter(to: "run.checkpoint", every: .seconds(30), keeping: 1)
/// try trainer.train(&network, on: digits, until: [.epochs(50)], saving: &saving)
/// ```
///
/// and in another process, with the same settings and samples,
///
/// ```swift
/// try trainer.resume(from: Checkpoint(contentsOf: "run.checkpoint"), with: &network)
/// try trainer.train(&network, on: digits, until: [.epochs(50)])
/// ```
///
/// It holds the network with what else its ``model`` has, and the ``trainer`` with its settings, the optimizer's
/// numbers, the updates so far, the place in the epoch's order of samples, what plateaus and early stopping remember,
/// the best parameters and the history. Everything random depends on the seed and on counts that are among these.
public struct Checkpoint<Scalar: NetworkScalar>: Sendable {
    /// The network as it was, with the loss. Scalings and names may be added, to be there in the file too.
    public var model: Model<Scalar>
    /// The trainer: its next run goes on with the one that was saved, and counts epochs and steps from that one's
    /// start. A trainer that was saved between runs begins a new one, as it would have done.
    public var trainer: Trainer<Scalar>

    init(model: Model<Scalar>, trainer: Trainer<Scalar>) {
        self.model = model
        self.trainer = trainer
    }

    /// Whole passes over the samples of the run that was saved; 0 between runs.
    public var epochs: Int { trainer.position.run?.epochs ?? 0 }
    /// Steps of the run that was saved; 0 between runs.
    public var iterations: Int { trainer.position.run?.iterations ?? 0 }
}

extension Trainer {
    /// Returns what makes a run with this trainer and network go on from here.
    ///
    /// Within a run it is ``StepHandler`` that gives checkpoints.
    public func checkpoint(of network: Network<Scalar>) -> Checkpoint<Scalar> {
        Checkpoint(model: Model(network: network, loss: loss), trainer: self)
    }

    /// Takes a checkpoint's place: the network gets its parameters, and the next run goes on with the one that was
    /// saved.
    ///
    /// Threads, ``microBatchSize``, ``diagnostics`` and conditions to stop may be others than they were; the bits don't
    /// depend on them.
    ///
    /// - Throws: ``BackpropError/checkpoint(_:expected:found:)`` if the network's layers or a setting are others than
    ///   those that were saved. Then nothing was changed. That the samples are the same is checked by the next run.
    public mutating func resume(
        from checkpoint: Checkpoint<Scalar>, with network: inout Network<Scalar>
    ) throws(BackpropError) {
        var model = Model(network: network, loss: loss)
        try resume(from: checkpoint, with: &model, comparing: .network)
        network = model.network
    }

    /// Like ``resume(from:with:)-(_,Network<Scalar>)``; also the model's scalings and names must be those that were
    /// saved.
    public mutating func resume(
        from checkpoint: Checkpoint<Scalar>, with model: inout Model<Scalar>
    ) throws(BackpropError) {
        try resume(from: checkpoint, with: &model, comparing: .everything)
    }

    private mutating func resume(
        from checkpoint: Checkpoint<Scalar>, with model: inout Model<Scalar>, comparing extent: ModelDescription.Extent
    ) throws(BackpropError) {
        let saved = try checkpoint.model.description.entries(extent) + TrainerSettings(checkpoint.trainer).entries()
        let found = try model.description.entries(extent) + TrainerSettings(self).entries()
        for (saved, found) in zip(saved, found) where saved != found {
            throw .checkpoint(saved.name, expected: saved.text, found: found.text)
        }
        position = checkpoint.trainer.position
        setup.invalidate()
        model.network.parameters = checkpoint.model.network.parameters
    }
}

/// A setting by its name, in words to be compared.
struct NamedSetting: Hashable {
    var name: String
    var text: String

    init(_ name: String, _ text: String) {
        (self.name, self.text) = (name, text)
    }

    init(_ name: String, _ value: some Encodable) throws(BackpropError) {
        self.init(name, try jsonText(value))
    }
}

/// The settings that a trainer's bits depend on.
struct TrainerSettings: Codable, Sendable {
    var loss: Loss
    var optimizer: Optimizer
    /// `nil` for a function, which can't be written.
    var learningRate: LearningRate?
    var batching: Batching
    var repetition: BatchRepetition
    var shuffles: Bool
    var reduction: Reduction
    var updateOrder: UpdateOrder
    var regularization: Regularization
    var clipping: GradientClipping
    var seed: UInt64

    init<Scalar>(_ trainer: Trainer<Scalar>) {
        loss = trainer.loss
        optimizer = trainer.optimizer
        learningRate = trainer.learningRate.isFunction ? nil : trainer.learningRate
        batching = trainer.batching
        repetition = trainer.repetition
        shuffles = trainer.shuffles
        reduction = trainer.reduction
        updateOrder = trainer.updateOrder
        regularization = trainer.regularization
        clipping = trainer.clipping
        seed = trainer.seed
    }

    func entries() throws(BackpropError) -> [NamedSetting] {
        [
            NamedSetting("loss", loss.rawValue),
            try NamedSetting("optimizer", optimizer),
            try learningRate.map { (rate) throws(BackpropError) in try NamedSetting("learningRate", rate) }
                ?? NamedSetting("learningRate", "a function"),
            try NamedSetting("batching", batching),
            try NamedSetting("repetition", repetition),
            NamedSetting("shuffles", "\(shuffles)"),
            NamedSetting("reduction", reduction.rawValue),
            NamedSetting("updateOrder", updateOrder.rawValue),
            try NamedSetting("regularization", regularization),
            try NamedSetting("clipping", clipping),
            NamedSetting("seed", "\(seed)"),
        ]
    }
}

extension LearningRate {
    /// Whether it is, or ends in, a function of the user's own.
    var isFunction: Bool {
        switch self {
        case .function: true
        case .warmUp(_, let next): next.isFunction
        case .constant, .step, .exponential, .cosine, .reduceOnPlateau: false
        }
    }
}
