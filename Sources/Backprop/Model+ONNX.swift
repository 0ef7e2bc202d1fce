extension Model {
    /// Returns an ONNX model, of operator set 13, that predicts as this one does.
    ///
    /// It has an input `input` of `batch × inputs` raw values and an output `output` of `batch × outputs` in the units of
    /// the data (an autoencoder's in those of its inputs), in the model's precision, for any `batch`; a classifier also
    /// has the output `class`, an index for each sample. The names of inputs and classes, and what is predicted, are JSON
    /// arrays and texts of its metadata: `input_names`, `class_names`, `target_name`.
    ///
    /// Runtimes sum in their own order, so outputs are close, but not the same to the bit.
    ///
    /// - Throws: ``BackpropError/option(_:expected:found:)`` for an activation of the user's own,
    ///   ``BackpropError/shape(_:expected:found:)`` if there are more than the 2 GiB that the format can hold; or as
    ///   ``serialized()``.
    public func onnx() throws(BackpropError) -> [UInt8] {
        let limit = Int(Int32.max)
        guard network.parameters.count < limit / MemoryLayout<Scalar>.size - (1 << 20) else {
            throw .shape(
                "network", expected: "parameters of less than 2 GiB, as ONNX has it",
                found: "\(network.parameters.count) of \(MemoryLayout<Scalar>.size) bytes")
        }
        var graph = ONNXGraph(try ExportedModel(self))
        return try graph.file()
    }
}

/// Numbers of the format (onnx.proto, version 1.8).
private enum ONNX {
    static let irVersion = 7
    static let operatorSet = 13

    enum ElementType: Int {
        case float = 1
        case int64 = 7
        case double = 11
    }

    enum Attribute {
        case float(Float)
        case integer(Int)
    }
}

/// A graph in the making: nodes and the numbers that they need, in order.
private struct ONNXGraph<Scalar: NetworkScalar> {
    private let model: ExportedModel<Scalar>
    private var graph = ProtobufMessage()
    private var count = 0

    init(_ model: ExportedModel<Scalar>) {
        self.model = model
    }

    private var isDouble: Bool { Scalar.self == Double.self }
    private var type: ONNX.ElementType { isDouble ? .double : .float }

    mutating func file() throws(BackpropError) -> [UInt8] {
        makeGraph()
        var message = ProtobufMessage()
        message.field(1, ONNX.irVersion)
        message.field(2, "backprop")
        message.field(3, libraryVersion)
        message.field(6, model.chain)
        message.field(7, graph)
        var operators = ProtobufMessage()
        operators.field(1, "")
        operators.field(2, ONNX.operatorSet)
        message.field(8, operators)
        for (key, value) in try metadata() {
            var entry = ProtobufMessage()
            entry.field(1, key)
            entry.field(2, value)
            message.field(14, entry)
        }
        return message.bytes
    }

    private func metadata() throws(BackpropError) -> [(String, String)] {
        var entries: [(String, String)] = []
        if !model.inputNames.isEmpty { entries.append(("input_names", try jsonText(model.inputNames))) }
        if !model.classNames.isEmpty { entries.append(("class_names", try jsonText(model.classNames))) }
        if let target = model.targetName { entries.append(("target_name", target)) }
        return entries
    }

    // MARK: The graph

    private mutating func makeGraph() {
        graph.field(2, "backprop")
        var values = scaledInputs("input")
        for (index, layer) in model.layers.enumerated() { values = dense(layer, index, values) }
        values = scaledOutputs(values)
        node("Identity", [values], "output")
        graph.field(11, valueInfo("input", type, width: model.inputCount))
        graph.field(12, valueInfo("output", type, width: model.outputCount))
        guard !model.classNames.isEmpty else { return }
        classes()
        graph.field(12, valueInfo("class", .int64, width: nil))
    }

    /// `(x − offset) · factor`. In `Float` the offset is taken off in two parts, so that its rounding costs nothing.
    private mutating func scaledInputs(_ name: String) -> String {
        guard let scaling = model.inputScaling else { return name }
        let high = scaling.offsets.map { Scalar($0) }
        let low = zip(scaling.offsets, high).map { Scalar($0 - Double($1)) }
        var values = name
        if high.contains(where: { $0 != 0 }) { values = node("Sub", [values, constants(high)]) }
        if low.contains(where: { $0 != 0 }) { values = node("Sub", [values, constants(low)]) }
        return node("Mul", [values, constants(scaling.factors.map { Scalar($0) })])
    }

    /// `offset + y / factor`, and the offset alone where the factor is 0.
    private mutating func scaledOutputs(_ name: String) -> String {
        guard let scaling = model.outputScaling else { return name }
        let scaled = node("Mul", [name, constants(scaling.factors.map { Scalar($0 == 0 ? 0 : 1 / $0) })])
        return node("Add", [scaled, constants(scaling.offsets.map { Scalar($0) })])
    }

    private mutating func dense(
        _ layer: ExportedModel<Scalar>.Layer, _ index: Int, _ inputs: String
    ) -> String {
        let weights = "weights\(layer.tiedTo ?? index)"
        if layer.tiedTo == nil { initializer(weights, dimensions: [layer.inputs, layer.units], layer.weights) }
        var operands = [inputs, weights]
        if let biases = layer.biases {
            initializer("biases\(index)", dimensions: [layer.units], biases)
            operands.append("biases\(index)")
        }
        // A tied layer's weights are the transpose of its owner's.
        let attributes: [(String, ONNX.Attribute)] = layer.tiedTo == nil ? [] : [("transB", .integer(1))]
        let sums = node("Gemm", operands, attributes: attributes)
        return activation(layer.activation, sums)
    }

    // MARK: Activations

    private mutating func activation(_ activation: Activation, _ z: String) -> String {
        switch activation {
        case .identity, .custom: return z
        case .sigmoid: return node("Sigmoid", [z])
        case .tanh: return node("Tanh", [z])
        case .relu: return node("Relu", [z])
        case .softmax: return node("Softmax", [z], attributes: [("axis", .integer(-1))])
        case .silu: return node("Mul", [z, node("Sigmoid", [z])])
        case .gelu: return gelu(z)
        // onnxruntime has these three for float alone.
        case .leakyReLU:
            guard isDouble else { return node("LeakyRelu", [z], attributes: [("alpha", .float(0.01))]) }
            return node("Max", [z, node("Mul", [z, constants([0.01])])])
        case .elu:
            guard isDouble else { return node("Elu", [z]) }
            let below = node("Sub", [node("Exp", [node("Min", [z, constants([0])])]), constants([1])])
            return node("Add", [node("Relu", [z]), below])
        case .softplus:
            guard isDouble else { return node("Softplus", [z]) }
            let e = node("Exp", [node("Neg", [node("Abs", [z])])])
            return node("Add", [node("Relu", [z]), node("Log", [node("Add", [e, constants([1])])])])
        }
    }

    /// `z · sigmoid(z (c1 + c3 z²))`, from operators that every runtime has: Gelu came with operator set 20.
    private mutating func gelu(_ z: String) -> String {
        let c1 = 2 * (2 / Double.pi).squareRoot()
        let cubic = node("Mul", [node("Mul", [z, z]), constants([Scalar(0.044715 * c1)])])
        let u = node("Mul", [z, node("Add", [cubic, constants([Scalar(c1)])])])
        return node("Mul", [z, node("Sigmoid", [u])])
    }

    /// The highest output's index, the first of equals; of a single output, whether it is above a half.
    private mutating func classes() {
        guard model.outputCount == 1 else {
            node("ArgMax", ["output"], "class", attributes: [("axis", .integer(1)), ("keepdims", .integer(0))])
            return
        }
        let isHigh = node("Greater", ["output", constants([0.5])])
        let number = node("Cast", [isHigh], attributes: [("to", .integer(ONNX.ElementType.int64.rawValue))])
        var axes = tensor("axes", .int64, dimensions: [1])
        axes.field(7, 1)
        graph.field(5, axes)
        node("Squeeze", [number, "axes"], "class")
    }

    // MARK: Nodes and numbers

    /// Adds a node and returns the name of what it gives.
    private mutating func node(
        _ operation: String, _ inputs: [String], attributes: [(String, ONNX.Attribute)] = []
    ) -> String {
        count += 1
        let output = "\(operation.lowercased())\(count)"
        node(operation, inputs, output, attributes: attributes)
        return output
    }

    private mutating func node(
        _ operation: String, _ inputs: [String], _ output: String, attributes: [(String, ONNX.Attribute)] = []
    ) {
        var node = ProtobufMessage()
        for input in inputs { node.field(1, input) }
        node.field(2, output)
        node.field(3, output)
        node.field(4, operation)
        for (name, value) in attributes {
            var attribute = ProtobufMessage()
            attribute.field(1, name)
            switch value {
            case .float(let value):
                attribute.field(2, value)
                attribute.field(20, 1)
            case .integer(let value):
                attribute.field(3, value)
                attribute.field(20, 2)
            }
            node.field(5, attribute)
        }
        graph.field(1, node)
    }

    /// Adds numbers that are the same for every sample, and returns their name.
    private mutating func constants(_ values: [Scalar]) -> String {
        count += 1
        initializer("constant\(count)", dimensions: [values.count], values[...])
        return "constant\(count)"
    }

    private mutating func initializer(_ name: String, dimensions: [Int], _ values: ArraySlice<Scalar>) {
        var numbers = tensor(name, type, dimensions: dimensions)
        numbers.field(9, littleEndian: values)
        graph.field(5, numbers)
    }

    private func tensor(_ name: String, _ type: ONNX.ElementType, dimensions: [Int]) -> ProtobufMessage {
        var tensor = ProtobufMessage()
        for dimension in dimensions { tensor.field(1, dimension) }
        tensor.field(2, type.rawValue)
        tensor.field(8, name)
        return tensor
    }

    /// `batch × width` elements, or `batch` where there is no width.
    private func valueInfo(_ name: String, _ type: ONNX.ElementType, width: Int?) -> ProtobufMessage {
        var batch = ProtobufMessage()
        batch.field(2, "batch")
        var shape = ProtobufMessage()
        shape.field(1, batch)
        if let width {
            var dimension = ProtobufMessage()
            dimension.field(1, width)
            shape.field(1, dimension)
        }
        var tensor = ProtobufMessage()
        tensor.field(1, type.rawValue)
        tensor.field(2, shape)
        var tensorType = ProtobufMessage()
        tensorType.field(1, tensor)
        var info = ProtobufMessage()
        info.field(1, name)
        info.field(2, tensorType)
        return info
    }
}
