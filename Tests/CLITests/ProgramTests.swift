import Foundation
import Testing

@testable import BackpropCLI

/// The program itself, as the shell starts it.
@Suite("The program backprop")
struct ProgramTests {
    private func run(_ words: [String], environment: [String: String] = [:]) throws -> (
        status: Int32, output: Data, errors: Data
    ) {
        let process = Process()
        let (output, errors) = (Pipe(), Pipe())
        process.executableURL = try builtProgram()
        process.arguments = words
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        let written = output.fileHandleForReading.readDataToEndOfFile()
        let complaints = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, written, complaints)
    }

    @Test("a model is the same, byte for byte, with every instruction set", arguments: ["scalar", "avx2", "avx512"])
    func instructionSets(name: String) throws {
        try withTemporaryFolder { folder in
            let words = ["train", "--epochs", "1", "--hidden", "20", "--activation", "gelu", "--output"]
            let chosen = try run(words + ["\(folder)/a"], environment: ["BACKPROP_ISA": name])
            if String(decoding: chosen.errors, as: UTF8.self).contains("expected one of") {
                print("skipped: this machine has no \(name)")
                #expect(chosen.status == 65)
                return
            }
            #expect(chosen.status == 0)
            #expect(try run(words + ["\(folder)/b"]).status == 0)
            #expect(
                FileManager.default.contents(atPath: "\(folder)/a")
                    == FileManager.default.contents(atPath: "\(folder)/b"))
        }
    }

    @Test("an unknown instruction set is an error that names those there are")
    func unknownInstructionSet() throws {
        let outcome = try run(["train", "xor"], environment: ["BACKPROP_ISA": "mmx"])
        #expect(outcome.status == 65)
        #expect(String(decoding: outcome.errors, as: UTF8.self).contains("BACKPROP_ISA: expected one of scalar"))
    }

    @Test("JSON is all there is on standard output, and nothing is on standard error")
    func json() throws {
        try withTemporaryFolder { folder in
            let outcome = try run(["train", "xor", "--json", "--output", "\(folder)/m"])
            #expect(outcome.status == 0)
            #expect(try JSONSerialization.jsonObject(with: outcome.output) is [String: Any])
            #expect(outcome.errors.isEmpty)
        }
    }

    @Test("a reader that has seen enough ends the program without a word")
    func closedPipe() throws {
        try withTemporaryFolder { folder in
            let model = "\(folder)/m"
            #expect(try run(["train", "xor", "--epochs", "1", "--output", model]).status == 0)
            try write(String(repeating: "0,1\n", count: 50_000), to: "\(folder)/t.csv")
            let process = Process()
            let (output, errors) = (Pipe(), Pipe())
            process.executableURL = URL(fileURLWithPath: "/bin/sh")
            let script = #"{ "$1" predict "$2" "$3"; echo $? >&2; } | head -n 1"#
            process.arguments = ["-c", script, "sh", try builtProgram().path, model, "\(folder)/t.csv"]
            process.standardOutput = output
            process.standardError = errors
            try process.run()
            let written = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            let complaints = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            #expect(written == "prediction,confidence\n")
            // Ended by SIGPIPE or, where that is ignored, by itself.
            #expect(["141\n", "\(ExitStatus.output)\n"].contains(complaints))
        }
    }
}
