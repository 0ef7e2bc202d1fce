import Backprop

/// The kernels that are written in Swift alone.
enum PureKernel {
    case forward, weightGradient, weightDescend, deltaAccumulate
    case sigmoidDelta, softmaxCrossEntropy, descend, biasDescend, transpose
    case sigmoid, tanh, relu, exp, log
}

/// What kernels are measured on.
final class KernelValues<S: KernelScalar> {
    let size: LayerSize
    let rate: S = 0.001
    let scale: S = 1

    let x, w, b, delta, t, a, m, v, scratch, losses: AlignedMemory<S>

    init(_ size: LayerSize) {
        self.size = size
        func values(_ count: Int, seed: UInt64) -> AlignedMemory<S> {
            AlignedMemory(uniform(count, seed: seed).map { $0 - 0.5 })
        }
        func zeros(_ count: Int) -> AlignedMemory<S> { AlignedMemory(repeating: 0, count: count) }
        x = values(size.batch * size.inputs, seed: 3)
        w = values(size.inputs * size.units, seed: 4)
        b = values(size.units, seed: 7)
        delta = values(size.outputs, seed: 5)
        t = AlignedMemory(uniform(size.outputs, seed: 6))
        a = AlignedMemory(repeating: 0.25, count: size.outputs)
        (m, v, scratch) = (zeros(size.outputs), zeros(size.outputs), zeros(size.outputs))
        losses = zeros(size.batch)
    }

    /// What stands where a kernel's results go.
    func start(of kernel: PureKernel) -> [S] {
        switch kernel {
        case .weightDescend: w.values
        case .biasDescend: b.values
        case .forward: [S](repeating: 0, count: size.outputs)
        case .weightGradient: [S](repeating: 0, count: size.inputs * size.units)
        case .deltaAccumulate: [S](repeating: 0, count: size.batch * size.inputs)
        default: delta.values
        }
    }
}

/// Every way of writing Swift, ready to run its kernels.
struct PureRuns<S: KernelScalar> {
    private let arrays: PureRun<PureArrays<S, Fused>>
    private let buffers: PureRun<PureBuffers<S, Fused>>
    private let spans: PureRun<PureSpans<S, Fused>>
    private let vectors: PureRun<PureVectors<S, Fused>>
    private let threads: PureRun<PureThreads<S, Fused>>

    init(_ values: KernelValues<S>) {
        arrays = PureRun(values)
        buffers = PureRun(values)
        spans = PureRun(values)
        vectors = PureRun(values)
        threads = PureRun(values)
    }

    func candidates(_ kernel: PureKernel) -> [KernelCandidate<S>] {
        let alone = [
            arrays.candidate(kernel), buffers.candidate(kernel), spans.candidate(kernel), vectors.candidate(kernel),
        ]
        return Clock.seesThreads && ThreadChoice.activeProcessors > 1 ? alone + [threads.candidate(kernel)] : alone
    }
}

/// The kernels of one way.
final class PureRun<Kernels: PureSwift> where Kernels.Scalar: KernelScalar {
    typealias S = Kernels.Scalar

    private var kernels = Kernels()
    private let values: KernelValues<S>
    private let x, w, b, delta, t, a: Kernels.Values
    private var out, transposed, losses: Kernels.Values

    init(_ values: KernelValues<S>) {
        self.values = values
        func copy(_ memory: AlignedMemory<S>) -> Kernels.Values { Kernels.values(memory.values) }
        (x, w, b, delta, t, a) = (
            copy(values.x), copy(values.w), copy(values.b), copy(values.delta), copy(values.t), copy(values.a)
        )
        (transposed, losses) = (copy(values.w), copy(values.losses))
        out = Kernels.values([0])
    }

    func candidate(_ kernel: PureKernel) -> KernelCandidate<S> {
        let start = values.start(of: kernel)
        return KernelCandidate(
            implementation: "Swift, \(Kernels.name)",
            result: { [self] in
                out = Kernels.values(start)
                run(kernel, 1)
                return Kernels.array(out)
            },
            run: { [self] in run(kernel, $0) })
    }

    private func run(_ kernel: PureKernel, _ steps: Int) {
        let size = values.size
        for _ in 0..<steps {
            switch kernel {
            case .forward: kernels.multiply(x, w, bias: b, &out, size.forward)
            case .weightGradient: kernels.multiply(x, delta, bias: nil, &out, size.gradient)
            case .weightDescend: kernels.multiplyAndDescend(x, delta, rate: values.rate, &out, size.gradient)
            case .deltaAccumulate: kernels.deltaAccumulate(delta, w, &out, &transposed, size)
            case .biasDescend:
                kernels.biasDescend(delta, rate: values.rate, &out, batch: size.batch, units: size.units)
            case .transpose: kernels.transpose(delta, &out, rows: size.batch, columns: size.units)
            case .softmaxCrossEntropy:
                kernels.softmaxCrossEntropy(
                    delta, t, scale: values.scale, &out, &losses, batch: size.batch, units: size.units)
            case .sigmoidDelta: update(a, PureSigmoidDelta())
            case .descend: update(delta, PureDescent<S, Kernels.A>(rate: values.rate))
            case .sigmoid: update(delta, PureSigmoid<S, Kernels.A>())
            case .tanh: update(delta, PureTanh<S, Kernels.A>())
            case .relu: update(delta, PureReLU())
            case .exp: update(delta, PureExp<S, Kernels.A>())
            case .log: update(t, PureLog<S, Kernels.A>())
            }
        }
    }

    private func update<F: PureFunction<S>>(_ x: Kernels.Values, _ f: F) {
        kernels.update(x, &out, count: values.size.outputs, f)
    }
}
