// csv.swift: every input is read as a table, in a format that its first byte chooses; what is accepted
// is read as numbers, and its last column as texts.
@testable import Backprop

func read(_ bytes: [UInt8]) throws {
    let choice = Int(bytes.first ?? 0)
    let format = CSVFormat(
        header: CSVFormat.Header.allCases[choice % 3], separator: CSVFormat.Separator.allCases[choice / 3 % 4],
        maximumColumns: 100)
    let table = try CSVTable(Array(bytes.dropFirst()), source: source, format: format)
    precondition(table.rowCount > 0 && table.columnCount > 0 && table.columnCount <= 100)
    let columns = Array(0..<table.columnCount)
    let found: NumberColumns<Double> = table.numberColumns(columns)
    let numberless = found.values.filter(\.isNaN).count
    precondition(found.values.count == table.rowCount * table.columnCount)
    precondition(numberless == found.columns.reduce(0) { $0 + $1.missing + $1.texts })
    let texts = table.texts(inColumn: table.columnCount - 1)
    precondition(texts.count == table.rowCount)
    precondition(texts.last == table.text(row: table.rowCount - 1, column: table.columnCount - 1))
    if let name = table.header?.last {
        let column = try table.column(name)
        precondition(column == table.columnCount - 1)
    }
    let numbers: [Float] = try table.numbers(inColumns: columns)
    precondition(numbers.allSatisfy(\.isFinite))
}
