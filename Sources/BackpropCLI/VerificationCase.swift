import Backprop
import Foundation

/// A network, its data, and the numbers that another framework computed.
struct VerificationCase: Decodable {
    struct LayerCase: Decodable {
        var inputs: Int
        var outputs: Int
        var activation: Activation
        var bias: Bool
        /// `[outputs][inputs]`
        var weights: [[Double]]
        var biases: [Double]?
    }

    /// The optimizer's name and its numbers, whatever they are called.
    struct OptimizerCase: Decodable {
        var name: String
        var numbers: [String: Double]

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: AnyKey.self)
            name = try container.decode(String.self, forKey: AnyKey(stringValue: "name"))
            numbers = [:]
            for key in container.allKeys where key.stringValue != "name" {
                numbers[key.stringValue] = try container.decode(Double.self, forKey: key)
            }
        }

        private struct AnyKey: CodingKey {
            var stringValue: String
            var intValue: Int? { nil }
            init(stringValue: String) { self.stringValue = stringValue }
            init?(intValue: Int) { nil }
        }
    }

    struct Expectation: Decodable {
        var output: [[Double]]
        var loss: Double
        var weightGradients: [[[Double]]]
        var biasGradients: [[Double]?]
        /// Before each step, and after the last.
        var losses: [Double]
        var finalWeights: [[[Double]]]
        var finalBiases: [[Double]?]
    }

    var name: String
    var layers: [LayerCase]
    var loss: Loss
    var optimizer: OptimizerCase
    var inputs: [[Double]]
    var targets: [[Double]]
    var steps: Int
    var expected: Expectation

    /// Runs the case and compares every number.
    func verify() throws -> VerificationResult {
        let settings: OptimizerSettings
        do { settings = try OptimizerSettings(optimizer) } catch {
            return VerificationResult(name: name, outcome: .unsupported, reason: error.message)
        }
        guard steps >= 0 else { throw BackpropError.format(name, expected: "steps from 0", found: "\(steps)") }
        try checkShapes()
        try checkExtent()
        var network = try makeNetwork()
        let dataset = try Dataset(inputs: inputs, targets: targets)
        var errors = VerificationErrors()
        errors.output = try worstError(
            try network.predict(inputs.flatMap { $0 }), expected.output.flatMap { $0 }, "output")
        let (loss, gradients) = try network.gradients(of: self.loss, on: dataset)
        errors.loss = try worstError([loss], [expected.loss], "loss")
        errors.gradients = try worstError(
            gradients, flat(expected.weightGradients, expected.biasGradients, like: network), "gradients")
        var trainer = Trainer<Double>(
            loss: self.loss, optimizer: settings.optimizer, learningRate: .constant(settings.learningRate),
            batching: .fullBatch, regularization: settings.regularization, clipping: settings.clipping)
        var losses: [Double] = []
        for _ in 0..<steps { losses.append(try trainer.step(&network, on: dataset)) }
        losses.append(try network.gradients(of: self.loss, on: dataset).loss)
        errors.losses = try worstError(losses, expected.losses, "losses")
        errors.parameters = try worstError(
            network.parameters, flat(expected.finalWeights, expected.finalBiases, like: network), "final parameters")
        return VerificationResult(name: name, outcome: errors.areSmall ? .passed : .failed, errors: errors)
    }

    /// Checks that layers follow each other, and that every row has the length that its layer gives it.
    private func checkShapes() throws {
        guard let last = layers.last else { throw BackpropError.empty("\(name): layers") }
        try check("expected output", expected.output, rows: inputs.count, columns: last.outputs)
        let perLayer = [expected.weightGradients, expected.finalWeights]
        guard perLayer.allSatisfy({ $0.count == layers.count }) else {
            throw BackpropError.shape("\(name), expected weights", expected: "\(layers.count) layers", found: "others")
        }
        for (index, layer) in layers.enumerated() {
            let below = index == 0 ? layer.inputs : layers[index - 1].outputs
            guard layer.inputs == below else {
                throw BackpropError.shape(
                    "\(name), inputs of layer \(index)", expected: "\(below)", found: "\(layer.inputs)")
            }
            for rows in [layer.weights] + perLayer.map({ $0[index] }) {
                try check("weights of layer \(index)", rows, rows: layer.outputs, columns: layer.inputs)
            }
        }
    }

    /// Refuses what its own numbers don't bear out, or would take days, before any step is taken.
    private func checkExtent() throws {
        guard expected.losses.count - 1 == steps else {
            throw BackpropError.shape(
                "\(name), expected losses", expected: "a number before each of \(steps) steps and one after the last",
                found: "\(expected.losses.count)")
        }
        let work = layers.reduce(0.0) { $0 + (Double($1.inputs) + 1) * Double($1.outputs) } * Double(inputs.count)
        let units = layers.reduce(0.0) { $0 + Double($1.outputs) } * Double(inputs.count)
        let wholeWork = work * Double(steps + 1)
        guard units <= Self.mostActivations, wholeWork <= Self.mostMultiplications else {
            throw BackpropError.shape(
                name,
                expected: "at most \(Self.mostActivations) activations and \(Self.mostMultiplications) multiplications",
                found: "\(units) and \(wholeWork)")
        }
    }

    /// Cases are small; a hostile one that is not would take memory, and time, that its file doesn't show.
    private static let mostActivations = 1e7
    private static let mostMultiplications = 1e11

    private func check(_ thing: String, _ found: [[Double]], rows: Int, columns: Int) throws {
        guard found.count == rows, found.allSatisfy({ $0.count == columns }) else {
            let widths = Set(found.map(\.count)).sorted().map(String.init).joined(separator: " or ")
            throw BackpropError.shape(
                "\(name), \(thing)", expected: "\(rows) rows of \(columns)", found: "\(found.count) of \(widths)")
        }
    }

    private func makeNetwork() throws -> Network<Double> {
        let built = layers.map { layer in
            Layer(
                units: layer.outputs, activation: layer.activation, hasBiases: layer.bias,
                initialWeights: .values(layer.weights.flatMap { $0 }), initialBiases: .values(layer.biases ?? []))
        }
        return try Network(inputs: layers[0].inputs, layers: built)
    }

    /// Numbers laid out as a network's parameters.
    private func flat(_ weights: [[[Double]]], _ biases: [[Double]?], like network: Network<Double>) throws -> [Double]
    {
        guard weights.count == layers.count, biases.count == layers.count else {
            throw BackpropError.shape(
                "\(name), expected numbers", expected: "\(layers.count) layers", found: "\(weights.count)")
        }
        let shaped = zip(layers, zip(weights, biases)).map { layer, values in
            Layer(
                units: layer.outputs, activation: layer.activation, hasBiases: layer.bias,
                initialWeights: .values(values.0.flatMap { $0 }), initialBiases: .values(values.1 ?? []))
        }
        return try Network<Double>(inputs: network.inputCount, layers: shaped).parameters
    }

    /// The largest error, relative to the number expected or to 0.01 where that is smaller.
    private func worstError(_ found: [Double], _ expected: [Double], _ thing: String) throws -> Double {
        guard found.count == expected.count else {
            throw BackpropError.shape(
                "\(name), \(thing)", expected: "\(found.count) numbers", found: "\(expected.count)")
        }
        return zip(found, expected).map { found, expected in
            found == expected ? 0 : abs(found - expected) / max(abs(expected), 0.01)
        }.reduce(0) { $1 > $0 || $1.isNaN ? $1 : $0 }
    }
}

/// What a case's optimizer is here.
private struct OptimizerSettings {
    var optimizer = Optimizer.gradientDescent
    var learningRate = 0.0
    var regularization = Regularization.none
    var clipping = GradientClipping.none

    struct Unsupported: Error {
        var message: String
    }

    init(_ found: VerificationCase.OptimizerCase) throws(Unsupported) {
        var numbers = found.numbers
        func take(_ name: String) throws(Unsupported) -> Double {
            guard let value = numbers.removeValue(forKey: name) else {
                throw Unsupported(message: "optimizer \(found.name) without \(name)")
            }
            return value
        }
        learningRate = try take("learningRate")
        if let bound = numbers.removeValue(forKey: "clipGlobalNorm") { clipping = .globalNorm(bound) }
        switch found.name {
        case "sgd": optimizer = .gradientDescent
        case "momentum": optimizer = .momentum(try take("momentum"))
        case "nesterov": optimizer = .nesterov(try take("momentum"))
        case "rmsprop": optimizer = .rmsProp(decay: try take("decay"), epsilon: try take("epsilon"))
        case "adagrad": optimizer = .adagrad(epsilon: try take("epsilon"))
        case "adam":
            optimizer = .adam(beta1: try take("beta1"), beta2: try take("beta2"), epsilon: try take("epsilon"))
        case "adamW":
            optimizer = .adamW(
                beta1: try take("beta1"), beta2: try take("beta2"), epsilon: try take("epsilon"),
                weightDecay: try take("weightDecay"))
        case "rprop":
            optimizer = .rprop(
                shrink: try take("etaMinus"), grow: try take("etaPlus"), minimumStep: try take("minimumStep"),
                maximumStep: try take("maximumStep"))
        default: throw Unsupported(message: "optimizer \(found.name)")
        }
        regularization.weightDecay = numbers.removeValue(forKey: "weightDecay") ?? 0
        if let unknown = numbers.keys.min() { throw Unsupported(message: "\(unknown) of the optimizer") }
    }
}

/// The largest relative error of each kind of number.
struct VerificationErrors: Encodable {
    var output = 0.0
    var loss = 0.0
    var gradients = 0.0
    var losses = 0.0
    var parameters = 0.0

    private static let tolerance = 1e-10

    /// Whether all are within the tolerance; a NaN is not.
    var areSmall: Bool { [output, loss, gradients, losses, parameters].allSatisfy { $0 <= Self.tolerance } }
}

extension VerificationResult {
    /// Reads and runs the case of a file.
    init(ofFile path: String) throws {
        self.init(try readFile(path), source: path)
    }

    /// - Parameter source: What the bytes are called where they are no case.
    init(_ bytes: [UInt8], source: String) {
        do {
            self = try jsonValue(VerificationCase.self, from: bytes, source: source).verify()
        } catch {
            self.init(name: source, outcome: .unreadable, reason: "\(error)")
        }
    }
}

struct VerificationResult: Encodable {
    enum Outcome: String, Encodable {
        case passed, failed, unsupported, unreadable
    }

    var name: String
    var outcome: Outcome
    /// Why it is not supported, or can't be read.
    var reason: String?
    var errors: VerificationErrors?
}
