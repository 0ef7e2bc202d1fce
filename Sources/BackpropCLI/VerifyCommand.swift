import Backprop
import Foundation

extension Command {
    static let verify = Command(
        name: "verify",
        synopsis: "CASE.json…",
        summary: "Checks networks against the numbers of another framework.",
        details: """
            A case is a network, its data, and what another framework computed in 64 bits: output, loss,
            gradients, the losses before each step and after the last, and the final parameters. Every
            number must agree to 1e-10 relative, or 1e-12 absolute where it is smaller than 0.01.
            Exits 1 if one does not, 2 if all that could be run agree but some could not, 65 if a file
            is no case.
            The page "Verification cases" of the documentation gives the format.
            """,
        options: [.json],
        maximumPositionals: .max,
        run: { arguments, console in
            guard !arguments.positionals.isEmpty else {
                throw UsageError(message: "expected CASE.json, found nothing; --help says more")
            }
            let results = try arguments.positionals.map(VerificationResult.init(ofFile:))
            let report = VerificationReport(cases: results)
            if arguments.has("json") { try console.json(report) } else { console.write(report.text) }
            return report.exitStatus
        }
    )
}

private struct VerificationReport: Encodable {
    var cases: [VerificationResult]
    var passed: Int { cases.count { $0.outcome == .passed } }
    var failed: Int { cases.count { $0.outcome == .failed } }
    var unreadable: Int { cases.count { $0.outcome == .unreadable } }
    var unsupported: Int { cases.count { $0.outcome == .unsupported } }

    var exitStatus: Int32 {
        if unreadable > 0 { return ExitStatus.data }
        if failed > 0 { return ExitStatus.mismatch }
        return unsupported > 0 ? ExitStatus.unsupported : ExitStatus.success
    }

    enum CodingKeys: String, CodingKey { case cases, passed, failed, unsupported, unreadable }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(cases, forKey: .cases)
        try container.encode(passed, forKey: .passed)
        try container.encode(failed, forKey: .failed)
        try container.encode(unsupported, forKey: .unsupported)
        try container.encode(unreadable, forKey: .unreadable)
    }

    var text: String {
        let head = ["case", "output", "loss", "gradients", "losses", "parameters", ""]
        let rows = cases.map { result in
            guard let errors = result.errors else {
                let verdict = result.outcome == .unsupported ? "not supported" : "not readable"
                return [result.name, "-", "-", "-", "-", "-", "\(verdict): \(result.reason ?? "")"]
            }
            let numbers = [errors.output, errors.loss, errors.gradients, errors.losses, errors.parameters]
            return [result.name] + numbers.map { significant($0, 2) } + [result.outcome.rawValue]
        }
        return """
            Worst relative errors

            \(TextTable.aligned([head] + rows, rightAligned: [1, 2, 3, 4, 5]))

            \(passed) passed, \(failed) failed, \(unsupported) not supported, \(unreadable) not readable

            """
    }
}
