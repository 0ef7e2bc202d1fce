/// A language that networks are exported to, in the little that their arithmetic needs of it.
struct SourceDialect<Scalar: NetworkScalar> {
    enum Language {
        /// Functions begin with the name of the export.
        case c(prefix: String)
        case swift
    }

    let language: Language

    var isDouble: Bool { Scalar.self == Double.self }

    /// The type of numbers.
    var type: String {
        switch language {
        case .c: isDouble ? "double" : "float"
        case .swift: isDouble ? "Double" : "Float"
        }
    }

    /// What a function of the exported source is called.
    func name(_ function: String) -> String {
        switch language {
        case .c(let prefix): "\(prefix)_\(function)"
        case .swift: function
        }
    }

    /// `a · b + c`, rounded once.
    func fma(_ a: String, _ b: String, _ c: String) -> String {
        switch language {
        case .c: "\(isDouble ? "fma" : "fmaf")(\(a), \(b), \(c))"
        case .swift: "fma(\(a), \(b), \(c))"
        }
    }

    /// A number that reads back as the same bits.
    func literal(_ value: Scalar) -> String {
        guard case .c = language, !isDouble else { return hexadecimal(value) }
        return hexadecimal(value) + "f"
    }

    /// The number of this precision.
    func literal(_ single: Float, _ double: Double) -> String {
        literal(isDouble ? Scalar(double) : Scalar(single))
    }

    /// A number that is the same in both precisions.
    func whole(_ value: Float) -> String {
        let text = "\(value)"
        guard case .c = language, !isDouble else { return text }
        return text + "f"
    }

    func constant(_ name: String, _ expression: String) -> String {
        switch language {
        case .c: "const \(type) \(name) = \(expression);"
        case .swift: "let \(name): \(type) = \(expression)"
        }
    }
}

/// A finite number with a hexadecimal mantissa, as C and Swift read it: `0x1.8p-3` is 0.1875.
func hexadecimal<Scalar: NetworkScalar>(_ value: Scalar) -> String {
    let sign = value.sign == .minus ? "-" : ""
    guard value != 0 else { return sign + "0.0" }
    let magnitude = value.magnitude
    // Four bits a digit, from the 52 that Double has; a Float has zeros at the end, which are left out.
    var mantissa = UInt64(Double(magnitude.significand - 1) * 0x1p52)
    var digits = 13
    while digits > 1, mantissa & 0xf == 0 { (mantissa, digits) = (mantissa >> 4, digits - 1) }
    let text = String(mantissa, radix: 16)
    let zeros = String(repeating: "0", count: digits - text.utf8.count)
    return "\(sign)0x1.\(zeros)\(text)p\(magnitude.exponent)"
}

/// A function of one expression after some constants, in any dialect.
struct SourceFunction {
    /// What it computes.
    var summary: String
    var name: String
    var parameters: [String]
    /// Names and what they stand for, in order.
    var constants: [(name: String, expression: String)]
    var result: String
    /// The functions that it calls.
    var calls: [String]
}

extension SourceDialect {
    /// The source of a function.
    func text(_ function: SourceFunction) -> String {
        let lines = function.constants.map { "    " + constant($0.name, $0.expression) }
        switch language {
        case .c:
            let parameters = function.parameters.map { "\(type) \($0)" }.joined(separator: ", ")
            return """
                /* \(function.summary) */
                static \(type) \(name(function.name))(\(parameters)) {
                \((lines + ["    return \(function.result);"]).joined(separator: "\n"))
                }
                """
        case .swift:
            let parameters = function.parameters.map { "_ \($0): \(type)" }.joined(separator: ", ")
            return """
                /// \(function.summary)
                private static func \(function.name)(\(parameters)) -> \(type) {
                \((lines + ["    return \(function.result)"]).joined(separator: "\n"))
                }
                """
        }
    }
}
