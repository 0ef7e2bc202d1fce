import Backprop

extension Benchmark {
    /// Takes so many steps of the smallest network and nothing else: for tools that count instructions.
    static func steps(_ words: [String]) throws {
        guard words.count == 2, let count = Int(words[1]), count >= 0 else {
            throw UsageError(message: "steps: expected core|trainer|run and a number of steps")
        }
        let shape = NetworkShape(2, 2, 2, output: .sigmoid, loss: .squaredError)
        switch words[0] {
        case "core":
            let kernels = try InstructionSet.current.core
            CoreNetwork<Float>(shape, CoreSamples(shape, count: 1), batch: 1, kernels: kernels).train(steps: count)
        case "trainer":
            try LibrarySteps<Float>(shape, CoreSamples(shape, count: 1), batch: 1).run(count)
        case "run":
            var network = try Network<Float>(inputs: 2, layers: shape.layers, seed: 1)
            var trainer = Trainer<Float>(loss: shape.loss, learningRate: 0.01, batching: .miniBatches(of: 1))
            try trainer.setThreads(1)
            let samples: CoreSamples<Float> = CoreSamples(shape, count: 1 << 14)
            try trainer.train(&network, on: try samples.dataset(shape), until: [.iterations(count)])
        case let word: throw UsageError(message: "steps: expected core, trainer or run, found '\(word)'")
        }
    }
}
