import Foundation

/// What times are taken with.
enum Clock {
    /// Whether it is the time that the calling thread computed instead of the time that passed: for machines that
    /// do something else as well. Threads beside the calling one don't count then.
    static let countsProcessorTime = ProcessInfo.processInfo.environment["BENCHMARKS_CLOCK"] == "processor"

    static var seesThreads: Bool { !countsProcessorTime }

    static var name: String { countsProcessorTime ? "processor time" : "wall-clock time" }

    /// Seconds since some time or other.
    fileprivate static var now: Double {
        var time = timespec()
        clock_gettime(countsProcessorTime ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
}

/// Seconds that something took.
func seconds(_ body: () throws -> Void) rethrows -> Double {
    let start = Clock.now
    try body()
    return Clock.now - start
}

extension [Double] {
    /// The value below which a share of the values lies, from 0 to 1, interpolated between neighbors.
    func quantile(_ share: Double) -> Double {
        let sorted = sorted()
        let position = share * Double(count - 1)
        let lower = Int(position)
        let upper = Swift.min(lower + 1, count - 1)
        return sorted[lower] + (sorted[upper] - sorted[lower]) * (position - Double(lower))
    }

    /// The middle value, or the mean of the two in the middle.
    var median: Double { quantile(0.5) }
}
