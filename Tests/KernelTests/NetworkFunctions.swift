import CBackprop

@testable import Backprop

/// The functions of `backprop.h` that work on whole networks, in one precision, with every pointer
/// optional, so that tests can leave each out.
struct NetworkFunctions<Scalar>: Sendable {
    typealias Network = OpaquePointer
    typealias In = UnsafePointer<Scalar>
    typealias Out = UnsafeMutablePointer<Scalar>
    typealias Workspace = UnsafePointer<bp_workspace>

    struct Batch {
        var samples: Int
        var inputs: In?
        var targets: In?
        var classes: UnsafePointer<Int32>?
        var weights: In?
        var first = 0
        var of = 0
    }

    struct Objective {
        /// The size field, or `nil` for the right one.
        var size: Int?
        var loss = bp_loss(BP_SQUARED_ERROR)
        var reduction = bp_reduction(BP_MEAN)
        var labelSmoothing: Scalar
        var custom: UnsafePointer<bp_custom_loss>?
    }

    /// What an optimizer's settings are after `bp_optimizer_init_f32`, and what is changed then.
    struct Optimizer {
        var size: Int?
        var method = bp_method(BP_GRADIENT_DESCENT)
        var order = bp_update_order(BP_SIMULTANEOUS)
        var rate: Scalar
        var momentum, beta1, beta2, decay, epsilon, shrink, grow, minimumStep, maximumStep: Scalar?
        var weightDecay, l1, clipValue, clipNorm: Scalar?
    }

    struct State {
        var steps: UInt64 = 0
        var slots: Out?
        var gradients: Out?
    }

    let initialize: @Sendable (Network, UInt64, Out) -> Void
    let predictSize, trainSize: @Sendable (Network, Int) -> Int
    let predict: @Sendable (Network?, In?, In?, Int, Out?, Workspace?) -> bp_status
    let loss: @Sendable (Network?, In?, Batch?, Objective?, Workspace?, Out?) -> bp_status
    let gradients: @Sendable (Network?, In?, Batch?, Objective?, Workspace?, Out?, Out?) -> bp_status
    let initializeOptimizer: @Sendable (Int, bp_method, Scalar) -> bp_status
    let optimize: @Sendable (OpaquePointer, Optimizer, UInt64, Scalar, In, Out?, Out?, Out, Int) -> Void
    let update: @Sendable (Network?, Optimizer?, In?, inout State?, Out?) -> bp_status
    let step: @Sendable (Network?, Out?, Batch?, Objective?, Optimizer?, inout State?, Workspace?, Out?) -> bp_status
}

extension NetworkFunctions.Optimizer where Scalar: BinaryFloatingPoint {
    /// One of the library's optimizers. `weightDecay` is for those that have none of their own.
    init(
        _ optimizer: Optimizer, rate: Scalar, weightDecay: Scalar = 0, l1: Scalar = 0,
        clipping: GradientClipping = .none
    ) {
        self.init(rate: rate, weightDecay: weightDecay, l1: l1)
        if case .value(let bound) = clipping { clipValue = Scalar(bound) }
        if case .globalNorm(let bound) = clipping { clipNorm = Scalar(bound) }
        let number: Int
        switch optimizer {
        case .gradientDescent: number = BP_GRADIENT_DESCENT
        case .momentum(let momentum): (number, self.momentum) = (BP_MOMENTUM, Scalar(momentum))
        case .nesterov(let momentum): (number, self.momentum) = (BP_NESTEROV, Scalar(momentum))
        case .rmsProp(let decay, let epsilon):
            (number, self.decay, self.epsilon) = (BP_RMSPROP, Scalar(decay), Scalar(epsilon))
        case .adagrad(let epsilon): (number, self.epsilon) = (BP_ADAGRAD, Scalar(epsilon))
        case .adam(let beta1, let beta2, let epsilon):
            (number, self.beta1, self.beta2, self.epsilon) = (BP_ADAM, Scalar(beta1), Scalar(beta2), Scalar(epsilon))
        case .adamW(let beta1, let beta2, let epsilon, let decay):
            (number, self.beta1, self.beta2, self.epsilon) = (BP_ADAMW, Scalar(beta1), Scalar(beta2), Scalar(epsilon))
            self.weightDecay = Scalar(decay)
        case .rprop(let shrink, let grow, let smallest, let largest):
            (number, self.shrink, self.grow) = (BP_RPROP, Scalar(shrink), Scalar(grow))
            (minimumStep, maximumStep) = (Scalar(smallest), Scalar(largest))
        }
        method = bp_method(number)
    }
}

/// Calls a function with a pointer to a value, or with none.
private func withOptionalPointer<Value, Result>(_ value: Value?, _ body: (UnsafePointer<Value>?) -> Result) -> Result {
    guard let value else { return body(nil) }
    return withUnsafePointer(to: value) { body($0) }
}

extension Float {
    static let networkFunctions = NetworkFunctions<Float>(
        initialize: bp_initialize_f32, predictSize: bp_predict_size_f32, trainSize: bp_train_size_f32,
        predict: bp_predict_f32,
        loss: { network, parameters, batch, objective, workspace, value in
            withOptionalPointer(batch.map(bp_batch_f32.init)) { batch in
                withOptionalPointer(objective.map(bp_objective_f32.init)) {
                    bp_loss_f32(network, parameters, batch, $0, workspace, value)
                }
            }
        },
        gradients: { network, parameters, batch, objective, workspace, gradients, value in
            withOptionalPointer(batch.map(bp_batch_f32.init)) { batch in
                withOptionalPointer(objective.map(bp_objective_f32.init)) {
                    bp_gradients_f32(network, parameters, batch, $0, workspace, gradients, value)
                }
            }
        },
        initializeOptimizer: { size, method, rate in
            var optimizer = bp_optimizer_f32()
            return bp_optimizer_init_f32(&optimizer, size, method, rate)
        },
        optimize: { kernels, optimizer, step, scale, gradients, m, v, weights, count in
            var optimizer = bp_optimizer_f32(optimizer)
            bp_optimize_f32(kernels, &optimizer, step, scale, gradients, m, v, weights, count)
        },
        update: { network, optimizer, gradients, state, parameters in
            withOptionalPointer(optimizer.map(bp_optimizer_f32.init)) { optimizer in
                withState(&state) { bp_update_f32(network, optimizer, gradients, $0, parameters, nil) }
            }
        },
        step: { network, parameters, batch, objective, optimizer, state, workspace, value in
            withOptionalPointer(batch.map(bp_batch_f32.init)) { batch in
                withOptionalPointer(objective.map(bp_objective_f32.init)) { objective in
                    withOptionalPointer(optimizer.map(bp_optimizer_f32.init)) { optimizer in
                        withState(&state) {
                            bp_step_f32(network, parameters, batch, objective, optimizer, $0, workspace, value)
                        }
                    }
                }
            }
        })

    private static func withState(
        _ state: inout NetworkFunctions<Float>.State?, _ body: (UnsafeMutablePointer<bp_state_f32>?) -> bp_status
    ) -> bp_status {
        guard let given = state else { return body(nil) }
        var core = bp_state_f32(steps: given.steps, slots: given.slots, gradients: given.gradients)
        defer { state!.steps = core.steps }
        return body(&core)
    }
}

extension bp_batch_f32 {
    fileprivate init(_ batch: NetworkFunctions<Float>.Batch) {
        self.init(
            samples: batch.samples, inputs: batch.inputs, targets: batch.targets, classes: batch.classes,
            weights: batch.weights, first: batch.first, of: batch.of)
    }
}

extension bp_objective_f32 {
    fileprivate init(_ objective: NetworkFunctions<Float>.Objective) {
        self.init(
            size: objective.size ?? MemoryLayout<Self>.size, loss: objective.loss, reduction: objective.reduction,
            label_smoothing: objective.labelSmoothing, seed: 0, step: 0, custom: objective.custom)
    }
}

extension bp_optimizer_f32 {
    fileprivate init(_ given: NetworkFunctions<Float>.Optimizer) {
        self.init()
        // A method that doesn't exist keeps zeros, and is refused later.
        _ = bp_optimizer_init_f32(&self, MemoryLayout<Self>.size, given.method, given.rate)
        size = given.size ?? MemoryLayout<Self>.size
        (method, order, rate) = (given.method, given.order, given.rate)
        momentum = given.momentum ?? momentum
        beta1 = given.beta1 ?? beta1
        beta2 = given.beta2 ?? beta2
        decay = given.decay ?? decay
        epsilon = given.epsilon ?? epsilon
        shrink = given.shrink ?? shrink
        grow = given.grow ?? grow
        minimum_step = given.minimumStep ?? minimum_step
        maximum_step = given.maximumStep ?? maximum_step
        weight_decay = given.weightDecay ?? weight_decay
        l1 = given.l1 ?? l1
        clip_value = given.clipValue ?? clip_value
        clip_norm = given.clipNorm ?? clip_norm
    }
}

extension Double {
    static let networkFunctions = NetworkFunctions<Double>(
        initialize: bp_initialize_f64, predictSize: bp_predict_size_f64, trainSize: bp_train_size_f64,
        predict: bp_predict_f64,
        loss: { network, parameters, batch, objective, workspace, value in
            withOptionalPointer(batch.map(bp_batch_f64.init)) { batch in
                withOptionalPointer(objective.map(bp_objective_f64.init)) {
                    bp_loss_f64(network, parameters, batch, $0, workspace, value)
                }
            }
        },
        gradients: { network, parameters, batch, objective, workspace, gradients, value in
            withOptionalPointer(batch.map(bp_batch_f64.init)) { batch in
                withOptionalPointer(objective.map(bp_objective_f64.init)) {
                    bp_gradients_f64(network, parameters, batch, $0, workspace, gradients, value)
                }
            }
        },
        initializeOptimizer: { size, method, rate in
            var optimizer = bp_optimizer_f64()
            return bp_optimizer_init_f64(&optimizer, size, method, rate)
        },
        optimize: { kernels, optimizer, step, scale, gradients, m, v, weights, count in
            var optimizer = bp_optimizer_f64(optimizer)
            bp_optimize_f64(kernels, &optimizer, step, scale, gradients, m, v, weights, count)
        },
        update: { network, optimizer, gradients, state, parameters in
            withOptionalPointer(optimizer.map(bp_optimizer_f64.init)) { optimizer in
                withState(&state) { bp_update_f64(network, optimizer, gradients, $0, parameters, nil) }
            }
        },
        step: { network, parameters, batch, objective, optimizer, state, workspace, value in
            withOptionalPointer(batch.map(bp_batch_f64.init)) { batch in
                withOptionalPointer(objective.map(bp_objective_f64.init)) { objective in
                    withOptionalPointer(optimizer.map(bp_optimizer_f64.init)) { optimizer in
                        withState(&state) {
                            bp_step_f64(network, parameters, batch, objective, optimizer, $0, workspace, value)
                        }
                    }
                }
            }
        })

    private static func withState(
        _ state: inout NetworkFunctions<Double>.State?, _ body: (UnsafeMutablePointer<bp_state_f64>?) -> bp_status
    ) -> bp_status {
        guard let given = state else { return body(nil) }
        var core = bp_state_f64(steps: given.steps, slots: given.slots, gradients: given.gradients)
        defer { state!.steps = core.steps }
        return body(&core)
    }
}

extension bp_batch_f64 {
    fileprivate init(_ batch: NetworkFunctions<Double>.Batch) {
        self.init(
            samples: batch.samples, inputs: batch.inputs, targets: batch.targets, classes: batch.classes,
            weights: batch.weights, first: batch.first, of: batch.of)
    }
}

extension bp_objective_f64 {
    fileprivate init(_ objective: NetworkFunctions<Double>.Objective) {
        self.init(
            size: objective.size ?? MemoryLayout<Self>.size, loss: objective.loss, reduction: objective.reduction,
            label_smoothing: objective.labelSmoothing, seed: 0, step: 0, custom: objective.custom)
    }
}

extension bp_optimizer_f64 {
    fileprivate init(_ given: NetworkFunctions<Double>.Optimizer) {
        self.init()
        // A method that doesn't exist keeps zeros, and is refused later.
        _ = bp_optimizer_init_f64(&self, MemoryLayout<Self>.size, given.method, given.rate)
        size = given.size ?? MemoryLayout<Self>.size
        (method, order, rate) = (given.method, given.order, given.rate)
        momentum = given.momentum ?? momentum
        beta1 = given.beta1 ?? beta1
        beta2 = given.beta2 ?? beta2
        decay = given.decay ?? decay
        epsilon = given.epsilon ?? epsilon
        shrink = given.shrink ?? shrink
        grow = given.grow ?? grow
        minimum_step = given.minimumStep ?? minimum_step
        maximum_step = given.maximumStep ?? maximum_step
        weight_decay = given.weightDecay ?? weight_decay
        l1 = given.l1 ?? l1
        clip_value = given.clipValue ?? clip_value
        clip_norm = given.clipNorm ?? clip_norm
    }
}
