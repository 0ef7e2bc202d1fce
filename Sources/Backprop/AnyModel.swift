/// A model in the precision that its file has, for programs that take both.
///
/// ```swift
/// switch try AnyModel(contentsOf: "backprop.safetensors") {
/// case .float(let model): print(try model.predict(inputs))
/// case .double(let model): print(try model.predict(inputs))
/// }
/// ```
public enum AnyModel: Hashable, Sendable {
    case float(Model<Float>)
    case double(Model<Double>)

    /// Reads a model from a file: in `Double` if the file has a tensor of 64 bits, else in `Float`.
    ///
    /// - Throws: As ``Model/init(contentsOf:customActivations:customLosses:)``.
    public init(contentsOf path: String) throws(BackpropError) {
        try self.init(serialized: readModelFile(path), source: path)
    }

    /// Reads a model from the bytes of a model file.
    ///
    /// - Parameters:
    ///   - bytes: The whole file.
    ///   - source: What the bytes are called in errors.
    /// - Throws: As ``Model/init(serialized:source:customActivations:customLosses:)``.
    public init(serialized bytes: [UInt8], source: String = "model") throws(BackpropError) {
        let isDouble = try withTensorFile(bytes, source: source) { (file) throws(BackpropError) in file.hasDoubles }
        if isDouble {
            self = .double(try Model(serialized: bytes, source: source))
        } else {
            self = .float(try Model(serialized: bytes, source: source))
        }
    }
}
