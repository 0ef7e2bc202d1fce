import Backprop
import Foundation

/// A line-by-line partner for a program that compares libraries on the same networks, data and initial weights.
///
/// It trains once over the data and notes the loss before and after, prints `READY`, and answers `RUN seconds` with
/// `RES samples seconds` and `QUIT` with `END {…}`.
struct Peer {
    /// A network and the data that everybody trains it on.
    private struct Workload {
        var layers: [Int]
        /// Cross-entropy of a softmax layer; else half the squared error of a sigmoid layer.
        var classifies: Bool
        var samples: Int
        var learningRate: Float
    }

    private static let workloads: [String: Workload] = [
        "W0": Workload(layers: [2, 2, 2], classifies: false, samples: 1, learningRate: 0.5),
        "W1": Workload(layers: [64, 32, 10], classifies: true, samples: 2048, learningRate: 0.05),
        "W2": Workload(layers: [784, 128, 10], classifies: true, samples: 8192, learningRate: 0.05),
        "W3": Workload(layers: [784, 512, 512, 10], classifies: true, samples: 8192, learningRate: 0.05),
        "W4": Workload(layers: [1024, 2048, 2048, 1024, 10], classifies: true, samples: 2048, learningRate: 0.05),
        "W5": Workload(layers: [784, 256, 32, 256, 784], classifies: false, samples: 8192, learningRate: 0.01),
    ]
    /// W2i and W3i are for predictions, on the networks of W2 and W3.
    private static func workload(_ name: String) -> Workload? {
        ["W2i", "W3i"].contains(name) ? workloads[String(name.dropLast())] : workloads[name]
    }

    /// Samples that the two losses are taken over.
    private static let lossSamples = 512

    private let steps: LibrarySteps<Float>
    private let batchSize: Int
    private let forLoss: Dataset<Float>
    private let isTraining: Bool
    /// Steps of the pass between the two losses.
    private let passSteps: Int

    /// - Parameter words: The workload, the batch size, the number of threads, and `train` or `infer`.
    init(_ words: [String]) throws {
        guard words.count >= 4, let batch = Int(words[1]), batch > 0, let threads = Int(words[2]),
            ["train", "infer"].contains(words[3]), let workload = Self.workload(words[0])
        else {
            throw Benchmark.UsageError(
                message: "peer: expected W0 to W5, W2i or W3i, a batch, threads, and train or infer, found \(words)")
        }
        let isFirst = words[0].hasPrefix("W0")
        let loss: Loss = workload.classifies ? .crossEntropy : .squaredError
        let rate = workload.learningRate * (batch == 1 && !isFirst ? 0.2 : 1)
        let samples = isFirst ? try Self.tutorialSample() : try Self.samples(workload)
        let batches = try LibrarySteps.batches(of: min(batch, samples.count), from: samples)
        isTraining = words[3] == "train"
        let network = try Network<Float>(
            inputs: workload.layers[0], layers: isFirst ? Self.tutorialLayers : Self.layers(workload))
        // As many of the threads as the library chooses where it isn't told: all of them are a burden to a small step.
        let chosen = ThreadChoice.threads(
            forSamples: batches[0].count, of: network.parameters.count, isTraining: isTraining, processors: threads)
        steps = try LibrarySteps(
            network, Trainer(loss: loss, learningRate: .constant(Double(rate))), on: batches, threads: chosen,
            isTraining: isTraining)
        batchSize = batches[0].count
        forLoss = try samples.samples((0..<UInt32(min(samples.count, Self.lossSamples))).map { $0 })
        passSteps = isFirst ? 1000 : batches.count
    }

    func serve() throws {
        let before = try steps.loss(on: forLoss)
        if isTraining { try steps.run(passSteps) }
        let after = try steps.loss(on: forLoss)
        _ = try run(for: 0.5)
        answer("READY")
        while let line = readLine() {
            let words = line.split(separator: " ")
            if words.first == "QUIT" { break }
            guard words.first == "RUN", words.count == 2, let duration = Double(words[1]) else { continue }
            _ = try run(for: 0.1)
            let (samples, time) = try run(for: duration)
            answer("RES \(samples) \(time)")
        }
        let losses = isTraining ? #""loss0": \#(before), "loss1": \#(after)"# : #""loss0": null, "loss1": null"#
        answer(#"END {"rss": \#(residentMegabytes()), \#(losses), "prec": "f32", "note": ""}"#)
    }

    /// Takes steps for so many seconds, looking at the clock about every millisecond.
    private func run(for duration: Double) throws -> (samples: Int, seconds: Double) {
        let start = ContinuousClock.now
        var (taken, block, elapsed) = (0, 1, 0.0)
        while elapsed < duration {
            try steps.run(block)
            taken += block
            let now = (ContinuousClock.now - start) / .seconds(1)
            if now - elapsed < 1e-3 { block *= 2 }
            elapsed = now
        }
        return (taken * batchSize, elapsed)
    }

    private func answer(_ line: String) {
        FileHandle.standardOutput.write(Data("\(line)\n".utf8))
    }

    private func residentMegabytes() -> Double {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let peak = status.split(separator: "\n").first { $0.hasPrefix("VmHWM") }
        return Double(peak?.split(separator: " ").dropFirst().first ?? "0").map { $0 / 1024 } ?? 0
    }

    // MARK: The data, which come from a hash that every peer computes

    private static func uniform(_ seed: UInt32, _ index: Int) -> Float {
        var x = UInt32(truncatingIfNeeded: index) &+ seed &* 0x9e37_79b9
        x ^= x >> 16
        x = x &* 0x7feb_352d
        x ^= x >> 15
        x = x &* 0x846c_a68b
        x ^= x >> 16
        return Float(x >> 8) * 0x1p-24
    }

    private static func samples(_ workload: Workload) throws -> Dataset<Float> {
        let width = workload.layers[0]
        var inputs: [Float] = []
        inputs.reserveCapacity(workload.samples * width)
        for index in 0..<(workload.samples * width) {
            let (sample, column) = index.quotientAndRemainder(dividingBy: width)
            inputs.append(0.5 * uniform(1, index) + 0.5 * uniform(7, sample % 10 * width + column))
        }
        guard workload.classifies else { return try Dataset(autoencoding: inputs, inputCount: width) }
        let classes = (0..<workload.samples).map { $0 % 10 }
        return try Dataset(inputs: inputs, inputCount: width, classes: classes, classCount: 10)
    }

    private static func layers(_ workload: Workload) -> [Layer] {
        let last = workload.layers.count - 2
        return (0...last).map { index in
            let (inputs, units) = (workload.layers[index], workload.layers[index + 1])
            let limit = Float(1 / Double(inputs).squareRoot())
            func values(_ seed: Int, _ count: Int) -> Initializer {
                .values((0..<count).map { Double((uniform(UInt32(seed), $0) * 2 - 1) * limit) })
            }
            let activation: Activation = index == last && workload.classifies ? .softmax : .sigmoid
            return Layer(
                units: units, activation: activation, initialWeights: values(100 + 2 * index, inputs * units),
                initialBiases: values(101 + 2 * index, units))
        }
    }

    /// The network and sample of the classic worked example, here with biases that learn.
    private static let tutorialLayers = [
        Layer(
            units: 2, activation: .sigmoid, initialWeights: .values([0.15, 0.20, 0.25, 0.30]),
            initialBiases: .constant(0.35)),
        Layer(
            units: 2, activation: .sigmoid, initialWeights: .values([0.40, 0.45, 0.50, 0.55]),
            initialBiases: .constant(0.60)),
    ]

    private static func tutorialSample() throws -> Dataset<Float> {
        try Dataset(inputs: [[0.05, 0.10]], targets: [[0.01, 0.99]])
    }
}
