/// How a table of separated values is written, as far as its bytes don't say.
public struct CSVFormat: Hashable, Codable, Sendable {
    /// Whether the first line names the columns.
    public enum Header: String, CaseIterable, Hashable, Codable, Sendable {
        /// It does if none of its fields is a number.
        case automatic = "auto"
        case yes
        case no
    }

    /// What stands between fields.
    public enum Separator: String, CaseIterable, Hashable, Codable, Sendable {
        /// What the first line has outside of quotes: a comma, else a tab, else a semicolon.
        case automatic = "auto"
        case comma
        case semicolon
        case tab
    }

    /// Whether the first line names the columns.
    public var header: Header
    /// What stands between fields.
    public var separator: Separator
    /// Tables with more columns are refused: most likely they were not meant to be read, and the first layer of a
    /// network would have weights for each.
    public var maximumColumns: Int

    /// What is not said is found out from the text.
    public init(header: Header = .automatic, separator: Separator = .automatic, maximumColumns: Int = 100_000) {
        self.header = header
        self.separator = separator
        self.maximumColumns = maximumColumns
    }

    /// The byte of the separator, found in the first line if it must be.
    func separator(of bytes: Span<UInt8>) -> UInt8 {
        switch separator {
        case .comma: return ASCII.comma
        case .semicolon: return ASCII.semicolon
        case .tab: return ASCII.tab
        case .automatic: break
        }
        var isQuoted = false
        var seen: Set<UInt8> = []
        for index in bytes.indices {
            let byte = bytes[index]
            if byte == ASCII.quote { isQuoted.toggle() }
            if isQuoted { continue }
            // A quoted separator separates nothing; an empty line is not the first.
            if byte == ASCII.lineFeed || byte == ASCII.carriageReturn, index > 0 { break }
            seen.insert(byte)
        }
        return [ASCII.comma, ASCII.tab, ASCII.semicolon].first(where: seen.contains) ?? ASCII.comma
    }
}

/// The bytes that mean something in a text file.
enum ASCII {
    static let tab = UInt8(ascii: "\t")
    static let lineFeed = UInt8(ascii: "\n")
    static let carriageReturn = UInt8(ascii: "\r")
    static let space = UInt8(ascii: " ")
    static let quote = UInt8(ascii: "\"")
    static let comma = UInt8(ascii: ",")
    static let semicolon = UInt8(ascii: ";")
    static let zero = UInt8(ascii: "0")
    static let plus = UInt8(ascii: "+")
    static let minus = UInt8(ascii: "-")
    static let point = UInt8(ascii: ".")
}
