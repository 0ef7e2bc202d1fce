import Backprop
import BackpropSamples
import Foundation
import Testing

/// The programs of the page "Ten lines each", which must stand here as they stand there.
@Suite struct TenLinesTests {
    @Test("exclusive or is learnt")
    func exclusiveOr() throws {
        let samples = try Dataset<Float>(inputs: [[0, 0], [0, 1], [1, 0], [1, 1]], targets: [[0], [1], [1], [0]])
        var network = try Network<Float>(inputs: 2, layers: [.dense(4, .tanh), .dense(1, .sigmoid)], seed: 1)
        var trainer = Trainer<Float>(loss: .binaryCrossEntropy, learningRate: 0.5, batching: .fullBatch)
        let result = try trainer.train(&network, on: samples, until: [.epochs(2000), .loss(below: 0.01)])
        let answers = try network.predictClasses([0, 0, 0, 1, 1, 0, 1, 1])
        #expect(result.reason == .reached(.loss(below: 0.01)))
        #expect(answers == [0, 1, 1, 0])
    }

    @Test("digits are told apart")
    func classification() throws {
        let digits: Dataset<Float> = SampleData.digits(pixelFactor: 1 / 16)
        let (training, unseen) = try digits.split(holdingOut: 0.2, seed: 1)
        let layers: [Layer] = [.dense(64, .relu, dropout: 0.2), .dense(10, .softmax)]
        var network = try Network<Float>(inputs: 64, layers: layers, seed: 1)
        var trainer = Trainer<Float>(
            loss: .crossEntropy, optimizer: .adam(), learningRate: .cosine(from: 0.003, over: .epochs(30)), seed: 1)
        try trainer.train(&network, on: training, validatingOn: unseen, until: [.epochs(30), .patience(10)])
        let predicted = try network.predictClasses(unseen.inputs)
        let accuracy = try Metrics.accuracy(predicted: predicted, actual: unseen.classes!)
        #expect(accuracy.share > 0.95)
    }

    @Test("a curve is fitted")
    func regression() throws {
        let xs = (0..<200).map { Double($0) / 100 - 1 }
        let curve = try Dataset<Double>(inputs: xs.map { [$0] }, targets: xs.map { [$0 * $0 * $0 - $0 / 2] })
        let layers: [Layer] = [.dense(16, .tanh), .dense(1, .identity)]
        var network = try Network<Double>(inputs: 1, layers: layers, seed: 1)
        var trainer = Trainer<Double>(
            loss: .meanSquaredError, optimizer: .rprop(), learningRate: 0.01, batching: .fullBatch)
        try trainer.train(&network, on: curve, until: [.epochs(5000), .loss(below: 1e-5)])
        let fitted = try network.predict(xs)
        let error = try Metrics.rootMeanSquaredError(predicted: fitted, actual: xs.map { $0 * $0 * $0 - $0 / 2 })
        #expect(error < 0.01)
    }

    @Test("digits are told from what is none")
    func autoencoder() throws {
        let images: [Float] = SampleData.digits(pixelFactor: 1 / 16).inputs
        var autoencoder = try Autoencoder<Float>(inputs: 64, hidden: [32], bottleneck: 8, seed: 1)
        var trainer = Trainer<Float>(loss: .meanSquaredError, optimizer: .adam(), learningRate: 0.003, seed: 1)
        try trainer.train(&autoencoder, on: images, until: [.epochs(20)])
        let codes = try autoencoder.encode(images)
        let errors = try autoencoder.reconstructionErrors(images)
        let threshold = try autoencoder.anomalyThreshold(of: images, quantile: 0.99)
        let anomalies = errors.indices.filter { errors[$0] > threshold }
        #expect(codes.count == 8 * errors.count)
        #expect(!anomalies.isEmpty && anomalies.count <= errors.count / 100)
    }

    @Test("every program of the page is one of these tests, line for line")
    func page() throws {
        let here = URL(fileURLWithPath: #filePath)
        let root = here.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let page = try String(
            contentsOf: root.appendingPathComponent("Sources/Backprop/Backprop.docc/TenLines.md"), encoding: .utf8)
        let tests = try String(contentsOf: here, encoding: .utf8)
        let programs = page.components(separatedBy: "```swift\n").dropFirst().map { part in
            part.components(separatedBy: "\n```")[0]
        }
        #expect(programs.count == 4)
        for program in programs {
            let indented = program.split(separator: "\n").map { "        \($0)" }.joined(separator: "\n")
            #expect(tests.contains(indented), "\(program)")
            #expect(program.split(separator: "\n").count <= 10)
        }
    }
}
