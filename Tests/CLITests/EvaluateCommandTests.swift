import Foundation
import Testing

@testable import BackpropCLI

@Suite("backprop evaluate")
struct EvaluateCommandTests {
    /// Trains a model and returns its path.
    private func train(_ folder: String, _ words: String...) -> String {
        let path = "\(folder)/m.safetensors"
        #expect(backprop(["train"] + words + ["--output", path], showingProgress: false).status == 0)
        return path
    }

    @Test("a classifier's report has each class's precision, recall and F1, and their averages")
    func classes() throws {
        try withTemporaryFolder { folder in
            let model = train(folder, "iris", "--epochs", "30")
            let text = backprop("evaluate", model, "iris").output
            let json = try backprop("evaluate", model, "iris", "--json").json
            let confusion = try #require(json["confusion"] as? [[Int]])
            let scores = try #require(json["classScores"] as? [[String: Double]])
            let names = try #require(json["classNames"] as? [String])
            let lines = text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
            #expect(lines.contains(["precision", "recall", "F1", "samples"]))
            for index in 0..<3 {
                // Precision by the column, recall by the row.
                let right = Double(confusion[index][index])
                let taken = Double(confusion.reduce(0) { $0 + $1[index] })
                let (precision, recall) = (taken > 0 ? right / taken : 0, right / 50)
                let f1 = right > 0 ? 2 * precision * recall / (precision + recall) : 0
                #expect(scores[index]["precision"] == precision)
                #expect(scores[index]["recall"] == recall)
                #expect(abs(try #require(scores[index]["f1"]) - f1) <= 4e-16)
                #expect(lines.contains([names[index], fixed(precision, 3), fixed(recall, 3), fixed(f1, 3), "50"]))
            }
            let accuracy = try #require(json["accuracy"] as? Double)
            #expect((json["micro"] as? [String: Double])?["f1"] == accuracy)
            let interval = try #require(json["accuracyInterval"] as? [Double])
            #expect(interval[0] < accuracy && accuracy < interval[1])
            let macro = try #require((json["macro"] as? [String: Double])?["f1"])
            #expect(text.contains("macro F1 \(fixed(macro, 4)), log loss "))
            #expect(lines.contains { $0.starts(with: ["macro", "average"]) })
            #expect(lines.contains { $0.starts(with: ["weighted", "average"]) })
        }
    }

    @Test("log loss is the cross-entropy that was trained, where outputs are probabilities only")
    func logLoss() throws {
        try withTemporaryFolder { folder in
            let probabilities = try backprop(
                "evaluate", train(folder, "iris", "--epochs", "1"), "iris", "--json"
            ).json
            let loss = try #require(probabilities["loss"] as? Double)
            // The loss is a sum in Float of 150 terms.
            #expect(abs(try #require(probabilities["logLoss"] as? Double) - loss) <= 150 * 0x1p-24 * loss)
            let binary = train(folder, "xor", "--epochs", "1")
            #expect(try backprop("evaluate", binary, "xor", "--json").json["logLoss"] is Double)
            let values = train(
                folder, "iris", "--epochs", "1", "--loss", "mean-squared-error", "--output-activation", "sigmoid")
            #expect(try backprop("evaluate", values, "iris", "--json").json["logLoss"] == nil)
        }
    }

    @Test("top-k accuracy is reported from five classes up, or as asked")
    func topK() throws {
        try withTemporaryFolder { folder in
            let iris = train(folder, "iris", "--epochs", "1")
            #expect(try backprop("evaluate", iris, "iris", "--json").json["top"] == nil)
            #expect(backprop("evaluate", iris, "iris", "--top", "3").output.contains("top-3 accuracy 100.00 %"))
            for words in [["--top", "4"], ["--top", "0"]] {
                let outcome = backprop(["evaluate", iris, "iris"] + words, showingProgress: false)
                #expect(outcome.status == 64)
                #expect(outcome.errors.contains("--top: expected a whole number from 1 to 3, found '\(words[1])'"))
            }
            let one = try backprop("evaluate", iris, "iris", "--top", "1", "--json").json
            let top = try #require(one["top"] as? [String: Any])
            #expect(top["accuracy"] as? Double == one["accuracy"] as? Double)

            let digits = train(folder, "digits", "--epochs", "1")
            #expect(backprop("evaluate", digits, "digits").output.contains(", top-3 accuracy "))
            let binary = train(folder, "xor", "--epochs", "1")
            let outcome = backprop("evaluate", binary, "xor", "--top", "1")
            #expect(outcome.status == 64)
            #expect(outcome.errors.contains("--top: expected with a model that has an output for each class"))
        }
    }

    @Test("a regression's report has its errors and R²")
    func regression() throws {
        try withTemporaryFolder { folder in
            let table = "\(folder)/table.csv"
            try write("x,y\n" + (0..<40).map { "\($0),\(5 + 2 * $0)" }.joined(separator: "\n"), to: table)
            let model = train(folder, table, "--target", "y", "--hidden", "none", "--epochs", "200")
            let text = backprop("evaluate", model, table).output
            let json = try backprop("evaluate", model, table, "--json").json
            let rSquared = try #require(json["rSquared"] as? Double)
            #expect(rSquared > 0.99 && rSquared <= 1)
            #expect(text.contains(", R² \(fixed(rSquared, 4)), loss "))
            #expect(text.split(separator: "\n").count == 1)
            // The variance of 0 to 39 is (40² − 1) / 12, of their doubles four times that.
            let squared = try #require(json["rootMeanSquaredError"] as? Double)
            #expect(abs(rSquared - (1 - squared * squared / (4 * 1599.0 / 12))) < 1e-12)
            let outcome = backprop("evaluate", model, table, "--top", "1")
            #expect(outcome.errors.contains("--top: expected with a model that has an output for each class"))
        }
    }

    @Test("more classes than anybody would read are left to the JSON, but not their averages")
    func manyClasses() throws {
        try withTemporaryFolder { folder in
            let table = "\(folder)/table.csv"
            try write("x,y\n" + (0..<62).map { "\($0),name\($0 % 31)" }.joined(separator: "\n"), to: table)
            let model = train(folder, table, "--target", "y", "--epochs", "1")
            let text = backprop("evaluate", model, table).output
            #expect(!text.contains("name7") && !text.contains("Confusion"))
            #expect(text.contains("macro average"))
            #expect((try backprop("evaluate", model, table, "--json").json["classScores"] as? [Any])?.count == 31)
        }
    }

    @Test("training reports the headline and the confusion matrix, not every class's scores")
    func trainStaysShort() throws {
        try withTemporaryFolder { folder in
            let outcome = backprop("train", "iris", "--epochs", "1", "--output", "\(folder)/m")
            #expect(outcome.output.contains("Confusion matrix"))
            #expect(!outcome.output.contains("precision"))
        }
    }
}
