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

    struct OptimizerCase: Decodable {
        var name: String
        var learningRate: Double
        var weightDecay: Double?
        var clipGlobalNorm: Double?
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

    init(contentsOf path: String) throws {
        let data: Data
        do { data = try Data(contentsOf: URL(fileURLWithPath: path)) } catch {
            throw BackpropError.file(path, reason: "can't be read")
        }
        do { self = try JSONDecoder().decode(Self.self, from: data) } catch {
            throw BackpropError.format(path, expected: "a verification case", found: "\(error)")
        }
    }

    /// Why this version can't run the case, or `nil` if it can.
    private var unsupported: String? {
        if optimizer.name != "sgd" { return "optimizer \(optimizer.name)" }
        if optimizer.weightDecay ?? 0 != 0 { return "weight decay" }
        if optimizer.clipGlobalNorm != nil { return "clipping by global norm" }
        return nil
    }

    /// Runs the case and compares every number.
    func verify() throws -> VerificationResult {
        if let unsupported { return VerificationResult(name: name, outcome: .unsupported, reason: unsupported) }
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
            loss: self.loss, learningRate: optimizer.learningRate, batching: .fullBatch, shuffles: false)
        var losses: [Double] = []
        for _ in 0..<steps { losses.append(try trainer.step(&network, on: dataset)) }
        losses.append(try network.gradients(of: self.loss, on: dataset).loss)
        errors.losses = try worstError(losses, expected.losses, "losses")
        errors.parameters = try worstError(
            network.parameters, flat(expected.finalWeights, expected.finalBiases, like: network), "final parameters")
        return VerificationResult(name: name, outcome: errors.areSmall ? .passed : .failed, errors: errors)
    }

    private func makeNetwork() throws -> Network<Double> {
        guard let first = layers.first else { throw BackpropError.empty("\(name): layers") }
        let built = layers.map { layer in
            Layer(
                units: layer.outputs, activation: layer.activation, hasBiases: layer.bias,
                initialWeights: .values(layer.weights.flatMap { $0 }), initialBiases: .values(layer.biases ?? []))
        }
        return try Network(inputs: first.inputs, layers: built)
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

struct VerificationResult: Encodable {
    enum Outcome: String, Encodable {
        case passed, failed, unsupported
    }

    var name: String
    var outcome: Outcome
    /// Why it is not supported.
    var reason: String?
    var errors: VerificationErrors?
}
