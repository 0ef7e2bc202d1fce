/// What a figure is held to.
struct Bar: Encodable, Sendable {
    enum Unit: String, Encodable {
        case share, times, nanoseconds

        func text(_ value: Double) -> String {
            switch self {
            case .share: "\(rounded(value * 100)) %"
            case .times: "\(rounded(value, digits: 2)) ×"
            case .nanoseconds: "\(rounded(value)) ns"
            }
        }
    }

    var limit: Double
    var isMinimum: Bool
    var unit: Unit

    static func atLeast(_ limit: Double, _ unit: Unit) -> Bar { Bar(limit: limit, isMinimum: true, unit: unit) }
    static func atMost(_ limit: Double, _ unit: Unit) -> Bar { Bar(limit: limit, isMinimum: false, unit: unit) }

    func isMet(by value: Double) -> Bool { isMinimum ? value >= limit : value <= limit }

    var text: String { "\(isMinimum ? "≥" : "≤") \(unit.text(limit))" }
}
