import Backprop
import CAllocations
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
    /// The folder of MNIST to take samples from; `nil` for random ones.
    var mnistFolder: String?

    init(_ words: [String]) throws {
        var words = words[...]
        while let word = words.popFirst() {
            if word == "--json" {
                isJSON = true
                continue
            }
            guard let expected = Self.expected[word] else {
                throw Benchmark.UsageError(message: "unknown option \(word)")
            }
            guard let value = words.popFirst() else {
                throw Benchmark.UsageError(message: "\(word): expected \(expected), found nothing")
            }
            guard set(word, value) else {
                throw Benchmark.UsageError(message: "\(word): expected \(expected), found '\(value)'")
            }
        }
        if mnistFolder != nil, layers[0] != 784 || layers[layers.count - 1] != 10 || loss != .crossEntropy {
            throw Benchmark.UsageError(
                message: "--data: expected cross-entropy, layers from 784 to 10, found \(loss.rawValue), \(shape.name)")
        }
    }

    /// What each option takes.
    private static let expected = [
        "--layers": "two numbers above 0 or more, as in 784-128-10",
        "--hidden-activation": "one of \(Activation.allCases.map(\.rawValue).joined(separator: ", "))",
        "--loss": "cross-entropy or squared-error",
        "--batch": "1 to 1000000",
        "--threads": "1 to 1024",
        "--seconds": "more than 0 and at most 3600",
        "--precision": "f32 or f64",
        "--data": "a folder",
    ]

    /// Returns whether the value makes sense.
    private mutating func set(_ word: String, _ value: String) -> Bool {
        switch word {
        case "--layers":
            let units = value.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
            layers = units
            return units.count >= 2 && units.allSatisfy { $0 > 0 }
        case "--hidden-activation":
            guard let activation = Activation(rawValue: value) else { return false }
            hidden = activation
        case "--loss":
            guard ["cross-entropy", "squared-error"].contains(value) else { return false }
            loss = value == "cross-entropy" ? .crossEntropy : .squaredError
        case "--batch":
            batch = Int(value) ?? 0
            return 1...1_000_000 ~= batch
        case "--threads":
            threads = Int(value) ?? 0
            return 1...1024 ~= threads
        case "--seconds":
            seconds = Double(value) ?? 0
            return seconds > 0 && seconds <= 3600
        case "--precision":
            precision = value
            return ["f32", "f64"].contains(value)
        default: mnistFolder = value
        }
        return true
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
    /// After the first; `nil` where they can't be counted.
    var allocationsPerStep: Double?

    func print(asJSON: Bool) throws {
        if asJSON { return try printJSON(self) }
        let name = layers.map(String.init).joined(separator: "-")
        let sharing = threads == 1 ? "1 thread" : "\(threads) threads"
        Swift.print(
            """
            \(kind) \(name), batch \(batch), \(sharing), \(precision), \(instructionSet)
            \(rounded(nanosecondsPerStep)) ns a step, \(rounded(samplesPerSecond)) samples/s
            \(rounded(gigaflops)) GFLOP/s, \(rounded(shareOfPeak * 100)) % of peak
            \(allocationsPerStep.map { rounded($0) } ?? "unknown") allocations a step after the first
            """)
    }
}

extension Benchmark {
    static func measure<Scalar: CoreScalar>(
        _ options: WorkOptions, _ scalar: Scalar.Type, isTraining: Bool
    ) throws -> WorkReport {
        let steps = try LibrarySteps<Scalar>(options, isTraining: isTraining)
        let time = try median(of: steps, for: options.seconds)
        let allocations = try allocationsPerStep(of: steps)
        let operations = options.shape.operations(isTraining: isTraining) * Double(options.batch)
        let peak = Peak.gigaflops(scalar, of: steps.instructionSet) * Double(options.threads)
        return WorkReport(
            kind: isTraining ? "train" : "predict", layers: options.layers, batch: options.batch,
            threads: options.threads, precision: options.precision, instructionSet: steps.instructionSet.name,
            samplesPerSecond: Double(options.batch) / time, gigaflops: operations / time * 1e-9,
            shareOfPeak: operations / time * 1e-9 / peak, nanosecondsPerStep: time * 1e9,
            allocationsPerStep: allocations)
    }

    /// Counted over 100 steps; `nil` where that can't be done.
    private static func allocationsPerStep<Scalar>(of steps: LibrarySteps<Scalar>) throws -> Double? {
        guard allocations_are_counted() == 1 else { return nil }
        let before = allocations_of_process()
        try steps.run(100)
        return Double(allocations_of_process() - before) / 100
    }

    /// The median time of a step, over blocks of steps of about a millisecond, after a tenth of the time to warm up.
    private static func median<Scalar>(of steps: LibrarySteps<Scalar>, for duration: Double) throws -> Double {
        let block = try Block(of: 1e-3) { try steps.run($0) }
        func measure(for duration: Double) throws -> [Double] {
            var times: [Double] = []
            let end = ContinuousClock.now + .seconds(duration)
            while ContinuousClock.now < end || times.isEmpty { times.append(try block.measure() * 1e-9) }
            return times
        }
        _ = try measure(for: duration / 10)
        return try measure(for: duration).median
    }
}
