/// Powers of ten that `Double` holds exactly.
let powersOfTen: [Double] = [
    1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
]

/// Reads a decimal number in ASCII, such as `-1.5e3`, to the nearest `Double`; the same in every locale.
///
/// Digits that fit in 53 bits, times or through an exact power of ten, are rounded by that one operation
/// (W. D. Clinger, PLDI 1990); the standard library rounds the others.
///
/// - Returns: `nil` if the whole range is no such number; infinity if it is beyond the largest.
func decimalNumber(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Double? {
    var position = range.lowerBound
    let end = range.upperBound
    func isDigit(_ position: Int) -> Bool { position < end && bytes[position] &- ASCII.zero < 10 }

    var isNegative = false
    if position < end, bytes[position] == ASCII.minus || bytes[position] == ASCII.plus {
        isNegative = bytes[position] == ASCII.minus
        position += 1
    }
    var (digits, significant, exponent, count) = (UInt64(0), 0, 0, 0)
    func take(_ scale: Int) {
        while isDigit(position) {
            // 19 digits fit in 64 bits.
            if significant < 19 {
                digits = digits * 10 + UInt64(bytes[position] &- ASCII.zero)
                if digits > 0 { significant += 1 }
                exponent -= scale
            } else {
                significant += 1
                exponent += 1 - scale
            }
            count += 1
            position += 1
        }
    }
    take(0)
    if position < end, bytes[position] == ASCII.point {
        position += 1
        take(1)
    }
    guard count > 0 else { return nil }
    if position < end, bytes[position] | 0x20 == UInt8(ascii: "e") {
        position += 1
        var (isBelowOne, power) = (false, 0)
        if position < end, bytes[position] == ASCII.minus || bytes[position] == ASCII.plus {
            isBelowOne = bytes[position] == ASCII.minus
            position += 1
        }
        guard isDigit(position) else { return nil }
        while isDigit(position) {
            power = min(power * 10 + Int(bytes[position] &- ASCII.zero), 1_000_000)
            position += 1
        }
        exponent += isBelowOne ? -power : power
    }
    guard position == end else { return nil }
    guard significant <= 19, digits <= 1 << 53, abs(exponent) < powersOfTen.count else {
        return Double(text(bytes, range))
    }
    let magnitude =
        exponent < 0 ? Double(digits) / powersOfTen[-exponent] : Double(digits) * powersOfTen[exponent]
    return isNegative ? -magnitude : magnitude
}

/// A range of bytes as text.
func text(_ bytes: Span<UInt8>, _ range: Range<Int>) -> String {
    String(decoding: range.map { bytes[$0] }, as: UTF8.self)
}
