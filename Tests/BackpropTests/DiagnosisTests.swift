import Backprop
import Foundation
import Testing

@Suite struct DiagnosisTests {
    /// What training for some epochs gives reason to say after the last.
    private func warnings(
        _ layers: [Layer], on samples: Dataset<Double>, loss: Loss = .squaredError, rate: LearningRate = 0.01,
        epochs: Int = 1
    ) throws -> [TrainingWarning] {
        var network = try Network<Double>(inputs: samples.inputCount, layers: layers, seed: 1)
        var trainer = Trainer<Double>(loss: loss, learningRate: rate, batching: .fullBatch, diagnostics: true)
        try trainer.train(&network, on: samples, until: [.epochs(epochs)])
        return trainer.history.epochs.last!.diagnosis!.warnings
    }

    private func samples(inputs: [Double] = [-1, 0.5, 1], targets: [Double] = [0, 1, 2]) throws -> Dataset<Double> {
        try Dataset(inputs: inputs, inputCount: 1, targets: targets, targetCount: 1)
    }

    /// One weight.
    private func line(from weight: Double) -> [Layer] {
        [Layer(units: 1, activation: .identity, hasBiases: false, initialWeights: .constant(weight))]
    }

    // MARK: Warnings

    @Test("training that goes well gives no reason for a warning")
    func none() throws {
        #expect(try warnings([.dense(4, .tanh), .dense(1, .identity)], on: samples(), epochs: 5).isEmpty)
    }

    @Test("inputs beyond 20 should be scaled")
    func inputsNotScaled() throws {
        #expect(try warnings(line(from: 1), on: samples(inputs: [1, 2, -20])).isEmpty)
        #expect(try warnings(line(from: 1), on: samples(inputs: [1, 2, -21])) == [.inputsNotScaled(largest: 21)])
    }

    @Test("targets that are all the same teach nothing")
    func constantTargets() throws {
        #expect(try warnings(line(from: 1), on: samples(targets: [1, 1, 1])) == [.constantTargets])
        #expect(try warnings(line(from: 1), on: samples(targets: [1, 1, 0])).isEmpty)
        func classes(_ classes: [Int]) throws -> [TrainingWarning] {
            let samples = try Dataset<Double>(inputs: [[1], [2], [3]], classes: classes, classCount: 2)
            return try warnings([.dense(2, .softmax)], on: samples, loss: .crossEntropy)
        }
        #expect(try classes([1, 1, 1]) == [.constantTargets])
        #expect(try classes([1, 1, 0]).isEmpty)
        // One sample is always the same as itself.
        #expect(try warnings(line(from: 1), on: samples(inputs: [1], targets: [1])).isEmpty)
    }

    @Test("a network that answers the same for every sample has learned nothing")
    func constantOutputs() throws {
        #expect(try warnings(line(from: 0), on: samples(), rate: 0) == [.constantOutputs])
        #expect(try warnings(line(from: 1), on: samples(), rate: 0).isEmpty)
    }

    @Test("a loss that grows by half says that the learning rate is too high")
    func learningRateTooHigh() throws {
        // The loss is ½ w², its slope w: a rate of η multiplies the loss by (1 - η)² = 2.25, or 1.44.
        let samples = try samples(inputs: [1], targets: [0])
        #expect(
            try warnings(line(from: 1), on: samples, rate: 2.5, epochs: 2) == [.learningRateTooHigh(lossRatio: 2.25)])
        #expect(try warnings(line(from: 1), on: samples, rate: 2.2, epochs: 2).isEmpty)
        #expect(try warnings(line(from: 1), on: samples, rate: 2.5, epochs: 1).isEmpty)
    }

    @Test("a loss that falls by a thousandth in three epochs says that the learning rate is too low")
    func learningRateTooLow() throws {
        // In three epochs the loss is multiplied by (1 - η)^6: about 1 - 6η.
        let samples = try samples(inputs: [1], targets: [0])
        let slow = try warnings(line(from: 1), on: samples, rate: 1e-4, epochs: 4)
        guard case .learningRateTooLow(let improvement) = slow.first, slow.count == 1 else {
            Issue.record("found \(slow)")
            return
        }
        #expect(abs(improvement - 6e-4) < 1e-6)
        #expect(try warnings(line(from: 1), on: samples, rate: 1e-4, epochs: 3).isEmpty)
        #expect(try warnings(line(from: 1), on: samples, rate: 2e-4, epochs: 4).isEmpty)
    }

    @Test("slopes that get lost on their way down vanish")
    func vanishingGradients() throws {
        // Each sigmoid lets through at most a quarter.
        func found(_ activation: Activation, layers count: Int) throws -> [TrainingWarning] {
            let hidden = (0..<count).map { _ in Layer.dense(3, activation) }
            return try warnings(hidden + [.dense(1, .identity)], on: samples()).filter {
                if case .vanishingGradients = $0 { true } else { false }
            }
        }
        #expect(try found(.sigmoid, layers: 10).count == 1)
        #expect(try found(.sigmoid, layers: 1).isEmpty)
        #expect(try found(.identity, layers: 10).isEmpty)
    }

    @Test("hidden units at the ends of a sigmoid or tanh are saturated", arguments: [Activation.sigmoid, .tanh])
    func saturatedUnits(_ activation: Activation) throws {
        func found(weight: Double) throws -> [TrainingWarning] {
            let hidden = Layer(units: 2, activation: activation, initialWeights: .values([weight, 1]))
            let other = Layer(units: 2, activation: activation, initialWeights: .constant(weight))
            let last = Layer(units: 1, activation: activation, initialWeights: .constant(100))
            return try warnings([hidden, other, last], on: samples(), rate: 0).filter {
                if case .saturatedUnits = $0 { true } else { false }
            }
        }
        // Of the lower layer one unit of two, which is not more than half; the last layer may be where it likes.
        #expect(try found(weight: 100) == [.saturatedUnits(layer: 1, share: 1)])
        #expect(try found(weight: 0.5).isEmpty)
    }

    @Test("units whose ReLU is 0 for every sample are dead")
    func deadUnits() throws {
        func found(_ biases: [Double]) throws -> [TrainingWarning] {
            let hidden = Layer(
                units: 5, activation: .relu, initialWeights: .constant(1), initialBiases: .values(biases))
            return try warnings([hidden, .dense(1, .identity)], on: samples(), rate: 0)
        }
        #expect(try found([-9, -9, -9, 0, 0]) == [.deadUnits(layer: 0, share: 0.6)])
        #expect(try found([-9, -9, 0, 0, 0]).isEmpty)
    }

    @Test("a warning says what is wrong and what to try")
    func texts() {
        let texts: [(TrainingWarning, String)] = [
            (.inputsNotScaled(largest: 254.7), "inputs reach 255"),
            (.constantTargets, "every sample has the same target"),
            (.constantOutputs, "the network answers the same"),
            (.learningRateTooHigh(lossRatio: 2.25), "the loss is 2.25 times the lowest"),
            (.learningRateTooLow(improvement: 0.000512), "the loss fell by 0.0512 %"),
            (.vanishingGradients(ratio: 0.000123456), "slopes of the lowest layer are 0.000123 of"),
            (.saturatedUnits(layer: 2, share: 0.75), "75.0 % of the activations of layer 2"),
            (.deadUnits(layer: 1, share: 0.5), "50.0 % of the units of layer 1"),
        ]
        for (warning, text) in texts { #expect("\(warning)".hasPrefix(text), "\(warning)") }
    }

    // MARK: Layers

    @Test("a layer's state is what its parameters, gradients and activations say")
    func layers() throws {
        let dataset: Dataset<Double> = try randomSamples(6, inputs: 3, targets: 2)
        let before = try Network<Double>(
            inputs: 3, layers: [.dense(4, .relu), .dense(5, .tanh), .dense(2, .identity)], seed: 2)
        var after = before
        var trainer = Trainer<Double>(
            loss: .squaredError, learningRate: 0.5, batching: .fullBatch, diagnostics: true)
        try trainer.train(&after, on: dataset, until: [.epochs(1)])
        let report = try #require(trainer.history.epochs.first)
        let diagnosis = try #require(report.diagnosis)
        #expect(diagnosis.layers.count == 3)
        let gradients = try before.gradients(of: .squaredError, on: dataset).gradients
        func norm(_ values: some Sequence<Double>) -> Double { values.reduce(0) { $0 + $1 * $1 }.squareRoot() }
        // A norm of up to 30 numbers, added in another order: half a rounding for each.
        func isNear(_ a: Double, _ b: Double) -> Bool { abs(a - b) <= 20 * Double.ulpOfOne * max(a, b) }
        for (index, layer) in diagnosis.layers.enumerated() {
            let range = after.weightRange(ofLayer: index).lowerBound..<after.biasRange(ofLayer: index).upperBound
            #expect(isNear(layer.gradientNorm, norm(gradients[range])))
            #expect(isNear(layer.parameterNorm, norm(after.parameters[range])))
            #expect(isNear(layer.updateNorm, norm(range.map { after.parameters[$0] - before.parameters[$0] })))
        }
        let relu = try after.activations(ofLayer: 0, for: dataset.inputs)
        let dead = (0..<4).count { unit in (0..<6).allSatisfy { relu[$0 * 4 + unit] == 0 } }
        #expect(diagnosis.layers.map(\.deadShare) == [Double(dead) / 4, nil, nil])
        let saturated = try after.activations(ofLayer: 1, for: dataset.inputs).count { abs($0) > 0.99 }
        #expect(diagnosis.layers.map(\.saturatedShare) == [nil, Double(saturated) / 30, nil])
        #expect(isNear(report.gradientNorm!, norm(gradients)))
    }

    @Test("diagnostics change nothing but the reports", arguments: UpdateOrder.allCases)
    func onlyLooks(_ order: UpdateOrder) throws {
        let dataset: Dataset<Float> = try randomSamples(6, inputs: 3, targets: 2)
        var plain = try Network<Float>(inputs: 3, layers: [.dense(4, .relu), .dense(2, .sigmoid)], seed: 2)
        var diagnosed = plain
        var trainer = Trainer<Float>(
            loss: .squaredError, learningRate: 0.5, batching: .miniBatches(of: 4), updateOrder: order)
        var other = trainer
        other.diagnostics = true
        try trainer.train(&plain, on: dataset, until: [.epochs(5)])
        try other.train(&diagnosed, on: dataset, until: [.epochs(5)])
        #expect(diagnosed == plain)
        #expect(trainer.history.epochs.allSatisfy { $0.diagnosis == nil && $0.gradientNorm == nil })
        #expect(other.history.epochs.allSatisfy { $0.diagnosis != nil })
        #expect(other.history.epochs.allSatisfy { ($0.gradientNorm != nil) == (order == .simultaneous) })
    }
}
