import Foundation
import Testing

@testable import BackpropCLI

/// The numbers of the worked examples, to half a unit of the twelfth decimal and rounding.
private let tolerance = 1e-11

@Suite("backprop trace")
struct TraceCommandTests {
    /// Every number that a trace shows, as text with the words around it.
    private func expectLines(_ lines: [String], in text: String) {
        for line in lines { #expect(text.contains(line), "missing: \(line)") }
    }

    @Test("the sigmoid example comes out digit for digit")
    func sigmoid() {
        let outcome = backprop("trace", "sigmoid")
        #expect(outcome.status == 0)
        expectLines(
            [
                "+ 0.35 = 0.3775\n", "out h1 = sigmoid(net h1) = 0.593269992107",
                "out h2 = sigmoid(net h2) = 0.596884378260",
                "+ 0.6 = 1.105905967060", "out o1 = sigmoid(net o1) = 0.751365069552",
                "out o2 = sigmoid(net o2) = 0.772928465321", "= 0.274811083176", "= 0.023560025584",
                "  E = 0.298371108760", "= 0.138498561629\n", "= -0.038098236517\n", "∂E/∂w5 = δ o1 · out h1",
                "= 0.082167040564\n", "= 0.358916479718\n", "= 0.408666186076\n", "= 0.511301270239\n",
                "= 0.561370121108\n", "= 0.000438567734\n", "= 0.149780716133\n", "= 0.199561432266\n",
                "= 0.249751143632\n", "= 0.299502287265\n", "After 1 step\n  E = 0.291027773694",
            ], in: outcome.output)
    }

    @Test(
        "ten thousand steps end where the tutorials say, in either order",
        arguments: [
            ("simultaneous", 0.291027773694, 3.510187783e-05, [0.015913620, 0.984064274]),
            ("layer-by-layer", 0.291027923905, 3.508478630e-05, [0.015912196, 0.984065734]),
        ])
    func manySteps(order: String, first: Double, last: Double, outputs: [Double]) throws {
        let trace = try backprop("trace", "sigmoid", "--steps", "10000", "--order", order, "--json").json
        let afterFirst = try #require(trace["afterFirstStep"] as? [String: Any])
        let afterAll = try #require(trace["afterAllSteps"] as? [String: Any])
        #expect(abs(try #require(afterFirst["loss"] as? Double) - first) < tolerance)
        // Printed with ten and nine digits.
        #expect(abs(try #require(afterAll["loss"] as? Double) - last) < 5e-15)
        for (found, expected) in zip(try #require(afterAll["outputs"] as? [Double]), outputs) {
            #expect(abs(found - expected) < 5e-10)
        }
    }

    @Test("the softmax example comes out digit for digit")
    func softmax() {
        let outcome = backprop("trace", "softmax")
        expectLines(
            [
                "= 0.567092904965\n", "= 0.643365145694\n", "= 1.011657150031\n", "= 1.353748760163\n",
                "= 0.415301489595\n", "= 0.584698510405\n", "  E = 0.878750541559", "= -0.331578376794\n",
                "= -0.376174642334\n", "= 0.331578376794\n", "= 0.376174642334\n", "= 0.014354263187\n",
                "= 0.017225115825\n", "= 0.013415698876\n", "= 0.016098838651\n", "= 0.703315783768\n",
                "= 0.803761746423\n", "= 0.896684216232\n", "= 0.996238253577\n", "= 0.099856457368\n",
                "= 0.199827748842\n", "= 0.299865843011\n", "= 0.399839011613\n",
            ], in: outcome.output)
    }

    @Test("the gradients of a chain are the products of their factors, and fade with depth")
    func chain() throws {
        let trace = try backprop("trace", "chain", "--depth", "10", "--json").json
        let vanishing = try #require(trace["vanishing"] as? [String: Double])
        let ratio = try #require(vanishing["ratio"])
        #expect(ratio > 0 && ratio < 1e-5)
        #expect(backprop("trace", "chain").output.contains("∂C/∂w1 : ∂C/∂w10 = "))
    }

    @Test("a chain of one's own follows the chain rule", arguments: ["mean-squared-error", "cross-entropy"])
    func ownChain(loss: String) throws {
        let outcome = backprop(
            "trace", "chain", "--weights", "0.5,-0.8", "--biases", "0.1", "--input", "0.3", "--target", "1", "--loss",
            loss, "--json")
        let trace = try outcome.json
        let layers = try #require(trace["layers"] as? [[String: Any]])
        func gradient(_ layer: Int) throws -> Double {
            let units = try #require(layers[layer]["units"] as? [[String: Any]])
            let weights = try #require(units[0]["weights"] as? [[String: Any]])
            return try #require(weights[0]["gradient"] as? Double)
        }
        func sigmoid(_ z: Double) -> Double { 1 / (1 + exp(-z)) }
        let h = sigmoid(0.5 * 0.3 + 0.1)
        let o = sigmoid(-0.8 * h)
        let delta = loss == "cross-entropy" ? o - 1 : 2 * (o - 1) * o * (1 - o)
        #expect(abs(try gradient(1) - delta * h) < tolerance)
        #expect(abs(try gradient(0) - delta * -0.8 * h * (1 - h) * 0.3) < tolerance)
    }

    @Test("the factors that are shown multiply to the gradient that is shown, in either order")
    func factors() throws {
        for order in ["simultaneous", "layer-by-layer"] {
            let text = backprop("trace", "chain", "--weights", "2,3", "--learning-rate", "1", "--order", order).output
            let lines = text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
            let products = lines.indices.filter { lines[$0].hasPrefix("∂C/∂w") && !lines[$0].contains(" : ") }
            #expect(products.count == 2)
            for line in products {
                let numbers = lines[line + 1].dropFirst(2).components(separatedBy: " · ").map { Double($0) ?? .nan }
                let product = try #require(Double(lines[line + 2].dropFirst(2)))
                // Five factors with twelve decimals each.
                #expect(abs(numbers.reduce(1, *) - product) < 1e-11)
            }
        }
    }

    @Test("a unit that is saturated has no ratio of gradients, and no false one")
    func saturated() {
        let text = backprop("trace", "chain", "--weights", "1000,1000", "--input", "1").output
        #expect(text.contains("∂C/∂out o1 · f'(net o1) · out h1\n        = 2 · 0 · 1"))
        #expect(text.contains("= undefined"))
    }

    @Test("a network of one's own is followed on a row of one's own")
    func ownNetwork() throws {
        try withTemporaryFolder { folder in
            let model = "\(folder)/iris.safetensors"
            _ = backprop("train", "iris", "--hidden", "3", "--epochs", "5", "--output", model)
            let outcome = backprop("trace", model, "iris", "--row", "51", "--steps", "20")
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.output.contains("targets 0, 1, 0"))
            #expect(outcome.output.contains("After 20 steps"))
            #expect(backprop("trace", model, "iris", "--row", "151").status == 64)
        }
    }
}
