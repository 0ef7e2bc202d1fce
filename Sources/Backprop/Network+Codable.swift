extension Network: Codable {
    private enum Key: String, CodingKey {
        case inputs, layers, parameters
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(inputCount, forKey: .inputs)
        try container.encode(layers, forKey: .layers)
        try container.encode(parameters, forKey: .parameters)
    }

    /// - Throws: What the decoder throws, or a ``BackpropError`` if the parts don't fit each other.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        try self.init(
            inputs: container.decode(Int.self, forKey: .inputs),
            layers: container.decode([Layer].self, forKey: .layers),
            parameters: container.decode([Scalar].self, forKey: .parameters))
    }
}
