/// Gradient descent: what to make small, how fast, and on how many samples at a time.
///
/// ```swift
/// var trainer = Trainer<Float>(loss: .crossEntropy, learningRate: 0.5, batching: .miniBatches(of: 32))
/// let result = try trainer.train(&network, on: digits, until: [.epochs(10)])
/// ```
///
/// The same seed, data and settings give the same parameters, bit for bit, on every processor and
/// with any number of threads. A trainer is a value: a copy goes on by itself from the same position.
///
/// The corresponding C function is `bp_step_f32`; the reference is `ReferenceNetwork.step`.
public struct Trainer<Scalar: NetworkScalar>: Sendable {
    public var loss: Loss
    /// What gradients are multiplied with before they are taken off the parameters; finite.
    public var learningRate: Scalar
    public var batching: Batching
    public var repetition: BatchRepetition
    /// Whether each epoch takes the samples in a new order, which depends only on the seed and the epoch.
    public var shuffles: Bool
    public var reduction: Reduction
    public var updateOrder: UpdateOrder
    public let seed: UInt64
    /// Epochs that this trainer has finished, over all runs: what the next order of samples depends on.
    public private(set) var finishedEpochs = 0
    /// The sample, in the order of the epoch, that the next run begins with: not 0 where a run ended within an epoch.
    public private(set) var nextSample = 0

    private var workspace = Workspace()
    private var gradients: [Scalar] = []

    /// - Parameters:
    ///   - loss: What is made small.
    ///   - learningRate: The size of the steps.
    ///   - batching: How many samples make a step.
    ///   - repetition: How often a batch is used before the next.
    ///   - shuffles: Whether each epoch takes the samples in a new order. A full batch is never shuffled.
    ///   - reduction: Whether a step takes the mean or the sum of its samples' gradients.
    ///   - updateOrder: Whether deltas are passed down before or after a layer is updated.
    ///   - seed: What the orders come from.
    public init(
        loss: Loss,
        learningRate: Scalar,
        batching: Batching = .miniBatches(of: 32),
        repetition: BatchRepetition = .once,
        shuffles: Bool = true,
        reduction: Reduction = .mean,
        updateOrder: UpdateOrder = .simultaneous,
        seed: UInt64 = 0
    ) {
        self.loss = loss
        self.learningRate = learningRate
        self.batching = batching
        self.repetition = repetition
        self.shuffles = shuffles
        self.reduction = reduction
        self.updateOrder = updateOrder
        self.seed = seed
    }

    /// The threads that share each step; 1 unless set.
    public var threads: Int { workspace.pool?.threads ?? 1 }

    /// Sets how many threads share each step. The result doesn't depend on it.
    ///
    /// - Throws: ``BackpropError/option(_:expected:found:)`` for less than 1 or more than 1024,
    ///   ``BackpropError/threads(_:)`` if the system doesn't start them.
    public mutating func setThreads(_ count: Int) throws(BackpropError) {
        workspace.pool = count == 1 ? nil : try ThreadPool(threads: count)
    }

    /// Trains a network until a condition holds, from where the run before left off: two runs of some
    /// iterations give the bits of one run of their sum.
    ///
    /// - Parameters:
    ///   - network: The network, whose parameters are changed in place.
    ///   - dataset: The samples to learn from.
    ///   - conditions: When to stop; at least one.
    ///   - progress: Called after every epoch, also after the last; returns whether to go on.
    /// - Returns: Why training ended, and how far it got.
    /// - Throws: ``BackpropError/shape(_:expected:found:)`` if the dataset doesn't fit the network,
    ///   ``BackpropError/incompatible(loss:activation:)`` if the loss doesn't,
    ///   ``BackpropError/option(_:expected:found:)`` if a setting makes no sense. Then nothing was changed.
    @_specialize(where Scalar == Float)
    @_specialize(where Scalar == Double)
    @discardableResult
    public mutating func train(
        _ network: inout Network<Scalar>,
        on dataset: Dataset<Scalar>,
        until conditions: [StopCondition],
        progress: (EpochReport) -> Bool = { _ in true }
    ) throws(BackpropError) -> TrainingResult {
        try check(network, dataset)
        try check(conditions)
        var run = TrainingRun(conditions: conditions, repetition: repetition)
        while run.reason == nil {
            guard trainEpoch(&network, on: dataset, run: &run) else { break }
            if !progress(run.report), run.reason == nil { run.reason = .stoppedByCaller }
        }
        return run.result
    }

    /// Takes one step on a dataset as one batch.
    ///
    /// - Returns: The mean loss before the step.
    /// - Throws: As ``train(_:on:until:progress:)``.
    @_specialize(where Scalar == Float)
    @_specialize(where Scalar == Double)
    @discardableResult
    public mutating func step(
        _ network: inout Network<Scalar>, on dataset: Dataset<Scalar>
    ) throws(BackpropError) -> Scalar {
        try check(network, dataset)
        return network.plan.step(
            parameters: &network.parameters, batch: Batch(dataset: dataset, rows: 0..<dataset.count),
            descent: descent, workspace: &workspace)
    }

    private var descent: Descent<Scalar> {
        Descent(rate: learningRate, loss: loss, reduction: reduction, order: updateOrder)
    }

    /// The order in which an epoch takes the samples, or `nil` for the order they have.
    private func order(ofEpoch epoch: Int, samples: Int) -> [UInt32]? {
        guard shuffles, batching != .fullBatch, samples > 1 else { return nil }
        var random = SplitMix64(seed: seed, stream: RandomStream.shuffle(epoch: epoch))
        return random.permutation(of: samples)
    }

    /// Runs what is left of an epoch. Returns whether it was run to its end.
    private mutating func trainEpoch(
        _ network: inout Network<Scalar>, on dataset: Dataset<Scalar>, run: inout TrainingRun
    ) -> Bool {
        let size = batching.size(forSamples: dataset.count)
        let order = order(ofEpoch: finishedEpochs, samples: dataset.count)
        var shuffled = order.map { _ in dataset.emptied(for: size) }
        run.beginEpoch()
        if nextSample >= dataset.count { nextSample = 0 }
        while nextSample < dataset.count {
            let rows = nextSample..<min(nextSample + size, dataset.count)
            var batch = Batch(dataset: dataset, rows: rows)
            if let order {
                shuffled!.gather(order[rows], from: dataset)
                batch = Batch(dataset: shuffled!, rows: 0..<rows.count)
            }
            train(&network, on: batch, run: &run)
            if run.finishedBatch { nextSample = rows.upperBound }
            if run.reason != nil { break }
        }
        guard nextSample == dataset.count else { return false }
        finishedEpochs += 1
        nextSample = 0
        run.endEpoch()
        return true
    }

    /// Takes steps on one batch until it is time for the next.
    private mutating func train(_ network: inout Network<Scalar>, on batch: Batch<Scalar>, run: inout TrainingRun) {
        run.beginBatch(samples: batch.rows.count)
        repeat {
            var norm: Double?
            let value: Scalar
            if run.needsGradientNorm {
                (value, norm) = stepWithNorm(&network, batch)
            } else {
                value = network.plan.step(
                    parameters: &network.parameters, batch: batch, descent: descent, workspace: &workspace)
            }
            run.record(loss: Double(value), gradientNorm: norm)
        } while run.repeatsBatch
    }

    /// One step by way of a gradient buffer, to the same bits, for the sake of its norm.
    private mutating func stepWithNorm(
        _ network: inout Network<Scalar>, _ batch: Batch<Scalar>
    ) -> (loss: Scalar, norm: Double) {
        if gradients.count != network.parameters.count {
            gradients = [Scalar](repeating: 0, count: network.parameters.count)
        }
        let value = network.plan.gradients(
            parameters: network.parameters, batch: batch, descent: descent, into: &gradients, workspace: &workspace)
        if value.isFinite {
            network.plan.update(parameters: &network.parameters, gradients: gradients, rate: learningRate)
        }
        return (value, Double(network.plan.kernels.norm(gradients)))
    }

    private func check(_ network: Network<Scalar>, _ dataset: Dataset<Scalar>) throws(BackpropError) {
        try network.check(dataset, loss: loss)
        guard learningRate.isFinite else {
            throw .option("learningRate", expected: "a finite number", found: "\(learningRate)")
        }
        if case .miniBatches(let size) = batching, size < 1 {
            throw .option("batching", expected: "at least 1 sample in a mini-batch", found: "\(size)")
        }
    }

    private func check(_ conditions: [StopCondition]) throws(BackpropError) {
        guard !conditions.isEmpty else { throw .empty("conditions to stop") }
        if case .untilConverged(_, .some, _) = repetition { try checkNormsAreGradients() }
        for case .gradientNorm in conditions { try checkNormsAreGradients() }
    }

    /// Updates layer by layer don't follow a gradient, so it has no norm.
    private func checkNormsAreGradients() throws(BackpropError) {
        guard updateOrder == .simultaneous else {
            throw .option(
                "updateOrder", expected: "simultaneous, to stop by the gradient's norm", found: "\(updateOrder)")
        }
    }
}
