/// Arrays by spans: memory safe without pointers, at the price of checks, some of which stay in the loops.
struct PureSpans<Scalar: PureScalar, A: Arithmetic>: PureSwift {
    static var name: String { "Span and MutableSpan" }

    /// Of a row.
    private var sums: [Scalar] = []

    static func values(_ array: [Scalar]) -> [Scalar] { array }
    static func array(_ values: [Scalar]) -> [Scalar] { values }

    mutating func multiply(_ a: [Scalar], _ b: [Scalar], bias: [Scalar]?, _ c: inout [Scalar], _ size: ProductSize) {
        makeRoom(size.columns)
        var sums = sums.mutableSpan
        var c = c.mutableSpan
        for terms in size.blocks {
            for i in 0..<size.rows {
                let out = i * size.columns
                if terms.lowerBound > 0 {
                    for j in 0..<size.columns { sums[j] = c[out + j] }
                } else if let bias {
                    for j in 0..<size.columns { sums[j] = bias[j] }
                } else {
                    for j in 0..<size.columns { sums[j] = 0 }
                }
                Self.addTerms(a.span, b.span, &sums, size, row: i, terms)
                for j in 0..<size.columns { c[out + j] = sums[j] }
            }
        }
    }

    mutating func multiplyAndDescend(
        _ a: [Scalar], _ b: [Scalar], rate: Scalar, _ w: inout [Scalar], _ size: ProductSize
    ) {
        makeRoom(size.columns)
        var sums = sums.mutableSpan
        var w = w.mutableSpan
        for i in 0..<size.rows {
            for j in sums.indices { sums[j] = 0 }
            Self.addTerms(a.span, b.span, &sums, size, row: i, 0..<size.terms)
            Self.descend(sums.span, rate, &w, from: i * size.columns)
        }
    }

    func transpose(_ b: [Scalar], _ bt: inout [Scalar], rows: Int, columns: Int) {
        let b = b.span
        var bt = bt.mutableSpan
        // Strips of 16 rows, so that a line of the cache is read to its end while it is there.
        for first in stride(from: 0, to: rows, by: 16) {
            let strip = first..<min(first + 16, rows)
            for j in 0..<columns {
                for i in strip { bt[j * rows + i] = b[i * columns + j] }
            }
        }
    }

    mutating func biasDescend(_ delta: [Scalar], rate: Scalar, _ b: inout [Scalar], batch: Int, units: Int) {
        makeRoom(units)
        let delta = delta.span
        var sums = sums.mutableSpan
        for j in sums.indices { sums[j] = 0 }
        for s in 0..<batch {
            for j in sums.indices { sums[j] += delta[s * units + j] }
        }
        var b = b.mutableSpan
        Self.descend(sums.span, rate, &b, from: 0)
    }

    func update<F: PureFunction<Scalar>>(_ x: [Scalar], _ y: inout [Scalar], count: Int, _ f: F) {
        let x = x.span
        var y = y.mutableSpan
        for i in 0..<count { y[i] = f(x[i], y[i]) }
    }

    func softmaxCrossEntropy(
        _ z: [Scalar], _ t: [Scalar], scale: Scalar, _ delta: inout [Scalar], _ losses: inout [Scalar], batch: Int,
        units: Int
    ) {
        let (z, t) = (z.span, t.span)
        var out = delta.mutableSpan
        for s in 0..<batch {
            let row = s * units..<(s + 1) * units
            losses[s] = Self.softmaxRow(z.extracting(row), t.extracting(row), scale, &out, from: row.lowerBound)
        }
    }

    /// One sample; returns its loss.
    private static func softmaxRow(
        _ z: Span<Scalar>, _ t: Span<Scalar>, _ scale: Scalar, _ delta: inout MutableSpan<Scalar>, from first: Int
    ) -> Scalar {
        var largest = z[0]
        for j in z.indices where z[j] > largest { largest = z[j] }
        for j in z.indices { delta[first + j] = PureMath<Scalar, A>.exp(z[j] - largest) }
        var (total, below, weight): (Scalar, Scalar, Scalar) = (0, 0, 0)
        for j in z.indices {
            below = A.sum(below, t[j], min(largest - z[j], .greatestFiniteMagnitude))
            weight += t[j]
            total += delta[first + j]
        }
        for j in z.indices { delta[first + j] = A.sum(-t[j], delta[first + j] / total, weight) * scale }
        return A.sum(below, weight, PureMath<Scalar, A>.logNormal(total))
    }

    private mutating func makeRoom(_ count: Int) {
        if sums.count != count { sums = [Scalar](repeating: 0, count: count) }
    }

    private static func descend(
        _ sums: Span<Scalar>, _ rate: Scalar, _ w: inout MutableSpan<Scalar>, from first: Int
    ) {
        for j in sums.indices { w[first + j] = A.sum(w[first + j], -rate, sums[j]) }
    }

    /// `sums[j] += Σ a[i][k] · b[k][j]`, four terms at a time.
    @inline(__always)
    private static func addTerms(
        _ a: Span<Scalar>, _ b: Span<Scalar>, _ sums: inout MutableSpan<Scalar>, _ size: ProductSize, row i: Int,
        _ terms: Range<Int>
    ) {
        let (columns, step) = (size.columns, size.termStep)
        let whole = terms.lowerBound + terms.count / 4 * 4
        for k in stride(from: terms.lowerBound, to: whole, by: 4) {
            let at = i * size.rowStep + k * step
            let (a0, a1, a2, a3) = (a[at], a[at + step], a[at + 2 * step], a[at + 3 * step])
            let b0 = b.extracting(k * columns..<(k + 1) * columns)
            let b1 = b.extracting((k + 1) * columns..<(k + 2) * columns)
            let b2 = b.extracting((k + 2) * columns..<(k + 3) * columns)
            let b3 = b.extracting((k + 3) * columns..<(k + 4) * columns)
            for j in 0..<columns {
                sums[j] = A.sum(A.sum(A.sum(A.sum(sums[j], a0, b0[j]), a1, b1[j]), a2, b2[j]), a3, b3[j])
            }
        }
        for k in whole..<terms.upperBound {
            let (factor, row) = (a[i * size.rowStep + k * step], b.extracting(k * columns..<(k + 1) * columns))
            for j in 0..<columns { sums[j] = A.sum(sums[j], factor, row[j]) }
        }
    }
}
