import Backprop
import BackpropReference
import Foundation
import Testing

private let rectifier = CustomActivation(
    name: "rectifier", value: { $0 > 0 ? $0 : 0 }, derivative: { $0 > 0 ? 1 : 0 })
private let square = CustomActivation(name: "square", value: { $0 * $0 }, derivative: { 2 * $0 })
private let halfSquares = CustomLoss(name: "halfSquares") { outputs, targets in
    let errors = zip(outputs, targets).map { $0 - $1 }
    return (errors.reduce(0) { $0.addingProduct($1, $1) } / 2, errors)
}
private let quartic = CustomLoss(name: "quartic") { outputs, targets in
    let errors = zip(outputs, targets).map { $0 - $1 }
    return (errors.reduce(0) { $0 + $1 * $1 * $1 * $1 }, errors.map { 4 * $0 * $0 * $0 })
}

@Suite struct CustomFunctionTests {
    // MARK: Bits

    @Test("an activation that imitates ReLU gives its bits, also beside dropout", arguments: [1, 2])
    func activation(threads: Int) throws {
        func check<Scalar: ReferenceScalar>(_ scalar: Scalar.Type) throws {
            let samples: Dataset<Scalar> = try randomSamples(12, inputs: 3, targets: 2)
            func trained(_ activation: Activation) throws -> [Scalar] {
                let layers = [(6, 0.25), (5, 0.25), (2, 0)].map { units, dropout in
                    // The automatic weights of ReLU are others.
                    Layer(units: units, activation: activation, initialWeights: .glorotUniform, dropout: dropout)
                }
                var network = try Network<Scalar>(inputs: 3, layers: layers, seed: 3)
                var trainer = Trainer<Scalar>(
                    loss: .huber, optimizer: .adam(), learningRate: 0.05, batching: .miniBatches(of: 5))
                try trainer.setThreads(threads)
                try trainer.train(&network, on: samples, until: [.epochs(5)])
                return try network.parameters + network.predict(samples.inputs)
            }
            #expect(try trained(.custom(rectifier)) == trained(.relu))
        }
        try check(Float.self)
        try check(Double.self)
    }

    @Test("a loss that imitates the squared error gives its bits", arguments: [1, 2])
    func loss(threads: Int) throws {
        let samples: Dataset<Double> = try randomSamples(12, inputs: 3, targets: 2)
        func trained(_ loss: Loss) throws -> ([Double], Double?, Double) {
            var network = try Network<Double>(inputs: 3, layers: [.dense(5, .tanh), .dense(2, .sigmoid)], seed: 3)
            var trainer = Trainer<Double>(loss: loss, learningRate: 0.5, batching: .miniBatches(of: 5))
            try trainer.setThreads(threads)
            let result = try trainer.train(&network, on: samples, until: [.epochs(5)])
            return (network.parameters, result.loss, try network.loss(loss, on: samples))
        }
        let (found, expected) = (try trained(.custom(halfSquares)), try trained(.squaredError))
        #expect(found == expected)
    }

    // MARK: Gradients

    @Test("gradients through custom functions are the differences of the loss")
    func gradients() throws {
        let samples: Dataset<Double> = try randomSamples(4, inputs: 3, targets: 2)
        let network = try Network<Double>(
            inputs: 3, layers: [.dense(4, .custom(square)), .dense(3, .tanh), .dense(2, .custom(square))], seed: 3)
        let check = try network.checkGradients(of: .custom(quartic), on: samples)
        #expect(check.method == .centralDifferences)
        #expect(check.passes, "the worst relative error is \(check.worst)")
        let reference = ReferenceNetwork(network)
        let rows = samples.rows(0..<4)
        let pass = reference.pass(rows.inputs, rows.targets, loss: .custom(quartic))
        let found = try network.gradients(of: .custom(quartic), on: samples)
        #expect(found.gradients == reference.flatGradients(pass))
        #expect(found.loss == pass.loss)
    }

    @Test("a derivative that is wrong doesn't pass the check")
    func wrongDerivative() throws {
        let samples: Dataset<Double> = try randomSamples(4, inputs: 3, targets: 2)
        let wrong = CustomActivation(name: "wrong", value: { $0 * $0 }, derivative: { 2.01 * $0 })
        let network = try Network<Double>(inputs: 3, layers: [.dense(4, .custom(wrong)), .dense(2, .tanh)], seed: 3)
        #expect(try !network.checkGradients(of: .squaredError, on: samples).passes)
        let wrongLoss = CustomLoss(name: "wrong") { outputs, targets in
            let (loss, gradients) = halfSquares(outputs, targets)
            return (loss, gradients.map { $0 * 1.01 })
        }
        let plain = try Network<Double>(inputs: 3, layers: [.dense(2, .tanh)], seed: 3)
        #expect(try !plain.checkGradients(of: .custom(wrongLoss), on: samples).passes)
        #expect(try plain.checkGradients(of: .custom(halfSquares), on: samples).passes)
    }

    // MARK: Names

    @Test("custom functions are equal if their names are")
    func equality() {
        let other = CustomActivation(name: "square", value: { $0 }, derivative: { _ in 1 })
        #expect(Activation.custom(square) == .custom(other))
        #expect(Activation.custom(square) != .custom(rectifier))
        #expect(Set([Activation.custom(square), .custom(other), .relu]).count == 2)
        #expect(Loss.custom(quartic) != .custom(halfSquares))
        #expect(Activation.custom(square).rawValue == "square" && Loss.custom(quartic).rawValue == "quartic")
    }

    @Test("a network with custom activations is read where the decoder is given them")
    func decoding() throws {
        let network = try Network<Float>(inputs: 3, layers: [.dense(4, .custom(square)), .dense(2, .tanh)], seed: 3)
        let data = try JSONEncoder().encode(network)
        let decoder = JSONDecoder()
        decoder.userInfo[CustomActivation.decodingKey] = [rectifier, square]
        let decoded = try decoder.decode(Network<Float>.self, from: data)
        #expect(decoded == network)
        #expect(try decoded.predict([1, 2, 3]) == network.predict([1, 2, 3]))
        expectDecodingError(
            "activation: expected one of identity, sigmoid, tanh, relu, leakyReLU, elu, softplus, silu, gelu, softmax, "
                + "or a custom one that is given, found square"
        ) { try JSONDecoder().decode(Network<Float>.self, from: data) }
    }

    @Test("a custom loss is read where the decoder is given it")
    func decodingLosses() throws {
        let data = try JSONEncoder().encode([Loss.custom(quartic), .huber])
        let decoder = JSONDecoder()
        decoder.userInfo[CustomLoss.decodingKey] = [quartic]
        #expect(try decoder.decode([Loss].self, from: data) == [.custom(quartic), .huber])
        decoder.userInfo[CustomLoss.decodingKey] = [halfSquares]
        expectDecodingError(
            "loss: expected one of squaredError, meanSquaredError, meanAbsoluteError, huber, crossEntropy, "
                + "binaryCrossEntropy, halfSquares, or a custom one that is given, found quartic"
        ) { try decoder.decode([Loss].self, from: data) }
    }

    private func expectDecodingError<Result>(
        _ message: String, sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Result
    ) {
        do {
            _ = try body()
            Issue.record("expected the error: \(message)", sourceLocation: sourceLocation)
        } catch DecodingError.dataCorrupted(let context) {
            #expect(context.debugDescription == message, sourceLocation: sourceLocation)
        } catch {
            Issue.record("\(error)", sourceLocation: sourceLocation)
        }
    }
}
