/// A file of named tensors in the safetensors format: eight bytes that hold the size of a JSON
/// header, the header, then the numbers, little-endian, without gaps.
///
/// https://github.com/huggingface/safetensors, "Format"
struct SafeTensors: Equatable {
    struct Tensor: Equatable {
        var name: String
        /// `F32` or `F64`
        var type: String
        var shape: [Int]
        var bytes: ArraySlice<UInt8>
    }

    var metadata: [String: String]
    var tensors: [Tensor]

    /// Headers longer than this are refused, as the format's own library does.
    private static let maximumHeader = 100_000_000

    private struct Entry: Codable {
        var dtype: String
        var shape: [Int]
        var data_offsets: [Int]
    }

    func encoded() throws(BackpropError) -> [UInt8] {
        var fields = ["\"__metadata__\":\(try jsonText(metadata))"]
        var offset = 0
        for tensor in tensors {
            let end = offset + tensor.bytes.count
            let entry = Entry(dtype: tensor.type, shape: tensor.shape, data_offsets: [offset, end])
            fields.append("\(try jsonText(tensor.name)):\(try jsonText(entry))")
            offset = end
        }
        var header = Array("{\(fields.joined(separator: ","))}".utf8)
        // The numbers begin at a multiple of eight bytes.
        while header.count % 8 != 0 { header.append(UInt8(ascii: " ")) }
        let size = UInt64(header.count)
        return (0..<8).map { UInt8(truncatingIfNeeded: size >> (8 * $0)) } + header + tensors.flatMap(\.bytes)
    }

    /// - Parameter source: What the bytes are called in errors.
    /// - Throws: ``BackpropError/format(_:expected:found:)``
    init(decoding bytes: [UInt8], source: String) throws(BackpropError) {
        guard bytes.count >= 8 else {
            throw .format(source, expected: "8 bytes of header size", found: "\(bytes.count) bytes in all")
        }
        let size = bytes[..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard size <= min(UInt64(bytes.count - 8), UInt64(Self.maximumHeader)) else {
            throw .format(source, expected: "a header that fits in the file", found: "a header size of \(size) bytes")
        }
        let header = bytes[8..<(8 + Int(size))]
        let data = bytes[(8 + Int(size))...]
        let fields = try jsonValue([String: HeaderField].self, from: header, source: "\(source), header")
        metadata = [:]
        tensors = []
        for (name, field) in fields {
            switch field {
            case .metadata(let values): metadata = values
            case .tensor(let entry): tensors.append(try Self.tensor(name, entry, data, source))
            }
        }
        tensors.sort { $0.bytes.startIndex < $1.bytes.startIndex }
        var end = data.startIndex
        for tensor in tensors {
            guard tensor.bytes.startIndex == end else {
                throw .format(
                    "\(source), tensor \(tensor.name)", expected: "to begin at byte \(end)",
                    found: "byte \(tensor.bytes.startIndex)")
            }
            end = tensor.bytes.endIndex
        }
        guard end == data.endIndex else {
            throw .format(source, expected: "\(end) bytes as its tensors need", found: "\(bytes.count)")
        }
    }

    init(metadata: [String: String], tensors: [Tensor]) {
        self.metadata = metadata
        self.tensors = tensors
    }

    private static func tensor(
        _ name: String, _ entry: Entry, _ data: ArraySlice<UInt8>, _ source: String
    ) throws(BackpropError) -> Tensor {
        let place = "\(source), tensor \(name)"
        guard let width = ["F32": 4, "F64": 8][entry.dtype] else {
            throw .format(place, expected: "F32 or F64", found: entry.dtype)
        }
        var size = width
        for extent in entry.shape {
            let (product, overflow) = size.multipliedReportingOverflow(by: extent)
            guard extent >= 0, !overflow else {
                throw .format(place, expected: "a shape that fits in memory", found: "\(entry.shape)")
            }
            size = product
        }
        guard entry.data_offsets.count == 2, entry.data_offsets[0] >= 0,
            entry.data_offsets[1] >= entry.data_offsets[0], entry.data_offsets[1] <= data.count
        else {
            throw .format(place, expected: "offsets within \(data.count) bytes", found: "\(entry.data_offsets)")
        }
        let found = entry.data_offsets[1] - entry.data_offsets[0]
        guard found == size else {
            throw .format(place, expected: "\(size) bytes for shape \(entry.shape)", found: "\(found)")
        }
        let start = data.startIndex + entry.data_offsets[0]
        return Tensor(name: name, type: entry.dtype, shape: entry.shape, bytes: data[start..<(start + size)])
    }

    /// What a name in the header stands for: text for `__metadata__`, a tensor otherwise.
    private enum HeaderField: Decodable {
        case metadata([String: String])
        case tensor(Entry)

        init(from decoder: any Decoder) throws {
            if decoder.codingPath.last?.stringValue == "__metadata__" {
                self = .metadata(try [String: String](from: decoder))
            } else {
                self = .tensor(try Entry(from: decoder))
            }
        }
    }
}
