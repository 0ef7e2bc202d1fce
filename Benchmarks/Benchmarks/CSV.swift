import Backprop
import CPeak

/// How long a table of numbers takes to load, beside the least that it can take.
private struct CSVReport: Encodable {
    var file: String
    var rows: Int
    var columns: Int
    /// The medians, in seconds.
    var load: Double
    var countLines: Double
    var scanNumbers: Double
    /// Of loading to counting lines and scanning numbers.
    var ratio: Double

    private static let repeats = 9

    init(_ file: String) throws {
        var loads: [Double] = []
        var (counts, scans) = (loads, loads)
        var size = (rows: 0, columns: 0)
        // In turn, so that what else the machine does hits all of them.
        for _ in 0..<Self.repeats {
            counts.append(try seconds { try Self.check(peak_count_lines(file) != .max, file) })
            scans.append(try seconds { try Self.check(peak_sum_numbers(file) >= 0, file) })
            loads.append(
                try seconds {
                    let table = try CSVTable(contentsOf: file)
                    let numbers: [Float] = try table.numbers(inColumns: Array(0..<table.columnCount))
                    size = (numbers.count / table.columnCount, table.columnCount)
                })
        }
        self.file = file
        (rows, columns) = size
        (load, countLines, scanNumbers) = (loads.median, counts.median, scans.median)
        ratio = load / (countLines + scanNumbers)
    }

    private static func check(_ isRead: Bool, _ file: String) throws {
        guard isRead else { throw BackpropError.file(file, reason: "can't be read") }
    }

    var text: String {
        """
        \(file): \(rows) rows of \(columns) numbers
        \(Int(load * 1000)) ms to load as Float
        \(Int(countLines * 1000)) ms to count the lines, as wc -l does
        \(Int(scanNumbers * 1000)) ms for a bare scan of the numbers in C
        \((ratio * 100).rounded() / 100) times both together
        """
    }
}

extension Benchmark {
    static func csv(_ words: [String]) throws {
        let files = words.filter { $0 != "--json" }
        guard files.count == 1 else { throw UsageError(message: "csv: expected FILE, found \(files.count) words") }
        let report = try CSVReport(files[0])
        if words.contains("--json") { try printJSON(report) } else { print(report.text) }
    }
}
