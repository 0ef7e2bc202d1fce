import Backprop
import Foundation

/// What a run of the table is asked for.
struct CompareOptions {
    enum Format { case text, json, markdown }

    var format = Format.text
    /// Whether a bar that is missed is a failure.
    var checks = false
    /// Rows with one of these in their names; all for none.
    var patterns: [String] = []
    var repeats = 11
    var mnistFolder = "../shared/data/mnist"

    init(_ words: [String]) throws {
        var words = words[...]
        func value(of word: String) throws -> String {
            guard let value = words.popFirst() else {
                throw Benchmark.UsageError(message: "\(word): expected a value, found nothing")
            }
            return value
        }
        while let word = words.popFirst() {
            switch word {
            case "--json", "--markdown":
                guard format == .text else {
                    throw Benchmark.UsageError(message: "compare: expected one of --json and --markdown, found two")
                }
                format = word == "--json" ? .json : .markdown
            case "--check": checks = true
            case "--rows": patterns.append(try value(of: word))
            case "--data": mnistFolder = try value(of: word)
            case "--repeats":
                let text = try value(of: word)
                guard let count = Int(text), count > 0 else {
                    throw Benchmark.UsageError(message: "--repeats: expected a number above 0, found '\(text)'")
                }
                repeats = count
            default: throw Benchmark.UsageError(message: "compare: unknown option \(word)")
            }
        }
    }
}

/// A row with what was measured.
struct CompareResult: Encodable {
    var name: String
    var bar: Bar
    var measurements: [Measurement] = []
    /// Why there are none.
    var unavailable: String?

    private var values: [Double] { measurements.map(\.value) }
    var median: Double { values.median }
    var isMissed: Bool { !measurements.isEmpty && !bar.isMet(by: median) }

    private enum Keys: String, CodingKey {
        case name, bar, median, lowerQuartile, upperQuartile, isMet, nanoseconds, reference, measurements, unavailable
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Keys.self)
        try container.encode(name, forKey: .name)
        try container.encode(bar, forKey: .bar)
        try container.encodeIfPresent(unavailable, forKey: .unavailable)
        guard !measurements.isEmpty else { return }
        try container.encode(median, forKey: .median)
        try container.encode(values.quantile(0.25), forKey: .lowerQuartile)
        try container.encode(values.quantile(0.75), forKey: .upperQuartile)
        try container.encode(!isMissed, forKey: .isMet)
        try container.encode(measurements.map(\.nanoseconds).median, forKey: .nanoseconds)
        try container.encode(measurements.map(\.reference).median, forKey: .reference)
        try container.encode(measurements, forKey: .measurements)
    }

    /// Name, bar, median, quartiles, time of a step, verdict.
    var columns: [String] {
        guard !measurements.isEmpty else { return [name, bar.text, "–", "–", "–", unavailable ?? "–"] }
        let spread = [0.25, 0.75].map { bar.unit.text(values.quantile($0)) }.joined(separator: " … ")
        let time = measurements.map(\.nanoseconds).median
        let timeText = time < 1e5 ? "\(rounded(time)) ns" : "\(rounded(time / 1000)) µs"
        return [name, bar.text, bar.unit.text(median), spread, timeText, isMissed ? "missed" : "met"]
    }
}

/// The table.
struct CompareReport: Encodable {
    var machine: Machine
    var repeats: Int
    /// The multiply-add peak in float, in GFLOP/s.
    var peak: Double
    var rows: [CompareResult]

    static let heads = ["step", "bar", "median", "quartiles", "a step takes", "verdict"]

    var introduction: [String] {
        machine.lines + [
            "P = \(rounded(peak)) GFLOP/s of float multiply-adds on one thread",
            "medians of \(repeats) interleaved repeats, \(Clock.name)",
        ]
    }

    var markdown: String {
        let lines = [Self.heads, Self.heads.map { _ in "---" }] + rows.map(\.columns)
        let table = lines.map { "| \($0.joined(separator: " | ")) |" }
        return (introduction.map { "\($0)  " } + [""] + table).joined(separator: "\n")
    }

    var text: String {
        (introduction + ["", Benchmark.table([Self.heads] + rows.map(\.columns))]).joined(separator: "\n")
    }
}

extension Benchmark {
    /// Measures the table, row after row, again and again: what else the machine does hits all rows.
    static func compare(_ words: [String]) throws {
        let options = try CompareOptions(words)
        let context = try CompareContext(mnistFolder: options.mnistFolder)
        let rows = CompareRow.all.filter { row in
            options.patterns.isEmpty || options.patterns.contains { row.name.contains($0) }
        }
        guard !rows.isEmpty else { throw UsageError(message: "--rows: no row has \(options.patterns) in its name") }
        var results = rows.map { CompareResult(name: $0.name, bar: $0.bar) }
        var measures: [Int: () throws -> Measurement] = [:]
        for (index, row) in rows.enumerated() {
            do {
                measures[index] = try row.prepare(context)
            } catch let error as CompareRow.Unavailable {
                results[index].unavailable = error.reason
            }
        }
        var peaks: [Double] = []
        for _ in 0..<options.repeats {
            peaks.append(Peak.gigaflops(Float.self, of: context.instructionSet, repeats: 3))
            for index in rows.indices {
                if let measure = measures[index] { results[index].measurements.append(try measure()) }
            }
        }
        let report = CompareReport(
            machine: try Machine(), repeats: options.repeats, peak: peaks.median, rows: results)
        switch options.format {
        case .json: try printJSON(report)
        case .markdown: print(report.markdown)
        case .text: print(report.text)
        }
        if options.checks, results.contains(where: \.isMissed) { exit(1) }
    }
}
