/// A constant rate is a number, every other an object that has all of its parts:
///
/// ```json
/// {"kind": "warmUp", "over": {"steps": 100}, "then": {"kind": "cosine", "from": 0.001, "to": 0, "over": {"epochs": 20}}}
/// ```
extension LearningRate: Codable {
    private enum Kind: String, Codable {
        case step, exponential, cosine, warmUp, reduceOnPlateau
    }

    private enum Key: String, CodingKey {
        case kind, from, to, factor, every, over, then, patience, minimum
    }

    /// The object as it is written, without what a kind has not.
    private struct Parts: Encodable {
        var kind: Kind
        var from: Double?
        var to: Double?
        var factor: Double?
        var every: TrainingSpan?
        var over: TrainingSpan?
        var then: LearningRate?
        var patience: Int?
        var minimum: Double?
    }

    /// - Throws: What the encoder throws, or `EncodingError.invalidValue` for a ``function(_:)``.
    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .constant(let rate):
            var container = encoder.singleValueContainer()
            try container.encode(rate)
        case .step(let first, let factor, let span):
            try Parts(kind: .step, from: first, factor: factor, every: span).encode(to: encoder)
        case .exponential(let first, let factor, let span):
            try Parts(kind: .exponential, from: first, factor: factor, every: span).encode(to: encoder)
        case .cosine(let first, let last, let span):
            try Parts(kind: .cosine, from: first, to: last, over: span).encode(to: encoder)
        case .warmUp(let span, let next):
            try Parts(kind: .warmUp, over: span, then: next).encode(to: encoder)
        case .reduceOnPlateau(let first, let factor, let patience, let minimum):
            try Parts(kind: .reduceOnPlateau, from: first, factor: factor, patience: patience, minimum: minimum)
                .encode(to: encoder)
        case .function:
            let text = "expected a learning rate that can be written, found one that is a function"
            throw EncodingError.invalidValue(self, .init(codingPath: encoder.codingPath, debugDescription: text))
        }
    }

    /// - Throws: What the decoder throws, or as ``check()``.
    public init(from decoder: any Decoder) throws {
        if let rate = try? decoder.singleValueContainer().decode(Double.self) {
            self = .constant(rate)
        } else {
            self = try Self.decodeParts(from: decoder.container(keyedBy: Key.self))
        }
        try check()
    }

    private static func decodeParts(from container: KeyedDecodingContainer<Key>) throws -> LearningRate {
        func number(_ key: Key) throws -> Double { try container.decode(Double.self, forKey: key) }
        func span(_ key: Key) throws -> TrainingSpan { try container.decode(TrainingSpan.self, forKey: key) }
        switch try container.decode(Kind.self, forKey: .kind) {
        case .step:
            return .step(from: try number(.from), factor: try number(.factor), every: try span(.every))
        case .exponential:
            return .exponential(from: try number(.from), factor: try number(.factor), every: try span(.every))
        case .cosine:
            return .cosine(from: try number(.from), to: try number(.to), over: try span(.over))
        case .warmUp:
            return .warmUp(over: try span(.over), then: try container.decode(LearningRate.self, forKey: .then))
        case .reduceOnPlateau:
            return .reduceOnPlateau(
                from: try number(.from), factor: try number(.factor),
                patience: try container.decode(Int.self, forKey: .patience), minimum: try number(.minimum))
        }
    }
}
