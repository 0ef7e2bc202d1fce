import Foundation
import Testing

@testable import BackpropCLI

/// What a command wrote, and how it ended.
struct Outcome {
    var status: Int32
    var output: String
    var errors: String

    /// The JSON object on standard output.
    var json: [String: Any] {
        get throws {
            let value = try JSONSerialization.jsonObject(with: Data(output.utf8))
            return value as? [String: Any] ?? [:]
        }
    }
}

/// Runs the command within the test, as `backprop` would with these words.
func backprop(_ words: String...) -> Outcome {
    backprop(words, showingProgress: false)
}

func backprop(_ words: [String], showingProgress: Bool) -> Outcome {
    let written = Written()
    let console = Console(
        write: { written.output += $0 }, writeError: { written.errors += $0 }, errors: showingProgress ? Screen() : nil)
    let status = Command.run(words, console: console)
    return Outcome(status: status, output: written.output, errors: written.errors)
}

private final class Written {
    var output = ""
    var errors = ""
}

/// A folder that is gone after the test.
func withTemporaryFolder(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("backprop-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try body(folder)
}

func write(_ text: String, to path: String) throws {
    try text.write(toFile: path, atomically: false, encoding: .utf8)
}

/// The folder of data and reference cases that the package's authors keep beside it, or `nil` elsewhere.
var sharedFolder: String? {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    let path = root.deletingLastPathComponent().appendingPathComponent("shared").path
    return FileManager.default.fileExists(atPath: path) ? path : nil
}

/// Trains with these words and returns what was written, as JSON, and the bytes of the model.
func trained(_ words: [String]) throws -> (json: [String: Any], model: Data) {
    var result: (json: [String: Any], model: Data)?
    try withTemporaryFolder { folder in
        let path = "\(folder)/m.safetensors"
        let outcome = backprop(["train"] + words + ["--json", "--output", path], showingProgress: false)
        try #require(outcome.status == 0, "\(outcome.errors)")
        result = (try outcome.json, try #require(FileManager.default.contents(atPath: path)))
    }
    return result!
}

extension [String: Any] {
    /// A value within, by its keys with points between.
    func value(_ path: String) -> Any? {
        var value: Any? = self
        for key in path.split(separator: ".") { value = (value as? [String: Any])?[String(key)] }
        return value
    }

    func number(_ path: String) throws -> Double {
        try #require(value(path) as? Double, "\(path)")
    }

    /// The epochs of a training report.
    var epochs: [[String: Any]] {
        value("history.epochs") as? [[String: Any]] ?? []
    }
}

/// The program that was built beside the tests.
func builtProgram() throws -> URL {
    let folders = [Bundle.main.bundleURL] + Bundle.allBundles.map { $0.bundleURL.deletingLastPathComponent() }
    let candidates = (folders + [URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()])
        .map { $0.appendingPathComponent("backprop") }
    return try #require(candidates.first { FileManager.default.isExecutableFile(atPath: $0.path) })
}
