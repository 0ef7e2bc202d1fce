/// An array of bytes in the IDX format of the MNIST files: a magic number with the element type and
/// the number of dimensions, the dimensions, big-endian, then the elements
/// (Y. LeCun, C. Cortes, C. J. C. Burges, 1998).
public struct IDXFile: Hashable, Sendable {
    /// The extent of each dimension, outermost first.
    public let dimensions: [Int]
    /// The elements, row-major.
    public let elements: [UInt8]

    /// - Throws: ``BackpropError/file(_:reason:)``, or as ``init(_:source:)``.
    public init(contentsOf path: String) throws(BackpropError) {
        try self.init(try readFile(path), source: path)
    }

    /// - Parameter source: What the bytes are called in errors.
    /// - Throws: ``BackpropError/format(_:expected:found:)``
    public init(_ bytes: [UInt8], source: String) throws(BackpropError) {
        guard bytes.count >= 4, bytes[0] == 0, bytes[1] == 0 else {
            throw .format(
                source, expected: "an IDX file, which begins with two zero bytes", found: "\(Array(bytes.prefix(4)))")
        }
        guard bytes[2] == 0x08 else {
            throw .format(
                source, expected: "unsigned bytes (type 0x08)", found: "type 0x\(String(bytes[2], radix: 16))")
        }
        let headerSize = 4 + 4 * Int(bytes[3])
        guard bytes[3] > 0, bytes.count >= headerSize else {
            throw .format(
                source, expected: "a header of \(headerSize) bytes with at least 1 dimension",
                found: "\(bytes.count) bytes")
        }
        let dimensions = stride(from: 4, to: headerSize, by: 4).map { start in
            bytes[start..<(start + 4)].reduce(0) { $0 << 8 | Int($1) }
        }
        var size = 1
        for extent in dimensions {
            let (product, overflow) = size.multipliedReportingOverflow(by: extent)
            size = overflow ? .max : product
        }
        guard bytes.count - headerSize == size else {
            throw .format(source, expected: "\(size) elements as its header says", found: "\(bytes.count - headerSize)")
        }
        self.dimensions = dimensions
        self.elements = Array(bytes[headerSize...])
    }
}
