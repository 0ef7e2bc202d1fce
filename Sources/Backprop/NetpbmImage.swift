/// A gray or color image in one of the formats PGM (P2, P5) and PPM (P3, P6), with 8 or 16 bits a sample
/// (J. Poskanzer, Netpbm, 1988).
public struct NetpbmImage: Hashable, Sendable {
    /// Pixels a row.
    public let width: Int
    /// Rows.
    public let height: Int
    /// 1 for gray, 3 for red, green and blue.
    public let channels: Int
    /// What stands for full brightness; 1 to 65535.
    public let maximum: Int
    /// `height × width × channels` values from 0 to ``maximum``, from the top left, row by row.
    public let samples: [UInt16]

    /// - Throws: ``BackpropError/file(_:reason:)``, or as ``init(_:source:)``.
    public init(contentsOf path: String) throws(BackpropError) {
        try self.init(try readFile(path), source: path)
    }

    /// Reads the first image of a file. Comments may stand wherever white space may in its header.
    ///
    /// - Parameters:
    ///   - bytes: The file.
    ///   - source: What the bytes are called in errors.
    /// - Throws: ``BackpropError/format(_:expected:found:)``
    public init(_ bytes: [UInt8], source: String) throws(BackpropError) {
        let magic = bytes.prefix(2)
        guard let kind = ["P2", "P3", "P5", "P6"].firstIndex(where: { magic.elementsEqual($0.utf8) }) else {
            throw .format(
                source, expected: "a PGM or PPM image, which begins with P2, P3, P5 or P6",
                found: magic.isEmpty ? "nothing" : "'\(String(decoding: magic, as: UTF8.self))'")
        }
        var reader = NetpbmReader(bytes: bytes, source: source, position: 2)
        width = try reader.number("width", in: 1...(1 << 24))
        height = try reader.number("height", in: 1...(1 << 24))
        maximum = try reader.number("greatest value", in: 1...65535)
        channels = kind % 2 == 0 ? 1 : 3
        // Each at most 2²⁴, so that the product fits.
        let count = width * height * channels
        samples = try kind < 2 ? reader.text(count, maximum) : reader.binary(count, maximum)
    }

    /// The samples as a network takes them: from 0 to 1.
    public var values: [Double] { samples.map { Double($0) / Double(maximum) } }
}

private struct NetpbmReader {
    let bytes: [UInt8]
    let source: String
    var position: Int

    private static let whiteSpace = [9, 10, 11, 12, 13, 32] as [UInt8]

    mutating func number(_ thing: String, in range: ClosedRange<Int>) throws(BackpropError) -> Int {
        while position < bytes.count {
            if bytes[position] == UInt8(ascii: "#") {
                while position < bytes.count, bytes[position] != ASCII.lineFeed { position += 1 }
            } else if Self.whiteSpace.contains(bytes[position]) {
                position += 1
            } else {
                break
            }
        }
        let start = position
        var number = 0
        while position < bytes.count, bytes[position] &- ASCII.zero < 10 {
            number = min(number * 10 + Int(bytes[position] &- ASCII.zero), Int(Int32.max))
            position += 1
        }
        guard position > start, range.contains(number) else {
            let end = min(bytes.count, max(position, start + 1))
            throw .format(
                "\(source), \(thing)",
                expected: "a whole number from \(range.lowerBound) to \(range.upperBound)",
                found: start == bytes.count
                    ? "the end of the file" : "'\(String(decoding: bytes[start..<end], as: UTF8.self))'")
        }
        return number
    }

    mutating func text(_ count: Int, _ maximum: Int) throws(BackpropError) -> [UInt16] {
        // A digit and a space each, but for the last, before memory is taken for them.
        guard bytes.count - position >= count * 2 - 1 else { throw truncated(count, (bytes.count - position) / 2) }
        var samples: [UInt16] = []
        samples.reserveCapacity(count)
        for index in 0..<count { samples.append(UInt16(try number("pixel value \(index)", in: 0...maximum))) }
        return samples
    }

    mutating func binary(_ count: Int, _ maximum: Int) throws(BackpropError) -> [UInt16] {
        guard position < bytes.count, Self.whiteSpace.contains(bytes[position]) else { throw truncated(count, 0) }
        position += 1
        let size = maximum < 256 ? 1 : 2
        let found = (bytes.count - position) / size
        guard found >= count else { throw truncated(count, found) }
        let samples = (0..<count).map { index in
            size == 1
                ? UInt16(bytes[position + index])
                : UInt16(bytes[position + 2 * index]) << 8 | UInt16(bytes[position + 2 * index + 1])
        }
        if let index = samples.firstIndex(where: { $0 > maximum }) {
            throw .format(
                "\(source), pixel value \(index)", expected: "a whole number from 0 to \(maximum)",
                found: "'\(samples[index])'")
        }
        return samples
    }

    private func truncated(_ count: Int, _ found: Int) -> BackpropError {
        .format(source, expected: "\(count) pixel values as its header says", found: "\(found) at most")
    }
}

/// Images in folders by class: each folder within a folder is a class, called as it is.
public struct ImageFolder: Hashable, Sendable {
    /// The names of the folders, sorted.
    public let classNames: [String]
    /// Pixels a row.
    public let width: Int
    /// Rows.
    public let height: Int
    /// 1 for gray, 3 for color.
    public let channels: Int
    /// Samples of `height × width × channels` values from 0 to 1, row-major.
    public let values: [Double]
    /// The class of each sample.
    public let classes: [Int]

    /// Reads every `.pgm` and `.ppm` file of the folders within one, in the order of their names.
    ///
    /// - Throws: ``BackpropError/file(_:reason:)``, ``BackpropError/empty(_:)`` if a class has no image or there is
    ///   none, ``BackpropError/format(_:expected:found:)`` if there is only one class, or if an image is damaged or of
    ///   another size than the first.
    public init(contentsOf path: String) throws(BackpropError) {
        let names = try folderContents(path).filter { isFolder("\(path)/\($0)") }
        guard !names.isEmpty else { throw .empty("\(path): folders of images") }
        guard names.count > 1 else {
            throw .format(path, expected: "at least 2 classes, a folder of images each", found: "only \(names[0])")
        }
        var values: [Double] = []
        var classes: [Int] = []
        var first: (path: String, image: NetpbmImage)?
        for (label, name) in names.enumerated() {
            let files = try folderContents("\(path)/\(name)").filter { $0.hasSuffix(".pgm") || $0.hasSuffix(".ppm") }
            guard !files.isEmpty else { throw .empty("\(path)/\(name): images, .pgm or .ppm") }
            for file in files {
                let file = "\(path)/\(name)/\(file)"
                let image = try NetpbmImage(contentsOf: file)
                let expected = first ?? (file, image)
                first = expected
                guard image.size == expected.image.size else {
                    throw .format(
                        file, expected: "\(expected.image.size) as \(expected.path)", found: image.size)
                }
                values += image.values
                classes.append(label)
            }
        }
        let image = first!.image
        classNames = names
        (width, height, channels) = (image.width, image.height, image.channels)
        self.values = values
        self.classes = classes
    }

    /// The images with their classes.
    public func dataset<Scalar: NetworkScalar>(_: Scalar.Type = Scalar.self) throws(BackpropError) -> Dataset<Scalar> {
        try Dataset(
            inputs: values.map { Scalar($0) }, inputCount: width * height * channels, classes: classes,
            classCount: classNames.count)
    }
}

extension NetpbmImage {
    fileprivate var size: String { "\(width) × \(height) pixels in \(channels == 1 ? "gray" : "color")" }
}
