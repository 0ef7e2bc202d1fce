import Foundation
import Testing

@testable import BackpropCLI

@Suite("backprop train, evaluate, predict and inspect")
struct TrainCommandTests {
    @Test("the built-in digits are learnt, and the report says how well")
    func digits() throws {
        try withTemporaryFolder { folder in
            let outcome = backprop("train", "--epochs", "60", "--output", "\(folder)/m.safetensors", "--json")
            #expect(outcome.status == 0, "\(outcome.errors)")
            let evaluation = try #require(try outcome.json["evaluation"] as? [String: Any])
            #expect(try #require(evaluation["accuracy"] as? Double) > 0.95)
            #expect(evaluation["samples"] as? Int == 359)
            let confusion = try #require(evaluation["confusion"] as? [[Int]])
            #expect(confusion.joined().reduce(0, +) == 359)
            #expect(outcome.errors.isEmpty)
        }
    }

    @Test("the same seed gives the same model file for any number of threads", arguments: ["1", "2", "3"])
    func threads(count: String) throws {
        try withTemporaryFolder { folder in
            let (one, other) = ("\(folder)/one.safetensors", "\(folder)/other.safetensors")
            #expect(backprop("train", "--epochs", "3", "--output", one).status == 0)
            #expect(backprop("train", "--epochs", "3", "--threads", count, "--output", other).status == 0)
            #expect(FileManager.default.contents(atPath: one) == FileManager.default.contents(atPath: other))
            #expect(backprop("train", "--epochs", "3", "--seed", "2", "--output", other).status == 0)
            #expect(FileManager.default.contents(atPath: one) != FileManager.default.contents(atPath: other))
        }
    }

    @Test("exclusive or is learnt")
    func xor() throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/xor.safetensors"
            let outcome = backprop(
                "train", "xor", "--hidden", "4", "--activation", "tanh", "--batch-size", "full", "--epochs", "2000",
                "--output", path)
            #expect(outcome.status == 0)
            #expect(outcome.output.contains("accuracy 100.00 %"))
            #expect(backprop("evaluate", path, "xor").output.contains("accuracy 100.00 %"))
        }
    }

    @Test("a table with text classes is learnt, evaluated and predicted by name")
    func textClasses() throws {
        try withTemporaryFolder { folder in
            let (table, model) = ("\(folder)/table.csv", "\(folder)/model.safetensors")
            let rows = (0..<100).map { "\($0 % 2 == 0 ? "dog" : "\"cat, black\""),\($0 % 2).5,\($0)" }
            try write("animal,tail,number\n\(rows.joined(separator: "\n"))\n", to: table)
            let outcome = backprop("train", table, "--target", "animal", "--output", model)
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(backprop("evaluate", model, table).output.contains("accuracy 100.00 %"))
            // Columns in another order, one more than needed, and no target.
            try write("number,color,tail\n7,red,1.5\n8,red,0.5\n", to: table)
            let predicted = backprop("predict", model, table).output.split(separator: "\n")
            #expect(predicted.first == "prediction,confidence")
            #expect(predicted[1].hasPrefix("\"cat, black\",0.9"))
            #expect(predicted[2].hasPrefix("dog,0.9"))
        }
    }

    @Test("classes are the same however whole numbers are written")
    func numericClasses() throws {
        try withTemporaryFolder { folder in
            let (table, model) = ("\(folder)/table.csv", "\(folder)/model.safetensors")
            let labels = ["1", "1.0", "01", "2", "2.0"]
            let rows = (0..<100).map { "\(labels[$0 % 5].hasPrefix("2") ? 9 : 1),\(labels[$0 % 5])" }
            try write("x,y\n\(rows.joined(separator: "\n"))\n", to: table)
            let outcome = backprop("train", table, "--target", "y", "--output", model)
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(try backprop("inspect", model, "--json").json["classNames"] as? [String] == ["1", "2"])
            #expect(backprop("evaluate", model, table).output.contains("accuracy 100.00 %"))
        }
    }

    @Test("large offsets lose nothing: values are scaled before they are rounded")
    func timestamps() throws {
        try withTemporaryFolder { folder in
            let (table, model) = ("\(folder)/table.csv", "\(folder)/model.safetensors")
            let rows = (0..<100).map { "\(1_700_000_000 + $0),0.1,\($0 < 50 ? "early" : "late")" }
            try write("time,constant,y\n\(rows.joined(separator: "\n"))\n", to: table)
            #expect(backprop("train", table, "--target", "y", "--epochs", "2000", "--output", model).status == 0)
            #expect(backprop("evaluate", model, table).output.contains("accuracy 100.00 %"))
            // A column that never changed has no say, whatever it holds later.
            try write("time,constant\n1700000001,0.1\n1700000001,5\n", to: table)
            let predicted = backprop("predict", model, table).output.split(separator: "\n")
            #expect(predicted[1].hasPrefix("early") && predicted[1] == predicted[2])
        }
    }

    @Test("a number is predicted in its own units")
    func regression() throws {
        try withTemporaryFolder { folder in
            let (table, model) = ("\(folder)/table.csv", "\(folder)/model.safetensors")
            let rows = (0..<200).map { "\($0),\(1000 + 3 * $0)" }
            try write("x,y\n\(rows.joined(separator: "\n"))\n", to: table)
            let outcome = backprop("train", table, "--target", "y", "--hidden", "none", "--output", model, "--json")
            let evaluation = try #require(try outcome.json["evaluation"] as? [String: Any])
            #expect(try #require(evaluation["rootMeanSquaredError"] as? Double) < 1)
            try write("x\n100\n", to: table)
            let predicted = backprop("predict", model, table).output.split(separator: "\n")
            #expect(abs(try #require(Double(predicted[1])) - 1300) < 1)
        }
    }

    @Test("a model is described as it was made")
    func inspect() throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/m.safetensors"
            _ = backprop("train", "iris", "--hidden", "5,4", "--activation", "tanh", "--epochs", "1", "--output", path)
            let outcome = backprop("inspect", path, "--json")
            let network = try #require(try outcome.json["network"] as? [String: Any])
            #expect(network["parameters"] as? Int == 4 * 5 + 5 + 5 * 4 + 4 + 4 * 3 + 3)
            #expect(try outcome.json["classNames"] as? [String] == ["setosa", "versicolor", "virginica"])
            #expect(backprop("inspect", path).output.contains("4 → 5 tanh → 4 tanh → 3 softmax"))
        }
    }

    @Test("MNIST is learnt from its four files")
    func mnist() throws {
        guard let sharedFolder else {
            print("skipped: no MNIST files beside the package")
            return
        }
        try withTemporaryFolder { folder in
            let outcome = backprop(
                "train", "\(sharedFolder)/data/mnist", "--hidden", "16", "--epochs", "1", "--output",
                "\(folder)/m.safetensors", "--json")
            let evaluation = try #require(try outcome.json["evaluation"] as? [String: Any])
            #expect(evaluation["samples"] as? Int == 10_000)
            #expect(try #require(evaluation["accuracy"] as? Double) > 0.9)
        }
    }
}
