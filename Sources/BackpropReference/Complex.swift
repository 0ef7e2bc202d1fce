import Foundation

/// A complex number, with what the complex-step derivative needs: the imaginary part of
/// `f(x + ih)` is `h f'(x)` to full precision for a tiny `h`, as nothing is subtracted
/// (W. Squire, G. Trapp, SIAM Review 40, 1998).
struct Complex {
    var real: Double
    var imaginary: Double

    init(_ real: Double, _ imaginary: Double = 0) {
        self.real = real
        self.imaginary = imaginary
    }

    static func + (a: Complex, b: Complex) -> Complex { Complex(a.real + b.real, a.imaginary + b.imaginary) }
    static func - (a: Complex, b: Complex) -> Complex { Complex(a.real - b.real, a.imaginary - b.imaginary) }

    static func * (a: Complex, b: Complex) -> Complex {
        Complex(a.real * b.real - a.imaginary * b.imaginary, a.real * b.imaginary + a.imaginary * b.real)
    }

    static func / (a: Complex, b: Complex) -> Complex {
        let norm = b.real * b.real + b.imaginary * b.imaginary
        return Complex(
            (a.real * b.real + a.imaginary * b.imaginary) / norm,
            (a.imaginary * b.real - a.real * b.imaginary) / norm)
    }

    static func exp(_ x: Complex) -> Complex {
        let magnitude = Foundation.exp(x.real)
        return Complex(magnitude * cos(x.imaginary), magnitude * sin(x.imaginary))
    }

    static func log(_ x: Complex) -> Complex {
        Complex(Foundation.log(x.real * x.real + x.imaginary * x.imaginary) / 2, atan2(x.imaginary, x.real))
    }
}
