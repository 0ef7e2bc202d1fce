import Backprop
import CBackprop
import CPeak
import Foundation

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

/// Something that computes the same in several ways: the way it is written, what it takes, and what it gave.
private struct Candidate<S: KernelScalar> {
    var implementation: String
    /// Starts from the same values each time.
    var result: () -> [S]
    var run: (Int) -> Void
}

/// Measures kernels in one precision, after each has given the bits that the scalar kernels of the C core give.
private struct KernelRuns<S: KernelScalar> {
    /// A layer of 784 inputs and 128 units, 32 samples.
    static var batch: Int { 32 }
    static var inputs: Int { 784 }
    static var units: Int { 128 }

    let x = AlignedMemory<S>(uniform(batch * inputs, seed: 3).map { $0 - 0.5 })
    let w = AlignedMemory<S>(uniform(inputs * units, seed: 4).map { $0 - 0.5 })
    let delta = AlignedMemory<S>(uniform(batch * units, seed: 5).map { $0 - 0.5 })
    let targets = AlignedMemory<S>(uniform(batch * units, seed: 6))
    let peak: Double
    private let instructionSets = InstructionSet.available

    init(_ scalar: S.Type) {
        peak = InstructionSet.available.map { Peak.gigaflops(scalar, of: $0) }.max()!
    }

    func all() throws -> [KernelReport] {
        try products() + elementwise()
    }

    // MARK: Products of matrices

    private func products() throws -> [KernelReport] {
        let (batch, inputs, units) = (Self.batch, Self.inputs, Self.units)
        let forward = ProductSize(rows: batch, columns: units, terms: inputs, rowStep: inputs, termStep: 1)
        let gradient = ProductSize(rows: inputs, columns: units, terms: batch, rowStep: 1, termStep: inputs)
        let below = ProductSize(rows: batch, columns: inputs, terms: units, rowStep: units, termStep: 1)
        let transposed = AlignedMemory<S>(repeating: 0, count: inputs * units)
        S.kernels.transpose(instructionSets[0].core, w.pointer, transposed.pointer, inputs, units)
        return try product("dense forward", forward, x, w) { kernels, z in
            S.kernels.denseForward(kernels, x.pointer, w.pointer, nil, z, batch, inputs, units)
        }
            + product("weight gradient", gradient, x, delta) { kernels, dw in
                S.kernels.weightGradient(kernels, x.pointer, delta.pointer, 0, dw, batch, inputs, units)
            }
            + product("delta accumulation", below, delta, transposed) { kernels, g in
                S.kernels.deltaAccumulate(kernels, delta.pointer, transposed.pointer, g, batch, inputs, units)
            }
    }

    private func product(
        _ name: String, _ size: ProductSize, _ a: AlignedMemory<S>, _ b: AlignedMemory<S>,
        core: @escaping (OpaquePointer, UnsafeMutablePointer<S>) -> Void
    ) throws -> [KernelReport] {
        let count = size.rows * size.columns
        let c = AlignedMemory<S>(repeating: 0, count: count)
        let candidates =
            instructionSets.map { set in
                let kernels = set.core
                return Candidate<S>(
                    implementation: "C, \(set.name)",
                    result: {
                        core(kernels, c.pointer)
                        return c.values
                    },
                    run: { for _ in 0..<$0 { core(kernels, c.pointer) } })
            } + pureSwift(size, a, b, c)
        return try measure(name, candidates, elements: count, operations: size.operations)
    }

    /// The five ways, each beginning with zeros for its result; what is timed goes on adding.
    private func pureSwift(
        _ size: ProductSize, _ a: AlignedMemory<S>, _ b: AlignedMemory<S>, _ c: AlignedMemory<S>
    ) -> [Candidate<S>] {
        let (arrayA, arrayB) = (a.values, b.values)
        let (contiguousA, contiguousB) = (ContiguousArray(arrayA), ContiguousArray(arrayB))
        let count = size.rows * size.columns
        let zeros = [S](repeating: 0, count: count)
        func overPointers(_ name: String, _ body: @escaping () -> Void) -> Candidate<S> {
            Candidate(
                implementation: name,
                result: {
                    c.pointer.update(repeating: 0, count: count)
                    body()
                    return c.values
                },
                run: { for _ in 0..<$0 { body() } })
        }
        func overArrays(_ name: String, _ body: @escaping (Int, inout [S]) -> Void) -> Candidate<S> {
            Candidate(
                implementation: name,
                result: {
                    var c = zeros
                    body(1, &c)
                    return c
                },
                run: {
                    var c = zeros
                    body($0, &c)
                })
        }
        let ways = [
            overArrays("Swift, Array") { steps, c in
                for _ in 0..<steps { PureSwift.array(arrayA, arrayB, &c, size) }
            },
            overArrays("Swift, ContiguousArray, unsafe buffers") { steps, c in
                var contiguous = ContiguousArray(c)
                for _ in 0..<steps { PureSwift.unsafe(contiguousA, contiguousB, &contiguous, size) }
                c = Array(contiguous)
            },
            overArrays("Swift, Span and MutableSpan") { steps, c in
                var span = c.mutableSpan
                for _ in 0..<steps { PureSwift.span(arrayA.span, arrayB.span, &span, size) }
            },
            overPointers("Swift, SIMD, unsafe pointers") { PureSwift.simd(a.pointer, b.pointer, c.pointer, size) },
        ]
        let threads = ThreadChoice.activeProcessors
        guard threads > 1, !Clock.countsProcessorTime else { return ways }
        return ways + [
            overPointers("Swift, SIMD, \(threads) threads") {
                PureSwift.threads(a.pointer, b.pointer, c.pointer, size, threads: threads)
            }
        ]
    }

    // MARK: Element by element

    private func elementwise() throws -> [KernelReport] {
        let (batch, units, k) = (Self.batch, Self.units, S.kernels)
        let count = batch * units
        let (z, t) = (delta, targets)
        let (m, v) = (AlignedMemory<S>(repeating: 0, count: count), AlignedMemory<S>(repeating: 0, count: count))
        let (losses, a) = (
            AlignedMemory<S>(repeating: 0, count: batch), AlignedMemory<S>(repeating: 0.25, count: count)
        )
        func map(
            _ name: String,
            _ core: @escaping (OpaquePointer, UnsafeMutablePointer<S>) -> Void
        ) throws -> [KernelReport] {
            let out = AlignedMemory<S>(repeating: 0, count: count)
            func candidate(_ set: InstructionSet) -> Candidate<S> {
                let kernels = set.core
                return Candidate(
                    implementation: "C, \(set.name)",
                    result: {
                        out.pointer.update(from: z.pointer, count: count)
                        for memory in [m, v] { memory.pointer.update(repeating: 0, count: count) }
                        core(kernels, out.pointer)
                        return out.values
                    },
                    run: { for _ in 0..<$0 { core(kernels, out.pointer) } })
            }
            return try measure(name, instructionSets.map(candidate), elements: count, operations: nil)
        }
        let activations = Activation.allCases.filter { $0 != .identity }
        return try activations.flatMap { f in
            try map("\(f.rawValue)") { k.activate($0, f.core, z.pointer, $1, nil, batch, units) }
        }
            + map("exp") { k.exp($0, z.pointer, $1, count) }
            + map("ln") { k.log($0, t.pointer, $1, count) }
            + map("delta of sigmoid") {
                k.activationDelta($0, bp_activation(BP_SIGMOID), a.pointer, nil, z.pointer, $1, batch, units)
            }
            + Loss.allCases.prefix(4).flatMap { loss in
                try map("loss and delta, \(loss.rawValue)") {
                    k.lossDelta($0, loss.core, z.pointer, t.pointer, 1, $1, losses.pointer, batch, units)
                }
            }
            + map("softmax, cross-entropy and delta") {
                k.softmaxCrossEntropy($0, z.pointer, t.pointer, 1, a.pointer, $1, losses.pointer, batch, units)
            }
            + map("descend") { k.descend($0, z.pointer, 0.001, $1, count) }
            + map("bias descend") { k.biasDescend($0, z.pointer, 0.001, $1, batch, units) }
            + map("transpose") { k.transpose($0, z.pointer, $1, batch, units) }
            + [("Adam", BP_ADAM), ("momentum", BP_MOMENTUM), ("RMSprop", BP_RMSPROP)].flatMap { name, method in
                try map(name) { k.optimize($0, method, z.pointer, m.pointer, v.pointer, $1, count) }
            }
    }

    // MARK: Measuring

    private func measure(
        _ name: String, _ candidates: [Candidate<S>], elements: Int, operations: Double?
    ) throws -> [KernelReport] {
        let expected = candidates[0].result()
        let blocks = try candidates.map { candidate in
            // == would take NaN for another, and -0 for 0.
            let same = zip(candidate.result(), expected).allSatisfy { $0.isEqual(to: $1) && $0.sign == $1.sign }
            precondition(same, "\(name), \(candidate.implementation): not the bits of \(candidates[0].implementation)")
            return try Block(of: 0.005, candidate.run)
        }
        var times = candidates.map { _ in [Double]() }
        for _ in 0..<5 { for index in blocks.indices { times[index].append(try blocks[index].measure()) } }
        return candidates.indices.map { index in
            let time = times[index].median
            let speed = operations.map { $0 / time }
            return KernelReport(
                kernel: name, precision: S.precision, implementation: candidates[index].implementation,
                gigaflops: speed, shareOfPeak: speed.map { $0 / peak }, nanosecondsPerElement: time / Double(elements))
        }
    }
}

extension Benchmark {
    private struct KernelsReport: Encodable {
        var machine: Machine
        /// What the Swift code may use: without options a processor of 2003.
        var compiledFor: String
        var kernels: [KernelReport]
    }

    /// Every kernel in every way, each checked before it is timed.
    static func kernels(isJSON: Bool) throws {
        let report = KernelsReport(
            machine: try Machine(), compiledFor: String(cString: peak_compiled_for()),
            kernels: try KernelRuns(Float.self).all() + KernelRuns(Double.self).all())
        if isJSON { return try printJSON(report) }
        let lines = report.kernels.map(\.columns)
        let widths = lines[0].indices.map { column in lines.map { $0[column].count }.max()! }
        print(report.machine.lines.joined(separator: "\n"))
        print(
            "Swift compiled for \(report.compiledFor); C for each instruction set by name; medians of 5, \(Clock.name)\n"
        )
        for line in lines {
            print(zip(line, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }.joined(separator: "  "))
        }
    }
}
