import BackpropReference
import Foundation
import Testing

@testable import Backprop

/// Numbers of every magnitude up to a bound, of both signs.
private func magnitudes<Scalar: ReferenceScalar>(
    _ count: Int, to bound: Scalar, from random: inout ReferenceRandom
) -> [Scalar] {
    let range = Scalar.greatestFiniteMagnitude.exponent
    return (0..<count).map { _ in
        let exponent = Int(random.next() >> 32) % Int(range)
        let value: Scalar = random.uniform(limit: 1) * bound
        // Half of them near the bound.
        return exponent % 2 == 0
            ? value : value * Scalar(sign: .plus, exponent: -Scalar.Exponent(exponent), significand: 1)
    }
}

/// A layer whose weighted inputs are its inputs.
private func through<Scalar: NetworkScalar>(_ units: Int, _ activation: Activation) throws -> Network<Scalar> {
    let identity = (0..<(units * units)).map { $0 / units == $0 % units ? 1.0 : 0 }
    return try Network(
        inputs: units, layers: [Layer(units: units, activation: activation, initialWeights: .values(identity))])
}

@Suite("Infinity and NaN")
struct NonFiniteTests {
    // MARK: Finite in, finite out

    @Test("cross-entropies are finite for logits of any magnitude that can be added up, and targets in 0 to 1")
    func crossEntropies() throws {
        func check<Scalar: ReferenceScalar>(_ scalar: Scalar.Type) throws -> Int {
            var random = ReferenceRandom(seed: 1, stream: 0)
            var checked = 0
            for loss in [Loss.crossEntropy, .binaryCrossEntropy] {
                for (samples, units) in [(1, 1), (1, 7), (3, 2), (20, 10), (40, 3)] {
                    let network: Network<Scalar> = try through(units, loss == .crossEntropy ? .softmax : .sigmoid)
                    let bound = Scalar.greatestFiniteMagnitude / Scalar(4 * samples * units)
                    for smoothing in [0, 0.1] {
                        let inputs = magnitudes(samples * units, to: bound, from: &random)
                        let classes = (0..<samples).map { _ in Int(random.next() >> 33) % units }
                        let data = try Dataset(
                            inputs: inputs, inputCount: units, classes: classes, classCount: units)
                        #expect(try network.loss(loss, on: data).isFinite)
                        var (trainer, trained) = (
                            Trainer<Scalar>(
                                loss: loss, learningRate: 0.1, batching: .fullBatch,
                                regularization: Regularization(labelSmoothing: smoothing)), network
                        )
                        #expect(try trainer.step(&trained, on: data).isFinite, "\(loss) of \(inputs)")
                        checked += 2 * samples
                    }
                }
            }
            return checked
        }
        print("\(try check(Float.self) + check(Double.self)) cross-entropies of extreme logits: all finite")
    }

    @Test(
        "losses of errors are finite while they and their sums can be represented, else infinite, and never NaN",
        arguments: [Loss.squaredError, .meanSquaredError, .meanAbsoluteError, .huber])
    func errorLosses(_ loss: Loss) throws {
        func check<Scalar: ReferenceScalar>(_ scalar: Scalar.Type) throws {
            var random = ReferenceRandom(seed: 2, stream: 0)
            let isSquared = loss == .squaredError || loss == .meanSquaredError
            for (samples, units) in [(1, 1), (1, 7), (3, 2), (20, 10), (40, 3)] {
                let network: Network<Scalar> = try through(units, .identity)
                let most = Scalar.greatestFiniteMagnitude / Scalar(4 * samples * units)
                let largest = Scalar.greatestFiniteMagnitude
                for bound in [isSquared ? most.squareRoot() / 2 : most, largest] {
                    let data = try Dataset(
                        inputs: magnitudes(samples * units, to: bound, from: &random), inputCount: units,
                        targets: magnitudes(samples * units, to: bound, from: &random), targetCount: units)
                    let value = try network.loss(loss, on: data)
                    #expect(bound == largest ? !value.isNaN : value.isFinite, "\(value), bound \(bound)")
                }
            }
        }
        try check(Float.self)
        try check(Double.self)
    }

    @Test("whatever finite numbers are learned from, either the loss is finite or the step is not taken and named")
    func extremes() throws {
        var (taken, refused) = (0, 0)
        var random = ReferenceRandom(seed: 3, stream: 0)
        for loss in Loss.allCases {
            for activation in Activation.allCases where activation != .softmax {
                let last = loss.requiredActivation ?? activation
                let layers = [Layer.dense(4, activation), .dense(3, last)]
                for exponent in stride(from: 0, through: 120, by: 20) {
                    let start = try Network<Float>(inputs: 2, layers: layers, seed: random.next())
                    var (network, trainer) = (
                        start, Trainer<Float>(loss: loss, learningRate: 0.1, batching: .fullBatch)
                    )
                    let bound = Float(sign: .plus, exponent: exponent, significand: 1)
                    let isOfClasses = loss.requiredActivation != nil
                    let data = try Dataset(
                        inputs: magnitudes(10, to: bound, from: &random), inputCount: 2,
                        targets: isOfClasses
                            ? (0..<15).map { Float($0 % 2) } : magnitudes(15, to: bound, from: &random), targetCount: 3)
                    let result = try trainer.train(&network, on: data, until: [.iterations(3)])
                    switch result.reason {
                    case .nonFiniteLoss(let step, _):
                        #expect(step == result.iterations + 1)
                        if step == 1 { #expect(network == start, "nothing is changed by a step that is not taken") }
                        refused += 1
                    case .nonFiniteParameters(let step, _):
                        #expect(step == result.iterations)
                        refused += 1
                    default:
                        #expect(network.parameters.allSatisfy { $0.isFinite })
                        #expect(result.loss?.isFinite == true)
                        taken += 1
                    }
                }
            }
        }
        #expect(taken > 100 && refused > 50)
        print(
            "\(taken + refused) runs on numbers up to 2^120: \(taken) finite, \(refused) ended, step and layer named"
        )
    }

    // MARK: Planted

    @Test("infinity and NaN in inputs, targets, weights of samples, parameters and scalings are refused by their place")
    func refused() throws {
        for value in [Float.nan, .infinity, -.infinity] {
            let found = "\(value)"
            #expect(throws: BackpropError.nonFinite("inputs", index: 3, found: found)) {
                try Dataset(inputs: [[0, 1], [2, value]], targets: [[0], [1]])
            }
            #expect(throws: BackpropError.nonFinite("targets", index: 1, found: found)) {
                try Dataset(inputs: [[0, 1], [2, 3]], targets: [[0], [value]])
            }
            #expect(throws: BackpropError.nonFinite("weights", index: 0, found: found)) {
                try Dataset(inputs: [[0, 1], [2, 3]], targets: [[0], [1]], weights: [value, 1])
            }
            #expect(throws: BackpropError.nonFinite("parameters", index: 2, found: found)) {
                try Network(inputs: 2, layers: [.dense(1, .tanh)], parameters: [0, 0, value])
            }
            #expect(throws: BackpropError.nonFinite("factors of a scaling", index: 1, found: found)) {
                try Scaling(offsets: [0, 0], factors: [1, Double(value)])
            }
        }
    }

    /// A run into which something is planted before its 6th step, saved after each.
    private func plant(
        _ value: Float, _ hidden: Activation, into body: (inout Network<Float>, inout Dataset<Float>) throws -> Void
    ) throws -> (reason: StopReason, saved: Int) {
        var samples: Dataset<Float> = try randomSamples(8, inputs: 3, targets: 2)
        var network = try Network<Float>(inputs: 3, layers: [.dense(4, hidden), .dense(2, .sigmoid)], seed: 1)
        var trainer = Trainer<Float>(
            loss: .meanSquaredError, optimizer: .adam(), learningRate: 0.01, batching: .miniBatches(of: 2))
        var result: (reason: StopReason, saved: Int)?
        try withTemporaryFolder { folder in
            var saving = try CheckpointWriter(to: folder + "/run", every: .steps(1))
            try trainer.train(&network, on: samples, until: [.iterations(5)], saving: &saving)
            try body(&network, &samples)
            let ended = try trainer.train(&network, on: samples, until: [.iterations(20)], saving: &saving)
            let checkpoint = try Checkpoint<Float>(contentsOf: folder + "/run")
            #expect(checkpoint.model.network.parameters.allSatisfy { $0.isFinite })
            let updates = checkpoint.trainer.updates
            result = (ended.reason, updates)
        }
        return try #require(result)
    }

    @Test(
        "planted where nothing looks, they end the run within an epoch, step and layer named, and are not saved",
        arguments: [Float.nan, .infinity])
    func planted(_ value: Float) throws {
        var places = 0
        for hidden in Activation.allCases where hidden != .softmax {
            for layer in 0..<2 {
                for isBias in [false, true] {
                    let (reason, saved) = try plant(value, hidden) { network, _ in
                        let range = isBias ? network.biasRange(ofLayer: layer) : network.weightRange(ofLayer: layer)
                        network.parameters[range.lowerBound + 1] = value
                    }
                    switch reason {
                    case .nonFiniteLoss(let step, let place):
                        #expect((1...4).contains(step) && place != nil)
                    case .nonFiniteParameters(let step, let place):
                        #expect((1...4).contains(step) && place <= layer)
                    default: Issue.record("\(hidden), layer \(layer): \(reason)")
                    }
                    #expect(saved == 5)
                    places += 1
                }
            }
        }
        let inputs = try plant(value, .tanh) { _, samples in
            for index in samples.values.indices { samples.values[index] = value }
        }
        if value.isNaN { #expect(inputs.reason == .nonFiniteLoss(step: 1, layer: 0) && inputs.saved == 5) }
        print("\(value) planted in \(places) places of parameters: every run ended, the checkpoint before it stayed")
    }

    @Test("a step that breaks the parameters is named at the end of its epoch, also if it was the last of the run")
    func lastStep() throws {
        let samples = try Dataset<Float>(inputs: [[1e30]], targets: [[-1]])
        let layer = Layer(units: 1, activation: .sigmoid, hasBiases: false, initialWeights: .zeros)
        for conditions in [[StopCondition.epochs(1)], [.iterations(1)]] {
            var network = try Network<Float>(inputs: 1, layers: [layer])
            var trainer = Trainer<Float>(loss: .squaredError, learningRate: 1e10)
            var calls = 0
            let result = try trainer.train(
                &network, on: samples, until: conditions,
                afterStep: { _, _ in
                    calls += 1
                    return true
                })
            #expect(result.reason == .nonFiniteParameters(step: 1, layer: 0))
            #expect(result.loss?.isFinite == true && calls == 0)
            #expect(throws: BackpropError.nonFinite("parameters", index: 0, found: "-inf")) {
                try trainer.checkpoint(of: network).serialized()
            }
        }
    }

    @Test("a history with infinite and NaN losses and norms comes back from JSON as it was")
    func history() throws {
        let validation = [#""Infinity""#, #""NaN""#, "2.5"]
        let text = validation.map {
            #"{"epoch":1,"gradientNorm":"Infinity","iterations":3,"learningRate":0.5,"loss":"-Infinity","seconds":1,"#
                + #""validation":{"loss":\#($0)}}"#
        }
        let json = #"{"epochs":[\#(text.joined(separator: ","))]}"#
        let history = try JSONDecoder().decode(TrainingHistory.self, from: Data(json.utf8))
        #expect(history.epochs.map(\.loss) == [-.infinity, -.infinity, -.infinity])
        #expect(history.epochs.map(\.gradientNorm) == [.infinity, .infinity, .infinity])
        #expect(history.epochs[0].validation?.loss == .infinity && history.epochs[2].validation?.loss == 2.5)
        #expect(history.epochs[1].validation?.loss.isNaN == true)
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        #expect(String(decoding: try encoder.encode(history), as: UTF8.self) == json)
        #expect {
            try JSONDecoder().decode(TrainingHistory.self, from: Data(json.replacing("-Infinity", with: "less").utf8))
        } throws: { "\($0)".contains("expected a number, Infinity, -Infinity or NaN, found less") }

        let samples: Dataset<Float> = try randomSamples(2, inputs: 1, targets: 1)
        var network = try Network<Float>(inputs: 1, layers: [.dense(1, .identity)], seed: 1)
        var trainer = Trainer<Float>(loss: .squaredError, learningRate: 0.1)
        try trainer.train(&network, on: samples, until: [.epochs(1)])
        trainer.position.history = history
        let read = try Checkpoint<Float>(serialized: trainer.checkpoint(of: network).serialized())
        #expect(String(decoding: try encoder.encode(read.trainer.history), as: UTF8.self) == json)
    }
}
