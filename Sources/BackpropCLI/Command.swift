import Backprop

/// A command's status for the shell, by the numbers of BSD's sysexits.
enum ExitStatus {
    static let success: Int32 = 0
    /// `verify` found a number that is off.
    static let mismatch: Int32 = 1
    /// `verify` met a case that it can't run.
    static let unsupported: Int32 = 2
    static let usage: Int32 = 64
    static let data: Int32 = 65
    static let noInput: Int32 = 66
    /// A signal asked for the end; with its number added, as shells have it.
    static let signal: Int32 = 128
    /// Standard output is full or closed.
    static let output: Int32 = 74
}

/// The words were wrong: says what was expected.
struct UsageError: Error {
    var message: String
}

/// One of the program's commands.
struct Command: Sendable {
    var name: String
    /// What follows the name, in the help.
    var synopsis: String
    var summary: String
    /// What the help says below the options.
    var details: String
    var options: [Option]
    var maximumPositionals: Int
    /// Returns the exit status.
    var run: @Sendable (Arguments, Console) throws -> Int32

    static let all: [Command] = [
        .train, .evaluate, .predict, .export, .inspect, .check, .trace, .verify, .completions, .manual,
    ]

    /// Runs the program with its arguments and returns its exit status.
    static func run(_ words: [String], console: Console) -> Int32 {
        do {
            return try dispatch(words, console)
        } catch let error as UsageError {
            console.writeError("backprop: \(error.message)\n")
            return ExitStatus.usage
        } catch let error as BackpropError {
            console.writeError("backprop: \(error)\n")
            if case .file = error { return ExitStatus.noInput }
            return ExitStatus.data
        } catch {
            console.writeError("backprop: \(error)\n")
            return ExitStatus.data
        }
    }

    private static func dispatch(_ words: [String], _ console: Console) throws -> Int32 {
        guard let name = words.first else {
            console.writeError(overview)
            return ExitStatus.usage
        }
        if ["--help", "-h", "help"].contains(name) {
            let command = all.first { $0.name == words.dropFirst().first }
            console.write(command?.help ?? overview)
            return ExitStatus.success
        }
        if name == "--version" {
            console.line("backprop \(libraryVersion)")
            return ExitStatus.success
        }
        guard let command = all.first(where: { $0.name == name }) else {
            throw UsageError(message: unknown("command", name, among: all.map(\.name)))
        }
        if words.contains("--help") || words.contains("-h") {
            console.write(command.help)
            return ExitStatus.success
        }
        let arguments = try Arguments(Array(words.dropFirst()), of: command)
        return try command.run(arguments, console)
    }

    private static var overview: String {
        let rows = all.map { ["  \($0.name)", $0.summary] }
        return """
            backprop trains dense neural networks by backpropagation and shows how.

            usage: backprop COMMAND …

            \(TextTable.aligned(rows, rightAligned: []))

            backprop train            watch a network learn to read handwritten digits
            backprop COMMAND --help   all about a command

            """
    }

    private var help: String {
        """
        usage: backprop \(name) \(synopsis)

        \(summary)

        \(optionsText)
        \(details.isEmpty ? "" : "\n\(details)\n")
        """
    }

    /// The options, below the titles of their groups.
    private var optionsText: String {
        let rows = options.map { ["  --\($0.name)" + ($0.placeholder.map { " \($0)" } ?? ""), $0.help] }
        let lines = TextTable.aligned(rows, rightAligned: []).split(separator: "\n").map(String.init)
        var text: [String] = []
        for (index, line) in lines.enumerated() {
            let group = options[index].group
            if !group.isEmpty, index == 0 || options[index - 1].group != group {
                if index > 0 { text.append("") }
                text.append(group)
            }
            text.append(line)
        }
        return text.joined(separator: "\n")
    }
}

/// A sentence for a word that isn't known, with the nearest one that is.
func unknown(_ kind: String, _ word: String, among known: [String]) -> String {
    let nearest = known.map { ($0, editDistance(word, $0)) }.min { $0.1 < $1.1 }
    if let nearest, nearest.1 <= max(2, word.count / 3) {
        return "unknown \(kind) '\(word)'; did you mean '\(nearest.0)'?"
    }
    return "unknown \(kind) '\(word)'; expected one of \(known.joined(separator: ", "))"
}

/// The fewest insertions, deletions and replacements of a character that make one word the other.
private func editDistance(_ a: String, _ b: String) -> Int {
    let b = Array(b)
    var row = Array(0...b.count)
    for character in a {
        var diagonal = row[0]
        row[0] += 1
        for index in b.indices {
            let replaced = diagonal + (character == b[index] ? 0 : 1)
            diagonal = row[index + 1]
            row[index + 1] = min(replaced, row[index] + 1, row[index + 1] + 1)
        }
    }
    return row[b.count]
}
