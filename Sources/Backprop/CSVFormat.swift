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
    ///
    /// - Parameters:
    ///   - start: Where the first line may begin.
    ///   - isWhole: Whether nothing follows. If not, a line feed at the end only marks the end of what is known yet.
    /// - Returns: Also whether the bytes reach to where no other can be found.
    func separator(of bytes: Span<UInt8>, from start: Int, isWhole: Bool = true) -> (byte: UInt8, isCertain: Bool) {
        switch separator {
        case .comma: return (ASCII.comma, true)
        case .semicolon: return (ASCII.semicolon, true)
        case .tab: return (ASCII.tab, true)
        case .automatic: break
        }
        var position = start
        while position < bytes.count, endsLine(bytes[position]) { position += 1 }
        var (isQuoted, beginsField, endsQuotes) = (false, true, false)
        var (hasTab, hasSemicolon) = (false, false)
        var found: UInt8 { hasTab ? ASCII.tab : hasSemicolon ? ASCII.semicolon : ASCII.comma }
        for index in position..<bytes.count {
            let byte = bytes[index]
            // A quoted separator separates nothing. Within a field without quotes they are text, as in 6" x 4".
            if byte == ASCII.quote, isQuoted || beginsField || endsQuotes {
                isQuoted.toggle()
                (beginsField, endsQuotes) = (false, !isQuoted)
                continue
            }
            if isQuoted { continue }
            if byte == ASCII.comma { return (byte, true) }
            if endsLine(byte) { return (found, isWhole || index < bytes.count - 1) }
            (beginsField, endsQuotes) = (byte == ASCII.tab || byte == ASCII.semicolon, false)
            hasTab = hasTab || byte == ASCII.tab
            hasSemicolon = hasSemicolon || byte == ASCII.semicolon
        }
        return (found, isWhole)
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
