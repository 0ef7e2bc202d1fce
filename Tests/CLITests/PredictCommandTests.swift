import Backprop
import Foundation
import Testing

@testable import BackpropCLI

@Suite("backprop predict, as rows come")
struct PredictCommandTests {
    /// Runs the command with what comes on standard input, so many bytes at a time.
    private func piped(_ words: [String], input: String, by size: Int) -> Outcome {
        var outcome = Outcome(status: 0, output: "", errors: "")
        var left = Array(input.utf8)[...]
        let console = Console(
            write: { outcome.output += $0 }, writeError: { outcome.errors += $0 },
            read: { count in
                let bytes = Array(left.prefix(min(size, count)))
                left = left.dropFirst(bytes.count)
                return bytes
            })
        outcome.status = Command.run(words, console: console)
        return outcome
    }

    /// Trains on irises, and calls a closure with the model.
    private func withModel(_ body: (String, String) throws -> Void) throws {
        try withTemporaryFolder { folder in
            let model = "\(folder)/m"
            try #require(backprop("train", "iris", "--epochs", "20", "--hidden", "5", "--output", model).status == 0)
            try body(model, folder)
        }
    }

    private static let rows = [
        "sepal_length,sepal_width,petal_length,petal_width", "5.1,3.5,1.4,0.2", "7,3.2,4.7,1.4", "6.3,3.3,6,2.5",
    ]

    @Test("standard input gives what a file gives, however its bytes come and its lines end", arguments: [1, 7, 10000])
    func standardInput(size: Int) throws {
        try withModel { model, folder in
            let text = Self.rows.joined(separator: "\n") + "\n"
            try write(text, to: "\(folder)/t.csv")
            let expected = backprop("predict", model, "\(folder)/t.csv")
            #expect(expected.output.split(separator: "\n").count == 4 && expected.status == 0)
            for input in [text, Self.rows.joined(separator: "\r\n")] {
                for words in [["predict", model], ["predict", model, "-"]] {
                    let outcome = piped(words, input: input, by: size)
                    #expect(outcome.output == expected.output && outcome.status == 0 && outcome.errors.isEmpty)
                }
            }
            let plain = piped(
                ["predict", model, "--header", "no"], input: Self.rows.dropFirst().joined(separator: "\n"), by: size)
            #expect(plain.output == expected.output)
        }
    }

    @Test("columns are found by their names, also in quotes and beside others")
    func columns() throws {
        try withModel { model, _ in
            let plain = piped(["predict", model], input: Self.rows.joined(separator: "\n"), by: 100)
            let text = #"""
                "petal_width","species","sepal_length","sepal_width","petal_length"
                0.2,"one, ""two""",5.1,3.5,1.4
                1.4,,7,3.2,"4.7"
                2.5,x,6.3,3.3,6
                """#
            #expect(piped(["predict", model], input: text, by: 100).output == plain.output)
        }
    }

    @Test("a line of JSON for each row says what --json says")
    func jsonLines() throws {
        try withModel { model, _ in
            let input = Self.rows.joined(separator: "\n")
            let lines = piped(["predict", model, "--json-lines"], input: input, by: 50).output
            let objects = try lines.split(separator: "\n").map {
                try JSONSerialization.jsonObject(with: Data($0.utf8)) as? NSDictionary
            }
            let whole = try piped(["predict", model, "--json"], input: input, by: 50).json["predictions"]
            #expect(objects.count == 3 && objects == whole as? [NSDictionary])
            let both = piped(["predict", model, "--json", "--json-lines"], input: input, by: 50)
            #expect(both.status == 64)
            #expect(both.errors == "backprop: --json and --json-lines: expected one of them, found both\n")
        }
    }

    @Test(
        "a row at fault ends it with its line, after the rows before it",
        arguments: [
            ("6.3,x,6,2.5", "line 4, column sepal_width: expected a finite number, found x"),
            ("6.3,,6,2.5", "line 4, column sepal_width: expected a finite number, found nothing"),
            ("6.3,3,6", "line 4: expected 4 fields, found 3"),
            ("1e300,3,6,1", "line 4: expected inputs that are finite after scaling, found one that is inf"),
        ])
    func faults(row: String, message: String) throws {
        try withModel { model, _ in
            let good = piped(["predict", model], input: Self.rows.joined(separator: "\n"), by: 1000).output
            let input = (Self.rows.prefix(3) + [row, "1,2,3,4"]).joined(separator: "\n")
            for size in [5, 1000] {
                let outcome = piped(["predict", model], input: input, by: size)
                #expect(outcome.status == 65)
                #expect(outcome.output == good.split(separator: "\n").prefix(3).joined(separator: "\n") + "\n")
                #expect(outcome.errors == "backprop: standard input \(message)\n")
            }
        }
    }

    @Test("input without rows, and a file that isn't there, are errors")
    func nothing() throws {
        try withModel { model, folder in
            let empty = piped(["predict", model], input: "", by: 1)
            #expect(empty.status == 65)
            #expect(empty.errors == "backprop: standard input: rows: expected at least one, found none\n")
            let missing = backprop("predict", model, "\(folder)/none.csv")
            #expect(missing.status == 66)
            #expect(missing.errors == "backprop: \(folder)/none.csv: can't be read: no such file\n")
            #expect(backprop("predict", model, folder).status == 66)
        }
    }
}
