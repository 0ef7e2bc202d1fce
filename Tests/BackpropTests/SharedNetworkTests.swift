import Foundation
import Testing

@testable import Backprop

@Suite struct SharedNetworkTests {
    /// What threads have found, one after the other.
    private final class Findings: @unchecked Sendable {  // every access is within the lock
        private let lock = NSLock()
        private var differences: [String] = []

        func add(_ difference: String) { lock.withLock { differences.append(difference) } }
        var all: [String] { lock.withLock { differences } }
    }

    @Test("64 threads predict from one network while another trains its copy")
    func predictAndTrain() throws {
        let samples = (0..<12).map { sample in (0..<8).map { Float(sample * 8 + $0) / 96 } }
        let dataset = try Dataset(inputs: samples, classes: (0..<12).map { $0 % 3 }, classCount: 3)
        let network = try Network<Float>(inputs: 8, layers: [.dense(16, .gelu), .dense(3, .softmax)], seed: 4)
        let inputs = samples.flatMap { $0 }
        let expected = try network.predict(inputs)
        @Sendable func trained() throws -> Network<Float> {
            var copy = network
            var trainer = Trainer<Float>(loss: .crossEntropy, learningRate: 0.1, batching: .fullBatch)
            for _ in 0..<50 { _ = try trainer.step(&copy, on: dataset) }
            return copy
        }
        let alone = try trained()
        let findings = Findings()
        let threads = DispatchGroup()
        func start(_ work: @escaping @Sendable () throws -> Void) {
            threads.enter()
            Thread.detachNewThread {
                do { try work() } catch { findings.add("\(error)") }
                threads.leave()
            }
        }
        start { if try trained() != alone { findings.add("the copy was trained to other parameters") } }
        for thread in 0..<64 {
            start {
                for _ in 0..<20 where try network.predict(inputs) != expected { findings.add("thread \(thread)") }
            }
        }
        threads.wait()
        #expect(findings.all == [])
        #expect(alone != network)
    }
}
