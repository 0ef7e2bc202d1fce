import Backprop
import BackpropReference
import Foundation
import Testing

@Suite("Models exported as C, Swift, ONNX and state dictionaries")
struct ExportTests {
    /// Every activation in both precisions, with and without scaling and biases, tied layers, and classifiers.
    private static func models<Scalar: ReferenceScalar>(_: Scalar.Type) throws -> [Model<Scalar>] {
        let scaling = try Scaling(offsets: [1, -20, 0.3, 4, 1000], factors: [0.1, 0.02, 3, 0, 0.001])
        let targets = try Scaling(offsets: [10, -3, 0.1, 7], factors: [0.5, 0.003, 12, 0])
        var models: [Model<Scalar>] = []
        for (index, activation) in Activation.allCases.enumerated() {
            let scales = index % 2 == 0
            let layers = [
                Layer.dense(7, activation, hasBiases: scales), .dense(6, activation), .dense(4, .identity),
            ]
            var network = try Network<Scalar>(inputs: 5, layers: layers, seed: UInt64(index))
            var random = ReferenceRandom(seed: UInt64(index), stream: 9)
            let parameters: [Scalar] = network.parameters.map { $0 + random.uniform(limit: 0.2) }
            try network.setParameters(parameters)
            models.append(
                Model(
                    network: network, loss: .meanSquaredError, inputScaling: scales ? scaling : nil,
                    targetScaling: scales ? targets : nil))
        }
        let tied = [Layer.dense(3, .gelu), Layer(units: 5, activation: .tanh, tiedTo: 0)]
        models.append(
            Model(
                network: try Network(inputs: 5, layers: tied, seed: 3), loss: .meanSquaredError, inputScaling: scaling,
                encoderLayers: 1))
        models.append(
            Model(
                network: try Network(inputs: 5, layers: [.dense(3, .softmax)], seed: 4), loss: .crossEntropy,
                inputNames: ["a", "b/*", "c*/", "\"d\\(1)\"", "e??/"], classNames: ["no", "“yes”\n", "%s\u{0}0"],
                targetName: "an \"answer\""))
        models.append(
            Model(
                network: try Network(inputs: 5, layers: [.dense(1, .sigmoid)], seed: 5), loss: .binaryCrossEntropy,
                inputScaling: scaling, classNames: ["below", "above"], targetName: "side"))
        return models
    }

    /// Fewer of them, for a compiler that takes its time: all activations in one network, then the last three.
    private static func fewModels<Scalar: ReferenceScalar>(_: Scalar.Type) throws -> [Model<Scalar>] {
        let layers = Activation.allCases.map { Layer.dense(6, $0) }
        let network = try Network<Scalar>(inputs: 5, layers: layers, seed: 8)
        return try [Model(network: network, loss: .crossEntropy)] + models(Scalar.self).suffix(3)
    }

    /// Some samples of five values, small and so large that activations saturate.
    private static let inputs: [Float] = {
        var random = ReferenceRandom(seed: 7, stream: 0)
        return (0..<40).flatMap { sample in
            let limit: Float = [0.001, 1, 10, 100, 3000][sample % 5]
            return (0..<5).map { _ in random.uniform(limit: limit) }
        }
    }()

    /// What the exports should give for ``inputs``, and the names of the classes.
    private static func expected<Scalar: ReferenceScalar>(_ model: Model<Scalar>) throws -> [String] {
        var outputs = try model.predict(inputs.map(Double.init))
        if model.encoderLayers != nil, let scaling = model.inputScaling { outputs = scaling.invert(outputs) }
        let numbers = outputs.map { "\(Scalar($0))" }
        guard !model.classNames.isEmpty else { return numbers }
        let width = model.network.outputCount
        let classes = Metrics.classes(ofOutputs: outputs, outputCount: width)
        return numbers + classes.map { "class \($0) \(quoted(cText(model.classNames[$0])))" }
    }

    /// As C reads a text: up to the first zero.
    private static func cText(_ text: String) -> String { String(text.prefix { $0 != "\u{0}" }) }
    private static func quoted(_ text: String) -> String { text.utf8.map { "\($0)" }.joined(separator: ".") }

    private static func tool(_ name: String) -> URL? {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        let path = folders.map { "\($0)/\(name)" }.first(where: FileManager.default.isExecutableFile)
        if path == nil { print("skipped: no \(name) on this machine") }
        return path.map { URL(fileURLWithPath: $0) }
    }

    /// Runs a program to its end and returns its lines.
    private func run(_ program: URL, _ words: [String], in folder: String) throws -> [String] {
        let process = Process()
        let output = Pipe()
        process.executableURL = program
        process.arguments = words
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "\(text)")
        return text.split(separator: "\n").map(String.init)
    }

    private func expectEqual(_ found: [String], _ expected: [[String]]) {
        #expect(found.count == expected.reduce(0) { $0 + $1.count })
        var position = 0
        for (index, expected) in expected.enumerated() {
            let end = min(found.count, position + expected.count)
            #expect(Array(found[min(position, end)..<end]) == expected, "model \(index)")
            position = end
        }
    }

    // MARK: C

    @Test("exported C gives the bits of the library")
    func c() throws {
        guard let compiler = Self.tool("cc") else { return }
        try withTemporaryFolder { folder in
            var program = CProgram()
            for (index, model) in try Self.models(Float.self).enumerated() {
                try program.add(model, "f\(index)", to: folder)
            }
            for (index, model) in try Self.models(Double.self).enumerated() {
                try program.add(model, "d\(index)", to: folder)
            }
            try write(Array(program.text(Self.inputs).utf8), to: "\(folder)/main.c")
            let flags = [
                "-std=c11", "-O1", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wfloat-conversion", "-Werror",
            ]
            _ = try run(compiler, flags + program.files + ["main.c", "-lm", "-o", "main"], in: folder)
            let lines = try run(URL(fileURLWithPath: "\(folder)/main"), [], in: folder).map(program.canonical)
            let expected =
                try Self.models(Float.self).map { try Self.expected($0) }
                + Self.models(Double.self).map { try Self.expected($0) }
            expectEqual(lines, expected)
        }
    }

    /// A program that predicts all samples by all models and writes the outputs' bits.
    private struct CProgram {
        private var includes = ""
        private var calls = ""
        private(set) var files: [String] = []

        mutating func add<Scalar: ReferenceScalar>(_ model: Model<Scalar>, _ name: String, to folder: String) throws {
            let source = try model.cSource(name: name)
            try write(Array(source.header.utf8), to: "\(folder)/\(name).h")
            try write(Array(source.implementation.utf8), to: "\(folder)/\(name).c")
            files.append("\(name).c")
            includes += "#include \"\(name).h\"\n"
            let (type, bits) = Scalar.self == Float.self ? ("float", "float_bits") : ("double", "double_bits")
            let upper = name.uppercased()
            calls += """
                    {
                        \(type) x[\(upper)_INPUTS], y[\(upper)_OUTPUTS];
                        for (int s = 0; s < 40; s++) {
                            for (int i = 0; i < \(upper)_INPUTS; i++) x[i] = inputs[s * \(upper)_INPUTS + i];
                            \(name)_predict(x, y);
                            for (int j = 0; j < \(upper)_OUTPUTS; j++) \(bits)(y[j]);
                        }

                """
            if !model.classNames.isEmpty {
                calls += """
                            for (int s = 0; s < 40; s++) {
                                for (int i = 0; i < \(upper)_INPUTS; i++) x[i] = inputs[s * \(upper)_INPUTS + i];
                                \(name)_predict(x, y);
                                printf("class %d ", (int)\(name)_class(y));
                                bytes(\(name)_class_names[\(name)_class(y)]);
                            }

                    """
            }
            calls += "    }\n"
        }

        func text(_ inputs: [Float]) -> String {
            """
            #include <inttypes.h>
            #include <stdio.h>
            #include <string.h>
            \(includes)
            static const float inputs[] = {\(inputs.map { String(format: "%af", $0) }.joined(separator: ", "))};
            static void float_bits(float x) { uint32_t b; memcpy(&b, &x, 4); printf("f %" PRIu32 "\\n", b); }
            static void double_bits(double x) { uint64_t b; memcpy(&b, &x, 8); printf("d %" PRIu64 "\\n", b); }
            static void bytes(const char *t) {
                for (const char *p = t; *p; p++) printf("%s%d", p == t ? "" : ".", (unsigned char)*p);
                printf("\\n");
            }
            int main(void) {
            \(calls)
                return 0;
            }

            """
        }

        /// A line as ``expected(_:)`` has it.
        func canonical(_ line: String) -> String {
            if line.hasPrefix("f ") { return UInt32(line.dropFirst(2)).map { "\(Float(bitPattern: $0))" } ?? line }
            if line.hasPrefix("d ") { return UInt64(line.dropFirst(2)).map { "\(Double(bitPattern: $0))" } ?? line }
            return line
        }
    }

    // MARK: Swift

    @Test("exported Swift gives the bits of the library")
    func swift() throws {
        guard let compiler = Self.tool("swiftc") else { return }
        try withTemporaryFolder { folder in
            let literals = Self.inputs.map { "Float(bitPattern: \($0.bitPattern))" }.joined(separator: ", ")
            var program = "let inputs: [Float] = [\(literals)]\n"
            var files: [String] = []
            func add<Scalar: ReferenceScalar>(_ model: Model<Scalar>, _ name: String) throws {
                try write(Array(model.swiftSource(name: name).utf8), to: "\(folder)/\(name).swift")
                files.append("\(name).swift")
                program += """
                    for s in 0..<40 {
                        for y in \(name).predict(inputs[(5 * s)..<(5 * s + 5)].map { \(Scalar.self)($0) }) { print(y) }
                    }

                    """
                guard !model.classNames.isEmpty else { return }
                program += """
                    for s in 0..<40 {
                        let name = \(name).classify(inputs[(5 * s)..<(5 * s + 5)].map { \(Scalar.self)($0) })
                        let text = name.prefix { $0 != "\\u{0}" }.utf8.map { "\\($0)" }.joined(separator: ".")
                        print("class", \(name).classNames.firstIndex(of: name)!, text)
                    }

                    """
            }
            for (index, model) in try Self.fewModels(Float.self).enumerated() { try add(model, "F\(index)") }
            for (index, model) in try Self.fewModels(Double.self).enumerated() { try add(model, "D\(index)") }
            try write(Array(program.utf8), to: "\(folder)/main.swift")
            _ = try run(
                compiler,
                ["-swift-version", "6", "-wmo", "-warnings-as-errors"] + files + ["main.swift", "-o", "main"],
                in: folder)
            let lines = try run(URL(fileURLWithPath: "\(folder)/main"), [], in: folder)
            let expected =
                try Self.fewModels(Float.self).map { try Self.expected($0) }
                + Self.fewModels(Double.self).map { try Self.expected($0) }
            expectEqual(lines, expected)
        }
    }

    // MARK: Files

    @Test("a state dictionary is read again as the same network")
    func stateDictionary() throws {
        let layers = [
            Layer.dense(7, .relu, hasBiases: false), .dense(3, .tanh),
            Layer(units: 7, activation: .identity, tiedTo: 1),
        ]
        let network = try Network<Double>(inputs: 5, layers: layers, seed: 1)
        #expect(try Network(inputs: 5, layers: layers, stateDictionary: network.stateDictionary()) == network)
        let text = String(decoding: try network.stateDictionary().prefix(700), as: UTF8.self)
        #expect(text.contains(#""format":"pt""#) && text.contains(#""4.weight""#) && !text.contains(#""0.bias""#))
    }

    @Test("an ONNX model has the bytes that the format says")
    func onnx() throws {
        let network = try Network<Float>(
            inputs: 1, layers: [.dense(1, .relu, hasBiases: false)], parameters: [0.5])
        let bytes = try Model(network: network, loss: .meanSquaredError).onnx()
        func field(_ number: UInt8, _ content: [UInt8]) -> [UInt8] {
            [number << 3 | 2, UInt8(content.count)] + content
        }
        func text(_ number: UInt8, _ content: String) -> [UInt8] { field(number, Array(content.utf8)) }
        func node(_ inputs: [String], _ output: String, _ operation: String) -> [UInt8] {
            field(1, inputs.flatMap { text(1, $0) } + text(2, output) + text(3, output) + text(4, operation))
        }
        func value(_ number: UInt8, _ name: String) -> [UInt8] {
            let shape = field(1, text(2, "batch")) + field(1, [8, 1])
            return field(number, text(1, name) + field(2, field(1, [8, 1] + field(2, shape))))
        }
        let weights = field(5, [8, 1, 8, 1, 16, 1] + text(8, "weights0") + field(9, [0, 0, 0, 0x3f]))
        let graph =
            text(2, "backprop") + weights + node(["input", "weights0"], "gemm1", "Gemm")
            + node(["gemm1"], "relu2", "Relu") + node(["relu2"], "output", "Identity") + value(11, "input")
            + value(12, "output")
        let graphField: [UInt8] = [7 << 3 | 2, UInt8(graph.count & 0x7f) | 0x80, UInt8(graph.count >> 7)] + graph
        let expected =
            [8, 7] + text(2, "backprop") + text(3, libraryVersion) + text(6, "1 → 1 relu") + graphField
            + field(8, text(1, "") + [16, 13])
        #expect(bytes == expected)
    }

    // MARK: What can't be exported

    @Test("names that are none are refused", arguments: ["", "1a", "a-b", "_a", "é", "a b", "a\n", "a;"])
    func badNames(name: String) throws {
        let model = Model(network: try Network<Float>(inputs: 1, layers: [.dense(1, .relu)]), loss: .meanSquaredError)
        let message = "name: expected a letter, then letters, digits and underscores, found '\(name)'"
        expectError(message) { try model.cSource(name: name) }
        expectError(message) { try model.swiftSource(name: name) }
    }

    @Test("names that the language uses are refused")
    func takenNames() throws {
        let model = Model(network: try Network<Float>(inputs: 1, layers: [.dense(1, .relu)]), loss: .meanSquaredError)
        expectError("name: expected one that the language doesn't use itself, found 'math'") {
            try model.cSource(name: "math")
        }
        expectError("name: expected one that the language doesn't use itself, found 'Float'") {
            try model.swiftSource(name: "Float")
        }
    }

    @Test("an activation of the user's own is refused")
    func customActivation() throws {
        let square = CustomActivation(name: "square", value: { $0 * $0 }, derivative: { 2 * $0 })
        let network = try Network<Float>(inputs: 1, layers: [.dense(1, .relu), .dense(1, .custom(square))])
        let model = Model(network: network, loss: .meanSquaredError)
        let message =
            "activation of layer 1: expected one of the library's, which can be exported, found the custom square"
        expectError(message) { try model.cSource(name: "a") }
        expectError(message) { try model.swiftSource(name: "a") }
        expectError(message) { try model.onnx() }
    }
}
