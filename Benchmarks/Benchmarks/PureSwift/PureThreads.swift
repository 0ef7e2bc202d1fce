import Backprop
import Dispatch

/// The same vectors, with rows of large products shared by as many threads as there are processors.
struct PureThreads<Scalar: PureScalar, A: Arithmetic>: PureSwift {
    typealias Values = AlignedMemory<Scalar>

    /// A smaller product takes less long than waking a thread.
    private static var operationsWorthSharing: Double { 1_000_000 }
    private static var threads: Int { ThreadChoice.activeProcessors }

    static var name: String { "SIMD, \(threads) threads" }

    private let alone = PureVectors<Scalar, A>()

    static func values(_ array: [Scalar]) -> Values { Values(array) }
    static func array(_ values: Values) -> [Scalar] { values.values }

    func multiply(_ a: Values, _ b: Values, bias: Values?, _ c: inout Values, _ size: ProductSize) {
        Self.share(
            VectorProduct(a: a.pointer, b: b.pointer, c: c.pointer, size: size, end: .keep(bias?.pointer)))
    }

    func multiplyAndDescend(_ a: Values, _ b: Values, rate: Scalar, _ w: inout Values, _ size: ProductSize) {
        Self.share(VectorProduct(a: a.pointer, b: b.pointer, c: w.pointer, size: size, end: .descend(rate)))
    }

    func transpose(_ b: Values, _ bt: inout Values, rows: Int, columns: Int) {
        alone.transpose(b, &bt, rows: rows, columns: columns)
    }

    func biasDescend(_ delta: Values, rate: Scalar, _ b: inout Values, batch: Int, units: Int) {
        alone.biasDescend(delta, rate: rate, &b, batch: batch, units: units)
    }

    func update<F: PureFunction<Scalar>>(_ x: Values, _ y: inout Values, count: Int, _ f: F) {
        alone.update(x, &y, count: count, f)
    }

    func softmaxCrossEntropy(
        _ z: Values, _ t: Values, scale: Scalar, _ delta: inout Values, _ losses: inout Values, batch: Int, units: Int
    ) {
        alone.softmaxCrossEntropy(z, t, scale: scale, &delta, &losses, batch: batch, units: units)
    }

    /// Each thread computes whole tiles of rows, so that no two write where another reads.
    private static func share(_ product: VectorProduct<Scalar, A>) {
        let rows = product.size.rows
        guard product.size.operations >= operationsWorthSharing else { return product.compute(rows: 0..<rows) }
        nonisolated(unsafe) let product = product
        let share = (rows + 4 * threads - 1) / (4 * threads) * 4
        DispatchQueue.concurrentPerform(iterations: threads) { thread in
            let first = min(thread * share, rows)
            product.compute(rows: first..<min(first + share, rows))
        }
    }
}
