/// The kernels of a dense layer in Swift alone, in one of the ways that numbers can be kept and gone over: each as fast
/// as it was found to get.
///
/// Sums start from the bias or from 0 and add their terms in ascending order, so that with fused arithmetic all ways
/// give the C core's bits.
protocol PureSwift<Scalar> {
    associatedtype Scalar: PureScalar
    associatedtype A: Arithmetic
    associatedtype Values

    static var name: String { get }

    init()
    static func values(_ array: [Scalar]) -> Values
    static func array(_ values: Values) -> [Scalar]

    /// `c[i][j] = bias[j] + Σ a[i][k] · b[k][j]`, from 0 without biases.
    mutating func multiply(_ a: Values, _ b: Values, bias: Values?, _ c: inout Values, _ size: ProductSize)
    /// `w[i][j] −= rate · Σ a[i][k] · b[k][j]`
    mutating func multiplyAndDescend(_ a: Values, _ b: Values, rate: Scalar, _ w: inout Values, _ size: ProductSize)
    /// `bt[j][i] = b[i][j]`
    mutating func transpose(_ b: Values, _ bt: inout Values, rows: Int, columns: Int)
    /// `b[j] −= rate · Σ delta[s][j]`
    mutating func biasDescend(_ delta: Values, rate: Scalar, _ b: inout Values, batch: Int, units: Int)
    /// `y[i] = f(x[i], y[i])`
    mutating func update<F: PureFunction<Scalar>>(_ x: Values, _ y: inout Values, count: Int, _ f: F)
    /// `delta = scale · (softmax(z) · Σ t − t)`, and the loss of each sample.
    mutating func softmaxCrossEntropy(
        _ z: Values, _ t: Values, scale: Scalar, _ delta: inout Values, _ losses: inout Values, batch: Int, units: Int)
}

/// A product of matrices as all three passes of a dense layer take it: `Σ a[i][k] · b[k][j]`, ascending in `k`. `a` is
/// read by steps, so that it can also be the transpose of what is stored.
struct ProductSize {
    var rows: Int
    var columns: Int
    var terms: Int
    /// How far elements of `a` are from each other, down a column and along a row.
    var rowStep: Int
    var termStep: Int

    /// Terms in parts whose rows of `b` stay in the first-level cache while all rows of `a` come by: four at a time.
    var blocks: [Range<Int>] {
        let count = max(4, 4096 / max(1, columns) / 4 * 4)
        return stride(from: 0, to: max(1, terms), by: count).map { $0..<min($0 + count, terms) }
    }

    var operations: Double { 2 * Double(rows) * Double(columns) * Double(terms) }
}

/// A dense layer and a batch.
struct LayerSize {
    var batch: Int
    var inputs: Int
    var units: Int

    var outputs: Int { batch * units }
    var forward: ProductSize {
        ProductSize(rows: batch, columns: units, terms: inputs, rowStep: inputs, termStep: 1)
    }
    var gradient: ProductSize {
        ProductSize(rows: inputs, columns: units, terms: batch, rowStep: 1, termStep: inputs)
    }
    /// Of the deltas and the weights transposed.
    var below: ProductSize {
        ProductSize(rows: batch, columns: inputs, terms: units, rowStep: units, termStep: 1)
    }
}

extension PureSwift {
    static func zeros(_ count: Int) -> Values { values([Scalar](repeating: 0, count: count)) }

    /// `g[s][i] = Σ delta[s][j] · w[i][j]`, with the weights transposed first, so that vectors run across results.
    mutating func deltaAccumulate(
        _ delta: Values, _ w: Values, _ g: inout Values, _ transposed: inout Values, _ size: LayerSize
    ) {
        transpose(w, &transposed, rows: size.inputs, columns: size.units)
        multiply(delta, transposed, bias: nil, &g, size.below)
    }
}
