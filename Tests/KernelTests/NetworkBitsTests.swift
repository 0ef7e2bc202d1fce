import Testing

@testable import Backprop
@testable import BackpropReference

/// A network, what it learns, and how: trained by the reference and by the C core.
private struct Lesson {
    var layers: [Layer]
    var loss = Loss.meanSquaredError
    var reduction = Reduction.mean
    var order = UpdateOrder.simultaneous
    var steps = 10
    var inputs = 3
    var samples = 5
    /// Whether most inputs are 0, which a step of a single sample leaves out.
    var hasZeros = false

    func network<Scalar: KernelScalar>() throws -> Network<Scalar> {
        try Network(inputs: inputs, layers: layers, seed: 3)
    }

    func dataset<Scalar: KernelScalar>() throws -> Dataset<Scalar> {
        var random = ReferenceRandom(seed: 23, stream: 0)
        let targets: [[Scalar]] = random.matrix(samples, layers.last!.units)
        var inputs: [[Scalar]] = random.matrix(samples, self.inputs)
        if hasZeros {
            for s in inputs.indices {
                for i in inputs[s].indices where i % 3 != 1 { inputs[s][i] = i % 2 == 0 ? 0 : -0.0 }
            }
        }
        return try Dataset(inputs: inputs, targets: targets.map { $0.map { $0.magnitude } })
    }

    /// Fails unless every instruction set and number of threads gives the reference's bits.
    func expectReference<Scalar: KernelScalar>(_ scalar: Scalar.Type) throws {
        let network: Network<Scalar> = try network()
        let dataset: Dataset<Scalar> = try dataset()
        let expected = referenceSteps(network, dataset)
        try #require(expected.allSatisfy { $0.loss.isFinite })
        for set in InstructionSet.available {
            var network = network
            try network.setInstructionSet(set)
            try expectPass(expected[0], network, dataset)
            for threads in 1...3 {
                try expectTraining(expected, network, dataset, threads: threads)
            }
        }
    }

    private struct Step<Scalar: KernelScalar> {
        var loss: Scalar
        var outputs: [Scalar]
        var gradients: [Scalar]
        var parametersAfter: [Scalar]
    }

    private func referenceSteps<Scalar: KernelScalar>(
        _ network: Network<Scalar>, _ dataset: Dataset<Scalar>
    ) -> [Step<Scalar>] {
        var reference = ReferenceNetwork(network)
        let x = (0..<dataset.count).map { Array(dataset.inputs(ofSample: $0)) }
        let t = (0..<dataset.count).map { dataset.targets(ofSample: $0) }
        return (0..<steps).map { _ in
            let pass = reference.step(x, t, loss: loss, rate: 0.1, reduction: reduction, order: order)
            return Step(
                loss: pass.loss, outputs: pass.layers.last!.a.flat, gradients: reference.flatGradients(pass),
                parametersAfter: reference.parameters)
        }
    }

    private func expectPass<Scalar: KernelScalar>(
        _ expected: Step<Scalar>, _ network: Network<Scalar>, _ dataset: Dataset<Scalar>
    ) throws {
        expectSame(try network.predict(dataset.inputs), expected.outputs, "outputs, \(what(network))")
        let count = Double(dataset.count)
        #expect(try network.loss(loss, on: dataset) == Double(expected.loss) * count / count)
        // A gradient is that of the forward pass's weights, which layer by layer isn't.
        guard order == .simultaneous else { return }
        let found = try network.gradients(of: loss, on: dataset, reduction: reduction)
        expectSame([found.loss], [expected.loss], "loss, \(what(network))")
        expectSame(found.gradients, expected.gradients, "gradients, \(what(network))")
    }

    private func expectTraining<Scalar: KernelScalar>(
        _ expected: [Step<Scalar>], _ network: Network<Scalar>, _ dataset: Dataset<Scalar>, threads: Int
    ) throws {
        var network = network
        var trainer = Trainer<Scalar>(loss: loss, learningRate: 0.1, reduction: reduction, updateOrder: order)
        try trainer.setThreads(threads)
        for (index, step) in expected.enumerated() {
            let found = try trainer.step(&network, on: dataset)
            expectSame([found], [step.loss], "loss of step \(index), \(threads) threads, \(what(network))")
            expectSame(
                network.parameters, step.parametersAfter, "step \(index), \(threads) threads, \(what(network))")
        }
    }

    private func what<Scalar>(_ network: Network<Scalar>) -> String {
        let names = layers.map { "\($0.units) \($0.activation)" }.joined(separator: ", ")
        return "\(network.instructionSet), \(Scalar.self), \(names), \(loss), \(reduction), \(order)"
    }
}

@Suite struct NetworkBitsTests {
    @Test(
        "a hundred steps through each activation equal the reference's",
        arguments: Precision.all, Activation.allCases)
    func activations(in precision: Precision, _ activation: Activation) throws {
        let lesson = Lesson(layers: [.dense(5, activation), .dense(2, .identity)], steps: 100)
        try lesson.expectReference(precision.scalar)
    }

    @Test(
        "every loss of every output activation it can have equals the reference's",
        arguments: Precision.all, Loss.allCases)
    func losses(in precision: Precision, _ loss: Loss) throws {
        for output in Activation.allCases where loss.requiredActivation ?? output == output {
            let lesson = Lesson(layers: [.dense(4, .tanh), .dense(3, output)], loss: loss)
            try lesson.expectReference(precision.scalar)
        }
    }

    @Test(
        "both reductions and both orders of update equal the reference's, with any layer frozen or without biases",
        arguments: Precision.all, Reduction.allCases)
    func options(in precision: Precision, _ reduction: Reduction) throws {
        let first = Layer.dense(4, .silu)
        let second = Layer.dense(3, .gelu)
        let last = Layer.dense(3, .softmax)
        var biasesFrozen = second
        biasesFrozen.freezesBiases = true
        var weightsFrozen = second
        weightsFrozen.freezesWeights = true
        let unbiased = Layer.dense(3, .sigmoid, hasBiases: false)
        let networks = [
            [last], [first, second, last], [first.frozen(), second, last], [first, second.frozen(), last],
            [first, second, last.frozen()], [first.frozen(), second.frozen(), last], [first, biasesFrozen, last],
            [first, weightsFrozen, last], [first.frozen(), weightsFrozen, last], [first, unbiased, last],
            [unbiased, unbiased.frozen(), last],
        ]
        for layers in networks {
            for order in UpdateOrder.allCases {
                let lesson = Lesson(layers: layers, loss: .crossEntropy, reduction: reduction, order: order, steps: 3)
                try lesson.expectReference(precision.scalar)
            }
        }
    }

    @Test("layers wider than the vectors equal the reference's", arguments: Precision.all)
    func wide(in precision: Precision) throws {
        let lesson = Lesson(
            layers: [.dense(33, .relu), .dense(17, .tanh), .dense(9, .softmax)], loss: .crossEntropy, steps: 2)
        try lesson.expectReference(precision.scalar)
    }

    @Test(
        "steps of single samples, with zeros among their inputs, equal the reference's in layers of every width",
        arguments: Precision.all, Activation.allCases)
    func singleSamples(in precision: Precision, _ activation: Activation) throws {
        let networks: [(Int, [Layer])] = [
            (2, [.dense(2, activation), .dense(2, .sigmoid)]),
            (4, [.dense(3, activation), .dense(4, activation), .dense(1, .identity)]),
            (3, [.dense(4, activation), .dense(5, .tanh)]),
            (150, [.dense(17, activation), .dense(10, activation), .dense(1, .sigmoid)]),
            (33, [.dense(130, activation), .dense(16, .sigmoid)]),
        ]
        for (inputs, layers) in networks {
            for hasZeros in [false, true] {
                let lesson = Lesson(layers: layers, steps: 5, inputs: inputs, samples: 1, hasZeros: hasZeros)
                try lesson.expectReference(precision.scalar)
            }
        }
    }

    @Test(
        "steps of single samples equal the reference's for every loss, order, reduction and frozen layer",
        arguments: Precision.all, Loss.allCases)
    func singleSampleOptions(in precision: Precision, _ loss: Loss) throws {
        let output = loss.requiredActivation ?? .sigmoid
        let first = Layer.dense(3, .sigmoid)
        var weightsFrozen = Layer.dense(4, .relu)
        weightsFrozen.freezesWeights = true
        var biasesFrozen = Layer.dense(2, .elu)
        biasesFrozen.freezesBiases = true
        let networks: [[Layer]] = [
            [first, weightsFrozen, biasesFrozen, .dense(2, output)],
            [first.frozen(), .dense(4, .tanh, hasBiases: false), .dense(3, output)],
            [.dense(4, .leakyReLU), .dense(2, .identity).frozen(), .dense(1, output)],
            [.dense(20, .tanh), .dense(18, .relu).frozen(), .dense(10, output)],
        ]
        for layers in networks {
            for order in UpdateOrder.allCases {
                for reduction in Reduction.allCases {
                    let lesson = Lesson(
                        layers: layers, loss: loss, reduction: reduction, order: order, steps: 3, samples: 1)
                    try lesson.expectReference(precision.scalar)
                }
            }
        }
    }

    @Test("a network that is frozen as a whole stays as it is", arguments: Precision.all)
    func frozen(in precision: Precision) throws {
        try Lesson(layers: [Layer.dense(4, .tanh).frozen(), Layer.dense(2, .identity).frozen()])
            .expectReference(precision.scalar)
    }

    @Test("classes give the bits of their one-hot targets", arguments: Machine.all)
    func classes(on machine: Machine) throws {
        func check<Scalar: KernelScalar>(_ scalar: Scalar.Type) throws {
            var network = try Network<Scalar>(inputs: 3, layers: [.dense(5, .tanh), .dense(4, .softmax)], seed: 4)
            try network.setInstructionSet(machine.instructionSet)
            var random = ReferenceRandom(seed: 24, stream: 0)
            let inputs: [Scalar] = random.values(5 * 3)
            let classes = try Dataset(inputs: inputs, inputCount: 3, classes: [3, 0, 1, 2, 0], classCount: 4)
            let vectors = try Dataset(
                inputs: inputs, inputCount: 3, targets: (0..<5).map { classes.targets(ofSample: $0) }.flat,
                targetCount: 4)
            for loss in Loss.allCases where loss != .binaryCrossEntropy {
                let expected = try network.gradients(of: loss, on: vectors)
                let found = try network.gradients(of: loss, on: classes)
                expectSame(found.gradients, expected.gradients, "gradients of \(loss)")
                expectSame([found.loss], [expected.loss], "\(loss)")
            }
        }
        try check(machine.scalar)
    }

    @Test("a prediction doesn't depend on the batch it is made in", arguments: Machine.all, Activation.allCases)
    func batches(on machine: Machine, _ output: Activation) throws {
        func check<Scalar: KernelScalar>(_ scalar: Scalar.Type) throws {
            var network = try Network<Scalar>(inputs: 5, layers: [.dense(19, .gelu), .dense(3, output)], seed: 5)
            try network.setInstructionSet(machine.instructionSet)
            var random = ReferenceRandom(seed: 25, stream: 0)
            let inputs: [[Scalar]] = random.matrix(33, 5)
            let together = try network.predict(inputs.flat).rows(33, width: 3)
            for (alone, beside) in zip(inputs, together) {
                expectSame(try network.predict(alone), beside, "\(output) of \(alone)")
            }
        }
        try check(machine.scalar)
    }

    @Test("predictions of more samples than fit in a chunk are those of each chunk", arguments: Precision.all)
    func chunks(in precision: Precision) throws {
        func check<Scalar: KernelScalar>(_ scalar: Scalar.Type) throws {
            let network = try Network<Scalar>(inputs: 2, layers: [.dense(3, .sigmoid)], seed: 6)
            var random = ReferenceRandom(seed: 26, stream: 0)
            let inputs: [Scalar] = random.values(2 * 600)
            let halves = try network.predict(Array(inputs[..<600])) + network.predict(Array(inputs[600...]))
            expectSame(try network.predict(inputs), halves, "600 samples")
        }
        try check(precision.scalar)
    }
}
