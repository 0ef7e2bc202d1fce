/// Contiguous arrays by unsafe buffers: no checks, so that the compiler can vectorize the innermost loops.
struct PureBuffers<Scalar: PureScalar, A: Arithmetic>: PureSwift {
    typealias Values = ContiguousArray<Scalar>
    private typealias In = UnsafePointer<Scalar>
    private typealias Out = UnsafeMutablePointer<Scalar>

    static var name: String { "ContiguousArray, unsafe buffers" }

    /// The gradients of a row of weights, or of the biases.
    private var sums: Values = []

    static func values(_ array: [Scalar]) -> Values { Values(array) }
    static func array(_ values: Values) -> [Scalar] { Array(values) }

    func multiply(_ a: Values, _ b: Values, bias: Values?, _ c: inout Values, _ size: ProductSize) {
        Self.withPointers(a, b, &c) { a, b, c in
            for i in 0..<size.rows {
                let out = c + i * size.columns
                if let bias {
                    for j in 0..<size.columns { out[j] = bias[j] }
                } else {
                    for j in 0..<size.columns { out[j] = 0 }
                }
            }
            for terms in size.blocks {
                for i in 0..<size.rows { Self.addTerms(a + i * size.rowStep, b, c + i * size.columns, size, terms) }
            }
        }
    }

    mutating func multiplyAndDescend(_ a: Values, _ b: Values, rate: Scalar, _ w: inout Values, _ size: ProductSize) {
        withSums(size.columns) { sums in
            Self.withPointers(a, b, &w) { a, b, w in
                for i in 0..<size.rows {
                    for j in 0..<size.columns { sums[j] = 0 }
                    Self.addTerms(a + i * size.rowStep, b, sums, size, 0..<size.terms)
                    Self.descend(sums, rate, w + i * size.columns, size.columns)
                }
            }
        }
    }

    func transpose(_ b: Values, _ bt: inout Values, rows: Int, columns: Int) {
        Self.withPointers(b, &bt) { b, bt in
            // Strips of 16 rows, so that a line of the cache is read to its end while it is there.
            for first in stride(from: 0, to: rows, by: 16) {
                let strip = first..<min(first + 16, rows)
                for j in 0..<columns {
                    for i in strip { bt[j * rows + i] = b[i * columns + j] }
                }
            }
        }
    }

    mutating func biasDescend(_ delta: Values, rate: Scalar, _ b: inout Values, batch: Int, units: Int) {
        withSums(units) { sums in
            Self.withPointers(delta, &b) { delta, b in
                for j in 0..<units { sums[j] = 0 }
                for s in 0..<batch {
                    for j in 0..<units { sums[j] += delta[s * units + j] }
                }
                Self.descend(sums, rate, b, units)
            }
        }
    }

    func update<F: PureFunction<Scalar>>(_ x: Values, _ y: inout Values, count: Int, _ f: F) {
        Self.withPointers(x, &y) { x, y in
            for i in 0..<count { y[i] = f(x[i], y[i]) }
        }
    }

    func softmaxCrossEntropy(
        _ z: Values, _ t: Values, scale: Scalar, _ delta: inout Values, _ losses: inout Values, batch: Int, units: Int
    ) {
        Self.withPointers(z, t, &delta) { z, t, delta in
            for s in 0..<batch {
                let first = s * units
                losses[s] = Self.softmaxRow(z + first, t + first, scale, delta + first, units)
            }
        }
    }

    /// One sample; returns its loss.
    private static func softmaxRow(_ z: In, _ t: In, _ scale: Scalar, _ delta: Out, _ count: Int) -> Scalar {
        var largest = z[0]
        for j in 0..<count where z[j] > largest { largest = z[j] }
        for j in 0..<count { delta[j] = PureMath<Scalar, A>.exp(z[j] - largest) }
        var (total, below, weight): (Scalar, Scalar, Scalar) = (0, 0, 0)
        for j in 0..<count {
            below = A.sum(below, t[j], min(largest - z[j], .greatestFiniteMagnitude))
            weight += t[j]
            total += delta[j]
        }
        for j in 0..<count { delta[j] = A.sum(-t[j], delta[j] / total, weight) * scale }
        return A.sum(below, weight, PureMath<Scalar, A>.logNormal(total))
    }

    private mutating func withSums(_ count: Int, _ body: (Out) -> Void) {
        if sums.count != count { sums = Values(repeating: 0, count: count) }
        sums.withUnsafeMutableBufferPointer { body($0.baseAddress!) }
    }

    @inline(__always)
    private static func withPointers(_ x: Values, _ y: inout Values, _ body: (In, Out) -> Void) {
        x.withUnsafeBufferPointer { x in
            y.withUnsafeMutableBufferPointer { y in body(x.baseAddress!, y.baseAddress!) }
        }
    }

    @inline(__always)
    private static func withPointers(_ a: Values, _ b: Values, _ c: inout Values, _ body: (In, In, Out) -> Void) {
        b.withUnsafeBufferPointer { b in withPointers(a, &c) { body($0, b.baseAddress!, $1) } }
    }

    private static func descend(_ sums: Out, _ rate: Scalar, _ w: Out, _ count: Int) {
        for j in 0..<count { w[j] = A.sum(w[j], -rate, sums[j]) }
    }

    /// `c[j] += Σ a[k] · b[k][j]` for a row of `a`, four terms at a time.
    @inline(__always)
    private static func addTerms(_ a: In, _ b: In, _ c: Out, _ size: ProductSize, _ terms: Range<Int>) {
        let (columns, step) = (size.columns, size.termStep)
        let whole = terms.lowerBound + terms.count / 4 * 4
        for k in stride(from: terms.lowerBound, to: whole, by: 4) {
            let (a0, a1, a2, a3) = (a[k * step], a[(k + 1) * step], a[(k + 2) * step], a[(k + 3) * step])
            let b0 = b + k * columns
            let (b1, b2, b3) = (b0 + columns, b0 + 2 * columns, b0 + 3 * columns)
            for j in 0..<columns {
                c[j] = A.sum(A.sum(A.sum(A.sum(c[j], a0, b0[j]), a1, b1[j]), a2, b2[j]), a3, b3[j])
            }
        }
        for k in whole..<terms.upperBound {
            let (factor, row) = (a[k * step], b + k * columns)
            for j in 0..<columns { c[j] = A.sum(c[j], factor, row[j]) }
        }
    }
}
