import Foundation

/// A picture of few pixels as a PNG file, not compressed (W3C, Portable Network Graphics, third edition).
struct PNG {
    private var width: Int
    private var height: Int
    private var colorType: UInt8
    /// A row after the other.
    private var rows: [[UInt8]]
    private var palette: [(red: UInt8, green: UInt8, blue: UInt8, alpha: UInt8)] = []

    /// - Parameters:
    ///   - samples: `height × width × channels` values, where 0 is black and 255 white.
    ///   - channels: 1 for gray, 3 for red, green and blue.
    init(width: Int, height: Int, channels: Int, samples: [UInt8]) {
        precondition(channels == 1 || channels == 3, "expected 1 or 3 channels, found \(channels)")
        precondition(samples.count == width * height * channels, "expected a sample for each pixel and channel")
        (self.width, self.height) = (width, height)
        colorType = channels == 1 ? 0 : 2
        rows = (0..<height).map { Array(samples[$0 * width * channels..<($0 + 1) * width * channels]) }
    }

    /// Numbers around 0 as colors: orange above and blue below, the farther from 0 the stronger; 0 is transparent, so
    /// that it has the color of the page.
    ///
    /// - Parameter bound: The distance from 0 that has the full color; what is farther away has it too.
    init(width: Int, height: Int, signed values: [Double], bound: Double) {
        precondition(values.count == width * height, "expected a value for each pixel")
        (self.width, self.height) = (width, height)
        colorType = 3
        let levels = Self.levels
        let indices = values.map { value in
            let share = bound > 0 && value.isFinite ? max(-1, min(1, value / bound)) : 0
            return UInt8(levels + Int((share * Double(levels)).rounded()))
        }
        rows = (0..<height).map { Array(indices[$0 * width..<($0 + 1) * width]) }
        palette = (-levels...levels).map { level in
            let alpha = UInt8(abs(level) * 255 / levels)
            return level > 0 ? (232, 124, 20, alpha) : (30, 126, 206, alpha)
        }
    }

    /// Steps of color on either side of 0.
    private static let levels = 48

    /// The picture as an address that holds it.
    var address: String { "data:image/png;base64," + Data(bytes).base64EncodedString() }

    var bytes: [UInt8] {
        var file: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
        file += Self.chunk("IHDR", Self.number(width) + Self.number(height) + [8, colorType, 0, 0, 0])
        if !palette.isEmpty {
            file += Self.chunk("PLTE", palette.flatMap { [$0.red, $0.green, $0.blue] })
            file += Self.chunk("tRNS", palette.map(\.alpha))
        }
        // Each row begins with the filter's number: none.
        return file + Self.chunk("IDAT", Self.stored(rows.flatMap { [0] + $0 })) + Self.chunk("IEND", [])
    }

    private static func number(_ value: Int) -> [UInt8] {
        stride(from: 24, through: 0, by: -8).map { UInt8(value >> $0 & 255) }
    }

    private static func chunk(_ name: String, _ content: [UInt8]) -> [UInt8] {
        let body = Array(name.utf8) + content
        return number(content.count) + body + number(Int(cyclicRedundancyCheck(body)))
    }

    /// A zlib stream (RFC 1950) of stored blocks (RFC 1951).
    private static func stored(_ bytes: [UInt8]) -> [UInt8] {
        let limit = 65_535
        var stream: [UInt8] = [0x78, 0x01]
        for start in stride(from: 0, to: bytes.count, by: limit) {
            let block = bytes[start..<min(start + limit, bytes.count)]
            let (low, high) = (UInt8(block.count & 255), UInt8(block.count >> 8))
            stream += [block.endIndex == bytes.count ? 1 : 0, low, high, ~low, ~high]
            stream += block
        }
        var (a, b) = (1, 0)
        for byte in bytes {
            a = (a + Int(byte)) % 65_521
            b = (b + a) % 65_521
        }
        return stream + number(b << 16 | a)
    }

    private static let remainders: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(UInt32(byte)) { remainder, _ in
            remainder & 1 == 1 ? 0xedb8_8320 ^ remainder >> 1 : remainder >> 1
        }
    }

    private static func cyclicRedundancyCheck(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(~0) { remainders[Int(($0 ^ UInt32($1)) & 255)] ^ $0 >> 8 }
    }
}
