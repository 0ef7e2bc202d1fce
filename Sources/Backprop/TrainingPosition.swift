/// What a trainer carries from step to step and from run to run: all that a run needs to go on as if it had
/// never stopped, besides its settings and the parameters.
struct TrainingPosition<Scalar: NetworkScalar>: Sendable {
    /// The best epoch so far.
    struct Best: Sendable {
        var loss: Double
        var parameters: [Scalar]
        /// Epochs since then.
        var epochsSince = 0
    }

    /// The optimizer's state, and the number of updates.
    var update = UpdateState<Scalar>()
    var finishedEpochs = 0
    var nextSample = 0
    var plateau = PlateauState()
    var best: Best?
    var history = TrainingHistory()
    /// Whether the run needs gradients in a buffer, for their norm.
    var needsGradients = false

    /// Keeps the parameters of an epoch if its loss is lower than the best by more than `improvement`.
    mutating func recordBest(loss: Double, improvement: Double, parameters: [Scalar]) {
        if loss < (best?.loss ?? .infinity) - improvement || best == nil {
            best = Best(loss: loss, parameters: parameters)
        } else {
            best!.epochsSince += 1
        }
    }
}
