/// A loss of the user's own: a function of one sample's outputs and targets, with its derivative.
///
/// ```swift
/// let quartic = CustomLoss(name: "quartic") { outputs, targets in
///     let errors = zip(outputs, targets).map { $0 - $1 }
///     let loss = errors.reduce(0) { $0 + $1 * $1 * $1 * $1 }
///     return (loss, errors.map { 4 * $0 * $0 * $0 })
/// }
/// ```
///
/// The function works in `Double`, whatever the network computes in, and may be called from several threads at
/// once. Results are as reproducible as it is.
///
/// The corresponding C type is `bp_custom_loss`.
public struct CustomLoss: Sendable {
    /// The loss of one sample, and its derivative with respect to each output: as many numbers as there are outputs.
    public typealias Function =
        @Sendable (_ outputs: [Double], _ targets: [Double]) -> (loss: Double, outputGradients: [Double])

    /// What it is called in files; custom losses of one name are taken as equal.
    public let name: String
    let function: FunctionBox

    final class FunctionBox: Sendable {
        let call: Function
        init(_ call: @escaping Function) { self.call = call }
    }

    /// - Parameters:
    ///   - name: What it is called in files; none of the library's names.
    ///   - function: The loss and its derivative. ``Network`` doesn't check that it is; `checkGradients` does.
    public init(name: String, function: @escaping Function) {
        precondition(Loss(rawValue: name) == nil, "the library has a loss called \(name)")
        self.name = name
        self.function = FunctionBox(function)
    }

    public func callAsFunction(_ outputs: [Double], _ targets: [Double]) -> (loss: Double, outputGradients: [Double]) {
        function.call(outputs, targets)
    }

    /// Where a decoder finds the custom losses that it may meet: an array of them in its `userInfo`.
    public static let decodingKey = CodingUserInfoKey(rawValue: "Backprop.customLosses")!
}

extension CustomLoss: Hashable {
    public static func == (a: CustomLoss, b: CustomLoss) -> Bool { a.name == b.name }
    public func hash(into hasher: inout Hasher) { hasher.combine(name) }
}
