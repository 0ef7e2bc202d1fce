import CBackprop
import Testing

@testable import Backprop
@testable import BackpropReference

@Suite struct StatusTests {
    @Test("every status has a sentence of its own, and so has a number that is none")
    func texts() {
        let statuses = Array(BP_OK...BP_ERROR_VERSION) + Array(BP_ERROR_FILE_TRUNCATED...BP_ERROR_FILE_RENAME)
        let texts = statuses.map { String(cString: bp_status_text(bp_status($0))) }
        let none = String(cString: bp_status_text(-1))
        for number in [BP_ERROR_VERSION + 1, BP_ERROR_FILE_TRUNCATED - 1, BP_ERROR_FILE_RENAME + 1, Int.max >> 32] {
            #expect(none == String(cString: bp_status_text(bp_status(number))))
        }
        #expect(Set(texts + [none]).count == texts.count + 1)
        #expect(texts.allSatisfy { !$0.isEmpty })
    }

    // MARK: Describing a network

    private static var layer: bp_layer {
        bp_layer(outputs: 2, activation: bp_activation(BP_SIGMOID), flags: 0, dropout: 0, tied: 0, custom: nil)
    }

    /// What `bp_network_init` says of a network.
    private func describe(
        inputs: Int = 3, _ layers: [bp_layer], bytes: Int? = nil
    ) -> bp_status {
        let memory = GuardedMemory(.end)
        return withExtendedLifetime(memory) {
            let size = bp_network_size(layers.count)
            let storage = memory.array([UInt64](repeating: 0, count: size / 8))
            var network: OpaquePointer?
            return bp_network_init(
                storage, bytes ?? size, bp_kernels_for(bp_isa(BP_ISA_SCALAR)), inputs, layers, layers.count, &network)
        }
    }

    private func changed(_ change: (inout bp_layer) -> Void) -> bp_layer {
        var layer = Self.layer
        change(&layer)
        return layer
    }

    @Test("a network is refused for every wrong part")
    func describing() {
        #expect(describe([Self.layer, Self.layer]) == BP_OK)
        #expect(describe([Self.layer], bytes: bp_network_size(1) - 1) == BP_ERROR_MEMORY)
        #expect(describe(inputs: 0, [Self.layer]) == BP_ERROR_LAYERS)
        #expect(describe([]) == BP_ERROR_LAYERS)
        #expect(describe([Self.layer, changed { $0.outputs = 0 }]) == BP_ERROR_LAYERS)
        #expect(describe([changed { $0.activation = -1 }]) == BP_ERROR_ACTIVATION)
        #expect(describe([changed { $0.activation = bp_activation(BP_ACTIVATION_COUNT) }]) == BP_ERROR_ACTIVATION)
        #expect(describe([changed { $0.flags = 8 }]) == BP_ERROR_OPTION)
        for dropout: Float in [-0.1, 1, .nan] {
            #expect(describe([changed { $0.dropout = dropout }, Self.layer]) == BP_ERROR_DROPOUT)
        }
        let dropping = changed { $0.dropout = 0.5 }
        #expect(describe([dropping, Self.layer]) == BP_OK)
        #expect(describe([Self.layer, dropping]) == BP_ERROR_DROPOUT)
        let softmax = changed { ($0.dropout, $0.activation) = (0.5, bp_activation(BP_SOFTMAX)) }
        #expect(describe([softmax, Self.layer]) == BP_ERROR_DROPOUT)
        #expect(describe(inputs: .max, [changed { $0.outputs = .max }]) == BP_ERROR_TOO_LARGE)
        #expect(describe(inputs: .max, [changed { $0.outputs = 1 }]) == BP_ERROR_TOO_LARGE)
        #expect(bp_network_size(.max) == 0)
    }

    @Test("a layer can share the weights of one below, if it is turned round and has its own")
    func tying() {
        let decoder = changed { ($0.outputs, $0.tied) = (3, 1) }
        #expect(describe([Self.layer, decoder]) == BP_OK)
        #expect(describe([changed { $0.tied = 1 }]) == BP_ERROR_TIE, "itself")
        #expect(describe([Self.layer, changed { ($0.outputs, $0.tied) = (3, 2) }]) == BP_ERROR_TIE, "itself")
        #expect(describe([Self.layer, changed { ($0.outputs, $0.tied) = (4, 1) }]) == BP_ERROR_TIE, "another shape")
        let again = changed { ($0.outputs, $0.tied) = (2, 2) }
        #expect(describe([Self.layer, decoder, again]) == BP_ERROR_TIE, "one that is tied itself")
    }

    @Test("a network is refused for every missing pointer")
    func describingNull() {
        var storage = [UInt64](repeating: 0, count: 64)
        var network: OpaquePointer?
        let kernels = bp_kernels_for(bp_isa(BP_ISA_SCALAR))
        let layers = [Self.layer]
        #expect(bp_network_init(nil, 512, kernels, 3, layers, 1, &network) == BP_ERROR_NULL)
        #expect(bp_network_init(&storage, 512, nil, 3, layers, 1, &network) == BP_ERROR_NULL)
        #expect(bp_network_init(&storage, 512, kernels, 3, nil, 1, &network) == BP_ERROR_NULL)
        #expect(bp_network_init(&storage, 512, kernels, 3, layers, 1, nil) == BP_ERROR_NULL)
    }

    @Test("a description says what was described")
    func description() throws {
        let described = Described<Float>()
        withExtendedLifetime(described) {
            #expect(bp_network_inputs(described.network) == 3)
            #expect(bp_network_outputs(described.network) == 2)
            #expect(bp_network_parameters(described.network) == 3 * 2 + 2)
            #expect(bp_network_weights_offset(described.network, 0) == 0)
            #expect(bp_network_biases_offset(described.network, 0) == 6)
        }
    }

    @Test("initial parameters are those of the library's automatic initializer", arguments: Precision.all)
    func initialize(in precision: Precision) throws {
        func check<Scalar: KernelScalar>(_ scalar: Scalar.Type) throws {
            let described = Described<Scalar>()
            let expected = try Network<Scalar>(inputs: 3, layers: [.dense(2, .sigmoid)], seed: 9)
            var parameters = [Scalar](repeating: 1, count: 8)
            withExtendedLifetime(described) {
                Scalar.networkFunctions.initialize(described.network!, 9, &parameters)
            }
            expectSame(parameters, expected.parameters, "parameters")
        }
        try check(precision.scalar)
    }

    // MARK: Calls over a batch

    @Test("a batch is refused for every wrong part, and nothing is written then", arguments: Precision.all)
    func batches(in precision: Precision) {
        func check<Scalar: KernelScalar>(_ scalar: Scalar.Type) {
            let call = Described<Scalar>()
            call.expect(BP_OK)
            call.expect(BP_ERROR_EMPTY) { $0.batch?.samples = 0 }
            call.expect(BP_ERROR_TARGETS) { $0.batch?.targets = nil }
            call.expect(BP_ERROR_TARGETS) { $0.batch?.classes = $0.classes([0, 1]) }
            for classes: [Int32] in [[0, 2], [-1, 0]] {
                call.expect(BP_ERROR_CLASS) {
                    $0.batch?.targets = nil
                    $0.batch?.classes = $0.classes(classes)
                }
            }
            call.expect(BP_OK) { $0.objective?.loss = bp_loss(BP_BINARY_CROSS_ENTROPY) }
            call.expect(BP_ERROR_LOSS) { $0.objective?.loss = bp_loss(BP_CUSTOM_LOSS) + 1 }
            call.expect(BP_ERROR_LOSS) { $0.objective?.loss = -1 }
            call.expect(BP_ERROR_PAIR) { $0.objective?.loss = bp_loss(BP_CROSS_ENTROPY) }
            call.expect(BP_ERROR_NULL) { $0.objective?.loss = bp_loss(BP_CUSTOM_LOSS) }
            call.expect(BP_ERROR_OPTION) { $0.objective?.reduction = 2 }
            for smoothing: Scalar in [-0.1, 1, .nan] {
                call.expect(BP_ERROR_OPTION) { $0.objective?.labelSmoothing = smoothing }
            }
            call.expect(BP_ERROR_VERSION) { $0.objective?.size = 8 }
            call.expect(BP_ERROR_OPTION) { $0.batch?.first = 1 }
            call.expect(BP_ERROR_OPTION) { ($0.batch!.first, $0.batch!.of) = (1, 2) }
            call.expectParts()
            call.expect(BP_ERROR_MEMORY) { $0.workspace?.bytes -= 1 }
            call.expect(BP_ERROR_TOO_LARGE) { $0.batch?.samples = .max }
        }
        check(precision.scalar)
    }

    @Test("an optimizer is refused for every number that is out of its range", arguments: Precision.all)
    func optimizers(in precision: Precision) {
        func check<Scalar: KernelScalar>(_ scalar: Scalar.Type) {
            let call = Described<Scalar>()
            for method in 0..<bp_method(BP_METHOD_COUNT) { call.expectUpdate(BP_OK, method) { _ in } }
            call.expectUpdate(BP_ERROR_OPTIMIZER, bp_method(BP_METHOD_COUNT)) { _ in }
            call.expectUpdate(BP_ERROR_OPTIMIZER, -1) { _ in }
            call.expectUpdate(BP_ERROR_VERSION, 0) { $0.size = 8 }
            call.expectUpdate(BP_ERROR_OPTION, 0) { $0.order = 2 }
            call.expectUpdate(BP_ERROR_OPTIMIZER, 0) { $0.rate = .nan }
            for wrong: Scalar in [-1, .nan, .infinity] {
                call.expectUpdate(BP_ERROR_OPTIMIZER, 0) { $0.weightDecay = wrong }
                call.expectUpdate(BP_ERROR_OPTIMIZER, 0) { $0.l1 = wrong }
                call.expectUpdate(BP_ERROR_OPTIMIZER, 0) { $0.clipValue = wrong }
                call.expectUpdate(BP_ERROR_OPTIMIZER, 0) { $0.clipNorm = wrong }
                for method in [BP_RMSPROP, BP_ADAGRAD, BP_ADAM, BP_ADAMW] {
                    call.expectUpdate(BP_ERROR_OPTIMIZER, bp_method(method)) { $0.epsilon = wrong }
                }
                for change: (inout NetworkFunctions<Scalar>.Optimizer) -> Void in [
                    { $0.rate = wrong }, { $0.shrink = wrong }, { $0.grow = wrong }, { $0.minimumStep = wrong },
                    { $0.maximumStep = wrong },
                ] { call.expectUpdate(BP_ERROR_OPTIMIZER, bp_method(BP_RPROP), change) }
            }
            for wrong: Scalar in [-0.1, 1, .nan] {
                for method in [BP_MOMENTUM, BP_NESTEROV] {
                    call.expectUpdate(BP_ERROR_OPTIMIZER, bp_method(method)) { $0.momentum = wrong }
                }
                for method in [BP_ADAM, BP_ADAMW] {
                    call.expectUpdate(BP_ERROR_OPTIMIZER, bp_method(method)) { $0.beta1 = wrong }
                    call.expectUpdate(BP_ERROR_OPTIMIZER, bp_method(method)) { $0.beta2 = wrong }
                }
                call.expectUpdate(BP_ERROR_OPTIMIZER, bp_method(BP_RMSPROP)) { $0.decay = wrong }
            }
            let layerByLayer = bp_update_order(BP_LAYER_BY_LAYER)
            call.expectUpdate(BP_OK, 0) { $0.order = layerByLayer }
            call.expectUpdate(BP_ERROR_OPTION, bp_method(BP_ADAM)) { $0.order = layerByLayer }
            call.expectUpdate(BP_ERROR_OPTION, 0) { ($0.order, $0.clipNorm) = (layerByLayer, 1) }
        }
        check(precision.scalar)
    }

    @Test("an optimizer's usual values are given for a method that exists, in a structure of this version")
    func usualValues() {
        let initialize = Float.networkFunctions.initializeOptimizer
        let size = MemoryLayout<bp_optimizer_f32>.size
        #expect(initialize(size, bp_method(BP_ADAM), 0.1) == BP_OK)
        #expect(initialize(size - 1, bp_method(BP_ADAM), 0.1) == BP_ERROR_VERSION)
        #expect(initialize(size, bp_method(BP_METHOD_COUNT), 0.1) == BP_ERROR_OPTIMIZER)
        #expect(initialize(size, bp_method(BP_ADAM), .infinity) == BP_ERROR_OPTIMIZER)
        #expect(bp_optimizer_init_f32(nil, size, bp_method(BP_ADAM), 0.1) == BP_ERROR_NULL)
        let slots = (-1...bp_method(BP_METHOD_COUNT)).map { bp_method_slots($0) }
        #expect(slots == [0, 0, 1, 1, 1, 1, 2, 2, 2, 0])
    }

    @Test("every missing pointer is an error", arguments: Precision.all)
    func missingPointers(in precision: Precision) {
        func check<Scalar: KernelScalar>(_ scalar: Scalar.Type) {
            let call = Described<Scalar>()
            call.expect(BP_ERROR_NULL) { $0.network = nil }
            call.expect(BP_ERROR_NULL) { $0.parameters = nil }
            call.expect(BP_ERROR_NULL) { $0.batch = nil }
            call.expect(BP_ERROR_NULL) { $0.batch?.inputs = nil }
            call.expect(BP_ERROR_NULL) { $0.workspace = nil }
            call.expect(BP_ERROR_NULL) { $0.workspace?.memory = nil }
            call.expect(BP_ERROR_NULL) { $0.objective = nil }
            call.expectMissingResults()
            call.expectPredictionErrors()
            call.expectUpdateErrors()
        }
        check(precision.scalar)
    }

    // MARK: Threads

    @Test("a pool is refused for every wrong argument")
    func pools() {
        #expect(bp_pool_size(0) == 0)
        #expect(bp_pool_size(1025) == 0)
        let bytes = bp_pool_size(2)
        let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
        defer { memory.deallocate() }
        var pool: OpaquePointer?
        #expect(bp_pool_start(nil, bytes, 2, &pool) == BP_ERROR_NULL)
        #expect(bp_pool_start(memory, bytes, 2, nil) == BP_ERROR_NULL)
        #expect(bp_pool_start(memory, bytes, 0, &pool) == BP_ERROR_OPTION)
        #expect(bp_pool_start(memory, bytes, 1025, &pool) == BP_ERROR_OPTION)
        #expect(bp_pool_start(memory, bytes - 1, 2, &pool) == BP_ERROR_MEMORY)
        #expect(pool == nil)
        #expect(bp_pool_start(memory, bytes, 2, &pool) == BP_OK)
        #expect(bp_pool_threads(pool) == 2)
        bp_pool_stop(pool)
        bp_pool_stop(nil)
        #expect(bp_pool_threads(nil) == 1)
    }
}

/// The arguments of a call for a network of 3 inputs and 2 sigmoid units, in guarded memory.
private final class Described<Scalar: KernelScalar> {
    private let memory = GuardedMemory(.end)
    private var functions: NetworkFunctions<Scalar> { Scalar.networkFunctions }
    private let count = 3 * 2 + 2

    var network: OpaquePointer?
    var parameters: UnsafeMutablePointer<Scalar>?
    var batch: NetworkFunctions<Scalar>.Batch?
    var objective: NetworkFunctions<Scalar>.Objective? = .init(labelSmoothing: 0)
    var workspace: bp_workspace?

    init() {
        let storage = memory.array([UInt64](repeating: 0, count: bp_network_size(1) / 8))
        let layer = bp_layer(
            outputs: 2, activation: bp_activation(BP_SIGMOID), flags: 0, dropout: 0, tied: 0, custom: nil)
        let status = bp_network_init(
            storage, bp_network_size(1), bp_kernels_for(bp_isa(BP_ISA_SCALAR)), 3, [layer], 1, &network)
        precondition(status == BP_OK)
        parameters = memory.array((0..<count).map { Scalar($0) / 8 })
        batch = .init(
            samples: 2, inputs: UnsafePointer(memory.array([Scalar](repeating: 1, count: 6))),
            targets: UnsafePointer(memory.array([Scalar](repeating: 0, count: 4))), classes: nil)
        let bytes = functions.trainSize(network!, 2)
        workspace = bp_workspace(memory: memory.array([UInt8](repeating: 0, count: bytes)), bytes: bytes, pool: nil)
    }

    func classes(_ classes: [Int32]) -> UnsafePointer<Int32> { UnsafePointer(memory.array(classes)) }

    private func withWorkspace<Result>(_ body: (UnsafePointer<bp_workspace>?) -> Result) -> Result {
        guard let workspace else { return body(nil) }
        return withUnsafePointer(to: workspace) { body($0) }
    }

    private struct Outcome {
        var loss, gradients, step: bp_status
        var wrote: Bool
    }

    /// Calls all three functions that work on a batch.
    private func callAll() -> Outcome {
        var value: Scalar = 7
        var gradients = [Scalar](repeating: 7, count: count)
        let before = parameters.map { Array(UnsafeBufferPointer(start: $0, count: count)) }
        var state: NetworkFunctions<Scalar>.State? = .init()
        let outcome = withWorkspace { workspace in
            Outcome(
                loss: functions.loss(network, parameters, batch, objective, workspace, &value),
                gradients: functions.gradients(network, parameters, batch, objective, workspace, &gradients, &value),
                step: functions.step(
                    network, parameters, batch, objective, .init(rate: 1), &state, workspace, &value),
                wrote: false)
        }
        let after = parameters.map { Array(UnsafeBufferPointer(start: $0, count: count)) }
        var result = outcome
        result.wrote = value != 7 || gradients.contains { $0 != 7 } || before != after
        return result
    }

    /// Fails unless every function answers a changed argument with a status.
    func expect(
        _ status: Int, sourceLocation: SourceLocation = #_sourceLocation, _ change: (Described) -> Void = { _ in }
    ) {
        let changed = Described()
        change(changed)
        let outcome = changed.callAll()
        #expect(outcome.loss == status, "loss", sourceLocation: sourceLocation)
        #expect(outcome.gradients == status, "gradients", sourceLocation: sourceLocation)
        #expect(outcome.step == status, "step", sourceLocation: sourceLocation)
        #expect(outcome.wrote == (status == BP_OK), "written", sourceLocation: sourceLocation)
    }

    /// Gradients can be computed part by part, but steps are taken on whole batches.
    func expectParts() {
        var gradients = [Scalar](repeating: 0, count: count)
        var part = batch!
        part.of = 3
        var state: NetworkFunctions<Scalar>.State? = .init()
        withWorkspace { workspace in
            #expect(functions.gradients(network, parameters, part, objective, workspace, &gradients, nil) == BP_OK)
            #expect(
                functions.step(network, parameters, part, objective, .init(rate: 1), &state, workspace, nil)
                    == BP_ERROR_OPTION)
        }
    }

    /// Fails unless a step and an update with the optimizer give the status.
    func expectUpdate(
        _ status: Int, _ method: bp_method, sourceLocation: SourceLocation = #_sourceLocation,
        _ change: (inout NetworkFunctions<Scalar>.Optimizer) -> Void
    ) {
        var optimizer = NetworkFunctions<Scalar>.Optimizer(method: method, rate: 0.5)
        change(&optimizer)
        let gradients = memory.array([Scalar](repeating: 0, count: count))
        let slots = memory.array([Scalar](repeating: 0, count: 2 * count))
        var state: NetworkFunctions<Scalar>.State? = .init(slots: slots, gradients: gradients)
        #expect(
            functions.update(network, optimizer, gradients, &state, parameters) == status,
            sourceLocation: sourceLocation)
        let stepped = withWorkspace { workspace in
            functions.step(network, parameters, batch, objective, optimizer, &state, workspace, nil)
        }
        #expect(stepped == status, sourceLocation: sourceLocation)
        #expect(state?.steps == (status == BP_OK ? 2 : 0), sourceLocation: sourceLocation)
    }

    /// A loss must go somewhere, and so must gradients; beside those the loss may be left out.
    func expectMissingResults() {
        var gradients = [Scalar](repeating: 0, count: count)
        var state: NetworkFunctions<Scalar>.State? = .init()
        var none: NetworkFunctions<Scalar>.State?
        withWorkspace { workspace in
            #expect(functions.loss(network, parameters, batch, objective, workspace, nil) == BP_ERROR_NULL)
            #expect(functions.gradients(network, parameters, batch, objective, workspace, nil, nil) == BP_ERROR_NULL)
            #expect(functions.gradients(network, parameters, batch, objective, workspace, &gradients, nil) == BP_OK)
            let descent = NetworkFunctions<Scalar>.Optimizer(rate: 1)
            func step(
                _ optimizer: NetworkFunctions<Scalar>.Optimizer?, _ state: inout NetworkFunctions<Scalar>.State?
            ) -> bp_status {
                functions.step(network, parameters, batch, objective, optimizer, &state, workspace, nil)
            }
            #expect(step(nil, &state) == BP_ERROR_NULL)
            #expect(step(descent, &none) == BP_ERROR_NULL)
            #expect(step(descent, &state) == BP_OK)
            #expect(step(.init(rate: 1, l1: 1), &state) == BP_ERROR_NULL, "no buffer for gradients")
            state?.gradients = memory.array(gradients)
            #expect(step(.init(method: bp_method(BP_MOMENTUM), rate: 1), &state) == BP_ERROR_NULL, "no slots")
            #expect(step(.init(rate: 1, l1: 1), &state) == BP_OK)
        }
    }

    func expectPredictionErrors() {
        let x = batch?.inputs
        let y = memory.array([Scalar](repeating: 0, count: 4))
        withWorkspace { workspace in
            #expect(functions.predict(network, parameters, x, 2, y, workspace) == BP_OK)
            #expect(functions.predict(nil, parameters, x, 2, y, workspace) == BP_ERROR_NULL)
            #expect(functions.predict(network, nil, x, 2, y, workspace) == BP_ERROR_NULL)
            #expect(functions.predict(network, parameters, nil, 2, y, workspace) == BP_ERROR_NULL)
            #expect(functions.predict(network, parameters, x, 2, nil, workspace) == BP_ERROR_NULL)
            #expect(functions.predict(network, parameters, x, 2, y, nil) == BP_ERROR_NULL)
            #expect(functions.predict(network, parameters, nil, 0, nil, workspace) == BP_OK)
        }
        var small = bp_workspace(memory: workspace?.memory, bytes: 0, pool: nil)
        #expect(functions.predict(network, parameters, x, 2, y, &small) == BP_ERROR_MEMORY)
        small.memory = nil
        #expect(functions.predict(network, parameters, x, 2, y, &small) == BP_ERROR_NULL)
    }

    func expectUpdateErrors() {
        let g = UnsafePointer(memory.array([Scalar](repeating: 0, count: count)))
        let descent = NetworkFunctions<Scalar>.Optimizer(rate: 1)
        var state: NetworkFunctions<Scalar>.State? = .init()
        var none: NetworkFunctions<Scalar>.State?
        #expect(functions.update(network, descent, g, &state, parameters) == BP_OK)
        #expect(functions.update(nil, descent, g, &state, parameters) == BP_ERROR_NULL)
        #expect(functions.update(network, nil, g, &state, parameters) == BP_ERROR_NULL)
        #expect(functions.update(network, descent, nil, &state, parameters) == BP_ERROR_NULL)
        #expect(functions.update(network, descent, g, &none, parameters) == BP_ERROR_NULL)
        #expect(functions.update(network, descent, g, &state, nil) == BP_ERROR_NULL)
    }
}
