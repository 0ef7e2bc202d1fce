/// Reads a name: that of a custom value that is given, or of one of the library's.
func named<Value: CaseIterable & RawRepresentable<String>>(
    from decoder: any Decoder, thing: String, orOneOf customs: [Value]
) throws -> Value {
    let name = try decoder.singleValueContainer().decode(String.self)
    let known = Array(Value.allCases) + customs
    guard let value = known.first(where: { $0.rawValue == name }) else {
        let names = known.map(\.rawValue).joined(separator: ", ")
        throw DecodingError.dataCorrupted(
            .init(
                codingPath: decoder.codingPath,
                debugDescription: "\(thing): expected one of \(names), or a custom one that is given, found \(name)"))
    }
    return value
}
