/// Something that looks wrong in training, in words and with a remedy.
///
/// The bounds are rules of thumb: a warning is a reason to look, not a proof.
public enum TrainingWarning: Hashable, Codable, Sendable {
    /// Inputs of this magnitude make sigmoid and tanh flat, and steps uneven.
    case inputsNotScaled(largest: Double)
    /// Every sample asks for the same.
    case constantTargets
    /// The network answers the same for every sample.
    case constantOutputs
    /// The loss is this many times the lowest so far.
    case learningRateTooHigh(lossRatio: Double)
    /// In three epochs the loss fell by no more than this share.
    case learningRateTooLow(improvement: Double)
    /// A parameter of the lowest layer has this share of the slope that one of the highest has.
    case vanishingGradients(ratio: Double)
    case saturatedUnits(layer: Int, share: Double)
    case deadUnits(layer: Int, share: Double)

    /// A warning without its numbers: what a program that has said it once may remember.
    public enum Kind: String, Hashable, Codable, Sendable {
        case inputsNotScaled, constantTargets, constantOutputs, learningRateTooHigh, learningRateTooLow
        case vanishingGradients, saturatedUnits, deadUnits
    }

    /// The warning without its numbers.
    public var kind: Kind {
        switch self {
        case .inputsNotScaled: .inputsNotScaled
        case .constantTargets: .constantTargets
        case .constantOutputs: .constantOutputs
        case .learningRateTooHigh: .learningRateTooHigh
        case .learningRateTooLow: .learningRateTooLow
        case .vanishingGradients: .vanishingGradients
        case .saturatedUnits: .saturatedUnits
        case .deadUnits: .deadUnits
        }
    }

    /// What an epoch gives reason to say.
    static func all<Scalar: NetworkScalar>(
        _ network: Network<Scalar>, layers: [TrainingDiagnosis.LayerState], inputs: [Scalar],
        dataset: Dataset<Scalar>, losses: [Double]
    ) -> [TrainingWarning] {
        var warnings: [TrainingWarning] = []
        let largest = inputs.reduce(0) { max($0, abs($1)) }
        if largest > 20 { warnings.append(.inputsNotScaled(largest: Double(largest))) }
        if dataset.hasConstantTargets {
            warnings.append(.constantTargets)
        } else if hasConstantRows(network.outputs(of: inputs), width: network.outputCount) {
            warnings.append(.constantOutputs)
        }
        warnings += ofLosses(losses)
        warnings += vanishing(network, layers)
        for (index, layer) in layers.enumerated() {
            if let share = layer.saturatedShare, share > 0.5, index < layers.count - 1 {
                warnings.append(.saturatedUnits(layer: index, share: share))
            }
            if let share = layer.deadShare, share > 0.4 { warnings.append(.deadUnits(layer: index, share: share)) }
        }
        return warnings
    }

    private static func ofLosses(_ losses: [Double]) -> [TrainingWarning] {
        guard let last = losses.last, let lowest = losses.min(), lowest > 0 else { return [] }
        if last > 1.5 * lowest { return [.learningRateTooHigh(lossRatio: last / lowest)] }
        guard losses.count > 3 else { return [] }
        let before = losses[losses.count - 4]
        let improvement = (before - last) / before
        return (0..<0.001).contains(improvement) ? [.learningRateTooLow(improvement: improvement)] : []
    }

    /// Compares the slopes of the lowest trained layer with those of the highest, root mean square by parameter.
    private static func vanishing<Scalar>(
        _ network: Network<Scalar>, _ layers: [TrainingDiagnosis.LayerState]
    ) -> [TrainingWarning] {
        let slopes = layers.indices.compactMap { index -> Double? in
            guard !network.layers[index].freezesWeights else { return nil }
            return layers[index].gradientNorm / Double(network.weightRange(ofLayer: index).count).squareRoot()
        }
        guard slopes.count > 2, let lowest = slopes.first, let highest = slopes.last, highest > 0 else { return [] }
        return lowest / highest < 1e-3 ? [.vanishingGradients(ratio: lowest / highest)] : []
    }
}

extension TrainingWarning: CustomStringConvertible {
    public var description: String {
        switch self {
        case .inputsNotScaled(let largest):
            "inputs reach \(shortened(largest)): scale them to about -1 to 1, as Scaling does"
        case .constantTargets:
            "every sample has the same target: there is nothing to learn, see that the right column is taken"
        case .constantOutputs:
            "the network answers the same for every sample: try a lower learning rate, another seed or scaled inputs"
        case .learningRateTooHigh(let ratio):
            "the loss is \(shortened(ratio)) times the lowest so far: try a third of the learning rate, or clip gradients"
        case .learningRateTooLow(let improvement):
            "the loss fell by \(shortened(improvement * 100)) % in three epochs: try ten times the learning rate, or stop"
        case .vanishingGradients(let ratio):
            "slopes of the lowest layer are \(shortened(ratio)) of the highest's: try ReLU, fewer layers or Adam"
        case .saturatedUnits(let layer, let share):
            "\(shortened(share * 100)) % of the activations of layer \(layer) are at their ends: scale the inputs, "
                + "or try smaller weights or a lower learning rate"
        case .deadUnits(let layer, let share):
            "\(shortened(share * 100)) % of the units of layer \(layer) are 0 for every sample: try a lower learning "
                + "rate, or leaky ReLU"
        }
    }
}

/// A number in two or three digits.
private func shortened(_ value: Double) -> String {
    var text = value
    var exponent = 0
    guard value.isFinite, value != 0 else { return "\(value)" }
    while abs(text) < 100 { (text, exponent) = (text * 10, exponent - 1) }
    while abs(text) >= 1000 { (text, exponent) = (text / 10, exponent + 1) }
    var result = text.rounded()
    while exponent < 0 { (result, exponent) = (result / 10, exponent + 1) }
    while exponent > 0 { (result, exponent) = (result * 10, exponent - 1) }
    return "\(result)"
}

private func hasConstantRows<Scalar: NetworkScalar>(_ values: [Scalar], width: Int) -> Bool {
    guard values.count > width else { return false }
    return values.indices.allSatisfy { abs(values[$0] - values[$0 % width]) <= 1e-6 * max(1, abs(values[$0])) }
}

extension Dataset {
    fileprivate var hasConstantTargets: Bool {
        switch targets {
        case .classes(let classes): classes.count > 1 && classes.allSatisfy { $0 == classes[0] }
        case .vectors(let values):
            values.count > targetCount && values.indices.allSatisfy { values[$0] == values[$0 % targetCount] }
        }
    }
}
