import CBackprop
import Testing

@testable import Backprop
@testable import BackpropReference

/// A network with everything in it: dropout in hidden layers, a layer without biases, a tied one, frozen parts.
private func everything<Scalar: KernelScalar>() throws -> Network<Scalar> {
    var weightsFrozen = Layer.dense(5, .relu, dropout: 0.125)
    weightsFrozen.freezesWeights = true
    var biasesFrozen = Layer.dense(4, .elu)
    biasesFrozen.freezesBiases = true
    return try Network(
        inputs: 3,
        layers: [
            .dense(9, .gelu, dropout: 0.25), .dense(6, .tanh, hasBiases: false, dropout: 0.5),
            Layer(units: 9, activation: .sigmoid, dropout: 0.25, tiedTo: 1), weightsFrozen, biasesFrozen,
            .dense(3, .softmax),
        ], seed: 5)
}

/// Samples with classes that don't count alike, one of them not at all.
private func weightedSamples<Scalar: KernelScalar>() throws -> Dataset<Scalar> {
    var random = ReferenceRandom(seed: 51, stream: 0)
    return try Dataset(
        inputs: random.values(5 * 3), inputCount: 3, classes: [2, 0, 1, 1, 2], classCount: 3,
        weights: [1, 0.5, 0, 3, 1])
}

@Suite struct TrainingBitsTests {
    private static let steps = 12

    // MARK: Whole steps

    @Test(
        "steps of an optimizer with dropout, ties, penalties, clipping, smoothing and weights equal the reference's",
        arguments: Precision.all, Optimizer.each)
    func optimizers(in precision: Precision, _ optimizer: Optimizer) throws {
        func check<Scalar: KernelScalar>(_ scalar: Scalar.Type) throws {
            // Bounds of elements are the kernel's business: OptimizerTests.
            for clipping in optimizer == .gradientDescent
                ? [GradientClipping.value(0.01), .globalNorm(0.05)]
                : [.globalNorm(0.05)]
            {
                let trainer = Trainer<Scalar>(
                    loss: .crossEntropy, optimizer: optimizer, learningRate: 0.05, batching: .fullBatch,
                    regularization: Regularization(
                        weightDecay: optimizer.decaysByItself ? 0 : 0.02, l1: 0.003, labelSmoothing: 0.1),
                    clipping: clipping, seed: 8)
                try expectReference(trainer, weightedSamples())
            }
        }
        try check(precision.scalar)
    }

    private func expectReference<Scalar: KernelScalar>(_ trainer: Trainer<Scalar>, _ dataset: Dataset<Scalar>) throws {
        let start: Network<Scalar> = try everything()
        let expected = referenceSteps(trainer, start, dataset)
        try #require(expected.allSatisfy { $0.loss.isFinite })
        try #require(expected.last!.parameters != start.parameters)
        for set in InstructionSet.available {
            // Threads split work alike on every instruction set, so many of them on one are enough.
            for threads in set == InstructionSet.available.last ? [1, 2, 3, 8] : [1, 3] {
                var (trainer, network) = (trainer, start)
                try network.setInstructionSet(set)
                try trainer.setThreads(threads)
                let what = "\(Scalar.self), \(set), \(threads) threads, \(trainer.optimizer), \(trainer.clipping)"
                for (index, step) in expected.enumerated() {
                    let loss = try trainer.step(&network, on: dataset)
                    expectSame([loss], [step.loss], "loss of step \(index), \(what)")
                    expectSame(network.parameters, step.parameters, "step \(index), \(what)")
                }
            }
        }
    }

    private func referenceSteps<Scalar: KernelScalar>(
        _ trainer: Trainer<Scalar>, _ network: Network<Scalar>, _ dataset: Dataset<Scalar>
    ) -> [(loss: Scalar, parameters: [Scalar])] {
        var reference = ReferenceNetwork(network)
        var optimizer = ReferenceOptimizer<Scalar>(
            trainer.optimizer, weightDecay: Scalar(trainer.regularization.weightDecay),
            l1: Scalar(trainer.regularization.l1), clipping: trainer.clipping)
        let x = (0..<dataset.count).map { Array(dataset.inputs(ofSample: $0)) }
        let t = (0..<dataset.count).map { dataset.targets(ofSample: $0) }
        return (0..<Self.steps).map { step in
            let objective = ReferenceObjective<Scalar>(
                loss: trainer.loss, labelSmoothing: Scalar(trainer.regularization.labelSmoothing),
                sampleWeights: dataset.weights, dropout: ReferenceDropout(seed: trainer.seed, step: UInt64(step)))
            let pass = reference.step(x, t, objective, optimizer: &optimizer, rate: 0.05)
            return (pass.loss, reference.parameters)
        }
    }

    @Test(
        "layers wide enough to be packed in the workspace train to the scalar kernels' bits",
        arguments: Precision.all, [Optimizer.gradientDescent, .adam()])
    func wideLayers(in precision: Precision, _ optimizer: Optimizer) throws {
        func check<Scalar: KernelScalar>(_ scalar: Scalar.Type) throws {
            // More than 16 strips of four of the widest vectors, and a rest of every tile.
            let start = try Network<Scalar>(
                inputs: 263, layers: [.dense(1033, .tanh), .dense(1029, .sigmoid), .dense(3, .softmax)], seed: 1)
            var random = ReferenceRandom(seed: 52, stream: 0)
            let dataset = try Dataset<Scalar>(
                inputs: random.values(23 * 263), inputCount: 263, classes: (0..<23).map { $0 % 3 }, classCount: 3)
            func trained(_ set: InstructionSet, threads: Int) throws -> [Scalar] {
                var network = start
                try network.setInstructionSet(set)
                var trainer = Trainer<Scalar>(
                    loss: .crossEntropy, optimizer: optimizer, learningRate: 0.05, batching: .fullBatch)
                try trainer.setThreads(threads)
                for _ in 0..<2 { _ = try trainer.step(&network, on: dataset) }
                return network.parameters
            }
            let expected = try trained(try #require(InstructionSet.available.first), threads: 1)
            for set in InstructionSet.available {
                for threads in [1, 3] {
                    expectSame(try trained(set, threads: threads), expected, "\(set), \(threads) threads")
                }
            }
        }
        try check(precision.scalar)
    }

    // MARK: Parts of a batch

    @Test("gradients of a batch's parts, added up in order, are those of the whole batch", arguments: Machine.all)
    func parts(on machine: Machine) throws {
        func check<Scalar: KernelScalar>(_ scalar: Scalar.Type) throws {
            var network: Network<Scalar> = try everything()
            try network.setInstructionSet(machine.instructionSet)
            let dataset: Dataset<Scalar> = try weightedSamples()
            for reduction in Reduction.allCases {
                let objective = Objective<Scalar>(
                    loss: .crossEntropy, reduction: reduction, labelSmoothing: 0.1, seed: 8, step: 3)
                var whole = [Scalar](repeating: .nan, count: network.parameters.count)
                var workspace = Workspace()
                _ = network.plan.gradients(
                    parameters: network.numbers, batch: Batch(dataset: dataset, rows: 0..<5), objective: objective,
                    into: &whole, workspace: &workspace)
                expectSame(whole, referenceGradients(network, dataset, reduction), "the whole batch, \(reduction)")
                for ends in [[5], [1, 2, 3, 4, 5], [2, 4, 5], [4, 5], [1, 5]] {
                    for threads in [1, 3] {
                        workspace.pool = threads == 1 ? nil : try ThreadPool(threads: threads)
                        var sum = whole.map { _ in Scalar.nan }
                        for (start, end) in zip([0] + ends, ends) {
                            let part = Batch(dataset: dataset, rows: start..<end, part: (start, 5))
                            _ = network.plan.gradients(
                                parameters: network.numbers, batch: part, objective: objective, into: &sum,
                                workspace: &workspace)
                        }
                        expectSame(sum, whole, "parts that end at \(ends), \(reduction), \(threads) threads")
                    }
                }
            }
        }
        try check(machine.scalar)
    }

    private func referenceGradients<Scalar: KernelScalar>(
        _ network: Network<Scalar>, _ dataset: Dataset<Scalar>, _ reduction: Reduction
    ) -> [Scalar] {
        let reference = ReferenceNetwork(network)
        let pass = reference.pass(
            (0..<dataset.count).map { Array(dataset.inputs(ofSample: $0)) },
            (0..<dataset.count).map { dataset.targets(ofSample: $0) },
            ReferenceObjective(
                loss: .crossEntropy, reduction: reduction, labelSmoothing: 0.1, sampleWeights: dataset.weights,
                dropout: ReferenceDropout(seed: 8, step: 3)))
        return reference.flatGradients(pass)
    }

    @Test("steps by micro-batches are steps on whole batches", arguments: Machine.all, [1, 2, 3, 5, 100])
    func microBatches(on machine: Machine, _ size: Int) throws {
        func check<Scalar: KernelScalar>(_ scalar: Scalar.Type) throws {
            let dataset: Dataset<Scalar> = try weightedSamples()
            for optimizer in [Optimizer.gradientDescent, .adam()] {
                var whole: Network<Scalar> = try everything()
                try whole.setInstructionSet(machine.instructionSet)
                var parts = whole
                var trainer = Trainer<Scalar>(
                    loss: .crossEntropy, optimizer: optimizer, learningRate: 0.05, batching: .miniBatches(of: 4),
                    regularization: Regularization(labelSmoothing: 0.1), clipping: .globalNorm(0.1), seed: 2)
                var other = trainer
                other.microBatchSize = size
                try trainer.train(&whole, on: dataset, until: [.epochs(6)])
                try other.train(&parts, on: dataset, until: [.epochs(6)])
                expectSame(parts.parameters, whole.parameters, "\(optimizer) by \(size)")
            }
        }
        try check(machine.scalar)
    }

    // MARK: State

    @Test("parameters that are thawed go on from slots that began with the others'", arguments: Optimizer.each)
    func thawing(_ optimizer: Optimizer) throws {
        let dataset: Dataset<Float> = try weightedSamples()
        let rows = (0..<dataset.count).map { Array(dataset.inputs(ofSample: $0)) }
        let targets = (0..<dataset.count).map { dataset.targets(ofSample: $0) }
        var network = try Network<Float>(inputs: 3, layers: [Layer.dense(4, .tanh).frozen(), .dense(3, .softmax)])
        var reference = ReferenceNetwork(network)
        var referenceOptimizer = ReferenceOptimizer<Float>(optimizer)
        var trainer = Trainer<Float>(
            loss: .crossEntropy, optimizer: optimizer, learningRate: 0.05, batching: .fullBatch)
        for step in 0..<4 {
            if step == 2 {
                try network.setFrozen(false, layer: 0)
                reference.layers[0].layer = network.layers[0]
            }
            try trainer.step(&network, on: dataset)
            _ = reference.step(
                rows, targets, ReferenceObjective(loss: .crossEntropy, sampleWeights: dataset.weights),
                optimizer: &referenceOptimizer, rate: 0.05)
            expectSame(network.parameters, reference.parameters, "\(optimizer), step \(step)")
        }
    }
}
