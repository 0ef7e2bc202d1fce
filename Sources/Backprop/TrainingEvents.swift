/// What training reports as it goes on, for `for try await`.
public enum TrainingEvent<Scalar: NetworkScalar>: Sendable {
    /// An epoch was finished.
    case epoch(EpochReport)
    /// Training ended; nothing follows.
    case finished(TrainingOutcome<Scalar>)
}

/// What training leaves behind.
public struct TrainingOutcome<Scalar: NetworkScalar>: Sendable {
    /// Why training ended, and how far it got.
    public var result: TrainingResult
    /// The trained network.
    public var network: Network<Scalar>
    /// The trainer, from where it can go on.
    public var trainer: Trainer<Scalar>
}

extension Trainer {
    /// Trains a copy of a network, epoch by epoch, as an asynchronous sequence.
    ///
    /// ```swift
    /// for try await event in trainer.run(network, on: digits, until: [.epochs(10)]) {
    ///     switch event {
    ///     case .epoch(let report): print(report.loss)
    ///     case .finished(let outcome): network = outcome.network
    ///     }
    /// }
    /// ```
    ///
    /// Each epoch is computed when it is asked for, off the caller's actor, with the bits of
    /// ``train(_:on:validatingOn:until:progress:afterStep:)``. Cancelling the task ends training within
    /// 256 samples or one batch: the last event then says ``StopReason/cancelled`` and has what was reached. A loop that
    /// is left early leaves nothing running.
    public func run(
        _ network: Network<Scalar>,
        on dataset: Dataset<Scalar>,
        validatingOn validation: Dataset<Scalar>? = nil,
        until conditions: [StopCondition]
    ) -> TrainingEvents<Scalar> {
        TrainingEvents(
            trainer: self, network: network, dataset: dataset, validation: validation, conditions: conditions)
    }
}

/// The events of ``Trainer/run(_:on:validatingOn:until:)``. Iterating twice trains twice, from the same start.
public struct TrainingEvents<Scalar: NetworkScalar>: AsyncSequence, Sendable {
    let trainer: Trainer<Scalar>
    let network: Network<Scalar>
    let dataset: Dataset<Scalar>
    let validation: Dataset<Scalar>?
    let conditions: [StopCondition]

    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(stage: .start(self))
    }

    /// A run that goes on each time that it is asked for an event.
    public struct AsyncIterator: AsyncIteratorProtocol, Sendable {
        fileprivate enum Stage: Sendable {
            case start(TrainingEvents)
            case running(Session)
            case ended
        }

        fileprivate var stage: Stage

        /// - Throws: As ``Trainer/train(_:on:validatingOn:until:progress:afterStep:)``, before the first event.
        public mutating func next() async throws(BackpropError) -> TrainingEvent<Scalar>? {
            // The session is moved out and back, so that its arrays are never copied.
            let current = stage
            stage = .ended
            let (event, next) = try await Self.advance(current)
            stage = next
            return event
        }

        @concurrent
        private static func advance(
            _ stage: consuming Stage
        ) async throws(BackpropError) -> (TrainingEvent<Scalar>?, Stage) {
            switch consume stage {
            case .ended: return (nil, .ended)
            case .start(let events): return try Session(events).advanced()
            case .running(let session): return try session.advanced()
            }
        }
    }

    /// A run between two of its events.
    fileprivate struct Session: Sendable {
        var trainer: Trainer<Scalar>
        var network: Network<Scalar>
        let dataset: Dataset<Scalar>
        var run: TrainingRun<Scalar>

        init(_ events: TrainingEvents) throws(BackpropError) {
            trainer = events.trainer
            network = events.network
            dataset = events.dataset
            run = try trainer.beginRun(
                network, on: dataset, validatingOn: events.validation, until: events.conditions)
        }

        /// Trains an epoch, or ends the run.
        consuming func advanced() throws(BackpropError) -> (TrainingEvent<Scalar>?, AsyncIterator.Stage) {
            var session = consume self
            if session.run.reason == nil, let report = try session.trainEpoch() {
                return (.epoch(report), .running(session))
            }
            let result = session.trainer.endRun(&session.network, session.run)
            return (
                .finished(TrainingOutcome(result: result, network: session.network, trainer: session.trainer)), .ended
            )
        }

        private mutating func trainEpoch() throws(BackpropError) -> EpochReport? {
            try trainer.trainEpoch(&network, on: dataset, run: &run)
        }
    }
}
