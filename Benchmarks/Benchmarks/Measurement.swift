import CPeak

/// One figure, and what it was made from.
struct Measurement: Encodable {
    /// In the bar's unit.
    var value: Double
    /// Of a step, or of what the row is about.
    var nanoseconds: Double
    /// What it was measured against in the same moment: the peak in GFLOP/s, or nanoseconds of another step.
    var reference: Double
}

/// Calls of something, as many as take long enough for the clock.
struct Block {
    private let run: (Int) throws -> Void
    private let steps: Int

    /// - Parameter run: Does so many steps.
    init(of duration: Double = 0.02, _ run: @escaping (Int) throws -> Void) throws {
        var steps = 1
        while true {
            let time = try seconds { try run(steps) }
            if time >= duration { break }
            steps *= time > duration / 16 ? 2 : 8
        }
        (self.run, self.steps) = (run, steps)
    }

    /// Nanoseconds of a step.
    func measure() throws -> Double { try seconds { try run(steps) } / Double(steps) * 1e9 }
}

/// Memory as large as a network's weights: what reading it takes, and reading it and then reading and writing it,
/// from the cache that it lies in.
final class MemoryFloor {
    private let memory: AlignedMemory<UInt8>
    private let width: peak_width
    private let passes: Int

    init(bytes: Int, width: peak_width) {
        memory = AlignedMemory(repeating: 1, count: (bytes + 1023) / 1024 * 1024)
        self.width = width
        passes = max(1, (16 << 20) / memory.count)
    }

    /// Nanoseconds of a pass that reads.
    func read() -> Double { time { peak_read(width, memory.pointer, memory.count) } }

    /// Nanoseconds of a pass that reads and one that reads and writes.
    func readAndUpdate() -> Double {
        time {
            peak_update(width, memory.pointer, memory.count)
            return peak_read(width, memory.pointer, memory.count)
        }
    }

    /// The median of some passes.
    private func time(_ pass: () -> UInt32) -> Double {
        var sink: UInt32 = 0
        let times = (0..<5).map { _ in seconds { for _ in 0..<passes { sink &+= pass() } } }
        precondition(sink != .max, "a sum that the compiler doesn't know")
        return times.median / Double(passes) * 1e9
    }
}
