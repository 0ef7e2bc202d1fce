// The one door from Swift into the C core, and the only file with pointers. Whoever
// calls in here has checked shapes and values; a status other than success is a bug.

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
    /// The name of the precision in model files.
    let name: String
    let trainSize: @Sendable (OpaquePointer, Int) -> Int
    let predictSize: @Sendable (OpaquePointer, Int) -> Int
    let predict:
        @Sendable (
            OpaquePointer, UnsafePointer<Scalar>, UnsafePointer<Scalar>, Int, UnsafeMutablePointer<Scalar>,
            UnsafePointer<bp_workspace>
        ) -> bp_status
    let loss:
        @Sendable (
            OpaquePointer, UnsafePointer<Scalar>, BatchPointers<Scalar>, bp_loss, UnsafePointer<bp_workspace>,
            UnsafeMutablePointer<Scalar>
        ) -> bp_status
    let gradients:
        @Sendable (
            OpaquePointer, UnsafePointer<Scalar>, BatchPointers<Scalar>, Descent<Scalar>,
            UnsafePointer<bp_workspace>, UnsafeMutablePointer<Scalar>, UnsafeMutablePointer<Scalar>
        ) -> bp_status
    let step:
        @Sendable (
            OpaquePointer, UnsafeMutablePointer<Scalar>, BatchPointers<Scalar>, Descent<Scalar>,
            UnsafePointer<bp_workspace>, UnsafeMutablePointer<Scalar>
        ) -> bp_status
    let update: @Sendable (OpaquePointer, UnsafePointer<Scalar>, Scalar, UnsafeMutablePointer<Scalar>) -> bp_status
    let uniform: @Sendable (inout bp_random, Scalar, UnsafeMutablePointer<Scalar>, Int) -> Void
    let gather: @Sendable (UnsafePointer<Scalar>, UnsafePointer<UInt32>, Int, Int, UnsafeMutablePointer<Scalar>) -> Void
    let scale:
        @Sendable (
            UnsafePointer<Scalar>, UnsafePointer<Scalar>, UnsafePointer<Scalar>, UnsafeMutablePointer<Scalar>, Int, Int
        ) -> Void
    let sumOfSquares: @Sendable (OpaquePointer, UnsafePointer<Scalar>, Int) -> Scalar
    let firstNonFinite: @Sendable (OpaquePointer, UnsafePointer<Scalar>, Int) -> Int
    let littleEndianBytes: @Sendable ([Scalar]) -> [UInt8]
    let fromLittleEndianBytes: @Sendable (ArraySlice<UInt8>) -> [Scalar]
}

/// Samples as the C core takes them.
struct BatchPointers<Scalar> {
    var samples: Int
    var inputs: UnsafePointer<Scalar>
    var targets: UnsafePointer<Scalar>?
    var classes: UnsafePointer<Int32>?
}

/// How a step descends.
struct Descent<Scalar> {
    var rate: Scalar
    var loss: Loss
    var reduction: Reduction
    var order: UpdateOrder
}

extension Float: NetworkScalar {
    public static let core = ScalarCore<Float>(
        name: "F32",
        trainSize: bp_train_size_f32,
        predictSize: bp_predict_size_f32,
        predict: { bp_predict_f32($0, $1, $2, $3, $4, $5) },
        loss: {
            var batch = bp_batch_f32($2)
            return bp_loss_f32($0, $1, &batch, $3, $4, $5)
        },
        gradients: {
            var batch = bp_batch_f32($2)
            return bp_gradients_f32($0, $1, &batch, $3.loss.core, $3.reduction.core, $4, $5, $6)
        },
        step: {
            var batch = bp_batch_f32($2)
            var descent = bp_descent_f32(
                rate: $3.rate, loss: $3.loss.core, reduction: $3.reduction.core, order: $3.order.core)
            return bp_step_f32($0, $1, &batch, &descent, $4, $5)
        },
        update: { bp_update_f32($0, $1, $2, $3) },
        uniform: { bp_random_uniform_f32(&$0, $1, $2, $3) },
        gather: { bp_gather_f32($0, $1, $2, $3, $4) },
        scale: { bp_scale_f32($0, $1, $2, $3, $4, $5) },
        sumOfSquares: { bp_sum_of_squares_f32($0, $1, $2) },
        firstNonFinite: { bp_first_nonfinite_f32($0, $1, $2) },
        littleEndianBytes: { bytes(of: $0.map(\.bitPattern.littleEndian)) },
        fromLittleEndianBytes: { words($0, UInt32.self).map { Float(bitPattern: UInt32(littleEndian: $0)) } }
    )
}

extension Double: NetworkScalar {
    public static let core = ScalarCore<Double>(
        name: "F64",
        trainSize: bp_train_size_f64,
        predictSize: bp_predict_size_f64,
        predict: { bp_predict_f64($0, $1, $2, $3, $4, $5) },
        loss: {
            var batch = bp_batch_f64($2)
            return bp_loss_f64($0, $1, &batch, $3, $4, $5)
        },
        gradients: {
            var batch = bp_batch_f64($2)
            return bp_gradients_f64($0, $1, &batch, $3.loss.core, $3.reduction.core, $4, $5, $6)
        },
        step: {
            var batch = bp_batch_f64($2)
            var descent = bp_descent_f64(
                rate: $3.rate, loss: $3.loss.core, reduction: $3.reduction.core, order: $3.order.core)
            return bp_step_f64($0, $1, &batch, &descent, $4, $5)
        },
        update: { bp_update_f64($0, $1, $2, $3) },
        uniform: { bp_random_uniform_f64(&$0, $1, $2, $3) },
        gather: { bp_gather_f64($0, $1, $2, $3, $4) },
        scale: { bp_scale_f64($0, $1, $2, $3, $4, $5) },
        sumOfSquares: { bp_sum_of_squares_f64($0, $1, $2) },
        firstNonFinite: { bp_first_nonfinite_f64($0, $1, $2) },
        littleEndianBytes: { bytes(of: $0.map(\.bitPattern.littleEndian)) },
        fromLittleEndianBytes: { words($0, UInt64.self).map { Double(bitPattern: UInt64(littleEndian: $0)) } }
    )
}

extension bp_batch_f32 {
    fileprivate init(_ batch: BatchPointers<Float>) {
        self.init(
            samples: batch.samples, inputs: batch.inputs, targets: batch.targets, classes: batch.classes)
    }
}

extension bp_batch_f64 {
    fileprivate init(_ batch: BatchPointers<Double>) {
        self.init(
            samples: batch.samples, inputs: batch.inputs, targets: batch.targets, classes: batch.classes)
    }
}

private func bytes(of words: [some FixedWidthInteger]) -> [UInt8] {
    words.withUnsafeBytes { Array($0) }
}

private func words<Word: FixedWidthInteger>(_ bytes: ArraySlice<UInt8>, _ type: Word.Type) -> [Word] {
    let count = bytes.count / MemoryLayout<Word>.size
    return [Word](unsafeUninitializedCapacity: count) { words, initialized in
        let memory = UnsafeMutableRawBufferPointer(words)
        memory.copyBytes(from: bytes.prefix(count * MemoryLayout<Word>.size))
        initialized = count
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

extension Layer {
    fileprivate var core: bp_layer {
        var flags = 0
        if !hasBiases { flags |= BP_NO_BIAS }
        if freezesWeights { flags |= BP_FREEZE_WEIGHTS }
        if freezesBiases { flags |= BP_FREEZE_BIASES }
        return bp_layer(outputs: units, activation: activation.core, flags: UInt32(flags))
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

/// Fills values with uniform random numbers in `±limit`.
func fillUniform<Scalar: NetworkScalar>(
    _ values: inout [Scalar], range: Range<Int>, limit: Scalar, from random: inout SplitMix64
) {
    precondition(range.lowerBound >= 0 && range.upperBound <= values.count)
    random.withCore { random in
        values.withUnsafeMutableBufferPointer { values in
            guard let start = values.baseAddress, !range.isEmpty else { return }
            Scalar.core.uniform(&random, limit, start + range.lowerBound, range.count)
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

    init(kernels: KernelTable, inputCount: Int, layers: [Layer]) throws(BackpropError) {
        let words = bp_network_size(layers.count) / MemoryLayout<UInt64>.size + 1
        var storage = [UInt64](repeating: 0, count: words)
        let descriptions = layers.map(\.core)
        let status = storage.withUnsafeMutableBytes { memory in
            var network: OpaquePointer?
            return bp_network_init(
                memory.baseAddress, memory.count, kernels.pointer, inputCount, descriptions, layers.count, &network)
        }
        guard status == BP_OK else {
            throw .shape("network", expected: "layers that fit in memory", found: text(of: status))
        }
        self.kernels = kernels
        self.storage = storage
    }

    private func withPointer<Result>(_ body: (OpaquePointer) -> Result) -> Result {
        storage.withUnsafeBytes { body(OpaquePointer($0.baseAddress!)) }
    }

    var parameterCount: Int { withPointer(bp_network_parameters) }
    func weightsOffset(layer: Int) -> Int { withPointer { bp_network_weights_offset($0, layer) } }
    func biasesOffset(layer: Int) -> Int { withPointer { bp_network_biases_offset($0, layer) } }

    func predict<Scalar: NetworkScalar>(
        parameters: [Scalar], inputs: ArraySlice<Scalar>, samples: Int, outputCount: Int,
        workspace: inout Workspace
    ) -> [Scalar] {
        workspace.reserve(withPointer { Scalar.core.predictSize($0, samples) })
        return [Scalar](unsafeUninitializedCapacity: samples * outputCount) { outputs, initialized in
            initialized = samples * outputCount
            guard let outputs = outputs.baseAddress, samples > 0 else { return }
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
    }

    func loss<Scalar: NetworkScalar>(
        parameters: [Scalar], batch: Batch<Scalar>, loss: Loss, workspace: inout Workspace
    ) -> Scalar {
        var value: Scalar = 0
        prepare(&workspace, for: batch)
        batch.withPointers { batch in
            parameters.withUnsafeBufferPointer { parameters in
                workspace.withPointer { workspace in
                    withPointer { network in
                        check(Scalar.core.loss(network, parameters.baseAddress!, batch, loss.core, workspace, &value))
                    }
                }
            }
        }
        return value
    }

    /// Writes the gradients of a batch and returns its loss.
    func gradients<Scalar: NetworkScalar>(
        parameters: [Scalar], batch: Batch<Scalar>, descent: Descent<Scalar>, into gradients: inout [Scalar],
        workspace: inout Workspace
    ) -> Scalar {
        precondition(gradients.count == parameters.count)
        var value: Scalar = 0
        prepare(&workspace, for: batch)
        batch.withPointers { batch in
            parameters.withUnsafeBufferPointer { parameters in
                gradients.withUnsafeMutableBufferPointer { gradients in
                    workspace.withPointer { workspace in
                        withPointer { network in
                            check(
                                Scalar.core.gradients(
                                    network, parameters.baseAddress!, batch, descent, workspace,
                                    gradients.baseAddress!, &value))
                        }
                    }
                }
            }
        }
        return value
    }

    /// Takes one step of gradient descent and returns the loss before it.
    func step<Scalar: NetworkScalar>(
        parameters: inout [Scalar], batch: Batch<Scalar>, descent: Descent<Scalar>, workspace: inout Workspace
    ) -> Scalar {
        var value: Scalar = 0
        prepare(&workspace, for: batch)
        batch.withPointers { batch in
            parameters.withUnsafeMutableBufferPointer { parameters in
                workspace.withPointer { workspace in
                    withPointer { network in
                        check(
                            Scalar.core.step(network, parameters.baseAddress!, batch, descent, workspace, &value))
                    }
                }
            }
        }
        return value
    }

    /// Takes a step down given gradients.
    func update<Scalar: NetworkScalar>(parameters: inout [Scalar], gradients: [Scalar], rate: Scalar) {
        precondition(gradients.count == parameters.count)
        parameters.withUnsafeMutableBufferPointer { parameters in
            gradients.withUnsafeBufferPointer { gradients in
                withPointer { network in
                    check(Scalar.core.update(network, gradients.baseAddress!, rate, parameters.baseAddress!))
                }
            }
        }
    }

    private func prepare<Scalar: NetworkScalar>(_ workspace: inout Workspace, for batch: Batch<Scalar>) {
        workspace.reserve(withPointer { Scalar.core.trainSize($0, batch.rows.count) })
    }
}

/// Some rows of a dataset, next to each other.
struct Batch<Scalar: NetworkScalar> {
    var dataset: Dataset<Scalar>
    var rows: Range<Int>

    fileprivate func withPointers(_ body: (BatchPointers<Scalar>) -> Void) {
        precondition(rows.lowerBound >= 0 && rows.upperBound <= dataset.count && !rows.isEmpty)
        dataset.inputs.withUnsafeBufferPointer { inputs in
            let first = inputs.baseAddress! + rows.lowerBound * dataset.inputCount
            switch dataset.targets {
            case .vectors(let targets):
                targets.withUnsafeBufferPointer { targets in
                    let target = targets.baseAddress! + rows.lowerBound * dataset.targetCount
                    body(BatchPointers(samples: rows.count, inputs: first, targets: target, classes: nil))
                }
            case .classes(let classes):
                classes.withUnsafeBufferPointer { classes in
                    let target = classes.baseAddress! + rows.lowerBound
                    body(BatchPointers(samples: rows.count, inputs: first, targets: nil, classes: target))
                }
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
