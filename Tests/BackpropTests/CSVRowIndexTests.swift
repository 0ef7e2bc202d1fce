import Testing

@testable import Backprop

@Suite("Where rows of a table begin")
struct CSVRowIndexTests {
    @Test("every row is found from one that is remembered", arguments: [1, 2, 7, 64, 1000], [0, 1, 1024, 1025, 5000])
    func places(rowBytes: Int, rows: Int) {
        var index = CSVRowIndex(byteCount: rowBytes * rows)
        for row in 0..<rows { index.append(row * rowBytes) }
        #expect(index.count == rows)
        for isFirstLeftOut in [false, true] where rows > 0 {
            if isFirstLeftOut { index.removeFirst() }
            let offset = isFirstLeftOut ? 1 : 0
            for row in 0..<index.count {
                let (start, rowsBetween) = index.startBefore(row)
                #expect(start == (row + offset - rowsBetween) * rowBytes)
                #expect(index.start(of: row) == (rowsBetween == 0 ? start : nil))
            }
        }
    }

    @Test("an index takes no more than an eighth of the table, or 8 KB", arguments: [1, 2, 20, 63, 64, 100])
    func memory(rowBytes: Int) {
        for byteCount in [0, 1000, 100_000, 3_000_000] {
            var index = CSVRowIndex(byteCount: byteCount)
            for start in stride(from: 0, to: byteCount, by: rowBytes) {
                index.append(start)
                #expect(index.memory <= max(8192, byteCount / 8))
            }
            // What there is room for isn't forgotten, as rows are found sooner then.
            let rows = (byteCount + rowBytes - 1) / rowBytes
            #expect(2 * index.memory >= min(8 * rows, byteCount / 8))
        }
    }

    /// Short rows, with their line end, whose first field is their number.
    private static let kinds = [
        (end: "\n", field: ""), (end: "\r\n", field: "x"), (end: "\r", field: ""), (end: "\n\n\r\n", field: "y"),
        (end: "\n", field: #""a, b""#), (end: "\r\n", field: #""c""d""#), (end: "\n", field: "\"e\r\nf\""),
    ]

    @Test("rows that are not remembered are read as the others", arguments: kinds)
    func table(end: String, field: String) throws {
        let count = 10_000
        let lines = (0..<count).map { "\($0),\(field)" }
        let table = try CSVTable(
            Array("number,text\(end)\(lines.joined(separator: end))".utf8), source: "t.csv",
            format: CSVFormat(header: .yes))
        let isQuoted = field.hasPrefix("\"")
        let text = isQuoted ? String(field.dropFirst().dropLast().replacing("\"\"", with: "\"")) : field
        // Each end of a line is one character, also CR LF.
        let lineCount = end.count + (field.contains("\r\n") ? 1 : 0)
        #expect(table.rowCount == count)
        #expect(table.texts(inColumn: 0) == (0..<count).map(String.init))
        #expect(table.texts(inColumn: 1) == Array(repeating: text, count: count))
        #expect(try table.numbers(inColumns: [0]) == (0..<count).map(Double.init))
        for row in [0, 1, 2, 3, 4097, 9998, 9999] {
            #expect(table.text(row: row, column: 0) == "\(row)")
            #expect(table.row(row).texts(inColumn: 0) == ["\(row)"])
            #expect(table.row(row).text(row: 0, column: 1) == text)
            #expect(table.lineOf(row: row) == "t.csv line \(1 + end.count + row * lineCount)")
        }
    }
}
