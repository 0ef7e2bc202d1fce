/// The books of one call of ``Trainer/train(_:on:until:progress:)``: what was reached, and whether that is enough.
struct TrainingRun {
    private let conditions: [StopCondition]
    private let repetition: BatchRepetition
    let needsGradientNorm: Bool

    private(set) var epochs = 0
    private(set) var iterations = 0
    var reason: StopReason?

    // Of the epoch.
    private var lossSum = 0.0
    private var samplesSeen = 0
    private var squaredNorms = 0.0
    private var stepsOfEpoch = 0
    // Of the batch.
    private var samplesOfBatch = 0
    private var stepsOfBatch = 0
    private var lastLoss = 0.0
    private var lastNorm: Double?

    init(conditions: [StopCondition], repetition: BatchRepetition) {
        self.conditions = conditions
        self.repetition = repetition
        var needsNorm = false
        for case .gradientNorm in conditions { needsNorm = true }
        if case .untilConverged(_, .some, _) = repetition { needsNorm = true }
        needsGradientNorm = needsNorm
        // A condition that holds before the first step allows none.
        for condition in conditions {
            switch condition {
            case .epochs(let count) where count < 1: reason = .reached(condition)
            case .iterations(let count) where count < 1: reason = .reached(condition)
            default: break
            }
        }
    }

    mutating func beginEpoch() {
        (lossSum, samplesSeen, squaredNorms, stepsOfEpoch) = (0, 0, 0, 0)
    }

    mutating func beginBatch(samples: Int) {
        (samplesOfBatch, stepsOfBatch) = (samples, 0)
    }

    mutating func record(loss: Double, gradientNorm: Double?) {
        guard loss.isFinite else {
            reason = .nonFiniteLoss(step: iterations + 1)
            return
        }
        iterations += 1
        stepsOfBatch += 1
        stepsOfEpoch += 1
        (lastLoss, lastNorm) = (loss, gradientNorm)
        if let gradientNorm { squaredNorms += gradientNorm * gradientNorm }
        for case .iterations(let count) in conditions where iterations >= count {
            reason = .reached(.iterations(count))
        }
        if finishedBatch {
            lossSum += lastLoss * Double(samplesOfBatch)
            samplesSeen += samplesOfBatch
        }
    }

    /// Whether the batch has been used as often as it should be.
    var finishedBatch: Bool {
        guard stepsOfBatch > 0 else { return false }
        guard case .untilConverged(let loss, let norm, let maximum) = repetition else { return true }
        if stepsOfBatch >= maximum { return true }
        if let loss, lastLoss < loss { return true }
        if let norm, let lastNorm, lastNorm < norm { return true }
        return false
    }

    /// Whether the batch is used once more.
    var repeatsBatch: Bool { reason == nil && !finishedBatch }

    /// Closes the books of an epoch that was run to its end.
    mutating func endEpoch() {
        epochs += 1
        for condition in conditions where reason == nil && holds(condition) { reason = .reached(condition) }
    }

    private func holds(_ condition: StopCondition) -> Bool {
        switch condition {
        case .epochs(let count): epochs >= count
        case .iterations(let count): iterations >= count
        case .loss(let bound): (meanLoss ?? .infinity) < bound
        case .gradientNorm(let bound): (meanNorm ?? .infinity) < bound
        }
    }

    private var meanLoss: Double? { samplesSeen > 0 ? lossSum / Double(samplesSeen) : nil }

    private var meanNorm: Double? {
        needsGradientNorm && stepsOfEpoch > 0 ? (squaredNorms / Double(stepsOfEpoch)).squareRoot() : nil
    }

    var report: EpochReport {
        EpochReport(epoch: epochs, iterations: iterations, loss: meanLoss ?? .nan, gradientNorm: meanNorm)
    }

    var result: TrainingResult {
        TrainingResult(
            reason: reason ?? .stoppedByCaller, epochs: epochs, iterations: iterations, loss: meanLoss,
            gradientNorm: meanNorm)
    }
}
