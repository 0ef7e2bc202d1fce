/// What a layer's weights or biases are before training.
///
/// Random values come from ``SplitMix64`` and are the same on every platform.
public enum Initializer: Hashable, Codable, Sendable {
    /// ``heUniform`` for ReLU, leaky ReLU, ELU, SiLU and GELU, ``glorotUniform`` for the others.
    case automatic
    /// Uniform in `±√(6 / (fanIn + fanOut))` (X. Glorot, Y. Bengio, AISTATS 2010).
    case glorotUniform
    /// Uniform in `±√(6 / fanIn)` (K. He et al., ICCV 2015).
    case heUniform
    /// Uniform in `±limit`.
    case uniform(limit: Double)
    /// All 0.
    case zeros
    /// All the same.
    case constant(Double)
    /// Given values: for weights unit by unit, each with one weight an input (`outputs × inputs`);
    /// for biases one a unit.
    case values([Double])

    /// The bound of a random initializer for a layer, or `nil` for one that isn't random.
    func limit(fanIn: Int, fanOut: Int, activation: Activation) -> Double? {
        switch self {
        case .automatic:
            let rectifying: Set<Activation> = [.relu, .leakyReLU, .elu, .silu, .gelu]
            let chosen: Initializer = rectifying.contains(activation) ? .heUniform : .glorotUniform
            return chosen.limit(fanIn: fanIn, fanOut: fanOut, activation: activation)
        case .glorotUniform: return (6 / Double(fanIn + fanOut)).squareRoot()
        case .heUniform: return (6 / Double(fanIn)).squareRoot()
        case .uniform(let limit): return limit
        case .zeros, .constant, .values: return nil
        }
    }
}
