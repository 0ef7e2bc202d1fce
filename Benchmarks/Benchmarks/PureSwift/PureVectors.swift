/// Vectors of 64 bytes by unsafe pointers.
struct PureVectors<Scalar: PureScalar, A: Arithmetic>: PureSwift {
    typealias Values = AlignedMemory<Scalar>
    private typealias V = Scalar.Lanes

    static var name: String { "SIMD, unsafe pointers" }

    static func values(_ array: [Scalar]) -> Values { Values(array) }
    static func array(_ values: Values) -> [Scalar] { values.values }

    func multiply(_ a: Values, _ b: Values, bias: Values?, _ c: inout Values, _ size: ProductSize) {
        VectorProduct<Scalar, A>(
            a: a.pointer, b: b.pointer, c: c.pointer, size: size, end: .keep(bias?.pointer)
        ).compute(rows: 0..<size.rows)
    }

    func multiplyAndDescend(_ a: Values, _ b: Values, rate: Scalar, _ w: inout Values, _ size: ProductSize) {
        VectorProduct<Scalar, A>(
            a: a.pointer, b: b.pointer, c: w.pointer, size: size, end: .descend(rate)
        ).compute(rows: 0..<size.rows)
    }

    func transpose(_ b: Values, _ bt: inout Values, rows: Int, columns: Int) {
        let (b, bt) = (b.pointer, bt.pointer)
        // Strips of 16 rows, so that a line of the cache is read to its end while it is there.
        for first in stride(from: 0, to: rows, by: 16) {
            let strip = first..<min(first + 16, rows)
            for j in 0..<columns {
                for i in strip { bt[j * rows + i] = b[i * columns + j] }
            }
        }
    }

    func biasDescend(_ delta: Values, rate: Scalar, _ b: inout Values, batch: Int, units: Int) {
        for j in stride(from: 0, to: units, by: V.scalarCount) {
            var sum = V(repeating: 0)
            for s in 0..<batch { sum = sum + V.load(delta.pointer + s * units + j) }
            let changed = A.sum(V.load(b.pointer + j), V(repeating: -rate), sum)
            changed.store(b.pointer + j, min(units - j, V.scalarCount))
        }
    }

    func update<F: PureFunction<Scalar>>(_ x: Values, _ y: inout Values, count: Int, _ f: F) {
        for i in stride(from: 0, to: count, by: V.scalarCount) {
            f(V.load(x.pointer + i), V.load(y.pointer + i)).store(y.pointer + i, min(count - i, V.scalarCount))
        }
    }

    func softmaxCrossEntropy(
        _ z: Values, _ t: Values, scale: Scalar, _ delta: inout Values, _ losses: inout Values, batch: Int, units: Int
    ) {
        for s in 0..<batch {
            let first = s * units
            losses.pointer[s] = Self.softmaxRow(
                z.pointer + first, t.pointer + first, scale, delta.pointer + first, units)
        }
    }

    /// One sample; returns its loss.
    private static func softmaxRow(
        _ z: UnsafeMutablePointer<Scalar>, _ t: UnsafeMutablePointer<Scalar>, _ scale: Scalar,
        _ delta: UnsafeMutablePointer<Scalar>, _ count: Int
    ) -> Scalar {
        let lanes = V.scalarCount
        var largest = z[0]
        for j in 0..<count where z[j] > largest { largest = z[j] }
        for j in stride(from: 0, to: count, by: lanes) {
            PureMath<V, A>.exp(V.load(z + j) - V(repeating: largest)).store(delta + j, min(count - j, lanes))
        }
        var (total, below, weight): (Scalar, Scalar, Scalar) = (0, 0, 0)
        for j in 0..<count {
            below = A.sum(below, t[j], min(largest - z[j], .greatestFiniteMagnitude))
            weight += t[j]
            total += delta[j]
        }
        for j in stride(from: 0, to: count, by: lanes) {
            let output = V.load(delta + j) / V(repeating: total)
            let error = A.sum(V.load(t + j) * V(repeating: -1), output, V(repeating: weight))
            (error * V(repeating: scale)).store(delta + j, min(count - j, lanes))
        }
        return A.sum(below, weight, PureMath<Scalar, A>.logNormal(total))
    }
}
