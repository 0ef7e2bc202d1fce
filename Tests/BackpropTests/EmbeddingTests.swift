import Backprop
import BackpropSamples
import Foundation
import Testing

@Suite struct EmbeddingTests {
    /// The hash of the weights that Tests/c-core.sh wants of every target.
    private let expected: String

    init() throws {
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let file = tests.appendingPathComponent("CTests/digits-hash.txt")
        expected = try String(contentsOf: file, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    @Test("the digits of the C header's example get the same weights through Trainer")
    func digits() throws {
        // Whole batches only, as in the example.
        let all: Dataset<Float> = SampleData.digits()
        let digits = try all.samples(Array(0..<UInt32(all.count / 16 * 16)))
        var network = try Network<Float>(inputs: 64, layers: [.dense(32, .tanh), .dense(10, .softmax)], seed: 1)
        var trainer = Trainer<Float>(
            loss: .crossEntropy, learningRate: 0.1, batching: .miniBatches(of: 16), shuffles: false)
        _ = try trainer.train(&network, on: digits, until: [.iterations(1000)])
        #expect(hash(network.parameters) == expected)
    }

    /// FNV-1a over the bits of numbers, as in the example.
    private func hash(_ numbers: [Float]) -> String {
        let hash = numbers.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1.bitPattern)) &* 0x100_0000_01b3 }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
