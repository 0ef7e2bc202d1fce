/// A number, or several side by side: what loops over numbers and over vectors have in common.
protocol PureNumber {
    associatedtype Scalar: PureScalar

    init(repeating value: Scalar)
    static func + (a: Self, b: Self) -> Self
    static func - (a: Self, b: Self) -> Self
    static func * (a: Self, b: Self) -> Self
    static func / (a: Self, b: Self) -> Self
    func addingProduct(_ a: Self, _ b: Self) -> Self
    /// `yes` where `a < b`, else `no`.
    static func whereLess(_ a: Self, _ b: Self, _ yes: Self, _ no: Self) -> Self
    /// `2ⁿ` for a whole `n` that is the exponent of a normal number.
    static func powerOfTwo(_ n: Self) -> Self
    /// `k` and `m` of a normal `x = m · 2ᵏ > 0`, `√½ ≤ m < √2`.
    static func split(_ x: Self) -> (k: Self, m: Self)
}

/// How a product is added to a sum.
protocol Arithmetic: SendableMetatype {
    static var isFused: Bool { get }
    /// What tables say of it.
    static var note: String { get }
    static func sum<N: PureNumber>(_ sum: N, _ a: N, _ b: N) -> N
}

/// Rounded once, as the contract of the bits has it.
enum Fused: Arithmetic {
    static var isFused: Bool { true }
    static var note: String { "" }

    @inline(__always)
    static func sum<N: PureNumber>(_ sum: N, _ a: N, _ b: N) -> N { sum.addingProduct(a, b) }
}

/// The product rounded by itself: other bits, but all that a processor without fused multiply-adds has.
enum Separate: Arithmetic {
    static var isFused: Bool { false }
    static var note: String { ", rounded twice" }

    @inline(__always)
    static func sum<N: PureNumber>(_ sum: N, _ a: N, _ b: N) -> N { sum + a * b }
}

extension Float: PureNumber {
    typealias Scalar = Float

    @inline(__always) init(repeating value: Float) { self = value }

    @inline(__always) static func whereLess(_ a: Float, _ b: Float, _ yes: Float, _ no: Float) -> Float {
        a < b ? yes : no
    }

    @inline(__always) static func powerOfTwo(_ n: Float) -> Float {
        Float(bitPattern: (n + (constants.rounder + constants.exponentBias)).bitPattern &<< 23)
    }

    @inline(__always) static func split(_ x: Float) -> (k: Float, m: Float) {
        let offset = x.bitPattern &- sqrtHalfBits
        let m = Float(bitPattern: (offset & 0x007f_ffff) &+ sqrtHalfBits)
        return (Float(Int32(bitPattern: offset) &>> 23), m)
    }
}

extension SIMD16: PureNumber where Scalar == Float {
    @inline(__always) static func whereLess(_ a: Self, _ b: Self, _ yes: Self, _ no: Self) -> Self {
        no.replacing(with: yes, where: a .< b)
    }

    @inline(__always) static func powerOfTwo(_ n: Self) -> Self {
        let shifted = n + Self(repeating: Float.constants.rounder + Float.constants.exponentBias)
        return unsafeBitCast(unsafeBitCast(shifted, to: SIMD16<UInt32>.self) &<< 23, to: Self.self)
    }

    @inline(__always) static func split(_ x: Self) -> (k: Self, m: Self) {
        let sqrtHalf = SIMD16<UInt32>(repeating: Float.sqrtHalfBits)
        let offset = unsafeBitCast(x, to: SIMD16<UInt32>.self) &- sqrtHalf
        let k = unsafeBitCast(offset, to: SIMD16<Int32>.self) &>> 23
        return (Self(k), unsafeBitCast((offset & 0x007f_ffff) &+ sqrtHalf, to: Self.self))
    }
}

extension Double: PureNumber {
    typealias Scalar = Double

    @inline(__always) init(repeating value: Double) { self = value }

    @inline(__always) static func whereLess(_ a: Double, _ b: Double, _ yes: Double, _ no: Double) -> Double {
        a < b ? yes : no
    }

    @inline(__always) static func powerOfTwo(_ n: Double) -> Double {
        Double(bitPattern: (n + (constants.rounder + constants.exponentBias)).bitPattern &<< 52)
    }

    @inline(__always) static func split(_ x: Double) -> (k: Double, m: Double) {
        let offset = x.bitPattern &- sqrtHalfBits
        let m = Double(bitPattern: (offset & 0x000f_ffff_ffff_ffff) &+ sqrtHalfBits)
        return (Double(Int64(bitPattern: offset) &>> 52), m)
    }
}

extension SIMD8: PureNumber where Scalar == Double {
    @inline(__always) static func whereLess(_ a: Self, _ b: Self, _ yes: Self, _ no: Self) -> Self {
        no.replacing(with: yes, where: a .< b)
    }

    @inline(__always) static func powerOfTwo(_ n: Self) -> Self {
        let shifted = n + Self(repeating: Double.constants.rounder + Double.constants.exponentBias)
        return unsafeBitCast(unsafeBitCast(shifted, to: SIMD8<UInt64>.self) &<< 52, to: Self.self)
    }

    @inline(__always) static func split(_ x: Self) -> (k: Self, m: Self) {
        let sqrtHalf = SIMD8<UInt64>(repeating: Double.sqrtHalfBits)
        let offset = unsafeBitCast(x, to: SIMD8<UInt64>.self) &- sqrtHalf
        let k = unsafeBitCast(offset, to: SIMD8<Int64>.self) &>> 52
        return (Self(k), unsafeBitCast((offset & 0x000f_ffff_ffff_ffff) &+ sqrtHalf, to: Self.self))
    }
}
