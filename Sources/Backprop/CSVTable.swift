/// A table of text read from comma-separated values as RFC 4180 describes them: fields may be in
/// double quotes, within which a quote is doubled and line ends are kept; lines end in LF or CRLF.
///
/// The separator is a comma, or a tab if the first line has tabs and no commas.
public struct CSVTable: Hashable, Sendable {
    /// The names of the columns, or `nil` if the first line holds values.
    public let header: [String]?
    public let columnCount: Int
    /// Rows of as many fields as there are columns; at least one.
    public let rows: [[String]]
    /// What the table is called in errors.
    public let source: String
    /// The line that each row begins in, counted from 1.
    private let lines: [Int]

    /// - Throws: ``BackpropError/file(_:reason:)``, or as ``init(_:source:)``.
    public init(contentsOf path: String) throws(BackpropError) {
        try self.init(try readFile(path), source: path)
    }

    /// The first line is taken as a header if none of its fields is a number.
    ///
    /// - Throws: ``BackpropError/format(_:expected:found:)`` for ragged rows, quotes that never end and columns of the
    ///   same name,
    ///   ``BackpropError/empty(_:)`` if there is no row of values.
    public init(_ bytes: [UInt8], source: String) throws(BackpropError) {
        var reader = CSVReader(bytes)
        var rows: [[String]] = []
        var lines: [Int] = []
        while true {
            let line = reader.line
            guard let row = try reader.nextRow(source: source) else { break }
            if let first = rows.first, row.count != first.count {
                throw .format("\(source) line \(line)", expected: "\(first.count) fields", found: "\(row.count)")
            }
            rows.append(row)
            lines.append(line)
        }
        guard let first = rows.first else { throw .empty("\(source): rows") }
        let hasHeader = first.allSatisfy { Double($0) == nil }
        guard rows.count > (hasHeader ? 1 : 0) else { throw .empty("\(source): rows below the header") }
        if hasHeader, let twice = first.first(where: { name in first.count { $0 == name } > 1 }) {
            throw .format("\(source), header", expected: "a name for each column", found: "\(twice) twice")
        }
        self.header = hasHeader ? first : nil
        self.columnCount = first.count
        self.rows = Array(rows.dropFirst(hasHeader ? 1 : 0))
        self.lines = Array(lines.dropFirst(hasHeader ? 1 : 0))
        self.source = source
    }

    /// The index of a column by its name or, as a decimal counted from 1, by its position.
    ///
    /// - Throws: ``BackpropError/format(_:expected:found:)`` if there is none.
    public func column(_ name: String) throws(BackpropError) -> Int {
        if let index = header?.firstIndex(of: name) { return index }
        if let position = Int(name), (1...columnCount).contains(position) { return position - 1 }
        let known = header?.joined(separator: ", ") ?? "1 to \(columnCount)"
        throw .format("\(source), column", expected: "one of \(known)", found: name)
    }

    /// The name of a column, or its position, counted from 1, where it has none.
    public func name(ofColumn column: Int) -> String {
        header?[column] ?? "\(column + 1)"
    }

    /// The numbers of some columns, row by row.
    ///
    /// - Throws: ``BackpropError/format(_:expected:found:)`` where a field is no finite number.
    @_specialize(where Scalar == Float)
    @_specialize(where Scalar == Double)
    public func numbers<Scalar: NetworkScalar>(inColumns columns: [Int]) throws(BackpropError) -> [Scalar] {
        var numbers: [Scalar] = []
        numbers.reserveCapacity(rows.count * columns.count)
        for (index, row) in rows.enumerated() {
            for column in columns {
                guard let number = Double(row[column]), Scalar(number).isFinite else {
                    throw .format(
                        placeOf(row: index, column: column), expected: "a finite number",
                        found: row[column].isEmpty ? "nothing" : row[column])
                }
                numbers.append(Scalar(number))
            }
        }
        return numbers
    }

    /// The texts of one column.
    public func texts(inColumn column: Int) -> [String] {
        rows.map { $0[column] }
    }

    /// Where a field stands, for error messages.
    public func placeOf(row: Int, column: Int) -> String {
        "\(source) line \(lines[row]), column \(name(ofColumn: column))"
    }
}

/// Reads rows off bytes, one pass, no look back.
private struct CSVReader {
    private let bytes: [UInt8]
    private var position: Int
    private let separator: UInt8
    /// The line that comes next, counted from 1.
    private(set) var line = 1

    private static let quote = UInt8(ascii: "\"")
    private static let lineFeed = UInt8(ascii: "\n")
    private static let carriageReturn = UInt8(ascii: "\r")

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        let byteOrderMark: [UInt8] = [0xef, 0xbb, 0xbf]
        position = bytes.starts(with: byteOrderMark) ? byteOrderMark.count : 0
        let firstLine = bytes.prefix { $0 != Self.lineFeed }
        let tab = UInt8(ascii: "\t")
        let comma = UInt8(ascii: ",")
        separator = firstLine.contains(tab) && !firstLine.contains(comma) ? tab : comma
    }

    /// The fields of the next line that isn't empty, or `nil` at the end.
    mutating func nextRow(source: String) throws(BackpropError) -> [String]? {
        while position < bytes.count, bytes[position] == Self.lineFeed || bytes[position] == Self.carriageReturn {
            if bytes[position] == Self.lineFeed { line += 1 }
            position += 1
        }
        guard position < bytes.count else { return nil }
        var row: [String] = []
        while true {
            row.append(try nextField(source: source))
            guard position < bytes.count else { break }
            let end = bytes[position]
            position += 1
            if end == separator { continue }
            if end == Self.carriageReturn, position < bytes.count, bytes[position] == Self.lineFeed { position += 1 }
            line += 1
            break
        }
        return row
    }

    private mutating func nextField(source: String) throws(BackpropError) -> String {
        if position < bytes.count, bytes[position] == Self.quote { return try quotedField(source: source) }
        let start = position
        while position < bytes.count, !endsField(bytes[position]) { position += 1 }
        return trimmed(bytes[start..<position])
    }

    private mutating func quotedField(source: String) throws(BackpropError) -> String {
        let firstLine = line
        var field: [UInt8] = []
        position += 1
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            if byte == Self.lineFeed { line += 1 }
            if byte != Self.quote {
                field.append(byte)
            } else if position < bytes.count, bytes[position] == Self.quote {
                field.append(byte)
                position += 1
            } else {
                guard position == bytes.count || endsField(bytes[position]) else {
                    throw .format(
                        "\(source) line \(line)", expected: "the end of the field after a closing quote",
                        found: "more text")
                }
                return String(decoding: field, as: UTF8.self)
            }
        }
        throw .format("\(source) line \(firstLine)", expected: "a closing quote", found: "the end of the file")
    }

    private func endsField(_ byte: UInt8) -> Bool {
        byte == separator || byte == Self.lineFeed || byte == Self.carriageReturn
    }

    private func trimmed(_ field: ArraySlice<UInt8>) -> String {
        var field = field.drop { $0 == UInt8(ascii: " ") }
        while field.last == UInt8(ascii: " ") { field.removeLast() }
        return String(decoding: field, as: UTF8.self)
    }
}
