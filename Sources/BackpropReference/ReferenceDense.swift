import Backprop

/// The products of matrices that a dense layer is made of, each sum in its one order.
///
/// Batches are arrays of samples; weights are `w[input][unit]`.
package enum ReferenceDense<Scalar: ReferenceScalar> {
    /// `start + Σ a[k] · b[k]`, ascending; a sum of zero is +0.
    static func sum(_ count: Int, from start: Scalar = 0, _ a: (Int) -> Scalar, _ b: (Int) -> Scalar) -> Scalar {
        var sum = start
        for k in 0..<count { sum.addProduct(a(k), b(k)) }
        return sum + 0
    }

    /// `z[s][j] = b[j] + Σ x[s][i] · w[i][j]`
    package static func forward(_ x: [[Scalar]], _ w: [[Scalar]], _ b: [Scalar]?, units: Int) -> [[Scalar]] {
        x.map { x in
            (0..<units).map { j in sum(x.count, from: b?[j] ?? 0, { x[$0] }, { w[$0][j] }) }
        }
    }

    /// `g[s][i] = Σ delta[s][j] · w[i][j]`
    package static func deltaAccumulate(_ delta: [[Scalar]], _ w: [[Scalar]]) -> [[Scalar]] {
        delta.map { delta in w.map { w in sum(delta.count, { delta[$0] }, { w[$0] }) } }
    }

    /// `dw[i][j] = Σ x[s][i] · delta[s][j]`, onto what earlier samples have given.
    package static func weightGradient(
        _ x: [[Scalar]], _ delta: [[Scalar]], onto dw: [[Scalar]]? = nil, inputs: Int, units: Int
    ) -> [[Scalar]] {
        (0..<inputs).map { i in
            (0..<units).map { j in sum(x.count, from: dw?[i][j] ?? 0, { x[$0][i] }, { delta[$0][j] }) }
        }
    }

    /// `db[j] = Σ delta[s][j]`, onto what earlier samples have given.
    package static func biasGradient(_ delta: [[Scalar]], onto db: [Scalar]? = nil, units: Int) -> [Scalar] {
        (0..<units).map { j in sum(delta.count, from: db?[j] ?? 0, { _ in 1 }, { delta[$0][j] }) }
    }

    /// `w − rate · g`, rounded once.
    package static func descend(_ w: Scalar, _ g: Scalar, rate: Scalar) -> Scalar {
        w.addingProduct(-rate, g)
    }
}
