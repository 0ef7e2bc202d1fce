import Backprop
import Foundation
import Testing

/// The bytes of a file with a header and so many bytes of numbers.
private func file(_ header: [UInt8], _ numbers: [UInt8]) -> [UInt8] {
    let size = UInt64(header.count)
    return (0..<8).map { UInt8(truncatingIfNeeded: size >> (8 * $0)) } + header + numbers
}

private func file(_ header: String, numbers: Int) -> [UInt8] {
    file(Array(header.utf8), [UInt8](repeating: 0, count: numbers))
}

/// A tensor for tests: of 32 bits unless another type and its bytes are given.
private struct Tensor {
    var name: String
    var shape: [Int]
    var type = "F32"
    var bytes: [UInt8]

    init(_ name: String, _ shape: [Int], _ numbers: [Float]) {
        (self.name, self.shape) = (name, shape)
        bytes = numbers.flatMap { number in (0..<4).map { UInt8(truncatingIfNeeded: number.bitPattern >> (8 * $0)) } }
    }

    init(_ name: String, _ shape: [Int], type: String, words: [UInt16]) {
        (self.name, self.shape, self.type) = (name, shape, type)
        bytes = words.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }
    }
}

private func file(_ tensors: [Tensor]) -> [UInt8] {
    var end = 0
    let entries = tensors.map { tensor in
        let begin = end
        end += tensor.bytes.count
        return entry(tensor.name, "\(tensor.shape)", begin, end, type: tensor.type)
    }
    return file(Array("{\(entries.joined(separator: ","))}".utf8), tensors.flatMap(\.bytes))
}

private func entry(_ name: String, _ shape: String, _ begin: Any, _ end: Any, type: String = "F32") -> String {
    #""\#(name)":{"dtype":"\#(type)","shape":\#(shape),"data_offsets":[\#(begin),\#(end)]}"#
}

/// The fault of a file that a closure finds, or `nil` where it finds none.
private func fault(_ body: () throws -> some Any) -> FileFault? {
    do {
        _ = try body()
        return nil
    } catch {
        guard case .modelFile(_, let fault)? = error as? BackpropError else { return nil }
        return fault
    }
}

/// What a stranger may send, what is wrong with it, and which tensor the message names.
private struct Hostile: CustomTestStringConvertible, Sendable {
    var what: String
    var kind: FileFault.Kind
    var bytes: [UInt8]
    var name: String?

    init(_ what: String, _ kind: FileFault.Kind, _ bytes: [UInt8], name: String? = nil) {
        (self.what, self.kind, self.bytes, self.name) = (what, kind, bytes, name)
    }

    var testDescription: String { what }

    static let all: [Hostile] = [
        Hostile("no bytes", .truncated, []),
        Hostile("a cut header", .truncated, Array(file("{}", numbers: 0).dropLast())),
        Hostile("a header size of 2⁶⁴ − 1", .headerSize, [UInt8](repeating: 255, count: 8) + Array("{}".utf8)),
        Hostile("a header size of 2⁶³", .headerSize, [0, 0, 0, 0, 0, 0, 0, 128] + Array("{}".utf8)),
        Hostile("a header of 100,000,001 bytes", .headerSize, [0x01, 0xe1, 0xf5, 0x05, 0, 0, 0, 0] + Array("{}".utf8)),
        Hostile("a header that is not JSON", .json, file("PK..", numbers: 0)),
        Hostile("something behind the header", .json, file("{}x", numbers: 0)),
        Hostile("deep JSON", .depth, file(#"{"a":"# + String(repeating: "[", count: 100_000), numbers: 0), name: "a"),
        Hostile("deep JSON as a shape", .depth, file("{\(entry("a", "[[[[1]]]]", 0, 4))}", numbers: 4), name: "a"),
        Hostile("invalid UTF-8", .utf8, file(Array(#"{""#.utf8) + [0xff] + Array(#"":{}}"#.utf8), [])),
        Hostile("half of a surrogate pair", .escape, file(#"{"\ud800":{}}"#, numbers: 0)),
        Hostile("a negative size", .number, file("{\(entry("a", "[-1]", 0, 4))}", numbers: 4), name: "a"),
        Hostile("a negative offset", .number, file("{\(entry("a", "[1]", -4, 0))}", numbers: 4), name: "a"),
        Hostile("a fraction as a size", .number, file("{\(entry("a", "[1.5]", 0, 4))}", numbers: 4), name: "a"),
        Hostile(
            "2⁶⁴ as a size", .overflow, file("{\(entry("a", "[18446744073709551616]", 0, 4))}", numbers: 4), name: "a"),
        Hostile(
            "2⁶³ numbers", .overflow, file("{\(entry("a", "[9223372036854775808]", 0, 0))}", numbers: 0), name: "a"),
        Hostile(
            "sizes whose product is 2⁶⁴", .overflow,
            file("{\(entry("a", "[4294967296,4294967296]", 0, 0))}", numbers: 0), name: "a"),
        Hostile("an unknown key", .key, file(#"{"a":{"type":"F32"}}"#, numbers: 0), name: "a"),
        Hostile("an unknown type", .type, file("{\(entry("a", "[1]", 0, 4, type: "F31"))}", numbers: 4), name: "a"),
        Hostile("nine dimensions", .rank, file("{\(entry("a", "[1,1,1,1,1,1,1,1,1]", 0, 4))}", numbers: 4), name: "a"),
        Hostile("offsets the wrong way round", .offsets, file("{\(entry("a", "[1]", 4, 0))}", numbers: 4), name: "a"),
        Hostile("more numbers than bytes", .byteCount, file("{\(entry("a", "[2]", 0, 4))}", numbers: 4), name: "a"),
        Hostile("an offset outside", .outside, file("{\(entry("a", "[2]", 0, 8))}", numbers: 4), name: "a"),
        Hostile(
            "an offset of 2⁶³", .outside, file("{\(entry("a", "[1]", 0, "9223372036854775808"))}", numbers: 4),
            name: "a"),
        Hostile(
            "offsets that overlap", .overlap,
            file("{\(entry("a", "[2]", 0, 8)),\(entry("b", "[1]", 4, 8))}", numbers: 8), name: "b"),
        Hostile(
            "offsets that leave a hole", .hole,
            file("{\(entry("a", "[1]", 0, 4)),\(entry("b", "[1]", 8, 12))}", numbers: 12), name: "b"),
        Hostile("numbers of no tensor", .trailing, file("{\(entry("a", "[1]", 0, 4))}", numbers: 5)),
        Hostile(
            "a name twice", .duplicate,
            file(#"{\#(entry("a", "[1]", 0, 4)),\#(entry(#"\u0061"#, "[1]", 4, 8))}"#, numbers: 8), name: "a"),
        Hostile(
            "a NaN", .nonFinite, file([Tensor("0.weight", [1, 1], [.nan]), Tensor("0.bias", [1], [0])]),
            name: "0.weight"),
        Hostile(
            "an infinity", .nonFinite, file([Tensor("0.weight", [1, 1], [1]), Tensor("0.bias", [1], [.infinity])]),
            name: "0.bias"),
        Hostile(
            "integers as weights", .type,
            file("{\(entry("0.weight", "[1,1]", 0, 4, type: "I32")),\(entry("0.bias", "[1]", 4, 8))}", numbers: 8),
            name: "0.weight"),
        Hostile("no tensors", .layers, file("{}", numbers: 0)),
        Hostile(
            "100,000 empty tensors", .extra,
            file("{\((0..<100_000).map { entry("\($0)", "[0]", 0, 0) }.joined(separator: ","))}", numbers: 0), name: "0"
        ),
    ]
}

@Suite("Tensor files")
struct TensorFileTests {
    private let oneUnit = [Layer.dense(1, .identity)]

    @Test("a hostile file is refused, and the message names the fault", arguments: Hostile.all)
    private func hostile(_ hostile: Hostile) throws {
        let fault = try #require(
            fault { try Network<Float>(inputs: 1, layers: oneUnit, stateDictionary: hostile.bytes) })
        #expect(fault.kind == hostile.kind)
        #expect(fault.name == hostile.name)
        #expect(fault.byte.map { (0...hostile.bytes.count).contains($0) } ?? true)
    }

    @Test("each kind of fault has a sentence of its own")
    func sentences() {
        let texts = FileFault.Kind.allCases.map { FileFault(kind: $0, name: nil, byte: nil, detail: nil).description }
        #expect(Set(texts).count == FileFault.Kind.allCases.count)
        #expect(!texts.contains("this number is no status of Backprop"))
    }

    // MARK: Models

    /// A model of one unit in a file of version 1, whose checksum a stranger can compute too.
    private func model(_ text: String, format: String = "backprop", version: String = "1") -> [UInt8] {
        var numbers = [UInt8](repeating: 0, count: 8)
        numbers[2...3] = [0x80, 0x3f]
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in Array(text.utf8) + numbers { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        let metadata = [
            "format": format, "version": version, "checksum": String(hash, radix: 16), "model": text,
        ]
        let json = String(decoding: try! JSONEncoder().encode(metadata), as: UTF8.self)
        let tensors = "\(entry("layers.0.weight", "[1,1]", 0, 4)),\(entry("layers.0.bias", "[1]", 4, 8))"
        return file(Array(#"{"__metadata__":\#(json),\#(tensors)}"#.utf8), numbers)
    }

    private let layer = #"{"units":1,"activation":"identity","bias":true}"#

    private func text(layers: String, inputs: String = "1", more: String = "") -> String {
        #"{"inputs":\#(inputs),"layers":[\#(layers)],"loss":"squaredError"\#(more)}"#
    }

    @Test("a description that fits its tensors is read")
    func valid() throws {
        let read = try Model<Double>(serialized: model(text(layers: layer)))
        #expect(read.network.parameters == [1, 0])
    }

    @Test("a model of zero layers, of a million, or of sizes that overflow is refused")
    func descriptions() throws {
        func refuse(_ text: String, _ message: String, sourceLocation: SourceLocation = #_sourceLocation) {
            let bytes = model(text)
            #expect(sourceLocation: sourceLocation) { try Model<Float>(serialized: bytes) } throws: {
                "\($0)".contains(message)
            }
        }
        refuse(text(layers: ""), "layers: expected at least one, found none")
        let million = repeatElement("{}", count: 1_000_000).joined(separator: ",")
        refuse(text(layers: million), "model: expected at most 13 objects, as there are tensors for, found 1000001")
        let names = repeatElement("0", count: 100_000).joined(separator: ",")
        refuse(text(layers: layer, more: #","inputNames":[\#(names)]"#), "model: expected at most")
        refuse(text(layers: layer, inputs: "0"), "expected at least 1 input, found 0")
        refuse(text(layers: layer, inputs: "-1"), "expected at least 1 input, found -1")
        refuse(
            text(layers: layer, inputs: "9223372036854775807"),
            "network: expected layers that fit each other and memory")
        refuse(text(layers: layer, inputs: "9223372036854775808"), "expected valid JSON")
        refuse(text(layers: layer, inputs: "2"), "layers.0.weight, byte")
        refuse(
            text(layers: "\(layer),\(layer)"), "(expected 2 layers, found layers.0.weight [1, 1], layers.0.bias [1])")
        refuse(String(repeating: "[", count: 10_000), "expected at most")
        refuse("", "expected valid JSON")
    }

    @Test("another format, a later version and a changed text are refused by name")
    func metadata() throws {
        func refuse(_ bytes: [UInt8], _ kind: FileFault.Kind, _ detail: String?) {
            let fault = fault { try Model<Float>(serialized: bytes) }
            #expect(fault?.kind == kind && fault?.detail == detail)
        }
        let valid = text(layers: layer)
        refuse(model(valid, format: "pt"), .format, #"found "pt""#)
        refuse(file("{}", numbers: 0), .format, "found none")
        refuse(model(valid, version: "3"), .version, #"found "3""#)
        refuse(model(valid, version: "01"), .version, #"found "01""#)
        refuse(model(valid, version: "-1"), .version, #"found "-1""#)
        refuse(model(valid, version: "2"), .checksum, nil)
    }

    // MARK: State dictionaries

    private let layers = [Layer.dense(2, .tanh), .dense(1, .sigmoid)]
    private let weights: [[Float]] = [[1, 2, 3, 4, 5, 6], [7, 8], [9, 10], [11]]

    private func state(_ names: [String]) -> [Tensor] {
        zip(zip(names, [[2, 3], [2], [1, 2], [1]]), weights).map { Tensor($0.0, $0.1, $1) }
    }

    @Test(
        "a state dictionary fills a network, whatever its layers are called and in whatever order they are",
        arguments: [
            ["0.weight", "0.bias", "2.weight", "2.bias"], ["fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"],
            ["net.9.weight", "net.9.bias", "net.10.weight", "net.10.bias"],
            ["hidden.weight", "hidden.bias", "output.weight", "output.bias"],
            ["z.weight", "z.bias", "a.weight", "a.bias"],
        ])
    func stateDictionary(_ names: [String]) throws {
        let tensors = state(names)
        for order in [tensors, tensors.reversed(), tensors.sorted { $0.name < $1.name }] {
            let network = try Network<Double>(inputs: 3, layers: layers, stateDictionary: file(order))
            #expect(network.weights(ofLayer: 0) == [[1, 2, 3], [4, 5, 6]])
            #expect(network.biases(ofLayer: 0) == [7, 8])
            #expect(network.weights(ofLayer: 1) == [[9, 10]])
            #expect(network.biases(ofLayer: 1) == [11])
        }
    }

    @Test("a state dictionary that doesn't fit is refused with what was expected and what was found")
    func misfits() throws {
        let names = ["0.weight", "0.bias", "2.weight", "2.bias"]
        let list = "0.weight [2, 3], 0.bias [2], 2.weight [1, 2], 2.bias [1]"
        func refuse(_ tensors: [Tensor], _ layers: [Layer], _ kind: FileFault.Kind, _ detail: String) {
            let fault = fault { try Network<Float>(inputs: 3, layers: layers, stateDictionary: file(tensors)) }
            #expect(fault?.kind == kind && fault?.detail == detail)
        }
        let full = state(names)
        refuse(full, [.dense(1, .tanh)], .layers, "expected 1 layers, found \(list)")
        refuse(full, layers + layers, .layers, "expected 4 layers, found \(list)")
        refuse(
            full, [.dense(4, .tanh), .dense(1, .tanh)], .shape,
            "expected layer 0 of 4 units with biases, found \(list)")
        refuse(
            full, [layers[0], .dense(1, .tanh, hasBiases: false)], .extra,
            "expected layer 1 of 1 units without biases, found \(list)")
        refuse(
            Array(full[..<3]), layers, .missing,
            "expected layer 1 of 1 units with biases, found 0.weight [2, 3], 0.bias [2], 2.weight [1, 2]")
        let alike = [
            Tensor("b.weight", [3, 3], [Float](repeating: 1, count: 9)),
            Tensor("a.weight", [3, 3], [Float](repeating: 1, count: 9)),
        ]
        refuse(
            alike, [.dense(3, .tanh, hasBiases: false), .dense(3, .tanh, hasBiases: false)], .ambiguous,
            "expected layer 0 of 3 units without biases, found b.weight [3, 3], a.weight [3, 3]")
    }

    @Test("half precision is read exactly")
    func halfPrecision() throws {
        let tensors = [
            Tensor("0.weight", [1, 4], type: "F16", words: [0x3c00, 0x0001, 0x83ff, 0x7bff]),
            Tensor("0.bias", [1], type: "BF16", words: [0xc049]),
        ]
        let network = try Network<Float>(inputs: 4, layers: oneUnit, stateDictionary: file(tensors))
        #expect(network.parameters == [1, 0x1p-24, -0x3ffp-24, 65504, -3.140625])
    }

    @Test("a number that only rounding makes infinite is refused")
    func rounding() throws {
        let bits: UInt64 = 1e300.bitPattern
        let header = "{\(entry("0.weight", "[1,1]", 0, 8, type: "F64"))}"
        let bytes = file(Array(header.utf8), (0..<8).map { UInt8(truncatingIfNeeded: bits >> (8 * $0)) })
        let layers = [Layer.dense(1, .identity, hasBiases: false)]
        #expect(try Network<Double>(inputs: 1, layers: layers, stateDictionary: bytes).parameters == [1e300])
        #expect {
            try Network<Float>(inputs: 1, layers: layers, stateDictionary: bytes)
        } throws: { "\($0)".contains("infinite or not a number") }
    }
}
