import Backprop
import Foundation

/// Where a command writes: results to standard output, everything else to standard error.
struct Console {
    /// Writes text of the result.
    var write: (String) -> Void
    /// Writes what is not part of the result: errors and progress.
    var writeError: (String) -> Void
    /// The terminal that standard output is, so that results may be drawn; `nil` for a pipe or file.
    var output: Screen?
    /// The terminal that standard error is, so that progress is worth showing.
    var errors: Screen?
    /// Waits for bytes on standard input: at most so many, and none at the end.
    var read: (Int) throws(BackpropError) -> [UInt8] = ByteInput.standard.read

    static var standard: Console {
        Console(
            write: { text in
                do { try FileHandle.standardOutput.write(contentsOf: Data(text.utf8)) } catch {
                    exit(ExitStatus.output)
                }
            },
            // Nobody is left to be told where standard error is closed.
            writeError: { try? FileHandle.standardError.write(contentsOf: Data($0.utf8)) },
            output: Screen(standardOutputDescriptor), errors: Screen(standardErrorDescriptor))
    }

    private static let standardOutputDescriptor: Int32 = 1
    private static let standardErrorDescriptor: Int32 = 2

    func line(_ text: String = "") { write(text + "\n") }

    /// Writes one JSON object with sorted keys.
    func json(_ value: some Encodable) throws { try write(value, [.prettyPrinted]) }

    /// Writes one JSON object on a line of its own.
    func jsonLine(_ value: some Encodable) throws { try write(value, []) }

    private func write(_ value: some Encodable, _ formatting: JSONEncoder.OutputFormatting) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = formatting.union([.sortedKeys, .withoutEscapingSlashes])
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
        line(String(decoding: try encoder.encode(value), as: UTF8.self))
    }
}
