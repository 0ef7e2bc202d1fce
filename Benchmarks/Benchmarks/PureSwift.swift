import Dispatch

/// `Float` or `Double`, with a vector of 64 bytes.
protocol PureScalar: CoreScalar {
    associatedtype Lanes: SIMD where Lanes.Scalar == Self
}

extension Float: PureScalar { typealias Lanes = SIMD16<Float> }
extension Double: PureScalar { typealias Lanes = SIMD8<Double> }

/// A product of matrices as all three passes of a dense layer take it: `c[i][j] += Σ a[i][k] · b[k][j]`, ascending
/// in `k`, each term fused. `a` is read by steps, so that it can also be the transpose of what is stored.
struct ProductSize {
    var rows: Int
    var columns: Int
    var terms: Int
    /// How far elements of `a` are from each other, down a column and along a row.
    var rowStep: Int
    var termStep: Int

    var operations: Double { 2 * Double(rows) * Double(columns) * Double(terms) }
}

/// The product in Swift alone, written five ways, each as fast as it was found to get.
enum PureSwift {
    /// Arrays as everybody writes them, four terms at a time: a quarter of the loads and stores of `c`.
    static func array<S: PureScalar>(_ a: [S], _ b: [S], _ c: inout [S], _ size: ProductSize) {
        let columns = size.columns
        for i in 0..<size.rows {
            let out = i * columns
            for k in stride(from: 0, to: size.terms / 4 * 4, by: 4) {
                let (at, step, row) = (i * size.rowStep + k * size.termStep, size.termStep, k * columns)
                let (a0, a1, a2, a3) = (a[at], a[at + step], a[at + 2 * step], a[at + 3 * step])
                for j in 0..<columns {
                    c[out + j] = c[out + j].addingProduct(a0, b[row + j]).addingProduct(a1, b[row + columns + j])
                        .addingProduct(a2, b[row + 2 * columns + j]).addingProduct(a3, b[row + 3 * columns + j])
                }
            }
            for k in size.terms / 4 * 4..<size.terms {
                let factor = a[i * size.rowStep + k * size.termStep]
                for j in 0..<columns { c[out + j].addProduct(factor, b[k * columns + j]) }
            }
        }
    }

    /// The same without checks, so that the compiler can vectorize the innermost loop.
    static func unsafe<S: PureScalar>(
        _ a: ContiguousArray<S>, _ b: ContiguousArray<S>, _ c: inout ContiguousArray<S>, _ size: ProductSize
    ) {
        let columns = size.columns
        a.withUnsafeBufferPointer { a in
            b.withUnsafeBufferPointer { b in
                c.withUnsafeMutableBufferPointer { c in
                    for i in 0..<size.rows {
                        let (row, out) = (a.baseAddress! + i * size.rowStep, c.baseAddress! + i * columns)
                        for k in stride(from: 0, to: size.terms, by: 4) {
                            addTerms(row, b.baseAddress!, out, size, k..<min(k + 4, size.terms))
                        }
                    }
                }
            }
        }
    }

    @inline(__always)
    private static func addTerms<S: PureScalar>(
        _ a: UnsafePointer<S>, _ b: UnsafePointer<S>, _ c: UnsafeMutablePointer<S>, _ size: ProductSize,
        _ terms: Range<Int>
    ) {
        let (k, columns, step) = (terms.lowerBound, size.columns, size.termStep)
        guard terms.count == 4 else {
            for k in terms { for j in 0..<columns { c[j].addProduct(a[k * step], b[k * columns + j]) } }
            return
        }
        let (a0, a1, a2, a3) = (a[k * step], a[(k + 1) * step], a[(k + 2) * step], a[(k + 3) * step])
        let b0 = b + k * columns
        let (b1, b2, b3) = (b0 + columns, b0 + 2 * columns, b0 + 3 * columns)
        for j in 0..<columns {
            c[j] = c[j].addingProduct(a0, b0[j]).addingProduct(a1, b1[j]).addingProduct(a2, b2[j])
                .addingProduct(a3, b3[j])
        }
    }

    /// The same by spans: memory safe without pointers, at the price of a check an element.
    static func span<S: PureScalar>(
        _ a: Span<S>, _ b: Span<S>, _ c: inout MutableSpan<S>, _ size: ProductSize
    ) {
        let columns = size.columns
        for i in 0..<size.rows {
            let out = i * columns
            for k in stride(from: 0, to: size.terms / 4 * 4, by: 4) {
                let at = i * size.rowStep + k * size.termStep
                let (a0, a1) = (a[at], a[at + size.termStep])
                let (a2, a3) = (a[at + 2 * size.termStep], a[at + 3 * size.termStep])
                let b0 = b.extracting(k * columns..<(k + 1) * columns)
                let b1 = b.extracting((k + 1) * columns..<(k + 2) * columns)
                let b2 = b.extracting((k + 2) * columns..<(k + 3) * columns)
                let b3 = b.extracting((k + 3) * columns..<(k + 4) * columns)
                for j in 0..<columns {
                    c[out + j] = c[out + j].addingProduct(a0, b0[j]).addingProduct(a1, b1[j]).addingProduct(a2, b2[j])
                        .addingProduct(a3, b3[j])
                }
            }
            for k in size.terms / 4 * 4..<size.terms {
                let factor = a[i * size.rowStep + k * size.termStep]
                for j in 0..<columns { c[out + j] = c[out + j].addingProduct(factor, b[k * columns + j]) }
            }
        }
    }

    /// Vectors in tiles of four rows and four vectors, whose sums stay in registers.
    static func simd<S: PureScalar>(
        _ a: UnsafePointer<S>, _ b: UnsafePointer<S>, _ c: UnsafeMutablePointer<S>, _ size: ProductSize
    ) {
        simd(a, b, c, size, rows: 0..<size.rows)
    }

    /// The same, rows shared by threads in whole tiles.
    static func threads<S: PureScalar>(
        _ a: UnsafePointer<S>, _ b: UnsafePointer<S>, _ c: UnsafeMutablePointer<S>, _ size: ProductSize, threads: Int
    ) {
        nonisolated(unsafe) let (a, b, c) = (a, b, c)
        let share = (size.rows / 4 + threads - 1) / threads * 4
        DispatchQueue.concurrentPerform(iterations: threads) { thread in
            let first = min(thread * share, size.rows)
            let last = thread == threads - 1 ? size.rows : min(first + share, size.rows)
            simd(a, b, c, size, rows: first..<last)
        }
    }

    private static func simd<S: PureScalar>(
        _ a: UnsafePointer<S>, _ b: UnsafePointer<S>, _ c: UnsafeMutablePointer<S>, _ size: ProductSize,
        rows: Range<Int>
    ) {
        let lanes = S.Lanes.scalarCount
        let wholeRows = rows.lowerBound + rows.count / 4 * 4
        let wholeColumns = size.columns / (4 * lanes) * (4 * lanes)
        for i in stride(from: rows.lowerBound, to: wholeRows, by: 4) {
            for j in stride(from: 0, to: wholeColumns, by: 4 * lanes) { tile(a, b, c, size, i, j) }
        }
        rest(a, b, c, size, rows.lowerBound..<wholeRows, wholeColumns..<size.columns)
        rest(a, b, c, size, wholeRows..<rows.upperBound, 0..<size.columns)
    }

    /// Row by row, as `array` does it: what is left at the edges.
    private static func rest<S: PureScalar>(
        _ a: UnsafePointer<S>, _ b: UnsafePointer<S>, _ c: UnsafeMutablePointer<S>, _ size: ProductSize,
        _ rows: Range<Int>, _ columns: Range<Int>
    ) {
        for i in rows where !columns.isEmpty {
            for k in 0..<size.terms {
                let factor = a[i * size.rowStep + k * size.termStep]
                for j in columns { c[i * size.columns + j].addProduct(factor, b[k * size.columns + j]) }
            }
        }
    }

    @inline(__always)
    private static func tile<S: PureScalar>(
        _ a: UnsafePointer<S>, _ b: UnsafePointer<S>, _ c: UnsafeMutablePointer<S>, _ size: ProductSize, _ i: Int,
        _ j: Int
    ) {
        let (columns, lanes) = (size.columns, S.Lanes.scalarCount)
        let (a0, b0, c0) = (a + i * size.rowStep, b + j, c + i * columns + j)
        let (a1, a2, a3) = (a0 + size.rowStep, a0 + 2 * size.rowStep, a0 + 3 * size.rowStep)
        let (c1, c2, c3) = (c0 + columns, c0 + 2 * columns, c0 + 3 * columns)
        var (s00, s01): (S.Lanes, S.Lanes) = (load(c0), load(c0 + lanes))
        var (s02, s03): (S.Lanes, S.Lanes) = (load(c0 + 2 * lanes), load(c0 + 3 * lanes))
        var (s10, s11): (S.Lanes, S.Lanes) = (load(c1), load(c1 + lanes))
        var (s12, s13): (S.Lanes, S.Lanes) = (load(c1 + 2 * lanes), load(c1 + 3 * lanes))
        var (s20, s21): (S.Lanes, S.Lanes) = (load(c2), load(c2 + lanes))
        var (s22, s23): (S.Lanes, S.Lanes) = (load(c2 + 2 * lanes), load(c2 + 3 * lanes))
        var (s30, s31): (S.Lanes, S.Lanes) = (load(c3), load(c3 + lanes))
        var (s32, s33): (S.Lanes, S.Lanes) = (load(c3 + 2 * lanes), load(c3 + 3 * lanes))
        for k in 0..<size.terms {
            let from = b0 + k * columns
            let (v0, v1): (S.Lanes, S.Lanes) = (load(from), load(from + lanes))
            let (v2, v3): (S.Lanes, S.Lanes) = (load(from + 2 * lanes), load(from + 3 * lanes))
            let at = k * size.termStep
            s00.addProduct(a0[at], v0)
            s01.addProduct(a0[at], v1)
            s02.addProduct(a0[at], v2)
            s03.addProduct(a0[at], v3)
            s10.addProduct(a1[at], v0)
            s11.addProduct(a1[at], v1)
            s12.addProduct(a1[at], v2)
            s13.addProduct(a1[at], v3)
            s20.addProduct(a2[at], v0)
            s21.addProduct(a2[at], v1)
            s22.addProduct(a2[at], v2)
            s23.addProduct(a2[at], v3)
            s30.addProduct(a3[at], v0)
            s31.addProduct(a3[at], v1)
            s32.addProduct(a3[at], v2)
            s33.addProduct(a3[at], v3)
        }
        store(s00, c0)
        store(s01, c0 + lanes)
        store(s02, c0 + 2 * lanes)
        store(s03, c0 + 3 * lanes)
        store(s10, c1)
        store(s11, c1 + lanes)
        store(s12, c1 + 2 * lanes)
        store(s13, c1 + 3 * lanes)
        store(s20, c2)
        store(s21, c2 + lanes)
        store(s22, c2 + 2 * lanes)
        store(s23, c2 + 3 * lanes)
        store(s30, c3)
        store(s31, c3 + lanes)
        store(s32, c3 + 2 * lanes)
        store(s33, c3 + 3 * lanes)
    }

    @inline(__always)
    private static func load<S, V: SIMD>(_ address: UnsafePointer<S>) -> V where V.Scalar == S {
        UnsafeRawPointer(address).loadUnaligned(as: V.self)
    }

    @inline(__always)
    private static func load<S, V: SIMD>(_ address: UnsafeMutablePointer<S>) -> V where V.Scalar == S {
        load(UnsafePointer(address))
    }

    @inline(__always)
    private static func store<S, V: SIMD>(_ value: V, _ address: UnsafeMutablePointer<S>) where V.Scalar == S {
        UnsafeMutableRawPointer(address).storeBytes(of: value, as: V.self)
    }
}
