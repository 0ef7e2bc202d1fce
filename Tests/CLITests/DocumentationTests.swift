import Foundation
import Testing

@testable import BackpropCLI

@Suite("What the documentation says")
struct DocumentationTests {
    private func text(of page: String) throws -> String {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return try String(contentsOf: root.appendingPathComponent(page), encoding: .utf8)
    }

    private func commands(in page: String) throws -> [String] {
        let text = try text(of: page)
        let indented = text.split(separator: "\n").filter { $0.hasPrefix("    backprop train") }
        let quoted = text.matches(of: /`(backprop train [^`…]*)`/).map(\.1)
        // Up to where the shell takes over.
        return (indented + quoted).map { $0.split(separator: /[#>]/)[0].trimmingCharacters(in: .whitespaces) }
    }

    @Test(
        "every run of backprop train is one that the command understands",
        arguments: [
            ("README.md", 6), ("Sources/Backprop/Backprop.docc/Training.md", 6),
            ("Sources/Backprop/Backprop.docc/Checkpoints.md", 0),
        ])
    func runs(page: String, fewest: Int) throws {
        let commands = try commands(in: page)
        #expect(commands.count > fewest)
        try withTemporaryFolder { folder in
            try write("{}", to: "\(folder)/record.json")
            for command in commands {
                let words = command.split(separator: " ").dropFirst(2).map {
                    $0 == "record.json" ? "\(folder)/record.json" : String($0)
                }
                #expect(throws: Never.self, "\(command)") {
                    _ = try RunConfiguration(try Arguments(words, of: .train))
                }
            }
        }
    }

    @Test("the manual has every command's help, line for line", arguments: Command.all.map(\.name))
    func manual(command: String) throws {
        let help = backprop(command, "--help").output.split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0.replacing(#/ +$/#, with: "") }.joined(separator: "\n")
        let manual = try text(of: "Sources/Backprop/Backprop.docc/Manual.md")
        #expect(
            manual.contains("\n## \(command)\n\n```console\n$ backprop \(command) --help\n\(help)```\n"),
            "python3 Tests/Scripts/docs.py --update Sources/Backprop/Backprop.docc/Manual.md")
    }
}
