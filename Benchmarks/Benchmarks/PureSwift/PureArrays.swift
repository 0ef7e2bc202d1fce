/// Arrays as everybody writes them, four terms at a time: a quarter of the loads and stores of the sums. These have
/// a row of their own, whose checks the compiler can take out of loops.
struct PureArrays<Scalar: PureScalar, A: Arithmetic>: PureSwift {
    static var name: String { "Array" }

    /// Of a row.
    private var sums: [Scalar] = []

    static func values(_ array: [Scalar]) -> [Scalar] { array }
    static func array(_ values: [Scalar]) -> [Scalar] { values }

    mutating func multiply(_ a: [Scalar], _ b: [Scalar], bias: [Scalar]?, _ c: inout [Scalar], _ size: ProductSize) {
        makeRoom(size.columns)
        for terms in size.blocks {
            for i in 0..<size.rows {
                if terms.lowerBound > 0 {
                    Self.copy(c, from: i * size.columns, to: &sums, at: 0, count: size.columns)
                } else if let bias {
                    Self.copy(bias, from: 0, to: &sums, at: 0, count: size.columns)
                } else {
                    Self.clear(&sums)
                }
                Self.addTerms(a, b, &sums, size, row: i, terms)
                Self.copy(sums, from: 0, to: &c, at: i * size.columns, count: size.columns)
            }
        }
    }

    mutating func multiplyAndDescend(
        _ a: [Scalar], _ b: [Scalar], rate: Scalar, _ w: inout [Scalar], _ size: ProductSize
    ) {
        makeRoom(size.columns)
        for i in 0..<size.rows {
            Self.clear(&sums)
            Self.addTerms(a, b, &sums, size, row: i, 0..<size.terms)
            Self.descend(sums, rate, &w, from: i * size.columns)
        }
    }

    func transpose(_ b: [Scalar], _ bt: inout [Scalar], rows: Int, columns: Int) {
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
        Self.clear(&sums)
        for s in 0..<batch { Self.add(delta, from: s * units, to: &sums) }
        Self.descend(sums, rate, &b, from: 0)
    }

    func update<F: PureFunction<Scalar>>(_ x: [Scalar], _ y: inout [Scalar], count: Int, _ f: F) {
        for i in 0..<count { y[i] = f(x[i], y[i]) }
    }

    func softmaxCrossEntropy(
        _ z: [Scalar], _ t: [Scalar], scale: Scalar, _ delta: inout [Scalar], _ losses: inout [Scalar], batch: Int,
        units: Int
    ) {
        for s in 0..<batch {
            let row = s * units..<(s + 1) * units
            var largest = z[row.lowerBound]
            for j in row where z[j] > largest { largest = z[j] }
            var (total, below, weight): (Scalar, Scalar, Scalar) = (0, 0, 0)
            for j in row {
                below = A.sum(below, t[j], min(largest - z[j], .greatestFiniteMagnitude))
                weight += t[j]
                delta[j] = PureMath<Scalar, A>.exp(z[j] - largest)
                total += delta[j]
            }
            for j in row { delta[j] = A.sum(-t[j], delta[j] / total, weight) * scale }
            losses[s] = A.sum(below, weight, PureMath<Scalar, A>.logNormal(total))
        }
    }

    private mutating func makeRoom(_ count: Int) {
        if sums.count != count { sums = [Scalar](repeating: 0, count: count) }
    }

    private static func clear(_ sums: inout [Scalar]) {
        for j in 0..<sums.count { sums[j] = 0 }
    }

    private static func copy(_ x: [Scalar], from first: Int, to y: inout [Scalar], at start: Int, count: Int) {
        for j in 0..<count { y[start + j] = x[first + j] }
    }

    private static func add(_ x: [Scalar], from first: Int, to sums: inout [Scalar]) {
        for j in 0..<sums.count { sums[j] += x[first + j] }
    }

    private static func descend(_ sums: [Scalar], _ rate: Scalar, _ w: inout [Scalar], from first: Int) {
        for j in 0..<sums.count { w[first + j] = A.sum(w[first + j], -rate, sums[j]) }
    }

    /// `sums[j] += Σ a[i][k] · b[k][j]`
    @inline(__always)
    private static func addTerms(
        _ a: [Scalar], _ b: [Scalar], _ sums: inout [Scalar], _ size: ProductSize, row i: Int, _ terms: Range<Int>
    ) {
        let (columns, step) = (size.columns, size.termStep)
        let whole = terms.lowerBound + terms.count / 4 * 4
        for k in stride(from: terms.lowerBound, to: whole, by: 4) {
            let (at, row) = (i * size.rowStep + k * step, k * columns)
            let (a0, a1, a2, a3) = (a[at], a[at + step], a[at + 2 * step], a[at + 3 * step])
            for j in 0..<columns {
                let sum = A.sum(A.sum(sums[j], a0, b[row + j]), a1, b[row + columns + j])
                sums[j] = A.sum(A.sum(sum, a2, b[row + 2 * columns + j]), a3, b[row + 3 * columns + j])
            }
        }
        for k in whole..<terms.upperBound {
            let factor = a[i * size.rowStep + k * step]
            for j in 0..<columns { sums[j] = A.sum(sums[j], factor, b[k * columns + j]) }
        }
    }
}
