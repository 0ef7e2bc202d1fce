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

    @Test("every truncation and every changed byte is refused or harmless, never read as another model")
    func damage() throws {
        let model = try model(Float.self)
        let bytes = try model.serialized()
        for count in 0..<bytes.count {
            #expect(throws: BackpropError.self) { try Model<Float>(serialized: Array(bytes[..<count])) }
        }
        for index in bytes.indices {
            var damaged = bytes
            damaged[index] ^= 0x10
            // White space and the names of what is not read may change.
            guard let read = try? Model<Float>(serialized: damaged) else { continue }
            #expect(read.network.parameters == model.network.parameters && read.inputScaling == model.inputScaling)
        }
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
