import Backprop

/// Two threads against one.
extension CompareRow {
    static func twoThreads(_ shape: NetworkShape, _ batch: Int) -> CompareRow {
        CompareRow(
            name: "\(shape.name), batch \(batch), two threads against one", bar: .atLeast(1.85, .times)
        ) { try measureTwoThreads(shape, batch, $0) }
    }

    /// The smallest work that is worth a second thread: the batch is as large as one thread computes in that time on
    /// this machine.
    static let smallestShared = CompareRow(
        name: "64-64-10, a batch of 20 µs, two threads against one", bar: .atLeast(1, .times)
    ) { context in
        let shape = NetworkShape(64, 64, 10)
        let probe = CoreNetwork<Float>(
            shape, context.samples(shape, 4096), batch: 64, kernels: context.instructionSet.core)
        let samples = 20_000 / (try Block { probe.train(steps: $0) }.measure() / 64)
        return try measureTwoThreads(shape, max(1, min(Int(samples.rounded()), 4096)), context)
    }

    private static func measureTwoThreads(
        _ shape: NetworkShape, _ batch: Int, _ context: CompareContext
    ) throws -> () throws -> Measurement {
        let kernels = context.instructionSet.core
        let samples: CoreSamples<Float> = context.samples(shape, sampleCount(shape))
        let one = CoreNetwork<Float>(shape, samples, batch: batch, kernels: kernels)
        let two = CoreNetwork<Float>(shape, samples, batch: batch, kernels: kernels, pool: try context.twoThreads())
        one.train(steps: 3)
        two.train(steps: 3)
        precondition(one.parameterValues == two.parameterValues, "the bits don't depend on threads")
        return try ratio(of: { two.train(steps: $0) }, to: { one.train(steps: $0) }) { $1 / $0 }
    }
}
