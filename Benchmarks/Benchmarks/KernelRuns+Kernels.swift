import Backprop
import BackpropReference
import CBackprop

/// The kernels, each by the C core and by the reference.
extension KernelRuns {
    var products: [Kernel<S>] {
        let (v, size) = (values, values.size)
        let (batch, inputs, units) = (size.batch, size.inputs, size.units)
        let (x, w, delta) = (rows(v.x, inputs), rows(v.w, units), rows(v.delta, units))
        return [
            product(
                "dense forward", size.forward, .forward,
                { S.kernels.denseForward($0, v.x.pointer, v.w.pointer, v.b.pointer, $1, batch, inputs, units) },
                { ReferenceDense.forward(x, w, v.b.values, units: units) }),
            product(
                "weight gradient", size.gradient, .weightGradient,
                { S.kernels.weightGradient($0, v.x.pointer, v.delta.pointer, 0, $1, batch, inputs, units) },
                { ReferenceDense.weightGradient(x, delta, inputs: inputs, units: units) }),
            product(
                "weight descend", size.gradient, .weightDescend,
                { S.kernels.weightDescend($0, v.x.pointer, v.delta.pointer, v.rate, $1, batch, inputs, units) },
                {
                    let gradients = ReferenceDense.weightGradient(x, delta, inputs: inputs, units: units)
                    return zip(w, gradients).map { zip($0, $1).map { ReferenceDense.descend($0, $1, rate: v.rate) } }
                }),
            product(
                "delta accumulation", size.below, .deltaAccumulate,
                { S.kernels.deltaAccumulate($0, v.delta.pointer, v.w.pointer, $1, batch, inputs, units) },
                { ReferenceDense.deltaAccumulate(delta, w) }),
        ]
    }

    private func product(
        _ name: String, _ size: ProductSize, _ pure: PureKernel,
        _ core: @escaping (OpaquePointer, UnsafeMutablePointer<S>) -> Void, _ reference: @escaping () -> [[S]]
    ) -> Kernel<S> {
        Kernel(
            name: name, elements: size.rows * size.columns, operations: size.operations, core: core,
            start: values.start(of: pure), reference: { reference().flatMap { $0 } }, pure: pure)
    }

    /// What else a step of gradient descent takes.
    var steps: [Kernel<S>] {
        let (v, k) = (values, S.kernels)
        let (batch, units) = (v.size.batch, v.size.units)
        return [
            kernel("delta of sigmoid", .sigmoidDelta, reference: nil) {
                k.activationDelta($0, bp_activation(BP_SIGMOID), v.a.pointer, nil, v.delta.pointer, $1, batch, units)
            },
            kernel(
                "softmax, cross-entropy and delta", .softmaxCrossEntropy,
                reference: {
                    zip(rows(v.delta, units), rows(v.t, units)).flatMap {
                        ReferenceMath.softmaxCrossEntropy($0, $1, scale: v.scale).delta
                    }
                }
            ) {
                let (a, losses) = (v.scratch.pointer, v.losses.pointer)
                k.softmaxCrossEntropy($0, v.delta.pointer, v.t.pointer, v.scale, a, $1, losses, batch, units)
            },
            kernel(
                "descend", .descend,
                reference: {
                    zip(v.delta.values, v.delta.values).map { ReferenceDense.descend($1, $0, rate: v.rate) }
                }
            ) { k.descend($0, v.delta.pointer, v.rate, $1, batch * units) },
            Kernel(
                name: "bias descend", elements: batch * units,
                core: { k.biasDescend($0, v.delta.pointer, v.rate, $1, batch, units) },
                start: v.start(of: .biasDescend),
                reference: {
                    let gradient = ReferenceDense.biasGradient(rows(v.delta, units), units: units)
                    return zip(v.b.values, gradient).map { ReferenceDense.descend($0, $1, rate: v.rate) }
                }, pure: .biasDescend),
            kernel("transpose", .transpose, reference: nil) { k.transpose($0, v.delta.pointer, $1, batch, units) },
        ]
    }

    var activations: [Kernel<S>] {
        let (v, k) = (values, S.kernels)
        let (batch, units) = (v.size.batch, v.size.units)
        let pure: [Activation: PureKernel] = [.sigmoid: .sigmoid, .tanh: .tanh, .relu: .relu]
        return Activation.allCases.filter { $0 != .identity }.map { f in
            kernel(
                f.rawValue, pure[f],
                reference: {
                    if f == .softmax { return rows(v.delta, units).flatMap { ReferenceMath.softmax($0).value } }
                    return v.delta.values.map { ReferenceMath.activate(f, $0).value }
                }
            ) { k.activate($0, f.core, v.delta.pointer, $1, nil, batch, units) }
        } + [
            kernel("exp", .exp, reference: { v.delta.values.map { ReferenceMath.exp($0) } }) {
                k.exp($0, v.delta.pointer, $1, batch * units)
            },
            kernel("ln", .log, reference: { v.t.values.map { ReferenceMath.log($0) } }) {
                k.log($0, v.t.pointer, $1, batch * units)
            },
        ]
    }

    var losses: [Kernel<S>] {
        let (v, k) = (values, S.kernels)
        let (batch, units) = (v.size.batch, v.size.units)
        return Loss.allCases.prefix(4).map { loss in
            kernel(
                "loss and delta, \(loss.rawValue)", nil,
                reference: {
                    zip(rows(v.delta, units), rows(v.t, units)).flatMap {
                        ReferenceMath.loss(loss, $0, $1, scale: v.scale).g
                    }
                }
            ) { k.lossDelta($0, loss.core, v.delta.pointer, v.t.pointer, v.scale, $1, v.losses.pointer, batch, units) }
        }
    }

    var optimizers: [Kernel<S>] {
        let (v, count) = (values, values.size.outputs)
        let methods: [(String, Int, Optimizer)] = [
            ("Adam", BP_ADAM, .adam()), ("momentum", BP_MOMENTUM, .momentum()), ("RMSprop", BP_RMSPROP, .rmsProp()),
        ]
        return methods.map { name, method, optimizer in
            kernel(
                name, nil,
                reference: {
                    var reference = ReferenceOptimizer<S>(optimizer)
                    var w = v.delta.values
                    // The C core's is the second step as well, after one that found no slope.
                    for g in [[S](repeating: 0, count: count), v.delta.values] {
                        reference.update(&w, by: g, rate: 0.001, kinds: g.map { _ in .weight })
                    }
                    return w
                }
            ) { S.kernels.optimize($0, method, v.delta.pointer, v.m.pointer, v.v.pointer, $1, count) }
        }
    }

    private func kernel(
        _ name: String, _ pure: PureKernel?, reference: (() -> [S])?,
        core: @escaping (OpaquePointer, UnsafeMutablePointer<S>) -> Void
    ) -> Kernel<S> {
        Kernel(
            name: name, elements: values.size.outputs, core: core, start: values.delta.values, reference: reference,
            pure: pure)
    }

    private func rows(_ memory: AlignedMemory<S>, _ width: Int) -> [[S]] {
        let values = memory.values
        return stride(from: 0, to: values.count, by: width).map { Array(values[$0..<$0 + width]) }
    }
}
