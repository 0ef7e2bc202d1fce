import Foundation
import Testing

@testable import BackpropCLI

@Suite("backprop train --report")
struct TrainingPageTests {
    /// Trains with these words and returns the record, the page and the model's bytes.
    private func report(
        _ words: [String], table: String? = nil
    ) throws -> (record: [String: Any], page: String, model: Data) {
        var result: (record: [String: Any], page: String, model: Data)?
        try withTemporaryFolder { folder in
            let (page, model) = ("\(folder)/report.html", "\(folder)/m.safetensors")
            var words = words
            if let table {
                try write(table, to: "\(folder)/table.csv")
                words.insert("\(folder)/table.csv", at: 0)
            }
            let outcome = backprop(
                ["train"] + words + ["--json", "--report", page, "--output", model], showingProgress: false)
            try #require(outcome.status == 0, "\(outcome.errors)")
            let text = String(decoding: try #require(FileManager.default.contents(atPath: page)), as: UTF8.self)
            result = (try outcome.json, text, try #require(FileManager.default.contents(atPath: model)))
        }
        return try #require(result)
    }

    private static let runs: [[String]] = [
        ["digits", "--epochs", "3", "--validation", "0.1", "--schedule", "cosine"],
        ["digits", "--epochs", "2", "--hidden", "none"],
        ["digits", "--epochs", "2", "--autoencoder", "8"],
        ["iris", "--epochs", "4", "--hidden", "8,6", "--activation", "relu", "--patience", "3"],
        ["xor", "--epochs", "2", "--precision", "f64"],
        ["xor", "--epochs", "0"],
    ]

    @Test("pages are well-formed, fetch nothing, and are small", arguments: runs)
    func pages(words: [String]) throws {
        let page = try report(words).page
        let parsed = ParsedPage(page)
        #expect(parsed.problem == nil)
        #expect(!page.contains("http:") && !page.contains("https:") && !page.contains("url("))
        #expect(parsed.elements.allSatisfy { $0.name != "link" && $0.attributes["href"] == nil })
        #expect(parsed.elements("img").allSatisfy { $0["src"]?.hasPrefix("data:image/png;base64,") == true })
        #expect(parsed.elements("img").allSatisfy { $0["alt"]?.isEmpty == false })
        #expect(page.utf8.count < 300_000)
    }

    @Test("the page's figures are the record's")
    func figures() throws {
        let (record, page, model) = try report([
            "digits", "--epochs", "5", "--validation", "0.2", "--hidden", "20", "--seed", "7",
        ])
        let parsed = ParsedPage(page)
        for epoch in record.epochs {
            let number = try #require(epoch["epoch"] as? Int)
            let (loss, other) = (try epoch.number("loss"), try epoch.number("validation.loss"))
            #expect(parsed.rows.contains(["\(number)", readable(loss, 6), readable(other, 6)]))
            let accuracy = try epoch.number("validation.accuracy")
            #expect(parsed.rows.contains(["\(number)", readable(accuracy * 100, 6) + " %"]))
            let layers = try #require(epoch.value("diagnosis.layers") as? [[String: Any]])
            let norms = try layers.map { readable(try $0.number("gradientNorm"), 6) }
            #expect(parsed.rows.contains(["\(number)"] + norms))
        }
        let confusion = try #require(record.value("evaluation.confusion") as? [[Int]])
        for (label, counts) in confusion.enumerated() {
            #expect(parsed.rows.contains(["\(label)"] + counts.map { $0 == 0 ? "" : "\($0)" }))
        }
        let accuracy = try record.number("evaluation.accuracy")
        #expect(parsed.text.contains("\(fixed(accuracy * 100, 1)) %"))
        #expect(parsed.text.contains(sha256([UInt8](model))), "the hash of the file")
        #expect(parsed.text.contains("backprop train digits --epochs 5 --validation 0.2 --hidden 20 --seed 7"))
    }

    @Test("every wrong answer is shown, as a picture of its sample")
    func mistakes() throws {
        let (record, page, _) = try report(["digits", "--epochs", "12"])
        let confusion = try #require(record.value("evaluation.confusion") as? [[Int]])
        let wrong = confusion.indices.reduce(0) { $0 + confusion[$1].reduce(0, +) - confusion[$1][$1] }
        #expect(wrong > 0)
        let pictures = ParsedPage(page).elements("img").filter { $0["alt"]?.contains("taken for") == true }
        #expect(pictures.count == min(wrong, ReportMaterial.limits.mistakes))
    }

    @Test("names from the data are words on the page, whatever they are")
    func hostileNames() throws {
        let names = ["<script>alert(1)</script>", "\"'&amp;"]
        let quoted = names.map { "\"\($0.replacing("\"", with: "\"\""))\"" }
        let rows = (0..<100).map { "\(quoted[$0 % 2]),\($0 * 7 % 13),\($0 % 3 == 0 ? "<b>" : "c")" }
        let table = "<i>kind</i>,\"a\"\"><img src=x>\",color\n" + rows.joined(separator: "\n") + "\n"
        let (_, page, _) = try report(["--target", "<i>kind</i>", "--epochs", "3"], table: table)
        let parsed = ParsedPage(page)
        #expect(parsed.problem == nil)
        #expect(parsed.elements("script").count == 2)
        #expect(parsed.elements("i").isEmpty && parsed.elements("img").isEmpty)
        for name in names { #expect(parsed.rows.contains { $0.first == name }) }
    }

    @Test("numbers that are predicted stand beside what they should be, the largest error first")
    func regression() throws {
        let rows = (0..<100).map { "\($0 % 10),\($0 % 2 == 0 ? "red" : "blue"),\($0 % 10 * 3 + ($0 == 42 ? 90 : 0))" }
        let table = "size,color,price\n" + rows.joined(separator: "\n") + "\n"
        let (record, page, _) = try report(["--target", "price", "--task", "regress", "--epochs", "20"], table: table)
        let parsed = ParsedPage(page)
        #expect(parsed.problem == nil)
        #expect(parsed.text.contains(readable(try record.number("evaluation.rootMeanSquaredError"))))
        let head = try #require(
            parsed.rows.firstIndex(of: ["sample", "actual", "predicted", "error", "size", "color"]))
        let worst = parsed.rows[(head + 1)..<(head + 21)]
        let errors = worst.map { Double($0[3].replacing("−", with: "-").replacing(",", with: "")) ?? .nan }
        #expect(errors.map(abs) == errors.map(abs).sorted(by: >))
        for row in worst {
            let sample = try #require(Int(row[0])) - 1
            #expect(row[4] == "\(sample % 10)" && row[5] == (sample % 2 == 0 ? "red" : "blue"))
        }
    }

    @Test("an autoencoder's inputs stand beside what it makes of them")
    func autoencoder() throws {
        let page = try report(["digits", "--epochs", "2", "--autoencoder", "4"]).page
        let made = ParsedPage(page).elements("img").filter { $0["alt"] == "What the network makes of it" }
        #expect(made.count == 2 * ReportMaterial.limits.pairs)
    }

    @Test("a report changes no bit of the model, and the record repeats the run without it")
    func sameBits() throws {
        let words = ["digits", "--epochs", "3", "--hidden", "17", "--dropout", "0.1"]
        let reported = try report(words)
        #expect(reported.model == (try trained(words).model))
        #expect(reported.record.value("run.diagnose") as? Bool == false)
        #expect(try trained(words).json.epochs.allSatisfy { $0["diagnosis"] == nil })
    }

    @Test("a page that can't be written is refused before training, and not with what trains many times")
    func refused() throws {
        #expect(backprop("train", "xor", "--report", "/no/such/folder/r.html").status == 66)
        #expect(backprop("train", "iris", "--k-fold", "3", "--report", "r.html").status == 64)
        #expect(backprop("train", "iris", "--find-learning-rate", "--report", "r.html").status == 64)
    }
}
