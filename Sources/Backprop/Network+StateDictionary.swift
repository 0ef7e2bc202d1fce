extension Network {
    /// A network with parameters out of a state dictionary that PyTorch, or another framework, saved as safetensors.
    ///
    /// Weights are `[units, inputs]` in tensors named `….weight`, biases `[units]` in `….bias`, as F32, F64, F16 or
    /// BF16. If the names differ by numbers alone (`0.weight`, `2.weight`; `fc1.weight`, `fc2.weight`), the layers
    /// are in the order of the numbers; otherwise each layer must have a shape of its own. Nothing is guessed, and
    /// every tensor of the file must be a layer's.
    ///
    /// ```swift
    /// // torch: safetensors.torch.save_file(model.state_dict(), "mnist.safetensors")
    /// let layers: [Layer] = [.dense(128, .relu), .dense(10, .softmax)]
    /// let network = try Network<Float>(inputs: 784, layers: layers, stateDictionaryAt: "mnist.safetensors")
    /// ```
    ///
    /// - Parameters:
    ///   - inputs: The number of values a sample.
    ///   - layers: The layers, which the file doesn't tell, from the inputs up.
    ///   - bytes: The file.
    ///   - source: What the bytes are called in errors.
    /// - Throws: ``BackpropError/modelFile(_:_:)`` if the file is damaged, doesn't fit the layers or has a number
    ///   that isn't finite; or as ``init(inputs:layers:seed:)``.
    ///
    /// The corresponding C functions are `bp_network_match` and `bp_network_load_f32`.
    public init(
        inputs: Int, layers: [Layer], stateDictionary bytes: [UInt8], source: String = "state dictionary"
    ) throws(BackpropError) {
        self = try withTensorFile(bytes, source: source) { (file) throws(BackpropError) in
            try Network(inputs: inputs, layers: layers, file: file)
        }
    }

    /// Like ``init(inputs:layers:stateDictionary:source:)``, but from a file on disk.
    ///
    /// - Throws: Also ``BackpropError/file(_:reason:)``.
    public init(inputs: Int, layers: [Layer], stateDictionaryAt path: String) throws(BackpropError) {
        try self.init(inputs: inputs, layers: layers, stateDictionary: try readModelFile(path), source: path)
    }

    /// Returns the parameters as a safetensors file with the names of a PyTorch `nn.Sequential` of a linear module and an
    /// activation for each layer: `0.weight`, `0.bias`, `2.weight`, …; weights are `[units, inputs]`.
    ///
    /// ```python
    /// model.load_state_dict(safetensors.torch.load_file("mnist.safetensors"))
    /// ```
    ///
    /// A tied layer has its own copy of the weights.
    ///
    /// - Throws: ``BackpropError/nonFinite(_:index:found:)`` if a parameter isn't finite.
    ///
    /// The corresponding C functions are `bp_writer_tensor` and `bp_writer_numbers_f32`.
    public func stateDictionary() throws(BackpropError) -> [UInt8] {
        try checkFinite(parameters, "parameters")
        return try tensorFile { writer in
            writer.metadata("format", "pt")
            for (index, layer) in layers.enumerated() {
                let inputs = inputCount(ofLayer: index)
                writer.tensor("\(2 * index).weight", shape: [layer.units, inputs], of: Scalar.self)
                if layer.hasBiases { writer.tensor("\(2 * index).bias", shape: [layer.units], of: Scalar.self) }
            }
            for (index, layer) in layers.enumerated() {
                writer.numbers(Array(weights(ofLayer: index).joined()))
                if layer.hasBiases { writer.numbers(biases(ofLayer: index)) }
            }
        }
    }
}
