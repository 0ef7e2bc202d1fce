import Backprop

extension ReferenceMath {
    /// `f(z)` and `f'(z)` of an activation that works unit by unit.
    public static func activate(_ f: Activation, _ z: Scalar) -> (value: Scalar, derivative: Scalar) {
        switch f {
        case .identity: return (z, 1)
        case .sigmoid:
            let a = sigmoid(z)
            return (a, a * (1 - a))
        case .tanh:
            let a = tanh(z)
            return (a, fma(-a, a, 1))
        case .relu:
            let a = greater(0, z)
            return (a, a > 0 ? 1 : 0)
        case .leakyReLU:
            let a = z > 0 ? z : z * 0.01
            return (a, a > 0 ? 1 : 0.01)
        case .elu:
            let a = elu(z)
            return (a, a > 0 ? 1 : a + 1)
        case .softplus: return softplus(z)
        case .silu: return silu(z)
        case .gelu: return gelu(z)
        case .custom(let custom): return (Scalar(custom.value(Double(z))), Scalar(custom.derivative(Double(z))))
        case .softmax: preconditionFailure("softmax works on a whole layer: softmax(_:)")
        }
    }

    /// Softmax of one sample's weighted inputs, and the sum of the exponentials that it divides by.
    public static func softmax(_ z: [Scalar]) -> (value: [Scalar], sum: Scalar) {
        let largest = z.dropFirst().reduce(z[0]) { $1 > $0 ? $1 : $0 }
        let exponentials = z.map { exp($0 - largest) }
        let sum = exponentials.reduce(0, +)
        return (exponentials.map { $0 / sum }, sum)
    }

    /// `dL/dz` of one sample through a softmax layer, from its outputs and `dL/da`.
    static func softmaxDelta(_ a: [Scalar], _ g: [Scalar]) -> [Scalar] {
        let dot = zip(g, a).reduce(0) { fma($1.0, $1.1, $0) }
        return zip(a, g).map { $0 * ($1 - dot) }
    }
}
