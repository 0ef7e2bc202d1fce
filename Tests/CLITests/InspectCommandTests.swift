import Backprop
import Foundation
import Testing

@testable import BackpropCLI

#if canImport(FoundationXML)
    import FoundationXML
#endif

@Suite("backprop inspect")
struct InspectCommandTests {
    /// A model whose weights are known: 4-3-2 with a unit that nothing leads to, and one that leads nowhere.
    private func write(to path: String) throws {
        let hidden: [Double] = [1, 2, 3, 4, 0, 0, 0, 0, -1, 0, 1, -2]
        let output: [Double] = [1, 2, 0, -1, 1, 0]
        let network = try Network<Double>(
            inputs: 4,
            layers: [
                Layer(units: 3, activation: .relu, initialWeights: .values(hidden)),
                Layer(units: 2, activation: .identity, hasBiases: false, initialWeights: .values(output)),
            ])
        try Model(network: network, loss: .squaredError).write(to: path)
    }

    @Test("layers come with their operations, the spread of their weights, and their dead units")
    func layers() throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/m"
            try write(to: path)
            let json = try backprop("inspect", path, "--json").json
            let layers = try #require(json.value("network.layers") as? [[String: Any]])
            // Sum 8, sum of squares 36.
            #expect(try layers[0].number("weights.mean") == 8.0 / 12)
            let deviation = (36.0 / 12 - (8.0 / 12) * (8.0 / 12)).squareRoot()
            #expect(abs(try layers[0].number("weights.standardDeviation") - deviation) < 1e-15)
            #expect(try layers[0].number("weights.norm") == 6)
            #expect(try layers[0].number("weights.minimum") == -2)
            #expect(try layers[0].number("weights.maximum") == 4)
            #expect(try layers[0].number("weights.zeros") == 5.0 / 12)
            // Unit 1 has no weights; unit 2 is weighted by 0 above.
            #expect(layers.map { $0["deadUnits"] as? Int } == [2, 0])
            #expect(layers.map { $0["operationsPerSample"] as? Int } == [24, 12])
            #expect(json.value("network.operationsPerSample") as? Int == 36)
            // Forward, gradient, and the deltas from layer 1 to layer 0.
            #expect(json.value("network.trainingOperationsPerSample") as? Int == 36 + 36 + 12)
            #expect(json["activationBytes"] as? Int == 8 * (3 + 2))
            let text = backprop("inspect", path).output
            #expect(text.contains("84 operations a sample and step"))
            #expect(text.contains("41.7 %"))
        }
    }

    @Test("the page is well-formed, and has a picture for each unit where inputs are a square picture")
    func page() throws {
        try withTemporaryFolder { folder in
            let (model, page) = ("\(folder)/<m>&.safetensors", "\(folder)/i.html")
            for (words, pictures) in [(["digits", "--hidden", "70"], 64), (["iris", "--hidden", "5,4"], 0)] {
                _ = backprop(["train"] + words + ["--epochs", "1", "--output", model], showingProgress: false)
                let outcome = backprop("inspect", model, "--html", page)
                #expect(outcome.status == 0, "\(outcome.errors)")
                let text = try String(contentsOfFile: page, encoding: .utf8)
                #expect(XMLParser(data: Data(text.utf8)).parse())
                #expect(text.contains("&lt;m&gt;&amp;.safetensors") && !text.contains("<m>"))
                #expect(text.components(separatedBy: "alt=\"Weights of unit").count - 1 == pictures)
                let layers = words[0] == "digits" ? 2 : 3
                #expect(text.components(separatedBy: "alt=\"Heat map").count - 1 == layers)
                // Every picture is in the file.
                #expect(
                    text.components(separatedBy: "src=\"").count == text.components(separatedBy: "src=\"data:").count)
            }
            #expect(backprop("inspect", model, "--html", "\(folder)/no/i.html").status == 66)
            let both = backprop("inspect", model, "--html", page, "--json")
            #expect(try both.json["precision"] as? Int == 32)
        }
    }

    @Test("a wide layer is shown by the means of its weights, so that the page stays small")
    func wideLayer() throws {
        try withTemporaryFolder { folder in
            let network = try Network<Float>(inputs: 1100, layers: [.dense(20, .tanh), .dense(1, .identity)], seed: 1)
            let path = "\(folder)/m"
            try Model(network: network, loss: .squaredError).write(to: path)
            #expect(backprop("inspect", path, "--html", "\(folder)/i.html").status == 0)
            let text = try String(contentsOfFile: "\(folder)/i.html", encoding: .utf8)
            #expect(text.contains("A pixel is the mean of 1 × 3 weights."))
            #expect(text.utf8.count < 100_000)
        }
    }
}
