import Backprop
import Foundation
import Testing

@Suite("Model files")
struct ModelTests {
    private func model<Scalar: NetworkScalar>(_ scalar: Scalar.Type) throws -> Model<Scalar> {
        var layers = [Layer.dense(4, .gelu), .dense(3, .softmax, hasBiases: false)]
        layers[0].freezesBiases = true
        return Model(
            network: try Network(inputs: 2, layers: layers, seed: 5), loss: .crossEntropy,
            inputScaling: try Scaling(offsets: [1, -2], factors: [0.5, 3]), inputNames: ["a", "b\"c"],
            classNames: ["x", "y", "é"], targetName: "kind")
    }

    @Test("a model comes back as it was, and gives the same bytes again")
    func roundTrip() throws {
        func check<Scalar: NetworkScalar>(_ scalar: Scalar.Type) throws {
            let model = try model(scalar)
            let bytes = try model.serialized()
            let read = try Model<Scalar>(serialized: bytes)
            // What layers were initialized with is not saved, nor needed.
            #expect(read.network.parameters == model.network.parameters)
            #expect(read.inputScaling == model.inputScaling && read.classNames == model.classNames)
            #expect(read.inputNames == model.inputNames && read.targetName == model.targetName)
            #expect(read.network.layers.map(\.activation) == [.gelu, .softmax])
            #expect(read.network.layers[0].freezesBiases && !read.network.layers[1].hasBiases)
            #expect(try read.serialized() == bytes)
        }
        try check(Float.self)
        try check(Double.self)
    }

    @Test("dropout, tied layers and functions of one's own come back too")
    func kinds() throws {
        let square = CustomActivation(name: "square", value: { $0 * $0 }, derivative: { 2 * $0 })
        let layers = [
            Layer(units: 2, activation: .custom(square), dropout: 0.25),
            Layer(units: 3, activation: .identity, tiedTo: 0),
        ]
        let model = Model<Double>(network: try Network(inputs: 3, layers: layers, seed: 5), loss: .squaredError)
        let bytes = try model.serialized()
        #expect(try Model(serialized: bytes, customActivations: [square]) == model)
        #expect { try Model<Double>(serialized: bytes) } throws: { "\($0)".contains("found square") }
    }

    @Test("a tied layer whose weights are others is refused")
    func untied() throws {
        let layers = [Layer.dense(1, .identity, hasBiases: false), .dense(2, .identity, hasBiases: false)]
        let model = Model<Float>(network: try Network(inputs: 2, layers: layers, seed: 5), loss: .squaredError)
        var tied = layers
        tied[1].tiedTo = 0
        #expect {
            try Network<Float>(inputs: 2, layers: tied, stateDictionary: model.serialized())
        } throws: { "\($0)".contains("layers.1.weight") && "\($0)".contains("other weights") }
    }

    @Test("a file has the layout of the safetensors format")
    func layout() throws {
        let bytes = try model(Float.self).serialized()
        let size = Int(bytes[0]) | Int(bytes[1]) << 8
        let header = try JSONSerialization.jsonObject(with: Data(bytes[8..<(8 + size)])) as? [String: Any]
        let weight = try #require(header?["layers.0.weight"] as? [String: Any])
        #expect(size % 8 == 0)
        #expect(weight["dtype"] as? String == "F32")
        #expect(weight["shape"] as? [Int] == [4, 2])
        #expect(weight["data_offsets"] as? [Int] == [0, 32])
        #expect(header?["layers.1.bias"] == nil)
        #expect(bytes.count == 8 + size + (4 * 2 + 4 + 3 * 4) * 4)
        // The first number is the weight of the first unit for the first input.
        let first = try model(Float.self).network.weights(ofLayer: 0)[0][0]
        #expect((0..<4).map { UInt32(bytes[8 + size + $0]) << (8 * $0) }.reduce(0, |) == first.bitPattern)
    }

    @Test("every flipped bit and every truncation of a model is refused, and none is read as something else")
    func damage() throws {
        let bytes = try model(Float.self).serialized()
        for count in 0..<bytes.count {
            #expect(throws: BackpropError.self) { try Model<Float>(serialized: Array(bytes[..<count])) }
        }
        for bit in 0..<(bytes.count * 8) {
            var damaged = bytes
            damaged[bit / 8] ^= 1 << (bit % 8)
            #expect(throws: BackpropError.self, "bit \(bit)") { try Model<Float>(serialized: damaged) }
        }
        print("\(bytes.count * 8) flipped bits and \(bytes.count) truncations of a model refused")
    }

    @Test("a file of version 1 still loads, and its damage is still found")
    func version1() throws {
        func check<Scalar: NetworkScalar>(_ scalar: Scalar.Type, _ name: String) throws {
            let path = URL(filePath: #filePath).deletingLastPathComponent().path + "/Models/\(name).safetensors"
            let read = try Model<Scalar>(contentsOf: path)
            let model = try model(scalar)
            #expect(read.network.parameters == model.network.parameters)
            #expect(read.network.layers == model.network.layers)
            #expect(read.inputScaling == model.inputScaling && read.inputNames == model.inputNames)
            #expect(read.classNames == model.classNames && read.targetName == model.targetName)
            var bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
            bytes[bytes.count - 1] ^= 1
            #expect { try Model<Scalar>(serialized: bytes) } throws: { "\($0)".contains("checksum doesn't match") }
        }
        try check(Float.self, "version-1-float")
        try check(Double.self, "version-1-double")
    }

    @Test("a model comes back from a disk as it was, and an error names the file and the reason")
    func disk() throws {
        let folder = NSTemporaryDirectory() + "backprop-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = folder + "/é.safetensors"
        let model = try model(Float.self)
        try Data("old".utf8).write(to: URL(filePath: path))
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
        try model.write(to: path)
        #expect(try Model<Float>(contentsOf: path).serialized() == model.serialized())
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["é.safetensors"])
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect(attributes[.posixPermissions] as? Int == 0o640)
        expectError("\(folder)/none: can't be read: no such file") { try Model<Float>(contentsOf: folder + "/none") }
        expectError("\(folder): can't be read: this is not a regular file") { try Model<Float>(contentsOf: folder) }
        expectError("\(folder)/no/m: can't be written: no such file") { try model.write(to: folder + "/no/m") }
    }

    @Test("parameters that aren't finite are not saved")
    func nonFinite() throws {
        var model = try model(Float.self)
        var trainer = Trainer<Float>(
            loss: .crossEntropy, learningRate: .constant(Double(Float.greatestFiniteMagnitude)))
        let samples = try Dataset<Float>(inputs: [[9, 9]], classes: [0], classCount: 3)
        for _ in 0..<3 { try trainer.step(&model.network, on: samples) }
        #expect(model.network.parameters.contains { !$0.isFinite })
        #expect(throws: BackpropError.self) { try model.serialized() }
    }

    @Test("a scaling of another width is refused when it is used, and not saved")
    func misfit() throws {
        var model = try model(Float.self)
        model.inputScaling = Scaling(factor: 1, columns: 3)
        #expect(throws: BackpropError.shape("inputScaling", expected: "2 columns", found: "3")) {
            try model.predict([1, 2])
        }
        #expect(throws: BackpropError.self) { try model.serialized() }
    }

    @Test("a scaling whose columns don't match is refused, also in a file")
    func scaling() throws {
        #expect(throws: BackpropError.self) { try Scaling(offsets: [1, 2], factors: [1]) }
        let text = Data(#"{"offsets":[1,2],"factors":[1]}"#.utf8)
        #expect(throws: (any Error).self) { try JSONDecoder().decode(Scaling.self, from: text) }
    }

    @Test("a column that never changes is scaled to 0, though its mean is rounded")
    func constantColumn() {
        let scaling = Scaling(standardizing: (0..<30).flatMap { [0.1, Double($0)] }, columns: 2)
        #expect(scaling.factors[0] == 0)
        #expect(scaling.factors[1] > 0)
        #expect(scaling.invert([0, 0]) == scaling.offsets)
    }

    @Test("a network that names more parameters than it brings is refused before memory is taken")
    func hugeNetwork() throws {
        let text = Data(
            #"{"inputs":100000,"layers":[{"units":100000,"activation":"tanh","hasBiases":true,"freezesWeights":false,"freezesBiases":false,"initialWeights":{"automatic":{}},"initialBiases":{"zeros":{}}}],"parameters":[]}"#
                .utf8)
        #expect(throws: BackpropError.self) { try JSONDecoder().decode(Network<Float>.self, from: text) }
    }
}
