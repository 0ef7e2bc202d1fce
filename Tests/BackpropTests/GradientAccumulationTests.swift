import Backprop
import Testing

@Suite struct GradientAccumulationTests {
    @Test(
        "micro-batches give the bits of whole batches, with dropout, noise, clipping, ties and penalties",
        arguments: [1, 2, 3, 4, 6, 7, 100], [1, 2])
    func bits(size: Int, threads: Int) throws {
        let samples: Dataset<Float> = try randomSamples(16, inputs: 4, targets: 4)
        var whole = try Network<Float>(
            inputs: 4,
            layers: [
                .dense(5, .gelu, dropout: 0.25), .dense(3, .tanh, dropout: 0.5),
                Layer(units: 5, activation: .sigmoid, tiedTo: 1), .dense(4, .identity),
            ], seed: 1)
        var parts = whole
        var trainer = Trainer<Float>(
            loss: .huber, optimizer: .adam(), learningRate: 0.05, batching: .miniBatches(of: 6),
            regularization: Regularization(weightDecay: 0.01, inputNoise: .gaussian(deviation: 0.1)),
            clipping: .globalNorm(0.5), seed: 5)
        var other = trainer
        other.microBatchSize = size
        try other.setThreads(threads)
        let one = try trainer.train(&whole, on: samples, until: [.epochs(4)])
        let two = try other.train(&parts, on: samples, until: [.epochs(4)])
        #expect(parts == whole)
        #expect(two.iterations == one.iterations)
        // A batch's loss is the mean of its parts' means, with a rounding for each of its 6 samples either way.
        #expect(abs(two.loss! - one.loss!) <= 12 * Double(Float.ulpOfOne) * one.loss!)
    }

    @Test("plain gradient descent by micro-batches is that by whole batches, whatever the reduction")
    func plain() throws {
        let samples: Dataset<Double> = try randomSamples(9, inputs: 3, targets: 2)
        for reduction in Reduction.allCases {
            var whole = try Network<Double>(inputs: 3, layers: [.dense(4, .tanh), .dense(2, .sigmoid)], seed: 1)
            var parts = whole
            var trainer = Trainer<Double>(
                loss: .binaryCrossEntropy, learningRate: 0.1, batching: .fullBatch, reduction: reduction)
            var other = trainer
            other.microBatchSize = 4
            try trainer.train(&whole, on: samples, until: [.epochs(5)])
            try other.train(&parts, on: samples, until: [.epochs(5)])
            #expect(parts == whole)
        }
    }

    @Test("a loss that is not finite in one part takes no step")
    func nonFinite() throws {
        let layer = Layer(units: 1, activation: .identity, initialWeights: .constant(1))
        let start = try Network<Double>(inputs: 1, layers: [layer])
        let samples = try Dataset<Double>(inputs: [[1], [2], [1e300], [3]], targets: [[0], [0], [0], [0]])
        var found = start
        var trainer = Trainer<Double>(
            loss: .squaredError, learningRate: 0.1, batching: .fullBatch, microBatchSize: 1)
        let result = try trainer.train(&found, on: samples, until: [.epochs(1)])
        #expect(result.reason == .nonFiniteLoss(step: 1, layer: nil))
        #expect(found == start)
        #expect(trainer.updates == 0)
    }
}
