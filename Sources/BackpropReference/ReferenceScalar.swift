import Backprop

/// `Float` or `Double` with the constants of the C core's `math_template.h`.
public protocol ReferenceScalar: NetworkScalar {
    /// The coefficients of `q(r) = (exp(r) − 1 − r) / r²` for `|r| ≤ ln(2)/2`, ascending powers.
    static var expTail: [Self] { get }
    /// The coefficients of `R(v) = (2 atanh(s/2) / s − 1) / v` with `v = s²`, `0 ≤ s ≤ 2/3`, ascending powers.
    static var atanhTail: [Self] { get }
    /// The sum of these two is ln 2, to twice the precision.
    static var ln2High: Self { get }
    static var ln2Low: Self { get }
    static var log2E: Self { get }
    /// The square root of ½.
    static var sqrtHalf: Self { get }
    /// Arguments outside this range give 0 or infinity.
    static var expRange: ClosedRange<Self> { get }
    /// `tanh` is 1 from here on.
    static var tanhHigh: Self { get }
    /// `gelu` is −0 below this.
    static var geluLow: Self { get }
    /// `2√(2/π)` to twice the precision.
    static var geluC1High: Self { get }
    static var geluC1Low: Self { get }
    /// `0.044715 · 2√(2/π)` to twice the precision.
    static var geluC3High: Self { get }
    static var geluC3Low: Self { get }
    /// `3 · 0.044715 · 2√(2/π)`
    static var geluSlope: Self { get }
}

extension Float: ReferenceScalar {
    public static let expTail: [Float] = [
        0.5, 0x1.555556p-3, 0x1.5554eap-5, 0x1.1110e0p-7, 0x1.6d4324p-10, 0x1.a124f2p-13,
    ]
    public static let atanhTail: [Float] = [
        0x1.555556p-4, 0x1.9998d4p-7, 0x1.24c926p-9, 0x1.bc8cf8p-12, 0x1.dba260p-14,
    ]
    public static let ln2High: Float = 0x1.62e430p-1
    public static let ln2Low: Float = -0x1.05c610p-29
    public static let log2E: Float = 0x1.715476p0
    public static let sqrtHalf: Float = 0x1.6a09e6p-1
    public static let expRange: ClosedRange<Float> = -120...89
    public static let tanhHigh: Float = 10
    public static let geluLow: Float = -12
    public static let geluC1High: Float = 0x1.988454p0
    public static let geluC1Low: Float = -0x1.857936p-25
    public static let geluC3High: Float = 0x1.2444f2p-4
    public static let geluC3Low: Float = 0x1.49b16ap-29
    public static let geluSlope: Float = 0x1.b6676cp-3
}

extension Double: ReferenceScalar {
    public static let expTail: [Double] = [
        0.5, 0x1.5555555555555p-3, 0x1.5555555555557p-5, 0x1.1111111111111p-7, 0x1.6c16c16c15a68p-10,
        0x1.a01a01a0196acp-13, 0x1.a01a01a9e991bp-16, 0x1.71de3a5aa7bb7p-19, 0x1.27e4d41966f2fp-22,
        0x1.ae642c82e33d5p-26, 0x1.1f7f2776cfaf2p-29, 0x1.61bfaa228dde5p-33,
    ]
    public static let atanhTail: [Double] = [
        0x1.5555555555555p-4, 0x1.999999999a3ddp-7, 0x1.24924923d44c6p-9, 0x1.c71c727143318p-12,
        0x1.745cf0b0e03bdp-14, 0x1.3b18b294bebf9p-16, 0x1.10ac75dc602b1p-18, 0x1.eb905e8575054p-21,
        0x1.687a6e7c95176p-23, 0x1.4b0a26c5f2aefp-24,
    ]
    public static let ln2High: Double = 0x1.62e42fefa39efp-1
    public static let ln2Low: Double = 0x1.abc9e3b39803fp-56
    public static let log2E: Double = 0x1.71547652b82fep0
    public static let sqrtHalf: Double = 0x1.6a09e667f3bcdp-1
    public static let expRange: ClosedRange<Double> = -760...710
    public static let tanhHigh: Double = 20
    public static let geluLow: Double = -22
    public static let geluC1High: Double = 0x1.9884533d43651p0
    public static let geluC1Low: Double = -0x1.cbc0d30ebfd15p-54
    public static let geluC3High: Double = 0x1.2444f2a4d8b4bp-4
    public static let geluC3Low: Double = -0x1.6c843a29d1c70p-61
    public static let geluSlope: Double = 0x1.b6676bf7450f0p-3
}
