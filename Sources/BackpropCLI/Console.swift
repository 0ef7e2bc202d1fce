import Backprop
import Foundation

/// Where a command writes: results to standard output, everything else to standard error.
struct Console {
    /// Writes text of the result.
    var write: (String) -> Void
    /// Writes what is not part of the result: errors and progress.
    var writeError: (String) -> Void
    /// Whether somebody watches standard error, so that progress is worth showing.
    var showsProgress: Bool
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
            showsProgress: isTerminal(standardErrorDescriptor))
    }

    private static let standardErrorDescriptor: Int32 = 2

    private static func isTerminal(_ descriptor: Int32) -> Bool {
        #if os(Windows)
            return _isatty(descriptor) != 0
        #else
            return isatty(descriptor) != 0
        #endif
    }

    func line(_ text: String = "") { write(text + "\n") }

    /// Writes one JSON object with sorted keys.
    func json(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
        line(String(decoding: try encoder.encode(value), as: UTF8.self))
    }

    /// Overwrites the line of progress.
    func progress(_ text: String) {
        if showsProgress { writeError("\r\u{1b}[2K\(text)") }
    }

    func endProgress() {
        if showsProgress { writeError("\r\u{1b}[2K") }
    }
}
