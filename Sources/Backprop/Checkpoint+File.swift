private enum CheckpointFormat {
    static let name = "backprop-checkpoint"
    static let version = 1
}

/// The tensors of a checkpoint, each of one dimension, laid out as the network's parameters.
private enum CheckpointTensor {
    static let parameters = "network.parameters"
    /// The optimizer's numbers, one after the other for all parameters.
    static let slots = "optimizer.slots"
    static let best = "best.parameters"
}

extension Checkpoint {
    /// Reads a checkpoint from a file.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - customActivations: The functions of your own that the network may name, as files hold names alone.
    ///   - customLosses: The same of losses.
    ///   - learningRate: The learning rate, if it is, or ends in, a function of your own.
    /// - Throws: ``BackpropError/file(_:reason:)``, or as
    ///   ``init(serialized:source:customActivations:customLosses:learningRate:)``.
    public init(
        contentsOf path: String, customActivations: [CustomActivation] = [], customLosses: [CustomLoss] = [],
        learningRate: LearningRate? = nil
    ) throws(BackpropError) {
        try self.init(
            serialized: try readModelFile(path), source: path, customActivations: customActivations,
            customLosses: customLosses, learningRate: learningRate)
    }

    /// Writes the checkpoint to a file, which changes as a whole or not at all, also if power fails meanwhile. Equal
    /// checkpoints give equal bytes.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - count: How many of the files that it replaces stay beside it, as `path.1` for the newest of them,
    ///     `path.2` and so on; 0 to 1000. The file system must have hard links, unless it is 0.
    /// - Throws: ``BackpropError/file(_:reason:)``, ``BackpropError/option(_:expected:found:)`` for another `count`, or
    ///   as ``serialized()``.
    public func write(to path: String, keeping count: Int = 0) throws(BackpropError) {
        try writeModelFile(try serialized(), to: path, keeping: count)
    }

    /// Returns the bytes of a checkpoint file.
    ///
    /// - Throws: ``BackpropError/nonFinite(_:index:found:)`` if a parameter isn't finite: nothing good can come of
    ///   going on with it. ``BackpropError/format(_:expected:found:)`` if names or scalings don't fit the network.
    @_specialize(where Scalar == Float)
    @_specialize(where Scalar == Double)
    public func serialized() throws(BackpropError) -> [UInt8] {
        let position = trainer.position
        try model.check()
        try checkFinite(position.best?.parameters ?? [], "best parameters")
        let model = try jsonText(model.description)
        let settings = try jsonText(TrainerSettings(trainer))
        let state = try jsonText(PositionDescription(position))
        var tensors = [(CheckpointTensor.parameters, self.model.network.parameters)]
        if !position.update.slots.isEmpty { tensors.append((CheckpointTensor.slots, position.update.slots)) }
        if let best = position.best { tensors.append((CheckpointTensor.best, best.parameters)) }
        return try tensorFile { writer in
            writer.seal(format: CheckpointFormat.name, version: CheckpointFormat.version)
            writer.metadata("model", model)
            writer.metadata("trainer", settings)
            writer.metadata("position", state)
            for (name, numbers) in tensors { writer.tensor(name, shape: [numbers.count], of: Scalar.self) }
            for (_, numbers) in tensors { writer.numbers(numbers) }
        }
    }

    /// Reads a checkpoint from the bytes of its file, of this version or an earlier one, and of just this precision.
    ///
    /// - Parameters:
    ///   - bytes: The whole file.
    ///   - source: What the bytes are called in errors.
    ///   - customActivations: The functions of your own that the network may name, as files hold names alone.
    ///   - customLosses: The same of losses.
    ///   - learningRate: The learning rate, if it is, or ends in, a function of your own.
    /// - Throws: ``BackpropError/modelFile(_:_:)``, ``BackpropError/format(_:expected:found:)``, or what the
    ///   parts' initializers throw.
    @_specialize(where Scalar == Float)
    @_specialize(where Scalar == Double)
    public init(
        serialized bytes: [UInt8], source: String = "checkpoint", customActivations: [CustomActivation] = [],
        customLosses: [CustomLoss] = [], learningRate: LearningRate? = nil
    ) throws(BackpropError) {
        let customs: [CodingUserInfoKey: any Sendable] = [
            CustomActivation.decodingKey: customActivations, CustomLoss.decodingKey: customLosses,
        ]
        self = try withTensorFile(bytes, source: source) { (file) throws(BackpropError) in
            try file.verify(format: CheckpointFormat.name, newest: CheckpointFormat.version)
            return try Checkpoint(file, customs: customs, learningRate: learningRate)
        }
    }

    private init(
        _ file: TensorFile, customs: [CodingUserInfoKey: any Sendable], learningRate: LearningRate?
    ) throws(BackpropError) {
        let description = try ModelDescription(of: file, customs: customs)
        let (inputs, layers) = (description.inputs, description.networkLayers)
        let count = try Network<Scalar>.parameterCount(inputs: inputs, layers: layers)
        let network = try Network<Scalar>(
            inputs: inputs, layers: layers, parameters: try file.numbers(CheckpointTensor.parameters, count: count))
        let settings: TrainerSettings = try file.value("trainer", userInfo: customs)
        let state: PositionDescription = try file.value("position", userInfo: [:])
        guard let rate = settings.learningRate ?? learningRate else {
            throw .format(
                "\(file.source), trainer", expected: "the learning rate to be given, which was a function",
                found: "none")
        }
        trainer = Trainer(settings, learningRate: rate)
        trainer.position = try TrainingPosition(state, file: file, parameters: count)
        model = try Model(description, network: network, source: file.source)
        guard model.loss == settings.loss else {
            throw .format(
                "\(file.source), trainer", expected: "the model's loss \(model.loss.rawValue)",
                found: settings.loss.rawValue)
        }
    }
}

extension TensorFile {
    /// What an entry of the metadata says as JSON.
    fileprivate func value<Value: Decodable>(
        _ key: String, userInfo: [CodingUserInfoKey: any Sendable]
    ) throws(BackpropError) -> Value {
        guard let text = metadata(key) else {
            throw .format("\(source), metadata", expected: "an entry \"\(key)\"", found: "none")
        }
        return try jsonValue(Value.self, from: text.utf8, source: "\(source), \(key)", userInfo: userInfo)
    }
}

extension Trainer {
    fileprivate init(_ settings: TrainerSettings, learningRate: LearningRate) {
        self.init(
            loss: settings.loss, optimizer: settings.optimizer, learningRate: learningRate,
            batching: settings.batching, repetition: settings.repetition, shuffles: settings.shuffles,
            reduction: settings.reduction, updateOrder: settings.updateOrder, regularization: settings.regularization,
            clipping: settings.clipping, seed: settings.seed)
    }
}

// MARK: - The position

/// What a checkpoint says of a position besides its tensors.
private struct PositionDescription: Codable {
    struct Best: Codable {
        var loss: ExtendedNumber
        var epochsSince: Int
    }

    var updates: Int
    /// What the optimizer's numbers belong to; `nil` before the first step.
    var optimizer: Optimizer?
    var finishedEpochs: Int
    var nextSample: Int
    var sums: EpochSums
    var plateau: PlateauState
    var best: Best?
    var history: TrainingHistory
    var run: UnfinishedRun?

    init<Scalar>(_ position: TrainingPosition<Scalar>) {
        updates = Int(position.update.steps)
        optimizer = position.optimizer
        finishedEpochs = position.finishedEpochs
        nextSample = position.nextSample
        sums = position.sums
        plateau = position.plateau
        best = position.best.map { Best(loss: ExtendedNumber($0.loss), epochsSince: $0.epochsSince) }
        history = position.history
        run = position.run
    }

    /// Refuses counts that no training comes to, and that adding to could overflow.
    func check(_ source: String) throws(BackpropError) {
        let limit = 1 << 53
        let counts: [(String, Int?)] = [
            ("updates", updates), ("finishedEpochs", finishedEpochs), ("nextSample", nextSample),
            ("sums.samples", sums.samples), ("sums.steps", sums.steps), ("sums.stepsOfBatch", sums.stepsOfBatch),
            ("best.epochsSince", best?.epochsSince), ("run.epochs", run?.epochs), ("run.iterations", run?.iterations),
            ("run.sums.samples", run?.sums.samples), ("run.sums.steps", run?.sums.steps),
            ("run.sums.stepsOfBatch", run?.sums.stepsOfBatch),
        ]
        for (name, count) in counts {
            guard let count, !(0...limit).contains(count) else { continue }
            throw .format("\(source), position, \(name)", expected: "0 to \(limit)", found: "\(count)")
        }
        if let seconds = run?.seconds, !(0...Double(limit)).contains(seconds) {
            throw .format("\(source), position, run.seconds", expected: "0 to \(limit)", found: "\(seconds)")
        }
    }
}

extension TrainingPosition {
    fileprivate init(_ state: PositionDescription, file: TensorFile, parameters: Int) throws(BackpropError) {
        try state.check(file.source)
        let slots = (state.optimizer?.slotCount ?? 0) * parameters
        let tensors = 1 + (slots > 0 ? 1 : 0) + (state.best == nil ? 0 : 1)
        guard file.tensorCount == tensors else {
            throw .format("\(file.source), tensors", expected: "\(tensors)", found: "\(file.tensorCount)")
        }
        update.steps = UInt64(state.updates)
        if slots > 0 { update.slots = try file.numbers(CheckpointTensor.slots, count: slots) }
        if let saved = state.best {
            let parameters: [Scalar] = try file.numbers(CheckpointTensor.best, count: parameters)
            try checkFinite(parameters, "\(file.source), \(CheckpointTensor.best)")
            best = Best(loss: saved.loss.value, parameters: parameters, epochsSince: saved.epochsSince)
        }
        optimizer = state.optimizer
        finishedEpochs = state.finishedEpochs
        nextSample = state.nextSample
        sums = state.sums
        plateau = state.plateau
        history = state.history
        run = state.run
    }
}
