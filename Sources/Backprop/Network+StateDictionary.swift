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
}
