// csv.swift: every input is read as a table, in a format that its first byte chooses, as a whole and in parts, to the
// same texts or the same error; what is accepted is read as numbers.
@testable import Backprop

func read(_ bytes: [UInt8]) throws {
    let choice = Int(bytes.first ?? 0)
    let format = CSVFormat(
        header: CSVFormat.Header.allCases[choice % 3], separator: CSVFormat.Separator.allCases[choice / 3 % 4],
        maximumColumns: 100)
    let bytes = Array(bytes.dropFirst())
    let streamed = lastTexts(ofParts: bytes, format)
    let table: CSVTable
    do { table = try CSVTable(bytes, source: source, format: format) } catch {
        precondition(streamed == .failure(error), "\(streamed) in parts, and as a whole \(error)")
        throw error
    }
    precondition(streamed == .success(table.texts(inColumn: table.columnCount - 1)))
    try readColumns(table)
}

/// The last column of a table that is read a third at a time.
private func lastTexts(ofParts bytes: [UInt8], _ format: CSVFormat) -> Result<[String], BackpropError> {
    var left = bytes[...]
    var stream = CSVStream(source: source, format: format) { _ in
        let part = left.prefix(bytes.count / 3 + 1)
        left = left.dropFirst(part.count)
        return Array(part)
    }
    var texts: [String] = []
    do {
        while let part = try stream.next() { texts += part.texts(inColumn: part.columnCount - 1) }
    } catch {
        return .failure(error)
    }
    return .success(texts)
}

private func readColumns(_ table: CSVTable) throws {
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
