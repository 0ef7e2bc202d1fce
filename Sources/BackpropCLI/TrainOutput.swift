import Backprop

/// What a command has found out: an object for programs, a text for people.
protocol Report: Encodable {
    /// - Parameter screen: The terminal that it is read on; `nil` for a pipe or file, where nothing is drawn.
    func text(on screen: Screen?) -> String
}

/// What `backprop train` writes besides the model, and how.
struct TrainOutput {
    /// What standard output gets.
    enum Format {
        case text, json, jsonLines, nothing
    }

    let format: Format
    let isQuiet: Bool
    /// Where a page about the run is written.
    let page: String?
    /// What repeats the run.
    let commandLine: String

    init(_ arguments: Arguments) throws(UsageError) {
        guard !arguments.has("json") || !arguments.has("json-lines") else {
            throw UsageError(message: "--json and --json-lines: expected one of them, found both")
        }
        isQuiet = arguments.has("quiet")
        format =
            arguments.has("json") ? .json : arguments.has("json-lines") ? .jsonLines : isQuiet ? .nothing : .text
        page = arguments.text("report")
        commandLine = (["backprop", "train"] + arguments.words).map(shellWord).joined(separator: " ")
    }

    /// Where a run shows how far it is.
    func display(
        _ configuration: RunConfiguration, samples: Int, prefix: String = "", on console: Console
    ) -> ProgressDisplay {
        var display = ProgressDisplay(configuration, samples: samples, console: console)
        display.prefix = prefix
        display.writesLines = format == .jsonLines
        if isQuiet {
            display.screen = nil
            display.warns = false
        }
        return display
    }

    func publish(_ report: some Report, on console: Console) throws {
        switch format {
        case .text: console.write(report.text(on: console.output))
        case .json: try console.json(report)
        case .jsonLines: try console.jsonLine(report)
        case .nothing: break
        }
    }
}

/// A word as a shell takes it: in quotes where a character in it would mean something.
func shellWord(_ word: String) -> String {
    let isPlain = word.unicodeScalars.allSatisfy { scalar in
        scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || "-_./=,:+@%".unicodeScalars.contains(scalar)
    }
    return isPlain && !word.isEmpty ? word : "'" + word.replacing("'", with: "'\\''") + "'"
}
