import Backprop
import CAllocations
import Foundation

extension Benchmark {
    /// Takes steps in every way that users have, and fails if one of them asks for memory after the first.
    static func allocations(_ words: [String]) throws {
        if let word = words.first { throw UsageError(message: "allocations: expected no option, found \(word)") }
        guard allocations_are_counted() == 1 else { return print("skipped: allocations are counted on Linux alone") }
        let shape = NetworkShape(64, 32, 10)
        let samples = CoreSamples<Float>(shape, count: 256)
        var isClean = true
        func check(_ name: String, _ run: (Int) throws -> Void) throws {
            try run(1)
            let before = allocations_of_process()
            try run(100)
            let found = allocations_of_process() - before
            print("\(name): \(found) allocations in 100 steps after the first")
            if found > 0 { isClean = false }
        }
        for threads in [1, 2] {
            for (name, optimizer, dropout) in [
                ("gradient descent", Optimizer.gradientDescent, 0.0), ("Adam", .adam(), 0), ("dropout", .adam(), 0.5),
            ] {
                let steps = try LibrarySteps(
                    shape, samples, batch: 32, optimizer: optimizer, dropout: dropout, threads: threads)
                try check("Trainer.step, \(name), \(threads) threads", steps.run)
            }
            let predictions = try LibrarySteps(shape, samples, batch: 32, threads: threads, isTraining: false)
            try check("Predictor.predict, \(threads) threads", predictions.run)
        }
        // What is made once in a process comes first.
        _ = try allocations(ofRunOf: 1, shape)
        let (short, long) = (try allocations(ofRunOf: 100, shape), try allocations(ofRunOf: 200, shape))
        print("Trainer.train: \(short) allocations in a run of 100 steps, \(long) in one of 200")
        if !isClean || short != long { exit(1) }
    }

    /// A run allocates to begin and to end, but its steps don't.
    private static func allocations(ofRunOf steps: Int, _ shape: NetworkShape) throws -> UInt64 {
        let dataset = try CoreSamples<Float>(shape, count: 4096).dataset(shape)
        var network = try Network<Float>(inputs: shape.inputCount, layers: shape.layers)
        var trainer = Trainer<Float>(loss: shape.loss, learningRate: 0.01, batching: .miniBatches(of: 8))
        try trainer.setThreads(1)
        let before = allocations_of_process()
        try trainer.train(&network, on: dataset, until: [.iterations(steps)])
        return allocations_of_process() - before
    }
}
