import Backprop
import Foundation
import Testing

@testable import BackpropCLI

@Suite("backprop export, completions and manual")
struct ExportCommandTests {
    @Test("every format is written beside the others, over files that are there")
    func formats() throws {
        try withTemporaryFolder { folder in
            let model = "\(folder)/m"
            #expect(backprop("train", "xor", "--epochs", "2", "--precision", "f64", "--output", model).status == 0)
            for name in ["net.c", "net.h", "Net.swift", "net.onnx", "net.st"] {
                try write("old", to: "\(folder)/\(name)")
            }
            let outcome = backprop(
                "export", model, "--c", "\(folder)/net", "--swift", "\(folder)/Net", "--onnx", "\(folder)/net.onnx",
                "--safetensors", "\(folder)/net.st", "--json")
            #expect(outcome.status == 0 && outcome.errors.isEmpty)
            let files = try #require(try outcome.json["files"] as? [[String: Any]])
            #expect(files.count == 5)
            for file in files {
                let path = try #require(file["path"] as? String)
                let bytes = try #require(FileManager.default.contents(atPath: path))
                #expect(bytes.count == file["bytes"] as? Int && bytes.count > 100)
            }
            #expect(
                files.last?["module"] as? String
                    == "nn.Sequential(nn.Linear(2, 64), nn.Sigmoid(), nn.Linear(64, 1), nn.Sigmoid())")
            let loaded = try Model<Double>(contentsOf: model)
            let header = try String(contentsOfFile: "\(folder)/net.h", encoding: .utf8)
            let source = try loaded.cSource(name: "net")
            #expect(header == source.header)
            let read = try Network<Double>(
                inputs: 2, layers: loaded.network.layers, stateDictionaryAt: "\(folder)/net.st")
            #expect(read.parameters == loaded.network.parameters)
        }
    }

    @Test("words that make no export are refused, and nothing is written")
    func refusals() throws {
        try withTemporaryFolder { folder in
            let model = "\(folder)/m"
            #expect(backprop("train", "xor", "--epochs", "1", "--output", model).status == 0)
            let none = backprop("export", model)
            #expect(none.status == 64)
            #expect(none.errors == "backprop: export: expected --c, --swift, --onnx or --safetensors, found none\n")
            let name = backprop("export", model, "--onnx", "\(folder)/net.onnx", "--c", "\(folder)/my-net")
            #expect(name.status == 64)
            #expect(
                name.errors
                    == "backprop: --c: name: expected a letter, then letters, digits and underscores, found 'my-net'\n")
            let contents = try FileManager.default.contentsOfDirectory(atPath: folder)
            #expect(contents == ["m"])
            #expect(backprop("export", model, "--onnx", "\(folder)/none/net.onnx").status == 66)
        }
    }

    // MARK: Completions

    @Test("every command, option and value is in each shell's completions", arguments: ["bash", "zsh", "fish"])
    func completions(shell: String) throws {
        let outcome = backprop("completions", shell)
        #expect(outcome.status == 0)
        for command in Command.all {
            #expect(outcome.output.contains(command.name))
            for option in command.options {
                let isThere = outcome.output.contains(shell == "fish" ? "-l \(option.name) " : "--\(option.name)")
                #expect(isThere, "\(command.name) \(option.name)")
                let words = option.candidates.words.joined(separator: " ")
                #expect(words.isEmpty || outcome.output.contains(words), "\(option.name)")
            }
        }
    }

    @Test("options that take one of some words offer them, as the command understands them")
    func choices() throws {
        // These names are the user's own.
        let free = ["c", "swift"]
        for command in Command.all {
            for option in command.options
            where ["NAME", "METHOD", "WHEN", "WHAT", "TASK", "ORDER"].contains(option.placeholder) {
                #expect(option.candidates.words.count > 1 || free.contains(option.name), "\(option.name)")
            }
        }
        for option in RunConfiguration.options {
            for word in option.candidates.words where option.name != "class-weights" {
                let words = ["digits", "--\(option.name)=\(word)"]
                #expect(throws: Never.self, "\(words)") { _ = try RunConfiguration(Arguments(words, of: .train)) }
            }
        }
    }

    @Test("words and files are offered as the synopsis says")
    func positionals() {
        #expect(Command.train.candidates.words == ["digits", "iris", "xor"] && Command.train.candidates.areFiles)
        #expect(Command.trace.candidates.words.prefix(3) == ["sigmoid", "softmax", "chain"])
        #expect(Command.completions.candidates.words == ["bash", "zsh", "fish"])
        #expect(!Command.completions.candidates.areFiles)
        #expect(Command.inspect.candidates.words.isEmpty && Command.inspect.candidates.areFiles)
    }

    @Test("an unknown shell is an error")
    func unknownShell() {
        let outcome = backprop("completions", "csh")
        #expect(outcome.status == 64)
        #expect(outcome.errors == "backprop: unknown shell 'csh'; did you mean 'zsh'?\n")
    }

    // MARK: The manual

    @Test("the manual has every command and option, and no line that is a request by accident")
    func manual() throws {
        let outcome = backprop("manual")
        #expect(outcome.status == 0)
        for command in Command.all {
            #expect(outcome.output.contains(".SH \"backprop \(command.name)\"\n"))
            for option in command.options {
                let name = "--\(option.name)".split(separator: "-", omittingEmptySubsequences: false).joined(
                    separator: "\\-")
                #expect(outcome.output.contains(".TP\n.B \"\(name)"), "\(option.name)")
            }
        }
        let requests = Set(
            outcome.output.split(separator: "\n").filter { $0.hasPrefix(".") }.map { $0.prefix { $0 != " " } })
        #expect(requests == [".TH", ".SH", ".SS", ".TP", ".B", ".PP", ".nf", ".fi", ".sp"])
        #expect(outcome.output.utf8.allSatisfy { $0 < 0x80 })
        #expect(!outcome.output.contains("\n'"))
    }
}
