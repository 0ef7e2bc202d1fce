/// A model as the exporters take it: checked, layer by layer, in the terms of its arithmetic.
struct ExportedModel<Scalar: NetworkScalar> {
    struct Layer {
        var inputs: Int
        var units: Int
        var activation: Activation
        /// `inputs × units`, row-major; none for a tied layer.
        var weights: ArraySlice<Scalar>
        var biases: ArraySlice<Scalar>?
        /// The layer whose weights, transposed, are this one's.
        var tiedTo: Int?
    }

    let layers: [Layer]
    let inputScaling: Scaling?
    let outputScaling: Scaling?
    let inputNames: [String]
    let classNames: [String]
    let targetName: String?

    /// - Throws: ``BackpropError/option(_:expected:found:)`` for an activation of the user's own, which no file can hold,
    ///   or what ``Model/check()`` throws.
    init(_ model: Model<Scalar>) throws(BackpropError) {
        try model.check()
        let network = model.network
        for (index, layer) in network.layers.enumerated() {
            guard case .custom(let custom) = layer.activation else { continue }
            throw .option(
                "activation of layer \(index)", expected: "one of the library's, which can be exported",
                found: "the custom \(custom.name)")
        }
        layers = network.layers.indices.map { index in
            let layer = network.layers[index]
            return Layer(
                inputs: network.inputCount(ofLayer: index), units: layer.units, activation: layer.activation,
                weights: layer.tiedTo == nil ? network.parameters[network.weightRange(ofLayer: index)] : [],
                biases: layer.hasBiases ? network.parameters[network.biasRange(ofLayer: index)] : nil,
                tiedTo: layer.tiedTo)
        }
        inputScaling = model.inputScaling
        outputScaling = model.outputScaling
        inputNames = model.inputNames
        classNames = model.classNames
        targetName = model.targetName
    }

    var inputCount: Int { layers[0].inputs }
    var outputCount: Int { layers[layers.count - 1].units }

    /// `64 → 64 sigmoid → 10 softmax`
    var chain: String {
        ([String(inputCount)] + layers.map { "\($0.units) \($0.activation.rawValue)" }).joined(separator: " → ")
    }
}

/// Checks a name that becomes a part of a program.
///
/// - Throws: ``BackpropError/option(_:expected:found:)`` unless it is a letter of ASCII and then letters, digits and
///   underscores, and none of those that are taken.
func checkExportName(_ name: String, taken: Set<String>) throws(BackpropError) {
    let isIdentifier =
        name.utf8.allSatisfy { UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 | 0x20 || 48...57 ~= $0 || $0 == 95 }
        && name.utf8.first.map { $0 | 0x20 >= UInt8(ascii: "a") && $0 != 95 } == true
    guard isIdentifier else {
        throw .option("name", expected: "a letter, then letters, digits and underscores", found: "'\(name)'")
    }
    guard !taken.contains(name) else {
        throw .option("name", expected: "one that the language doesn't use itself", found: "'\(name)'")
    }
}
