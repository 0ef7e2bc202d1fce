// verification.swift: every input is read as a verification case, and run if it is one.
@testable import BackpropCLI

func read(_ bytes: [UInt8]) throws {
    let result = VerificationResult(bytes, source: source)
    precondition(result.outcome == .passed || result.outcome == .failed || result.reason?.isEmpty == false)
}
