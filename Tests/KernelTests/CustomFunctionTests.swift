import CBackprop
import Testing

@testable import Backprop
@testable import BackpropReference

/// Functions in C's form that imitate the library's, by way of the library's own kernels.
private protocol Imitating: KernelScalar {
    static func customActivation(_ context: UnsafeMutablePointer<Imitation>) -> bp_custom_activation
    static var squaredError: bp_custom_loss { get }
}

/// What is imitated, and with which kernels.
private struct Imitation {
    var kernels: OpaquePointer
    var activation: Activation

    func callAsFunction<Scalar: KernelScalar>(
        _ z: UnsafePointer<Scalar>, _ a: UnsafeMutablePointer<Scalar>, _ derivative: UnsafeMutablePointer<Scalar>?,
        _ count: Int
    ) {
        // In place, z is gone after this.
        Scalar.functions.activate(kernels, activation.core, z, a, derivative, 1, count)
        guard let derivative, bp_activation_keeps_derivative(activation.core) == 0 else { return }
        let ones = [Scalar](repeating: 1, count: count)
        Scalar.functions.activationDelta(kernels, activation.core, a, nil, ones, derivative, 1, count)
    }
}

private func squaredError<Scalar: KernelScalar>(
    _ outputs: UnsafePointer<Scalar>, _ targets: UnsafePointer<Scalar>, _ gradient: UnsafeMutablePointer<Scalar>?,
    _ count: Int
) -> Scalar {
    var sum: Scalar = 0
    for index in 0..<count {
        let error = outputs[index] - targets[index]
        gradient?[index] = error
        sum.addProduct(error, error)
    }
    return sum / 2
}

extension Float: Imitating {
    fileprivate static func customActivation(_ context: UnsafeMutablePointer<Imitation>) -> bp_custom_activation {
        bp_custom_activation(
            f32: { $0!.assumingMemoryBound(to: Imitation.self).pointee($1!, $2!, $3, $4) }, f64: nil, context: context)
    }

    fileprivate static var squaredError: bp_custom_loss {
        bp_custom_loss(f32: { KernelTests.squaredError($1!, $2!, $3, $4) }, f64: nil, context: nil)
    }
}

extension Double: Imitating {
    fileprivate static func customActivation(_ context: UnsafeMutablePointer<Imitation>) -> bp_custom_activation {
        bp_custom_activation(
            f32: nil, f64: { $0!.assumingMemoryBound(to: Imitation.self).pointee($1!, $2!, $3, $4) }, context: context)
    }

    fileprivate static var squaredError: bp_custom_loss {
        bp_custom_loss(f32: nil, f64: { KernelTests.squaredError($1!, $2!, $3, $4) }, context: nil)
    }
}

/// A network of 3 inputs, 5 and 4 hidden units (the first with dropout) and 2 outputs, through the C API in guarded
/// memory.
private final class Chain<Scalar: Imitating> {
    private let memory = GuardedMemory(.end)
    private var network: OpaquePointer?
    private var functions: NetworkFunctions<Scalar> { Scalar.networkFunctions }
    let status: bp_status

    /// - Parameter custom: What the hidden layers compute, or `nil` for `activation` itself.
    init(_ kernels: OpaquePointer, _ activation: Activation, custom: bp_custom_activation?) {
        let memory = memory
        let function = custom.map { memory.array([$0]) }
        let hidden = custom == nil ? activation.core : bp_activation(BP_CUSTOM_ACTIVATION)
        let layers = [(5, hidden, 0.25), (4, hidden, 0), (2, activation.core, 0)] as [(Int, bp_activation, Float)]
        let descriptions = layers.map { units, activation, dropout in
            bp_layer(outputs: units, activation: activation, flags: 0, dropout: dropout, tied: 0, custom: function)
        }
        let bytes = bp_network_size(3)
        let storage = memory.array([UInt64](repeating: 0, count: bytes / 8))
        status = bp_network_init(storage, bytes, kernels, 3, descriptions, 3, &network)
    }

    struct Results {
        var statuses: [bp_status]
        var losses, outputs, parameters: [Scalar]
    }

    /// Steps, then the loss and a prediction.
    func train(loss: bp_loss, custom: bp_custom_loss?, pool: OpaquePointer?) -> Results {
        var random = ReferenceRandom(seed: 61, stream: 0)
        let samples = 7
        let inputs = memory.array(random.values(samples * 3) as [Scalar])
        let targets = memory.array(random.values(samples * 2) as [Scalar])
        let outputs = memory.array([Scalar](repeating: 0, count: samples * 2))
        let parameters = memory.array(random.values(bp_network_parameters(network)) as [Scalar])
        let bytes = functions.trainSize(network!, samples)
        var workspace = bp_workspace(
            memory: memory.array([UInt8](repeating: 0, count: bytes)), bytes: bytes, pool: pool)
        let batch = NetworkFunctions<Scalar>.Batch(samples: samples, inputs: inputs, targets: targets, classes: nil)
        var objective = NetworkFunctions<Scalar>.Objective(loss: loss, labelSmoothing: 0)
        objective.custom = custom.map { UnsafePointer(memory.array([$0])) }
        var state: NetworkFunctions<Scalar>.State? = .init()
        var values = [Scalar](repeating: 0, count: 5)
        var statuses = (0..<4).map { step in
            functions.step(
                network, parameters, batch, objective, .init(rate: 0.1), &state, &workspace, &values[step])
        }
        statuses.append(functions.loss(network, parameters, batch, objective, &workspace, &values[4]))
        statuses.append(functions.predict(network, parameters, inputs, samples, outputs, &workspace))
        func array(_ start: UnsafeMutablePointer<Scalar>, _ count: Int) -> [Scalar] {
            Array(UnsafeBufferPointer(start: start, count: count))
        }
        return Results(
            statuses: statuses, losses: values, outputs: array(outputs, samples * 2),
            parameters: array(parameters, bp_network_parameters(network)))
    }
}

@Suite struct CustomFunctionTests {
    private static let activations = Activation.allCases.filter { $0 != .softmax }

    @Test("a custom activation and loss give the bits of those they imitate", arguments: Machine.all, activations)
    func imitation(on machine: Machine, _ activation: Activation) throws {
        func check<Scalar: Imitating>(_ scalar: Scalar.Type) throws {
            let kernels = machine.instructionSet.kernels.pointer
            var imitation = Imitation(kernels: kernels, activation: activation)
            let memory = UnsafeMutableRawPointer.allocate(byteCount: bp_pool_size(3), alignment: 64)
            defer { memory.deallocate() }
            var pool: OpaquePointer?
            try #require(bp_pool_start(memory, bp_pool_size(3), 3, &pool) == BP_OK)
            defer { bp_pool_stop(pool) }
            try withUnsafeMutablePointer(to: &imitation) { context in
                let plain = Chain<Scalar>(kernels, activation, custom: nil)
                let custom = Chain<Scalar>(kernels, activation, custom: Scalar.customActivation(context))
                try #require(plain.status == BP_OK && custom.status == BP_OK)
                let expected = plain.train(loss: bp_loss(BP_SQUARED_ERROR), custom: nil, pool: nil)
                let found = custom.train(loss: bp_loss(BP_CUSTOM_LOSS), custom: Scalar.squaredError, pool: pool)
                #expect(expected.statuses.allSatisfy { $0 == BP_OK })
                #expect(found.statuses == expected.statuses)
                expectSame(found.losses, expected.losses, "losses through \(activation)")
                expectSame(found.outputs, expected.outputs, "outputs through \(activation)")
                expectSame(found.parameters, expected.parameters, "parameters through \(activation)")
            }
        }
        if machine.scalar == Float.self { try check(Float.self) } else { try check(Double.self) }
    }

    @Test("a custom function that lacks the precision is refused")
    func missing() {
        let kernels = InstructionSet.available[0].kernels.pointer
        let none = bp_custom_activation()
        let chain = Chain<Float>(kernels, .tanh, custom: none)
        #expect(chain.status == BP_OK)
        let calls = chain.train(loss: bp_loss(BP_SQUARED_ERROR), custom: nil, pool: nil)
        #expect(calls.statuses.allSatisfy { $0 == BP_ERROR_NULL })
        let plain = Chain<Float>(kernels, .tanh, custom: nil)
        let lossCalls = plain.train(loss: bp_loss(BP_CUSTOM_LOSS), custom: bp_custom_loss(), pool: nil)
        // Predicting needs no loss.
        #expect(lossCalls.statuses == [Int32](repeating: bp_status(BP_ERROR_NULL), count: 5) + [bp_status(BP_OK)])
    }
}
