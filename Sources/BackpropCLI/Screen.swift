import Foundation

/// What a terminal can show.
struct Screen: Equatable {
    var columns = 80
    var hasColor = false
    /// Whether what was written can be overwritten.
    var overwrites = true

    init(columns: Int = 80, hasColor: Bool = false, overwrites: Bool = true) {
        (self.columns, self.hasColor, self.overwrites) = (columns, hasColor, overwrites)
    }

    /// The terminal that a file descriptor is, or `nil` for a pipe or file.
    init?(_ descriptor: Int32) {
        guard isTerminal(descriptor) else { return nil }
        self.init(environment: ProcessInfo.processInfo.environment, columns: terminalColumns(descriptor))
    }

    /// - Parameters:
    ///   - environment: `COLUMNS` goes before the columns that the terminal gives, as everywhere; `NO_COLOR` that is not
    ///     empty means no color, and `TERM=dumb` neither color nor anything overwritten.
    ///   - columns: What the terminal says; 80 for `nil`.
    init(environment: [String: String], columns: Int?) {
        let asked = environment["COLUMNS"].flatMap(Int.init).flatMap { $0 > 0 ? $0 : nil }
        let isDumb = environment["TERM"] == "dumb"
        let wantsColor = environment["NO_COLOR", default: ""].isEmpty
        self.init(columns: asked ?? columns ?? 80, hasColor: wantsColor && !isDumb, overwrites: !isDumb)
    }

    enum Style: String {
        case bold = "1"
        case dim = "2"
        case blue = "34"
        case yellow = "33"
    }

    func styled(_ text: String, _ style: Style) -> String {
        hasColor && !text.isEmpty ? "\u{1b}[\(style.rawValue)m\(text)\u{1b}[0m" : text
    }
}
