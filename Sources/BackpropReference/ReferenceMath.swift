import Backprop

/// `exp`, `ln`, `tanh` and the activations, one number at a time, operation for operation as in
/// the C core's `math_template.h`, so that results are equal to the bit.
public enum ReferenceMath<Scalar: ReferenceScalar> {
    /// `a · b + c`, rounded once.
    @inline(__always)
    static func fma(_ a: Scalar, _ b: Scalar, _ c: Scalar) -> Scalar { c.addingProduct(a, b) }

    /// `a` if it is greater, else `b`, so that a NaN in `b` gets through.
    static func greater(_ a: Scalar, _ b: Scalar) -> Scalar { a > b ? a : b }
    static func less(_ a: Scalar, _ b: Scalar) -> Scalar { a < b ? a : b }

    /// A polynomial with ascending coefficients.
    static func polynomial(_ coefficients: [Scalar], at x: Scalar) -> Scalar {
        coefficients.dropLast().reversed().reduce(coefficients.last!) { fma($0, x, $1) }
    }

    static func powerOfTwo(_ n: Scalar) -> Scalar {
        Scalar(sign: .plus, exponent: Scalar.Exponent(Int(n)), significand: 1)
    }

    /// `v · 2ⁿ`, rounded once.
    static func scale(_ v: Scalar, _ n: Scalar) -> Scalar {
        guard n.isFinite else { return v * n }
        let half = (n * 0.5).rounded(.toNearestOrEven)
        return v * powerOfTwo(half) * powerOfTwo(n - half)
    }

    /// `exp(x + low) = 2ⁿ (1 + tail)`
    static func expSplit(_ x: Scalar, low: Scalar = 0) -> (tail: Scalar, n: Scalar) {
        // Rounded once, as adding and taking off 1.5 · 2^(bits of the mantissa) does.
        let rounder = Scalar(sign: .plus, exponent: Scalar.Exponent(Scalar.significandBitCount), significand: 1.5)
        let n = fma(x, Scalar.log2E, rounder) - rounder
        var r = fma(-n, Scalar.ln2High, x)
        r = fma(-n, Scalar.ln2Low, r) + low
        return (fma(r * r, polynomial(Scalar.expTail, at: r), r), n)
    }

    /// `exp(x)`
    public static func exp(_ x: Scalar) -> Scalar {
        let x = less(Scalar.expRange.upperBound, greater(Scalar.expRange.lowerBound, x))
        let (tail, n) = expSplit(x)
        return scale(1 + tail, n)
    }

    /// `exp(x) − 1` for `|x| ≤ 80`
    static func expm1(_ x: Scalar) -> Scalar {
        guard !x.isNaN else { return x }
        let (tail, n) = expSplit(x)
        let power = powerOfTwo(n)
        return fma(power, tail, power - 1)
    }

    /// `2 atanh(s/2)`, or `ln(1 + x)` for `s = x / (1 + x/2)`
    private static func doubleAtanhOfHalf(_ s: Scalar) -> Scalar {
        let v = s * s
        return fma(s * v, polynomial(Scalar.atanhTail, at: v), s)
    }

    /// `ln(1 + x)` for `0 ≤ x ≤ 1`
    static func log1p(_ x: Scalar) -> Scalar {
        doubleAtanhOfHalf(x / fma(x, 0.5, 1))
    }

    /// `ln(x)` for a normal `x > 0`
    static func logNormal(_ x: Scalar) -> Scalar {
        let upper = x.significand >= 2 * Scalar.sqrtHalf
        let k = Scalar(Int(x.exponent) + (upper ? 1 : 0))
        let m = upper ? x.significand / 2 : x.significand
        let f = m - 1
        let s = f / fma(f, 0.5, 1)
        let v = s * s
        let small = fma(k, Scalar.ln2Low, s * v * polynomial(Scalar.atanhTail, at: v))
        return fma(k, Scalar.ln2High, small + s)
    }

    /// `ln(x)`
    public static func log(_ x: Scalar) -> Scalar {
        if x.isNaN || x < 0 { return .nan }
        if x == 0 { return -.infinity }
        if x == .infinity { return x }
        if x.isNormal { return logNormal(x) }
        let bits = Scalar(Scalar.significandBitCount)
        let scaled = logNormal(
            x * Scalar(sign: .plus, exponent: Scalar.Exponent(Scalar.significandBitCount), significand: 1))
        return fma(-bits, Scalar.ln2High, scaled)
    }

    /// `tanh(x)`
    public static func tanh(_ x: Scalar) -> Scalar {
        let magnitude = less(Scalar.tanhHigh, abs(x))
        let e = expm1(magnitude + magnitude)
        let t = e / (e + 2)
        return x < 0 ? -t : x > 0 ? t : x
    }

    /// `1 / (1 + exp(−z))`
    public static func sigmoid(_ z: Scalar) -> Scalar {
        let e = exp(-abs(z))
        return (z < 0 ? e : 1) / (1 + e)
    }

    static func elu(_ z: Scalar) -> Scalar {
        z < 0 ? expm1(greater(-80, z)) : z
    }

    static func softplus(_ z: Scalar) -> (value: Scalar, derivative: Scalar) {
        let e = exp(-abs(z))
        return (greater(z, 0) + log1p(e), sigmoid(z))
    }

    /// `z · sigmoid(u + low)` and the sigmoid
    private static func gated(_ z: Scalar, by u: Scalar, low: Scalar = 0) -> (value: Scalar, sigmoid: Scalar) {
        let negative = u < 0
        let (tail, n) = expSplit(negative ? u : -u, low: negative ? low : -low)
        let m = 1 + tail
        let e = scale(m, n)
        return negative ? (scale(fma(z, tail, z) / (1 + e), n), e / (1 + e)) : (z / (1 + e), 1 / (1 + e))
    }

    static func silu(_ z: Scalar) -> (value: Scalar, derivative: Scalar) {
        let z = greater(Scalar.expRange.lowerBound, z)
        let u = less(-Scalar.expRange.lowerBound, z)
        let (value, s) = gated(z, by: u)
        return (value, s * fma(u, 1 - s, 1))
    }

    static func gelu(_ z: Scalar) -> (value: Scalar, derivative: Scalar) {
        let z = greater(Scalar.geluLow, z)
        let x = less(-Scalar.geluLow, z)
        let c1 = Scalar.geluC1High
        let c3 = Scalar.geluC3High
        // w + wLow = c1 + c3 x² and u + uLow = x w, each with the error of its rounding.
        let square = x * x
        let squareLow = fma(x, x, -square)
        let cubic = c3 * square
        let cubicLow = fma(c3, square, -cubic)
        let w = c1 + cubic
        let part = w - c1
        let wError = (c1 - (w - part)) + (cubic - part)
        var wLow = (cubicLow + wError) + Scalar.geluC1Low
        wLow = fma(c3, squareLow, fma(Scalar.geluC3Low, square, wLow))
        let u = x * w
        let uLow = fma(x, wLow, fma(x, w, -u))
        let (value, s) = gated(z, by: u, low: uLow)
        return (value, s * fma(x * (1 - s), fma(Scalar.geluSlope, square, c1), 1))
    }
}

extension ReferenceMath {
    /// The sum of squares in the order of `bp_sum_of_squares_f32`: 32 sums take the numbers in turn, and are then
    /// added in halves.
    static func sumOfSquares(_ values: [Scalar]) -> Scalar {
        var sums = [Scalar](repeating: 0, count: 32)
        for (index, value) in values.enumerated() { sums[index % 32] = sums[index % 32].addingProduct(value, value) }
        for half in [16, 8, 4, 2, 1] {
            for lane in 0..<half { sums[lane] += sums[lane + half] }
        }
        return sums[0]
    }
}
