/// `Float` or `Double`, with a vector of 64 bytes, and the constants of the C core's `math_template.h`: literals, as
/// globals of another module would be calls within a loop.
protocol PureScalar: CoreScalar, PureNumber where Scalar == Self {
    associatedtype Lanes: SIMD, PureNumber where Lanes.Scalar == Self

    static var constants: PureConstants<Self> { get }
    /// `(exp(r) − 1 − r) / r²` for `|r| ≤ ln(2)/2`.
    static func expSeries<N: PureNumber, A: Arithmetic>(_ r: N, _ arithmetic: A.Type) -> N where N.Scalar == Self
    /// `(2 atanh(s/2) / s − 1) / v` with `v = s²`, `0 ≤ s ≤ 2/3`.
    static func atanhSeries<N: PureNumber, A: Arithmetic>(_ v: N, _ arithmetic: A.Type) -> N where N.Scalar == Self
}

struct PureConstants<Scalar> {
    /// Adding it rounds to a whole number, which then stands in the low bits.
    var rounder: Scalar
    var exponentBias: Scalar
    /// The sum of these two is ln 2, to twice the precision.
    var ln2High: Scalar
    var ln2Low: Scalar
    var log2E: Scalar
    /// Below and above, `exp` is 0 and infinite.
    var expLow: Scalar
    var expHigh: Scalar
    /// `tanh` is 1 from here on.
    var tanhHigh: Scalar
}

extension Float: PureScalar {
    typealias Lanes = SIMD16<Float>

    static var sqrtHalfBits: UInt32 { 0x3f35_04f3 }
    static var constants: PureConstants<Float> {
        PureConstants(
            rounder: 0x1.8p23, exponentBias: 127, ln2High: 0x1.62e430p-1, ln2Low: -0x1.05c610p-29,
            log2E: 0x1.715476p0, expLow: -120, expHigh: 89, tanhHigh: 10)
    }

    @inline(__always)
    static func expSeries<N: PureNumber, A: Arithmetic>(_ r: N, _ arithmetic: A.Type) -> N where N.Scalar == Float {
        var q = N(repeating: 0x1.a124f2p-13)
        q = A.sum(N(repeating: 0x1.6d4324p-10), q, r)
        q = A.sum(N(repeating: 0x1.1110e0p-7), q, r)
        q = A.sum(N(repeating: 0x1.5554eap-5), q, r)
        q = A.sum(N(repeating: 0x1.555556p-3), q, r)
        return A.sum(N(repeating: 0.5), q, r)
    }

    @inline(__always)
    static func atanhSeries<N: PureNumber, A: Arithmetic>(_ v: N, _ arithmetic: A.Type) -> N where N.Scalar == Float {
        var p = N(repeating: 0x1.dba260p-14)
        p = A.sum(N(repeating: 0x1.bc8cf8p-12), p, v)
        p = A.sum(N(repeating: 0x1.24c926p-9), p, v)
        p = A.sum(N(repeating: 0x1.9998d4p-7), p, v)
        return A.sum(N(repeating: 0x1.555556p-4), p, v)
    }
}

extension Double: PureScalar {
    typealias Lanes = SIMD8<Double>

    static var sqrtHalfBits: UInt64 { 0x3fe6_a09e_667f_3bcd }
    static var constants: PureConstants<Double> {
        PureConstants(
            rounder: 0x1.8p52, exponentBias: 1023, ln2High: 0x1.62e42fefa39efp-1, ln2Low: 0x1.abc9e3b39803fp-56,
            log2E: 0x1.71547652b82fep0, expLow: -760, expHigh: 710, tanhHigh: 20)
    }

    @inline(__always)
    static func expSeries<N: PureNumber, A: Arithmetic>(_ r: N, _ arithmetic: A.Type) -> N where N.Scalar == Double {
        var q = N(repeating: 0x1.61bfaa228dde5p-33)
        q = A.sum(N(repeating: 0x1.1f7f2776cfaf2p-29), q, r)
        q = A.sum(N(repeating: 0x1.ae642c82e33d5p-26), q, r)
        q = A.sum(N(repeating: 0x1.27e4d41966f2fp-22), q, r)
        q = A.sum(N(repeating: 0x1.71de3a5aa7bb7p-19), q, r)
        q = A.sum(N(repeating: 0x1.a01a01a9e991bp-16), q, r)
        q = A.sum(N(repeating: 0x1.a01a01a0196acp-13), q, r)
        q = A.sum(N(repeating: 0x1.6c16c16c15a68p-10), q, r)
        q = A.sum(N(repeating: 0x1.1111111111111p-7), q, r)
        q = A.sum(N(repeating: 0x1.5555555555557p-5), q, r)
        q = A.sum(N(repeating: 0x1.5555555555555p-3), q, r)
        return A.sum(N(repeating: 0.5), q, r)
    }

    @inline(__always)
    static func atanhSeries<N: PureNumber, A: Arithmetic>(_ v: N, _ arithmetic: A.Type) -> N where N.Scalar == Double {
        var p = N(repeating: 0x1.4b0a26c5f2aefp-24)
        p = A.sum(N(repeating: 0x1.687a6e7c95176p-23), p, v)
        p = A.sum(N(repeating: 0x1.eb905e8575054p-21), p, v)
        p = A.sum(N(repeating: 0x1.10ac75dc602b1p-18), p, v)
        p = A.sum(N(repeating: 0x1.3b18b294bebf9p-16), p, v)
        p = A.sum(N(repeating: 0x1.745cf0b0e03bdp-14), p, v)
        p = A.sum(N(repeating: 0x1.c71c727143318p-12), p, v)
        p = A.sum(N(repeating: 0x1.24924923d44c6p-9), p, v)
        p = A.sum(N(repeating: 0x1.999999999a3ddp-7), p, v)
        return A.sum(N(repeating: 0x1.5555555555555p-4), p, v)
    }
}
