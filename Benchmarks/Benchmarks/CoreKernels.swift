import BackpropReference
import CBackprop

/// The C core's kernels in one precision.
struct CoreKernels<S>: Sendable {
    typealias Kernels = OpaquePointer
    typealias In = UnsafePointer<S>
    typealias Out = UnsafeMutablePointer<S>

    let denseForward: @Sendable (Kernels, In, In, In?, Out, Int, Int, Int) -> Void
    let deltaAccumulate: @Sendable (Kernels, In, In, Out, Int, Int, Int) -> Void
    let weightGradient: @Sendable (Kernels, In, In, Int32, Out, Int, Int, Int) -> Void
    let weightDescend: @Sendable (Kernels, In, In, S, Out, Int, Int, Int) -> Void
    let biasDescend: @Sendable (Kernels, In, S, Out, Int, Int) -> Void
    let descend: @Sendable (Kernels, In, S, Out, Int) -> Void
    let activate: @Sendable (Kernels, bp_activation, In, Out, Out?, Int, Int) -> Void
    let activationDelta: @Sendable (Kernels, bp_activation, In, In?, In, Out, Int, Int) -> Void
    let lossDelta: @Sendable (Kernels, bp_loss, In, In, S, Out?, Out, Int, Int) -> Void
    let softmaxCrossEntropy: @Sendable (Kernels, In, In, S, Out, Out?, Out, Int, Int) -> Void
    let transpose: @Sendable (Kernels, In, Out, Int, Int) -> Void
    let exp: @Sendable (Kernels, In, Out, Int) -> Void
    let log: @Sendable (Kernels, In, Out, Int) -> Void
    /// One step of an optimizer, by its number, with its usual values.
    let optimize: @Sendable (Kernels, Int, In, Out, Out, Out, Int) -> Void
}

/// A precision with the kernels in it.
protocol KernelScalar: PureScalar, ReferenceScalar {
    static var kernels: CoreKernels<Self> { get }
}

extension Float: KernelScalar {
    static let kernels = CoreKernels<Float>(
        denseForward: bp_dense_forward_f32, deltaAccumulate: bp_delta_accumulate_f32,
        weightGradient: bp_weight_gradient_f32, weightDescend: bp_weight_descend_f32,
        biasDescend: bp_bias_descend_f32, descend: bp_descend_f32, activate: bp_activate_f32,
        activationDelta: bp_activation_delta_f32, lossDelta: bp_loss_delta_f32,
        softmaxCrossEntropy: bp_softmax_cross_entropy_f32, transpose: bp_transpose_f32, exp: bp_exp_f32,
        log: bp_log_f32,
        optimize: { kernels, method, g, m, v, w, count in
            var optimizer = Float.optimizer(bp_method(method), rate: 0.001)
            bp_optimize_f32(kernels, &optimizer, 2, 1, g, m, v, w, count)
        })
}

extension Double: KernelScalar {
    static let kernels = CoreKernels<Double>(
        denseForward: bp_dense_forward_f64, deltaAccumulate: bp_delta_accumulate_f64,
        weightGradient: bp_weight_gradient_f64, weightDescend: bp_weight_descend_f64,
        biasDescend: bp_bias_descend_f64, descend: bp_descend_f64, activate: bp_activate_f64,
        activationDelta: bp_activation_delta_f64, lossDelta: bp_loss_delta_f64,
        softmaxCrossEntropy: bp_softmax_cross_entropy_f64, transpose: bp_transpose_f64, exp: bp_exp_f64,
        log: bp_log_f64,
        optimize: { kernels, method, g, m, v, w, count in
            var optimizer = Double.optimizer(bp_method(method), rate: 0.001)
            bp_optimize_f64(kernels, &optimizer, 2, 1, g, m, v, w, count)
        })
}
