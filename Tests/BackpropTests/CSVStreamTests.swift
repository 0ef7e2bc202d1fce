import Backprop
import Testing

@Suite("Tables read some rows at a time")
struct CSVStreamTests {
    private static let texts = [
        "a,b\n1,2\n3,4\n5,6\n", "a,b\r\n1,2\r\n\r\n3,4\r\n5,6", "a,b\r1,2\r\r3,4\r", "1;2\n\n\n3;4",
        "\u{feff}1\t2\n3\t4\n",
        "\"a\",\"b,\n\"\"c\"\"\"\n\"1\r\n\",2\n3,\"x\"\"\"\n", "\n\n1,2\n3,4\n\n", "a,b\n,\nNA,?\n",
    ]

    /// A stream of bytes that come so many at a time.
    private func stream(
        _ text: String, _ size: Int, format: CSVFormat = CSVFormat(), maximumRowBytes: Int = 1 << 26
    ) -> CSVStream {
        let left = Left(bytes: Array(text.utf8)[...])
        return CSVStream(source: "t.csv", format: format, maximumRowBytes: maximumRowBytes) { count in
            let bytes = Array(left.bytes.prefix(min(size, count)))
            left.bytes = left.bytes.dropFirst(bytes.count)
            return bytes
        }
    }

    private final class Left {
        var bytes: ArraySlice<UInt8>
        init(bytes: ArraySlice<UInt8>) { self.bytes = bytes }
    }

    /// Where each field of a part stands, and what it says.
    private func fields(_ table: CSVTable) -> [String] {
        (0..<table.rowCount).flatMap { row in
            (0..<table.columnCount).map {
                "\(table.placeOf(row: row, column: $0)): \(table.text(row: row, column: $0))"
            }
        }
    }

    @Test("the rows, their lines and the header are those of the whole table", arguments: texts, [1, 2, 3, 5, 8, 1000])
    func parts(text: String, size: Int) throws {
        let whole = try CSVTable(Array(text.utf8), source: "t.csv")
        var stream = stream(text, size)
        var found: [String] = []
        while let part = try stream.next() {
            #expect(part.header == whole.header)
            found += fields(part)
        }
        #expect(found == fields(whole))
        #expect(try stream.next() == nil)
    }

    @Test(
        "a table that is at fault gives the same error, after the rows before it",
        arguments: [
            ("a,b\n1,2\n\n3,4\n5\n6,7\n", 2), ("1,2\n3,4\n5,\"6\n7,8\n", 2), ("1,2\r\n\"3\"x,4\r\n", 1),
            ("a,a\n1,2\n", 0), ("a,a\n1,2\n3\n", 0), ("a,a\n1,\"2\n", 0), ("a,\"b\n", 0),
            ("", 0), ("\n\n", 0), ("a,b\n", 0),
        ], [1, 3, 1000])
    func faults(_ fault: (text: String, rows: Int), size: Int) throws {
        var expected: BackpropError?
        do { _ = try CSVTable(Array(fault.text.utf8), source: "t.csv") } catch { expected = error }
        var stream = stream(fault.text, size)
        var rows = 0
        #expect(throws: expected!) {
            while let part = try stream.next() { rows += part.rowCount }
        }
        #expect(rows == fault.rows)
    }

    @Test("random texts are read in parts as they are as a whole, to the same rows or the same error")
    func randomTexts() throws {
        let pieces = [
            "a", "b", "1", "2.5", "NA", " ", "\"", "\"\"", "\"\n", ",", ";", "\t", "\n", "\r\n", "\r", "\u{feff}",
            "1,2\n",
            "x,\"y\"\n",
        ]
        let seed: UInt64 = 5
        var random = SplitMix64(seed: seed)
        func number(below bound: Int) -> Int { Int(random.next() % UInt64(bound)) }
        var sound = 0
        for _ in 0..<10_000 {
            let text = (0..<number(below: 15)).map { _ in pieces[number(below: pieces.count)] }.joined()
            let format = CSVFormat(
                header: CSVFormat.Header.allCases[number(below: 3)],
                separator: CSVFormat.Separator.allCases[number(below: 4)], maximumColumns: 4)
            let whole = Result { try CSVTable(Array(text.utf8), source: "t.csv", format: format) }
                .map { (header: $0.header, fields: fields($0)) }
            var stream = stream(text, 1 + number(below: 12), format: format)
            var (header, found): ([String]?, [String]) = (nil, [])
            let error = Result {
                while let part = try stream.next() {
                    header = part.header
                    found += fields(part)
                }
            }.failure
            let place: Comment = "\(text.debugDescription), \(format)"
            #expect(error.map { "\($0)" } == whole.failure.map { "\($0)" }, place)
            guard case .success(let table) = whole else { continue }
            sound += 1
            #expect(header == table.header && found == table.fields, place)
        }
        #expect((2000...8000).contains(sound), "texts of seed \(seed) are nearly all sound, or none")
    }

    @Test("rows are given as soon as they are complete")
    func promptness() throws {
        var pieces = ["1,2\n3", ",4\n", "5,6\n"].map { Array($0.utf8) }[...]
        var stream = CSVStream(source: "t.csv") { _ in pieces.popFirst() ?? [] }
        for expected in [[1.0, 2], [3, 4], [5, 6]] {
            let numbers: [Double]? = try stream.next()?.numbers(inColumns: [0, 1])
            #expect(numbers == expected)
        }
    }

    @Test("a row that is too long is refused before it is all read")
    func longRow() throws {
        let row = "1," + String(repeating: "2", count: 200)
        var stream = stream("1,2\n" + row, 16, maximumRowBytes: 100)
        #expect(try stream.next()?.rowCount == 1)
        expectError("t.csv line 2: expected a row of at most 100 bytes, found a longer one") { try stream.next() }
    }

    @Test("plain decimals are rounded as the standard library does")
    func decimals() throws {
        let texts = [
            "0.1", "-0.0", "3.14159265358979", "123456789012345", "999999999999999.5", "-7", "5.", ".5",
            "0.000000000000001",
            "1234567.12345678", "00012.50", "4.35", "-123.456",
        ]
        let table = try CSVTable(Array(texts.joined(separator: "\n").utf8), source: "t", format: CSVFormat(header: .no))
        let numbers: [Double] = try table.numbers(inColumns: [0])
        for (text, number) in zip(texts, numbers) {
            #expect(
                number.bitPattern == Double(text.hasPrefix(".") || text.hasSuffix(".") ? "0\(text)0" : text)?.bitPattern
            )
        }
    }
}

extension Result {
    fileprivate var failure: Failure? {
        if case .failure(let error) = self { error } else { nil }
    }
}
