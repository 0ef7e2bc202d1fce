import Foundation
import Testing

@testable import BackpropCLI

@Suite("backprop train --k-fold")
struct CrossValidationTests {
    private let quick = ["--hidden", "6", "--epochs", "4", "--k-fold", "5", "--json"]

    @Test("each sample is held out once, and each fold has as many of each class")
    func folds() throws {
        let json = try backprop(["train", "iris"] + quick, showingProgress: false).json
        let folds = try #require(json["folds"] as? [[String: Any]])
        #expect(folds.map { $0["samples"] as? Int } == [30, 30, 30, 30, 30])
        for fold in folds {
            let confusion = try #require(fold["confusion"] as? [[Int]])
            #expect(confusion.map { $0.reduce(0, +) } == [10, 10, 10])
        }
    }

    @Test("mean and standard deviation are those of the folds")
    func figures() throws {
        let json = try backprop(["train", "iris"] + quick, showingProgress: false).json
        let values = try #require(json["folds"] as? [[String: Any]]).map { try $0.number("accuracy") }
        let mean = values.reduce(0, +) / 5
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 4
        #expect(abs(try json.number("mean") - mean) < 1e-15)
        #expect(abs(try json.number("standardDeviation") - variance.squareRoot()) < 1e-15)
    }

    @Test("the same words give the same folds, and the record repeats them")
    func repeated() throws {
        try withTemporaryFolder { folder in
            let outcome = backprop(["train", "iris"] + quick, showingProgress: false)
            try write(outcome.output, to: "\(folder)/run.json")
            let again = backprop("train", "--config", "\(folder)/run.json", "--json")
            #expect(try outcome.json["folds"] as? NSArray == again.json["folds"] as? NSArray)
            let other = backprop(["train", "iris", "--seed", "2"] + quick, showingProgress: false)
            #expect(try outcome.json["folds"] as? NSArray != other.json["folds"] as? NSArray)
        }
    }

    @Test("no model is saved, and the text has a line for each fold")
    func text() throws {
        try withTemporaryFolder { folder in
            let words = ["train", "xor", "--k-fold", "4", "--epochs", "1", "--output", "\(folder)/m"]
            let outcome = backprop(words, showingProgress: true)
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(!FileManager.default.fileExists(atPath: "\(folder)/m"))
            let lines = outcome.output.split(separator: "\n")
            #expect(lines.count == 5)
            #expect(lines[3].hasPrefix("fold 4  1 samples  accuracy "))
            #expect(lines[4].hasPrefix("accuracy ") && lines[4].contains(" %, standard deviation of the folds "))
            #expect(outcome.errors.contains("fold 2 of 4, epoch 1/1"))
        }
    }

    @Test("regressions are compared by their errors, autoencoders by their reconstructions")
    func otherTasks() throws {
        try withTemporaryFolder { folder in
            let table = "\(folder)/t.csv"
            try write("x,y\n" + (0..<30).map { "\($0),\(2 * $0)" }.joined(separator: "\n"), to: table)
            let regression = backprop(["train", table, "--target", "y"] + quick, showingProgress: false)
            let folds = try #require(try regression.json["folds"] as? [[String: Any]])
            let errors = try folds.map { try $0.number("rootMeanSquaredError") }
            #expect(abs(try regression.json.number("mean") - errors.reduce(0, +) / 5) < 1e-12)
            let autoencoder = backprop("train", table, "--autoencoder", "1", "--k-fold", "3", "--epochs", "1")
            #expect(autoencoder.output.contains("\nmean squared reconstruction error "), "\(autoencoder.errors)")
        }
    }

    @Test("what is learnt about columns is learnt without the fold")
    func scaling() throws {
        try withTemporaryFolder { folder in
            let table = "\(folder)/t.csv"
            // One value is far off: where it is held out, the scaling of the others doesn't know it.
            try write(
                "x,y\n" + (0..<10).map { "\($0 == 4 ? 1e6 : Double($0)),\($0)" }.joined(separator: "\n"), to: table)
            let words = [
                "train", table, "--target", "y", "--k-fold", "10", "--hidden", "none", "--epochs", "0", "--json",
            ]
            let folds = try #require(try backprop(words, showingProgress: false).json["folds"] as? [[String: Any]])
            let errors = try folds.map { try $0.number("rootMeanSquaredError") }.sorted()
            #expect(errors[9] > 1e4 && errors[8] < 100)
        }
    }

    @Test(
        "folds that don't fit the samples are refused",
        arguments: [("1", "a whole number from 2"), ("151", "2 to 150")])
    func wrongFolds(count: String, expected: String) {
        let outcome = backprop("train", "iris", "--k-fold", count)
        #expect(outcome.status == 64)
        #expect(outcome.errors.contains("--k-fold: "))
        #expect(outcome.errors.contains("expected \(expected), found"))
    }
}
