import Foundation
import Testing

@testable import BackpropCLI

@Suite("backprop check")
struct CheckCommandTests {
    /// Trains a model for a few steps and checks it.
    private func check(_ training: [String], _ words: [String]) throws -> Outcome {
        var outcome: Outcome?
        try withTemporaryFolder { folder in
            let path = "\(folder)/m"
            let trained = backprop(["train"] + training + ["--output", path], showingProgress: false)
            #expect(trained.status == 0, "\(trained.errors)")
            outcome = backprop(["check", path] + words, showingProgress: false)
        }
        return try #require(outcome)
    }

    @Test(
        "gradients are those of the reference, and of the loss by the way that suits the network",
        arguments: [
            ("xor --epochs 3", "xor", "complexStep"),
            ("xor --activation relu --precision f64 --epochs 3", "xor", "centralDifferences"),
            ("iris --activation gelu --hidden 5,4 --dropout 0.4 --epochs 2", "iris", "complexStep"),
            ("iris --loss huber --output-activation identity --epochs 2", "iris", "centralDifferences"),
            ("digits --autoencoder 3 --tie-weights --hidden 8 --epochs 1", "digits", "complexStep"),
        ])
    func passes(training: String, data: String, method: String) throws {
        let words = [data, "--parameters", "20", "--samples", "3", "--json"]
        let outcome = try check(training.split(separator: " ").map(String.init), words)
        #expect(outcome.status == 0, "\(outcome.output) \(outcome.errors)")
        let json = try outcome.json
        #expect(json["passes"] as? Bool == true)
        #expect(json["method"] as? String == method)
        #expect(json["samples"] as? Int == 3)
        let tolerance = try json.number("tolerance")
        for layer in try #require(json["layers"] as? [[String: Any]]) {
            #expect(layer["referenceError"] as? Double == 0)
            #expect(try layer.number("relativeError") <= tolerance)
            #expect((1...20).contains(try #require(layer["parameters"] as? Int)))
        }
    }

    @Test("the text says by which way, and how wrong the worst of each layer is")
    func text() throws {
        let outcome = try check(["xor", "--hidden", "3", "--epochs", "1"], ["xor"])
        #expect(outcome.output.hasPrefix("Gradients of xor, 4 samples; worst errors by layer\n"))
        #expect(outcome.output.contains("\n0               9          the same bits "))
        #expect(outcome.output.contains("\nRight: by the complex step, 1e-13 is allowed\n"))
    }

    @Test("data that doesn't fit the model and words that make no sense are refused")
    func refused() throws {
        let misfit = try check(["xor", "--epochs", "1"], ["iris"])
        #expect(misfit.status == 65)
        #expect(misfit.errors.contains("iris, inputs: expected 2 as the model's, found 4"))
        for option in ["--samples", "--parameters"] {
            let outcome = try check(["xor", "--epochs", "1"], ["xor", option, "0"])
            #expect(outcome.status == 64)
            #expect(outcome.errors.contains("\(option): expected a whole number from 1, found '0'"))
        }
        #expect(backprop("check").errors.contains("expected MODEL, found nothing"))
        #expect(backprop("check", "nowhere", "xor").status == 66)
    }
}
