import CBackprop

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
    }

    struct Descent {
        var rate: Scalar
        var loss = bp_loss(BP_SQUARED_ERROR)
        var reduction = bp_reduction(BP_MEAN)
        var order = bp_update_order(BP_SIMULTANEOUS)
    }

    let initialize: @Sendable (Network, UInt64, Out) -> Void
    let predictSize, trainSize: @Sendable (Network, Int) -> Int
    let predict: @Sendable (Network?, In?, In?, Int, Out?, Workspace?) -> bp_status
    let loss: @Sendable (Network?, In?, Batch?, bp_loss, Workspace?, Out?) -> bp_status
    let gradients: @Sendable (Network?, In?, Batch?, bp_loss, bp_reduction, Workspace?, Out?, Out?) -> bp_status
    let update: @Sendable (Network?, In?, Scalar, Out?) -> bp_status
    let step: @Sendable (Network?, Out?, Batch?, Descent?, Workspace?, Out?) -> bp_status
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
        loss: { network, parameters, batch, loss, workspace, value in
            withOptionalPointer(batch.map(bp_batch_f32.init)) {
                bp_loss_f32(network, parameters, $0, loss, workspace, value)
            }
        },
        gradients: { network, parameters, batch, loss, reduction, workspace, gradients, value in
            withOptionalPointer(batch.map(bp_batch_f32.init)) {
                bp_gradients_f32(network, parameters, $0, loss, reduction, workspace, gradients, value)
            }
        },
        update: bp_update_f32,
        step: { network, parameters, batch, descent, workspace, value in
            withOptionalPointer(batch.map(bp_batch_f32.init)) { batch in
                withOptionalPointer(descent.map(bp_descent_f32.init)) {
                    bp_step_f32(network, parameters, batch, $0, workspace, value)
                }
            }
        })
}

extension Double {
    static let networkFunctions = NetworkFunctions<Double>(
        initialize: bp_initialize_f64, predictSize: bp_predict_size_f64, trainSize: bp_train_size_f64,
        predict: bp_predict_f64,
        loss: { network, parameters, batch, loss, workspace, value in
            withOptionalPointer(batch.map(bp_batch_f64.init)) {
                bp_loss_f64(network, parameters, $0, loss, workspace, value)
            }
        },
        gradients: { network, parameters, batch, loss, reduction, workspace, gradients, value in
            withOptionalPointer(batch.map(bp_batch_f64.init)) {
                bp_gradients_f64(network, parameters, $0, loss, reduction, workspace, gradients, value)
            }
        },
        update: bp_update_f64,
        step: { network, parameters, batch, descent, workspace, value in
            withOptionalPointer(batch.map(bp_batch_f64.init)) { batch in
                withOptionalPointer(descent.map(bp_descent_f64.init)) {
                    bp_step_f64(network, parameters, batch, $0, workspace, value)
                }
            }
        })
}

extension bp_batch_f32 {
    fileprivate init(_ batch: NetworkFunctions<Float>.Batch) {
        self.init(samples: batch.samples, inputs: batch.inputs, targets: batch.targets, classes: batch.classes)
    }
}

extension bp_batch_f64 {
    fileprivate init(_ batch: NetworkFunctions<Double>.Batch) {
        self.init(samples: batch.samples, inputs: batch.inputs, targets: batch.targets, classes: batch.classes)
    }
}

extension bp_descent_f32 {
    fileprivate init(_ descent: NetworkFunctions<Float>.Descent) {
        self.init(rate: descent.rate, loss: descent.loss, reduction: descent.reduction, order: descent.order)
    }
}

extension bp_descent_f64 {
    fileprivate init(_ descent: NetworkFunctions<Double>.Descent) {
        self.init(rate: descent.rate, loss: descent.loss, reduction: descent.reduction, order: descent.order)
    }
}
