/// A number in JSON, also where JSON has none: `"Infinity"`, `"-Infinity"` and `"NaN"` then.
struct ExtendedNumber: Hashable, Codable, Sendable {
    var value: Double

    init(_ value: Double) { self.value = value }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let value = try? container.decode(Double.self) {
            self.value = value
            return
        }
        let text = try container.decode(String.self)
        guard let value = Self.named.first(where: { $0.name == text })?.value else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "expected a number, Infinity, -Infinity or NaN, found \(text)")
        }
        self.value = value
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if value.isFinite {
            try container.encode(value)
        } else {
            try container.encode(value.isNaN ? "NaN" : value > 0 ? "Infinity" : "-Infinity")
        }
    }

    private static let named: [(name: String, value: Double)] = [
        ("Infinity", .infinity), ("-Infinity", -.infinity), ("NaN", .nan),
    ]
}

extension KeyedDecodingContainer {
    /// A number that may be infinite or NaN.
    func number(_ key: Key) throws -> Double { try decode(ExtendedNumber.self, forKey: key).value }

    func numberIfPresent(_ key: Key) throws -> Double? { try decodeIfPresent(ExtendedNumber.self, forKey: key)?.value }
}

extension KeyedEncodingContainer {
    /// Writes a number that may be infinite or NaN.
    mutating func encode(number: Double, _ key: Key) throws { try encode(ExtendedNumber(number), forKey: key) }

    mutating func encodeIfPresent(number: Double?, _ key: Key) throws {
        try encodeIfPresent(number.map(ExtendedNumber.init), forKey: key)
    }
}
