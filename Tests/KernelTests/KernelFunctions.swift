import BackpropReference
import CBackprop

/// The kernels that `backprop.h` declares, in one precision.
struct KernelFunctions<Scalar>: Sendable {
    typealias Kernels = OpaquePointer
    typealias In = UnsafePointer<Scalar>
    typealias Out = UnsafeMutablePointer<Scalar>
    typealias Map = @Sendable (Kernels, In, Out, Int) -> Void
    typealias Fused = @Sendable (Kernels, In, In, Scalar, Out, Out?, Out, Int, Int) -> Void

    let exp, log, tanh: Map
    let denseForward: @Sendable (Kernels, In, In, In?, Out, Int, Int, Int) -> Void
    let deltaAccumulate: @Sendable (Kernels, In, In, Out, Int, Int, Int) -> Void
    let weightGradient: @Sendable (Kernels, In, In, Int32, Out, Int, Int, Int) -> Void
    let biasGradient: @Sendable (Kernels, In, Int32, Out, Int, Int) -> Void
    let descend: @Sendable (Kernels, In, Scalar, Out, Int) -> Void
    let weightDescend: @Sendable (Kernels, In, In, Scalar, Out, Int, Int, Int) -> Void
    let biasDescend: @Sendable (Kernels, In, Scalar, Out, Int, Int) -> Void
    let activate: @Sendable (Kernels, bp_activation, In, Out, Out?, Int, Int) -> Void
    let activationDelta: @Sendable (Kernels, bp_activation, In, In?, In, Out, Int, Int) -> Void
    let lossDelta: @Sendable (Kernels, bp_loss, In, In, Scalar, Out?, Out, Int, Int) -> Void
    let softmaxCrossEntropy, sigmoidCrossEntropy: Fused
    let sumOfSquares: @Sendable (Kernels, In, Int) -> Scalar
    let firstNonFinite: @Sendable (Kernels, In, Int) -> Int
    let oneHot: @Sendable (UnsafePointer<Int32>, Out, Int, Int) -> Int
    let gather: @Sendable (In, UnsafePointer<UInt32>, Int, Int, Out) -> Void
    let transpose: @Sendable (Kernels, In, Out, Int, Int) -> Void
    let uniform: @Sendable (UnsafeMutablePointer<bp_random>, Scalar, Out, Int) -> Void
    let normal: @Sendable (Kernels, UnsafeMutablePointer<bp_random>, Scalar, Out, Int) -> Void
    let dropOut: @Sendable (Kernels, Float, UInt64, UInt64, Int, Int, Out, Out, Int, Int) -> Void
}

/// `Float` or `Double`, with the kernels in that precision.
protocol KernelScalar: ReferenceScalar {
    static var functions: KernelFunctions<Self> { get }
    static var networkFunctions: NetworkFunctions<Self> { get }
}

extension Float: KernelScalar {
    static let functions = KernelFunctions<Float>(
        exp: bp_exp_f32, log: bp_log_f32, tanh: bp_tanh_f32, denseForward: bp_dense_forward_f32,
        deltaAccumulate: bp_delta_accumulate_f32, weightGradient: bp_weight_gradient_f32,
        biasGradient: bp_bias_gradient_f32, descend: bp_descend_f32, weightDescend: bp_weight_descend_f32,
        biasDescend: bp_bias_descend_f32, activate: bp_activate_f32, activationDelta: bp_activation_delta_f32,
        lossDelta: bp_loss_delta_f32, softmaxCrossEntropy: bp_softmax_cross_entropy_f32,
        sigmoidCrossEntropy: bp_sigmoid_cross_entropy_f32, sumOfSquares: bp_sum_of_squares_f32,
        firstNonFinite: bp_first_nonfinite_f32, oneHot: bp_one_hot_f32, gather: bp_gather_f32,
        transpose: bp_transpose_f32, uniform: bp_random_uniform_f32, normal: bp_random_normal_f32,
        dropOut: bp_drop_out_f32)
}

extension Double: KernelScalar {
    static let functions = KernelFunctions<Double>(
        exp: bp_exp_f64, log: bp_log_f64, tanh: bp_tanh_f64, denseForward: bp_dense_forward_f64,
        deltaAccumulate: bp_delta_accumulate_f64, weightGradient: bp_weight_gradient_f64,
        biasGradient: bp_bias_gradient_f64, descend: bp_descend_f64, weightDescend: bp_weight_descend_f64,
        biasDescend: bp_bias_descend_f64, activate: bp_activate_f64, activationDelta: bp_activation_delta_f64,
        lossDelta: bp_loss_delta_f64, softmaxCrossEntropy: bp_softmax_cross_entropy_f64,
        sigmoidCrossEntropy: bp_sigmoid_cross_entropy_f64, sumOfSquares: bp_sum_of_squares_f64,
        firstNonFinite: bp_first_nonfinite_f64, oneHot: bp_one_hot_f64, gather: bp_gather_f64,
        transpose: bp_transpose_f64, uniform: bp_random_uniform_f64, normal: bp_random_normal_f64,
        dropOut: bp_drop_out_f64)
}
