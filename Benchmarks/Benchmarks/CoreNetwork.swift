import Backprop
import CBackprop

/// A network that is trained and predicts through the C core alone: what Swift around it costs can be seen beside it.
///
/// Everything a call takes is made beforehand; a step is one call.
final class CoreNetwork<Scalar: CoreScalar> {
    let shape: NetworkShape
    let batchSize: Int
    private let samples: CoreSamples<Scalar>
    private let plan: AlignedMemory<UInt64>
    private let network: OpaquePointer
    private let parameters: AlignedMemory<Scalar>
    private let slots: AlignedMemory<Scalar>?
    private let gradients: AlignedMemory<Scalar>?
    private let memory: AlignedMemory<UInt64>
    private let outputs: AlignedMemory<Scalar>
    private let batches: AlignedMemory<Scalar.CoreBatch>
    private let objective: AlignedMemory<Scalar.CoreObjective>
    private let optimizer: AlignedMemory<Scalar.CoreOptimizer>
    private let state: AlignedMemory<Scalar.CoreState>
    private let workspace: AlignedMemory<bp_workspace>
    private let pool: CorePool?
    private var position = 0

    /// - Parameters:
    ///   - samples: What it is trained on, batch after batch, round and round.
    ///   - kernels: What it computes with.
    init(
        _ shape: NetworkShape, _ samples: CoreSamples<Scalar>, batch: Int, kernels: OpaquePointer,
        method: Int = BP_GRADIENT_DESCENT, rate: Scalar = 0.01, pool: CorePool? = nil
    ) {
        (self.shape, self.samples, self.batchSize, self.pool) = (shape, samples, batch, pool)
        plan = AlignedMemory(repeating: 0, count: bp_network_size(shape.units.count - 1) / 8 + 1)
        network = Self.network(shape, kernels, plan)
        let count = bp_network_parameters(network)
        parameters = AlignedMemory(repeating: 0, count: count)
        Scalar.initialize(network, 1, parameters.pointer)
        let slotCount = bp_method_slots(bp_method(method))
        slots = slotCount > 0 ? AlignedMemory(repeating: 0, count: slotCount * count) : nil
        gradients = method == BP_GRADIENT_DESCENT ? nil : AlignedMemory(repeating: 0, count: count)
        let bytes = max(Scalar.trainSize(network, batch), Scalar.predictSize(network, batch))
        memory = AlignedMemory(repeating: 0, count: bytes / 8 + 1)
        outputs = AlignedMemory(repeating: 0, count: batch * shape.outputCount)
        batches = AlignedMemory(
            (0..<max(1, samples.count / batch)).map { index in
                let first = index * batch
                return Scalar.batch(
                    batch, samples.inputs.pointer + first * shape.inputCount,
                    samples.targets.map { UnsafePointer($0.pointer + first * shape.outputCount) },
                    samples.classes.map { UnsafePointer($0.pointer + first) })
            })
        objective = AlignedMemory([Scalar.objective(shape.loss.core)])
        optimizer = AlignedMemory([Scalar.optimizer(bp_method(method), rate: rate)])
        state = AlignedMemory([Scalar.state(slots: slots?.pointer, gradients: gradients?.pointer)])
        workspace = AlignedMemory([
            bp_workspace(memory: memory.pointer, bytes: memory.count * 8, pool: pool?.pointer)
        ])
    }

    private static func network(
        _ shape: NetworkShape, _ kernels: OpaquePointer, _ plan: AlignedMemory<UInt64>
    ) -> OpaquePointer {
        let layers = zip(shape.units.dropFirst(), shape.activations).map { units, activation in
            bp_layer(outputs: units, activation: activation.core, flags: 0, dropout: 0, tied: 0, custom: nil)
        }
        var network: OpaquePointer?
        let status = bp_network_init(
            plan.pointer, plan.count * 8, kernels, shape.inputCount, layers, layers.count, &network)
        precondition(status == BP_OK, "the shapes of benchmarks make sense")
        return network!
    }

    /// Floating-point operations of a step.
    var operations: Double { shape.operations(isTraining: true) * Double(batchSize) }

    /// All weights and biases.
    var parameterValues: [Scalar] { parameters.values }

    func train(steps: Int) {
        var position = position
        for _ in 0..<steps {
            let status = Scalar.step(
                network, parameters.pointer, batches.pointer + position, objective.pointer, optimizer.pointer,
                state.pointer, workspace.pointer)
            precondition(status == BP_OK)
            position = position + 1 == batches.count ? 0 : position + 1
        }
        self.position = position
    }

    /// Predicts batches of the samples, one after the other.
    func predict(steps: Int) {
        var position = position
        for _ in 0..<steps {
            let inputs = samples.inputs.pointer + position * batchSize * shape.inputCount
            let status = Scalar.predict(
                network, parameters.pointer, inputs, batchSize, outputs.pointer, workspace.pointer)
            precondition(status == BP_OK)
            position = position + 1 == batches.count ? 0 : position + 1
        }
        self.position = position
    }

    /// What the first batch gives, computed with memory of its own: any number of threads may ask at once.
    func firstOutputs() -> [Scalar] {
        let memory = AlignedMemory<UInt64>(repeating: 0, count: self.memory.count)
        let outputs = AlignedMemory<Scalar>(repeating: 0, count: self.outputs.count)
        var workspace = bp_workspace(memory: memory.pointer, bytes: memory.count * 8, pool: nil)
        let status = Scalar.predict(
            network, parameters.pointer, samples.inputs.pointer, batchSize, outputs.pointer, &workspace)
        precondition(status == BP_OK)
        return outputs.values
    }
}

/// Threads of the C core.
final class CorePool {
    fileprivate let pointer: OpaquePointer
    private let memory: AlignedMemory<UInt64>

    /// `nil` where the system doesn't start them.
    init?(threads: Int) {
        let bytes = bp_pool_size(threads)
        memory = AlignedMemory(repeating: 0, count: bytes / 8 + 1)
        var pool: OpaquePointer?
        guard bp_pool_start(memory.pointer, bytes, threads, &pool) == BP_OK, let pool else { return nil }
        pointer = pool
    }

    deinit { bp_pool_stop(pointer) }
}
