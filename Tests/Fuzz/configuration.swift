// configuration.swift: every input is read as a run's description; what is accepted has its numbers in range.
@testable import BackpropCLI

func read(_ bytes: [UInt8]) throws {
    let run = try RunConfiguration(bytes, source: source)
    precondition(run.hidden.allSatisfy { $0 > 0 } && (1...1024).contains(run.threads))
    precondition((0..<1).contains(run.dropout) && run.rate.map { $0.isFinite } ?? true)
}
