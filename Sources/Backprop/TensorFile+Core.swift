// The one door from Swift into the C core's files, and beside Kernels.swift the only file with pointers.

import CBackprop

/// A safetensors file that is open. It is lent by `withTensorFile`, whose scope it must not leave.
struct TensorFile {
    /// What the file is called in errors.
    let source: String
    fileprivate let pointer: OpaquePointer

    var tensorCount: Int { bp_tensors_count(pointer) }

    /// Whether a tensor has numbers of 64 bits.
    var hasDoubles: Bool {
        (0..<tensorCount).contains { bp_tensors_at(pointer, $0).type == bp_type(BP_F64) }
    }

    /// The text of an entry of the metadata, or `nil` where there is none.
    func metadata(_ key: String) -> String? {
        var value = bp_text()
        let isThere = withBytes(key) { bp_tensors_metadata(pointer, $0, $1, &value) != 0 }
        return isThere ? String(value) : nil
    }

    /// Checks the entries that ``TensorWriter/seal(format:version:)`` writes.
    func verify(format: String, newest: Int) throws(BackpropError) {
        var fault = bp_fault()
        var version: UInt32 = 0
        let status = bp_tensors_verify(pointer, format, UInt32(newest), &version, &fault)
        guard status != BP_OK else { return }
        let key = [BP_ERROR_FILE_FORMAT: "format", BP_ERROR_FILE_VERSION: "version"][Int(status)]
        let detail = key.map { "found \(metadata($0).map { "\"\($0.prefix(32))\"" } ?? "none")" }
        throw error(status, fault, detail: detail)
    }

    /// The parameters of a network, out of the tensors that belong to its layers.
    func parameters<Scalar: NetworkScalar>(of plan: NetworkPlan, layers: [Layer]) throws(BackpropError) -> [Scalar] {
        var fault = bp_fault()
        // A hostile description may name more layers than there are tensors: no memory for those.
        guard layers.count <= tensorCount else { throw misfit(bp_status(BP_ERROR_FILE_LAYERS), noFault, layers) }
        var matches = [bp_layer_tensors](repeating: bp_layer_tensors(), count: layers.count)
        var status = plan.withPointer { bp_network_match($0, pointer, &matches, &fault) }
        guard status == BP_OK else { throw misfit(status, fault, layers) }
        var parameters = [Scalar](repeating: 0, count: plan.parameterCount)
        status = parameters.withUnsafeMutableBufferPointer { parameters in
            plan.withPointer { Scalar.core.load($0, pointer, matches, parameters.baseAddress!, &fault) }
        }
        guard status == BP_OK else { throw misfit(status, fault, layers) }
        return parameters
    }

    /// The numbers of a tensor, which must have just this precision and so many of them.
    func numbers<Scalar: NetworkScalar>(_ name: String, count: Int) throws(BackpropError) -> [Scalar] {
        func fault(_ kind: FileFault.Kind, _ detail: String? = nil) -> BackpropError {
            .modelFile(source, FileFault(kind: kind, name: name, byte: nil, detail: detail))
        }
        var index = 0
        guard withBytes(name, { bp_tensors_find(pointer, $0, $1, &index) != 0 }) else { throw fault(.missing) }
        var tensor = bp_tensors_at(pointer, index)
        guard tensor.type == Scalar.core.type else {
            let names = [Scalar.core.type, tensor.type].map { String(cString: bp_type_name($0)) }
            throw fault(.type, "expected \(names[0]), found \(names[1])")
        }
        guard tensor.rank == 1, tensor.count == count else {
            throw fault(.shape, "expected [\(count)], found \(shape(tensor))")
        }
        guard count > 0 else { return [] }
        return [Scalar](unsafeUninitializedCapacity: count) { numbers, initialized in
            let status = Scalar.core.readNumbers(&tensor, numbers.baseAddress!, count)
            precondition(status == BP_OK, "numbers that are there were not read")
            initialized = count
        }
    }

    /// The sum of all dimensions of tensors that aren't empty: no layer is wider, and the file is not shorter.
    var extent: Int {
        (0..<tensorCount).reduce(0) { sum, index in
            let tensor = bp_tensors_at(pointer, index)
            return sum + (tensor.count == 0 ? 0 : Int(shape(tensor).reduce(0, +)))
        }
    }

    // MARK: Errors

    private var noFault: bp_fault { bp_fault(position: 0, name: bp_text(), layer: .max) }

    private func misfit(_ status: bp_status, _ fault: bp_fault, _ layers: [Layer]) -> BackpropError {
        var expected = "\(layers.count) layers"
        if layers.indices.contains(fault.layer) {
            let layer = layers[fault.layer]
            expected = "layer \(fault.layer) of \(layer.units) units \(layer.hasBiases ? "with" : "without") biases"
        }
        guard status != BP_ERROR_FILE_NONFINITE else { return error(status, fault, detail: nil) }
        return error(status, fault, detail: "expected \(expected), found \(list)")
    }

    /// The names and shapes of the first tensors.
    private var list: String {
        var parts = (0..<min(tensorCount, 8)).map { index in
            let tensor = bp_tensors_at(pointer, index)
            return "\(String(tensor.name).prefix(64)) \(shape(tensor))"
        }
        if tensorCount > parts.count { parts.append("\(tensorCount - parts.count) more") }
        return parts.isEmpty ? "none" : parts.joined(separator: ", ")
    }

    private func shape(_ tensor: bp_tensor) -> [UInt64] {
        withUnsafeBytes(of: tensor.shape) { Array($0.bindMemory(to: UInt64.self).prefix(tensor.rank)) }
    }

    fileprivate func error(_ status: bp_status, _ fault: bp_fault, detail: String?) -> BackpropError {
        fileError(source, status, fault, detail: detail)
    }
}

/// Opens a file for the time of a closure.
///
/// - Throws: ``BackpropError/modelFile(_:_:)`` if it isn't one, or what the closure throws.
func withTensorFile<Result>(
    _ bytes: [UInt8], source: String, _ body: (TensorFile) throws(BackpropError) -> Result
) throws(BackpropError) -> Result {
    try bytes.withUnsafeBufferPointer { (bytes) throws(BackpropError) in
        var fault = bp_fault()
        var size = 0
        // An empty array may have no address.
        guard let start = bytes.baseAddress, !bytes.isEmpty else {
            throw fileError(source, bp_status(BP_ERROR_FILE_TRUNCATED), fault, detail: "0 bytes")
        }
        var status = bp_tensors_size(start, bytes.count, &size, &fault)
        guard status == BP_OK else { throw fileError(source, status, fault, detail: nil) }
        let memory = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: MemoryLayout<UInt64>.alignment)
        defer { memory.deallocate() }
        var file: OpaquePointer?
        status = bp_tensors_open(memory, size, start, bytes.count, &file, &fault)
        guard status == BP_OK, let file else { throw fileError(source, status, fault, detail: nil) }
        return try body(TensorFile(source: source, pointer: file))
    }
}

/// Writes a safetensors file: the same calls are made twice, first to count the bytes.
struct TensorWriter {
    private var writer = bp_writer()

    fileprivate init(_ memory: UnsafeMutableBufferPointer<UInt8>) {
        bp_writer_begin(&writer, memory.baseAddress, memory.count)
    }

    /// Puts a checksum of the whole file and what says of what format it is. Comes first.
    mutating func seal(format: String, version: Int) {
        bp_writer_seal(&writer, format, UInt32(version))
    }

    mutating func metadata(_ key: String, _ value: String) {
        withBytes(key) { key, keyCount in
            withBytes(value) { value, valueCount in
                bp_writer_metadata(&writer, key, keyCount, value, valueCount)
            }
        }
    }

    /// Puts the tensors of a network and their numbers.
    mutating func network<Scalar: NetworkScalar>(_ plan: NetworkPlan, parameters: [Scalar]) {
        precondition(parameters.count == plan.parameterCount)
        plan.withPointer { network in
            bp_writer_network(&writer, network, Scalar.core.type)
            parameters.withUnsafeBufferPointer { Scalar.core.writeParameters(&writer, network, $0.baseAddress!) }
        }
    }

    /// Puts the entry of a tensor; its numbers follow after all entries, in the same order.
    mutating func tensor<Scalar: NetworkScalar>(_ name: String, shape: [Int], of _: Scalar.Type) {
        withBytes(name) { name, count in
            shape.map { UInt64($0) }.withUnsafeBufferPointer {
                bp_writer_tensor(&writer, name, count, Scalar.core.type, $0.baseAddress, $0.count)
            }
        }
    }

    mutating func numbers<Scalar: NetworkScalar>(_ numbers: [Scalar]) {
        numbers.withUnsafeBufferPointer { numbers in
            if let start = numbers.baseAddress { Scalar.core.writeNumbers(&writer, start, numbers.count) }
        }
    }

    fileprivate mutating func end() -> (status: bp_status, size: Int) {
        var size = 0
        let status = bp_writer_end(&writer, &size)
        return (status, size)
    }
}

/// The bytes of a file that a closure writes.
///
/// - Throws: ``BackpropError/modelFile(_:_:)`` if its header would be too long to be read again.
func tensorFile(_ write: (inout TensorWriter) -> Void) throws(BackpropError) -> [UInt8] {
    var counter = TensorWriter(UnsafeMutableBufferPointer(start: nil, count: 0))
    write(&counter)
    let counted = counter.end()
    guard counted.status == BP_OK else { throw fileError("model", counted.status, bp_fault(), detail: nil) }
    return [UInt8](unsafeUninitializedCapacity: counted.size) { memory, initialized in
        var writer = TensorWriter(UnsafeMutableBufferPointer(rebasing: memory[..<counted.size]))
        write(&writer)
        let written = writer.end()
        precondition(written == counted, "a file of \(counted.size) bytes became one of \(written.size)")
        initialized = written.size
    }
}

// MARK: - Disks

/// The bytes of a regular file, read into memory of just its size.
///
/// - Throws: ``BackpropError/file(_:reason:)``
func readModelFile(_ path: String) throws(BackpropError) -> [UInt8] {
    var size = 0
    var number: Int32 = 0
    var status = bp_file_read(path, nil, 0, &size, &number)
    var bytes: [UInt8] = []
    if status == BP_OK && size > 0 {
        bytes = [UInt8](unsafeUninitializedCapacity: size) { memory, initialized in
            status = bp_file_read(path, memory.baseAddress, size, &size, &number)
            initialized = status == BP_OK ? size : 0
        }
    }
    guard status == BP_OK else { throw diskError(path, "can't be read", status, number) }
    return bytes
}

/// Replaces a file as a whole: at every moment, also if power fails, there are the old bytes or the new.
///
/// - Throws: ``BackpropError/file(_:reason:)``; then the old file is as it was.
///
/// - Parameter count: How many older files stay beside it, as `path.1` and so on.
package func writeModelFile(_ bytes: [UInt8], to path: String, keeping count: Int = 0) throws(BackpropError) {
    guard (0...Int(BP_KEEP_MAX)).contains(count) else {
        throw .option("older files to keep", expected: "0 to \(BP_KEEP_MAX)", found: "\(count)")
    }
    var number: Int32 = 0
    let status = bytes.withUnsafeBufferPointer {
        bp_file_write_keeping(path, $0.baseAddress, $0.count, UInt32(count), &number)
    }
    guard status == BP_OK else { throw diskError(path, "can't be written", status, number) }
}

private func diskError(_ path: String, _ what: String, _ status: bp_status, _ number: Int32) -> BackpropError {
    let reason = number == 0 ? String(cString: bp_status_text(status)) : systemErrorText(number)
    return .file(path, reason: "\(what): \(reason)")
}

// MARK: - Texts and faults

extension String {
    fileprivate init(_ text: bp_text) {
        let count = bp_text_copy(text, nil, 0)
        self.init(unsafeUninitializedCapacity: count) { memory in
            memory.withMemoryRebound(to: CChar.self) { bp_text_copy(text, $0.baseAddress, count) }
        }
    }
}

/// Lends the bytes of a string; they may hold zeros.
private func withBytes<Result>(_ string: String, _ body: (UnsafePointer<CChar>, Int) -> Result) -> Result {
    string.withCString { body($0, string.utf8.count) }
}

private func fileError(_ source: String, _ status: bp_status, _ fault: bp_fault, detail: String?) -> BackpropError {
    guard let kind = FileFault.Kind(rawValue: Int(status)) else {
        return .file(source, reason: String(cString: bp_status_text(status)))
    }
    let name = fault.name.bytes == nil ? nil : String(String(fault.name).prefix(128))
    let hasPlace = fault.position > 0 || name != nil || status == BP_ERROR_FILE_HEADER
    return .modelFile(
        source, FileFault(kind: kind, name: name, byte: hasPlace ? fault.position : nil, detail: detail))
}

/// The C core's sentence for a fault.
func statusText(ofFault kind: FileFault.Kind) -> String {
    String(cString: bp_status_text(bp_status(kind.rawValue)))
}
