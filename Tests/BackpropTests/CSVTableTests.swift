import Backprop
import Foundation
import Testing

@Suite("Tables of separated values")
struct CSVTableTests {
    private func table(_ text: String, _ format: CSVFormat = CSVFormat()) throws -> CSVTable {
        try CSVTable(Array(text.utf8), source: "t.csv", format: format)
    }

    /// All fields as text, row by row.
    private func rows(_ text: String, _ format: CSVFormat = CSVFormat(header: .no)) throws -> [[String]] {
        let table = try table(text, format)
        return (0..<table.rowCount).map { row in (0..<table.columnCount).map { table.text(row: row, column: $0) } }
    }

    // MARK: RFC 4180

    @Test(
        "fields are told apart as RFC 4180 says",
        arguments: [
            ("a,b\nc,d\n", [["a", "b"], ["c", "d"]]),
            ("a,b\nc,d", [["a", "b"], ["c", "d"]]),
            ("a,b\r\nc,d\r\n", [["a", "b"], ["c", "d"]]),
            ("a,b\rc,d\r", [["a", "b"], ["c", "d"]]),
            ("\u{feff}a,b\nc,d\n", [["a", "b"], ["c", "d"]]),
            ("\"a,1\",\"b\"\"c\"\n\"d\ne\",\"\"\n", [["a,1", "b\"c"], ["d\ne", ""]]),
            ("\"d\r\ne\",f\r\n", [["d\r\ne", "f"]]),
            ("a\"b,c \"d\"\n", [["a\"b", "c \"d\""]]),
            (" a ,\" b \"\n", [["a", " b "]]),
            (",\n,\n", [["", ""], ["", ""]]),
            ("\n\r\na,b\n\n\nc,d\n\n", [["a", "b"], ["c", "d"]]),
            ("\"\"\"\"\n\"\"\"x\"\"\"\n", [["\""], ["\"x\""]]),
            ("é,日本\n", [["é", "日本"]]),
            ("a\n\"b\"", [["a"], ["b"]]),
        ])
    func fields(_ text: String, _ expected: [[String]]) throws {
        #expect(try rows(text) == expected)
    }

    @Test("long rows are read as short ones, wherever quotes and separators fall among eight bytes")
    func alignment() throws {
        for padding in 0..<17 {
            let filler = String(repeating: "x", count: padding)
            let text = "\(filler),\"a,\(filler)\n\",b\r\n\(filler),\"\",x\(filler)\"\n"
            #expect(try rows(text) == [[filler, "a,\(filler)\n", "b"], [filler, "", "x\(filler)\""]])
            // Without quotes, columns are found another way.
            let plain = "\(filler),a,\(filler),b,,c\n"
            #expect(try rows(plain) == [[filler, "a", filler, "b", "", "c"]])
        }
    }

    @Test(
        "the separator is found in the first line, or said",
        arguments: [
            ("a,b\n", CSVFormat.Separator.automatic, ["a", "b"]),
            ("a\tb\n", .automatic, ["a", "b"]),
            ("a;b\n", .automatic, ["a", "b"]),
            ("a\tb,c\n", .automatic, ["a\tb", "c"]),
            ("\"x,y\";b\n", .automatic, ["x,y", "b"]),
            ("\"x\"\",y\";b\n", .automatic, ["x\",y", "b"]),
            ("6\" pipe;b\n", .automatic, ["6\" pipe", "b"]),
            ("\n\r\na;b\n", .automatic, ["a", "b"]),
            ("\na;b\n", .automatic, ["a", "b"]),
            ("a\tb,c\n", .tab, ["a", "b,c"]),
            ("a;b,c\n", .semicolon, ["a", "b,c"]),
            ("a;b,c\n", .comma, ["a;b", "c"]),
        ])
    func separators(_ text: String, _ separator: CSVFormat.Separator, _ expected: [String]) throws {
        #expect(try rows(text, CSVFormat(header: .no, separator: separator)) == [expected])
    }

    @Test("a first line without numbers is a header, unless it is said otherwise")
    func headers() throws {
        #expect(try table("a,b\n1,2\n").header == ["a", "b"])
        #expect(try table("a,1\n1,2\n").header == nil)
        #expect(try table("a,nan\n1,2\n").header == nil)
        #expect(try table(",b\n1,2\n").header == ["", "b"])
        #expect(try table("a,b\nc,d\n", CSVFormat(header: .no)).header == nil)
        #expect(try table("2019,2020\n1,2\n", CSVFormat(header: .yes)).header == ["2019", "2020"])
    }

    @Test("columns are found by name, and by position where it is no name")
    func columns() throws {
        let named = try table("a,1,b\nx,2,3\n", CSVFormat(header: .yes))
        #expect(try named.column("b") == 2)
        #expect(try named.column("1") == 1)
        #expect(try named.column("3") == 2)
        expectError("t.csv, column: expected one of a, 1, b, found c") { try named.column("c") }
        expectError("t.csv, column: expected one of 1 to 2, found 3") { try table("1,2\n").column("3") }
    }

    // MARK: Numbers

    @Test(
        "decimal numbers are rounded to the nearest, as the standard library does",
        arguments: [
            "0", "-0", "7", "+7", "0.1", ".5", "5.", "-1.5e3", "1E-5", "123456789012345678", "1234567890123456789",
            "12345678901234567890", "9007199254740993", "9007199254740992.5", "0.30000000000000004", "1e22", "1e23",
            "8.5e-23", "1.7976931348623157e308", "5e-324", "2.2250738585072011e-308", "1e-400",
            "3.14159265358979323846",
            "100000000000000000000000000000000", "0.000000000000000000000000000001", "00000000000000000000000012",
            "0000000000000000000.5", "1.00000000000000000000000000000000000000000000001", "179769313486231570000e288",
        ])
    func decimals(_ text: String) throws {
        let expected = try #require(Double(text))
        let read: [Double] = try table("\(text),\"\(text)\", \(text) \r\n").numbers(inColumns: [0, 1, 2])
        #expect(read.map(\.bitPattern) == Array(repeating: expected.bitPattern, count: 3))
    }

    @Test("random numbers of every length come back to the bit")
    func roundTrip() throws {
        var random = SplitMix64(seed: 3)
        var numbers: [Double] = []
        while numbers.count < 3000 {
            let number = Double(bitPattern: random.next())
            let rounded = Double(random.next(below: 1 << 53)) / [1e0, 1e3, 1e9, 1e15][random.next(below: 4)]
            numbers += [rounded] + (number.isFinite ? [number] : [])
        }
        let text = numbers.map { "\($0)" }.joined(separator: "\n")
        let read: [Double] = try table(text).numbers(inColumns: [0])
        #expect(read.map(\.bitPattern) == numbers.map(\.bitPattern))
    }

    @Test("columns come in the order asked for, as Float and as Double")
    func order() throws {
        let table = try table("a,b,c\n1,x,2.5\n3,y,4.5\n")
        #expect(try table.numbers(inColumns: [2, 0]) as [Float] == [2.5, 1, 4.5, 3])
        #expect(try table.numbers(inColumns: [0]) as [Double] == [1, 3])
        #expect(table.texts(inColumn: 1) == ["x", "y"])
    }

    @Test(
        "what is no finite number is refused with file, line and column",
        arguments: [
            ("a,b\n1,2\n3,x\n", "t.csv line 3, column b: expected a finite number, found x"),
            ("a,b\n1,2\n3,\n", "t.csv line 3, column b: expected a finite number, found nothing"),
            ("a,b\n1,NaN\n3,4\n", "t.csv line 2, column b: expected a finite number, found NaN"),
            ("a,b\n1,2\n-inf,4\n", "t.csv line 3, column a: expected a finite number, found -inf"),
            ("a,b\n1,2\n3,1e999\n", "t.csv line 3, column b: expected a finite number, found 1e999"),
            ("a,b\n1,\"1,5\"\n", "t.csv line 2, column b: expected a finite number, found 1,5"),
            ("a,b\n1,0x10\n", "t.csv line 2, column b: expected a finite number, found 0x10"),
            ("a,b\n1,1 2\n", "t.csv line 2, column b: expected a finite number, found 1 2"),
            ("a,b\n1,1e\n", "t.csv line 2, column b: expected a finite number, found 1e"),
            ("a,b\n1,-\n", "t.csv line 2, column b: expected a finite number, found -"),
            ("a,b\n1,.\n", "t.csv line 2, column b: expected a finite number, found ."),
            ("a,b\n1,١\n", "t.csv line 2, column b: expected a finite number, found ١"),
            // The first in the order of the file, not of the columns; lines within quotes count.
            ("a,b\n\"1\",\"2\"\n\n3,x\ny,4\n", "t.csv line 4, column b: expected a finite number, found x"),
            ("a,b\r\n1,\"2\"\r\n3,\"\r\n\"\r\ny,4\r\n", "t.csv line 3, column b: expected a finite number, found \r\n"),
        ])
    func notNumbers(_ text: String, _ message: String) {
        expectError(message) { try table(text).numbers(inColumns: [0, 1]) as [Double] }
    }

    @Test("a number beyond the largest Float is refused as Float, and read as Double")
    func precision() throws {
        let table = try table("1e300\n")
        #expect(try table.numbers(inColumns: [0]) as [Double] == [1e300])
        expectError("t.csv line 1, column 1: expected a finite number, found 1e300") {
            try table.numbers(inColumns: [0]) as [Float]
        }
    }

    @Test("a long text is cut where a message quotes it")
    func longText() throws {
        let (long, cut) = (String(repeating: "é", count: 129), String(repeating: "é", count: 100) + "…")
        let whole = String(repeating: "é", count: 128)
        let table = try table("\(long)\n\(whole)\n")
        expectError("t.csv line 2, column \(cut): expected a finite number, found \(whole)") {
            try table.numbers(inColumns: [0]) as [Double]
        }
        expectError("t.csv, column: expected one of \(cut), found \(cut)") { try table.column(long + "x") }
    }

    // MARK: What is no table

    @Test(
        "what is no table is refused with file and line",
        arguments: [
            ("", "t.csv: rows: expected at least one, found none"),
            ("\u{feff}", "t.csv: rows: expected at least one, found none"),
            ("\n\r\n\n", "t.csv: rows: expected at least one, found none"),
            ("a,b\n", "t.csv: rows below the header: expected at least one, found none"),
            ("1,2\n3\n", "t.csv line 2: expected 2 fields, found 1"),
            ("1,2\n\n3,4,5\n", "t.csv line 3: expected 2 fields, found 3"),
            ("1,\"a\nb\"\n3\n", "t.csv line 3: expected 2 fields, found 1"),
            ("1,\"2\n3,4\n", "t.csv line 1: expected a closing quote, found the end of the file"),
            ("1,2\n3,\"", "t.csv line 2: expected a closing quote, found the end of the file"),
            ("1,2\n3,\"4\"5\n", "t.csv line 2: expected the end of the field after a closing quote, found more text"),
            ("a,b,a\n1,2,3\n", "t.csv, header: expected a name for each column, found a twice"),
        ])
    func malformed(_ text: String, _ message: String) {
        expectError(message) { try table(text) }
    }

    @Test("a million columns are refused, unless they are asked for, and found ragged by their line")
    func millionColumns() throws {
        let row = Array(repeating: "1", count: 1_000_000).joined(separator: ",")
        expectError("t.csv line 1: expected at most 100000 columns, found 1000000") { try table("\(row)\n\(row)\n") }
        let format = CSVFormat(maximumColumns: 1_000_000)
        #expect(try table("\(row)\n\(row)\n", format).columnCount == 1_000_000)
        expectError("t.csv line 2: expected 1000000 fields, found 1") { try table("\(row)\n1\n", format) }
    }

    @Test("no bytes of any kind crash the reader")
    func noise() throws {
        var random = SplitMix64(seed: 11)
        let alphabet = Array("1.,;\t\"\r\n -+eEnaN?xé\u{0}".utf8) + [0xff, 0x80]
        for length in 0..<600 {
            let bytes = (0..<(length / 6)).map { _ in alphabet[random.next(below: alphabet.count)] }
            guard let table = try? CSVTable(bytes, source: "noise", format: CSVFormat(header: .no)) else { continue }
            let columns = Array(0..<table.columnCount)
            _ = try? table.numbers(inColumns: columns) as [Float]
            #expect(columns.allSatisfy { table.texts(inColumn: $0).count == table.rowCount })
        }
    }

    @Test("a file is read as its bytes are, with a line end at its end or without")
    func files() throws {
        try withTemporaryFolder { folder in
            for end in ["", "\n"] {
                let path = "\(folder)/t.csv"
                try "a,b\n1,2\n3,4\(end)".write(toFile: path, atomically: false, encoding: .utf8)
                let numbers: [Double] = try CSVTable(contentsOf: path).numbers(inColumns: [0, 1])
                #expect(numbers == [1, 2, 3, 4])
            }
            expectError("\(folder)/none.csv: can't be read: no such file") {
                try CSVTable(contentsOf: "\(folder)/none.csv")
            }
        }
    }
}
