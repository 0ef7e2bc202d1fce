import Backprop

extension ReferenceMath {
    /// The loss of one sample's outputs, and its derivative with respect to them times `scale`,
    /// for the losses of the errors `o − t`.
    package static func loss(_ loss: Loss, _ a: [Scalar], _ t: [Scalar], scale: Scalar) -> (value: Scalar, g: [Scalar]) {
        let errors = zip(a, t).map { $0 - $1 }
        let count = Scalar(max(1, a.count))
        let squares = errors.reduce(0) { fma($1, $1, $0) }
        switch loss {
        case .meanSquaredError:
            return (squares / count, errors.map { 2 * $0 * (scale / count) })
        case .meanAbsoluteError:
            let slopes = errors.map { e -> Scalar in e > 0 ? 1 : e < 0 ? -1 : 0 }
            return (errors.reduce(0) { $0 + abs($1) } / count, slopes.map { $0 * (scale / count) })
        case .huber:
            let sum = errors.reduce(0) { abs($1) > 1 ? $0 + (abs($1) - 0.5) : fma(0.5 * $1, $1, $0) }
            let slopes = errors.map { e -> Scalar in e > 1 ? 1 : e < -1 ? -1 : e }
            return (sum / count, slopes.map { $0 * (scale / count) })
        case .custom(let custom):
            let result = custom(a.map { Double($0) }, t.map { Double($0) })
            return (Scalar(result.loss), result.outputGradients.map { Scalar($0) * scale })
        default:
            return (squares * 0.5, errors.map { $0 * scale })
        }
    }

    /// Softmax and cross-entropy of one sample, from its weighted inputs.
    package static func softmaxCrossEntropy(
        _ z: [Scalar], _ t: [Scalar], scale: Scalar
    ) -> (a: [Scalar], value: Scalar, delta: [Scalar]) {
        let largest = z.dropFirst().reduce(z[0]) { $1 > $0 ? $1 : $0 }
        let below = z.map { min(largest - $0, Scalar.greatestFiniteMagnitude) }
        let sum = zip(t, below).reduce(0) { fma($1.0, $1.1, $0) }
        let weight = t.reduce(0, +)
        let (a, total) = softmax(z)
        return (a, fma(weight, logNormal(total), sum), zip(a, t).map { fma($0, weight, -$1) * scale })
    }

    /// Sigmoid and binary cross-entropy of one sample, from its weighted inputs.
    static func sigmoidCrossEntropy(
        _ z: [Scalar], _ t: [Scalar], scale: Scalar
    ) -> (a: [Scalar], value: Scalar, delta: [Scalar]) {
        let count = Scalar(max(1, z.count))
        let terms = zip(z, t).map { fma(-$0, $1, greater($0, 0)) + log1p(exp(-abs($0))) }
        let a = z.map { sigmoid($0) }
        return (a, terms.reduce(0, +) / count, zip(a, t).map { ($0 - $1) * (scale / count) })
    }
}
