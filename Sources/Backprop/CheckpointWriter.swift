/// Saves a run every so often, and at its end.
///
/// ```swift
/// var saving = try CheckpointWriter(to: "run.checkpoint", every: .seconds(30), keeping: 1)
/// try trainer.train(&network, on: digits, until: [.epochs(50)], saving: &saving)
/// ```
///
/// Parameters that are infinite or NaN are not saved, so that the last good checkpoint stays.
public struct CheckpointWriter: Sendable {
    /// How often a run is saved.
    public enum Interval: Hashable, Sendable {
        /// After so many steps.
        case steps(Int)
        /// After so many epochs.
        case epochs(Int)
        /// After the first step that ends so long after the last save; 0 for every step.
        case seconds(Double)
    }

    /// The file.
    public let path: String
    /// How often it is written.
    public let interval: Interval
    /// How many older files stay beside it; see ``Checkpoint/write(to:keeping:)``.
    public let kept: Int
    /// How far the run had come that is in the file, or `nil` before the first save.
    public private(set) var saved: TrainingProgress?
    private var lastTime = ContinuousClock.now

    /// - Throws: ``BackpropError/option(_:expected:found:)`` for an interval that is none.
    public init(to path: String, every interval: Interval = .seconds(30), keeping count: Int = 0) throws(BackpropError)
    {
        switch interval {
        case .steps(let count) where count < 1, .epochs(let count) where count < 1:
            throw .option("interval of checkpoints", expected: "at least 1", found: "\(count)")
        case .seconds(let seconds) where !(seconds >= 0 && seconds.isFinite):
            throw .option("interval of checkpoints", expected: "a finite number of seconds from 0", found: "\(seconds)")
        default: break
        }
        self.path = path
        self.interval = interval
        kept = count
    }

    /// Saves a run if it is time to, or the run ends; to be called from ``Trainer/StepHandler``.
    ///
    /// - Returns: `true`, to go on.
    /// - Throws: As ``Checkpoint/write(to:keeping:)``.
    public mutating func write<Scalar>(
        _ progress: TrainingProgress, _ checkpoint: () -> Checkpoint<Scalar>
    ) throws(BackpropError) -> Bool {
        guard progress.isLast || isDue(progress) else { return true }
        let checkpoint = checkpoint()
        guard checkpoint.model.network.firstNonFiniteParameters == nil else { return true }
        try checkpoint.write(to: path, keeping: kept)
        saved = progress
        lastTime = .now
        return true
    }

    private func isDue(_ progress: TrainingProgress) -> Bool {
        switch interval {
        case .steps(let count): progress.iterations % count == 0
        case .epochs(let count): progress.nextSample == 0 && progress.epochs > 0 && progress.epochs % count == 0
        case .seconds(let seconds): ContinuousClock.now - lastTime >= .seconds(seconds)
        }
    }
}

extension Trainer {
    /// Trains as ``train(_:on:validatingOn:until:progress:afterStep:)`` does, and saves the run as it goes on.
    ///
    /// - Throws: Also ``BackpropError/file(_:reason:)`` if a checkpoint can't be written; then the run ends there.
    @discardableResult
    public mutating func train(
        _ network: inout Network<Scalar>,
        on dataset: Dataset<Scalar>,
        validatingOn validation: Dataset<Scalar>? = nil,
        until conditions: [StopCondition],
        saving writer: inout CheckpointWriter,
        progress: (EpochReport) -> Bool = { _ in true }
    ) throws(BackpropError) -> TrainingResult {
        try train(
            &network, on: dataset, validatingOn: validation, until: conditions, progress: progress,
            afterStep: { (progress, checkpoint) throws(BackpropError) in try writer.write(progress, checkpoint) })
    }
}
