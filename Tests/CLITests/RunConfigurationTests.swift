import Foundation
import Testing

@testable import BackpropCLI

@Suite("What describes a run of backprop train")
struct RunConfigurationTests {
    static let table =
        "color,size,answer\n"
        + (0..<60).map { row in
            "\(["red", "green", "blue"][row % 3]),\(row % 7 == 3 ? "" : "\(row % 5)"),\(row % 3 == 0 ? "stop" : "go")"
        }.joined(separator: "\n")

    @Test(
        "a run is repeated from its own record, byte for byte",
        arguments: [
            "iris --hidden 9,5 --optimizer adam --schedule cosine --dropout 0.2 --patience 3 --epochs 6",
            "iris --optimizer momentum --momentum 0.4157519042491913 --learning-rate 0.5672426068491981 --precision f64",
            "iris --optimizer rprop --hidden 6 --epochs 5 --seed 18446744073709551615",
            "digits --precision f64 --optimizer nesterov --momentum 0.8 --warmup 20 --schedule step --epochs 2",
            "digits --autoencoder 4 --tie-weights --hidden 16 --input-dropout 0.1 --optimizer rmsprop --epochs 2",
            "iris --class-weights 1,2.5,0.5 --l1 0.001 --weight-decay 0.01 --clip-norm 0.5 --epochs 3",
            "iris --class-weights balanced --label-smoothing 0.1 --clip-value 0.1 --input-noise 0.1 --epochs 3",
            "iris --validation 0.3 --schedule plateau --until-loss 0.6 --batch-size full --diagnose",
            "xor --hidden none --optimizer adamw --weight-decay 0.3 --warmup 2epochs --schedule exponential",
            "TABLE --target answer --missing mode --scale minmax --header yes --separator comma --epochs 4",
            "TABLE --target 2 --task regress --missing median --loss huber --activation relu --epochs 3",
            "TABLE --autoencoder 2 --missing mean --scale none --batch-size 7 --micro-batch 3 --threads 2 --epochs 3",
        ])
    func records(line: String) throws {
        try withTemporaryFolder { folder in
            // A target of numbers may not be missing.
            let text = line.contains("regress") ? Self.table.replacing(",,", with: ",9,") : Self.table
            try write(text, to: "\(folder)/t.csv")
            let words = line.split(separator: " ").map { $0 == "TABLE" ? "\(folder)/t.csv" : String($0) }
            let (first, second, record) = ("\(folder)/1", "\(folder)/2", "\(folder)/run.json")
            let outcome = backprop(["train"] + words + ["--output", first, "--json"], showingProgress: false)
            #expect(outcome.status == 0, "\(outcome.errors)")
            try write(outcome.output, to: record)
            let again = backprop("train", "--config", record, "--output", second, "--json")
            #expect(again.status == 0, "\(again.errors)")
            #expect(FileManager.default.contents(atPath: first) == FileManager.default.contents(atPath: second))
            let (run, runAgain) = (try outcome.json["run"] as? NSDictionary, try again.json["run"] as? NSDictionary)
            #expect(run != nil && run == runAgain)
        }
    }

    @Test("the schedule that a report spells out stands for the words that made it")
    func wholeSchedule() throws {
        try withTemporaryFolder { folder in
            let words = ["iris", "--learning-rate", "0.1", "--schedule", "cosine", "--warmup", "5", "--epochs", "4"]
            let (report, model) = try trained(words)
            let rate = try JSONSerialization.data(withJSONObject: try #require(report["learningRate"]))
            let path = "\(folder)/run.json"
            try write(
                #"{"data": "iris", "epochs": 4, "learningRate": \#(String(decoding: rate, as: UTF8.self))}"#, to: path)
            #expect(try trained(["--config", path]).model == model)
            // Words about the rate replace the whole schedule.
            let replaced = try trained(["--config", path, "--learning-rate", "0.2"])
            #expect(replaced.json["learningRate"] as? Double == 0.2)
        }
    }

    @Test("what a file doesn't say, or says is null, is as without a file")
    func partial() throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/run.json"
            let text = #"{"data": "iris", "epochs": 2, "hidden": [5], "target": null, "optimizer": {"kind": "adam"}}"#
            try write(text, to: path)
            let expected = try trained(["iris", "--epochs", "2", "--hidden", "5", "--optimizer", "adam"])
            #expect(try trained(["--config", path]).model == expected.model)
            try write("{}", to: path)
            #expect(try trained(["--config", path, "xor"]).model == trained(["xor"]).model)
        }
    }

    @Test("words change what a file says, and the record has what was done")
    func overriding() throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/run.json"
            try write(
                #"{"data": "digits", "hidden": [7], "epochs": 50, "seed": 3, "clipNorm": 2, "inputNoise": 0.5}"#,
                to: path)
            let words = [
                "iris", "--epochs", "2", "--hidden", "none", "--seed", "4", "--clip-value", "3", "--input-dropout",
                "0.2",
            ]
            let changed = try trained(["--config", path] + words)
            #expect(changed.model == (try trained(words)).model)
            let run = try #require(changed.json["run"] as? [String: Any])
            #expect(run["data"] as? String == "iris" && run["epochs"] as? Int == 2 && run["seed"] as? Int == 4)
            #expect(run["hidden"] as? [Int] == [])
            #expect(run["clipNorm"] == nil && run["clipValue"] as? Int == 3)
            #expect(run["inputNoise"] as? Int == 0 && run["inputDropout"] as? Double == 0.2)
            #expect(changed.json["epochs"] as? Int == 2)
        }
    }

    @Test(
        "a value that no run has is refused by its name and its file's",
        arguments: [
            (
                #"{"epoch": 3}"#,
                ": expected properties of a run, found unknown property 'epoch'; did you mean 'epochs'?"
            ),
            (#"{"run": {"threads": 0}}"#, ", threads: expected a whole number from 1 to 1024, found 0"),
            (#"{"epochs": -1}"#, ", epochs: expected a whole number from 0, found -1"),
            (#"{"epochs": 1.5}"#, ", epochs: expected a whole number from 0, found 1.5"),
            (#"{"epochs": "many"}"#, #", epochs: expected a whole number from 0, found "many""#),
            (#"{"epochs": true}"#, ", epochs: expected a value as in the record of a run, found true"),
            (#"{"dropout": 1}"#, ", dropout: expected a number from 0, below 1, found 1"),
            (#"{"clipNorm": 0}"#, ", clipNorm: expected a number above 0, found 0"),
            (#"{"clipNorm": 1, "clipValue": 1}"#, ": expected clipNorm or clipValue, found both"),
            (#"{"inputNoise": 1, "inputDropout": 0.5}"#, ": expected inputNoise or inputDropout, found both"),
            (#"{"seed": -1}"#, ", seed: expected a whole number from 0, found -1"),
            (#"{"target": 3}"#, ", target: expected a value as in the record of a run, found 3"),
            (#"{"hidden": [3, 0]}"#, ", hidden: expected numbers of units from 1, found [3, 0]"),
            (#"{"hidden": "3"}"#, #", hidden: expected a value as in the record of a run, found "3""#),
            (#"{"hidden": [1e300]}"#, ": expected numbers of a run, found one that is out of range"),
            (#"{"activation": "sigmod"}"#, ", activation: expected one of identity, sigmoid, tanh,"),
            (#"{"optimizer": "adam"}"#, #", optimizer: expected a value as in the record of a run, found "adam""#),
            (
                #"{"optimizer": {"kind": "adam", "beta1": 1}}"#,
                ", optimizer.beta1: expected a number from 0, below 1, found 1"
            ),
            (#"{"optimizer": {"kind": "rprop", "grow": 1}}"#, ", optimizer.grow: expected a number above 1, found 1"),
            (
                #"{"optimizer": {"kind": "rprop", "shrink": 0}}"#,
                ", optimizer.shrink: expected a number above 0, below 1"
            ),
            (
                #"{"learningRate": {"kind": "cosine", "from": -1, "to": 0, "over": {"steps": 3}}}"#,
                ", learningRate, from: expected a finite number from 0, found -1.0"
            ),
            (#"{"learningRate": {"kind": "cosine"}}"#, ", learningRate: expected a value as in the record of a run"),
            (#"{"warmup": {"steps": 0}}"#, ", warmup: expected at least 1 step, or epochs above 0, found steps(0)"),
            (#"{"warmup": 3}"#, ", warmup: expected a value as in the record of a run, found 3"),
            (#"{"batchSize": 0}"#, ", batchSize: expected a whole number from 1, found 0"),
            (#"{"batchSize": "some"}"#, #", batchSize: expected a value as in the record of a run, found "some""#),
            (
                #"{"classWeights": [0, 0]}"#,
                ", classWeights: expected numbers from 0, not all of them 0, found [0.0, 0.0]"
            ),
            (
                #"{"classWeights": "even"}"#,
                #", classWeights: expected a value as in the record of a run, found "even""#
            ),
            ("[1]", ": expected a JSON object, found something else"),
            ("{", ": expected a JSON object, found something else"),
        ])
    func wrongValues(text: String, message: String) throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/run.json"
            try write(text, to: path)
            let outcome = backprop("train", "xor", "--epochs", "1", "--config", path, "--output", "\(folder)/m")
            #expect(outcome.status == 65)
            #expect(outcome.errors.hasPrefix("backprop: \(path)\(message)"), "\(outcome.errors)")
            #expect(!FileManager.default.fileExists(atPath: "\(folder)/m"))
        }
    }

    @Test("a file that is not there exits 66")
    func noFile() {
        let outcome = backprop("train", "--config", "nowhere.json")
        #expect(outcome.status == 66)
        #expect(outcome.errors.contains("nowhere.json"))
    }

    @Test("every property of a run stands in the record of one that uses it")
    func properties() throws {
        let run = try #require(try trained(["xor", "--epochs", "1"]).json["run"] as? [String: Any])
        // Those that are left to the data are not there.
        #expect(
            Set(run.keys) == [
                "data", "header", "separator", "missing", "hidden", "activation", "dropout", "tiesWeights", "precision",
                "optimizer", "schedule", "batchSize", "weightDecay", "l1", "labelSmoothing", "inputNoise",
                "inputDropout", "diagnose", "seed", "threads", "epochs",
            ])
    }
}
