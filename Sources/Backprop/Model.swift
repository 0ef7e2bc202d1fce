/// A network with what it takes to use it on raw values: scaling, names, and the loss it was trained with.
///
/// A model is saved as a safetensors file that PyTorch, JAX and MLX read: `layers.K.weight` as
/// `[units, inputs]` and `layers.K.bias` as `[units]`.
public struct Model<Scalar: NetworkScalar>: Hashable, Sendable {
    /// The network, which works on scaled values.
    public var network: Network<Scalar>
    /// What the network was trained to make small.
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

    /// A model, property by property.
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

    /// Like ``predict(_:)``, but an autoencoder's outputs too are in the units of the data.
    package func predictRaw(_ inputs: [Double]) throws(BackpropError) -> [Double] {
        let outputs = try predict(inputs)
        return targetScaling == nil ? outputScaling?.invert(outputs) ?? outputs : outputs
    }

    /// What outputs come back through to the units of the data: as targets were scaled or, for an autoencoder, as its
    /// inputs are.
    package var outputScaling: Scaling? {
        targetScaling ?? (encoderLayers == nil ? nil : inputScaling)
    }

    /// Returns the inputs that ``predict(_:)`` takes, out of a table of raw values: columns are found by their names
    /// where the table has a header and the model has names, categories are told apart, missing values replaced.
    ///
    /// - Parameters:
    ///   - table: The table.
    ///   - target: A column that is no input, where columns are not found by their names.
    /// - Returns: `rows × network.inputCount` raw values, row-major.
    /// - Throws: ``BackpropError/format(_:expected:found:)`` if a column is not there, for a text among numbers, a
    ///   category that is not known or a missing value without a replacement, ``BackpropError/shape(_:expected:found:)``
    ///   if there are not as many columns as the model has.
    public func inputs(from table: CSVTable, besides target: Int? = nil) throws(BackpropError) -> [Double] {
        try inputs(from: table, at: try inputIndices(in: table, besides: target))
    }

    /// The columns of a table that ``inputs(from:besides:)`` takes: the same for all parts of it.
    package func inputIndices(in table: CSVTable, besides target: Int?) throws(BackpropError) -> [Int] {
        let columns = try tableColumns
        if table.header != nil, !columns.isEmpty {
            var indices: [Int] = []
            for column in columns { indices.append(try table.column(column.name)) }
            return indices
        }
        let indices = (0..<table.columnCount).filter { $0 != target }
        let needed = columns.isEmpty ? network.inputCount : columns.count
        guard indices.count == needed else {
            throw .shape("\(table.source), columns", expected: "\(needed) inputs", found: "\(indices.count)")
        }
        return indices
    }

    package func inputs(from table: CSVTable, at indices: [Int]) throws(BackpropError) -> [Double] {
        if inputColumns.allSatisfy(\.isPlain) { return try table.numbers(inColumns: indices) }
        return try TableInputs(table, columns: inputColumns, at: indices).values()
    }

    /// The columns of a table that inputs come from; none where neither they nor the inputs have names.
    private var tableColumns: [InputColumn] {
        get throws(BackpropError) {
            var columns = inputColumns
            if columns.isEmpty { for name in inputNames { columns.append(try InputColumn(name: name)) } }
            return columns
        }
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
struct ModelDescription: Codable {
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
    /// Version 1 had a checksum of the description and the numbers alone.
    static let version = 2
}

extension Model {
    /// Reads a model from a file.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - customActivations: The functions of your own that the model may name, as files hold names alone.
    ///   - customLosses: The same of losses.
    /// - Throws: ``BackpropError/file(_:reason:)``, or as
    ///   ``init(serialized:source:customActivations:customLosses:)``.
    public init(
        contentsOf path: String, customActivations: [CustomActivation] = [], customLosses: [CustomLoss] = []
    ) throws(BackpropError) {
        try self.init(
            serialized: try readModelFile(path), source: path, customActivations: customActivations,
            customLosses: customLosses)
    }

    /// Writes the model to a file, which changes as a whole or not at all, also if power fails meanwhile. Equal
    /// models give equal bytes.
    ///
    /// - Throws: ``BackpropError/file(_:reason:)``, or as ``serialized()``.
    public func write(to path: String) throws(BackpropError) {
        try writeModelFile(try serialized(), to: path)
    }

    /// Returns the bytes of a model file.
    ///
    /// - Throws: ``BackpropError/nonFinite(_:index:found:)`` if a parameter isn't finite,
    ///   ``BackpropError/format(_:expected:found:)`` if names or scalings don't fit the network: such a model could
    ///   not be read again.
    ///
    /// The corresponding C functions are those of `bp_writer`.
    @_specialize(where Scalar == Float)
    @_specialize(where Scalar == Double)
    public func serialized() throws(BackpropError) -> [UInt8] {
        try check()
        let text = try jsonText(description)
        return try tensorFile { writer in
            writer.seal(format: ModelFormat.name, version: ModelFormat.version)
            writer.metadata("model", text)
            writer.network(network.plan, parameters: network.parameters)
        }
    }

    /// Reads a model from the bytes of a model file, of this version or an earlier one.
    ///
    /// A file of another precision is read too, each number rounded to this one.
    ///
    /// - Parameters:
    ///   - bytes: The file.
    ///   - source: What the bytes are called in errors.
    ///   - customActivations: The functions of your own that the model may name, as files hold names alone.
    ///   - customLosses: The same of losses.
    /// - Throws: ``BackpropError/modelFile(_:_:)``, ``BackpropError/format(_:expected:found:)``, or what the
    ///   parts' initializers throw.
    ///
    /// The corresponding C functions are `bp_tensors_open`, `bp_tensors_verify` and `bp_network_load_f32`.
    @_specialize(where Scalar == Float)
    @_specialize(where Scalar == Double)
    public init(
        serialized bytes: [UInt8], source: String = "model", customActivations: [CustomActivation] = [],
        customLosses: [CustomLoss] = []
    ) throws(BackpropError) {
        let customs: [CodingUserInfoKey: any Sendable] = [
            CustomActivation.decodingKey: customActivations, CustomLoss.decodingKey: customLosses,
        ]
        self = try withTensorFile(bytes, source: source) { (file) throws(BackpropError) in
            try file.verify(format: ModelFormat.name, newest: ModelFormat.version)
            return try Model(try ModelDescription(of: file, customs: customs), file: file)
        }
    }

    /// Checks that all numbers are finite, and that names and scalings fit the network.
    ///
    /// - Throws: As ``serialized()``.
    func check() throws(BackpropError) {
        try checkFinite(network.parameters, "parameters")
        try Self.check(description, network, "model")
    }

    var description: ModelDescription {
        ModelDescription(
            inputs: network.inputCount,
            layers: network.layers.map {
                .init(
                    units: $0.units, activation: $0.activation, bias: $0.hasBiases,
                    freezesWeights: $0.freezesWeights ? true : nil, freezesBiases: $0.freezesBiases ? true : nil,
                    dropout: $0.dropout == 0 ? nil : $0.dropout, tiedTo: $0.tiedTo)
            },
            loss: loss, inputScaling: inputScaling, targetScaling: targetScaling,
            inputNames: inputNames.isEmpty ? nil : inputNames,
            // Plain columns are what the names say already, and what files always said.
            inputColumns: inputColumns.allSatisfy(\.isPlain) ? nil : inputColumns,
            classNames: classNames.isEmpty ? nil : classNames,
            targetName: targetName, encoderLayers: encoderLayers)
    }

    private init(_ description: ModelDescription, file: TensorFile) throws(BackpropError) {
        let network = try Network<Scalar>(
            inputs: description.inputs, layers: description.networkLayers, file: file)
        try self.init(description, network: network, source: file.source)
    }

    /// - Throws: ``BackpropError/format(_:expected:found:)`` if the description doesn't fit the network.
    init(_ description: ModelDescription, network: Network<Scalar>, source: String) throws(BackpropError) {
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

extension ModelDescription {
    /// How much of two descriptions is compared.
    enum Extent {
        case network, everything
    }

    /// What is described, part by part, to be compared.
    func entries(_ extent: Extent) throws(BackpropError) -> [NamedSetting] {
        var entries = [NamedSetting("inputs", "\(inputs)"), NamedSetting("layers", "\(layers.count)")]
        for (index, layer) in layers.enumerated() { entries.append(try NamedSetting("layer \(index)", layer)) }
        guard extent == .everything else { return entries }
        return entries + [
            try NamedSetting("inputScaling", inputScaling), try NamedSetting("targetScaling", targetScaling),
            try NamedSetting("inputNames", inputNames), try NamedSetting("inputColumns", inputColumns),
            try NamedSetting("classNames", classNames), NamedSetting("targetName", targetName ?? "none"),
            NamedSetting("encoderLayers", encoderLayers.map { "\($0)" } ?? "none"),
        ]
    }

    /// The layers that are described.
    var networkLayers: [Layer] {
        layers.map {
            Layer(
                units: $0.units, activation: $0.activation, hasBiases: $0.bias,
                freezesWeights: $0.freezesWeights ?? false, freezesBiases: $0.freezesBiases ?? false,
                dropout: $0.dropout ?? 0, tiedTo: $0.tiedTo)
        }
    }

    /// - Throws: ``BackpropError/format(_:expected:found:)``
    init(
        of file: TensorFile, customs: [CodingUserInfoKey: any Sendable]
    ) throws(BackpropError) {
        guard let text = file.metadata("model") else {
            throw .format("\(file.source), metadata", expected: "an entry \"model\"", found: "none")
        }
        try Self.check(text, file)
        self = try jsonValue(ModelDescription.self, from: text.utf8, source: "\(file.source), model", userInfo: customs)
    }

    /// Refuses a text that can't fit the tensors, before decoding it takes memory.
    private static func check(_ text: String, _ file: TensorFile) throws(BackpropError) {
        let found = parts(of: text)
        // An object for the model, for each scaling, layer and column; at most seven values a layer, nine an input
        // or output, and some for the whole.
        let extent = file.extent
        let limits = (objects: 8 + file.tensorCount + extent, values: 64 + 8 * file.tensorCount + 10 * extent)
        for (thing, limit, found) in [
            ("objects", limits.objects, found.objects), ("values", limits.values, found.values),
        ] where found > limit {
            throw .format(
                "\(file.source), model", expected: "at most \(limit) \(thing), as there are tensors for",
                found: "\(found)")
        }
    }

    /// The number of objects and, at most, of values in a JSON text: what opens or separates them outside strings.
    private static func parts(of text: String) -> (objects: Int, values: Int) {
        var (objects, values) = (0, 1)
        var (isInString, isEscaped) = (false, false)
        for byte in text.utf8 {
            if isInString {
                isInString = isEscaped || byte != UInt8(ascii: "\"")
                isEscaped = !isEscaped && byte == UInt8(ascii: "\\")
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): isInString = true
            case UInt8(ascii: "{"): (objects, values) = (objects + 1, values + 1)
            case UInt8(ascii: ","), UInt8(ascii: "["): values += 1
            default: break
            }
        }
        return (objects, values)
    }
}
