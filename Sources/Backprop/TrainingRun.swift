/// The books of one call of ``Trainer/train(_:on:validatingOn:until:progress:afterStep:)``: what was reached, and
/// whether that is enough.
struct TrainingRun<Scalar: NetworkScalar> {
    private let conditions: [StopCondition]
    private let repetition: BatchRepetition
    let needsGradientNorm: Bool
    /// Whether the run stops when nothing gets better, and goes back to the best.
    let waitsForBest: Bool
    let minimumImprovement: Double
    /// What the run learns from and looks at.
    let samples: TrainingSamples<Scalar>
    private let start: ContinuousClock.Instant
    /// Found when it is first needed.
    private var fingerprints: DataFingerprints?

    private(set) var epochs = 0
    private(set) var iterations = 0
    var reason: StopReason?

    /// Of the epoch, also of what earlier runs did of it.
    private(set) var sums = EpochSums()
    // Of the batch.
    private var samplesOfBatch = 0
    private var lastLoss = Double.infinity
    private var lastNorm: Double?
    /// Samples until the clock and the task are looked at again.
    private var samplesToLook = 0
    private static var lookInterval: Int { 256 }

    init(
        conditions: [StopCondition], repetition: BatchRepetition, needsGradientNorm: Bool,
        samples: TrainingSamples<Scalar>, position: TrainingPosition<Scalar>
    ) {
        self.conditions = conditions
        self.repetition = repetition
        self.needsGradientNorm = needsGradientNorm || position.needsGradients
        var improvement: Double?
        for case .patience(_, let minimum) in conditions { improvement = minimum }
        waitsForBest = improvement != nil
        minimumImprovement = improvement ?? 0
        self.samples = samples
        start = ContinuousClock.now - .seconds(position.run?.seconds ?? 0)
        if let run = position.run {
            (epochs, iterations, sums, fingerprints) = (run.epochs, run.iterations, run.sums, run.data)
        }
        // A condition that holds before the first step allows none.
        for condition in conditions {
            switch condition {
            case .epochs(let count) where epochs >= count: reason = .reached(condition)
            case .iterations(let count) where iterations >= count: reason = .reached(condition)
            // Time that was used up before; a run that is new takes a step at least.
            case .seconds(let limit) where position.run.map { $0.seconds >= limit } ?? false:
                reason = .reached(condition)
            default: break
            }
        }
    }

    /// - Parameter sums: What earlier runs did of the epoch.
    mutating func beginEpoch(after sums: EpochSums) { self.sums = sums }

    mutating func beginBatch(samples: Int) {
        (samplesOfBatch, lastLoss, lastNorm) = (samples, .infinity, nil)
    }

    mutating func record(loss: Double, gradientNorm: Double?) {
        iterations += 1
        sums.stepsOfBatch += 1
        sums.steps += 1
        (lastLoss, lastNorm) = (loss, gradientNorm)
        if let gradientNorm { sums.squaredNorms += gradientNorm * gradientNorm }
        for case .iterations(let count) in conditions where iterations >= count {
            reason = .reached(.iterations(count))
        }
        if finishedBatch {
            sums.loss += lastLoss * Double(samplesOfBatch)
            sums.samples += samplesOfBatch
        }
        samplesToLook -= samplesOfBatch
        // Not after the next batch, if that is more than so many samples from the last look.
        if samplesToLook < samplesOfBatch { look() }
    }

    /// Sees whether time is up or the task was cancelled; too slow to do after every small step.
    private mutating func look() {
        samplesToLook = Self.lookInterval
        if reason == nil, Task.isCancelled { reason = .cancelled }
        for case .seconds(let limit) in conditions where reason == nil && seconds >= limit {
            reason = .reached(.seconds(limit))
        }
    }

    /// Seconds since the run began.
    private var seconds: Double { (ContinuousClock.now - start) / .seconds(1) }

    /// Whether the batch has been used as often as it should be.
    var finishedBatch: Bool {
        guard sums.stepsOfBatch > 0 else { return false }
        guard case .untilConverged(let loss, let norm, let maximum) = repetition else { return true }
        if sums.stepsOfBatch >= maximum { return true }
        if let loss, lastLoss < loss { return true }
        if let norm, let lastNorm, lastNorm < norm { return true }
        return false
    }

    /// Whether there are more steps to take on the batch.
    var isWithinBatch: Bool { sums.stepsOfBatch > 0 }

    /// Whether the batch is used once more.
    var repeatsBatch: Bool { reason == nil && !finishedBatch }

    mutating func endBatch() { sums.stepsOfBatch = 0 }

    /// Closes the books of an epoch that was run to its end.
    mutating func endEpoch(learningRate: Double) -> EpochReport {
        epochs += 1
        return EpochReport(
            epoch: epochs, iterations: iterations, loss: meanLoss, gradientNorm: meanNorm,
            learningRate: learningRate, seconds: seconds)
    }

    /// Sees whether a condition holds after an epoch.
    mutating func decide(after report: EpochReport, epochsSinceBest: Int) {
        for condition in conditions where reason == nil {
            let holds =
                switch condition {
                case .epochs(let count): epochs >= count
                case .iterations(let count): iterations >= count
                case .loss(let bound): report.loss < bound
                case .gradientNorm(let bound): (report.gradientNorm ?? .infinity) < bound
                case .patience(let count, _): epochsSinceBest >= count
                case .seconds(let limit): report.seconds >= limit
                }
            if holds { reason = .reached(condition) }
        }
    }

    /// Ends a run whose parameters became infinite or NaN without a loss that told.
    mutating func checkParameters(of network: Network<Scalar>) {
        guard !hasFailed, let layer = network.firstNonFiniteParameters else { return }
        reason = .nonFiniteParameters(step: iterations, layer: layer)
    }

    /// Whether something went wrong, so that nothing of it is worth saving.
    var hasFailed: Bool {
        switch reason {
        case .nonFiniteLoss, .nonFiniteParameters, .invalidLearningRate: true
        case .reached, .stoppedByCaller, .cancelled, nil: false
        }
    }

    /// The books, for another run to go on with.
    mutating func unfinished() -> UnfinishedRun {
        let data = fingerprints ?? samples.fingerprints
        fingerprints = data
        return UnfinishedRun(epochs: epochs, iterations: iterations, seconds: seconds, sums: sums, data: data)
    }

    /// The mean of the losses so far; NaN where there is none.
    var meanLoss: Double { sums.loss / Double(sums.samples) }

    private var meanNorm: Double? {
        needsGradientNorm && sums.steps > 0 ? (sums.squaredNorms / Double(sums.steps)).squareRoot() : nil
    }

    var result: TrainingResult {
        TrainingResult(
            reason: reason ?? .stoppedByCaller, epochs: epochs, iterations: iterations,
            loss: sums.samples > 0 ? meanLoss : nil, gradientNorm: meanNorm, seconds: seconds)
    }
}
