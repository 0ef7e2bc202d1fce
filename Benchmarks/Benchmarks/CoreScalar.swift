import Backprop
import CBackprop

/// `Float` or `Double`, with the C core's networks in that precision.
protocol CoreScalar: NetworkScalar, BitwiseCopyable {
    associatedtype CoreBatch: BitwiseCopyable
    associatedtype CoreObjective: BitwiseCopyable
    associatedtype CoreOptimizer: BitwiseCopyable
    associatedtype CoreState: BitwiseCopyable
    typealias In = UnsafePointer<Self>
    typealias Out = UnsafeMutablePointer<Self>

    static var precision: String { get }
    /// A step through the library, by the function for this type rather than the generic one.
    static func step(_ trainer: inout Trainer<Self>, _ network: inout Network<Self>, on samples: Dataset<Self>) throws
    static func batch(_ samples: Int, _ inputs: In, _ targets: In?, _ classes: UnsafePointer<Int32>?) -> CoreBatch
    static func objective(_ loss: bp_loss) -> CoreObjective
    static func optimizer(_ method: bp_method, rate: Self) -> CoreOptimizer
    static func state(slots: Out?, gradients: Out?) -> CoreState
    static func trainSize(_ network: OpaquePointer, _ samples: Int) -> Int
    static func predictSize(_ network: OpaquePointer, _ samples: Int) -> Int
    static func initialize(_ network: OpaquePointer, _ seed: UInt64, _ parameters: Out)
    static func step(
        _ network: OpaquePointer, _ parameters: Out, _ batch: UnsafePointer<CoreBatch>,
        _ objective: UnsafePointer<CoreObjective>, _ optimizer: UnsafePointer<CoreOptimizer>,
        _ state: UnsafeMutablePointer<CoreState>, _ workspace: UnsafePointer<bp_workspace>
    ) -> bp_status
    static func predict(
        _ network: OpaquePointer, _ parameters: In, _ inputs: In, _ samples: Int, _ outputs: Out,
        _ workspace: UnsafePointer<bp_workspace>
    ) -> bp_status
}

extension Float: CoreScalar {
    static let precision = "f32"

    static func step(
        _ trainer: inout Trainer<Float>, _ network: inout Network<Float>, on samples: Dataset<Float>
    ) throws {
        try trainer.step(&network, on: samples)
    }

    static func batch(
        _ samples: Int, _ inputs: In, _ targets: In?, _ classes: UnsafePointer<Int32>?
    ) -> bp_batch_f32 {
        bp_batch_f32(
            samples: samples, inputs: inputs, targets: targets, classes: classes, weights: nil, first: 0, of: 0)
    }

    static func objective(_ loss: bp_loss) -> bp_objective_f32 {
        var objective = bp_objective_f32()
        objective.size = MemoryLayout<bp_objective_f32>.size
        objective.loss = loss
        return objective
    }

    static func optimizer(_ method: bp_method, rate: Float) -> bp_optimizer_f32 {
        var optimizer = bp_optimizer_f32()
        let status = bp_optimizer_init_f32(&optimizer, MemoryLayout<bp_optimizer_f32>.size, method, rate)
        precondition(status == BP_OK)
        return optimizer
    }

    static func state(slots: Out?, gradients: Out?) -> bp_state_f32 {
        bp_state_f32(steps: 0, slots: slots, gradients: gradients)
    }

    static func trainSize(_ network: OpaquePointer, _ samples: Int) -> Int { bp_train_size_f32(network, samples) }
    static func predictSize(_ network: OpaquePointer, _ samples: Int) -> Int { bp_predict_size_f32(network, samples) }
    static func initialize(_ network: OpaquePointer, _ seed: UInt64, _ parameters: Out) {
        bp_initialize_f32(network, seed, parameters)
    }

    static func step(
        _ network: OpaquePointer, _ parameters: Out, _ batch: UnsafePointer<bp_batch_f32>,
        _ objective: UnsafePointer<bp_objective_f32>, _ optimizer: UnsafePointer<bp_optimizer_f32>,
        _ state: UnsafeMutablePointer<bp_state_f32>, _ workspace: UnsafePointer<bp_workspace>
    ) -> bp_status {
        bp_step_f32(network, parameters, batch, objective, optimizer, state, workspace, nil)
    }

    static func predict(
        _ network: OpaquePointer, _ parameters: In, _ inputs: In, _ samples: Int, _ outputs: Out,
        _ workspace: UnsafePointer<bp_workspace>
    ) -> bp_status {
        bp_predict_f32(network, parameters, inputs, samples, outputs, workspace)
    }
}

extension Double: CoreScalar {
    static let precision = "f64"

    static func step(
        _ trainer: inout Trainer<Double>, _ network: inout Network<Double>, on samples: Dataset<Double>
    ) throws {
        try trainer.step(&network, on: samples)
    }

    static func batch(
        _ samples: Int, _ inputs: In, _ targets: In?, _ classes: UnsafePointer<Int32>?
    ) -> bp_batch_f64 {
        bp_batch_f64(
            samples: samples, inputs: inputs, targets: targets, classes: classes, weights: nil, first: 0, of: 0)
    }

    static func objective(_ loss: bp_loss) -> bp_objective_f64 {
        var objective = bp_objective_f64()
        objective.size = MemoryLayout<bp_objective_f64>.size
        objective.loss = loss
        return objective
    }

    static func optimizer(_ method: bp_method, rate: Double) -> bp_optimizer_f64 {
        var optimizer = bp_optimizer_f64()
        let status = bp_optimizer_init_f64(&optimizer, MemoryLayout<bp_optimizer_f64>.size, method, rate)
        precondition(status == BP_OK)
        return optimizer
    }

    static func state(slots: Out?, gradients: Out?) -> bp_state_f64 {
        bp_state_f64(steps: 0, slots: slots, gradients: gradients)
    }

    static func trainSize(_ network: OpaquePointer, _ samples: Int) -> Int { bp_train_size_f64(network, samples) }
    static func predictSize(_ network: OpaquePointer, _ samples: Int) -> Int { bp_predict_size_f64(network, samples) }
    static func initialize(_ network: OpaquePointer, _ seed: UInt64, _ parameters: Out) {
        bp_initialize_f64(network, seed, parameters)
    }

    static func step(
        _ network: OpaquePointer, _ parameters: Out, _ batch: UnsafePointer<bp_batch_f64>,
        _ objective: UnsafePointer<bp_objective_f64>, _ optimizer: UnsafePointer<bp_optimizer_f64>,
        _ state: UnsafeMutablePointer<bp_state_f64>, _ workspace: UnsafePointer<bp_workspace>
    ) -> bp_status {
        bp_step_f64(network, parameters, batch, objective, optimizer, state, workspace, nil)
    }

    static func predict(
        _ network: OpaquePointer, _ parameters: In, _ inputs: In, _ samples: Int, _ outputs: Out,
        _ workspace: UnsafePointer<bp_workspace>
    ) -> bp_status {
        bp_predict_f64(network, parameters, inputs, samples, outputs, workspace)
    }
}
