import Foundation
import Testing

@testable import Backprop
@testable import BackpropReference

/// A function of one number: as the kernels have it, as the reference has it, and as it really is.
enum Curve: Sendable, CaseIterable, Hashable, CustomTestStringConvertible {
    case exp, log, tanh
    case activation(Activation)

    static let allCases: [Curve] =
        [.exp, .log, .tanh] + Activation.allCases.filter { $0 != .softmax }.map(Curve.activation)

    var testDescription: String {
        if case .activation(let f) = self { "activation \(f)" } else { "\(self)" }
    }

    /// The largest error allowed, in units in the last place of the true value.
    var claim: Double {
        switch self {
        case .exp: 1
        case .log: 2
        case .tanh, .activation: 3
        }
    }

    func callAsFunction<Scalar: KernelScalar>(_ x: [Scalar], _ kernels: GuardedKernels<Scalar>) -> [Scalar] {
        switch self {
        case .exp: kernels.exp(x)
        case .log: kernels.log(x)
        case .tanh: kernels.tanh(x)
        case .activation(let f): kernels.activateOnly(f, x, batch: 1)
        }
    }

    /// The function as the reference has it.
    func reference<Scalar: KernelScalar>(_ x: Scalar) -> Scalar {
        switch self {
        case .exp: ReferenceMath.exp(x)
        case .log: ReferenceMath.log(x)
        case .tanh: ReferenceMath.tanh(x)
        case .activation(let f): ReferenceMath.activate(f, x).value
        }
    }

    /// The function in a wider number, by formulas that don't cancel.
    func callAsFunction<Wide: WideScalar>(_ x: Wide) -> Wide {
        switch self {
        case .exp: x.exponential
        case .log: x > 0 ? x.logarithm : x == 0 ? -.infinity : .nan
        case .tanh, .activation(.tanh): x.hyperbolicTangent
        case .activation(.sigmoid): 1 / (1 + (-x).exponential)
        case .activation(.relu): x > 0 ? x : 0
        case .activation(.leakyReLU): x > 0 ? x : x * Wide.leak
        case .activation(.elu): x > 0 ? x : x.exponentialMinusOne
        case .activation(.softplus): (x > 0 ? x : 0) + (-x.magnitude).exponential.logarithmOfOnePlus
        case .activation(.silu): x / (1 + (-x).exponential)
        case .activation(.gelu): x / (1 + (-Wide.geluSlope * (x + Wide.geluCubic * x * x * x)).exponential)
        case .activation(.identity), .activation(.softmax), .activation(.custom): x
        }
    }
}

/// A floating-point type with more digits than the one it checks, and the system's functions in it.
protocol WideScalar: BinaryFloatingPoint {
    var exponential: Self { get }
    var logarithm: Self { get }
    var hyperbolicTangent: Self { get }
    var exponentialMinusOne: Self { get }
    var logarithmOfOnePlus: Self { get }
    /// The slope of leaky ReLU, as the narrower type has it.
    static var leak: Self { get }
    /// 2√(2/π)
    static var geluSlope: Self { get }
    static var geluCubic: Self { get }
}

extension Double: WideScalar {
    var exponential: Double { Foundation.exp(self) }
    var logarithm: Double { Foundation.log(self) }
    var hyperbolicTangent: Double { Foundation.tanh(self) }
    var exponentialMinusOne: Double { Foundation.expm1(self) }
    var logarithmOfOnePlus: Double { Foundation.log1p(self) }
    static var leak: Double { Double(0.01 as Float) }
    static var geluSlope: Double { 2 * (2 / Double.pi).squareRoot() }
    static var geluCubic: Double { 0.044715 }
}

#if arch(x86_64) && os(Linux)
    extension Float80: WideScalar {
        var exponential: Float80 { Foundation.exp(self) }
        var logarithm: Float80 { Foundation.log(self) }
        var hyperbolicTangent: Float80 { Foundation.tanh(self) }
        var exponentialMinusOne: Float80 { Foundation.expm1(self) }
        var logarithmOfOnePlus: Float80 { Foundation.log1p(self) }
        static var leak: Float80 { Float80(0.01 as Double) }
        static var geluSlope: Float80 { 2 * (2 / Float80.pi).squareRoot() }
        static var geluCubic: Float80 { 0.044715 }
    }
#endif
