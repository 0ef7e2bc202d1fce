/// What ``LearningRate/reduceOnPlateau(from:factor:patience:minimum:)`` remembers between epochs.
///
/// It is apart from the rate so that a rate is a setting, and this a part of a run's checkpoint.
public struct PlateauState: Hashable, Sendable {
    /// An epoch is better only if its loss is below the best so far by more than this share of it.
    public static let threshold = 1e-4

    /// The best loss so far, or `nil` before the first.
    public private(set) var best: Double?
    /// Epochs since the best loss or the last reduction.
    public private(set) var badEpochs = 0
    /// What all reductions so far come to.
    public private(set) var factor = 1.0

    /// The state before the first epoch.
    public init() {}

    /// Takes note of an epoch's loss; nothing changes where the rate does not wait for a plateau.
    ///
    /// The first epoch is better than none. A loss that is NaN is never better.
    ///
    /// - Parameters:
    ///   - loss: The loss that is monitored: the validation loss where there is one.
    ///   - learningRate: The rate that waits for a plateau, or another.
    public mutating func record(loss: Double, for learningRate: LearningRate) {
        guard let (reduction, patience) = learningRate.plateauRule else { return }
        if loss < (best.map { $0 - abs($0) * Self.threshold } ?? .infinity) {
            best = loss
            badEpochs = 0
            return
        }
        badEpochs += 1
        if badEpochs > patience {
            factor *= reduction
            badEpochs = 0
        }
    }
}

extension PlateauState: Codable {
    private enum Key: String, CodingKey {
        case best, badEpochs, factor
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encodeIfPresent(best, forKey: .best)
        try container.encode(badEpochs, forKey: .badEpochs)
        try container.encode(factor, forKey: .factor)
    }

    /// - Throws: What the decoder throws, or ``BackpropError/option(_:expected:found:)`` for numbers that no
    ///   training leads to.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        best = try container.decodeIfPresent(Double.self, forKey: .best)
        badEpochs = try container.decode(Int.self, forKey: .badEpochs)
        factor = try container.decode(Double.self, forKey: .factor)
        // Epochs are added to, and must not overflow.
        guard (0...1 << 53).contains(badEpochs) else {
            throw BackpropError.option("plateau, badEpochs", expected: "0 to \(1 << 53)", found: "\(badEpochs)")
        }
        guard (0...1).contains(factor) else {
            throw BackpropError.option("plateau, factor", expected: "0 to 1", found: "\(factor)")
        }
    }
}
