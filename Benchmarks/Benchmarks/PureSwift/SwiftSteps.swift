import Backprop
import CPeak

/// A training step of 784-128-10 as one implementation takes it, measured.
struct SwiftStepReport: Encodable {
    var batch: Int
    var precision: String
    var implementation: String
    var threads: Int
    var nanosecondsPerStep: Double
    var gigaflops: Double
    /// Of the multiply-add peak of as many cores as threads.
    var shareOfPeak: Double
    /// Of the time that the C core takes on as many threads.
    var timesC: Double

    static let heads = ["batch", "precision", "implementation", "a step takes", "GFLOP/s", "of peak", "against C"]

    var columns: [String] {
        [
            "\(batch)", precision, implementation, "\(rounded(nanosecondsPerStep / 1000)) µs", rounded(gigaflops),
            "\(rounded(shareOfPeak * 100)) %", "\(rounded(timesC, digits: 2)) ×",
        ]
    }
}

/// A network that takes steps of gradient descent.
protocol StepTaker<Scalar> {
    associatedtype Scalar
    var parameterValues: [Scalar] { get }
    func train(steps: Int)
}

extension CoreNetwork: StepTaker {}
extension PureNetwork: StepTaker {}

/// Steps as one implementation takes them.
private struct StepCandidate<S: KernelScalar> {
    var implementation: String
    var threads: Int
    /// Whether sums are rounded as the contract has it.
    var isFused: Bool
    /// The parameters after so many steps from the start.
    var parametersAfter: (Int) -> [S]
    var run: (Int) -> Void

    init<N: StepTaker<S>>(_ implementation: String, threads: Int = 1, isFused: Bool = true, _ make: @escaping () -> N) {
        (self.implementation, self.threads, self.isFused) = (implementation, threads, isFused)
        let network = make()
        run = { network.train(steps: $0) }
        parametersAfter = {
            let network = make()
            network.train(steps: $0)
            return network.parameterValues
        }
    }
}

/// Measures steps of a network in C and in every way of writing Swift, after each has given the bits that it should.
struct SwiftSteps<S: KernelScalar> {
    private let shape: NetworkShape
    private let samples: CoreSamples<S>
    private let instructionSet: InstructionSet
    private let rate: S = 0.01

    /// - Parameter samples: Their number; more than a batch, so that inputs come from where a user's do.
    init(_ shape: NetworkShape, samples: Int = 1024) throws {
        self.shape = shape
        self.samples = CoreSamples(shape, count: samples)
        instructionSet = try InstructionSet.current
    }

    /// With one thread, and where there are more processors with all of them.
    func reports(batch: Int) throws -> [SwiftStepReport] {
        let candidates = try checked(batch: batch)
        let blocks = try candidates.map { try Block(of: 0.01, $0.run) }
        var times = candidates.map { _ in [Double]() }
        for _ in 0..<5 { for index in blocks.indices { times[index].append(try blocks[index].measure()) } }
        let peak = Peak.gigaflops(S.self, of: instructionSet)
        let medians = times.map(\.median)
        let operations = shape.operations(isTraining: true) * Double(batch)
        return zip(candidates, medians).map { candidate, time in
            // The C core's steps come first.
            let core = candidates.firstIndex { $0.threads == candidate.threads }!
            return SwiftStepReport(
                batch: batch, precision: S.precision, implementation: candidate.implementation,
                threads: candidate.threads, nanosecondsPerStep: time, gigaflops: operations / time,
                shareOfPeak: operations / time / peak / Double(candidate.threads), timesC: time / medians[core])
        }
    }

    /// Fails where an implementation gives other bits; returns what was compared.
    func check(batch: Int) throws -> [String] { try checked(batch: batch).map(\.implementation) }

    /// All implementations, each with the bits of the C core or, if it rounds twice, of arrays that do.
    private func checked(batch: Int) throws -> [StepCandidate<S>] {
        let candidates = core(batch) + pure(batch, Fused.self) + pure(batch, Separate.self)
        for candidate in candidates {
            let first = candidates.first { $0.isFused == candidate.isFused }!
            try checkSame(
                candidate.parametersAfter(3), first.parametersAfter(3),
                "\(shape.name), batch \(batch), \(candidate.implementation)")
        }
        return candidates
    }

    private var threads: Int { Clock.seesThreads ? ThreadChoice.activeProcessors : 1 }

    private func core(_ batch: Int) -> [StepCandidate<S>] {
        let (name, kernels) = (instructionSet.name, instructionSet.core)
        let alone = StepCandidate("C, \(name)") { makeCore(batch, kernels, nil) }
        guard threads > 1, let pool = CorePool(threads: threads) else { return [alone] }
        let together = StepCandidate("C, \(name), \(threads) threads", threads: threads) {
            makeCore(batch, kernels, pool)
        }
        return [alone, together]
    }

    private func makeCore(_ batch: Int, _ kernels: OpaquePointer, _ pool: CorePool?) -> CoreNetwork<S> {
        CoreNetwork(shape, samples, batch: batch, kernels: kernels, rate: rate, pool: pool)
    }

    private func pure<A: Arithmetic>(_ batch: Int, _ arithmetic: A.Type) -> [StepCandidate<S>] {
        let parameters = makeCore(batch, instructionSet.core, nil).parameterValues
        func candidate<Kernels: PureSwift<S>>(_ kernels: Kernels.Type, threads: Int = 1) -> StepCandidate<S> {
            StepCandidate("Swift, \(Kernels.name)\(A.note)", threads: threads, isFused: A.isFused) {
                PureNetwork<Kernels>(shape, samples, batch: batch, parameters: parameters, rate: rate)
            }
        }
        let alone = [
            candidate(PureArrays<S, A>.self), candidate(PureBuffers<S, A>.self), candidate(PureSpans<S, A>.self),
            candidate(PureVectors<S, A>.self),
        ]
        return threads == 1 ? alone : alone + [candidate(PureThreads<S, A>.self, threads: threads)]
    }
}

extension Benchmark {
    private struct SwiftReport: Encodable {
        var machine: Machine
        /// What the Swift code may use: without options a processor of 2003.
        var compiledFor: String
        var layers: [Int]
        var steps: [SwiftStepReport]
    }

    /// Whole training steps in C and in Swift alone, each checked before it is timed.
    static func swift(_ words: [String]) throws {
        let isJSON = try onlyJSON(words, of: "swift")
        let shape = NetworkShape(784, 128, 10)
        func steps<S: KernelScalar>(_ scalar: S.Type) throws -> [SwiftStepReport] {
            let steps = try SwiftSteps<S>(shape)
            return try [1, 32, 128].flatMap { try steps.reports(batch: $0) }
        }
        let report = SwiftReport(
            machine: try Machine(), compiledFor: String(cString: peak_compiled_for()), layers: shape.units,
            steps: try steps(Float.self) + steps(Double.self))
        if isJSON { return try printJSON(report) }
        print(report.machine.lines.joined(separator: "\n"))
        print("\(shape.name), a step of gradient descent; Swift compiled for \(report.compiledFor)")
        print("medians of 5, \(Clock.name)\n")
        print(table([SwiftStepReport.heads] + report.steps.map(\.columns)))
    }
}
