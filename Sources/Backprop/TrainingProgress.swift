/// How far a run of training has come: what ``Trainer/StepHandler`` is told.
public struct TrainingProgress: Hashable, Codable, Sendable {
    /// Whole passes over the samples, of this run.
    public var epochs: Int
    /// Steps of this run.
    public var iterations: Int
    /// The sample, in the order of the epoch, that the next step begins with; 0 between epochs.
    public var nextSample: Int
    /// Whether the run ends here.
    public var isLast: Bool
}

extension Trainer {
    /// What is called after every step of ``train(_:on:validatingOn:until:progress:afterStep:)``, after the last of an
    /// epoch once its report is made. It is given how far the run has come and what makes a checkpoint of that, at no
    /// cost unless it is called, and returns whether to go on. It is not called for a run that ends because
    /// something became infinite or NaN: what was saved before is the better state.
    public typealias StepHandler = (
        _ progress: TrainingProgress, _ checkpoint: () -> Checkpoint<Scalar>
    ) throws(BackpropError) -> Bool
}
