/// How samples are taken together for a step of gradient descent.
public enum Batching: Hashable, Codable, Sendable {
    /// Stochastic gradient descent: a step for every sample.
    case perSample
    /// A step for every so many samples; the last batch of an epoch may be smaller.
    case miniBatches(of: Int)
    /// Batch gradient descent: one step for all samples.
    case fullBatch

    /// The samples of a step, for a dataset of so many.
    public func size(forSamples count: Int) -> Int {
        switch self {
        case .perSample: 1
        case .miniBatches(let size): min(size, count)
        case .fullBatch: count
        }
    }
}

/// How often a batch is used before the next is taken.
public enum BatchRepetition: Hashable, Codable, Sendable {
    /// Once, as is usual.
    case once
    /// Until its loss or the norm of its gradient is below a bound, but no more than `maximumSteps` times.
    /// `loss` and `gradientNorm` are not looked at where they are `nil`.
    case untilConverged(loss: Double? = nil, gradientNorm: Double? = nil, maximumSteps: Int)
}

/// When training is over. The first condition that holds ends it.
public enum StopCondition: Hashable, Codable, Sendable {
    /// After so many passes over the samples.
    case epochs(Int)
    /// After so many steps, also within an epoch.
    case iterations(Int)
    /// After an epoch whose mean loss is below a bound. Each sample's loss is that before its step.
    case loss(below: Double)
    /// After an epoch in which the norm of the gradient was below a bound: the root mean square
    /// over the epoch's steps, which for one full batch is the norm itself.
    case gradientNorm(below: Double)
}

/// Why training ended.
public enum StopReason: Hashable, Codable, Sendable {
    /// A condition that was asked for.
    case reached(StopCondition)
    /// The loss of this step, counted from 1, was infinite or not a number. The step was not taken.
    case nonFiniteLoss(step: Int)
    /// The progress closure returned `false`.
    case stoppedByCaller
}

/// What an epoch came to.
public struct EpochReport: Hashable, Codable, Sendable {
    /// Epochs of this run so far, this one included.
    public var epoch: Int
    /// Steps of this run so far.
    public var iterations: Int
    /// The mean of the samples' losses, each before its step.
    public var loss: Double
    /// The root mean square of the steps' gradient norms; `nil` where no condition needed it.
    public var gradientNorm: Double?
}

/// How training ended.
public struct TrainingResult: Hashable, Codable, Sendable {
    public var reason: StopReason
    /// Whole passes over the samples.
    public var epochs: Int
    /// Steps, which is updates.
    public var iterations: Int
    /// The mean loss of the last epoch, or of the part of it that was run; `nil` if no step was taken.
    public var loss: Double?
    /// The root mean square of the last epoch's gradient norms, where they were needed.
    public var gradientNorm: Double?
}
