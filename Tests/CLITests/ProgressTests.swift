import Backprop
import Foundation
import Testing

@testable import BackpropCLI

@Suite("What a terminal shows of training")
struct ProgressTests {
    private let line: ProgressLine

    init() throws {
        line = ProgressLine(
            epoch: 37, epochs: 100, samplesPerSecond: 412_345, loss: 0.04231,
            validation: try Self.decoded(["loss": 0.0512, "accuracy": 0.9693]), secondsLeft: 12)
    }

    /// The library's reports have no public initializers.
    private static func decoded<Value: Decodable>(_ numbers: [String: Double]) throws -> Value {
        try JSONDecoder().decode(Value.self, from: try JSONEncoder().encode(numbers))
    }

    @Test("a wide terminal gets everything, with a bar as long as the share of the epochs")
    func wide() {
        let bar = String(repeating: "━", count: 11) + String(repeating: "─", count: 21)
        #expect(
            line.text(on: Screen(columns: 140))
                == "epoch  37/100  \(bar)  loss 0.04231  validation 0.0512  accuracy 96.9 %  412k samples/s  0:12 left")
    }

    @Test("a narrower one gets less: first goes the speed, then the validation's loss, the time, the accuracy")
    func narrow() {
        func text(_ columns: Int) -> String { line.text(on: Screen(columns: columns)) }
        #expect(text(80) == "epoch  37/100  loss 0.04231  validation 0.0512  accuracy 96.9 %  0:12 left")
        #expect(text(66) == "epoch  37/100  ━━──────  loss 0.04231  accuracy 96.9 %  0:12 left")
        #expect(text(46) == "epoch  37/100  loss 0.04231  accuracy 96.9 %")
        #expect(text(30) == "epoch  37/100  loss 0.04231")
        #expect(text(6) == "epoch")
    }

    @Test("no line is as wide as the terminal, or wider", arguments: 2...200)
    func widths(columns: Int) {
        #expect(line.text(on: Screen(columns: columns)).count < columns)
        var fold = line
        fold.prefix = "fold 2 of 5"
        #expect(fold.text(on: Screen(columns: columns)).count < columns)
    }

    @Test("color changes nothing but escapes")
    func color() {
        let escape = /\u{1b}\[[0-9]+m/
        for columns in [40, 80, 120] {
            let plain = line.text(on: Screen(columns: columns))
            let colored = line.text(on: Screen(columns: columns, hasColor: true))
            #expect(colored != plain)
            #expect(colored.replacing(escape, with: "") == plain)
        }
    }

    @Test("times and speeds are short")
    func units() {
        #expect(ProgressLine.clock(0) == "0:00" && ProgressLine.clock(6.2) == "0:07")
        #expect(ProgressLine.clock(750) == "12:30" && ProgressLine.clock(11_100) == "3:05:00")
        #expect(ProgressLine.clock(.infinity) == ProgressLine.clock(1e9))
        #expect(ProgressLine.short(950) == "950" && ProgressLine.short(1_240) == "1.2k")
        #expect(ProgressLine.short(41_200) == "41k" && ProgressLine.short(1_234_567) == "1.2M")
    }

    @Test("the time that is left is that of the epochs, or of the limit if that comes first")
    func timeLeft() throws {
        var configuration = RunConfiguration()
        configuration.epochs = 40
        let report: EpochReport = try Self.decoded([
            "epoch": 10, "iterations": 10, "loss": 1, "learningRate": 0.1, "seconds": 5,
        ])
        let console = Console(write: { _ in }, writeError: { _ in })
        let display = ProgressDisplay(configuration, samples: 100, console: console)
        #expect(display.line(for: report).secondsLeft == 15)
        #expect(display.line(for: report).samplesPerSecond == 200)
        configuration.maxSeconds = 6
        let limited = ProgressDisplay(configuration, samples: 100, console: console)
        #expect(limited.line(for: report).secondsLeft == 1)
    }

    @Test("a terminal is as wide as COLUMNS says, else as it says itself, and colored unless it should not be")
    func screens() {
        #expect(Screen(environment: [:], columns: nil) == Screen(columns: 80, hasColor: true))
        #expect(Screen(environment: ["COLUMNS": "50"], columns: 90).columns == 50)
        #expect(Screen(environment: ["COLUMNS": "no"], columns: 90).columns == 90)
        #expect(!Screen(environment: ["NO_COLOR": "1"], columns: 90).hasColor)
        #expect(Screen(environment: ["NO_COLOR": ""], columns: 90).hasColor)
        #expect(
            Screen(environment: ["TERM": "dumb"], columns: 90)
                == Screen(columns: 90, hasColor: false, overwrites: false))
    }

    /// What a run writes to a terminal.
    private func errors(of words: [String], on screen: Screen?) throws -> (output: String, errors: String) {
        var result = (output: "", errors: "")
        try withTemporaryFolder { folder in
            var written = (output: "", errors: "")
            let console = Console(
                write: { written.output += $0 }, writeError: { written.errors += $0 }, output: screen, errors: screen)
            #expect(Command.run(["train", "xor", "--output", "\(folder)/m"] + words, console: console) == 0)
            result = written
        }
        return result
    }

    @Test("the line is drawn over itself and gone in the end, with the last epoch seen")
    func overwritten() throws {
        let errors = try errors(of: ["--epochs", "7"], on: Screen(columns: 60)).errors
        let frames = errors.components(separatedBy: "\r\u{1b}[2K")
        #expect(frames.first == "" && frames.last == "")
        #expect(frames[1].hasPrefix("epoch 0/7") && frames[frames.count - 2].hasPrefix("epoch 7/7"))
    }

    @Test("where nothing can be overwritten there are lines, and no escapes")
    func dumb() throws {
        let written = try errors(of: ["--epochs", "7"], on: Screen(environment: ["TERM": "dumb"], columns: 70))
        #expect(!(written.errors + written.output).contains("\u{1b}") && !written.errors.contains("\r"))
        #expect(written.errors.split(separator: "\n").last?.hasPrefix("epoch 7/7") == true)
    }

    @Test("results have a curve on a terminal, which keeps to its width")
    func curve() throws {
        let wide = try errors(of: ["--epochs", "30"], on: Screen(columns: 100)).output
        #expect(wide.contains("Loss by epoch") && wide.contains("└"))
        #expect(!(try errors(of: ["--epochs", "30"], on: nil).output.contains("Loss by epoch")))
        for columns in [30, 44, 60] {
            let lines = try errors(of: ["--epochs", "30"], on: Screen(columns: columns)).output.split(separator: "\n")
            let long = lines.filter { $0.count > columns && !$0.contains("/") && !$0.contains("backprop") }
            #expect(long.isEmpty, "\(columns): \(long)")
        }
    }

    @Test("--quiet writes nothing, and with --json the record alone")
    func quiet() throws {
        let screen = Screen(columns: 80)
        #expect(try errors(of: ["--quiet", "--diagnose", "--epochs", "3"], on: screen) == ("", ""))
        let written = try errors(of: ["--quiet", "--json", "--epochs", "3"], on: screen)
        #expect(written.errors.isEmpty && written.output.hasPrefix("{") && written.output.hasSuffix("}\n"))
    }

    @Test("--json-lines writes an object for each epoch, then the record that --json writes, on one line each")
    func jsonLines() throws {
        let words = ["--epochs", "5", "--json-lines"]
        let lines = try errors(of: words, on: nil).output.split(separator: "\n").map { line in
            try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        }
        #expect(lines.count == 6)
        #expect(lines.prefix(5).compactMap { $0["epoch"] as? Int } == [1, 2, 3, 4, 5])
        let record = lines[5]
        #expect(
            record.epochs.compactMap { $0["loss"] as? Double } == lines.prefix(5).compactMap { $0["loss"] as? Double })
        #expect(record["run"] != nil)
        #expect(backprop("train", "xor", "--json", "--json-lines").status == 64)
    }
}
