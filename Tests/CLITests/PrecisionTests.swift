import Foundation
import Testing

@testable import BackpropCLI

@Suite("Models of 32 and of 64 bits")
struct PrecisionTests {
    private static let table = "x,y\n" + (0..<8).map { "\($0).25,\($0 * $0)" }.joined(separator: "\n")

    /// Trains on a table too small to hold samples out, so that training reports on what it learnt from.
    private func withModel(
        _ precision: String, _ body: (_ model: String, _ table: String, _ report: [String: Any]) throws -> Void
    ) throws {
        try withTemporaryFolder { folder in
            let (table, model) = ("\(folder)/t.csv", "\(folder)/m")
            try write(Self.table, to: table)
            let outcome = backprop(
                "train", table, "--target", "y", "--hidden", "5", "--precision", precision, "--output", model, "--json")
            #expect(outcome.status == 0, "\(outcome.errors)")
            try body(model, table, try outcome.json)
        }
    }

    @Test("evaluate gives the bits that training reported", arguments: ["f32", "f64"])
    func evaluate(precision: String) throws {
        try withModel(precision) { model, table, report in
            let found = try backprop("evaluate", model, table, "--json").json
            for figure in ["loss", "rootMeanSquaredError", "rSquared"] {
                #expect(try found.number(figure) == report.number("evaluation.\(figure)"))
            }
        }
    }

    @Test("predict computes in the precision of the model")
    func predict() throws {
        // JSONSerialization reads numbers an ulp off, JSONDecoder doesn't.
        struct Answers: Decodable {
            struct Answer: Decodable { var outputs: [Double] }
            var predictions: [Answer]
        }
        func answers(_ precision: String) throws -> [Double] {
            var answers: [Double] = []
            try withTemporaryFolder { folder in
                let (table, model) = ("\(folder)/t.csv", "\(folder)/m")
                try write("a,b\n0,0\n0,1\n1,0\n1,1\n", to: table)
                #expect(backprop("train", "xor", "--precision", precision, "--output", model).status == 0)
                let text = backprop("predict", model, table, "--json").output
                answers = try JSONDecoder().decode(Answers.self, from: Data(text.utf8)).predictions.flatMap(\.outputs)
            }
            return answers
        }
        let (single, double) = (try answers("f32"), try answers("f64"))
        func isSingle(_ value: Double) -> Bool { Double(Float(value)) == value }
        #expect(single.count == 4 && single.allSatisfy(isSingle))
        #expect(double.count == 4 && !double.contains(where: isSingle))
        for (a, b) in zip(single, double) { #expect(abs(a - b) < 1e-4) }
    }

    @Test("a trace of a model of 64 bits begins with the numbers that predict gives")
    func trace() throws {
        try withTemporaryFolder { folder in
            let (table, model) = ("\(folder)/t.csv", "\(folder)/m")
            try write("a,b\n0,0\n0,1\n1,0\n1,1\n", to: table)
            #expect(backprop("train", "xor", "--precision", "f64", "--output", model).status == 0)
            let predicted = try backprop("predict", model, table, "--json").json["predictions"] as? [[String: Any]]
            for row in 0..<4 {
                let trace = try backprop("trace", model, "xor", "--row", "\(row + 1)", "--json").json
                let outputs = try #require(trace.value("before.outputs") as? [Double])
                #expect(outputs == predicted?[row]["outputs"] as? [Double])
            }
        }
    }

    @Test("inspect says which, and how many bytes", arguments: [("f32", 32), ("f64", 64)])
    func inspect(precision: String, bits: Int) throws {
        try withModel(precision) { model, _, _ in
            let json = try backprop("inspect", model, "--json").json
            #expect(json["precision"] as? Int == bits)
            #expect(json["bytes"] as? Int == 16 * bits / 8)
            let text = backprop("inspect", model).output
            #expect(text.contains("16 (\(16 * bits / 8) bytes as \(bits)-bit floats)"))
        }
    }

    @Test("check takes both", arguments: ["f32", "f64"])
    func check(precision: String) throws {
        try withModel(precision) { model, table, _ in
            #expect(backprop("check", model, table).status == 0)
        }
    }
}
