/// A message in the wire format of protocol buffers, field by field.
struct ProtobufMessage {
    private(set) var bytes: [UInt8] = []

    private enum WireType: UInt64 {
        case varint = 0
        case lengthDelimited = 2
        case fixed32 = 5
    }

    mutating func field(_ number: UInt64, _ value: Int) {
        tag(number, .varint)
        // Negative numbers are ten bytes, as their two's complement of 64 bits.
        varint(UInt64(bitPattern: Int64(value)))
    }

    mutating func field(_ number: UInt64, _ value: Float) {
        tag(number, .fixed32)
        littleEndian(value.bitPattern)
    }

    mutating func field(_ number: UInt64, _ text: String) {
        field(number, bytes: Array(text.utf8))
    }

    mutating func field(_ number: UInt64, _ message: ProtobufMessage) {
        field(number, bytes: message.bytes)
    }

    /// The bytes of numbers.
    mutating func field<Scalar: NetworkScalar>(_ number: UInt64, littleEndian values: some Collection<Scalar>) {
        tag(number, .lengthDelimited)
        varint(UInt64(values.count * MemoryLayout<Scalar>.size))
        for value in values {
            if let value = value as? Float {
                littleEndian(value.bitPattern)
            } else {
                littleEndian(Double(value).bitPattern)
            }
        }
    }

    private mutating func field(_ number: UInt64, bytes content: [UInt8]) {
        tag(number, .lengthDelimited)
        varint(UInt64(content.count))
        bytes += content
    }

    private mutating func tag(_ number: UInt64, _ type: WireType) {
        varint(number << 3 | type.rawValue)
    }

    private mutating func varint(_ value: UInt64) {
        var rest = value
        while rest > 0x7f {
            bytes.append(UInt8(rest & 0x7f) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    private mutating func littleEndian<Bits: FixedWidthInteger>(_ bits: Bits) {
        for shift in stride(from: 0, to: Bits.bitWidth, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: bits >> shift))
        }
    }
}
