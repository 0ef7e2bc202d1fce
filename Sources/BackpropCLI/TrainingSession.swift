import Backprop

/// A model in training, as a run describes it.
struct TrainingSession<Scalar: NetworkScalar> {
    let configuration: RunConfiguration
    /// What the samples are called.
    let name: String
    let samples: Dataset<Scalar>
    let validation: Dataset<Scalar>?
    private(set) var model: Model<Scalar>
    private(set) var trainer: Trainer<Scalar>

    /// - Parameters:
    ///   - training: Samples to learn from, of which a part is kept for validation where the run says so.
    ///   - diagnoses: Whether each layer is looked at after each epoch, also where the run doesn't say so.
    init(_ configuration: RunConfiguration, training: LabeledSamples, diagnoses: Bool = false) throws {
        self.configuration = configuration
        var (training, looked) = (training, nil as LabeledSamples?)
        name = training.name
        if configuration.validationShare > 0 {
            let split = try blaming("validation") { () throws(BackpropError) in
                try SampleSplit(
                    of: training.count, holdingOut: configuration.validationShare, seed: configuration.seed,
                    classes: training.classes)
            }
            (training, looked) = try training.parts(of: split, missing: configuration.missing)
        }
        model = try Model(configuration, for: training)
        let classifies = training.classes != nil && configuration.autoencoder == nil
        samples = try Self.weighted(
            try training.dataset(for: model), by: configuration.classWeights, classifies: classifies)
        validation = try looked?.dataset(for: model)
        // Of a single output, there are no other classes to spread a share over.
        let smooths = model.network.outputCount > 1 || model.loss == .binaryCrossEntropy
        guard configuration.labelSmoothing == 0 || (classifies && smooths) else {
            throw UsageError(
                message:
                    "--label-smoothing: expected with an output for each class, or binary cross-entropy, found neither")
        }
        trainer = Trainer(
            loss: model.loss, optimizer: configuration.optimizer,
            learningRate: configuration.learningRate(samples: training.count, classifies: classifies),
            batching: configuration.batchSize.batching, regularization: configuration.regularization,
            clipping: configuration.clipping, microBatchSize: configuration.microBatchSize,
            diagnostics: configuration.diagnose || diagnoses, seed: configuration.seed)
        try trainer.setThreads(configuration.threads)
    }

    /// Goes on with a run that was saved.
    mutating func resume(from checkpoint: Checkpoint<Scalar>) throws(BackpropError) {
        try trainer.resume(from: checkpoint, with: &model)
    }

    private static func weighted(
        _ samples: Dataset<Scalar>, by weights: ClassWeights?, classifies: Bool
    ) throws(UsageError) -> Dataset<Scalar> {
        guard let weights else { return samples }
        guard classifies else { throw UsageError(message: "--class-weights: expected with classes, found none") }
        return try blaming("class-weights") { () throws(BackpropError) in
            switch weights {
            case .balanced: try samples.weightedByClassBalance()
            case .values(let values): try samples.weighted(byClass: values.map { Scalar($0) })
            }
        }
    }

    /// Trains until a condition holds.
    ///
    /// - Throws: ``BackpropError/option(_:expected:found:)`` if losses or parameters became infinite or NaN.
    mutating func train(
        _ display: inout ProgressDisplay, afterStep: Trainer<Scalar>.StepHandler = { _, _ in true }
    ) throws -> TrainingResult {
        display.begin()
        defer { display.end() }
        var failure: (any Error)?
        func show(_ report: EpochReport) -> Bool {
            do { try display.show(report) } catch { failure = error }
            return failure == nil
        }
        let result = try trainer.train(
            &model.network, on: samples, validatingOn: validation, until: configuration.stopConditions,
            progress: show, afterStep: afterStep)
        if let failure { throw failure }
        switch result.reason {
        case .nonFiniteLoss(let step, let layer): throw BackpropError.diverged("loss", step: step, layer: layer)
        case .nonFiniteParameters(let step, let layer):
            throw BackpropError.diverged("parameters", step: step, layer: layer)
        case .invalidLearningRate(let step):
            throw BackpropError.option(
                "learningRate", expected: "a finite number from 0", found: "none at step \(step)")
        default: break
        }
        return result
    }
}

// MARK: - Models and samples of a run

extension Model {
    /// An untrained model that fits the samples, with what is learnt from the training part alone.
    fileprivate init(_ configuration: RunConfiguration, for samples: LabeledSamples) throws {
        let shape =
            if let bottleneck = configuration.autoencoder {
                try ModelShape(autoencoder: bottleneck, configuration, for: samples)
            } else {
                try ModelShape(configuration, for: samples)
            }
        let layers = shape.layers.enumerated().map { index, layer in
            var layer = layer
            if index < shape.layers.count - 1 { layer.dropout = configuration.dropout }
            return layer
        }
        self.init(
            network: try Network(inputs: samples.inputCount, layers: layers, seed: configuration.seed),
            loss: shape.loss, inputScaling: samples.inputScaling(configuration.scale),
            targetScaling: shape.targetScaling, inputNames: samples.inputNames, inputColumns: samples.inputColumns,
            classNames: shape.classNames, targetName: shape.targetName, encoderLayers: shape.encoderLayers)
    }
}

/// What the task makes of a run's layers.
private struct ModelShape {
    var layers: [Layer]
    var loss: Loss
    var targetScaling: Scaling?
    var classNames: [String] = []
    var targetName: String?
    var encoderLayers: Int?

    init(_ configuration: RunConfiguration, for samples: LabeledSamples) throws {
        let outputs: Int
        targetName = samples.targetName
        switch samples.target {
        case .nothing: preconditionFailure("only an autoencoder is trained without a target")
        case .values(let values):
            targetScaling = Scaling(standardizing: values, columns: 1)
            outputs = 1
            loss = configuration.loss ?? .meanSquaredError
            try Self.checkIsOfNumbers(loss, for: "regression")
        case .classes(_, let names):
            classNames = names
            loss = configuration.loss ?? (samples.name == "xor" ? .binaryCrossEntropy : .crossEntropy)
            let isSoftmax = (configuration.outputActivation ?? loss.requiredActivation) == .softmax
            outputs = names.count == 2 && !isSoftmax ? 1 : names.count
        }
        let last =
            configuration.outputActivation ?? loss.requiredActivation ?? (classNames.isEmpty ? .identity : .sigmoid)
        try Self.check(loss, last)
        layers = configuration.hidden.map { Layer.dense($0, configuration.activation) } + [.dense(outputs, last)]
    }

    init(autoencoder bottleneck: Int, _ configuration: RunConfiguration, for samples: LabeledSamples) throws {
        loss = configuration.loss ?? .meanSquaredError
        // Pixels and what is scaled by its range lie in 0…1, where a sigmoid's outputs do.
        let isInUnitRange = configuration.scale == .minMax || (configuration.scale == nil && samples.hasNaturalScaling)
        guard loss.requiredActivation == nil || (loss == .binaryCrossEntropy && isInUnitRange) else {
            let expected = "a loss of numbers for an autoencoder, or of inputs in 0…1 binaryCrossEntropy"
            throw UsageError(message: "--loss: expected \(expected), found \(loss.rawValue)")
        }
        let last = configuration.outputActivation ?? loss.requiredActivation ?? (isInUnitRange ? .sigmoid : .identity)
        try Self.check(loss, last)
        let autoencoder = try Autoencoder<Float>(
            inputs: samples.inputCount, hidden: configuration.hidden, bottleneck: bottleneck,
            activation: configuration.activation, outputActivation: last, tiesWeights: configuration.tiesWeights)
        layers = autoencoder.network.layers
        encoderLayers = autoencoder.encoderLayers
    }

    private static func checkIsOfNumbers(_ loss: Loss, for task: String) throws(UsageError) {
        guard loss.requiredActivation == nil else {
            throw UsageError(message: "--loss: expected a loss of numbers for \(task), found \(loss.rawValue)")
        }
    }

    private static func check(_ loss: Loss, _ last: Activation) throws(UsageError) {
        do { try loss.check(outputActivation: last) } catch {
            throw UsageError(message: "--output-activation: \(error)")
        }
    }
}

extension LabeledSamples {
    /// The samples as a model takes them.
    func dataset<Scalar: NetworkScalar>(for model: Model<Scalar>) throws(BackpropError) -> Dataset<Scalar> {
        guard model.encoderLayers == nil else { return try autoencodingDataset(scaledBy: model.inputScaling) }
        return try dataset(
            scaledBy: model.inputScaling, targetScaling: model.targetScaling, outputs: model.network.outputCount)
    }
}
