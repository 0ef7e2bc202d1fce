/// An activation of the user's own: a function of each unit's weighted input, with its derivative.
///
/// ```swift
/// let square = CustomActivation(name: "square", value: { $0 * $0 }, derivative: { 2 * $0 })
/// let layer = Layer.dense(8, .custom(square))
/// ```
///
/// The functions work in `Double`, whatever the network computes in, and may be called from several threads at
/// once. Results are as reproducible as they are. Files hold the name only, so a network that is read needs the
/// function again: see ``decodingKey`` and ``Model/init(contentsOf:customActivations:customLosses:)``.
///
/// The corresponding C type is `bp_custom_activation`.
public struct CustomActivation: Sendable {
    /// What it is called in files; custom activations of one name are taken as equal.
    public let name: String
    let functions: Functions

    final class Functions: Sendable {
        let value, derivative: @Sendable (Double) -> Double

        init(value: @escaping @Sendable (Double) -> Double, derivative: @escaping @Sendable (Double) -> Double) {
            self.value = value
            self.derivative = derivative
        }
    }

    /// - Parameters:
    ///   - name: What it is called in files; none of the library's names.
    ///   - value: `f(z)`.
    ///   - derivative: `f′(z)`. ``Network`` doesn't check that it is; `checkGradients` does.
    public init(
        name: String, value: @escaping @Sendable (Double) -> Double,
        derivative: @escaping @Sendable (Double) -> Double
    ) {
        precondition(Activation(rawValue: name) == nil, "the library has an activation called \(name)")
        self.name = name
        functions = Functions(value: value, derivative: derivative)
    }

    /// `f(z)`
    public func value(_ z: Double) -> Double { functions.value(z) }
    /// `f′(z)`
    public func derivative(_ z: Double) -> Double { functions.derivative(z) }

    /// Where a decoder finds the custom activations that it may meet: an array of them in its `userInfo`.
    public static let decodingKey = CodingUserInfoKey(rawValue: "Backprop.customActivations")!
}

extension CustomActivation: Hashable {
    public static func == (a: CustomActivation, b: CustomActivation) -> Bool { a.name == b.name }
    public func hash(into hasher: inout Hasher) { hasher.combine(name) }
}
