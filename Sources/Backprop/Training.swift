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
    /// After so many epochs in a row whose loss, on the validation samples if there are any, was not below the
    /// lowest so far by more than `minimumImprovement`. The network then gets the parameters of the best epoch.
    case patience(_ epochs: Int, minimumImprovement: Double = 0)
    /// After so many seconds, also within an epoch. What is reached depends on the machine.
    case seconds(Double)
}

/// Why training ended.
public enum StopReason: Hashable, Codable, Sendable {
    /// A condition that was asked for.
    case reached(StopCondition)
    /// The loss of this step, counted from 1, was infinite or not a number. The step was not taken. `layer` is
    /// the lowest whose outputs were so, counted from 0 at the inputs; `nil` if only the loss was.
    case nonFiniteLoss(step: Int, layer: Int?)
    /// After this step, counted from 1, a parameter of this layer, the lowest of such, was infinite or not a number,
    /// though no loss had been so yet. Found at the end of an epoch or of the run.
    case nonFiniteParameters(step: Int, layer: Int)
    /// The learning rate of this step, as the schedule gives it, was infinite in the network's precision, not a number
    /// or below 0; for RPROP also 0.
    case invalidLearningRate(step: Int)
    /// The progress closure returned `false`.
    case stoppedByCaller
    /// The task was cancelled.
    case cancelled
}

/// What an epoch came to.
public struct EpochReport: Hashable, Codable, Sendable {
    /// Epochs of this run so far, this one included.
    public var epoch: Int
    /// Steps of this run so far.
    public var iterations: Int
    /// The mean of the samples' losses, each before its step.
    public var loss: Double
    /// The root mean square of the steps' gradient norms; `nil` where nothing needed it.
    public var gradientNorm: Double?
    /// The learning rate of the next step.
    public var learningRate: Double
    /// How well the network does on the validation samples, where there are any.
    public var validation: ValidationReport?
    /// What went on in each layer, with ``Trainer/diagnostics``.
    public var diagnosis: TrainingDiagnosis?
    /// Seconds since the run began.
    public var seconds: Double
}

/// How well a network does on samples that it doesn't learn from.
public struct ValidationReport: Hashable, Codable, Sendable {
    /// The mean loss.
    public var loss: Double
    /// The share of right classes, where the samples have classes.
    public var accuracy: Double?

    /// For samples that are known to fit the network and the loss.
    init<Scalar: NetworkScalar>(_ network: Network<Scalar>, loss: Loss, on samples: Dataset<Scalar>) {
        self.loss = network.meanLoss(loss, on: samples)
        accuracy = samples.classes.map { classes in
            let predicted = Metrics.classes(
                ofOutputs: network.outputs(on: samples), outputCount: network.outputCount)
            return Double(zip(predicted, classes).count { $0 == $1 }) / Double(classes.count)
        }
    }
}

/// The reports of a trainer's epochs.
public struct TrainingHistory: Hashable, Codable, Sendable {
    /// In the order of the epochs.
    public var epochs: [EpochReport] = []
    /// Nothing yet.
    public init() {}

    /// The epoch with the lowest loss, on the validation samples where there are any; of equals the first, and
    /// none whose loss is not a number.
    public var best: EpochReport? {
        func loss(_ epoch: EpochReport) -> Double { epoch.validation?.loss ?? epoch.loss }
        return epochs.filter { !loss($0).isNaN }.min { loss($0) < loss($1) }
    }
}

/// How training ended.
public struct TrainingResult: Hashable, Codable, Sendable {
    /// Which condition held, or what went wrong.
    public var reason: StopReason
    /// Whole passes over the samples.
    public var epochs: Int
    /// Steps, which is updates.
    public var iterations: Int
    /// The mean loss of the last epoch, or of the part of it that was run; `nil` if no step was taken.
    public var loss: Double?
    /// The root mean square of the last epoch's gradient norms, where they were needed.
    public var gradientNorm: Double?
    /// Seconds that the run took.
    public var seconds: Double
}
