import Backprop
import Foundation

/// What to measure, as the command line says.
struct WorkOptions {
    var layers = [784, 128, 10]
    var hidden = Activation.sigmoid
    var loss = Loss.crossEntropy
    var batch = 128
    var threads = 1
    var precision = "f32"
    var seconds = 2.0
    var isJSON = false

    init(_ words: [String]) throws {
        var words = words[...]
        while let word = words.popFirst() {
            if word == "--json" {
                isJSON = true
                continue
            }
            guard let value = words.popFirst() else {
                throw Benchmark.UsageError(message: "\(word): expected a value, found nothing")
            }
            guard try set(word, value) else {
                throw Benchmark.UsageError(message: "\(word): expected another value, found '\(value)'")
            }
        }
    }

    /// Returns whether the value makes sense.
    private mutating func set(_ word: String, _ value: String) throws -> Bool {
        switch word {
        case "--layers":
            layers = value.split(separator: "-").compactMap { Int($0) }
            return layers.count >= 2 && layers.allSatisfy { $0 > 0 }
        case "--hidden-activation":
            guard let activation = Activation(rawValue: value) else { return false }
            hidden = activation
        case "--loss":
            guard ["cross-entropy", "squared-error"].contains(value) else { return false }
            loss = value == "cross-entropy" ? .crossEntropy : .squaredError
        case "--batch": batch = Int(value) ?? 0
        case "--threads": threads = Int(value) ?? 0
        case "--seconds": seconds = Double(value) ?? 0
        case "--precision": precision = value
        default: throw Benchmark.UsageError(message: "unknown option \(word)")
        }
        return batch > 0 && threads > 0 && seconds > 0 && ["f32", "f64"].contains(precision)
    }

    var shape: NetworkShape { NetworkShape(units: layers, hidden: hidden, loss: loss) }
}

/// What was measured.
struct WorkReport: Encodable {
    var kind: String
    var layers: [Int]
    var batch: Int
    var threads: Int
    var precision: String
    var instructionSet: String
    var samplesPerSecond: Double
    var gigaflops: Double
    /// Of the multiply-add peak of as many cores as threads.
    var shareOfPeak: Double
    var nanosecondsPerStep: Double

    func print(asJSON: Bool) throws {
        if asJSON { return try printJSON(self) }
        let name = layers.map(String.init).joined(separator: "-")
        Swift.print(
            """
            \(kind) \(name), batch \(batch), \(threads) threads, \(precision), \(instructionSet)
            \(rounded(nanosecondsPerStep)) ns a step, \(rounded(samplesPerSecond)) samples/s
            \(rounded(gigaflops)) GFLOP/s, \(rounded(shareOfPeak * 100)) % of peak
            """)
    }
}

extension Benchmark {
    static func measure<Scalar: CoreScalar>(
        _ options: WorkOptions, _ scalar: Scalar.Type, isTraining: Bool
    ) throws -> WorkReport {
        var network = try Network<Scalar>(inputs: options.layers[0], layers: options.shape.layers, seed: 1)
        let samples = try CoreSamples<Scalar>(options.shape, count: options.batch).dataset(options.shape)
        var trainer = Trainer<Scalar>(loss: options.loss, learningRate: 0.05)
        try trainer.setThreads(options.threads)
        // What a thermometer would call settled: clocks are up, memory is paged in.
        let step: () throws -> Void = {
            if isTraining { try trainer.step(&network, on: samples) } else { _ = try network.predict(samples.inputs) }
        }
        let time = try median(of: step, for: options.seconds)
        let operations = options.shape.operations(isTraining: isTraining) * Double(options.batch)
        let peak = Peak(of: network.instructionSet).gigaflops(scalar) * Double(options.threads)
        return WorkReport(
            kind: isTraining ? "train" : "predict", layers: options.layers, batch: options.batch,
            threads: options.threads, precision: options.precision, instructionSet: network.instructionSet.name,
            samplesPerSecond: Double(options.batch) / time, gigaflops: operations / time * 1e-9,
            shareOfPeak: operations / time * 1e-9 / peak, nanosecondsPerStep: time * 1e9)
    }

    /// The median time of a step, over blocks of steps of about a millisecond, after a tenth of the time to warm up.
    private static func median(of step: () throws -> Void, for duration: Double) throws -> Double {
        var steps = 1
        while try seconds({ for _ in 0..<steps { try step() } }) < 1e-3 { steps *= 2 }
        let warmUp = ContinuousClock.now + .seconds(duration / 10)
        while ContinuousClock.now < warmUp { try step() }
        var times: [Double] = []
        let end = ContinuousClock.now + .seconds(duration)
        while ContinuousClock.now < end || times.isEmpty {
            times.append(try seconds { for _ in 0..<steps { try step() } } / Double(steps))
        }
        return times.median
    }
}
