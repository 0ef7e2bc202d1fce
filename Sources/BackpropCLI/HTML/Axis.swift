import Foundation

/// An axis from its numbers to 0…1, with ticks at round numbers.
struct Axis {
    enum Scale {
        case linear, logarithmic
    }

    let scale: Scale
    /// What 0 and 1 stand for.
    let bounds: ClosedRange<Double>
    /// Round numbers within the bounds, ascending.
    let ticks: [Double]

    /// What lies beyond these, or is nearer to 0 than the smallest, is drawn as if it were there: their differences and
    /// quotients are finite.
    private static let (largest, smallest) = (1e300, 1e-300)

    /// - Parameters:
    ///   - values: What must fit on the axis; what is not finite is left aside, on a logarithmic axis also what is not
    ///     above 0.
    ///   - isLoose: Whether the bounds go on to the next ticks.
    ///   - isWhole: Whether only whole numbers make sense.
    init(_ values: some Sequence<Double>, scale: Scale = .linear, isLoose: Bool = true, isWhole: Bool = false) {
        self.scale = scale
        let least = scale == .linear ? -Self.largest : Self.smallest
        let usable = values.filter { $0.isFinite && (scale == .linear || $0 > 0) }
            .map { min(max($0, least), Self.largest) }
        let (low, high) = (usable.min() ?? 1, usable.max() ?? 1)
        switch scale {
        case .linear: (bounds, ticks) = Self.linear(low, high, isLoose, isWhole)
        case .logarithmic: (bounds, ticks) = Self.logarithmic(low, high, isLoose)
        }
    }

    /// Whether numbers are so far apart that only a logarithmic axis shows them.
    static func scale(for values: some Sequence<Double>) -> Scale {
        let finite = values.filter(\.isFinite)
        guard let low = finite.min(), let high = finite.max(), low > 0 else { return .linear }
        return high / low > 30 ? .logarithmic : .linear
    }

    /// Where a number lies: 0 at the lower bound, 1 at the upper one; `nil` for what the axis has no place for.
    func position(_ value: Double) -> Double? {
        guard value.isFinite, scale == .linear || value > 0 else { return nil }
        let (low, high) = (place(bounds.lowerBound), place(bounds.upperBound))
        return (place(min(max(value, -Self.largest), Self.largest)) - low) / (high - low)
    }

    /// A tick's number, with the digits that tell it from the next.
    func label(_ tick: Double) -> String {
        guard scale == .linear, ticks.count > 1 else { return readable(tick, 3) }
        let largest = max(abs(bounds.lowerBound), abs(bounds.upperBound))
        let digits = 2 + Int(Foundation.log10(largest / (ticks[1] - ticks[0])).rounded(.down))
        return readable(tick, min(max(digits, 3), 15))
    }

    private func place(_ value: Double) -> Double { scale == .linear ? value : Foundation.log(value) }

    /// Steps of 1, 2 or 5 times a power of ten.
    private static func linear(
        _ low: Double, _ high: Double, _ isLoose: Bool, _ isWhole: Bool
    ) -> (ClosedRange<Double>, [Double]) {
        let isPoint = high - low < max(smallest, max(abs(low), abs(high)) * 1e-12)
        let (low, high) = isPoint ? (low - max(abs(low), 1) / 2, high + max(abs(high), 1) / 2) : (low, high)
        // Within fixed bounds there must be a few ticks too.
        let step = roundStep(max((high - low) / (isLoose ? 4 : 6), isWhole ? 1 : 0))
        let (first, last) = ((low / step).rounded(.down), (high / step).rounded(.up))
        // From whole numbers, so that 0.3 is 3 · 0.1 and not a sum.
        let all = stride(from: first, through: last, by: 1).map { step < 1 ? $0 / (1 / step).rounded() : $0 * step }
        let bounds = isLoose ? all.first!...all.last! : low...high
        return (bounds, all.filter(bounds.contains))
    }

    private static func roundStep(_ step: Double) -> Double {
        let power = Foundation.pow(10, Foundation.log10(step).rounded(.down))
        return [1.0, 2, 5, 10].first { $0 * power >= step * 0.999 }! * power
    }

    /// Powers of ten; also 2 and 5 times them where there are few.
    private static func logarithmic(_ low: Double, _ high: Double, _ isLoose: Bool) -> (ClosedRange<Double>, [Double]) {
        let (low, high) = high / low > 1 + 1e-12 ? (low, high) : (low / 2, high * 2)
        let (first, last) = (Foundation.log10(low).rounded(.down), Foundation.log10(high).rounded(.up))
        let factors: [Double] = last - first > 2 ? [1] : [1, 2, 5]
        let every = max(1, ((last - first) / 6).rounded(.up))
        let all = stride(from: first, through: last, by: every).flatMap { power in
            factors.map { $0 * Foundation.pow(10, power) }
        }
        let from = all.last { $0 <= low * 1.000001 } ?? low
        let to = all.first { $0 >= high * 0.999999 } ?? high
        let bounds = isLoose ? min(from, low)...max(to, high) : low...high
        return (bounds, all.filter(bounds.contains))
    }
}

/// A number as a page shows it: up to so many significant digits, thousands apart, powers of ten where it is very
/// large or small.
func readable(_ value: Double, _ digits: Int = 4) -> String {
    guard value.isFinite else { return value.isNaN ? "NaN" : value < 0 ? "−∞" : "∞" }
    let magnitude = abs(value)
    let sign = value < 0 ? "−" : ""
    if magnitude == 0 { return "0" }
    if magnitude >= 1e15 || magnitude < 1e-4 { return sign + powerOfTen(magnitude, digits) }
    let exponent = Int(Foundation.log10(magnitude).rounded(.down))
    let text = fixed(magnitude, max(0, digits - 1 - exponent))
    let parts = text.split(separator: ".")
    let whole = Int(parts[0]).map(grouped) ?? String(parts[0])
    guard parts.count == 2 else { return sign + whole }
    let decimals = parts[1].reversed().drop { $0 == "0" }.reversed()
    return sign + (decimals.isEmpty ? whole : "\(whole).\(String(decimals))")
}

private func powerOfTen(_ magnitude: Double, _ digits: Int) -> String {
    let parts = String(format: "%.\(digits - 1)e", magnitude).split(separator: "e")
    var mantissa = String(parts[0])
    if mantissa.contains(".") {
        while mantissa.hasSuffix("0") { mantissa.removeLast() }
        if mantissa.hasSuffix(".") { mantissa.removeLast() }
    }
    let superscripts: [Character: Character] = [
        "-": "⁻", "0": "⁰", "1": "¹", "2": "²", "3": "³", "4": "⁴", "5": "⁵", "6": "⁶", "7": "⁷", "8": "⁸", "9": "⁹",
    ]
    let exponent = String(String(Int(parts[1])!).compactMap { superscripts[$0] })
    return mantissa == "1" ? "10\(exponent)" : "\(mantissa)·10\(exponent)"
}
