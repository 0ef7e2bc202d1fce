/// A field of a table, as it stands in the bytes.
struct CSVField {
    /// What it says: without quotes around it, or spaces where there are none.
    var content: Range<Int>
    /// Where the separator or the line end after it is.
    var end: Int
    var isQuoted: Bool

    /// - Parameter start: Where it begins. The bytes end in a line feed, and quotes are known to be closed.
    init(at start: Int, _ bytes: Span<UInt8>, separator: UInt8) {
        isQuoted = bytes[start] == ASCII.quote
        var position = start
        if isQuoted {
            position += 1
            while bytes[position] != ASCII.quote || bytes[position + 1] == ASCII.quote {
                position += bytes[position] == ASCII.quote ? 2 : 1
            }
            content = (start + 1)..<position
            end = position + 1
        } else {
            while !endsField(bytes[position], separator) { position += 1 }
            end = position
            var (first, last) = (start, end)
            while first < last, bytes[first] == ASCII.space { first += 1 }
            while last > first, bytes[last - 1] == ASCII.space { last -= 1 }
            content = first..<last
        }
    }

    /// The text, with doubled quotes as one.
    func text(_ bytes: Span<UInt8>) -> String {
        guard isQuoted else { return Backprop.text(bytes, content) }
        var text: [UInt8] = []
        var position = content.lowerBound
        while position < content.upperBound {
            text.append(bytes[position])
            position += bytes[position] == ASCII.quote ? 2 : 1
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Whether it stands for a value that is not there: nothing, NA, nan or ?. Quotes make a text of all but nothing.
    func isMissing(_ bytes: Span<UInt8>) -> Bool {
        if content.isEmpty { return true }
        guard !isQuoted, content.count <= 3 else { return false }
        let first = bytes[content.lowerBound]
        if content.count == 1 { return first == UInt8(ascii: "?") }
        // In either case of letters.
        let letters = content.map { bytes[$0] | 0x20 }
        return letters == Array("na".utf8) || letters == Array("nan".utf8)
    }
}

func endsField(_ byte: UInt8, _ separator: UInt8) -> Bool { byte == separator || endsLine(byte) }

func endsLine(_ byte: UInt8) -> Bool { byte == ASCII.lineFeed || byte == ASCII.carriageReturn }

/// Finds the rows of a table in one pass, and checks that they have equally many fields.
struct CSVScanner {
    private let source: String
    let separator: UInt8
    private let maximumColumns: Int
    /// Those that were found.
    private(set) var rows = CSVRowIndex(byteCount: 0)
    private(set) var columnCount: Int
    private(set) var hasQuotes = false
    /// The line, counted from 1, that the bytes begin with.
    private let firstLine: Int

    // Of the row that is being read.
    private var separators = 0

    /// - Parameter columnCount: The fields of each row, or 0 where the first row tells.
    init(source: String, separator: UInt8, maximumColumns: Int, columnCount: Int = 0, firstLine: Int = 1) {
        self.source = source
        self.separator = separator
        self.maximumColumns = maximumColumns
        self.columnCount = columnCount
        self.firstLine = firstLine
    }

    /// - Parameters:
    ///   - start: Where the first row may begin. The bytes end in a line feed.
    ///   - isWhole: Whether nothing follows. If not, the line feed only marks the end of what is known yet, and the row
    ///     that it ends is left for later.
    /// - Returns: Where the row that is left begins, else where the bytes end.
    /// - Throws: ``BackpropError/format(_:expected:found:)`` for the row after the last of ``rows``.
    mutating func scan(
        _ bytes: Span<UInt8>, from start: Int, isWhole: Bool = true
    ) throws(BackpropError) -> Int {
        rows = CSVRowIndex(byteCount: bytes.count)
        var position = start
        while true {
            while position < bytes.count, endsLine(bytes[position]) { position += 1 }
            guard position < bytes.count else { return bytes.count }
            let start = position
            position = try endOfRow(bytes, from: start, isWhole: isWhole)
            guard isWhole || position < bytes.count - 1 else { return start }
            try checkRow(bytes, from: start)
            rows.append(start)
        }
    }

    /// Returns where a row's line end is, and counts its separators.
    private mutating func endOfRow(
        _ bytes: Span<UInt8>, from start: Int, isWhole: Bool
    ) throws(BackpropError) -> Int {
        separators = 0
        var position = start
        var beginsField = true
        while true {
            // Eight bytes at a time, as long as they hold nothing but fields and separators.
            while position + 8 <= bytes.count, let found = plainSeparators(bytes, at: position) {
                separators += found.nonzeroBitCount
                beginsField = found >> 63 == 1
                position += 8
            }
            let byte = bytes[position]
            if endsLine(byte) { return position }
            if byte == ASCII.quote, beginsField {
                hasQuotes = true
                position = try endOfQuotes(bytes, from: position, isWhole: isWhole)
                beginsField = false
                continue
            }
            beginsField = byte == separator
            if beginsField { separators += 1 }
            position += 1
        }
    }

    /// The highest bit of each of eight bytes that is a separator, or `nil` if a quote or a line end is among them.
    private func plainSeparators(_ bytes: Span<UInt8>, at position: Int) -> UInt64? {
        let word = bytes.bytes.unsafeLoadUnaligned(fromByteOffset: position, as: UInt64.self).littleEndian
        // Nothing below '#' holds for most words, and is less work to find out.
        let isPlain = !hasByte(word, below: ASCII.quote + 1)
        guard
            isPlain
                || (matches(word, ASCII.quote) | matches(word, ASCII.lineFeed)
                    | matches(word, ASCII.carriageReturn)) == 0
        else { return nil }
        return matches(word, separator)
    }

    /// Returns where the quotes of a field have ended.
    private func endOfQuotes(
        _ bytes: Span<UInt8>, from start: Int, isWhole: Bool
    ) throws(BackpropError) -> Int {
        var position = start + 1
        while position < bytes.count {
            guard bytes[position] == ASCII.quote else {
                position += 1
                continue
            }
            position += 1
            guard position < bytes.count, bytes[position] == ASCII.quote else {
                guard position == bytes.count || endsField(bytes[position], separator) else {
                    throw .format(
                        place(bytes, at: position), expected: "the end of the field after a closing quote",
                        found: "more text")
                }
                return position
            }
            position += 1
        }
        guard isWhole else { return bytes.count - 1 }
        throw .format(place(bytes, at: start), expected: "a closing quote", found: "the end of the file")
    }

    private mutating func checkRow(_ bytes: Span<UInt8>, from start: Int) throws(BackpropError) {
        let fields = separators + 1
        if columnCount == 0 { columnCount = fields }
        guard fields <= maximumColumns else {
            throw .format(
                place(bytes, at: start), expected: "at most \(maximumColumns) columns", found: "\(fields)")
        }
        guard fields == columnCount else {
            throw .format(place(bytes, at: start), expected: "\(columnCount) fields", found: "\(fields)")
        }
    }

    private func place(_ bytes: Span<UInt8>, at position: Int) -> String {
        "\(source) line \(firstLine - 1 + lineNumber(bytes, at: position))"
    }
}

/// The highest bit of each byte of a word that equals another.
@inline(__always)
func matches(_ word: UInt64, _ byte: UInt8) -> UInt64 {
    let difference = word ^ (UInt64(byte) &* 0x0101_0101_0101_0101)
    // No carry crosses a byte, so each answer is exact: a byte's low bits are added to 0x7f.
    let low = (difference & 0x7f7f_7f7f_7f7f_7f7f) &+ 0x7f7f_7f7f_7f7f_7f7f
    return ~(low | difference) & 0x8080_8080_8080_8080
}

/// Whether a byte of a word is below a bound of at most 128.
@inline(__always)
func hasByte(_ word: UInt64, below bound: UInt8) -> Bool {
    (word &- UInt64(bound) &* 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080 != 0
}

/// The line, counted from 1, that a position is in. Lines end in LF, CR LF or CR.
func lineNumber(_ bytes: Span<UInt8>, at end: Int) -> Int {
    var line = 1
    for position in 0..<end {
        let byte = bytes[position]
        if byte == ASCII.lineFeed || (byte == ASCII.carriageReturn && bytes[position + 1] != ASCII.lineFeed) {
            line += 1
        }
    }
    return line
}
