import Backprop
import BackpropReference
import Testing

@Suite struct TrainerTests {
    private let dataset: Dataset<Double>
    private let network: Network<Double>

    init() throws {
        dataset = try randomSamples(7, inputs: 3, targets: 2)
        network = try Network(inputs: 3, layers: [.dense(4, .tanh), .dense(2, .sigmoid)], seed: 2)
    }

    private func trainer(
        _ batching: Batching = .fullBatch, repetition: BatchRepetition = .once, shuffles: Bool = false,
        rate: Double = 0.5, order: UpdateOrder = .simultaneous, seed: UInt64 = 0
    ) -> Trainer<Double> {
        Trainer(
            loss: .squaredError, learningRate: .constant(rate), batching: batching, repetition: repetition,
            shuffles: shuffles,
            updateOrder: order, seed: seed)
    }

    // MARK: The forms of gradient descent

    @Test(
        "per-sample, mini-batch and batch descent are loops over the reference's steps",
        arguments: [
            (Batching.perSample, [0..<1, 1..<2, 2..<3, 3..<4, 4..<5, 5..<6, 6..<7]),
            (.miniBatches(of: 3), [0..<3, 3..<6, 6..<7]),
            (.miniBatches(of: 100), [0..<7]),
            (.fullBatch, [0..<7]),
        ])
    func forms(_ batching: Batching, batches: [Range<Int>]) throws {
        var reference = ReferenceNetwork(network)
        var losses: [Double] = []
        for _ in 0..<3 {
            var sum = 0.0
            for batch in batches {
                let rows = dataset.rows(batch)
                let pass = reference.step(rows.inputs, rows.targets, loss: .squaredError, rate: 0.5)
                sum += pass.loss * Double(batch.count)
            }
            losses.append(sum / 7)
        }
        var found = network
        var trainer = trainer(batching)
        var reports: [EpochReport] = []
        let result = try trainer.train(&found, on: dataset, until: [.epochs(3)]) {
            reports.append($0)
            return true
        }
        #expect(found.parameters == reference.parameters)
        #expect(reports.map(\.loss) == losses)
        #expect(reports.map(\.epoch) == [1, 2, 3])
        #expect(reports.map(\.iterations) == [1, 2, 3].map { $0 * batches.count })
        #expect(result.reason == .reached(.epochs(3)))
        #expect(result.epochs == 3)
        #expect(result.iterations == 3 * batches.count)
        #expect(result.loss == losses.last)
        #expect(trainer.finishedEpochs == 3)
    }

    @Test("an epoch's order of samples depends only on the seed and the epoch")
    func shuffling() throws {
        var reference = ReferenceNetwork(network)
        for epoch in 0..<2 {
            // The stream of shuffles begins at 2^33.
            var random = SplitMix64(seed: 9, stream: 2 << 32 + UInt64(epoch))
            let order = random.permutation(of: 7).map { Int($0) }
            #expect(order != Array(0..<7))
            for start in stride(from: 0, to: 7, by: 3) {
                let rows = dataset.rows(order[start..<min(start + 3, 7)])
                _ = reference.step(rows.inputs, rows.targets, loss: .squaredError, rate: 0.5)
            }
        }
        var found = network
        var trainer = trainer(.miniBatches(of: 3), shuffles: true, seed: 9)
        try trainer.train(&found, on: dataset, until: [.epochs(1)])
        try trainer.train(&found, on: dataset, until: [.epochs(1)])
        #expect(found.parameters == reference.parameters)
    }

    @Test("two runs of an epoch equal one run of two, and another seed gives another network")
    func runs() throws {
        func trained(_ runs: [Int], seed: UInt64) throws -> Network<Double> {
            var found = network
            var trainer = trainer(.miniBatches(of: 2), shuffles: true, seed: seed)
            for epochs in runs { try trainer.train(&found, on: dataset, until: [.epochs(epochs)]) }
            return found
        }
        #expect(try trained([1, 1], seed: 3) == trained([2], seed: 3))
        #expect(try trained([2], seed: 3) != trained([2], seed: 4))
    }

    @Test("runs of a few iterations equal one run of their sum, also from the middle of an epoch")
    func resumesWithinEpoch() throws {
        let samples: Dataset<Float> = try randomSamples(10, inputs: 3, targets: 2)
        let start = try Network<Float>(inputs: 3, layers: [.dense(4, .tanh), .dense(2, .sigmoid)], seed: 1)
        var (whole, parts) = (start, start)
        var one = Trainer<Float>(loss: .squaredError, learningRate: 0.5, batching: .miniBatches(of: 3), seed: 4)
        var other = one
        try one.train(&whole, on: samples, until: [.iterations(11)])
        for count in [1, 2, 3, 5] { try other.train(&parts, on: samples, until: [.iterations(count)]) }
        #expect(parts == whole)
        #expect(other.finishedEpochs == 2 && other.nextSample == 9)
        #expect(one.finishedEpochs == 2 && one.nextSample == 9)
    }

    @Test("samples with classes are shuffled with their classes")
    func shuffledClasses() throws {
        var random = ReferenceRandom(seed: 4, stream: 0)
        let inputs: [Double] = (0..<30).map { _ in random.uniform(limit: 1) }
        let classes = try Dataset(inputs: inputs, inputCount: 3, classes: (0..<10).map { $0 % 2 }, classCount: 2)
        let vectors = try Dataset(
            inputs: inputs, inputCount: 3, targets: (0..<10).flatMap { classes.targets(ofSample: $0) }, targetCount: 2)
        func trained(on dataset: Dataset<Double>) throws -> Network<Double> {
            var found = network
            var trainer = trainer(.miniBatches(of: 4), shuffles: true, seed: 3)
            try trainer.train(&found, on: dataset, until: [.epochs(3)])
            return found
        }
        #expect(try trained(on: classes) == trained(on: vectors))
    }

    // MARK: Repetition

    @Test("a batch is repeated until its loss is below the bound, or the steps are used up")
    func untilLoss() throws {
        let bound = 0.05
        var reference = ReferenceNetwork(network)
        var steps = 0
        for batch in [0..<3, 3..<6, 6..<7] {
            let rows = dataset.rows(batch)
            for _ in 0..<20 {
                steps += 1
                if reference.step(rows.inputs, rows.targets, loss: .squaredError, rate: 0.5).loss < bound { break }
            }
        }
        #expect(steps > 3 && steps < 60, "the bound should end some batches and not others")
        var found = network
        var trainer = trainer(.miniBatches(of: 3), repetition: .untilConverged(loss: bound, maximumSteps: 20))
        let result = try trainer.train(&found, on: dataset, until: [.epochs(1)])
        #expect(found.parameters == reference.parameters)
        #expect(result.iterations == steps)
    }

    @Test("a batch is repeated until the norm of its gradient is below the bound")
    func untilNorm() throws {
        var expected = network
        var steps = 0
        var norm = Double.infinity
        while norm >= 0.02, steps < 500 {
            let gradients = try network(expected, gradientsOn: dataset)
            norm = gradients.reduce(0) { $0 + $1 * $1 }.squareRoot()
            var one = trainer()
            try one.step(&expected, on: dataset)
            steps += 1
        }
        #expect(steps > 1 && steps < 500)
        var found = network
        var trainer = trainer(repetition: .untilConverged(gradientNorm: 0.02, maximumSteps: 500))
        let result = try trainer.train(&found, on: dataset, until: [.epochs(1)])
        #expect(result.iterations == steps)
        #expect(found == expected)
    }

    private func network(_ network: Network<Double>, gradientsOn dataset: Dataset<Double>) throws -> [Double] {
        try network.gradients(of: .squaredError, on: dataset).gradients
    }

    @Test("a batch is used at least once, however few steps are allowed", arguments: [-1, 0, 1])
    func atLeastOnce(maximumSteps: Int) throws {
        var found = network
        var trainer = trainer(.miniBatches(of: 3), repetition: .untilConverged(maximumSteps: maximumSteps))
        #expect(try trainer.train(&found, on: dataset, until: [.epochs(1)]).iterations == 3)
    }

    // MARK: Stopping

    @Test("training stops after so many iterations, also within an epoch")
    func iterations() throws {
        var found = network
        var trainer = trainer(.perSample)
        let result = try trainer.train(&found, on: dataset, until: [.epochs(9), .iterations(10)])
        #expect(result.reason == .reached(.iterations(10)))
        #expect(result.iterations == 10)
        #expect(result.epochs == 1)
        #expect(trainer.finishedEpochs == 1)
        var reference = ReferenceNetwork(network)
        for step in 0..<10 {
            let rows = dataset.rows([step % 7])
            _ = reference.step(rows.inputs, rows.targets, loss: .squaredError, rate: 0.5)
        }
        #expect(found.parameters == reference.parameters)
    }

    @Test("training stops after the first epoch whose loss is below the bound")
    func loss() throws {
        var found = network
        var trainer = trainer()
        var losses: [Double] = []
        let result = try trainer.train(&found, on: dataset, until: [.loss(below: 0.05), .epochs(10_000)]) {
            losses.append($0.loss)
            return true
        }
        #expect(result.reason == .reached(.loss(below: 0.05)))
        #expect(result.loss == losses.last)
        #expect(losses.last! < 0.05)
        #expect(losses.dropLast().allSatisfy { $0 >= 0.05 })
    }

    @Test("training by way of a gradient buffer gives the bits of training without", arguments: [1, 3])
    func gradientNorm(threads: Int) throws {
        func check<Scalar: ReferenceScalar>(_ scalar: Scalar.Type) throws {
            let dataset: Dataset<Scalar> = try randomSamples(9, inputs: 3, targets: 2)
            var fused = try Network<Scalar>(
                inputs: 3, layers: [.dense(20, .gelu), Layer.dense(5, .tanh).frozen(), .dense(2, .softmax)], seed: 2)
            var buffered = fused
            var trainer = Trainer<Scalar>(loss: .crossEntropy, learningRate: 0.1, batching: .miniBatches(of: 4))
            try trainer.setThreads(threads)
            var other = trainer
            try trainer.train(&fused, on: dataset, until: [.epochs(5)])
            let result = try other.train(&buffered, on: dataset, until: [.gradientNorm(below: 0), .epochs(5)])
            #expect(fused == buffered)
            #expect(result.gradientNorm! > 0)
        }
        try check(Float.self)
        try check(Double.self)
    }

    @Test("training stops when the norm of the gradient is below the bound")
    func normCondition() throws {
        var found = network
        var trainer = trainer()
        var norms: [Double] = []
        let result = try trainer.train(&found, on: dataset, until: [.gradientNorm(below: 0.02), .epochs(10_000)]) {
            norms.append($0.gradientNorm!)
            return true
        }
        #expect(result.reason == .reached(.gradientNorm(below: 0.02)))
        #expect(result.gradientNorm! < 0.02)
        #expect(norms.dropLast().allSatisfy { $0 >= 0.02 })
        let first = try self.network(network, gradientsOn: dataset).reduce(0) { $0 + $1 * $1 }.squareRoot()
        // The sum of 26 squares in another order: 26 roundings.
        #expect(abs(norms[0] - first) <= 26 * first.ulp)
    }

    @Test("no condition to measure it leaves the norm out")
    func noNorm() throws {
        var found = network
        var trainer = trainer()
        #expect(try trainer.train(&found, on: dataset, until: [.epochs(1)]).gradientNorm == nil)
    }

    @Test("the caller can stop after any epoch")
    func stoppedByCaller() throws {
        var found = network
        var trainer = trainer()
        let result = try trainer.train(&found, on: dataset, until: [.epochs(100)]) { $0.epoch < 3 }
        #expect(result.reason == .stoppedByCaller)
        #expect(result.epochs == 3)
    }

    @Test(
        "a condition that holds already allows no step",
        arguments: [StopCondition.epochs(0), .epochs(-1), .iterations(0), .iterations(-1)])
    func nothing(_ condition: StopCondition) throws {
        var found = network
        var trainer = trainer()
        let result = try trainer.train(&found, on: dataset, until: [condition])
        #expect(found == network)
        #expect(result.reason == .reached(condition))
        #expect(result.epochs == 0)
        #expect(result.iterations == 0)
        #expect(result.loss == nil)
    }

    @Test("a loss that is not finite stops training and leaves the parameters as they were", arguments: [false, true])
    func nonFiniteLoss(withNorm: Bool) throws {
        let layer = Layer(units: 1, activation: .identity, initialWeights: .constant(1))
        var found = try Network<Double>(inputs: 1, layers: [layer])
        // The error of the first sample is 1e10, its step goes to -1e20, that of the second overflows.
        let dataset = try Dataset<Double>(inputs: [[1e10], [1e300]], targets: [[0], [0]])
        var expected = found
        var trainer = trainer(.perSample, rate: 1)
        try trainer.step(&expected, on: dataset.samples([0]))
        let conditions: [StopCondition] = withNorm ? [.gradientNorm(below: 0), .epochs(5)] : [.epochs(5)]
        let result = try trainer.train(&found, on: dataset, until: conditions)
        #expect(result.reason == .nonFiniteLoss(step: 2, layer: 0))
        #expect(found == expected)
        #expect(found.parameters.allSatisfy { $0.isFinite })
    }

    // MARK: Errors

    @Test("a setting that makes no sense is refused, and nothing is changed")
    func wrongSettings() throws {
        var found = network
        func expect(
            _ message: String, _ trainer: Trainer<Double>, _ conditions: [StopCondition] = [.epochs(1)],
            sourceLocation: SourceLocation = #_sourceLocation
        ) {
            var trainer = trainer
            expectError(message, sourceLocation: sourceLocation) {
                try trainer.train(&found, on: dataset, until: conditions)
            }
        }
        expect("learningRate: expected a finite number from 0, found nan", trainer(rate: .nan))
        expect("batching: expected at least 1 sample in a mini-batch, found 0", trainer(.miniBatches(of: 0)))
        expect("conditions to stop: expected at least one, found none", trainer(), [])
        let noGradient = "updateOrder: expected simultaneous, to stop by the gradient's norm, found layerByLayer"
        expect(noGradient, trainer(order: .layerByLayer), [.epochs(1), .gradientNorm(below: 1)])
        expect(
            noGradient,
            trainer(repetition: .untilConverged(gradientNorm: 1, maximumSteps: 2), order: .layerByLayer))
        expect(
            "loss crossEntropy: expected softmax in the output layer, found sigmoid",
            Trainer(loss: .crossEntropy, learningRate: 1))
        #expect(found == network)
    }

    @Test("a number of threads is refused that makes no sense", arguments: [-1, 0, 1025])
    func wrongThreads(_ count: Int) {
        var trainer = trainer()
        expectError("threads: expected 1 to 1024, found \(count)") { try trainer.setThreads(count) }
        #expect(trainer.threads == 1)
    }

    // MARK: A value

    @Test("a copy of a trainer goes on by itself from the same position")
    func copies() throws {
        var first = trainer(.miniBatches(of: 2), shuffles: true)
        try first.setThreads(2)
        var network = network
        try first.train(&network, on: dataset, until: [.epochs(2)])
        var second = first
        var other = network
        try first.train(&network, on: dataset, until: [.epochs(3)])
        #expect(second.finishedEpochs == 2)
        try second.train(&other, on: dataset, until: [.epochs(1)])
        try second.train(&other, on: dataset, until: [.epochs(2)])
        #expect(network == other)
    }

    @Test("copies of a trainer train at the same time")
    func concurrency() async throws {
        var shared = trainer(.miniBatches(of: 2), shuffles: true)
        try shared.setThreads(2)
        let results = try await withThrowingTaskGroup(of: Network<Double>.self) { group in
            for _ in 0..<4 {
                group.addTask { [shared, network, dataset] in
                    var (trainer, network) = (shared, network)
                    try trainer.train(&network, on: dataset, until: [.epochs(20)])
                    return network
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(results.allSatisfy { $0 == results[0] && $0 != network })
    }

    @Test("a frozen layer stays as it is until it is thawed")
    func frozen() throws {
        var found = network
        try found.setFrozen(true, layer: 0)
        var trainer = trainer()
        try trainer.train(&found, on: dataset, until: [.epochs(2)])
        #expect(found.weights(ofLayer: 0) == network.weights(ofLayer: 0))
        #expect(found.biases(ofLayer: 0) == network.biases(ofLayer: 0))
        #expect(found.weights(ofLayer: 1) != network.weights(ofLayer: 1))
        try found.setFrozen(false, layer: 0)
        try trainer.train(&found, on: dataset, until: [.epochs(1)])
        #expect(found.weights(ofLayer: 0) != network.weights(ofLayer: 0))
    }

    // MARK: Learning

    @Test("exclusive or is learned", arguments: [1, 2, 3] as [UInt64])
    func exclusiveOrIsLearned(seed: UInt64) throws {
        let dataset: Dataset<Float> = try exclusiveOr()
        var network = try Network<Float>(inputs: 2, layers: [.dense(4, .tanh), .dense(1, .sigmoid)], seed: seed)
        var trainer = Trainer<Float>(loss: .binaryCrossEntropy, learningRate: 0.5, batching: .fullBatch)
        let result = try trainer.train(&network, on: dataset, until: [.loss(below: 0.01), .epochs(20_000)])
        #expect(result.reason == .reached(.loss(below: 0.01)), "seed \(seed)")
        #expect(try network.predictClasses(dataset.inputs) == [0, 1, 1, 0])
    }

    @Test("an autoencoder of eight one-hot patterns finds a code of three numbers")
    func autoencoder() throws {
        let patterns = (0..<64).map { Float($0 % 9 == 0 ? 1 : 0) }
        let dataset = try Dataset(autoencoding: patterns, inputCount: 8)
        var network = try Network<Float>(inputs: 8, layers: [.dense(3, .tanh), .dense(8, .sigmoid)], seed: 1)
        let before = try network.loss(.binaryCrossEntropy, on: dataset)
        var trainer = Trainer<Float>(loss: .binaryCrossEntropy, learningRate: 2, batching: .fullBatch)
        try trainer.train(&network, on: dataset, until: [.epochs(3000)])
        #expect(try network.loss(.binaryCrossEntropy, on: dataset) < before / 10)
        #expect(try network.predictClasses(patterns) == Array(0..<8))
    }
}
