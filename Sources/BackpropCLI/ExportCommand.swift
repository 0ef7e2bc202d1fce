import Backprop
import Foundation

extension Command {
    static let export = Command(
        name: "export",
        synopsis: "MODEL [--c NAME] [--swift NAME] [--onnx FILE] [--safetensors FILE]",
        summary: "Writes a saved model as source code or as a file that other programs read.",
        details: """
            --c and --swift write a network that predicts with nothing but the language: raw values in, the
            units of the data out, the bits of 'backprop predict' rounded to the model's precision. NAME is
            what functions and types are called; with folders before it, as src/digits, that is where the
            files go. --onnx writes operator set 13 with scaling and a classifier's choice within, and names
            as metadata. --safetensors writes the network's weights alone, for a PyTorch nn.Sequential,
            and says how it is made. Files that are there are replaced as a whole or not at all.
            """,
        options: [
            Option("c", "NAME", "NAME.c and NAME.h, C11 that C++ can call"),
            Option("swift", "NAME", "NAME.swift"),
            Option("onnx", "FILE", "an ONNX model"),
            Option("safetensors", "FILE", "a state dictionary for PyTorch"),
            .json,
        ],
        maximumPositionals: 1,
        run: { arguments, console in
            let path = try arguments.positional(0, "MODEL")
            guard ["c", "swift", "onnx", "safetensors"].contains(where: arguments.has) else {
                throw UsageError(message: "export: expected --c, --swift, --onnx or --safetensors, found none")
            }
            let files =
                switch try AnyModel(contentsOf: path) {
                case .float(let model): try exports(of: model, arguments)
                case .double(let model): try exports(of: model, arguments)
                }
            for file in files { try writeModelFile(file.bytes, to: file.path) }
            let report = ExportReport(files: files)
            if arguments.has("json") { try console.json(report) } else { console.write(report.text) }
            return ExitStatus.success
        }
    )

    /// All files, before the first of them is written.
    private static func exports<Scalar: NetworkScalar>(
        of model: Model<Scalar>, _ arguments: Arguments
    ) throws -> [ExportedFile] {
        var files: [ExportedFile] = []
        if let path = arguments.text("c") {
            let source = try blaming("c") { () throws(BackpropError) in try model.cSource(name: fileName(path)) }
            files.append(ExportedFile(path: path + ".h", bytes: Array(source.header.utf8)))
            files.append(ExportedFile(path: path + ".c", bytes: Array(source.implementation.utf8)))
        }
        if let path = arguments.text("swift") {
            let source = try blaming("swift") { () throws(BackpropError) in
                try model.swiftSource(name: fileName(path))
            }
            files.append(ExportedFile(path: path + ".swift", bytes: Array(source.utf8)))
        }
        if let path = arguments.text("onnx") {
            files.append(ExportedFile(path: path, bytes: try model.onnx()))
        }
        if let path = arguments.text("safetensors") {
            files.append(
                ExportedFile(
                    path: path, bytes: try model.network.stateDictionary(), hint: pyTorch(model.network)))
        }
        return files
    }

    private static func fileName(_ path: String) -> String {
        path.split(separator: "/", omittingEmptySubsequences: false).last.map(String.init) ?? ""
    }

    /// The PyTorch module that a state dictionary is of.
    private static func pyTorch<Scalar: NetworkScalar>(_ network: Network<Scalar>) -> String {
        let modules = network.layers.enumerated().map { index, layer in
            let bias = layer.hasBiases ? "" : ", bias=False"
            let activation: String =
                switch layer.activation {
                case .identity: "Identity()"
                case .sigmoid: "Sigmoid()"
                case .tanh: "Tanh()"
                case .relu: "ReLU()"
                case .leakyReLU: "LeakyReLU(0.01)"
                case .elu: "ELU()"
                case .softplus: "Softplus()"
                case .silu: "SiLU()"
                case .gelu: "GELU(approximate=\"tanh\")"
                case .softmax: "Softmax(dim=-1)"
                case .custom(let custom): "\(custom.name)()"
                }
            return "nn.Linear(\(network.inputCount(ofLayer: index)), \(layer.units)\(bias)), nn.\(activation)"
        }
        return "nn.Sequential(\(modules.joined(separator: ", ")))"
    }
}

/// A file that an export writes.
private struct ExportedFile: Encodable {
    var path: String
    var bytes: [UInt8]
    /// How another program makes what the file fills.
    var hint: String?

    private enum CodingKeys: String, CodingKey {
        case path, bytes
        case hint = "module"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(path, forKey: .path)
        try container.encode(bytes.count, forKey: .bytes)
        try container.encodeIfPresent(hint, forKey: .hint)
    }
}

/// What `backprop export` reports.
private struct ExportReport: Encodable {
    var files: [ExportedFile]

    var text: String {
        files.map { file in
            "\(file.path): \(grouped(file.bytes.count)) bytes\n" + (file.hint.map { "    \($0)\n" } ?? "")
        }.joined()
    }
}
