import Backprop
import Foundation

/// A line that shows how far training has come.
struct ProgressLine {
    /// What stands before it, as `fold 2 of 5`.
    var prefix = ""
    var epoch: Int
    /// How many there will be at most.
    var epochs: Int
    var samplesPerSecond: Double?
    var loss: Double?
    var validation: ValidationReport?
    /// At most; `nil` before anything is known.
    var secondsLeft: Double?

    private static let barColumns = 8...32

    /// The line for a terminal: what finds no room is left out, the least important first.
    func text(on screen: Screen) -> String {
        // The last column stays free: some terminals go on to the next line after it.
        let room = max(screen.columns - 1, 1)
        var figures = figures
        while !figures.isEmpty, label.count + width(of: figures) > room {
            let least = figures.indices.max { figures[$0].rank < figures[$1].rank }!
            figures.remove(at: least)
        }
        let bar = bar(columns: room - label.count - width(of: figures) - 2, screen)
        let rest = figures.map { "  " + $0.text }.joined()
        return screen.styled(String(label.prefix(room)), .bold) + (bar.isEmpty ? "" : "  " + bar) + rest
    }

    private var label: String {
        let total = "\(epochs)"
        let padding = String(repeating: " ", count: max(0, total.count - "\(epoch)".count))
        return "\(prefix.isEmpty ? "" : prefix + ", ")epoch \(padding)\(epoch)/\(total)"
    }

    private func width(of figures: [(rank: Int, text: String)]) -> Int { figures.reduce(0) { $0 + 2 + $1.text.count } }

    /// In the order they are written; the higher the rank, the sooner it is left out.
    private var figures: [(rank: Int, text: String)] {
        var figures: [(rank: Int, text: String)] = []
        if let loss { figures.append((0, "loss \(significant(loss, 4))")) }
        if let validation {
            figures.append((3, "validation \(significant(validation.loss, 4))"))
            if let accuracy = validation.accuracy { figures.append((1, "accuracy \(fixed(accuracy * 100, 1)) %")) }
        }
        if let samplesPerSecond { figures.append((4, "\(Self.short(samplesPerSecond)) samples/s")) }
        if let secondsLeft { figures.append((2, "\(Self.clock(secondsLeft)) left")) }
        return figures
    }

    private func bar(columns: Int, _ screen: Screen) -> String {
        guard columns >= Self.barColumns.lowerBound, epochs > 0 else { return "" }
        let columns = min(columns, Self.barColumns.upperBound)
        let done = min(Int((Double(epoch) / Double(epochs) * Double(columns)).rounded(.down)), columns)
        return screen.styled(String(repeating: "━", count: done), .blue)
            + screen.styled(String(repeating: "─", count: columns - done), .dim)
    }

    /// `950`, `41k`, `1.2M`
    static func short(_ value: Double) -> String {
        for (factor, letter) in [(1e9, "G"), (1e6, "M"), (1e3, "k")] where value >= factor {
            let scaled = value / factor
            return fixed(scaled, scaled < 9.95 ? 1 : 0) + letter
        }
        return fixed(value, 0)
    }

    /// `0:07`, `12:30`, `3:05:00`
    static func clock(_ seconds: Double) -> String {
        let seconds = Int(min(max(seconds, 0), 1e9).rounded(.up))
        let (hours, minutes) = (seconds / 3600, seconds / 60 % 60)
        func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
        return hours > 0 ? "\(hours):\(two(minutes)):\(two(seconds % 60))" : "\(minutes):\(two(seconds % 60))"
    }
}

/// Tells those who watch a run what comes of its epochs: a line of progress, warnings, and lines of JSON.
struct ProgressDisplay {
    let console: Console
    /// What the line is drawn on, if on anything.
    var screen: Screen?
    var prefix = ""
    let epochs: Int
    /// The most time that training takes, if that is bounded.
    var maximumSeconds: Double?
    let samples: Int
    /// Whether standard output gets an object for each epoch.
    var writesLines = false
    /// Whether what looks wrong is said.
    var warns = false

    /// When the line was last drawn, in seconds of the run.
    private var drawn: Double?
    private var warned: Set<TrainingWarning.Kind> = []

    /// Between two drawings; more often is not seen, and would cost small networks time.
    private static let interval = 0.05
    /// Between two lines where nothing can be overwritten.
    private static let dumbInterval = 5.0

    init(_ configuration: RunConfiguration, samples: Int, console: Console) {
        self.console = console
        screen = console.errors
        self.samples = samples
        epochs = configuration.epochs
        maximumSeconds = configuration.maxSeconds
        warns = configuration.diagnose
    }

    /// Shows that training has begun.
    mutating func begin() { draw(ProgressLine(prefix: prefix, epoch: 0, epochs: epochs), at: 0) }

    mutating func show(_ report: EpochReport) throws {
        if writesLines { try console.jsonLine(report) }
        for warning in report.diagnosis?.warnings ?? [] where warns && warned.insert(warning.kind).inserted {
            clear()
            console.writeError("epoch \(report.epoch): \(warning)\n")
        }
        draw(line(for: report), at: report.seconds)
    }

    func end() { clear() }

    func line(for report: EpochReport) -> ProgressLine {
        let perEpoch = report.seconds / Double(report.epoch)
        let left = perEpoch * Double(epochs - report.epoch)
        return ProgressLine(
            prefix: prefix, epoch: report.epoch, epochs: epochs,
            samplesPerSecond: report.seconds > 0 ? Double(samples) / perEpoch : nil,
            loss: report.loss, validation: report.validation,
            secondsLeft: min(left, maximumSeconds.map { $0 - report.seconds } ?? left))
    }

    private mutating func draw(_ line: ProgressLine, at seconds: Double) {
        guard let screen else { return }
        let interval = screen.overwrites ? Self.interval : Self.dumbInterval
        if let drawn, seconds - drawn < interval, line.epoch < epochs { return }
        drawn = seconds
        console.writeError(screen.overwrites ? "\r\u{1b}[2K\(line.text(on: screen))" : "\(line.text(on: screen))\n")
    }

    private func clear() {
        if screen?.overwrites == true { console.writeError("\r\u{1b}[2K") }
    }
}
