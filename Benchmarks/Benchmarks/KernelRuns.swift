import Backprop
import CPeak

/// A kernel as one implementation has it, measured.
struct KernelReport: Encodable {
    var kernel: String
    var precision: String
    /// An instruction set of the C core, the reference, or a way of writing Swift.
    var implementation: String
    /// For products of matrices: in 10⁹ floating-point operations a second, and of the peak on one thread.
    var gigaflops: Double?
    var shareOfPeak: Double?
    var nanosecondsPerElement: Double

    var columns: [String] {
        let speed = gigaflops.map { "\(rounded($0)) GFLOP/s" } ?? "\(rounded(nanosecondsPerElement, digits: 3)) ns"
        return [kernel, precision, implementation, speed, shareOfPeak.map { "\(rounded($0 * 100)) %" } ?? ""]
    }
}

/// One way to compute a kernel.
struct KernelCandidate<S: KernelScalar> {
    var implementation: String
    /// What it gives, always from the same values.
    var result: () -> [S]
    /// Does it so many times.
    var run: (Int) -> Void
}

/// A kernel, by all that is needed to compute it in every way there is.
struct Kernel<S: KernelScalar> {
    var name: String
    var elements: Int
    /// Floating-point operations of a product of matrices.
    var operations: Double?
    /// By the C core, into memory that holds `start`.
    var core: (OpaquePointer, UnsafeMutablePointer<S>) -> Void
    var start: [S]
    /// By the reference, where it has the kernel on its own.
    var reference: (() -> [S])?
    /// By what Swift alone has.
    var pure: PureKernel?
}

/// Measures kernels in one precision, after each has given the bits that the scalar kernels of the C core give.
struct KernelRuns<S: KernelScalar> {
    let values: KernelValues<S>
    private let pure: PureRuns<S>
    private let instructionSets = InstructionSet.available

    init(_ scalar: S.Type, _ size: LayerSize = LayerSize(batch: 32, inputs: 784, units: 128)) {
        values = KernelValues(size)
        pure = PureRuns(values)
    }

    private var kernels: [Kernel<S>] { products + steps + activations + losses + optimizers }

    /// Measures all of them, each checked first.
    func all() throws -> [KernelReport] {
        let peak = instructionSets.map { Peak.gigaflops(S.self, of: $0) }.max()!
        return try kernels.flatMap { try measure($0, try checked($0), peak: peak) }
    }

    /// Fails where an implementation of some kernel gives other bits; returns what was compared.
    func check() throws -> [String] {
        try kernels.flatMap { kernel in try checked(kernel).map { "\(kernel.name), \($0.implementation)" } }
    }

    // MARK: Measuring

    private func coreCandidate(_ kernel: Kernel<S>, _ set: InstructionSet) -> KernelCandidate<S> {
        let (kernels, out) = (set.core, AlignedMemory<S>(kernel.start))
        return KernelCandidate(
            implementation: "C, \(set.name)",
            result: {
                for memory in [values.m, values.v] { memory.pointer.update(repeating: 0, count: memory.count) }
                out.pointer.update(from: kernel.start, count: kernel.start.count)
                kernel.core(kernels, out.pointer)
                return out.values
            },
            run: { for _ in 0..<$0 { kernel.core(kernels, out.pointer) } })
    }

    private func referenceCandidates(_ kernel: Kernel<S>) -> [KernelCandidate<S>] {
        guard let reference = kernel.reference else { return [] }
        return [
            KernelCandidate(
                implementation: "the reference", result: reference,
                run: { for _ in 0..<$0 { _ = reference() } })
        ]
    }

    /// All ways to compute a kernel, each with the bits of the first.
    private func checked(_ kernel: Kernel<S>) throws -> [KernelCandidate<S>] {
        let candidates =
            instructionSets.map { coreCandidate(kernel, $0) } + referenceCandidates(kernel)
            + (kernel.pure.map { pure.candidates($0) } ?? [])
        let expected = candidates[0].result()
        for candidate in candidates.dropFirst() {
            try checkSame(candidate.result(), expected, "\(kernel.name), \(candidate.implementation)")
        }
        return candidates
    }

    private func measure(
        _ kernel: Kernel<S>, _ candidates: [KernelCandidate<S>], peak: Double
    ) throws -> [KernelReport] {
        let blocks = try candidates.map { try Block(of: 0.005, $0.run) }
        var times = candidates.map { _ in [Double]() }
        for _ in 0..<5 { for index in blocks.indices { times[index].append(try blocks[index].measure()) } }
        return candidates.indices.map { index in
            let time = times[index].median
            let speed = kernel.operations.map { $0 / time }
            return KernelReport(
                kernel: kernel.name, precision: S.precision, implementation: candidates[index].implementation,
                gigaflops: speed, shareOfPeak: speed.map { $0 / peak },
                nanosecondsPerElement: time / Double(kernel.elements))
        }
    }
}

/// Fails where results differ in a bit: == would take -0 for 0, and NaN for another.
func checkSame<S: BinaryFloatingPoint>(_ found: [S], _ expected: [S], _ name: String) throws {
    let same = found.count == expected.count
        && zip(found, expected).allSatisfy { $0.isEqual(to: $1) && $0.sign == $1.sign }
    guard same else { throw Benchmark.WrongResult(message: "\(name): not the bits that it should give") }
}

extension Benchmark {
    private struct KernelsReport: Encodable {
        var machine: Machine
        /// What the Swift code may use: without options a processor of 2003.
        var compiledFor: String
        var kernels: [KernelReport]
    }

    /// Every kernel in every way, each checked before it is timed.
    static func kernels(_ words: [String]) throws {
        let isJSON = try onlyJSON(words, of: "kernels")
        let report = KernelsReport(
            machine: try Machine(), compiledFor: String(cString: peak_compiled_for()),
            kernels: try KernelRuns(Float.self).all() + KernelRuns(Double.self).all())
        if isJSON { return try printJSON(report) }
        print(report.machine.lines.joined(separator: "\n"))
        print("Swift compiled for \(report.compiledFor); C for each instruction set by name")
        print("medians of 5, \(Clock.name)\n")
        print(table(report.kernels.map(\.columns)))
    }
}
