/// What training makes small: a function of a sample's outputs `o` and targets `t`.
///
/// The loss of a batch is the mean of its samples' losses.
///
/// The corresponding C type is `bp_loss`; the reference is `ReferenceNetwork.loss`.
public enum Loss: Hashable, Sendable {
    /// `½ Σ (o − t)²` over the outputs
    case squaredError
    /// the mean of `(o − t)²` over the outputs
    case meanSquaredError
    /// the mean of `|o − t|` over the outputs; its slope at 0 is taken as 0
    case meanAbsoluteError
    /// the mean over the outputs of `½ e²` where `|e| ≤ 1`, else `|e| − ½`, with `e = o − t`
    case huber
    /// `−Σ t ln o`; needs a softmax output layer, computed as one with it
    case crossEntropy
    /// the mean of `−t ln o − (1 − t) ln(1 − o)`; needs a sigmoid output layer, computed as one with it
    case binaryCrossEntropy
    /// A function of the user's own.
    case custom(CustomLoss)

    /// The activation that the output layer must have, or `nil` where any will do.
    public var requiredActivation: Activation? {
        switch self {
        case .crossEntropy: .softmax
        case .binaryCrossEntropy: .sigmoid
        default: nil
        }
    }

    /// Checks that an output layer has the activation that this loss needs.
    ///
    /// - Throws: ``BackpropError/incompatible(loss:activation:)``
    public func check(outputActivation activation: Activation) throws(BackpropError) {
        guard requiredActivation ?? activation == activation else {
            throw .incompatible(loss: self, activation: activation)
        }
    }
}

extension Loss: CaseIterable {
    /// The losses that the library has.
    public static let allCases: [Loss] = [
        .squaredError, .meanSquaredError, .meanAbsoluteError, .huber, .crossEntropy, .binaryCrossEntropy,
    ]
}

extension Loss: RawRepresentable {
    /// The library's loss of that name.
    public init?(rawValue: String) {
        guard let loss = Self.allCases.first(where: { $0.rawValue == rawValue }) else { return nil }
        self = loss
    }

    public var rawValue: String {
        switch self {
        case .squaredError: "squaredError"
        case .meanSquaredError: "meanSquaredError"
        case .meanAbsoluteError: "meanAbsoluteError"
        case .huber: "huber"
        case .crossEntropy: "crossEntropy"
        case .binaryCrossEntropy: "binaryCrossEntropy"
        case .custom(let custom): custom.name
        }
    }
}

extension Loss: Codable {
    /// Reads a name: the library's, or one of ``CustomLoss/decodingKey``.
    public init(from decoder: any Decoder) throws {
        let customs = decoder.userInfo[CustomLoss.decodingKey] as? [CustomLoss] ?? []
        self = try named(from: decoder, thing: "loss", orOneOf: customs.map(Loss.custom))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }
}
