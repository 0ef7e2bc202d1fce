/// Where the rows of a table begin. Of short rows only every second, fourth, eighth … is remembered, so that it takes an
/// eighth of the table's bytes at most; those between are found by reading on from the one before.
struct CSVRowIndex: Hashable, Sendable {
    /// Bytes of a table for each start that is remembered, which takes eight.
    private static let bytesPerStart = 64
    /// Starts that a table of any size may have.
    private static let fewStarts = 1024

    private let mostStarts: Int
    /// Of each ``stride``-th row.
    private var starts: [Int] = []
    /// A power of two.
    private var stride = 1
    /// Also those that were removed from the beginning.
    private var found = 0
    private var removed = 0

    /// - Parameter byteCount: The table's bytes.
    init(byteCount: Int) {
        mostStarts = max(Self.fewStarts, byteCount / Self.bytesPerStart)
    }

    /// The number of rows.
    var count: Int { found - removed }

    /// Bytes of memory for the starts that are remembered.
    var memory: Int { starts.count * MemoryLayout<Int>.stride }

    /// Adds the row after the last.
    mutating func append(_ start: Int) {
        if found & (stride - 1) == 0 {
            if starts.count == mostStarts { thinOut() }
            // Once more, as the stride may have changed.
            if found & (stride - 1) == 0 { starts.append(start) }
        }
        found += 1
    }

    /// Forgets every second start.
    private mutating func thinOut() {
        for kept in 0..<((starts.count + 1) / 2) { starts[kept] = starts[2 * kept] }
        starts.removeLast(starts.count / 2)
        stride *= 2
    }

    /// Leaves the first row out.
    mutating func removeFirst() {
        precondition(count > 0, "there is no row")
        removed += 1
    }

    /// Where a row begins, or `nil` if that isn't remembered.
    func start(of row: Int) -> Int? {
        let row = row + removed
        return row & (stride - 1) == 0 ? starts[row / stride] : nil
    }

    /// Where the last row begins that is not after this one and is remembered, and how many rows are between.
    func startBefore(_ row: Int) -> (start: Int, rowsBetween: Int) {
        let row = row + removed
        return (starts[row / stride], row & (stride - 1))
    }
}
