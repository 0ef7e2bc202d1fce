import Foundation
import Testing

@testable import BackpropCLI

@Suite("What the options of backprop train do")
struct TrainOptionsTests {
    /// A small run, which options change.
    private let small = ["iris", "--hidden", "6", "--epochs", "3"]

    // MARK: Wrong words

    @Test(
        "a value that an option can't have exits 64, and says what was expected and found",
        arguments: [
            ("--target 1", "--target and --task: expected with a CSV file only, found with iris"),
            ("--task guess", "unknown value of --task 'guess'; expected one of classify, regress"),
            ("--header maybe", "unknown value of --header 'maybe'; expected one of auto, yes, no"),
            ("--separator dot", "unknown value of --separator 'dot'; expected one of"),
            ("--missing mine", "unknown value of --missing 'mine'; did you mean"),
            ("--scale big", "unknown value of --scale 'big'; expected one of standard, minmax, none"),
            ("--validation 1", "--validation: expected a number from 0, below 1, found '1'"),
            ("--validation 0.001", "--validation: share held out of 120 samples: expected at least one sample"),
            ("--class-weights 1,x", "--class-weights: expected numbers with commas between, found '1,x'"),
            ("--class-weights 1,2", "--class-weights: weights of classes: expected 3, found 2"),
            ("--class-weights -1,2,3", "--class-weights: expected numbers from 0, not all of them 0, found '-1,2,3'"),
            ("--class-weights 0,0,0", "--class-weights: expected numbers from 0, not all of them 0, found '0,0,0'"),
            ("--k-fold 1", "--k-fold: expected a whole number from 2, found '1'"),
            ("--k-fold 151", "--k-fold: folds of 150 samples: expected 2 to 150, found 151"),
            ("--hidden 5,-1", "--hidden: expected sizes as 128,64, or none, found '5,-1'"),
            ("--output-activation what", "unknown value of --output-activation 'what'; expected one of"),
            ("--dropout 1", "--dropout: expected a number from 0, below 1, found '1'"),
            ("--dropout 0.1 --activation softmax", "--dropout: expected 0 with --activation softmax, found 0.1"),
            ("--precision f16", "unknown value of --precision 'f16'; did you mean 'f32'?"),
            ("--loss much", "unknown value of --loss 'much'; expected one of"),
            ("--optimizer adamm", "unknown value of --optimizer 'adamm'; did you mean 'adam'?"),
            ("--momentum 0.5", "--momentum: expected with --optimizer momentum or nesterov"),
            ("--optimizer momentum --momentum 1", "--momentum: expected a number from 0, below 1, found '1'"),
            ("--learning-rate -1", "--learning-rate: expected a number from 0, found '-1'"),
            ("--learning-rate inf", "--learning-rate: expected a number, found 'inf'"),
            ("--schedule line", "unknown value of --schedule 'line'; expected one of constant, step, exponential"),
            ("--warmup 0", "--warmup: expected a number of steps, or as 2epochs, found '0'"),
            ("--warmup 2days", "--warmup: expected a number of steps, or as 2epochs, found '2days'"),
            ("--batch-size 1.5", "--batch-size: expected a whole number from 1, found '1.5'"),
            ("--optimizer rprop --batch-size 10", "--batch-size: expected full with --optimizer rprop, found 10"),
            ("--micro-batch 0", "--micro-batch: expected a whole number from 1, found '0'"),
            ("--threads 1025", "--threads: expected a whole number from 1 to 1024, found '1025'"),
            ("--weight-decay -1", "--weight-decay: expected a number from 0, found '-1'"),
            ("--l1 nan", "--l1: expected a number, found 'nan'"),
            ("--label-smoothing 1", "--label-smoothing: expected a number from 0, below 1, found '1'"),
            ("--input-noise -1", "--input-noise: expected a number from 0, found '-1'"),
            ("--input-dropout 1", "--input-dropout: expected a number from 0, below 1, found '1'"),
            (
                "--input-noise 1 --input-dropout 0.1",
                "--input-noise and --input-dropout: expected one of them, found both"
            ),
            ("--clip-norm 0", "--clip-norm: expected a number above 0, found '0'"),
            ("--clip-value -3", "--clip-value: expected a number above 0, found '-3'"),
            ("--clip-norm 1 --clip-value 1", "--clip-norm and --clip-value: expected one of them, found both"),
            ("--epochs -1", "--epochs: expected a whole number from 0, found '-1'"),
            ("--patience 0", "--patience: expected a whole number from 1, found '0'"),
            ("--until-loss nan", "--until-loss: expected a number, found 'nan'"),
            ("--until-gradient-norm -1", "--until-gradient-norm: expected a number from 0, found '-1'"),
            ("--max-seconds soon", "--max-seconds: expected a number, found 'soon'"),
            ("--seed -1", "--seed: expected a whole number from 0, found '-1'"),
        ])
    func wrongWords(line: String, message: String) throws {
        try withTemporaryFolder { folder in
            let words = line.split(separator: " ").map(String.init)
            let outcome = backprop(
                ["train", "iris", "--output", "\(folder)/m"] + words, showingProgress: false)
            #expect(outcome.status == 64)
            #expect(outcome.errors.hasPrefix("backprop: \(message)"), "\(outcome.errors)")
            #expect(outcome.output.isEmpty)
            #expect(!FileManager.default.fileExists(atPath: "\(folder)/m"))
        }
    }

    @Test("smoothing needs an output for each class, or binary cross-entropy")
    func smoothingOfOneOutput() {
        let outcome = backprop("train", "xor", "--loss", "squared-error", "--label-smoothing", "0.1")
        #expect(outcome.status == 64)
        #expect(
            outcome.errors.contains(
                "--label-smoothing: expected with an output for each class, or binary cross-entropy, found neither"))
    }

    @Test("a network without outputs that are finite is no model, but a model is saved before it is judged")
    func savedFirst() throws {
        try withTemporaryFolder { folder in
            let (table, model) = ("\(folder)/t.csv", "\(folder)/m")
            // A value that is infinite in 32 bits once it is scaled: where it is held out, only the report fails.
            let isSaved = try (0..<10).contains { row in
                try write(
                    "x,y\n" + (0..<10).map { "\($0 == row ? "1e60" : "\($0)"),\($0)" }.joined(separator: "\n"),
                    to: table)
                let outcome = backprop("train", table, "--target", "y", "--epochs", "1", "--output", model)
                return outcome.status == 65 && backprop("inspect", model).status == 0
            }
            #expect(isSaved)
        }
    }

    // MARK: Steps

    @Test(
        "each optimizer is taken by its name, with its usual numbers and a rate that suits it",
        arguments: [
            ("sgd", ["kind": "gradientDescent"] as [String: any Sendable], 0.5),
            ("momentum", ["kind": "momentum", "momentum": 0.9], 0.05),
            ("nesterov", ["kind": "nesterov", "momentum": 0.9], 0.05),
            ("rmsprop", ["kind": "rmsProp", "decay": 0.99, "epsilon": 1e-8], 0.001),
            ("adagrad", ["kind": "adagrad", "epsilon": 1e-10], 0.01),
            ("adam", ["kind": "adam", "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8], 0.001),
            ("adamw", ["kind": "adamW", "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "weightDecay": 0.01], 0.001),
            (
                "rprop",
                ["kind": "rprop", "shrink": 0.5, "grow": 1.2, "minimumStep": 1e-6, "maximumStep": 50.0], 0.01
            ),
        ])
    func optimizers(name: String, expected: [String: any Sendable], rate: Double) throws {
        let report = try trained(small + ["--optimizer", name]).json
        let found = try #require(report["optimizer"] as? NSDictionary)
        #expect(found == NSDictionary(dictionary: expected))
        #expect(report["learningRate"] as? Double == rate)
        #expect(report["batchSize"] as? Int == (name == "rprop" ? 120 : 32))
    }

    @Test("momentum is that of the optimizer, and weight decay is AdamW's own where it has one")
    func optimizerNumbers() throws {
        let nesterov = try trained(small + ["--optimizer", "nesterov", "--momentum", "0.5"]).json
        #expect(try nesterov.number("optimizer.momentum") == 0.5)
        let adamW = try trained(small + ["--optimizer", "adamw", "--weight-decay", "0.25"]).json
        #expect(try adamW.number("optimizer.weightDecay") == 0.25)
        #expect(try adamW.number("run.weightDecay") == 0)
        let adam = try trained(small + ["--optimizer", "adam", "--weight-decay", "0.25"]).json
        #expect(try adam.number("run.weightDecay") == 0.25)
    }

    @Test("schedules run over the whole training")
    func schedules() throws {
        // 120 samples in 4 batches, 3 epochs: 12 steps. An epoch reports the rate of the step that follows.
        func rates(_ words: [String]) throws -> [Double] {
            try trained(small + ["--learning-rate", "0.4"] + words).json.epochs.map { try $0.number("learningRate") }
        }
        #expect(try rates(["--schedule", "constant"]) == [0.4, 0.4, 0.4])
        let step = try rates(["--schedule", "step"])
        #expect(abs(step[0] - 0.04) < 1e-15 && abs(step[1] - 0.004) < 1e-15)
        let exponential = try rates(["--schedule", "exponential"])
        #expect(abs(exponential[2] - 0.004) < 1e-15 && abs(exponential[0] - 0.4 * pow(0.01, 1.0 / 3)) < 1e-15)
        let cosine = try rates(["--schedule", "cosine"])
        #expect(abs(cosine[0] - 0.3) < 1e-15 && abs(cosine[1] - 0.1) < 1e-15 && cosine[2] == 0)
        // Six steps of warm-up, given as steps or as epochs, then the rest as a cosine.
        for warmup in ["6", "1.5epochs"] {
            let warmed = try rates(["--schedule", "cosine", "--warmup", warmup])
            #expect(abs(warmed[0] - 0.4 * 5 / 6) < 1e-15 && warmed[2] == 0)
        }
        let plateau = try rates(["--schedule", "plateau", "--learning-rate", "1e-12", "--epochs", "20"])
        #expect(plateau[0] == 1e-12)
    }

    @Test("more epochs than steps can be counted are no reason to fail")
    func endless() throws {
        for schedule in ["step", "exponential", "cosine"] {
            let words = ["--epochs", "\(Int.max)", "--schedule", schedule, "--max-seconds", "0"]
            #expect(try trained(small + words).json["stopped"] as? String == "after 0 seconds")
        }
    }

    @Test("a batch larger than the data is all of it")
    func largeBatch() throws {
        let report = try trained(small + ["--batch-size", "1000000"]).json
        #expect(report["batchSize"] as? Int == 120)
        #expect(report["iterations"] as? Int == 3)
        let words = ["--batch-size", "1000000", "--micro-batch", "2000000"]
        #expect(try trained(small + words).json["iterations"] as? Int == 3)
        let full = try trained(small + ["--batch-size", "full"]).json
        #expect(full["batchSize"] as? Int == 120 && full["iterations"] as? Int == 3)
        #expect(try trained(small + ["--batch-size", "50"]).json["iterations"] as? Int == 9)
    }

    @Test("micro-batches and threads change nothing, whatever else is on")
    func sameBits() throws {
        let words =
            small + ["--optimizer", "adam", "--dropout", "0.2", "--clip-norm", "0.5", "--label-smoothing", "0.1"]
        let model = try trained(words).model
        #expect(try trained(words + ["--micro-batch", "5"]).model == model)
        #expect(try trained(words + ["--threads", "2"]).model == model)
    }

    // MARK: Regularization

    @Test(
        "an amount of nothing changes nothing, any other does, and the same each time",
        arguments: ["dropout", "weight-decay", "l1", "label-smoothing", "input-noise", "input-dropout"])
    func amounts(option: String) throws {
        let base = try trained(small).model
        #expect(try trained(small + ["--\(option)", "0"]).model == base)
        let changed = try trained(small + ["--\(option)", "0.25"]).model
        #expect(changed != base)
        #expect(try trained(small + ["--\(option)", "0.25"]).model == changed)
    }

    @Test("penalties make weights smaller")
    func penalties() throws {
        func norm(_ words: [String]) throws -> Double {
            let layers = try trained(small + words).json.value("network.layers") as? [[String: Any]]
            return try #require(layers).reduce(0) { $0 + (try $1.number("weights.norm")) }
        }
        let free = try norm([])
        #expect(try norm(["--weight-decay", "0.05"]) < free)
        #expect(try norm(["--l1", "0.05"]) < free)
        #expect(try norm(["--optimizer", "adamw", "--weight-decay", "10"]) < norm(["--optimizer", "adamw"]))
    }

    @Test("clipping bounds the step: its norm, or each of its elements")
    func clipping() throws {
        let step = small + ["--epochs", "1", "--batch-size", "full", "--learning-rate", "1", "--diagnose"]
        func updates(_ words: [String]) throws -> [Double] {
            let report = try trained(step + words).json
            let layers = report.epochs[0].value("diagnosis.layers") as? [[String: Any]]
            return try #require(layers).map { try $0.number("updateNorm") }
        }
        let clipped = try updates(["--clip-norm", "0.01"])
        #expect(abs(clipped.reduce(0) { $0 + $1 * $1 }.squareRoot() - 0.01) < 1e-5)
        let bound = try updates(["--clip-value", "0.0001"])
        for (norm, count) in zip(bound, [30.0, 21]) { #expect(norm <= 0.000101 * count.squareRoot()) }
        // A bound that nothing reaches is none.
        #expect(try trained(small + ["--clip-norm", "1e9"]).model == trained(small).model)
        #expect(try trained(small + ["--clip-value", "1e9"]).model == trained(small).model)
    }

    @Test("a class that alone has weight is all that is answered, and equal weights are none")
    func classWeights() throws {
        let words = ["iris", "--hidden", "6", "--epochs", "30"]
        let report = try trained(words + ["--class-weights", "0,1,0"]).json
        let confusion = try #require(report.value("evaluation.confusion") as? [[Int]])
        #expect(confusion.allSatisfy { $0[0] == 0 && $0[2] == 0 })
        #expect(try trained(small + ["--class-weights", "1,1,1"]).model == trained(small).model)
    }

    @Test("balanced weights give a rare class its say")
    func balance() throws {
        try withTemporaryFolder { folder in
            let table = "\(folder)/t.csv"
            // One in ten is rare, among as many others that look the same.
            let rows = (0..<200).map { "\($0 % 5 == 0 ? 1 : 0),\($0 % 10 == 0 ? "rare" : "usual")" }
            try write("x,y\n" + rows.joined(separator: "\n"), to: table)
            func recall(_ words: [String]) throws -> Double {
                let report = try trained([table, "--target", "y", "--hidden", "4", "--epochs", "60"] + words).json
                let scores = try #require(report.value("evaluation.classScores") as? [[String: Any]])
                return try scores[0].number("recall")
            }
            #expect(try recall(["--class-weights", "balanced"]) == 1)
            #expect(try recall(["--class-weights", "1,9"]) < 1)
        }
    }

    // MARK: Data and network

    @Test("samples are kept for validation as the share says, and for patience without a word")
    func validation() throws {
        func sizes(_ words: [String]) throws -> [Int?] {
            let report = try trained(small + words).json
            return ["trainingSamples", "validationSamples", "heldOutSamples"].map { report[$0] as? Int }
        }
        #expect(try sizes([]) == [120, 0, 30])
        #expect(try sizes(["--validation", "0.25"]) == [90, 30, 30])
        #expect(try sizes(["--patience", "5"]) == [108, 12, 30])
        #expect(try sizes(["--patience", "5", "--validation", "0"]) == [120, 0, 30])
        let epochs = try trained(small + ["--validation", "0.25"]).json.epochs
        #expect(epochs.count == 3 && epochs.allSatisfy { $0.value("validation.accuracy") as? Double != nil })
        #expect(try trained(small).json.epochs.allSatisfy { $0["validation"] == nil })
    }

    @Test("the task, the scaling and the precision are those that are asked for")
    func tasks() throws {
        try withTemporaryFolder { folder in
            let (table, model) = ("\(folder)/t.csv", "\(folder)/m")
            try write("x,y\n" + (0..<60).map { "\($0),\($0 % 3)" }.joined(separator: "\n"), to: table)
            func inspected(_ words: [String]) throws -> [String: Any] {
                let train = ["train", table, "--target", "y", "--epochs", "1", "--output", model]
                let outcome = backprop(train + words, showingProgress: false)
                #expect(outcome.status == 0, "\(outcome.errors)")
                return try backprop("inspect", model, "--json").json
            }
            #expect(try inspected([])["classNames"] as? [String] == ["0", "1", "2"])
            let regression = try inspected(["--task", "regress", "--loss", "mean-absolute-error"])
            #expect(regression["classNames"] as? [String] == [])
            #expect(regression["loss"] as? String == "meanAbsoluteError")
            #expect(try inspected(["--scale", "standard"])["scalesInputs"] as? Bool == true)
            #expect(try inspected(["--scale", "none"])["scalesInputs"] as? Bool == false)
            #expect(try inspected([])["precision"] as? Int == 32)
            #expect(try inspected(["--precision", "f64"])["precision"] as? Int == 64)
            let layers = try inspected(["--activation", "leaky-relu", "--dropout", "0.5"]).value("network.layers")
            let hidden = try #require(layers as? [[String: Any]])[0]
            #expect(hidden["activation"] as? String == "leakyReLU" && hidden["dropout"] as? Double == 0.5)
        }
    }

    // MARK: When to stop

    @Test("patience ends training after as many epochs without a better one, and takes the best")
    func patience() throws {
        let words = ["iris", "--hidden", "6", "--learning-rate", "3", "--validation", "0.2"]
        let report = try trained(words + ["--patience", "4", "--epochs", "500"])
        let losses = try report.json.epochs.map { try $0.number("validation.loss") }
        let best = try #require(losses.indices.min { losses[$0] < losses[$1] }) + 1
        #expect(losses.count == best + 4)
        #expect(report.json["stopped"] as? String == "no better for 4 epochs, the best taken")
        #expect(try trained(words + ["--epochs", "\(best)"]).model == report.model)
    }

    @Test("training ends with the first epoch below a bound")
    func bounds() throws {
        let byLoss = try trained(["iris", "--hidden", "6", "--until-loss", "0.5"]).json
        let losses = try byLoss.epochs.map { try $0.number("loss") }
        #expect(losses.last! < 0.5 && losses.dropLast().allSatisfy { $0 >= 0.5 } && losses.count < 100)
        #expect(byLoss["stopped"] as? String == "the loss fell below 0.5")
        let byNorm = try trained(["iris", "--hidden", "6", "--batch-size", "full", "--until-gradient-norm", "0.1"]).json
        let norms = try byNorm.epochs.map { try $0.number("gradientNorm") }
        #expect(norms.last! < 0.1 && norms.dropLast().allSatisfy { $0 >= 0.1 })
        #expect(byNorm["stopped"] as? String == "the gradient's norm fell below 0.1")
    }

    @Test("training ends when time is up")
    func seconds() throws {
        let report = try trained(["xor", "--epochs", "1000000000", "--max-seconds", "0.02"]).json
        #expect(report["stopped"] as? String == "after 0.02 seconds")
        #expect(try report.number("seconds") >= 0.02)
        #expect(try trained(small + ["--epochs", "0"]).json["trainingLoss"] == nil)
    }

    // MARK: Diagnosis

    @Test("a diagnosis has norms of every layer, and words with a remedy for what is wrong")
    func diagnosis() throws {
        try withTemporaryFolder { folder in
            let (table, model) = ("\(folder)/t.csv", "\(folder)/m")
            try write("x,y\n" + (0..<40).map { "\($0 * 1000),\($0 % 2)" }.joined(separator: "\n"), to: table)
            let words = ["train", table, "--target", "y", "--scale", "none", "--epochs", "3", "--output", model]
            let outcome = backprop(words + ["--diagnose"], showingProgress: false)
            #expect(outcome.status == 0)
            // Said once, not in each epoch.
            #expect(outcome.errors.components(separatedBy: "inputs reach ").count == 2, "\(outcome.errors)")
            #expect(outcome.errors.hasPrefix("epoch 1: inputs reach 39000"))
            #expect(outcome.output.contains("Norms in the last epoch\n\nlayer  gradient  update"))
            #expect(outcome.output.contains("\n- inputs reach 39000"))
            let without = backprop(words, showingProgress: false)
            #expect(without.errors.isEmpty && !without.output.contains("Norms"))
        }
        let report = try trained(small + ["--diagnose"])
        #expect(report.json.epochs.allSatisfy { ($0.value("diagnosis.layers") as? [Any])?.count == 2 })
        // To look changes nothing.
        #expect(report.model == (try trained(small)).model)
    }

    @Test("where nothing looks wrong, it says so")
    func healthy() throws {
        try withTemporaryFolder { folder in
            let words = ["train", "iris", "--epochs", "5", "--diagnose", "--output", "\(folder)/m"]
            #expect(backprop(words, showingProgress: false).output.contains("\nNothing looks wrong.\n"))
        }
    }
}
