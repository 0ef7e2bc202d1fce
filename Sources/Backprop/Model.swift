/// A network with what it takes to use it on raw values: scaling, names, and the loss it was trained with.
///
/// A model is saved as a safetensors file that PyTorch, JAX and MLX read: `layers.K.weight` as
/// `[units, inputs]` and `layers.K.bias` as `[units]`.
public struct Model<Scalar: NetworkScalar>: Hashable, Sendable {
    public var network: Network<Scalar>
    public var loss: Loss
    /// What raw inputs go through first, or `nil` for nothing.
    public var inputScaling: Scaling?
    /// What outputs come back through, for a model that was trained on scaled targets.
    public var targetScaling: Scaling?
    /// The columns of the inputs, or empty where they have no names.
    public var inputNames: [String]
    /// How the columns of a table become inputs, or empty where each input is a column of numbers.
    public var inputColumns: [InputColumn]
    /// The classes, or empty for a model that doesn't classify.
    public var classNames: [String]
    /// What is predicted, as the column of a table is called.
    public var targetName: String?
    /// The layers of an autoencoder's encoder, or `nil` for a model that predicts something else than its inputs.
    public var encoderLayers: Int?

    public init(
        network: Network<Scalar>, loss: Loss, inputScaling: Scaling? = nil, targetScaling: Scaling? = nil,
        inputNames: [String] = [], inputColumns: [InputColumn] = [], classNames: [String] = [],
        targetName: String? = nil, encoderLayers: Int? = nil
    ) {
        self.network = network
        self.loss = loss
        self.inputScaling = inputScaling
        self.targetScaling = targetScaling
        self.inputNames = inputNames
        self.inputColumns = inputColumns
        self.classNames = classNames
        self.targetName = targetName
        self.encoderLayers = encoderLayers
    }

    /// Returns the outputs for raw inputs, in raw units.
    ///
    /// Values are scaled in `Double` and rounded to the network's precision once.
    ///
    /// - Parameter inputs: `samples × network.inputCount` raw values, row-major.
    /// - Returns: `samples × network.outputCount` values, row-major.
    /// - Throws: As ``Network/predict(_:)``, also if a scaling has not a column for each input or output.
    @_specialize(where Scalar == Float)
    @_specialize(where Scalar == Double)
    public func predict(_ inputs: [Double]) throws(BackpropError) -> [Double] {
        guard inputs.count % network.inputCount == 0 else {
            throw .shape("inputs", expected: "a multiple of \(network.inputCount) values", found: "\(inputs.count)")
        }
        try checkScalings()
        let scaled = inputScaling?.apply(to: inputs) ?? inputs
        let outputs = try network.predict(scaled.map { Scalar($0) }).map { Double($0) }
        return targetScaling?.invert(outputs) ?? outputs
    }

    /// Returns the inputs that ``predict(_:)`` takes, out of a table of raw values: columns are found by their names
    /// where the table has a header and the model has names, categories are told apart, missing values replaced.
    ///
    /// - Parameter target: A column that is no input, where columns are not found by their names.
    /// - Returns: `rows × network.inputCount` raw values, row-major.
    /// - Throws: ``BackpropError/format(_:expected:found:)`` if a column is not there, for a text among numbers, a
    ///   category that is not known or a missing value without a replacement, ``BackpropError/shape(_:expected:found:)``
    ///   if there are not as many columns as the model has.
    public func inputs(from table: CSVTable, besides target: Int? = nil) throws(BackpropError) -> [Double] {
        var columns = inputColumns
        if columns.isEmpty { for name in inputNames { columns.append(try InputColumn(name: name)) } }
        var indices: [Int] = []
        if table.header != nil, !columns.isEmpty {
            for column in columns { indices.append(try table.column(column.name)) }
        } else {
            indices = (0..<table.columnCount).filter { $0 != target }
            let needed = columns.isEmpty ? network.inputCount : columns.count
            guard indices.count == needed else {
                throw .shape("\(table.source), columns", expected: "\(needed) inputs", found: "\(indices.count)")
            }
        }
        if columns.allSatisfy(\.isPlain) { return try table.numbers(inColumns: indices) }
        return try TableInputs(table, columns: columns, at: indices).values()
    }

    private func checkScalings() throws(BackpropError) {
        for (thing, scaling, columns) in [
            ("inputScaling", inputScaling, network.inputCount), ("targetScaling", targetScaling, network.outputCount),
        ] {
            guard let found = scaling?.offsets.count, found != columns else { continue }
            throw .shape(thing, expected: "\(columns) columns", found: "\(found)")
        }
    }
}

// MARK: - Files

/// What a model file's header says besides the tensors.
private struct ModelDescription: Codable {
    /// How the layers are built; what they were initialized with is of no use any more.
    struct LayerDescription: Codable {
        var units: Int
        var activation: Activation
        var bias: Bool
        var freezesWeights: Bool?
        var freezesBiases: Bool?
        var dropout: Double?
        var tiedTo: Int?
    }

    var inputs: Int
    var layers: [LayerDescription]
    var loss: Loss
    var inputScaling: Scaling?
    var targetScaling: Scaling?
    var inputNames: [String]?
    var inputColumns: [InputColumn]?
    var classNames: [String]?
    var targetName: String?
    var encoderLayers: Int?
}

private enum ModelFormat {
    static let name = "backprop"
    static let version = "1"

    /// FNV-1a (G. Fowler, L. C. Noll, K.-P. Vo, 1991), 64 bits: finds every change of a single byte.
    static func checksum(_ description: String, _ tensors: [SafeTensors.Tensor]) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in description.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        for tensor in tensors {
            for byte in tensor.bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        }
        return String(hash, radix: 16)
    }
}

extension Model {
    /// Reads a model from a file.
    ///
    /// - Throws: ``BackpropError/file(_:reason:)``, or as ``init(serialized:source:)``.
    public init(contentsOf path: String) throws(BackpropError) {
        try self.init(serialized: try readFile(path), source: path)
    }

    /// Writes the model to a file, which changes as a whole or not at all. Equal models give equal bytes.
    ///
    /// - Throws: ``BackpropError/file(_:reason:)``
    public func write(to path: String) throws(BackpropError) {
        try writeFile(try serialized(), to: path)
    }

    /// Returns the bytes of a model file.
    ///
    /// - Throws: ``BackpropError/nonFinite(_:index:found:)`` if a parameter isn't finite,
    ///   ``BackpropError/format(_:expected:found:)`` if names or scalings don't fit the network: such a model could
    ///   not be read again.
    @_specialize(where Scalar == Float)
    @_specialize(where Scalar == Double)
    public func serialized() throws(BackpropError) -> [UInt8] {
        try checkFinite(network.parameters, "parameters")
        try Self.check(description, network, "model")
        let tensors = network.layers.indices.flatMap(layerTensors)
        let model = try jsonText(description)
        return try SafeTensors(
            metadata: [
                "format": ModelFormat.name,
                "version": ModelFormat.version,
                "checksum": ModelFormat.checksum(model, tensors),
                "model": model,
            ], tensors: tensors
        ).encoded()
    }

    /// Reads a model from the bytes of a model file.
    ///
    /// A file of another precision is read too, each number rounded to this one.
    ///
    /// - Parameter source: What the bytes are called in errors.
    /// - Throws: ``BackpropError/format(_:expected:found:)``, or what the parts' initializers throw.
    @_specialize(where Scalar == Float)
    @_specialize(where Scalar == Double)
    public init(serialized bytes: [UInt8], source: String = "model") throws(BackpropError) {
        let file = try SafeTensors(decoding: bytes, source: source)
        let format = file.metadata["format"] ?? "none"
        guard format == ModelFormat.name else {
            throw .format("\(source), format", expected: ModelFormat.name, found: format)
        }
        let version = file.metadata["version"] ?? "none"
        guard version == ModelFormat.version else {
            throw .format("\(source), version", expected: ModelFormat.version, found: version)
        }
        let model = file.metadata["model"] ?? ""
        let checksum = ModelFormat.checksum(model, file.tensors)
        guard file.metadata["checksum"] == checksum else {
            throw .format("\(source), checksum", expected: file.metadata["checksum"] ?? "one", found: checksum)
        }
        let description = try jsonValue(
            ModelDescription.self, from: model.utf8, source: "\(source), model")
        try self.init(description, tensors: file.tensors, source: source)
    }

    private var description: ModelDescription {
        ModelDescription(
            inputs: network.inputCount,
            layers: network.layers.map {
                .init(
                    units: $0.units, activation: $0.activation, bias: $0.hasBiases,
                    freezesWeights: $0.freezesWeights ? true : nil, freezesBiases: $0.freezesBiases ? true : nil,
                    dropout: $0.dropout > 0 ? $0.dropout : nil, tiedTo: $0.tiedTo)
            },
            loss: loss, inputScaling: inputScaling, targetScaling: targetScaling,
            inputNames: inputNames.isEmpty ? nil : inputNames,
            // Plain columns are what the names say already, and what files always said.
            inputColumns: inputColumns.allSatisfy(\.isPlain) ? nil : inputColumns,
            classNames: classNames.isEmpty ? nil : classNames,
            targetName: targetName, encoderLayers: encoderLayers)
    }

    private func layerTensors(_ index: Int) -> [SafeTensors.Tensor] {
        let layer = network.layers[index]
        let weights = network.weights(ofLayer: index).flatMap { $0 }
        let type = Scalar.core.name
        var tensors = [
            SafeTensors.Tensor(
                name: "layers.\(index).weight", type: type, shape: [layer.units, network.inputCount(ofLayer: index)],
                bytes: Scalar.core.littleEndianBytes(weights)[...])
        ]
        if layer.hasBiases {
            tensors.append(
                SafeTensors.Tensor(
                    name: "layers.\(index).bias", type: type, shape: [layer.units],
                    bytes: Scalar.core.littleEndianBytes(network.biases(ofLayer: index))[...]))
        }
        return tensors
    }

    private init(
        _ description: ModelDescription, tensors: [SafeTensors.Tensor], source: String
    ) throws(BackpropError) {
        let named = Dictionary(tensors.map { ($0.name, $0) }) { first, _ in first }
        var layers: [Layer] = []
        var fanIn = description.inputs
        for (index, saved) in description.layers.enumerated() {
            func values(_ name: String, shape: [Int]) throws(BackpropError) -> Initializer {
                guard let tensor = named["layers.\(index).\(name)"], tensor.shape == shape else {
                    let found = named["layers.\(index).\(name)"].map { "\($0.shape)" } ?? "none"
                    throw .format(
                        "\(source), layers.\(index).\(name)", expected: "a tensor of shape \(shape)", found: found)
                }
                return .values(tensor.numbers)
            }
            layers.append(
                Layer(
                    units: saved.units, activation: saved.activation, hasBiases: saved.bias,
                    initialWeights: try values("weight", shape: [saved.units, fanIn]),
                    initialBiases: saved.bias ? try values("bias", shape: [saved.units]) : .zeros,
                    freezesWeights: saved.freezesWeights ?? false, freezesBiases: saved.freezesBiases ?? false,
                    dropout: saved.dropout ?? 0, tiedTo: saved.tiedTo))
            fanIn = saved.units
        }
        let filled = try Network<Scalar>(inputs: description.inputs, layers: layers)
        // The initializers were a way in; they are not part of what was saved.
        for index in layers.indices {
            (layers[index].initialWeights, layers[index].initialBiases) = (.automatic, .zeros)
        }
        let network = try Network(inputs: description.inputs, layers: layers, parameters: filled.parameters)
        try Self.check(description, network, source)
        self.init(
            network: network, loss: description.loss, inputScaling: description.inputScaling,
            targetScaling: description.targetScaling, inputNames: description.inputNames ?? [],
            inputColumns: description.inputColumns ?? [],
            classNames: description.classNames ?? [], targetName: description.targetName,
            encoderLayers: description.encoderLayers)
    }

    /// Checks that names and scalings have as many entries as the network has inputs and outputs.
    private static func check(
        _ description: ModelDescription, _ network: Network<Scalar>, _ source: String
    ) throws(BackpropError) {
        let outputs = network.outputCount
        let counts: [(String, Int?, [Int])] = [
            ("inputScaling", description.inputScaling?.offsets.count, [network.inputCount]),
            ("targetScaling", description.targetScaling?.offsets.count, [outputs]),
            ("inputNames", description.inputNames?.count, [network.inputCount]),
            (
                "inputColumns", description.inputColumns?.reduce(0) { $0 + $1.inputCount },
                [network.inputCount]
            ),
            ("classNames", description.classNames?.count, outputs == 1 ? [2] : [outputs]),
        ]
        for (name, found, expected) in counts {
            guard let found, !expected.contains(found) else { continue }
            throw .format("\(source), \(name)", expected: "\(expected[0]) entries", found: "\(found)")
        }
        if let encoderLayers = description.encoderLayers {
            _ = try Autoencoder(network, encoderLayers: encoderLayers)
        }
        for (name, texts) in [("inputNames", description.inputNames), ("classNames", description.classNames)] {
            guard let texts, Set(texts).count < texts.count else { continue }
            throw .format("\(source), \(name)", expected: "different names", found: "one of them twice")
        }
    }
}

extension SafeTensors.Tensor {
    fileprivate var numbers: [Double] {
        type == "F64"
            ? Double.core.fromLittleEndianBytes(bytes) : Float.core.fromLittleEndianBytes(bytes).map(Double.init)
    }
}
