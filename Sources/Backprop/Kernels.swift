// The one door from Swift into the arithmetic of the C core, and beside TensorFile+Core.swift the only file with
// pointers. Whoever calls in here has checked shapes and values; a status other than success is a bug.

import CBackprop

/// The version of this library, which is that of its C core.
public var libraryVersion: String {
    let number = Int(bp_version())
    return "\(number / 10_000).\(number / 100 % 100).\(number % 100)"
}

/// A number that networks compute in: `Float` or `Double`. Not for other types to conform to.
public protocol NetworkScalar: BinaryFloatingPoint, Codable, Sendable {
    /// The C core in this precision.
    static var core: ScalarCore<Self> { get }
}

/// The functions of the C core in one precision.
public struct ScalarCore<Scalar>: Sendable {
    /// The precision in model files.
    let type: bp_type
    let trainSize: @Sendable (OpaquePointer, Int) -> Int
    let predictSize: @Sendable (OpaquePointer, Int) -> Int
    let predict:
        @Sendable (
            OpaquePointer, UnsafePointer<Scalar>, UnsafePointer<Scalar>, Int, UnsafeMutablePointer<Scalar>,
            UnsafePointer<bp_workspace>
        ) -> bp_status
    let loss:
        @Sendable (
            OpaquePointer, UnsafePointer<Scalar>, BatchPointers<Scalar>, Objective<Scalar>,
            UnsafePointer<bp_workspace>, UnsafeMutablePointer<Scalar>
        ) -> bp_status
    let gradients:
        @Sendable (
            OpaquePointer, UnsafePointer<Scalar>, BatchPointers<Scalar>, Objective<Scalar>,
            UnsafePointer<bp_workspace>, UnsafeMutablePointer<Scalar>, UnsafeMutablePointer<Scalar>
        ) -> bp_status
    let step:
        @Sendable (
            OpaquePointer, UnsafeMutablePointer<Scalar>, BatchPointers<Scalar>, UnsafePointer<StepCall<Scalar>>,
            inout StatePointers<Scalar>, UnsafePointer<bp_workspace>, UnsafeMutablePointer<Scalar>
        ) -> bp_status
    let update:
        @Sendable (
            OpaquePointer, UpdateRule<Scalar>, UnsafePointer<Scalar>, inout StatePointers<Scalar>,
            UnsafeMutablePointer<Scalar>, OpaquePointer?
        ) -> bp_status
    let makeCall: @Sendable (Objective<Scalar>, UpdateRule<Scalar>) -> StepCall<Scalar>
    let check: @Sendable (UpdateRule<Scalar>) -> bp_status
    let normal: @Sendable (OpaquePointer, inout bp_random, Scalar, UnsafeMutablePointer<Scalar>, Int) -> Void
    let uniform: @Sendable (inout bp_random, Scalar, UnsafeMutablePointer<Scalar>, Int) -> Void
    let gather: @Sendable (UnsafePointer<Scalar>, UnsafePointer<UInt32>, Int, Int, UnsafeMutablePointer<Scalar>) -> Void
    let scale:
        @Sendable (
            UnsafePointer<Scalar>, UnsafePointer<Scalar>, UnsafePointer<Scalar>, UnsafeMutablePointer<Scalar>, Int, Int
        ) -> Void
    let sumOfSquares: @Sendable (OpaquePointer, UnsafePointer<Scalar>, Int) -> Scalar
    let firstNonFinite: @Sendable (OpaquePointer, UnsafePointer<Scalar>, Int) -> Int
    let load:
        @Sendable (
            OpaquePointer, OpaquePointer, UnsafePointer<bp_layer_tensors>, UnsafeMutablePointer<Scalar>,
            UnsafeMutablePointer<bp_fault>
        ) -> bp_status
    let writeParameters: @Sendable (inout bp_writer, OpaquePointer, UnsafePointer<Scalar>) -> Void
    let readNumbers: @Sendable (inout bp_tensor, UnsafeMutablePointer<Scalar>, Int) -> bp_status
    let writeNumbers: @Sendable (inout bp_writer, UnsafePointer<Scalar>, Int) -> Void
    let checksum: @Sendable (UInt64, UnsafePointer<Scalar>, Int) -> UInt64
}

/// Samples as the C core takes them.
struct BatchPointers<Scalar> {
    var samples: Int
    var inputs: UnsafePointer<Scalar>
    var targets: UnsafePointer<Scalar>?
    var classes: UnsafePointer<Int32>?
    var weights: UnsafePointer<Scalar>?
    var first: Int
    var of: Int
}

/// What a step makes small.
struct Objective<Scalar> {
    var loss: Loss
    var reduction = Reduction.mean
    var labelSmoothing: Scalar
    var seed: UInt64 = 0
    var step: UInt64 = 0
}

extension Objective where Scalar: NetworkScalar {
    init(_ loss: Loss, reduction: Reduction = .mean) {
        self.init(loss: loss, reduction: reduction, labelSmoothing: 0)
    }
}

/// What training keeps from step to step; a memory of no numbers is one that isn't there.
struct StatePointers<Scalar> {
    var steps: UInt64
    var slots: UnsafeMutablePointer<Scalar>?
    var gradients: UnsafeMutablePointer<Scalar>?
}

/// What a step is told besides its samples, as the C core takes it: made once for many steps, in the one precision that
/// they are computed in.
///
/// `@unchecked Sendable`: the only pointer in it, that to a custom loss, is NULL.
struct StepCall<Scalar>: @unchecked Sendable {
    fileprivate var loss = Loss.squaredError
    fileprivate var optimizerF32 = bp_optimizer_f32()
    fileprivate var optimizerF64 = bp_optimizer_f64()
    /// Without the function of a custom loss, which has no address but during a call.
    fileprivate var objectiveF32 = bp_objective_f32()
    fileprivate var objectiveF64 = bp_objective_f64()
}

extension Float: NetworkScalar {
    public static let core = ScalarCore<Float>(
        type: bp_type(BP_F32),
        trainSize: bp_train_size_f32,
        predictSize: bp_predict_size_f32,
        predict: { bp_predict_f32($0, $1, $2, $3, $4, $5) },
        loss: { network, parameters, batch, objective, workspace, value in
            var batch = bp_batch_f32(batch)
            return objective.withCore { bp_loss_f32(network, parameters, &batch, $0, workspace, value) }
        },
        gradients: { network, parameters, batch, objective, workspace, gradients, value in
            var batch = bp_batch_f32(batch)
            return objective.withCore {
                bp_gradients_f32(network, parameters, &batch, $0, workspace, gradients, value)
            }
        },
        step: { network, parameters, batch, call, state, workspace, value in
            var batch = bp_batch_f32(batch)
            var objective = call.pointee.objectiveF32
            return call.pointee.loss.withCoreCustom { custom in
                objective.custom = custom
                return state.withCore {
                    bp_step_f32(
                        network, parameters, &batch, &objective, call.pointer(to: \.optimizerF32)!, $0, workspace, value
                    )
                }
            }
        },
        update: { network, rule, gradients, state, parameters, pool in
            var optimizer = bp_optimizer_f32(rule)
            return state.withCore { bp_update_f32(network, &optimizer, gradients, $0, parameters, pool) }
        },
        makeCall: { objective, rule in
            var call = StepCall<Float>()
            call.loss = objective.loss
            (call.optimizerF32, call.objectiveF32) = (bp_optimizer_f32(rule), bp_objective_f32(objective))
            return call
        },
        check: {
            var optimizer = bp_optimizer_f32($0)
            return bp_optimizer_check_f32(&optimizer)
        },
        normal: { bp_random_normal_f32($0, &$1, $2, $3, $4) },
        uniform: { bp_random_uniform_f32(&$0, $1, $2, $3) },
        gather: { bp_gather_f32($0, $1, $2, $3, $4) },
        scale: { bp_scale_f32($0, $1, $2, $3, $4, $5) },
        sumOfSquares: { bp_sum_of_squares_f32($0, $1, $2) },
        firstNonFinite: { bp_first_nonfinite_f32($0, $1, $2) },
        load: { bp_network_load_f32($0, $1, $2, $3, $4) },
        writeParameters: { bp_writer_parameters_f32(&$0, $1, $2) },
        readNumbers: { bp_tensor_read_f32(&$0, 0, $2, $1) },
        writeNumbers: { bp_writer_numbers_f32(&$0, $1, $2) },
        checksum: { bp_checksum_f32($0, $1, $2) }
    )
}

extension Double: NetworkScalar {
    public static let core = ScalarCore<Double>(
        type: bp_type(BP_F64),
        trainSize: bp_train_size_f64,
        predictSize: bp_predict_size_f64,
        predict: { bp_predict_f64($0, $1, $2, $3, $4, $5) },
        loss: { network, parameters, batch, objective, workspace, value in
            var batch = bp_batch_f64(batch)
            return objective.withCore { bp_loss_f64(network, parameters, &batch, $0, workspace, value) }
        },
        gradients: { network, parameters, batch, objective, workspace, gradients, value in
            var batch = bp_batch_f64(batch)
            return objective.withCore {
                bp_gradients_f64(network, parameters, &batch, $0, workspace, gradients, value)
            }
        },
        step: { network, parameters, batch, call, state, workspace, value in
            var batch = bp_batch_f64(batch)
            var objective = call.pointee.objectiveF64
            return call.pointee.loss.withCoreCustom { custom in
                objective.custom = custom
                return state.withCore {
                    bp_step_f64(
                        network, parameters, &batch, &objective, call.pointer(to: \.optimizerF64)!, $0, workspace, value
                    )
                }
            }
        },
        update: { network, rule, gradients, state, parameters, pool in
            var optimizer = bp_optimizer_f64(rule)
            return state.withCore { bp_update_f64(network, &optimizer, gradients, $0, parameters, pool) }
        },
        makeCall: { objective, rule in
            var call = StepCall<Double>()
            call.loss = objective.loss
            (call.optimizerF64, call.objectiveF64) = (bp_optimizer_f64(rule), bp_objective_f64(objective))
            return call
        },
        check: {
            var optimizer = bp_optimizer_f64($0)
            return bp_optimizer_check_f64(&optimizer)
        },
        normal: { bp_random_normal_f64($0, &$1, $2, $3, $4) },
        uniform: { bp_random_uniform_f64(&$0, $1, $2, $3) },
        gather: { bp_gather_f64($0, $1, $2, $3, $4) },
        scale: { bp_scale_f64($0, $1, $2, $3, $4, $5) },
        sumOfSquares: { bp_sum_of_squares_f64($0, $1, $2) },
        firstNonFinite: { bp_first_nonfinite_f64($0, $1, $2) },
        load: { bp_network_load_f64($0, $1, $2, $3, $4) },
        writeParameters: { bp_writer_parameters_f64(&$0, $1, $2) },
        readNumbers: { bp_tensor_read_f64(&$0, 0, $2, $1) },
        writeNumbers: { bp_writer_numbers_f64(&$0, $1, $2) },
        checksum: { bp_checksum_f64($0, $1, $2) }
    )
}

extension bp_batch_f32 {
    fileprivate init(_ batch: BatchPointers<Float>) {
        self.init(
            samples: batch.samples, inputs: batch.inputs, targets: batch.targets, classes: batch.classes,
            weights: batch.weights, first: batch.first, of: batch.of)
    }
}

extension bp_optimizer_f32 {
    fileprivate init(_ rule: UpdateRule<Float>) {
        self.init(
            size: MemoryLayout<bp_optimizer_f32>.size, method: rule.method, order: rule.order.core, rate: rule.rate,
            momentum: rule.momentum, beta1: rule.beta1, beta2: rule.beta2, decay: rule.decay, epsilon: rule.epsilon,
            shrink: rule.shrink, grow: rule.grow, minimum_step: rule.minimumStep, maximum_step: rule.maximumStep,
            weight_decay: rule.weightDecay, l1: rule.l1, clip_value: rule.clipValue, clip_norm: rule.clipNorm)
    }
}

extension bp_objective_f32 {
    fileprivate init(_ objective: Objective<Float>) {
        self.init(
            size: MemoryLayout<bp_objective_f32>.size, loss: objective.loss.core, reduction: objective.reduction.core,
            label_smoothing: objective.labelSmoothing, seed: objective.seed, step: objective.step, custom: nil)
    }
}

extension Objective<Float> {
    fileprivate func withCore(_ body: (UnsafePointer<bp_objective_f32>) -> bp_status) -> bp_status {
        loss.withCoreCustom { custom in
            var core = bp_objective_f32(self)
            core.custom = custom
            return body(&core)
        }
    }
}

extension StatePointers<Float> {
    fileprivate mutating func withCore(_ body: (UnsafeMutablePointer<bp_state_f32>) -> bp_status) -> bp_status {
        var core = bp_state_f32(steps: steps, slots: slots, gradients: gradients)
        let status = body(&core)
        steps = core.steps
        return status
    }
}

extension bp_batch_f64 {
    fileprivate init(_ batch: BatchPointers<Double>) {
        self.init(
            samples: batch.samples, inputs: batch.inputs, targets: batch.targets, classes: batch.classes,
            weights: batch.weights, first: batch.first, of: batch.of)
    }
}

extension bp_optimizer_f64 {
    fileprivate init(_ rule: UpdateRule<Double>) {
        self.init(
            size: MemoryLayout<bp_optimizer_f64>.size, method: rule.method, order: rule.order.core, rate: rule.rate,
            momentum: rule.momentum, beta1: rule.beta1, beta2: rule.beta2, decay: rule.decay, epsilon: rule.epsilon,
            shrink: rule.shrink, grow: rule.grow, minimum_step: rule.minimumStep, maximum_step: rule.maximumStep,
            weight_decay: rule.weightDecay, l1: rule.l1, clip_value: rule.clipValue, clip_norm: rule.clipNorm)
    }
}

extension bp_objective_f64 {
    fileprivate init(_ objective: Objective<Double>) {
        self.init(
            size: MemoryLayout<bp_objective_f64>.size, loss: objective.loss.core, reduction: objective.reduction.core,
            label_smoothing: objective.labelSmoothing, seed: objective.seed, step: objective.step, custom: nil)
    }
}

extension Objective<Double> {
    fileprivate func withCore(_ body: (UnsafePointer<bp_objective_f64>) -> bp_status) -> bp_status {
        loss.withCoreCustom { custom in
            var core = bp_objective_f64(self)
            core.custom = custom
            return body(&core)
        }
    }
}

extension StatePointers<Double> {
    fileprivate mutating func withCore(_ body: (UnsafeMutablePointer<bp_state_f64>) -> bp_status) -> bp_status {
        var core = bp_state_f64(steps: steps, slots: slots, gradients: gradients)
        let status = body(&core)
        steps = core.steps
        return status
    }
}

// MARK: - Numbers of the C core

extension Activation {
    /// The C core's number of this activation.
    package var core: bp_activation {
        let number =
            switch self {
            case .identity: BP_IDENTITY
            case .sigmoid: BP_SIGMOID
            case .tanh: BP_TANH
            case .relu: BP_RELU
            case .leakyReLU: BP_LEAKY_RELU
            case .elu: BP_ELU
            case .softplus: BP_SOFTPLUS
            case .silu: BP_SILU
            case .gelu: BP_GELU
            case .softmax: BP_SOFTMAX
            case .custom: BP_CUSTOM_ACTIVATION
            }
        return bp_activation(number)
    }
}

extension Loss {
    /// The C core's number of this loss.
    package var core: bp_loss {
        let number =
            switch self {
            case .squaredError: BP_SQUARED_ERROR
            case .meanSquaredError: BP_MEAN_SQUARED_ERROR
            case .meanAbsoluteError: BP_MEAN_ABSOLUTE_ERROR
            case .huber: BP_HUBER
            case .crossEntropy: BP_CROSS_ENTROPY
            case .binaryCrossEntropy: BP_BINARY_CROSS_ENTROPY
            case .custom: BP_CUSTOM_LOSS
            }
        return bp_loss(number)
    }
}

extension Reduction {
    fileprivate var core: bp_reduction { bp_reduction(self == .mean ? BP_MEAN : BP_SUM) }
}

extension UpdateOrder {
    fileprivate var core: bp_update_order {
        bp_update_order(self == .simultaneous ? BP_SIMULTANEOUS : BP_LAYER_BY_LAYER)
    }
}

extension Optimizer {
    /// The C core's number of this method.
    fileprivate var method: bp_method {
        let number =
            switch self {
            case .gradientDescent: BP_GRADIENT_DESCENT
            case .momentum: BP_MOMENTUM
            case .nesterov: BP_NESTEROV
            case .rmsProp: BP_RMSPROP
            case .adagrad: BP_ADAGRAD
            case .adam: BP_ADAM
            case .adamW: BP_ADAMW
            case .rprop: BP_RPROP
            }
        return bp_method(number)
    }

    /// The numbers that it keeps for each parameter.
    var slotCount: Int { bp_method_slots(method) }

    /// Whether another optimizer can go on with the numbers of this one.
    func sharesState(with other: Optimizer) -> Bool { method == other.method }
}

extension Layer {
    fileprivate func core(_ custom: UnsafePointer<bp_custom_activation>) -> bp_layer {
        var flags = 0
        if !hasBiases { flags |= BP_NO_BIAS }
        if freezesWeights { flags |= BP_FREEZE_WEIGHTS }
        if freezesBiases { flags |= BP_FREEZE_BIASES }
        return bp_layer(
            outputs: units, activation: activation.core, flags: UInt32(flags), dropout: Float(dropout),
            tied: UInt32((tiedTo ?? -1) + 1), custom: custom)
    }
}

// MARK: - Updates

/// An optimizer with everything that goes with it, in the precision of the parameters.
struct UpdateRule<Scalar> {
    fileprivate var method: bp_method
    fileprivate var order: UpdateOrder
    fileprivate var rate, momentum, beta1, beta2, decay, epsilon: Scalar
    fileprivate var shrink, grow, minimumStep, maximumStep: Scalar
    fileprivate var weightDecay, l1, clipValue, clipNorm: Scalar
}

extension UpdateRule: Sendable where Scalar: Sendable {}

extension UpdateRule where Scalar: NetworkScalar {
    init(
        _ optimizer: Optimizer, rate: Double, regularization: Regularization = .none,
        clipping: GradientClipping = .none, order: UpdateOrder = .simultaneous
    ) {
        self.init(
            method: optimizer.method, order: order, rate: Scalar(rate), momentum: 0, beta1: 0, beta2: 0, decay: 0,
            epsilon: 0, shrink: 0, grow: 0, minimumStep: 0, maximumStep: 0,
            weightDecay: Scalar(regularization.weightDecay), l1: Scalar(regularization.l1), clipValue: 0, clipNorm: 0)
        switch clipping {
        case .none: break
        case .value(let bound): clipValue = Scalar(bound)
        case .globalNorm(let bound): clipNorm = Scalar(bound)
        }
        switch optimizer {
        case .gradientDescent: break
        case .momentum(let momentum), .nesterov(let momentum): self.momentum = Scalar(momentum)
        case .rmsProp(let decay, let epsilon): (self.decay, self.epsilon) = (Scalar(decay), Scalar(epsilon))
        case .adagrad(let epsilon): self.epsilon = Scalar(epsilon)
        case .adam(let beta1, let beta2, let epsilon), .adamW(let beta1, let beta2, let epsilon, _):
            (self.beta1, self.beta2, self.epsilon) = (Scalar(beta1), Scalar(beta2), Scalar(epsilon))
        case .rprop(let shrink, let grow, let minimumStep, let maximumStep):
            (self.shrink, self.grow) = (Scalar(shrink), Scalar(grow))
            (self.minimumStep, self.maximumStep) = (Scalar(minimumStep), Scalar(maximumStep))
        }
        if case .adamW(_, _, _, let decay) = optimizer { weightDecay = Scalar(decay) }
    }

    /// Whether an update can be made without a buffer for the gradients.
    var descendsPlainly: Bool {
        method == BP_GRADIENT_DESCENT && weightDecay == 0 && l1 == 0 && clipValue == 0 && clipNorm == 0
    }

    /// Whether the C core takes all of its numbers.
    var isValid: Bool { Scalar.core.check(self) == BP_OK }
}

/// What training keeps from step to step.
struct UpdateState<Scalar: NetworkScalar>: Hashable, Sendable {
    /// Updates so far.
    var steps: UInt64 = 0
    /// The optimizer's numbers, `slotCount` for each parameter.
    var slots: [Scalar] = []
    /// Where the gradients of a step are computed; empty for a step that does without.
    var gradients: [Scalar] = []

    @inline(__always)
    fileprivate mutating func withPointers(_ body: (inout StatePointers<Scalar>) -> bp_status) {
        let steps = steps
        self.steps = slots.withPointerOrNone { slots in
            gradients.withPointerOrNone { gradients in
                var state = StatePointers(steps: steps, slots: slots, gradients: gradients)
                check(body(&state))
                return state.steps
            }
        }
    }
}

extension Array {
    /// Calls a function with the address of the first element, if there is one. (An empty array has no memory of its
    /// own; to be asked for it would make it look for some.)
    @inline(__always)
    fileprivate mutating func withPointerOrNone<Result>(_ body: (UnsafeMutablePointer<Element>?) -> Result) -> Result {
        isEmpty ? body(nil) : withUnsafeMutableBufferPointer { body($0.baseAddress) }
    }
}

// MARK: - Functions of the user's own

extension Loss {
    /// Calls a function with what the C core needs to call a custom loss, or with `nil`.
    fileprivate func withCoreCustom(_ body: (UnsafePointer<bp_custom_loss>?) -> bp_status) -> bp_status {
        guard case .custom(let custom) = self else { return body(nil) }
        return withExtendedLifetime(custom.function) { function in
            var core = bp_custom_loss(
                f32: { customLoss($0!, $1!, $2!, $3, $4) }, f64: { customLoss($0!, $1!, $2!, $3, $4) },
                context: Unmanaged.passUnretained(function).toOpaque())
            return body(&core)
        }
    }
}

private func customLoss<Scalar: NetworkScalar>(
    _ context: UnsafeMutableRawPointer, _ outputs: UnsafePointer<Scalar>, _ targets: UnsafePointer<Scalar>,
    _ gradient: UnsafeMutablePointer<Scalar>?, _ count: Int
) -> Scalar {
    let function = Unmanaged<CustomLoss.FunctionBox>.fromOpaque(context).takeUnretainedValue()
    let result = function.call(
        UnsafeBufferPointer(start: outputs, count: count).map { Double($0) },
        UnsafeBufferPointer(start: targets, count: count).map { Double($0) })
    precondition(result.outputGradients.count == count, "a custom loss must give a derivative for each output")
    if let gradient {
        for (index, value) in result.outputGradients.enumerated() { gradient[index] = Scalar(value) }
    }
    return Scalar(result.loss)
}

private func customActivation<Scalar: NetworkScalar>(
    _ context: UnsafeMutableRawPointer, _ z: UnsafePointer<Scalar>, _ a: UnsafeMutablePointer<Scalar>,
    _ derivative: UnsafeMutablePointer<Scalar>?, _ count: Int
) {
    let functions = Unmanaged<CustomActivation.Functions>.fromOpaque(context).takeUnretainedValue()
    for index in 0..<count {
        let input = Double(z[index])
        if let derivative { derivative[index] = Scalar(functions.derivative(input)) }
        a[index] = Scalar(functions.value(input))
    }
}

extension Activation {
    fileprivate var coreCustom: bp_custom_activation {
        guard case .custom(let custom) = self else { return bp_custom_activation() }
        return bp_custom_activation(
            f32: { customActivation($0!, $1!, $2!, $3, $4) }, f64: { customActivation($0!, $1!, $2!, $3, $4) },
            context: Unmanaged.passUnretained(custom.functions).toOpaque())
    }
}

// MARK: - Kernels

/// The kernels of one instruction set.
///
/// `@unchecked Sendable`: the pointer is to a constant of the C core, which is never freed or written.
package struct KernelTable: @unchecked Sendable, Hashable {
    package let pointer: OpaquePointer

    static var available: [KernelTable] {
        (0..<bp_isa(BP_ISA_COUNT)).compactMap { bp_kernels_for($0).map(KernelTable.init(pointer:)) }
    }

    var name: String { String(cString: bp_isa_name(bp_kernels_isa(pointer))) }

    func firstNonFinite<Scalar: NetworkScalar>(_ values: [Scalar]) -> Int? {
        let index = values.withUnsafeBufferPointer { values in
            values.baseAddress.map { Scalar.core.firstNonFinite(pointer, $0, values.count) } ?? 0
        }
        return index < values.count ? index : nil
    }

    func norm<Scalar: NetworkScalar>(_ values: [Scalar]) -> Scalar {
        values.withUnsafeBufferPointer { values in
            values.baseAddress.map { Scalar.core.sumOfSquares(pointer, $0, values.count).squareRoot() } ?? 0
        }
    }
}

/// `exp(x)` by the C core: the same bits on every processor, which the system's would not be.
func coreExp(_ x: Double) -> Double {
    var (x, y) = (x, 0.0)
    bp_exp_f64(InstructionSet.available[0].kernels.pointer, &x, &y, 1)
    return y
}

/// `ln(x)` by the C core, as ``coreExp(_:)``.
func coreLog(_ x: Double) -> Double {
    var (x, y) = (x, 0.0)
    bp_log_f64(InstructionSet.available[0].kernels.pointer, &x, &y, 1)
    return y
}

/// Goes on with the checksum of numbers, or begins one after 0: the same on every machine.
func checksum<Scalar: NetworkScalar>(of values: [Scalar], after checksum: UInt64) -> UInt64 {
    values.withUnsafeBufferPointer { values in
        values.baseAddress.map { Scalar.core.checksum(checksum, $0, values.count) } ?? checksum
    }
}

/// Fills values with uniform random numbers in `±limit`.
func fillUniform<Scalar: NetworkScalar>(
    _ values: inout AlignedArray<Scalar>, range: Range<Int>, limit: Scalar, from random: inout SplitMix64
) {
    precondition(range.lowerBound >= 0 && range.upperBound <= values.count)
    random.withCore { random in
        values.withUnsafeMutableBufferPointer { values in
            guard let start = values.baseAddress, !range.isEmpty else { return }
            Scalar.core.uniform(&random, limit, start + range.lowerBound, range.count)
        }
    }
}

/// Adds normally distributed noise to values, the same bits on every processor.
func addNormal<Scalar: NetworkScalar>(_ values: inout [Scalar], deviation: Scalar, from random: inout SplitMix64) {
    random.withCore { random in
        values.withUnsafeMutableBufferPointer { values in
            guard let start = values.baseAddress else { return }
            Scalar.core.normal(InstructionSet.available[0].kernels.pointer, &random, deviation, start, values.count)
        }
    }
}

/// Copies rows of `width` values each, in the order of `rows`, to the start of `target`.
func gather<Scalar: NetworkScalar>(
    _ source: [Scalar], rows: ArraySlice<UInt32>, width: Int, into target: inout [Scalar]
) {
    precondition(target.count >= rows.count * width)
    source.withUnsafeBufferPointer { source in
        rows.withUnsafeBufferPointer { rows in
            target.withUnsafeMutableBufferPointer { target in
                guard let from = source.baseAddress, let row = rows.baseAddress, let to = target.baseAddress
                else { return }
                Scalar.core.gather(from, row, rows.count, width, to)
            }
        }
    }
}

/// Returns rows of `(value − offset) · factor`, column by column.
func scaled<Scalar: NetworkScalar>(_ values: [Scalar], offsets: [Scalar], factors: [Scalar]) -> [Scalar] {
    precondition(offsets.count == factors.count && !offsets.isEmpty && values.count % offsets.count == 0)
    return [Scalar](unsafeUninitializedCapacity: values.count) { results, initialized in
        initialized = values.count
        guard let results = results.baseAddress, !values.isEmpty else { return }
        values.withUnsafeBufferPointer { values in
            offsets.withUnsafeBufferPointer { offsets in
                factors.withUnsafeBufferPointer { factors in
                    Scalar.core.scale(
                        values.baseAddress!, offsets.baseAddress!, factors.baseAddress!, results,
                        values.count / offsets.count, offsets.count)
                }
            }
        }
    }
}

// MARK: - Networks

/// The C core's description of a network. It holds no pointers into itself, so it can be copied.
struct NetworkPlan: Sendable {
    let kernels: KernelTable
    private let storage: [UInt64]
    /// What the description calls without owning it.
    private let functions: [CustomActivation.Functions]

    init(kernels: KernelTable, inputCount: Int, layers: [Layer]) throws(BackpropError) {
        let words = bp_network_size(layers.count) / MemoryLayout<UInt64>.size + 1
        var storage = [UInt64](repeating: 0, count: words)
        let customs = layers.map(\.activation.coreCustom)
        let status = customs.withUnsafeBufferPointer { customs in
            let descriptions = layers.enumerated().map { $1.core(customs.baseAddress! + $0) }
            return storage.withUnsafeMutableBytes { memory in
                var network: OpaquePointer?
                return bp_network_init(
                    memory.baseAddress, memory.count, kernels.pointer, inputCount, descriptions, layers.count,
                    &network)
            }
        }
        guard status == BP_OK else {
            throw .shape("network", expected: "layers that fit each other and memory", found: text(of: status))
        }
        functions = layers.compactMap { layer in
            guard case .custom(let custom) = layer.activation else { return nil }
            return custom.functions
        }
        self.kernels = kernels
        self.storage = storage
    }

    /// Whether this is the other or a copy of it.
    func isIdentical(to other: NetworkPlan) -> Bool {
        storage.withUnsafeBytes { storage in
            other.storage.withUnsafeBytes { $0.baseAddress == storage.baseAddress }
        }
    }

    @inline(__always)
    func withPointer<Result>(_ body: (OpaquePointer) -> Result) -> Result {
        storage.withUnsafeBytes { body(OpaquePointer($0.baseAddress!)) }
    }

    var parameterCount: Int { withPointer(bp_network_parameters) }
    func weightsOffset(layer: Int) -> Int { withPointer { bp_network_weights_offset($0, layer) } }
    func biasesOffset(layer: Int) -> Int { withPointer { bp_network_biases_offset($0, layer) } }

    func predict<Scalar: NetworkScalar>(
        parameters: AlignedArray<Scalar>, inputs: ArraySlice<Scalar>, samples: Int, outputCount: Int,
        workspace: inout Workspace
    ) -> [Scalar] {
        [Scalar](unsafeUninitializedCapacity: samples * outputCount) { outputs, initialized in
            initialized = samples * outputCount
            predict(parameters, inputs, samples, outputs.baseAddress, &workspace)
        }
    }

    func predict<Scalar: NetworkScalar>(
        parameters: AlignedArray<Scalar>, inputs: ArraySlice<Scalar>, samples: Int, into outputs: inout [Scalar],
        workspace: inout Workspace
    ) {
        outputs.withUnsafeMutableBufferPointer { predict(parameters, inputs, samples, $0.baseAddress, &workspace) }
    }

    private func predict<Scalar: NetworkScalar>(
        _ parameters: AlignedArray<Scalar>, _ inputs: ArraySlice<Scalar>, _ samples: Int,
        _ outputs: UnsafeMutablePointer<Scalar>?, _ workspace: inout Workspace
    ) {
        guard let outputs, samples > 0 else { return }
        workspace.reserve(withPointer { Scalar.core.predictSize($0, samples) })
        inputs.withUnsafeBufferPointer { inputs in
            parameters.withUnsafeBufferPointer { parameters in
                workspace.withPointer { workspace in
                    withPointer { network in
                        check(
                            Scalar.core.predict(
                                network, parameters.baseAddress!, inputs.baseAddress!, samples, outputs, workspace))
                    }
                }
            }
        }
    }

    func loss<Scalar: NetworkScalar>(
        parameters: AlignedArray<Scalar>, batch: Batch<Scalar>, objective: Objective<Scalar>, workspace: inout Workspace
    ) -> Scalar {
        var value: Scalar = 0
        reserve(&workspace, samples: batch.rows.count, Scalar.self)
        batch.withPointers { batch in
            parameters.withUnsafeBufferPointer { parameters in
                workspace.withPointer { workspace in
                    withPointer { network in
                        check(Scalar.core.loss(network, parameters.baseAddress!, batch, objective, workspace, &value))
                    }
                }
            }
        }
        return value
    }

    /// Writes the gradients of a batch, or adds those of a part of one, and returns its loss.
    func gradients<Scalar: NetworkScalar>(
        parameters: AlignedArray<Scalar>, batch: Batch<Scalar>, objective: Objective<Scalar>,
        into gradients: inout [Scalar], workspace: inout Workspace
    ) -> Scalar {
        precondition(gradients.count == parameters.count)
        var value: Scalar = 0
        reserve(&workspace, samples: batch.rows.count, Scalar.self)
        batch.withPointers { batch in
            parameters.withUnsafeBufferPointer { parameters in
                gradients.withUnsafeMutableBufferPointer { gradients in
                    workspace.withPointer { workspace in
                        withPointer { network in
                            check(
                                Scalar.core.gradients(
                                    network, parameters.baseAddress!, batch, objective, workspace,
                                    gradients.baseAddress!, &value))
                        }
                    }
                }
            }
        }
        return value
    }

    /// Takes one step on rows of a dataset in memory and returns the loss before it.
    @inline(__always)
    func step<Scalar: NetworkScalar>(
        parameters: inout AlignedArray<Scalar>, samples: Dataset<Scalar>, rows: Range<Int>,
        call: UnsafePointer<StepCall<Scalar>>, state: inout UpdateState<Scalar>, workspace: inout Workspace
    ) -> Scalar {
        var value: Scalar = 0
        withPointer { network in
            samples.withPointers(rows) { batch in
                parameters.withUnsafeMutableBufferPointer { parameters in
                    workspace.withPointer { workspace in
                        state.withPointers { state in
                            Scalar.core.step(
                                network, parameters.baseAddress!, batch, call, &state, workspace, &value)
                        }
                    }
                }
            }
        }
        return value
    }

    /// Takes a step from the gradients of the state.
    func update<Scalar: NetworkScalar>(
        parameters: inout AlignedArray<Scalar>, rule: UpdateRule<Scalar>, state: inout UpdateState<Scalar>,
        pool: ThreadPool?
    ) {
        precondition(state.gradients.count == parameters.count)
        parameters.withUnsafeMutableBufferPointer { parameters in
            state.withPointers { state in
                withPointer { network in
                    withExtendedLifetime(pool) {
                        Scalar.core.update(
                            network, rule, state.gradients!, &state, parameters.baseAddress!, pool?.pointer)
                    }
                }
            }
        }
    }

    /// Sees to it that a workspace is large enough for training on so many samples at a time.
    func reserve<Scalar: NetworkScalar>(_ workspace: inout Workspace, samples: Int, _ scalar: Scalar.Type) {
        workspace.reserve(withPointer { Scalar.core.trainSize($0, samples) })
    }
}

/// Some rows of a dataset, next to each other.
struct Batch<Scalar: NetworkScalar> {
    var dataset: Dataset<Scalar>
    var rows: Range<Int>
    /// The samples of the step's batch that this is a part of, and the first of them here; `nil` for a whole one.
    var part: (first: Int, of: Int)?

    /// The inputs of its samples.
    var inputs: [Scalar] {
        Array(dataset.inputs[(rows.lowerBound * dataset.inputCount)..<(rows.upperBound * dataset.inputCount)])
    }

    fileprivate func withPointers(_ body: (BatchPointers<Scalar>) -> Void) {
        dataset.withPointers(rows, part: part, body)
    }
}

extension Dataset {
    /// Calls a function with rows that are in memory.
    @inline(__always)
    fileprivate func withPointers(
        _ rows: Range<Int>, part: (first: Int, of: Int)? = nil, _ body: (BatchPointers<Scalar>) -> Void
    ) {
        precondition(isInMemory && rows.lowerBound >= 0 && rows.upperBound <= count && !rows.isEmpty)
        values.withUnsafeBufferPointer { inputs in
            withTargetPointers { targets, classes, weights in
                body(
                    BatchPointers(
                        samples: rows.count, inputs: inputs.baseAddress! + rows.lowerBound * inputCount,
                        targets: targets.map { $0 + rows.lowerBound * targetCount },
                        classes: classes.map { $0 + rows.lowerBound }, weights: weights.map { $0 + rows.lowerBound },
                        first: part?.first ?? 0, of: part?.of ?? 0))
            }
        }
    }

    @inline(__always)
    fileprivate func withTargetPointers(
        _ body: (UnsafePointer<Scalar>?, UnsafePointer<Int32>?, UnsafePointer<Scalar>?) -> Void
    ) {
        func withWeights(_ body: (UnsafePointer<Scalar>?) -> Void) {
            guard let weights else { return body(nil) }
            weights.withUnsafeBufferPointer { body($0.baseAddress!) }
        }
        withWeights { weights in
            switch targets {
            case .vectors(let targets): targets.withUnsafeBufferPointer { body($0.baseAddress!, nil, weights) }
            case .classes(let classes): classes.withUnsafeBufferPointer { body(nil, $0.baseAddress!, weights) }
            }
        }
    }
}

/// Memory and threads for the C core to work with. A copy has memory of its own.
struct Workspace: Sendable {
    private var storage: [UInt64] = []
    var pool: ThreadPool?

    /// Sees to it that there are so many bytes.
    mutating func reserve(_ bytes: Int) {
        let words = bytes / MemoryLayout<UInt64>.size + 1
        if storage.count < words { storage = [UInt64](repeating: 0, count: words) }
    }

    fileprivate mutating func withPointer(_ body: (UnsafePointer<bp_workspace>) -> Void) {
        let pool = pool
        storage.withUnsafeMutableBytes { memory in
            var workspace = bp_workspace(memory: memory.baseAddress, bytes: memory.count, pool: pool?.pointer)
            withExtendedLifetime(pool) { body(&workspace) }
        }
    }
}

/// Threads of the C core, ended with the last reference.
///
/// `@unchecked Sendable`: the pointer never changes, and a pool may be used from any number of
/// threads at once (`bp_pool` in backprop.h).
final class ThreadPool: @unchecked Sendable {
    fileprivate let pointer: OpaquePointer
    private let memory: UnsafeMutableRawPointer

    init(threads: Int) throws(BackpropError) {
        let bytes = bp_pool_size(threads)
        guard bytes > 0 else {
            throw .option("threads", expected: "1 to 1024", found: "\(threads)")
        }
        let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
        var pool: OpaquePointer?
        guard bp_pool_start(memory, bytes, threads, &pool) == BP_OK, let pool else {
            memory.deallocate()
            throw .threads(threads)
        }
        self.pointer = pool
        self.memory = memory
    }

    deinit {
        bp_pool_stop(pointer)
        memory.deallocate()
    }

    var threads: Int { bp_pool_threads(pointer) }
}

private func text(of status: bp_status) -> String {
    String(cString: bp_status_text(status))
}

private func check(_ status: bp_status) {
    precondition(status == BP_OK, "the C core refused checked arguments: \(text(of: status))")
}
