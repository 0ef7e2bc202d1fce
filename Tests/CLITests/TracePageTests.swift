import Backprop
import BackpropReference
import BackpropSamples
import Foundation
import Testing

@testable import BackpropCLI

#if canImport(FoundationXML)
    import FoundationXML
#endif

@Suite("The page and the picture of backprop trace")
struct TracePageTests {
    /// Networks of many kinds on a sample each.
    private static func examples() throws -> [WorkedExample] {
        let kinds: [(Activation, Activation, Loss)] = [
            (.tanh, .identity, .meanSquaredError), (.relu, .softmax, .crossEntropy),
            (.gelu, .sigmoid, .binaryCrossEntropy), (.softmax, .softmax, .squaredError),
            (.leakyReLU, .tanh, .huber), (.elu, .softplus, .meanAbsoluteError),
        ]
        let own = try kinds.map { hidden, output, loss in
            WorkedExample(
                name: "\(hidden.rawValue) \(output.rawValue)", summary: loss.rawValue,
                network: try Network(inputs: 3, layers: [.dense(4, hidden), .dense(2, output)], seed: 7),
                dataset: try Dataset(inputs: [[0.5, -1, 0.25]], targets: [[1, 0]]), loss: loss, learningRate: 0.1)
        }
        let wide = WorkedExample(
            name: "wide", summary: "9-12-1",
            network: try Network(
                inputs: 9, layers: [.dense(12, .sigmoid, hasBiases: false), .dense(1, .identity)], seed: 7),
            dataset: try Dataset(inputs: [Array(repeating: 0.5, count: 9)], targets: [[1]]), loss: .squaredError,
            learningRate: 0.1)
        let chain = try WorkedExample.chain(
            weights: Array(repeating: 1, count: 10), biases: Array(repeating: 0, count: 9), input: 1, target: 0,
            learningRate: 0.5)
        return [try .sigmoid(), try .softmax(), chain, wide] + own
    }

    /// The content of an element of JSON.
    private func json(_ id: String, in page: String) throws -> [String: Any] {
        let start = try #require(page.range(of: "id=\"\(id)\">")).upperBound
        let end = try #require(page.range(of: "</script>", range: start..<page.endIndex)).lowerBound
        let value = try JSONSerialization.jsonObject(with: Data(page[start..<end].utf8))
        return try #require(value as? [String: Any])
    }

    private func isWellFormed(_ text: String) -> Bool { XMLParser(data: Data(text.utf8)).parse() }

    @Test("pages and pictures of all kinds of networks are well-formed, and fetch nothing")
    func wellFormed() throws {
        for (index, example) in try Self.examples().enumerated() {
            let steps = try TraceSteps(of: example, order: UpdateOrder.allCases[index % 2], steps: 2)
            let page = try TracePage(steps).text
            #expect(isWellFormed(page), "\(example.name)")
            #expect(isWellFormed(TracePicture(steps).text), "\(example.name)")
            #expect(!page.contains("src=") && !page.contains("href=") && !page.contains("url("))
        }
    }

    @Test("every number of a step is the library's, in the digits of backprop trace", arguments: UpdateOrder.allCases)
    func numbers(order: UpdateOrder) throws {
        for example in try Self.examples() {
            let steps = try TraceSteps(of: example, order: order, steps: 12)
            #expect(steps.steps.first == 0 && steps.steps.last == 12)
            let data = try json("numbers", in: try TracePage(steps).text)
            let frames = try #require(data["frames"] as? [[String]])
            let constants = try #require(data["constants"] as? [String])
            #expect(data["steps"] as? [Int] == steps.steps)

            var network = example.network
            var trainer = Trainer<Double>(
                loss: example.loss, learningRate: .constant(example.learningRate), updateOrder: order)
            var taken = 0
            for (index, step) in steps.steps.enumerated() {
                while taken < step {
                    try trainer.step(&network, on: example.dataset)
                    taken += 1
                }
                func shown(_ number: TraceNumber) throws -> String {
                    let slot = try #require(steps.slots[number])
                    return slot < constants.count ? constants[slot] : frames[index][slot - constants.count]
                }
                for layer in network.layers.indices {
                    for (unit, weights) in network.weights(ofLayer: layer).enumerated() {
                        for (input, weight) in weights.enumerated() {
                            let place = TraceNumber.Place(layer: layer, unit: unit, input: input)
                            #expect(try shown(.parameter(.value, place)) == Trace.text(weight))
                        }
                    }
                    let outputs = try network.activations(ofLayer: layer, for: example.dataset.inputs)
                    for (unit, output) in outputs.enumerated() {
                        #expect(try shown(.unit(.out, layer: layer, unit: unit)) == Trace.text(output))
                    }
                }
                let loss = ReferenceNetwork(network).pass(
                    [example.dataset.inputs], [example.dataset.targets(ofSample: 0)], loss: example.loss
                ).loss
                #expect(try shown(.loss) == Trace.text(loss))
            }
        }
    }

    @Test("the page has every number that the text has, step by step", arguments: UpdateOrder.allCases)
    func sameDigits(order: UpdateOrder) throws {
        for example in try Self.examples() {
            let steps = try TraceSteps(of: example, order: order, steps: 2)
            let data = try json("numbers", in: try TracePage(steps).text)
            let frames = try #require(data["frames"] as? [[String]])
            let constants = try #require(data["constants"] as? [String])
            for (trace, frame) in zip(steps.traces, frames) {
                let known = Set(frame + constants)
                let text = TraceText(trace).text
                let end = try #require(text.range(of: "After 1 step")).lowerBound
                // Numbers of twelve decimals: none of them is part of a formula.
                for match in text[..<end].matches(of: /-?\d+\.\d{12}/) {
                    #expect(known.contains(String(match.output)), "\(example.name): \(match.output)")
                }
            }
        }
    }

    @Test("the factors of each gradient multiply to it", arguments: UpdateOrder.allCases)
    func factors(order: UpdateOrder) throws {
        for example in try Self.examples() {
            let trace = try Trace(of: example, order: order, steps: 1)
            let formulas = TraceFormulas(trace: trace)
            for layer in trace.layers.indices {
                for place in trace.layers[layer].units.indices.flatMap({ formulas.places(layer, $0) }) {
                    let gradient = trace[.parameter(.gradient, place)]
                    let products = [formulas.factors(place)] + (formulas.isChain ? [formulas.product(layer)] : [])
                    for factors in products where place.input != nil || factors.count < 3 {
                        let product = factors.map { trace[$0.number] }.reduce(1, *)
                        // At most 21 factors, each rounded once, and a sum of at most four terms.
                        #expect(abs(product - gradient) <= 32 * gradient.ulp + 1e-300, "\(example.name) \(place)")
                    }
                }
            }
        }
    }

    @Test("labels lie neither over each other nor over units")
    func layout() throws {
        for example in try Self.examples() {
            let trace = try Trace(of: example, order: .simultaneous, steps: 1)
            for direction in [TraceDrawing.Direction.rightward, .downward] {
                let layout = TraceLayout(trace, direction)
                let labeled = layout.edges.filter(\.isLabeled)
                // All but the widest network have room for all.
                #expect(labeled.count == layout.edges.count || example.name == "wide")
                for (index, edge) in labeled.enumerated() {
                    let (x, y) = (edge.label.x, edge.label.y)
                    for other in labeled[..<index] {
                        #expect(abs(other.label.x - x) >= 104 || abs(other.label.y - y) >= 30, "\(example.name)")
                    }
                    for card in layout.cards.joined() {
                        let isApart =
                            abs(card.center.x - x) > card.width / 2 || abs(card.center.y - y) > card.height / 2
                        #expect(isApart, "\(example.name)")
                    }
                }
                for card in layout.cards.joined() {
                    #expect((card.width / 2...(layout.size.width - card.width / 2)).contains(card.center.x))
                    #expect((card.height / 2...(layout.size.height - card.height / 2)).contains(card.center.y))
                }
            }
        }
    }

    @Test("names of files are texts on the page")
    func escaping() throws {
        try withTemporaryFolder { folder in
            let model = "\(folder)/<b>&\"'.safetensors"
            _ = backprop("train", "iris", "--hidden", "3", "--epochs", "1", "--output", model)
            let outcome = backprop("trace", model, "iris", "--html", "\(folder)/t.html", "--svg", "\(folder)/t.svg")
            #expect(outcome.status == 0, "\(outcome.errors)")
            let page = try String(contentsOfFile: "\(folder)/t.html", encoding: .utf8)
            #expect(page.contains("&lt;b&gt;&amp;&quot;&#39;.safetensors"))
            #expect(!page.contains("<b>&"))
            #expect(isWellFormed(page))
            #expect(isWellFormed(try String(contentsOfFile: "\(folder)/t.svg", encoding: .utf8)))
        }
    }

    @Test("a network too large to be drawn is refused with the limit, and its text is still to be had")
    func limits() throws {
        try withTemporaryFolder { folder in
            let model = "\(folder)/m.safetensors"
            _ = backprop("train", "digits", "--hidden", "8", "--epochs", "1", "--output", model)
            for option in ["--html", "--svg"] {
                let outcome = backprop("trace", model, "digits", option, "\(folder)/t")
                #expect(outcome.status == 64)
                #expect(outcome.output.isEmpty)
                #expect(
                    outcome.errors.contains(
                        "\(option): network: expected at most 16 inputs and units a layer, 12 layers and 300 weights and biases"
                    )
                )
                #expect(outcome.errors.contains("found 64-8-10 with 610"))
                #expect(!FileManager.default.fileExists(atPath: "\(folder)/t"))
            }
            #expect(backprop("trace", model, "digits").status == 0)
            #expect(backprop("trace", "chain", "--depth", "13", "--html", "\(folder)/t").status == 64)
            #expect(backprop("trace", "sigmoid", "--html", "\(folder)/no/t.html").status == 66)
        }
    }

    @Test("layers that share weights are refused, for their gradients are sums that a trace doesn't have")
    func tiedWeights() throws {
        try withTemporaryFolder { folder in
            let model = "\(folder)/m.safetensors"
            let trained = backprop(
                "train", "digits", "--autoencoder", "4", "--tie-weights", "--epochs", "1", "--output", model)
            #expect(trained.status == 0, "\(trained.errors)")
            let outcome = backprop("trace", model, "digits")
            #expect(outcome.status == 64)
            #expect(outcome.errors.contains("expected layers with weights of their own, found layer 2 tied to layer 1"))
        }
    }

    @Test("numbers stay short where training diverges")
    func divergence() throws {
        var example = try WorkedExample.sigmoid()
        example.learningRate = 1e308
        let steps = try TraceSteps(of: example, order: .simultaneous, steps: 3)
        let data = try json("numbers", in: try TracePage(steps).text)
        let frames = try #require(data["frames"] as? [[String]])
        #expect(frames.joined().contains { $0.contains("e+") })
        #expect(frames.joined().allSatisfy { $0.count <= 17 })
    }

    @Test("the picture of the README is what the command makes")
    func committedPicture() throws {
        try withTemporaryFolder { folder in
            #expect(backprop("trace", "sigmoid", "--svg", "\(folder)/t.svg").status == 0)
            let made = try String(contentsOfFile: "\(folder)/t.svg", encoding: .utf8)
            let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .deletingLastPathComponent()
            let path = "Sources/Backprop/Backprop.docc/Resources/trace-sigmoid.svg"
            let committed = try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
            #expect(made == committed, "make it anew by: backprop trace sigmoid --svg \(path)")
        }
    }
}
