/// The functions that a network is made of, for a number or for several side by side, operation for operation as in the
/// C core's `math_template.h`, so that fused arithmetic gives its bits.
enum PureMath<N: PureNumber, A: Arithmetic> {
    typealias Scalar = N.Scalar

    @inline(__always) private static var c: PureConstants<Scalar> { Scalar.constants }
    @inline(__always) private static func all(_ value: Scalar) -> N { N(repeating: value) }
    @inline(__always) private static func greater(_ a: N, _ b: N) -> N { N.whereLess(b, a, a, b) }
    @inline(__always) private static func less(_ a: N, _ b: N) -> N { N.whereLess(a, b, a, b) }
    @inline(__always) private static func negative(_ x: N) -> N { x * all(-1) }
    @inline(__always) private static func magnitude(_ x: N) -> N { greater(negative(x), x) }

    /// The whole number nearest to `x · y`.
    @inline(__always) private static func roundedProduct(_ x: N, _ y: Scalar) -> N {
        A.sum(all(c.rounder), x, all(y)) - all(c.rounder)
    }

    /// `exp(x) = 2ⁿ (1 + tail)`
    @inline(__always) private static func expSplit(_ x: N) -> (tail: N, n: N) {
        let n = roundedProduct(x, c.log2E)
        let r = A.sum(A.sum(x, negative(n), all(c.ln2High)), negative(n), all(c.ln2Low))
        return (A.sum(r, r * r, Scalar.expSeries(r, A.self)), n)
    }

    @inline(__always) static func exp(_ x: N) -> N {
        let (tail, n) = expSplit(less(all(c.expHigh), greater(all(c.expLow), x)))
        // In two steps, as 2ⁿ itself may be no number.
        let half = roundedProduct(n, 0.5)
        return (all(1) + tail) * N.powerOfTwo(half) * N.powerOfTwo(n - half)
    }

    /// For a normal `x > 0`.
    @inline(__always) static func logNormal(_ x: N) -> N {
        let (k, m) = N.split(x)
        let f = m - all(1)
        let s = f / A.sum(all(1), f, all(0.5))
        let v = s * s
        let small = A.sum(s * v * Scalar.atanhSeries(v, A.self), k, all(c.ln2Low))
        return A.sum(small + s, k, all(c.ln2High))
    }

    /// For any `x`: −∞ at 0, NaN below.
    @inline(__always) static func log(_ x: N) -> N {
        let (smallest, bits) = (all(Scalar.leastNormalMagnitude), Scalar(Scalar.significandBitCount))
        let scale = 1 / Scalar.ulpOfOne
        var y = logNormal(N.whereLess(x, smallest, x * all(scale), x))
        y = N.whereLess(x, smallest, A.sum(y, all(-bits), all(c.ln2High)), y)
        y = N.whereLess(all(Scalar.greatestFiniteMagnitude), x, x, y)
        let below = N.whereLess(x, all(0), all(.nan), x - all(.infinity))
        return N.whereLess(all(0), x, y, below)
    }

    @inline(__always) static func tanh(_ x: N) -> N {
        let m = less(all(c.tanhHigh), magnitude(x))
        let (tail, n) = expSplit(m + m)
        let power = N.powerOfTwo(n)
        let e = A.sum(power - all(1), power, tail)
        let t = e / (e + all(2))
        return N.whereLess(x, all(0), negative(t), N.whereLess(all(0), x, t, x))
    }

    @inline(__always) static func sigmoid(_ z: N) -> N {
        let e = exp(negative(magnitude(z)))
        return N.whereLess(z, all(0), e, all(1)) / (all(1) + e)
    }
}

/// A number of one array from one of another, and perhaps from what was in its place: what works element by element.
protocol PureFunction<Scalar> {
    associatedtype Scalar: PureScalar
    func callAsFunction<N: PureNumber>(_ x: N, _ y: N) -> N where N.Scalar == Scalar
}

struct PureSigmoid<Scalar: PureScalar, A: Arithmetic>: PureFunction {
    @inline(__always)
    func callAsFunction<N: PureNumber>(_ x: N, _ y: N) -> N where N.Scalar == Scalar { PureMath<N, A>.sigmoid(x) }
}

struct PureTanh<Scalar: PureScalar, A: Arithmetic>: PureFunction {
    @inline(__always)
    func callAsFunction<N: PureNumber>(_ x: N, _ y: N) -> N where N.Scalar == Scalar { PureMath<N, A>.tanh(x) }
}

struct PureReLU<Scalar: PureScalar>: PureFunction {
    @inline(__always)
    func callAsFunction<N: PureNumber>(_ x: N, _ y: N) -> N where N.Scalar == Scalar {
        N.whereLess(x, N(repeating: 0), N(repeating: 0), x)
    }
}

struct PureExp<Scalar: PureScalar, A: Arithmetic>: PureFunction {
    @inline(__always)
    func callAsFunction<N: PureNumber>(_ x: N, _ y: N) -> N where N.Scalar == Scalar { PureMath<N, A>.exp(x) }
}

struct PureLog<Scalar: PureScalar, A: Arithmetic>: PureFunction {
    @inline(__always)
    func callAsFunction<N: PureNumber>(_ x: N, _ y: N) -> N where N.Scalar == Scalar { PureMath<N, A>.log(x) }
}

/// From a sigmoid's value and the derivative with respect to it to that with respect to what it was taken of.
struct PureSigmoidDelta<Scalar: PureScalar>: PureFunction {
    @inline(__always)
    func callAsFunction<N: PureNumber>(_ x: N, _ y: N) -> N where N.Scalar == Scalar {
        y * (x * (N(repeating: 1) - x))
    }
}

/// From a gradient to the parameter less its share.
struct PureDescent<Scalar: PureScalar, A: Arithmetic>: PureFunction {
    var rate: Scalar

    @inline(__always)
    func callAsFunction<N: PureNumber>(_ x: N, _ y: N) -> N where N.Scalar == Scalar {
        A.sum(y, N(repeating: -rate), x)
    }
}
