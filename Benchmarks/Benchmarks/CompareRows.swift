import Backprop
import CBackprop
import CPeak
import CReordered
import Foundation

/// A row of the table: a step, what it is held to, and how it is measured.
struct CompareRow: Sendable {
    var name: String
    var bar: Bar
    /// Makes everything ready, and returns what takes one measurement.
    var prepare: @Sendable (CompareContext) throws -> () throws -> Measurement

    /// What this machine or this run lacks.
    struct Unavailable: Error, CustomStringConvertible {
        var reason: String
        var description: String { reason }
    }

    static let all: [CompareRow] =
        shares + otherPeaks + batchOne + edges + [adam, prediction] + threads + [debugBuild] + reordering
}

/// What rows have in common: samples, threads, and what the machine can do.
final class CompareContext {
    let instructionSet: InstructionSet
    let mnistFolder: String
    private var samples: [String: AnyObject] = [:]
    private var pool: CorePool?

    init(mnistFolder: String) throws {
        instructionSet = try InstructionSet.current
        self.mnistFolder = mnistFolder
    }

    /// Samples of a shape, the same for all rows.
    func samples<Scalar: CoreScalar>(_ shape: NetworkShape, _ count: Int) -> CoreSamples<Scalar> {
        let key = "\(shape) \(count) \(Scalar.precision)"
        if let found = samples[key] as? CoreSamples<Scalar> { return found }
        let made = CoreSamples<Scalar>(shape, count: count)
        samples[key] = made
        return made
    }

    func twoThreads() throws -> CorePool {
        guard Clock.seesThreads else {
            throw CompareRow.Unavailable(reason: "needs wall-clock time")
        }
        guard ThreadChoice.activeProcessors > 1, let found = pool ?? CorePool(threads: 2) else {
            throw CompareRow.Unavailable(reason: "needs two processors")
        }
        pool = found
        return found
    }

    func instructionSet(named name: String) throws -> InstructionSet {
        guard let found = InstructionSet.available.first(where: { $0.name == name }) else {
            throw CompareRow.Unavailable(reason: "this processor lacks \(name)")
        }
        return found
    }

    var width: peak_width { Peak.width(of: instructionSet) }
}

extension InstructionSet {
    /// The C core's kernels for it.
    var core: OpaquePointer {
        var kernels: OpaquePointer?
        let status = bp_kernels_named(name, &kernels)
        precondition(status == BP_OK, "what is available has kernels")
        return kernels!
    }
}

// MARK: - The rows

extension CompareRow {
    private static let digits = NetworkShape(784, 128, 10)
    private static let wideDigits = NetworkShape(784, 512, 512, 10)
    private static let wide = NetworkShape(1024, 2048, 2048, 1024, 10)
    private static let autoencoder = NetworkShape(784, 256, 32, 256, 784, output: .sigmoid, loss: .squaredError)
    private static let small = NetworkShape(64, 32, 10)
    private static let tiny = NetworkShape(2, 2, 2, output: .sigmoid, loss: .squaredError)

    /// The large steps, with their bars against the fastest instruction set's peak.
    private static let large: [(shape: NetworkShape, batch: Int, bar: Double)] = [
        (digits, 32, 0.91), (digits, 128, 0.94), (wideDigits, 128, 0.94), (wide, 256, 0.94), (autoencoder, 128, 0.88),
    ]

    fileprivate static let shares =
        (large + [(small, 32, 0.65)]).map { share($0.shape, $0.batch, Float.self, bar: $0.bar) }

    fileprivate static let otherPeaks =
        large.map { share($0.shape, $0.batch, Float.self, bar: 0.85, instructionSet: "avx2") }
        + large.map { share($0.shape, $0.batch, Double.self, bar: 0.85) }

    fileprivate static let batchOne = [
        againstMemory, zeros, nanoseconds(small, bar: 500), nanoseconds(tiny, bar: 45), trainer,
    ]

    fileprivate static let threads = [smallestShared] + large.dropFirst().map { twoThreads($0.shape, $0.batch) }

    fileprivate static let reordering = [reordered(digits, 32), reordered(digits, 128), reordered(wideDigits, 128)]

    /// Samples to go round: enough that a step's inputs come from where a user's do.
    static func sampleCount(_ shape: NetworkShape) -> Int { shape.weightCount > 1 << 20 ? 1024 : 4096 }

    /// A training step's share of the peak.
    private static func share<Scalar: CoreScalar>(
        _ shape: NetworkShape, _ batch: Int, _ scalar: Scalar.Type, bar: Double, instructionSet: String? = nil
    ) -> CompareRow {
        let words = [instructionSet, scalar == Double.self ? "double" : nil].compactMap { $0 }
        let name = (["\(shape.name), batch \(batch)"] + words).joined(separator: ", ")
        return CompareRow(name: name, bar: .atLeast(bar, .share)) { context in
            let set = try instructionSet.map(context.instructionSet(named:)) ?? context.instructionSet
            let network = CoreNetwork<Scalar>(
                shape, context.samples(shape, sampleCount(shape)), batch: batch, kernels: set.core)
            return try shareOfPeak(network, set) { network.train(steps: $0) }
        }
    }

    private static func shareOfPeak<Scalar: CoreScalar>(
        _ network: CoreNetwork<Scalar>, _ set: InstructionSet, _ run: @escaping (Int) -> Void
    ) throws -> () throws -> Measurement {
        let block = try Block(run)
        return {
            let before = Peak.gigaflops(Scalar.self, of: set, repeats: 3)
            let time = try block.measure()
            let peak = (before + Peak.gigaflops(Scalar.self, of: set, repeats: 3)) / 2
            return Measurement(value: network.operations / time / peak, nanoseconds: time, reference: peak)
        }
    }

    /// One sample at a time, against the least that memory allows: the weights are read for the forward pass, and read
    /// and written for the update.
    private static let againstMemory = CompareRow(
        name: "784-128-10, batch 1, dense input, against reading, then reading and writing the weights",
        bar: .atMost(1.05, .times)
    ) { context in
        let network = CoreNetwork<Float>(
            digits, context.samples(digits, sampleCount(digits)), batch: 1, kernels: context.instructionSet.core)
        let floor = MemoryFloor(bytes: digits.weightCount * 4, width: context.width)
        let block = try Block { network.train(steps: $0) }
        return {
            let before = floor.readAndUpdate()
            let time = try block.measure()
            let reference = min(before, floor.readAndUpdate())
            return Measurement(value: time / reference, nanoseconds: time, reference: reference)
        }
    }

    /// The same with MNIST, of whose pixels four in five are 0.
    private static let zeros = CompareRow(
        name: "784-128-10, batch 1, MNIST, against dense input", bar: .atLeast(2.5, .times)
    ) { context in
        let kernels = context.instructionSet.core
        let mnist = try CoreSamples<Float>(mnistIn: context.mnistFolder, count: sampleCount(digits))
        let sparse = CoreNetwork<Float>(digits, mnist, batch: 1, kernels: kernels)
        let dense = CoreNetwork<Float>(
            digits, context.samples(digits, sampleCount(digits)), batch: 1, kernels: kernels)
        return try ratio(of: { sparse.train(steps: $0) }, to: { dense.train(steps: $0) }) { $1 / $0 }
    }

    private static func nanoseconds(_ shape: NetworkShape, bar: Double) -> CompareRow {
        CompareRow(name: "\(shape.name), batch 1, in C", bar: .atMost(bar, .nanoseconds)) { context in
            let network = CoreNetwork<Float>(
                shape, context.samples(shape, 1), batch: 1, kernels: context.instructionSet.core)
            let block = try Block { network.train(steps: $0) }
            return {
                let time = try block.measure()
                return Measurement(value: time, nanoseconds: time, reference: time)
            }
        }
    }

    /// A step of the smallest network through the library, beside the same in C.
    private static let trainer = CompareRow(
        name: "2-2-2, batch 1, through Trainer", bar: .atMost(60, .nanoseconds)
    ) { context in
        let samples: CoreSamples<Float> = context.samples(tiny, 1)
        let core = CoreNetwork<Float>(tiny, samples, batch: 1, kernels: context.instructionSet.core)
        let steps = try LibrarySteps<Float>(tiny, samples, batch: 1)
        let block = try Block { try steps.run($0) }
        let coreBlock = try Block { core.train(steps: $0) }
        return {
            let time = try block.measure()
            return Measurement(value: time, nanoseconds: time, reference: try coreBlock.measure())
        }
    }

    /// An epoch of a small network as one batch, with Adam: http://github.com/PumasAI/SimpleChains.jl's example.
    fileprivate static let adam = CompareRow(
        name: "4-32-16-4 tanh, 10,000 samples, full-batch Adam", bar: .atLeast(0.45, .share)
    ) { context in
        let shape = NetworkShape(4, 32, 16, 4, hidden: .tanh, output: .identity, loss: .squaredError)
        let network = CoreNetwork<Float>(
            shape, context.samples(shape, 10_000), batch: 10_000, kernels: context.instructionSet.core,
            method: BP_ADAM, rate: 0.001)
        return try shareOfPeak(network, context.instructionSet) { network.train(steps: $0) }
    }

    /// One prediction against reading the weights.
    fileprivate static let prediction = CompareRow(
        name: "prediction of 784-128-10, one sample, against reading the weights", bar: .atMost(1.2, .times)
    ) { context in
        let network = CoreNetwork<Float>(
            digits, context.samples(digits, sampleCount(digits)), batch: 1, kernels: context.instructionSet.core)
        try checkSharedPredictions(network)
        let floor = MemoryFloor(bytes: digits.weightCount * 4, width: context.width)
        let block = try Block { network.predict(steps: $0) }
        return {
            let before = floor.read()
            let time = try block.measure()
            let reference = min(before, floor.read())
            return Measurement(value: time / reference, nanoseconds: time, reference: reference)
        }
    }

    /// Many threads that predict with one network get what one does.
    private static func checkSharedPredictions(_ network: CoreNetwork<Float>) throws {
        let expected = network.firstOutputs()
        nonisolated(unsafe) let shared = network
        DispatchQueue.concurrentPerform(iterations: 8) { _ in
            for _ in 0..<100 { precondition(shared.firstOutputs() == expected, "threads disturbed each other") }
        }
    }

    /// The part of a step's time that one order of summation costs.
    private static func reordered(_ shape: NetworkShape, _ batch: Int) -> CompareRow {
        CompareRow(
            name: "\(shape.name), batch \(batch), cost of the same bits", bar: .atMost(0.03, .share)
        ) { context in
            let ordered = context.instructionSet.core
            guard let reordered = reordered_kernels_for(bp_kernels_isa(ordered)) else {
                throw Unavailable(reason: "reordered kernels are made for AVX2 and AVX-512")
            }
            let samples: CoreSamples<Float> = context.samples(shape, sampleCount(shape))
            let same = CoreNetwork<Float>(shape, samples, batch: batch, kernels: ordered)
            let other = CoreNetwork<Float>(shape, samples, batch: batch, kernels: reordered)
            return try ratio(of: { same.train(steps: $0) }, to: { other.train(steps: $0) }) { $0 / $1 - 1 }
        }
    }

    /// Measures two in turn.
    static func ratio(
        of first: @escaping (Int) -> Void, to second: @escaping (Int) -> Void,
        _ value: @escaping (Double, Double) -> Double
    ) throws -> () throws -> Measurement {
        let (first, second) = (try Block(first), try Block(second))
        return {
            let before = try second.measure()
            let time = try first.measure()
            let reference = (before + (try second.measure())) / 2
            return Measurement(value: value(time, reference), nanoseconds: time, reference: reference)
        }
    }

    /// This program built for debugging against this one, each as a process of its own.
    fileprivate static let debugBuild = CompareRow(
        name: "784-128-10, batch 32, through Trainer in a debug build against release", bar: .atLeast(0.9, .times)
    ) { _ in
        let release = Bundle.main.executableURL!.resolvingSymlinksInPath()
        let folder = release.deletingLastPathComponent()
        let debug = folder.deletingLastPathComponent().appending(path: "debug/Benchmarks")
        guard folder.lastPathComponent == "release", FileManager.default.isExecutableFile(atPath: debug.path) else {
            throw Unavailable(reason: "needs 'swift build' beside 'swift build -c release'")
        }
        return {
            let time = try nanosecondsOfStep(debug)
            let reference = try nanosecondsOfStep(release)
            return Measurement(value: reference / time, nanoseconds: time, reference: reference)
        }
    }

    private static func nanosecondsOfStep(_ program: URL) throws -> Double {
        struct Answer: Decodable {
            var nanosecondsPerStep: Double
        }
        let process = Process()
        let pipe = Pipe()
        process.executableURL = program
        process.arguments = "train --layers 784-128-10 --batch 32 --seconds 0.2 --json".components(separatedBy: " ")
        process.standardOutput = pipe
        try process.run()
        let answer = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return try JSONDecoder().decode(Answer.self, from: answer).nanosecondsPerStep
    }
}

extension CoreSamples {
    /// The first training samples of the original files, scaled to 0...1.
    convenience init(mnistIn folder: String, count: Int) throws {
        func bytes(_ name: String, header: Int, _ length: Int) throws -> Data {
            guard let content = FileManager.default.contents(atPath: "\(folder)/\(name)"),
                content.count >= header + length
            else {
                throw CompareRow.Unavailable(reason: "needs MNIST with \(count) samples in \(folder): --data FOLDER")
            }
            return content.dropFirst(header).prefix(length)
        }
        let pixels = try bytes("train-images-idx3-ubyte", header: 16, count * 784)
        let labels = try bytes("train-labels-idx1-ubyte", header: 8, count)
        self.init(inputs: pixels.map { Scalar($0) / 255 }, classes: labels.map(Int32.init))
    }
}
