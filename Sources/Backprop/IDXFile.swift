/// An array of numbers in the IDX format of the MNIST files: a magic number with the element type and
/// the number of dimensions, the dimensions, then the elements, all big-endian
/// (Y. LeCun, C. Cortes, C. J. C. Burges, 1998).
///
/// A file is mapped into memory rather than read, so it may be larger than memory.
public struct IDXFile: Hashable, Sendable {
    /// What the elements are, by their number in the format.
    public enum ElementType: UInt8, CaseIterable, Hashable, Sendable {
        case unsignedByte = 0x08
        case signedByte = 0x09
        /// 16 bits, signed.
        case short = 0x0b
        /// 32 bits, signed.
        case int = 0x0c
        case float = 0x0d
        case double = 0x0e

        /// Bytes of an element.
        public var size: Int {
            switch self {
            case .unsignedByte, .signedByte: 1
            case .short: 2
            case .int, .float: 4
            case .double: 8
            }
        }

        /// The least and the greatest element that there can be, or `nil` where they may be infinite.
        var bounds: [Double]? {
            switch self {
            case .unsignedByte: [0, 255]
            case .signedByte: [-128, 127]
            case .short: [-32_768, 32_767]
            case .int: [-2_147_483_648, 2_147_483_647]
            case .float, .double: nil
            }
        }
    }

    /// How the file stores each element.
    public let type: ElementType
    /// The extent of each dimension, outermost first.
    public let dimensions: [Int]
    /// What the file is called in errors.
    public let source: String
    private let bytes: FileBytes
    private let headerSize: Int

    /// Maps a file, which must not be made shorter as long as it is in use.
    ///
    /// - Throws: ``BackpropError/file(_:reason:)``, or as ``init(_:source:)``.
    public init(contentsOf path: String) throws(BackpropError) {
        try self.init(FileBytes(mapping: path), source: path)
    }

    /// - Parameters:
    ///   - bytes: The file.
    ///   - source: What the bytes are called in errors.
    /// - Throws: ``BackpropError/format(_:expected:found:)``
    public init(_ bytes: [UInt8], source: String) throws(BackpropError) {
        try self.init(FileBytes(bytes), source: source)
    }

    private init(_ bytes: FileBytes, source: String) throws(BackpropError) {
        let head = bytes.withSpan { span in (0..<min(span.count, 4 + 4 * 255)).map { span[$0] } }
        guard head.count >= 4, head[0] == 0, head[1] == 0 else {
            throw .format(
                source, expected: "an IDX file, which begins with two zero bytes", found: "\(Array(head.prefix(4)))")
        }
        guard let type = ElementType(rawValue: head[2]) else {
            throw .format(
                source, expected: "an element type of IDX, 0x8, 0x9 or 0xb to 0xe",
                found: "type 0x\(String(head[2], radix: 16))")
        }
        let headerSize = 4 + 4 * Int(head[3])
        guard head[3] > 0, head.count >= headerSize else {
            throw .format(
                source, expected: "a header of \(headerSize) bytes with at least 1 dimension",
                found: "\(head.count) bytes")
        }
        let dimensions = stride(from: 4, to: headerSize, by: 4).map { start in
            head[start..<(start + 4)].reduce(0) { $0 << 8 | Int($1) }
        }
        let size = dimensions.reduce(type.size) { size, extent in
            let (product, overflow) = size.multipliedReportingOverflow(by: extent)
            return overflow ? .max : product
        }
        guard bytes.count - headerSize == size else {
            throw .format(
                source, expected: "\(size == .max ? "more than 2^63" : "\(size)") bytes of elements as its header says",
                found: "\(bytes.count - headerSize)")
        }
        self.type = type
        self.dimensions = dimensions
        self.source = source
        self.bytes = bytes
        self.headerSize = headerSize
    }

    /// The number of elements.
    public var count: Int { (bytes.count - headerSize) / type.size }

    /// The extent of the first dimension: the samples.
    public var rowCount: Int { dimensions[0] }

    /// Elements for each index of the first dimension: the values of a sample.
    public var rowSize: Int { rowCount == 0 ? 0 : count / rowCount }

    /// All elements, row-major.
    public var elements: [Double] { decoded(bytes.bytes(headerSize..<bytes.count)) }

    /// The elements of some rows, in their order.
    public func elements(ofRows rows: some Collection<Int>) -> [Double] {
        var elements: [Double] = []
        elements.reserveCapacity(rows.count * rowSize)
        let bytesOfRow = rowSize * type.size
        for row in rows {
            precondition((0..<rowCount).contains(row), "a row is out of range")
            let start = headerSize + row * bytesOfRow
            elements += decoded(bytes.bytes(start..<(start + bytesOfRow)))
        }
        return elements
    }

    private func decoded(_ bytes: [UInt8]) -> [Double] {
        switch type {
        case .unsignedByte: bytes.map { Double($0) }
        case .signedByte: bytes.map { Double(Int8(bitPattern: $0)) }
        case .short: words(bytes, Int16.self).map { Double($0) }
        case .int: words(bytes, Int32.self).map { Double($0) }
        case .float: words(bytes, UInt32.self).map { Double(Float(bitPattern: $0)) }
        case .double: words(bytes, UInt64.self).map { Double(bitPattern: $0) }
        }
    }

    private func words<Word: FixedWidthInteger>(_ bytes: [UInt8], _: Word.Type) -> [Word] {
        stride(from: 0, to: bytes.count, by: type.size).map { start in
            bytes[start..<(start + type.size)].reduce(0) { $0 << 8 | Word(truncatingIfNeeded: $1) }
        }
    }

    /// Elements as classes, for a file of labels.
    ///
    /// - Throws: ``BackpropError/format(_:expected:found:)`` if one is no whole number from 0, or there is more than one
    ///   dimension.
    public func classes() throws(BackpropError) -> [Int] {
        guard dimensions.count == 1 else {
            throw .format(source, expected: "labels in 1 dimension", found: "dimensions \(dimensions)")
        }
        var classes: [Int] = []
        classes.reserveCapacity(count)
        for (index, element) in elements.enumerated() {
            guard let label = Int32(exactly: element), label >= 0 else {
                throw .format("\(source), label \(index)", expected: "a whole number from 0", found: "\(element)")
            }
            classes.append(Int(label))
        }
        return classes
    }
}

/// Samples that stay in a file, and become numbers when a batch is made of them.
struct StoredInputs: Hashable, Sendable {
    private let file: IDXFile
    private let scaling: Scaling?
    /// The rows of the file that are meant, or `nil` for all.
    private var rows: [UInt32]?

    /// Rows that are made numbers at a time.
    private static let chunk = 256

    /// - Throws: ``BackpropError/shape(_:expected:found:)`` if the scaling is of another width,
    ///   ``BackpropError/nonFinite(_:index:found:)`` if a scaled element isn't finite in the precision `Scalar`.
    init<Scalar: NetworkScalar>(
        _ file: IDXFile, rows: [UInt32]?, scaling: Scaling?, _: Scalar.Type
    ) throws(BackpropError) {
        guard file.count > 0, rows?.isEmpty != true else { throw .empty("\(file.source): samples") }
        if let scaling, scaling.offsets.count != file.rowSize {
            throw .shape("scaling", expected: "\(file.rowSize) columns", found: "\(scaling.offsets.count)")
        }
        self.file = file
        self.scaling = scaling
        self.rows = rows
        precondition(rows?.allSatisfy { $0 < file.rowCount } ?? true, "a row is out of range")
        if let bounds = file.type.bounds {
            // What is between two numbers is scaled to between what they are scaled to.
            let extremes = bounds.flatMap { [Double](repeating: $0, count: file.rowSize) }
            try checkFinite(scaled(extremes, Scalar.self), "\(file.source), scaled")
        } else {
            for start in stride(from: 0, to: count, by: Self.chunk) {
                let values: [Scalar] = values(start..<min(start + Self.chunk, count))
                if let index = values.firstIndex(where: { !$0.isFinite }) {
                    throw .nonFinite(file.source, index: start * file.rowSize + index, found: "\(values[index])")
                }
            }
        }
    }

    private func scaled<Scalar: NetworkScalar>(_ elements: [Double], _: Scalar.Type) -> [Scalar] {
        (scaling?.apply(to: elements) ?? elements).map { Scalar($0) }
    }

    var count: Int { rows?.count ?? file.rowCount }

    /// The scaled values of some samples.
    func values<Scalar: NetworkScalar>(_ samples: some Collection<Int>) -> [Scalar] {
        var values: [Scalar] = []
        values.reserveCapacity(samples.count * file.rowSize)
        var left = samples[...]
        while !left.isEmpty {
            let part = left.prefix(Self.chunk)
            let raw = rows.map { rows in file.elements(ofRows: part.map { Int(rows[$0]) }) }
            values += scaled(raw ?? file.elements(ofRows: part), Scalar.self)
            left = left.dropFirst(Self.chunk)
        }
        return values
    }

    /// Writes the scaled values of some samples over the first of `target`.
    func gather<Scalar: NetworkScalar>(_ samples: some Collection<Int>, into target: inout [Scalar]) {
        let values: [Scalar] = values(samples)
        target.replaceSubrange(..<values.count, with: values)
    }

    /// The samples of the given indices.
    func chosen(_ samples: [UInt32]) -> StoredInputs {
        var chosen = self
        chosen.rows = rows.map { rows in samples.map { rows[Int($0)] } } ?? samples
        return chosen
    }
}
