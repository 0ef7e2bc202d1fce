/// What is wrong with a model file, and where.
public struct FileFault: Hashable, Sendable {
    /// The faults that a safetensors file can have, each for itself and for the network it is to fill.
    ///
    /// The corresponding C numbers are `BP_ERROR_FILE_TRUNCATED` and those that follow it.
    public enum Kind: Int, Hashable, Sendable, CaseIterable {
        /// The file ends within its header.
        case truncated = 100
        /// The header is longer than the format's 100,000,000 bytes.
        case headerSize
        /// The header is not JSON as the format has it.
        case json
        /// The header nests deeper than the format does.
        case depth
        /// A text is not UTF-8.
        case utf8
        /// A text has a control character, or an escape that JSON doesn't have.
        case escape
        /// A number is not a non-negative integer.
        case number
        /// A number, or a size in bytes, does not fit in 64 bits.
        case overflow
        /// A tensor's entry has a key that is unknown, missing or there twice.
        case key
        /// The type of a tensor's numbers is unknown, or can't be read.
        case type
        /// A tensor has more than 8 dimensions.
        case rank
        /// A tensor's offsets are not a begin and an end.
        case offsets
        /// A tensor has not as many bytes as its shape and type need.
        case byteCount
        /// A tensor ends after the file.
        case outside
        /// Two tensors share bytes.
        case overlap
        /// There are bytes between tensors.
        case hole
        /// There are bytes after the last tensor.
        case trailing
        /// A name is there twice.
        case duplicate
        /// The file is of another format.
        case format
        /// The file is of a version that this library doesn't know.
        case version
        /// The file was changed after it was written.
        case checksum
        /// A tensor that the network needs is missing.
        case missing
        /// The network has no place for a tensor.
        case extra
        /// A tensor has another shape than the network's layer.
        case shape
        /// There are more or fewer layers than the network has.
        case layers
        /// Names and shapes don't tell which tensor belongs to which layer.
        case ambiguous
        /// A parameter is infinite or not a number.
        case nonFinite
        /// A tied layer has other weights than the layer it is tied to.
        case tied
    }

    /// What is wrong.
    public let kind: Kind
    /// The tensor, or the entry of the metadata, that it is about.
    public let name: String?
    /// The byte of the file at which it shows, if it shows at one.
    public let byte: Int?
    /// What was expected and what was found, where the kind alone doesn't say it.
    public let detail: String?

    /// A fault; what is not known of its place is `nil`.
    public init(kind: Kind, name: String?, byte: Int?, detail: String?) {
        self.kind = kind
        self.name = name
        self.byte = byte
        self.detail = detail
    }
}

extension FileFault: CustomStringConvertible {
    /// As in "layers.0.weight, byte 77: a name is there twice".
    public var description: String {
        let place = [name, byte.map { "byte \($0)" }].compactMap { $0 }.joined(separator: ", ")
        let fault = statusText(ofFault: kind) + (detail.map { " (\($0))" } ?? "")
        return place.isEmpty ? fault : "\(place): \(fault)"
    }
}
