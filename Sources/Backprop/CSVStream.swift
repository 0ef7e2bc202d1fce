/// A table that is read some rows at a time, in memory that doesn't grow with it: for standard input, or files of any
/// size.
///
/// ```swift
/// var bytes = Array("width,height\n3,4\n5,12\n".utf8)[...]
/// var stream = CSVStream(source: "a text") { count in
///     defer { bytes = bytes.dropFirst(count) }
///     return Array(bytes.prefix(count))
/// }
/// while let rows = try stream.next() { print(rows.rowCount) }
/// ```
public struct CSVStream {
    private let source: String
    private let format: CSVFormat
    private let maximumRowBytes: Int
    private let read: (Int) throws(BackpropError) -> [UInt8]
    /// What was read and is not in a part yet; begins where a row may begin.
    private var buffer: [UInt8] = []
    private var isAtEnd = false
    /// The line, counted from 1, that the buffer begins with.
    private var line = 1
    /// Whether what was taken off the buffer last ended in a carriage return, so that a line feed belongs to it.
    private var endedInCarriageReturn = false
    private var start: Start?
    private var hasRows = false
    private var failure: BackpropError?

    /// What the first row told about all.
    private struct Start {
        var header: [String]?
        var columnCount: Int
        var separator: UInt8
    }

    /// Bytes that are read at a time: some hundred rows of numbers, which stay in the cache until they are predicted.
    private static let block = 1 << 15
    /// - Parameters:
    ///   - source: What the bytes are called in errors.
    ///   - format: What the bytes don't say by themselves.
    ///   - maximumRowBytes: A longer row is refused: most likely a quote was never closed.
    ///   - read: Returns the next bytes, at most so many; none at the end.
    public init(
        source: String, format: CSVFormat = CSVFormat(), maximumRowBytes: Int = 1 << 26,
        read: @escaping (Int) throws(BackpropError) -> [UInt8]
    ) {
        self.source = source
        self.format = format
        self.maximumRowBytes = maximumRowBytes
        self.read = read
    }

    /// Returns the next rows, at least one, or `nil` after the last. All parts have the header of the whole.
    ///
    /// - Throws: As ``CSVTable/init(_:source:format:)``, with the line in the whole. Rows before one that is at fault come
    ///   in a part of their own first.
    public mutating func next() throws(BackpropError) -> CSVTable? {
        while true {
            if let part = failure == nil ? try part() : nil { return part }
            if let failure { throw failure }
            if isAtEnd {
                guard !hasRows else { return nil }
                throw .empty(start == nil ? "\(source): rows" : "\(source): rows below the header")
            }
            try fill()
        }
    }

    /// Reads until there is something more, or the end.
    private mutating func fill() throws(BackpropError) {
        let before = buffer.count
        guard before <= maximumRowBytes else {
            throw .format(
                "\(source) line \(line)", expected: "a row of at most \(maximumRowBytes) bytes", found: "a longer one")
        }
        // A long row is looked at again only when it has grown by some.
        let enough = before < 1 << 20 ? before + 1 : before + before / 2
        while !isAtEnd, buffer.count < enough {
            let bytes = try read(Self.block)
            isAtEnd = bytes.isEmpty
            buffer += bytes
        }
        if endedInCarriageReturn, buffer.first == ASCII.lineFeed { buffer.removeFirst() }
        endedInCarriageReturn = false
    }

    /// Takes the rows that are complete off the buffer, or none.
    private mutating func part() throws(BackpropError) -> CSVTable? {
        guard !buffer.isEmpty else { return nil }
        let bytes = FileBytes(buffer + CollectionOfOne(ASCII.lineFeed))
        let format = format
        let begin = start == nil ? bytes.withSpan { CSVTable.sizeOfByteOrderMark($0) } : 0
        let isWhole = isAtEnd
        let (separator, isCertain) =
            start.map { ($0.separator, true) }
            ?? bytes.withSpan { format.separator(of: $0, from: begin, isWhole: isWhole) }
        guard isCertain else { return nil }
        var scanner = CSVScanner(
            source: source, separator: separator, maximumColumns: format.maximumColumns,
            columnCount: start?.columnCount ?? 0, firstLine: line)
        var end = 0
        do {
            end = try bytes.withSpan { span throws(BackpropError) in
                try scanner.scan(span, from: begin, isWhole: isAtEnd)
            }
        } catch {
            failure = error
        }
        var rows = scanner.rows
        if start == nil, rows.count > 0 {
            let header = try CSVTable.header(bytes, scanner, source: source, format: format)
            start = Start(header: header, columnCount: scanner.columnCount, separator: scanner.separator)
            if header != nil { rows.removeFirst() }
        } else if start == nil, failure == nil, !isAtEnd {
            return nil
        }
        let firstLine = line
        if failure == nil { take(min(end, buffer.count)) }
        guard rows.count > 0 else { return nil }
        hasRows = true
        return CSVTable(header: start?.header, bytes, rows, scanner, source: source, firstLine: firstLine)
    }

    private mutating func take(_ count: Int) {
        guard count > 0 else { return }
        line += lineEnds(in: buffer.span.extracting(first: count))
        endedInCarriageReturn = buffer[count - 1] == ASCII.carriageReturn
        buffer.removeFirst(count)
    }
}

/// How many lines end in some bytes: in LF, CR LF or CR.
private func lineEnds(in bytes: Span<UInt8>) -> Int {
    var (count, position) = (0, 0)
    // Eight bytes at a time, as long as there is no carriage return.
    while position + 8 <= bytes.count {
        let word = bytes.bytes.unsafeLoadUnaligned(fromByteOffset: position, as: UInt64.self).littleEndian
        guard matches(word, ASCII.carriageReturn) == 0 else { break }
        count += matches(word, ASCII.lineFeed).nonzeroBitCount
        position += 8
    }
    while position < bytes.count {
        let next = position + 1 < bytes.count ? bytes[position + 1] : 0
        let isEnd = bytes[position] == ASCII.carriageReturn && next != ASCII.lineFeed
        if isEnd || bytes[position] == ASCII.lineFeed { count += 1 }
        position += 1
    }
    return count
}
