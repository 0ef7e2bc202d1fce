import Foundation
import Testing

@testable import BackpropCLI

@Suite("backprop verify")
struct VerifyCommandTests {
    /// One sigmoid unit with one input, worked out on paper: z = 0, o = ½, δ = (½ − 1)/4 = −⅛.
    private func unitCase(loss: String = "0.125", optimizer: String = #"{"name":"sgd","learningRate":8}"#) -> String {
        // After one step w = 0 + 8/8 = 1, b = 1, so o = sigmoid(2).
        let o = 1 / (1 + exp(-2.0))
        let after = (1 - o) * (1 - o) / 2
        return """
            {"name":"unit","layers":[{"inputs":1,"outputs":1,"activation":"sigmoid","bias":true,
            "weights":[[0]],"biases":[0]}],"loss":"squaredError","optimizer":\(optimizer),"batch":1,
            "inputs":[[1]],"targets":[[1]],"steps":1,"expected":{"output":[[0.5]],"loss":\(loss),
            "weightGradients":[[[-0.125]]],"biasGradients":[[-0.125]],"losses":[0.125,\(after)],
            "finalWeights":[[[1]]],"finalBiases":[[1]]}}
            """
    }

    private func verify(_ text: String) throws -> Outcome {
        var outcome = Outcome(status: -1, output: "", errors: "")
        try withTemporaryFolder { folder in
            try write(text, to: "\(folder)/case.json")
            outcome = backprop("verify", "\(folder)/case.json")
        }
        return outcome
    }

    @Test("right numbers pass, and exit 0")
    func rightNumbers() throws {
        let outcome = try verify(unitCase())
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
        #expect(outcome.output.contains("1 passed, 0 failed"))
    }

    @Test("a number that is off by a billionth fails, and exits 1")
    func wrongNumber() throws {
        let outcome = try verify(unitCase(loss: "0.1250000001"))
        #expect(outcome.status == 1)
        #expect(outcome.output.contains("0 passed, 1 failed"))
    }

    @Test("an optimizer that does not exist is named, and exits 2")
    func unsupported() throws {
        let outcome = try verify(unitCase(optimizer: #"{"name":"lion","learningRate":8}"#))
        #expect(outcome.status == 2)
        #expect(outcome.output.contains("not supported: optimizer lion"))
    }

    @Test(
        "what makes no case is not readable, and exits 65",
        arguments: [
            (#""steps":1"#, #""steps":-1"#, "steps from 0"),
            (#""layers":["#, #""layers":[],"others":["#, "unit: layers: expected at least one, found none"),
            (#""weights":[[0]]"#, #""weights":[[0,0]]"#, "expected 1 rows of 1, found 1 of 2"),
            (#""output":[[0.5]]"#, #""output":[[0.5],[0.5]]"#, "expected 1 rows of 1, found 2 of 1"),
            (#""weightGradients":[[[-0.125]]]"#, #""weightGradients":[]"#, "expected 1 layers"),
            (#""outputs":1"#, #""outputs":1000000000000"#, "expected 1 rows of 1000000000000"),
            (#""loss":"squaredError""#, #""loss":"none""#, "expected valid JSON of the format's keys"),
        ])
    func malformed(part: String, replacement: String, message: String) throws {
        let text = unitCase().replacingOccurrences(of: part, with: replacement)
        #expect(text != unitCase())
        let outcome = try verify(text)
        #expect(outcome.status == 65)
        #expect(outcome.output.contains(message), "\(outcome.output)")
    }

    @Test("momentum is not taken for plain gradient descent")
    func momentum() throws {
        let outcome = try verify(unitCase(optimizer: #"{"name":"sgd","learningRate":8,"momentum":0.9}"#))
        #expect(outcome.status == 2)
        #expect(outcome.output.contains("not supported: momentum"))
    }

    @Test("PyTorch's numbers for plain gradient descent come out")
    func reference() throws {
        guard let sharedFolder else {
            print("skipped: no reference cases beside the package")
            return
        }
        let folder = "\(sharedFolder)/oracle"
        let paths = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".json") }
        let outcome = backprop(["verify", "--json"] + paths.map { "\(folder)/\($0)" }, showingProgress: false)
        let report = try outcome.json
        #expect(report["failed"] as? Int == 0)
        // Six of the cases use gradient descent without decay or clipping.
        #expect(try #require(report["passed"] as? Int) >= 6)
    }
}
