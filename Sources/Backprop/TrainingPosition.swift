/// What a trainer carries from step to step and from run to run: all that a run needs to go on as if it had
/// never stopped, besides its settings and the parameters.
struct TrainingPosition<Scalar: NetworkScalar>: Hashable, Sendable {
    /// The best epoch so far.
    struct Best: Hashable, Sendable {
        var loss: Double
        var parameters: [Scalar]
        /// Epochs since then.
        var epochsSince = 0
    }

    /// The optimizer's state, and the number of updates.
    var update = UpdateState<Scalar>()
    var finishedEpochs = 0
    var nextSample = 0
    /// Of the epoch that was not run to its end.
    var sums = EpochSums()
    var plateau = PlateauState()
    var best: Best?
    var history = TrainingHistory()
    /// What the update's state belongs to: an optimizer, of which only the kind matters.
    var optimizer: Optimizer?
    /// Whether the run needs gradients in a buffer, for their norm.
    var needsGradients = false
    /// The run that the next call of `train` goes on with, in a trainer that was resumed.
    var run: UnfinishedRun?

    /// Keeps the parameters of an epoch if its loss is lower than the best by more than `improvement`.
    mutating func recordBest(loss: Double, improvement: Double, parameters: [Scalar]) {
        let isBetter = best.map { loss < $0.loss - improvement || ($0.loss.isNaN && !loss.isNaN) } ?? true
        if isBetter {
            best = Best(loss: loss, parameters: parameters)
        } else {
            best!.epochsSince += 1
        }
    }
}

/// What a run has come to that was saved before its end.
struct UnfinishedRun: Hashable, Codable, Sendable {
    var epochs: Int
    var iterations: Int
    var seconds: Double
    /// Of its last epoch.
    var sums: EpochSums
    var data: DataFingerprints
}

/// What the steps of an epoch add up to, so far.
struct EpochSums: Hashable, Sendable {
    /// Each batch's last loss, times its samples.
    var loss = 0.0
    /// Samples of the batches that are finished.
    var samples = 0
    var squaredNorms = 0.0
    var steps = 0
    /// Steps on the batch that is not finished.
    var stepsOfBatch = 0
}
