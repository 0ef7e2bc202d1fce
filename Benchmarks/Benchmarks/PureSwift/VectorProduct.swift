import CPeak

/// A product of matrices by vectors, in tiles of results that stay in registers until all terms are in.
struct VectorProduct<Scalar: PureScalar, A: Arithmetic> {
    typealias V = Scalar.Lanes

    /// Where sums start, and what becomes of them.
    enum End {
        /// They start from biases, or from 0, and are kept.
        case keep(UnsafeMutablePointer<Scalar>?)
        /// They are gradients, of which so much is taken off what is there.
        case descend(Scalar)
    }

    var a: UnsafeMutablePointer<Scalar>
    var b: UnsafeMutablePointer<Scalar>
    var c: UnsafeMutablePointer<Scalar>
    var size: ProductSize
    var end: End

    /// Columns outside and rows inside: what is read of `b` then stays in a cache. 32 registers of 64 bytes hold the
    /// sums of four rows of four vectors; others have room for four rows of one, or for two.
    func compute(rows: Range<Int>) {
        let lanes = V.scalarCount
        let wide = Self.registerFile >= 16 * 2 * 64 ? size.columns / (4 * lanes) * (4 * lanes) : 0
        for j in stride(from: 0, to: wide, by: 4 * lanes) { column(FourVectors<V>.self, rows, j, lanes) }
        for j in stride(from: wide, to: size.columns, by: lanes) {
            column(OneVector<V>.self, rows, j, min(lanes, size.columns - j))
        }
    }

    /// The bytes in the registers that this code was compiled for.
    private static var registerFile: Int { Int(peak_register_file()) }

    @inline(__always)
    private func column<R: VectorRow>(_ row: R.Type, _ rows: Range<Int>, _ j: Int, _ lanes: Int) where R.V == V {
        var i = rows.lowerBound
        if Self.registerFile >= 4 * 2 * 64 {
            while i + 4 <= rows.upperBound {
                fourRows(row, i, j, lanes)
                i += 4
            }
        }
        while i + 2 <= rows.upperBound {
            twoRows(row, i, j, lanes)
            i += 2
        }
        if i < rows.upperBound { oneRow(row, i, j, lanes) }
    }

    @inline(__always)
    private func fourRows<R: VectorRow>(_ row: R.Type, _ i: Int, _ j: Int, _ lanes: Int) where R.V == V {
        let (a0, b0) = (a + i * size.rowStep, b + j)
        let (a1, a2, a3) = (a0 + size.rowStep, a0 + 2 * size.rowStep, a0 + 3 * size.rowStep)
        let first: R = start(j, lanes)
        var (s0, s1, s2, s3) = (first, first, first, first)
        for k in 0..<size.terms {
            let (terms, at) = (R.load(b0 + k * size.columns), k * size.termStep)
            s0.add(A.self, V(repeating: a0[at]), terms)
            s1.add(A.self, V(repeating: a1[at]), terms)
            s2.add(A.self, V(repeating: a2[at]), terms)
            s3.add(A.self, V(repeating: a3[at]), terms)
        }
        finish(s0, i, j, lanes)
        finish(s1, i + 1, j, lanes)
        finish(s2, i + 2, j, lanes)
        finish(s3, i + 3, j, lanes)
    }

    @inline(__always)
    private func twoRows<R: VectorRow>(_ row: R.Type, _ i: Int, _ j: Int, _ lanes: Int) where R.V == V {
        let (a0, a1, b0) = (a + i * size.rowStep, a + (i + 1) * size.rowStep, b + j)
        var (s0, s1): (R, R) = (start(j, lanes), start(j, lanes))
        for k in 0..<size.terms {
            let (terms, at) = (R.load(b0 + k * size.columns), k * size.termStep)
            s0.add(A.self, V(repeating: a0[at]), terms)
            s1.add(A.self, V(repeating: a1[at]), terms)
        }
        finish(s0, i, j, lanes)
        finish(s1, i + 1, j, lanes)
    }

    @inline(__always)
    private func oneRow<R: VectorRow>(_ row: R.Type, _ i: Int, _ j: Int, _ lanes: Int) where R.V == V {
        let (a0, b0) = (a + i * size.rowStep, b + j)
        var sums: R = start(j, lanes)
        for k in 0..<size.terms {
            sums.add(A.self, V(repeating: a0[k * size.termStep]), R.load(b0 + k * size.columns))
        }
        finish(sums, i, j, lanes)
    }

    @inline(__always)
    private func start<R: VectorRow>(_ j: Int, _ lanes: Int) -> R where R.V == V {
        guard case .keep(let bias?) = end else { return .zero }
        return R.load(bias + j, lanes)
    }

    @inline(__always)
    private func finish<R: VectorRow>(_ sums: R, _ i: Int, _ j: Int, _ lanes: Int) where R.V == V {
        let out = c + i * size.columns + j
        guard case .descend(let rate) = end else { return sums.store(out, lanes) }
        var changed = R.load(out, lanes)
        changed.add(A.self, V(repeating: -rate), sums)
        changed.store(out, lanes)
    }
}

/// Vectors that stand side by side in a row.
protocol VectorRow {
    associatedtype V: SIMD, PureNumber where V.Scalar: PureScalar

    static var zero: Self { get }
    /// Reads whole vectors; memory has room for one more at its end.
    static func load(_ address: UnsafeMutablePointer<V.Scalar>) -> Self
    /// Of the last vector as many lanes as there are.
    static func load(_ address: UnsafeMutablePointer<V.Scalar>, _ lanes: Int) -> Self
    func store(_ address: UnsafeMutablePointer<V.Scalar>, _ lanes: Int)
    /// Adds a factor times others.
    mutating func add<A: Arithmetic>(_ arithmetic: A.Type, _ factor: V, _ terms: Self)
}

struct OneVector<V: SIMD & PureNumber>: VectorRow where V.Scalar: PureScalar {
    private var v: V

    @inline(__always) static var zero: Self { Self(v: V(repeating: 0)) }

    @inline(__always) static func load(_ address: UnsafeMutablePointer<V.Scalar>) -> Self { Self(v: V.load(address)) }

    @inline(__always) static func load(_ address: UnsafeMutablePointer<V.Scalar>, _ lanes: Int) -> Self {
        Self(v: V.load(address, lanes))
    }

    @inline(__always) func store(_ address: UnsafeMutablePointer<V.Scalar>, _ lanes: Int) { v.store(address, lanes) }

    @inline(__always) mutating func add<A: Arithmetic>(_ arithmetic: A.Type, _ factor: V, _ terms: Self) {
        v = A.sum(v, factor, terms.v)
    }
}

struct FourVectors<V: SIMD & PureNumber>: VectorRow where V.Scalar: PureScalar {
    private var v0, v1, v2, v3: V

    @inline(__always) static var zero: Self {
        let zero = V(repeating: 0)
        return Self(v0: zero, v1: zero, v2: zero, v3: zero)
    }

    @inline(__always) static func load(_ address: UnsafeMutablePointer<V.Scalar>) -> Self {
        let n = V.scalarCount
        return Self(
            v0: V.load(address), v1: V.load(address + n), v2: V.load(address + 2 * n), v3: V.load(address + 3 * n))
    }

    @inline(__always) static func load(_ address: UnsafeMutablePointer<V.Scalar>, _ lanes: Int) -> Self {
        load(address)
    }

    @inline(__always) func store(_ address: UnsafeMutablePointer<V.Scalar>, _ lanes: Int) {
        let n = V.scalarCount
        v0.store(address, n)
        v1.store(address + n, n)
        v2.store(address + 2 * n, n)
        v3.store(address + 3 * n, n)
    }

    @inline(__always) mutating func add<A: Arithmetic>(_ arithmetic: A.Type, _ factor: V, _ terms: Self) {
        v0 = A.sum(v0, factor, terms.v0)
        v1 = A.sum(v1, factor, terms.v1)
        v2 = A.sum(v2, factor, terms.v2)
        v3 = A.sum(v3, factor, terms.v3)
    }
}

extension SIMD {
    /// Reads a whole vector, also where fewer numbers are left: memory has room for one more at its end.
    @inline(__always)
    static func load(_ address: UnsafePointer<Scalar>) -> Self {
        UnsafeRawPointer(address).loadUnaligned(as: Self.self)
    }

    @inline(__always)
    static func load(_ address: UnsafeMutablePointer<Scalar>) -> Self { load(UnsafePointer(address)) }

    /// Reads the first lanes alone, where others may be being written.
    @inline(__always)
    static func load(_ address: UnsafeMutablePointer<Scalar>, _ lanes: Int) -> Self {
        guard lanes < scalarCount else { return load(address) }
        var vector = Self()
        for lane in 0..<lanes { vector[lane] = address[lane] }
        return vector
    }

    /// Writes the first lanes.
    @inline(__always)
    func store(_ address: UnsafeMutablePointer<Scalar>, _ lanes: Int) {
        guard lanes < Self.scalarCount else {
            return UnsafeMutableRawPointer(address).storeBytes(of: self, as: Self.self)
        }
        for lane in 0..<lanes { address[lane] = self[lane] }
    }
}
