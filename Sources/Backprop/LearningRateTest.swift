/// How the loss answers to learning rates that grow from step to step (L. Smith, WACV 2017).
public struct LearningRateTest: Hashable, Codable, Sendable {
    /// A step of the test.
    public struct Point: Hashable, Codable, Sendable {
        /// The learning rate of the step.
        public var rate: Double
        /// The loss of the step's batch, before the step.
        public var loss: Double
        /// An exponential average over the steps so far.
        public var smoothedLoss: Double
    }

    /// In the order of their rates, up to where the loss grew out of bounds.
    public var points: [Point]

    /// A tenth of the rate at which the smoothed loss was lowest: steep, with a margin to where it turns.
    /// `nil` where it never fell by a tenth, so that nothing can be said.
    public var suggestion: Double? {
        guard let first = points.first, let lowest = points.min(by: { $0.smoothedLoss < $1.smoothedLoss }),
            lowest.smoothedLoss < 0.9 * first.smoothedLoss
        else { return nil }
        return lowest.rate / 10
    }
}

extension Trainer {
    /// Tries learning rates from small to large on a copy of a network, a batch for each.
    ///
    /// - Parameters:
    ///   - network: The network, which stays as it is, as does the trainer.
    ///   - dataset: The samples to learn from.
    ///   - rates: The first rate and the last; those between grow by the same factor from step to step.
    ///   - steps: The number of rates, at least 2. It ends earlier where the loss is four times the lowest.
    /// - Throws: As ``train(_:on:validatingOn:until:progress:afterStep:)``.
    public func findLearningRate(
        for network: Network<Scalar>, on dataset: Dataset<Scalar>, rates: ClosedRange<Double> = 1e-6...10,
        steps: Int = 200
    ) throws(BackpropError) -> LearningRateTest {
        guard rates.lowerBound > 0, rates.upperBound.isFinite, rates.lowerBound < rates.upperBound else {
            throw .option("rates", expected: "two finite numbers above 0", found: "\(rates)")
        }
        guard steps >= 2 else { throw .option("steps", expected: "at least 2", found: "\(steps)") }
        var (trainer, network) = (self, network)
        let growth = LearningRate.exponential(
            from: rates.lowerBound, factor: rates.upperBound / rates.lowerBound, every: .steps(steps - 1))
        var batches = BatchCycle(dataset, size: batching.size(forSamples: dataset.count), seed: seed)
        var test = LearningRateTest(points: [])
        var average = 0.0
        var weight = 0.0
        for step in 0..<steps {
            let rate = growth.rate(atStep: step, stepsPerEpoch: 1)
            trainer.learningRate = .constant(rate)
            let loss = Double(try trainer.step(&network, on: try batches.next()))
            average = average * Self.smoothing + loss * (1 - Self.smoothing)
            weight = weight * Self.smoothing + (1 - Self.smoothing)
            let smoothed = average / weight
            guard smoothed.isFinite else { break }
            test.points.append(.init(rate: rate, loss: loss, smoothedLoss: smoothed))
            if smoothed > 4 * test.points.map(\.smoothedLoss).min()! { break }
        }
        return test
    }

    /// How much of the average stays from step to step.
    private static var smoothing: Double { 0.9 }
}

/// Shuffled batches of one size, for ever.
private struct BatchCycle<Scalar: NetworkScalar> {
    private let dataset: Dataset<Scalar>
    private let size: Int
    private let seed: UInt64
    private var order: [UInt32] = []
    private var epoch = 0

    init(_ dataset: Dataset<Scalar>, size: Int, seed: UInt64) {
        self.dataset = dataset
        self.size = size
        self.seed = seed
    }

    mutating func next() throws(BackpropError) -> Dataset<Scalar> {
        if order.count < size {
            var random = SplitMix64(seed: seed, stream: RandomStream.shuffle(epoch: epoch))
            order = random.permutation(of: dataset.count)
            epoch += 1
        }
        let rows = Array(order.prefix(size))
        order.removeFirst(size)
        return try dataset.samples(rows)
    }
}
