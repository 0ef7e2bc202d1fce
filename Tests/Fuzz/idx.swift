// idx.swift: every input is read as an IDX file; what is accepted is read to the last element, and the
// same as a whole and row by row.
import Backprop

func read(_ bytes: [UInt8]) throws {
    let file = try IDXFile(bytes, source: source)
    let elements = file.elements
    precondition(elements.count == file.count && file.rowCount == file.dimensions[0])
    // A million empty rows are not worth a fuzzer's time.
    let rows = 0..<min(file.rowCount, 64)
    let rowElements = file.elements(ofRows: rows)
    precondition(zip(rowElements, elements).allSatisfy { $0 == $1 || $0.isNaN && $1.isNaN })
    precondition(rowElements.count == rows.count * file.rowSize)
    _ = try file.classes()
}
