/// A chain of dense layers with its parameters: a value that can be copied, compared, saved
/// and used from many threads at once.
///
/// ```swift
/// let network = try Network<Float>(inputs: 784, layers: [.dense(128, .sigmoid), .dense(10, .softmax)], seed: 1)
/// let probabilities = try network.predict(pixels)
/// ```
///
/// The corresponding C type is `bp_network`; the reference is `ReferenceNetwork`.
public struct Network<Scalar: NetworkScalar>: Sendable {
    /// Values a sample.
    public let inputCount: Int
    /// The layers, from the inputs up. Only what does not change the parameters' layout can be set:
    /// see ``setFrozen(_:layer:)``.
    public private(set) var layers: [Layer]
    /// All weights and biases in one array: for each layer the weights, `inputs × units`, row-major,
    /// then the biases. Gradients have the same layout.
    ///
    /// Each time a copy of them all, so take it out of loops.
    public internal(set) var parameters: [Scalar] {
        get { numbers.values }
        set { numbers = AlignedArray(newValue) }
    }

    /// The parameters, where the core can read them fastest.
    var numbers: AlignedArray<Scalar>

    var plan: NetworkPlan

    /// A network with parameters as its layers' initializers say.
    ///
    /// - Parameters:
    ///   - inputs: The number of values a sample, at least 1.
    ///   - layers: The layers, from the inputs up, at least one.
    ///   - seed: What random parameters come from; layer `l` uses stream `l` of it.
    /// - Throws: ``BackpropError/empty(_:)``, ``BackpropError/shape(_:expected:found:)``,
    ///   ``BackpropError/nonFinite(_:index:found:)`` or ``BackpropError/instructionSet(found:available:)``.
    public init(inputs: Int, layers: [Layer], seed: UInt64 = 0) throws(BackpropError) {
        let plan = try Self.plan(inputs: inputs, layers: layers)
        self.init(
            inputs: inputs, layers: layers, plan: plan, parameters: .init(repeating: 0, count: plan.parameterCount))
        try initialize(seed: seed)
    }

    /// A network with given parameters.
    ///
    /// - Throws: As ``init(inputs:layers:seed:)``, also if the number of parameters is wrong or one isn't finite.
    public init(inputs: Int, layers: [Layer], parameters: [Scalar]) throws(BackpropError) {
        let plan = try Self.plan(inputs: inputs, layers: layers)
        try Self.check(parameters, count: plan.parameterCount)
        self.init(inputs: inputs, layers: layers, plan: plan, parameters: parameters)
        try checkTiedWeights()
    }

    /// A network with the parameters of an open file.
    init(inputs: Int, layers: [Layer], file: TensorFile) throws(BackpropError) {
        let plan = try Self.plan(inputs: inputs, layers: layers)
        let parameters: [Scalar] = try file.parameters(of: plan, layers: layers)
        self.init(inputs: inputs, layers: layers, plan: plan, parameters: parameters)
    }

    private init(inputs: Int, layers: [Layer], plan: NetworkPlan, parameters: [Scalar]) {
        self.inputCount = inputs
        self.layers = layers
        self.plan = plan
        numbers = AlignedArray(parameters)
    }

    /// The C core's description of a network, made only if all that is known of it makes sense.
    private static func plan(inputs: Int, layers: [Layer]) throws(BackpropError) -> NetworkPlan {
        guard inputs > 0 else { throw .shape("network", expected: "at least 1 input", found: "\(inputs)") }
        guard !layers.isEmpty else { throw .empty("layers") }
        for (index, layer) in layers.enumerated() where layer.units < 1 {
            throw .shape("layer \(index)", expected: "at least 1 unit", found: "\(layer.units)")
        }
        try checkDropout(layers)
        try checkTies(inputs: inputs, layers)
        let plan = try NetworkPlan(kernels: InstructionSet.current.kernels, inputCount: inputs, layers: layers)
        let bytes = plan.parameterCount.multipliedReportingOverflow(by: MemoryLayout<Scalar>.size)
        guard !bytes.overflow, UInt64(bytes.partialValue) <= physicalMemory() else {
            throw .shape(
                "network", expected: "parameters that fit in \(physicalMemory()) bytes of memory",
                found: "\(plan.parameterCount) parameters")
        }
        return plan
    }

    /// The number of parameters that such a network has, if there can be one.
    static func parameterCount(inputs: Int, layers: [Layer]) throws(BackpropError) -> Int {
        try plan(inputs: inputs, layers: layers).parameterCount
    }

    private static func checkDropout(_ layers: [Layer]) throws(BackpropError) {
        for (index, layer) in layers.enumerated() where layer.dropout != 0 {
            guard layer.dropout > 0, Float(layer.dropout) < 1 else {
                throw .option("dropout of layer \(index)", expected: "at least 0, below 1", found: "\(layer.dropout)")
            }
            guard index < layers.count - 1, layer.activation != .softmax else {
                let kind = layer.activation == .softmax ? "a softmax layer" : "the last layer"
                throw .option("dropout of layer \(index)", expected: "0 in \(kind)", found: "\(layer.dropout)")
            }
        }
    }

    private static func checkTies(inputs: Int, _ layers: [Layer]) throws(BackpropError) {
        func inputCount(_ layer: Int) -> Int { layer == 0 ? inputs : layers[layer - 1].units }
        for (index, layer) in layers.enumerated() {
            guard let owner = layer.tiedTo else { continue }
            guard (0..<index).contains(owner), layers[owner].tiedTo == nil else {
                throw .option(
                    "tiedTo of layer \(index)", expected: "a layer below with weights of its own", found: "\(owner)")
            }
            let (needed, found) = ([layer.units, inputCount(index)], [inputCount(owner), layers[owner].units])
            guard needed == found else {
                throw .shape(
                    "layer \(index), tied to layer \(owner)",
                    expected: "\(found[1]) inputs and \(found[0]) units", found: "\(needed[1]) and \(needed[0])")
            }
        }
    }

    private static func check(_ values: [Scalar], count: Int) throws(BackpropError) {
        guard values.count == count else {
            throw .shape("parameters", expected: "\(count)", found: "\(values.count)")
        }
        try checkFinite(values, "parameters")
    }

    /// Outputs a sample.
    public var outputCount: Int { layers[layers.count - 1].units }

    /// The instruction set that this network computes with.
    public var instructionSet: InstructionSet { InstructionSet(plan.kernels) }

    /// Has this value, and its copies from now on, compute with another instruction set, to the same bits.
    ///
    /// - Throws: Nothing for a network that could be made.
    public mutating func setInstructionSet(_ instructionSet: InstructionSet) throws(BackpropError) {
        plan = try NetworkPlan(kernels: instructionSet.kernels, inputCount: inputCount, layers: layers)
    }

    /// Replaces all parameters, laid out as in ``parameters``.
    ///
    /// - Throws: ``BackpropError/shape(_:expected:found:)`` or ``BackpropError/nonFinite(_:index:found:)``.
    public mutating func setParameters(_ values: [Scalar]) throws(BackpropError) {
        try Self.check(values, count: parameters.count)
        let before = parameters
        parameters = values
        do { try checkTiedWeights() } catch {
            parameters = before
            throw error
        }
    }

    /// Sets whether training leaves a layer as it is.
    ///
    /// - Parameters:
    ///   - frozen: Whether it does.
    ///   - layer: The layer, counted from 0 at the inputs; one that the network has.
    /// - Throws: Nothing for a network that could be made.
    public mutating func setFrozen(_ frozen: Bool, layer: Int) throws(BackpropError) {
        layers[layer].freezesWeights = frozen
        layers[layer].freezesBiases = frozen
        plan = try NetworkPlan(kernels: plan.kernels, inputCount: inputCount, layers: layers)
    }

    // MARK: Layers

    /// The number of inputs of a layer.
    public func inputCount(ofLayer layer: Int) -> Int {
        layer == 0 ? inputCount : layers[layer - 1].units
    }

    /// Where the weights of a layer are among the parameters.
    public func weightRange(ofLayer layer: Int) -> Range<Int> {
        let start = plan.weightsOffset(layer: layer)
        return start..<(start + inputCount(ofLayer: layer) * layers[layer].units)
    }

    /// Where the biases of a layer are among the parameters; empty if it has none.
    public func biasRange(ofLayer layer: Int) -> Range<Int> {
        let start = plan.biasesOffset(layer: layer)
        return start..<(start + (layers[layer].hasBiases ? layers[layer].units : 0))
    }

    /// The weights of a layer, a row for each unit with a weight for each input, as mathematics writes them.
    public func weights(ofLayer layer: Int) -> [[Scalar]] {
        unitRows(of: parameters, layer: layer)
    }

    /// The biases of a layer, one a unit; empty if it has none.
    public func biases(ofLayer layer: Int) -> [Scalar] {
        Array(parameters[biasRange(ofLayer: layer)])
    }

    /// The part of an array laid out as the parameters that belongs to a layer's weights, a row for each unit.
    public func unitRows(of values: [Scalar], layer: Int) -> [[Scalar]] {
        let units = layers[layer].units
        let range = weightRange(ofLayer: layer)
        return (0..<units).map { unit in
            stride(from: range.lowerBound + unit, to: range.upperBound, by: units).map { values[$0] }
        }
    }

    /// A tied layer's weights are those of another, turned round.
    private func checkTiedWeights() throws(BackpropError) {
        for (index, layer) in layers.enumerated() {
            guard let owner = layer.tiedTo else { continue }
            guard tiedWeights(ofLayer: owner) == Array(parameters[weightRange(ofLayer: index)]) else {
                throw .option(
                    "weights of layer \(index)", expected: "those of layer \(owner), transposed, which it is tied to",
                    found: "others")
            }
        }
    }

    /// The weights of a layer as one that is tied to it has them.
    private func tiedWeights(ofLayer owner: Int) -> [Scalar] {
        unitRows(of: parameters, layer: owner).flatMap { $0 }
    }

    // MARK: Initial parameters

    private mutating func initialize(seed: UInt64) throws(BackpropError) {
        for index in layers.indices {
            var random = SplitMix64(seed: seed, stream: UInt64(index))
            let layer = layers[index]
            let weights = weightRange(ofLayer: index)
            let biases = biasRange(ofLayer: index)
            if let owner = layer.tiedTo {
                numbers.replaceSubrange(weights, with: tiedWeights(ofLayer: owner))
            } else {
                try fill(weights, with: layer.initialWeights, layer: index, thing: "weights", from: &random)
            }
            try fill(biases, with: layer.initialBiases, layer: index, thing: "biases", from: &random)
        }
        try checkFinite(parameters, "initial parameters")
    }

    private mutating func fill(
        _ range: Range<Int>, with initializer: Initializer, layer: Int, thing: String, from random: inout SplitMix64
    ) throws(BackpropError) {
        let units = layers[layer].units
        let fanIn = inputCount(ofLayer: layer)
        switch initializer {
        case .zeros: break
        case .constant(let value):
            for index in range { numbers[index] = Scalar(value) }
        case .values(let values):
            guard values.count == range.count else {
                throw .shape("\(thing) of layer \(layer)", expected: "\(range.count) values", found: "\(values.count)")
            }
            // Given unit by unit, kept input by input.
            let width = range.count / units
            for (index, value) in values.enumerated() {
                numbers[range.lowerBound + index % max(width, 1) * units + index / max(width, 1)] = Scalar(value)
            }
        case .automatic, .glorotUniform, .heUniform, .uniform:
            let limit = initializer.limit(fanIn: fanIn, fanOut: units, activation: layers[layer].activation)!
            fillUniform(&numbers, range: range, limit: Scalar(limit), from: &random)
        }
    }
}

extension Network: Hashable {
    /// Networks are equal if their layers and parameters are, whatever they compute with.
    public static func == (a: Network, b: Network) -> Bool {
        a.inputCount == b.inputCount && a.layers == b.layers && a.parameters == b.parameters
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(inputCount)
        hasher.combine(layers)
        hasher.combine(parameters)
    }
}
