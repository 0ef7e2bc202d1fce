/// How many threads share the work of a call, where nobody said how many.
///
/// The rule: one thread for each ``operationsPerThread`` floating-point operations, at least one, and not more than the
/// machine has processors. What is computed doesn't depend on it, to the bit.
public enum ThreadChoice {
    /// The floating-point operations of a call that are worth a thread: 4 to 10 µs of work for a processor with vectors
    /// of 512 bits.
    ///
    /// A step of 64-64-10 by one and by two threads that have two processors to themselves (AMD EPYC, Zen 5, AVX-512):
    ///
    /// | batch | counted | one | two | gain |
    /// |---|---|---|---|---|
    /// | 16 | 0.5 million | 2.4 µs | 2.1 µs | 1.10 × |
    /// | 32 | 0.9 million | 4.2 µs | 3.0 µs | 1.39 × |
    /// | 64 | 1.8 million | 7.8 µs | 5.2 µs | 1.50 × |
    /// | 128 | 3.7 million | 15.4 µs | 9.1 µs | 1.69 × |
    ///
    /// So a second thread, which comes at two million, has long been worth it by then. It doesn't come earlier since
    /// there is more to lose than to win: where another program has the other processor, a step waits for its turn,
    /// 0.2 ms in the same measurement.
    public static let operationsPerThread = 1_000_000

    /// The number of threads for one pass over samples.
    ///
    /// - Parameters:
    ///   - samples: The samples of a step, or to be predicted.
    ///   - parameters: The parameters of the network: a sample takes two operations for each forward, and four more to
    ///     train it. One prediction counts eight times: it waits for the parameters to be read. (784-512-512-10 on EPYC,
    ///     Zen 5: 24 µs by one thread, 13 to 15 µs by two.)
    ///   - isTraining: Whether the samples train the network, rather than are predicted.
    ///   - processors: Those that the machine has.
    public static func threads(
        forSamples samples: Int, of parameters: Int, isTraining: Bool, processors: Int = activeProcessors
    ) -> Int {
        let isOnePrediction = samples == 1 && !isTraining
        let operations = Double(samples) * Double(parameters) * (isTraining ? 6 : isOnePrediction ? 16 : 2)
        return max(1, Int(min(operations / Double(operationsPerThread), Double(processors))))
    }

    /// The number of threads to start for many samples that are predicted once: as above, from where the work is a
    /// hundred times what starting a thread takes.
    static func threadsToStart(forSamples samples: Int, of parameters: Int) -> Int {
        let isLong = Double(samples) * Double(parameters) * 2 > 100 * Double(operationsPerThread)
        return isLong ? threads(forSamples: samples, of: parameters, isTraining: false) : 1
    }

    /// The processors that the system lets this program use.
    public static let activeProcessors = processorCount()
}
