/// Training: what to make small, how, and on how many samples at a time.
///
/// ```swift
/// var trainer = Trainer<Float>(loss: .crossEntropy, optimizer: .adam(), learningRate: 0.001)
/// let result = try trainer.train(&network, on: training, validatingOn: heldOut, until: [.epochs(50), .patience(5)])
/// ```
///
/// The same seed, data and settings give the same parameters, bit for bit, on every processor and
/// with any number of threads. A trainer is a value: a copy goes on by itself from the same position.
///
/// The corresponding C function is `bp_step_f32`; the reference is `ReferenceNetwork.step`.
public struct Trainer<Scalar: NetworkScalar>: Sendable {
    /// What is made small.
    public var loss: Loss { didSet { setup.invalidate() } }
    /// How parameters follow their gradients.
    public var optimizer: Optimizer { didSet { setup.invalidate() } }
    /// How large the steps are, as a function of time.
    public var learningRate: LearningRate { didSet { setup.invalidate() } }
    /// How many samples make a step.
    public var batching: Batching { didSet { setup.invalidate() } }
    /// How often a batch is used before the next.
    public var repetition: BatchRepetition
    /// Whether each epoch takes the samples in a new order, which depends only on the seed and the epoch.
    public var shuffles: Bool
    /// Whether a step takes the mean or the sum of its samples' gradients.
    public var reduction: Reduction { didSet { setup.invalidate() } }
    /// Whether deltas are passed down before or after a layer is updated.
    public var updateOrder: UpdateOrder { didSet { setup.invalidate() } }
    /// What keeps the network from learning its samples by heart.
    public var regularization: Regularization { didSet { setup.invalidate() } }
    /// A bound for gradients.
    public var clipping: GradientClipping { didSet { setup.invalidate() } }
    /// Gradient accumulation: the samples whose gradients are computed at a time, where a step's batch would take too
    /// much memory at once. The bits are those of the whole batch. `nil` for the batch.
    public var microBatchSize: Int? { didSet { setup.invalidate() } }
    /// Whether epochs are reported with what goes on in each layer: ``EpochReport/diagnosis``. Costs nothing when off.
    public var diagnostics: Bool { didSet { setup.invalidate() } }
    /// What orders, dropout and noise come from.
    public let seed: UInt64

    /// How far training has come, over all runs.
    var position = TrainingPosition<Scalar>()
    private var workspace = Workspace()
    var setup = StepSetup<Scalar>()
    /// Whether the number of threads was set, rather than chosen by the work.
    private var threadsAreSet = false

    /// - Parameters:
    ///   - loss: What is made small.
    ///   - optimizer: How parameters follow their gradients.
    ///   - learningRate: The size of the steps: a number, or a schedule.
    ///   - batching: How many samples make a step.
    ///   - repetition: How often a batch is used before the next.
    ///   - shuffles: Whether each epoch takes the samples in a new order. A full batch is never shuffled.
    ///   - reduction: Whether a step takes the mean or the sum of its samples' gradients.
    ///   - updateOrder: Whether deltas are passed down before or after a layer is updated; the latter goes with plain
    ///     gradient descent only.
    ///   - regularization: What keeps the network from learning its samples by heart.
    ///   - clipping: A bound for gradients.
    ///   - microBatchSize: The samples whose gradients are computed at a time; `nil` for the whole batch.
    ///   - diagnostics: Whether epochs are reported with what goes on in each layer.
    ///   - seed: What orders, dropout and noise come from.
    public init(
        loss: Loss,
        optimizer: Optimizer = .gradientDescent,
        learningRate: LearningRate,
        batching: Batching = .miniBatches(of: 32),
        repetition: BatchRepetition = .once,
        shuffles: Bool = true,
        reduction: Reduction = .mean,
        updateOrder: UpdateOrder = .simultaneous,
        regularization: Regularization = .none,
        clipping: GradientClipping = .none,
        microBatchSize: Int? = nil,
        diagnostics: Bool = false,
        seed: UInt64 = 0
    ) {
        self.loss = loss
        self.optimizer = optimizer
        self.learningRate = learningRate
        self.batching = batching
        self.repetition = repetition
        self.shuffles = shuffles
        self.reduction = reduction
        self.updateOrder = updateOrder
        self.regularization = regularization
        self.clipping = clipping
        self.microBatchSize = microBatchSize
        self.diagnostics = diagnostics
        self.seed = seed
    }

    /// Epochs that this trainer has finished, over all runs: what the next order of samples depends on.
    public var finishedEpochs: Int { position.finishedEpochs }
    /// The sample, in the order of the epoch, that the next run begins with: not 0 where a run ended within an epoch.
    public var nextSample: Int { position.nextSample }
    /// Updates so far, over all runs: what learning rates, dropout and Adam depend on. An optimizer of another kind
    /// starts from 0 again.
    public var updates: Int { Int(position.update.steps) }
    /// The reports of all finished epochs, over all runs.
    public var history: TrainingHistory { position.history }

    /// The threads that share each step: as many as were set, or as were chosen by the work of the last one.
    public var threads: Int { workspace.pool?.threads ?? 1 }

    /// Sets how many threads share each step. The result doesn't depend on it.
    ///
    /// Unless set, their number is chosen by the work: one for each ``ThreadChoice/operationsPerThread`` floating-point
    /// operations of a step, but not more than the machine has processors.
    ///
    /// - Throws: ``BackpropError/option(_:expected:found:)`` for less than 1 or more than 1024,
    ///   ``BackpropError/threads(_:)`` if the system doesn't start them.
    public mutating func setThreads(_ count: Int) throws(BackpropError) {
        workspace.pool = count == 1 ? nil : try ThreadPool(threads: count)
        threadsAreSet = true
    }

    /// Finds memory and threads for steps of so many samples.
    @inline(never)
    private mutating func provide(for network: Network<Scalar>, samples: Int) {
        setup.samples = samples
        network.plan.reserve(&workspace, samples: min(samples, microBatchSize ?? samples), Scalar.self)
        if threadsAreSet { return }
        let count = ThreadChoice.threads(forSamples: samples, of: network.numbers.count, isTraining: true)
        // A system that starts no threads leaves the work to one.
        if count != threads { workspace.pool = count == 1 ? nil : try? ThreadPool(threads: count) }
    }

    /// Trains a network until a condition holds, from where the run before left off: two runs of some
    /// iterations give the bits of one run of their sum.
    ///
    /// It also ends when the task that it runs in is cancelled, within 256 samples or one batch.
    ///
    /// - Parameters:
    ///   - network: The network, whose parameters are changed in place. With ``StopCondition/patience(_:minimumImprovement:)``
    ///     it has the best ones in the end, if a condition was reached.
    ///   - dataset: The samples to learn from.
    ///   - validation: Samples that are only looked at, after each epoch.
    ///   - conditions: When to stop; at least one.
    ///   - progress: Called after every epoch, also after the last; returns whether to go on.
    ///   - afterStep: Called after every step, where a run can be saved, or left for now; returns whether to go on.
    /// - Returns: Why training ended, and how far it got.
    /// - Throws: ``BackpropError/shape(_:expected:found:)`` if a dataset doesn't fit the network,
    ///   ``BackpropError/incompatible(loss:activation:)`` if the loss doesn't,
    ///   ``BackpropError/option(_:expected:found:)`` if a setting makes no sense,
    ///   ``BackpropError/checkpoint(_:expected:found:)`` if the run was resumed and these are other samples. Then
    ///   nothing was changed. Also what `afterStep` throws, which ends the run where it is.
    @_specialize(where Scalar == Float)
    @_specialize(where Scalar == Double)
    @discardableResult
    public mutating func train(
        _ network: inout Network<Scalar>,
        on dataset: Dataset<Scalar>,
        validatingOn validation: Dataset<Scalar>? = nil,
        until conditions: [StopCondition],
        progress: (EpochReport) -> Bool = { _ in true },
        afterStep: StepHandler = { _, _ in true }
    ) throws(BackpropError) -> TrainingResult {
        var run = try beginRun(network, on: dataset, validatingOn: validation, until: conditions)
        while run.reason == nil, let report = try trainEpoch(&network, on: dataset, run: &run, afterStep) {
            if !progress(report), run.reason == nil { run.reason = .stoppedByCaller }
            try pause(network, &run, afterStep)
        }
        return endRun(&network, run)
    }

    /// Checks everything, and opens the books of a run.
    mutating func beginRun(
        _ network: Network<Scalar>, on dataset: Dataset<Scalar>, validatingOn validation: Dataset<Scalar>?,
        until conditions: [StopCondition]
    ) throws(BackpropError) -> TrainingRun<Scalar> {
        try check(network, dataset)
        if let validation { try network.check(validation, loss: loss) }
        try check(conditions)
        let samples = TrainingSamples(training: dataset, validation: validation)
        try position.run?.checkData(samples)
        beginSteps(network)
        provide(for: network, samples: batching.size(forSamples: dataset.count))
        var run = TrainingRun(
            conditions: conditions, repetition: repetition,
            needsGradientNorm: diagnostics && updateOrder == .simultaneous, samples: samples, position: position)
        if position.run != nil, nextSample == 0, let last = history.epochs.last {
            run.decide(after: last, epochsSinceBest: position.best?.epochsSince ?? 0)
        }
        position.run = nil
        return run
    }

    /// Closes them, and gives the network its best parameters where they were asked for.
    func endRun(_ network: inout Network<Scalar>, _ run: TrainingRun<Scalar>) -> TrainingResult {
        if case .reached = run.reason, run.waitsForBest, let best = position.best?.parameters {
            network.parameters = best
        }
        return run.result
    }

    /// Takes one step on a dataset as one batch.
    ///
    /// - Returns: The mean loss before the step. One that is not finite means that no step was taken.
    /// - Throws: As ``train(_:on:validatingOn:until:progress:afterStep:)``.
    @discardableResult
    public mutating func step(
        _ network: inout Network<Scalar>, on dataset: Dataset<Scalar>
    ) throws(BackpropError) -> Scalar {
        try takeStep(&network, on: dataset)
    }

    @inline(__always)
    private mutating func takeStep(
        _ network: inout Network<Scalar>, on dataset: Dataset<Scalar>
    ) throws(BackpropError) -> Scalar {
        if !setup.isReady(for: network, dataset) { try setUp(network, dataset) }
        guard dataset.isInMemory, setup.takesBatchesWhole else {
            return step(&network, prepared(dataset.batch(0..<dataset.count)))
        }
        return network.plan.step(
            parameters: &network.numbers, samples: dataset, rows: 0..<dataset.count, call: &setup.call,
            state: &position.update, workspace: &workspace)
    }

    /// Checks that everything goes together, and sees to it that a step finds all that it needs.
    @inline(never)
    private mutating func setUp(_ network: Network<Scalar>, _ dataset: Dataset<Scalar>) throws(BackpropError) {
        if !setup.fits(network, dataset) {
            try check(network, dataset)
            beginSteps(network)
        }
        if setup.samples != dataset.count { provide(for: network, samples: dataset.count) }
        let rate = rate(samples: dataset.count)
        guard refreshRule(rate: rate) else {
            throw .option("learningRate", expected: "a finite number from 0, for RPROP above 0", found: "\(rate)")
        }
    }

    private mutating func beginSteps(_ network: Network<Scalar>) {
        reserve(for: network)
        setup.begin(
            with: network, takesBatchesWhole: microBatchSize == nil && regularization.inputNoise == .none)
    }

    // MARK: Steps

    private func rate(samples: Int) -> Double {
        if case .constant(let rate) = learningRate { return rate }
        let size = batching.size(forSamples: samples)
        return learningRate.rate(
            atStep: updates, stepsPerEpoch: (samples + size - 1) / size, plateau: position.plateau)
    }

    private var hasConstantRate: Bool {
        if case .constant = learningRate { true } else { false }
    }

    private var objective: Objective<Scalar> {
        Objective(
            loss: loss, reduction: reduction, labelSmoothing: Scalar(regularization.labelSmoothing), seed: seed,
            step: position.update.steps)
    }

    private func rule(rate: Double) -> UpdateRule<Scalar> {
        UpdateRule(optimizer, rate: rate, regularization: regularization, clipping: clipping, order: updateOrder)
    }

    /// Sees to it that the setup has the rule of a rate. Returns whether it makes sense, as one that a schedule gives
    /// may not.
    private mutating func refreshRule(rate: Double) -> Bool {
        if setup.hasRule(rate: rate) { return true }
        let rule = rule(rate: rate)
        guard rate >= 0, rule.isValid else { return false }
        setup.setRule(rule, rate: rate, objective, isConstant: hasConstantRate)
        return true
    }

    /// One update of the network, by the setup's rule.
    private mutating func step(_ network: inout Network<Scalar>, _ batch: Batch<Scalar>) -> Scalar {
        if let size = microBatchSize, size < batch.rows.count {
            return stepInParts(&network, batch, of: size)
        }
        return network.plan.step(
            parameters: &network.numbers, samples: batch.dataset, rows: batch.rows, call: &setup.call,
            state: &position.update, workspace: &workspace)
    }

    /// The same step, to the same bits, with memory for a part of the batch only.
    private mutating func stepInParts(
        _ network: inout Network<Scalar>, _ batch: Batch<Scalar>, of size: Int
    ) -> Scalar {
        let count = batch.rows.count
        var sum = 0.0
        for first in stride(from: 0, to: count, by: size) {
            var part = batch
            part.part = (first, count)
            let start = batch.rows.lowerBound + first
            part.rows = start..<min(start + size, batch.rows.upperBound)
            let value = network.plan.gradients(
                parameters: network.numbers, batch: part, objective: objective, into: &position.update.gradients,
                workspace: &workspace)
            sum += Double(value) * Double(part.rows.count)
        }
        let value = Scalar(sum / Double(count))
        if value.isFinite {
            network.plan.update(
                parameters: &network.numbers, rule: setup.rule, state: &position.update, pool: workspace.pool)
        }
        return value
    }

    /// Sees to it that there is memory for what the settings ask for. State that belongs to another optimizer
    /// or a network of another size is forgotten.
    private mutating func reserve(for network: Network<Scalar>) {
        let count = network.numbers.count
        let slots = optimizer.slotCount * count
        if position.update.slots.count != slots || position.optimizer?.sharesState(with: optimizer) == false {
            position.update.slots = [Scalar](repeating: 0, count: slots)
            position.update.steps = 0
        }
        position.optimizer = optimizer
        if position.best?.parameters.count != count { position.best = nil }
        let isBuffered =
            updateOrder == .simultaneous
            && (!rule(rate: 0).descendsPlainly || diagnostics || position.needsGradients || microBatchSize != nil
                || network.layers.contains { $0.tiedTo != nil })
        let gradients = isBuffered ? count : 0
        if position.update.gradients.count != gradients {
            position.update.gradients = [Scalar](repeating: 0, count: gradients)
        }
    }

    // MARK: Epochs

    /// The order in which an epoch takes the samples, or `nil` for the order they have.
    private func order(ofEpoch epoch: Int, samples: Int) -> [UInt32]? {
        guard shuffles, batching != .fullBatch, samples > 1 else { return nil }
        var random = SplitMix64(seed: seed, stream: RandomStream.shuffle(epoch: epoch))
        return random.permutation(of: samples)
    }

    /// Runs what is left of an epoch. Returns its report, or `nil` if it was not run to its end.
    mutating func trainEpoch(
        _ network: inout Network<Scalar>, on dataset: Dataset<Scalar>, run: inout TrainingRun<Scalar>,
        _ afterStep: StepHandler = { _, _ in true }
    ) throws(BackpropError) -> EpochReport? {
        let size = batching.size(forSamples: dataset.count)
        let order = order(ofEpoch: finishedEpochs, samples: dataset.count)
        var gathered = order.map { _ in dataset.emptied(for: size) }
        let before = diagnostics ? network.parameters : []
        if nextSample >= dataset.count { (position.nextSample, position.sums) = (0, EpochSums()) }
        run.beginEpoch(after: position.sums)
        while run.reason == nil, nextSample < dataset.count {
            let rows = nextSample..<min(nextSample + size, dataset.count)
            let batch: Batch<Scalar>
            if let order {
                gathered!.gather(order[rows], from: dataset)
                batch = Batch(dataset: gathered!, rows: 0..<rows.count)
            } else {
                batch = dataset.batch(rows)
            }
            try train(&network, on: batch, of: dataset.count, run: &run, afterStep)
            if run.finishedBatch {
                position.nextSample = rows.upperBound
                run.endBatch()
            }
            // After the last batch there is the epoch to close first.
            if nextSample < dataset.count { try pause(network, &run, afterStep) }
        }
        position.sums = run.sums
        guard nextSample == dataset.count else { return nil }
        position.finishedEpochs += 1
        (position.nextSample, position.sums) = (0, EpochSums())
        return endEpoch(network, before: before, on: dataset, run: &run)
    }

    /// Takes steps on one batch until it is time for the next.
    private mutating func train(
        _ network: inout Network<Scalar>, on batch: Batch<Scalar>, of samples: Int, run: inout TrainingRun<Scalar>,
        _ afterStep: StepHandler
    ) throws(BackpropError) {
        run.beginBatch(samples: batch.rows.count)
        while true {
            guard refreshRule(rate: rate(samples: samples)) else {
                run.reason = .invalidLearningRate(step: run.iterations + 1)
                return
            }
            let noisy = prepared(batch)
            let value = step(&network, noisy)
            guard value.isFinite else {
                let layer = network.firstNonFiniteLayer(for: noisy.inputs)
                run.reason = .nonFiniteLoss(step: run.iterations + 1, layer: layer)
                return
            }
            let norm = run.needsGradientNorm ? Double(network.plan.kernels.norm(position.update.gradients)) : nil
            run.record(loss: Double(value), gradientNorm: norm)
            guard run.repeatsBatch else { return }
            try pause(network, &run, afterStep)
            guard run.reason == nil else { return }
        }
    }

    /// A batch with this step's noise on its inputs.
    private func prepared(_ batch: Batch<Scalar>) -> Batch<Scalar> {
        guard regularization.inputNoise != .none else { return batch }
        var random = SplitMix64(seed: seed, stream: RandomStream.noise(step: updates))
        return batch.with(regularization.inputNoise, from: &random)
    }

    /// Looks at the validation samples, and closes the books of an epoch.
    private mutating func endEpoch(
        _ network: Network<Scalar>, before: [Scalar], on dataset: Dataset<Scalar>, run: inout TrainingRun<Scalar>
    ) -> EpochReport {
        let validated = run.samples.validation.map { ValidationReport(network, loss: loss, on: $0) }
        let monitored = validated?.loss ?? run.meanLoss
        position.plateau.record(loss: monitored, for: learningRate)
        var report = run.endEpoch(learningRate: rate(samples: dataset.count))
        report.validation = validated
        if diagnostics {
            report.diagnosis = TrainingDiagnosis(
                network, before: before, gradients: position.update.gradients, dataset: dataset, report: report,
                history: history)
        }
        if run.waitsForBest {
            position.recordBest(loss: monitored, improvement: run.minimumImprovement, parameters: network.parameters)
        }
        position.history.epochs.append(report)
        run.checkParameters(of: network)
        run.decide(after: report, epochsSinceBest: position.best?.epochsSince ?? 0)
        return report
    }

    // MARK: Between steps

    /// Lets the caller see how far a run has come, save it, or end it.
    private mutating func pause(
        _ network: Network<Scalar>, _ run: inout TrainingRun<Scalar>, _ afterStep: StepHandler
    ) throws(BackpropError) {
        if run.reason != nil { run.checkParameters(of: network) }
        guard !run.hasFailed else { return }
        let progress = TrainingProgress(
            epochs: run.epochs, iterations: run.iterations, nextSample: nextSample, isLast: run.reason != nil)
        let goesOn = try afterStep(progress) {
            var trainer = self
            trainer.position.run = run.unfinished()
            // Between epochs the sums are those of the last, which the next doesn't go on from.
            if nextSample > 0 || run.isWithinBatch { trainer.position.sums = run.sums }
            return trainer.checkpoint(of: network)
        }
        if !goesOn, run.reason == nil { run.reason = .stoppedByCaller }
    }

    // MARK: Checks

    private func check(_ network: Network<Scalar>, _ dataset: Dataset<Scalar>) throws(BackpropError) {
        try network.check(dataset, loss: loss)
        try learningRate.check()
        try regularization.check()
        if case .miniBatches(let size) = batching, size < 1 {
            throw .option("batching", expected: "at least 1 sample in a mini-batch", found: "\(size)")
        }
        if let size = microBatchSize, size < 1 {
            throw .option("microBatchSize", expected: "at least 1 sample", found: "\(size)")
        }
        try checkUpdates(network)
    }

    private func checkUpdates(_ network: Network<Scalar>) throws(BackpropError) {
        let rule = rule(rate: 1)
        if updateOrder == .layerByLayer {
            guard rule.descendsPlainly, microBatchSize == nil, !network.layers.contains(where: { $0.tiedTo != nil })
            else {
                throw .option(
                    "updateOrder", expected: "simultaneous, unless for plain gradient descent on whole batches",
                    found: "\(updateOrder)")
            }
        }
        if case .value(let bound) = clipping { try checkBound(bound) }
        if case .globalNorm(let bound) = clipping { try checkBound(bound) }
        guard rule.isValid else {
            throw .option("optimizer", expected: "numbers in their ranges", found: "\(optimizer)")
        }
        if case .rprop = optimizer, batching != .fullBatch {
            throw .option("batching", expected: "fullBatch, for RPROP", found: "\(batching)")
        }
    }

    private func checkBound(_ bound: Double) throws(BackpropError) {
        // The C core takes 0 as no bound.
        guard Scalar(bound) > 0, Scalar(bound).isFinite else {
            throw .option("clipping", expected: "a finite bound above 0", found: "\(bound)")
        }
    }

    private mutating func check(_ conditions: [StopCondition]) throws(BackpropError) {
        guard !conditions.isEmpty else { throw .empty("conditions to stop") }
        var needsGradients = false
        if case .untilConverged(_, .some, _) = repetition { needsGradients = true }
        for case .gradientNorm in conditions { needsGradients = true }
        if needsGradients { try checkNormsAreGradients() }
        for case .patience(let epochs, let improvement) in conditions where epochs < 1 || !(improvement >= 0) {
            throw .option(
                "patience", expected: "at least 1 epoch, and an improvement from 0",
                found: "\(epochs) epochs, \(improvement)")
        }
        position.needsGradients = needsGradients
    }

    /// Updates layer by layer don't follow a gradient, so it has no norm.
    private func checkNormsAreGradients() throws(BackpropError) {
        guard updateOrder == .simultaneous else {
            throw .option(
                "updateOrder", expected: "simultaneous, to stop by the gradient's norm", found: "\(updateOrder)")
        }
    }
}

// What a generic function does to find out its type is more work than a step of a small network, so those who know
// theirs call these.

extension Trainer<Float> {
    /// Takes one step on a dataset as one batch.
    ///
    /// - Returns: The mean loss before the step. One that is not finite means that no step was taken.
    /// - Throws: As ``train(_:on:validatingOn:until:progress:)``.
    @discardableResult
    public mutating func step(
        _ network: inout Network<Float>, on dataset: Dataset<Float>
    ) throws(BackpropError) -> Float {
        try takeStep(&network, on: dataset)
    }
}

extension Trainer<Double> {
    /// Takes one step on a dataset as one batch.
    ///
    /// - Returns: The mean loss before the step. One that is not finite means that no step was taken.
    /// - Throws: As ``train(_:on:validatingOn:until:progress:)``.
    @discardableResult
    public mutating func step(
        _ network: inout Network<Double>, on dataset: Dataset<Double>
    ) throws(BackpropError) -> Double {
        try takeStep(&network, on: dataset)
    }
}
