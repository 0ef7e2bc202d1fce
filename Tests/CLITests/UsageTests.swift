import Testing

@testable import BackpropCLI

@Suite("What people get for wrong words and wrong files")
struct UsageTests {
    @Test(
        "a wrong word says what was meant and exits 64",
        arguments: [
            (["trian"], "did you mean 'train'"),
            (["frobnicate"], "expected one of train, evaluate"),
            (["train", "--epoch", "3"], "did you mean '--epochs'"),
            (["train", "--epochs", "many"], "expected a whole number from 0, found 'many'"),
            (["train", "--epochs"], "expected N after it, found nothing"),
            (["train", "--json=yes"], "expected no value, found 'yes'"),
            (["train", "--activation", "sigmod"], "did you mean 'sigmoid'"),
            (["train", "--hidden", "12,,3"], "expected sizes as 128,64"),
            (["train", "--hidden", "0"], "expected sizes as 128,64"),
            (["train", "--learning-rate", "fast"], "expected a number, found 'fast'"),
            (["train", "--threads", "0"], "expected a whole number from 1 to 1024"),
            (["train", "--batch-size", "0"], "expected a whole number from 1"),
            (["train", "iris", "again"], "unexpected word 'again'"),
            (["evaluate"], "expected MODEL, found nothing"),
            (["evaluate", "m", "iris", "--top"], "--top: expected K after it, found nothing"),
            (["verify"], "expected CASE.json, found nothing"),
            (["trace", "sigmoid", "--depth", "3"], "--depth: expected with 'trace chain' only"),
            (["trace", "chain", "--weights", "1,x"], "expected numbers with commas between"),
            (["trace", "chain", "--biases", "1,2"], "biases of the chain: expected 9"),
            (["trace", "chain", "--depth", "2", "--weights", "1,2"], "--depth: expected without --weights"),
            (["trace", "chain", "--activation", "softmax"], "expected one that works unit by unit"),
            (["trace", "chain", "--activation", "tanh", "--loss", "cross-entropy"], "expected sigmoid"),
            (["trace", "sigmoid", "extra"], "unexpected word 'extra'"),
            (["trace", "sigmoid", "--row", "3"], "--row: expected with a model of your own only"),
            (["train", "digts"], "did you mean 'digits'"),
            (["train", "-x"], "unknown option '-x'"),
            (["train", "--output", "--json"], "expected FILE after it, found '--json'"),
            (["train", "digits", "--target", "foo"], "expected with a CSV file only"),
            (["train", "--loss", "cross-entropy", "--output-activation", "sigmoid"], "expected softmax"),
        ])
    func wrongWords(words: [String], message: String) {
        let outcome = run(words)
        #expect(outcome.status == 64)
        #expect(outcome.errors.contains(message), "\(outcome.errors)")
        #expect(outcome.output.isEmpty)
    }

    @Test("every command explains itself on standard output", arguments: Command.all.map(\.name))
    func help(name: String) throws {
        let outcome = run([name, "--help"])
        #expect(outcome.status == 0)
        #expect(outcome.output.hasPrefix("usage: backprop \(name)"))
        let command = try #require(Command.all.first { $0.name == name })
        for option in command.options { #expect(outcome.output.contains("--\(option.name)")) }
    }

    @Test("the overview lists every command")
    func overview() {
        let outcome = run(["--help"])
        #expect(outcome.status == 0)
        for command in Command.all { #expect(outcome.output.contains("\n  \(command.name) ")) }
        #expect(run([]).status == 64)
        #expect(run(["--version"]).output.hasPrefix("backprop "))
    }

    @Test("a file that is not there exits 66 and is named")
    func missingFiles() {
        for words in [["train", "nowhere.csv"], ["inspect", "nowhere"], ["verify", "nowhere.json"]] {
            let outcome = run(words)
            #expect(outcome.status == 66)
            #expect(outcome.errors.contains("nowhere"))
        }
    }

    @Test("a file that makes no sense exits 65, and says where and why")
    func badFiles() throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/bad"
            func outcome(_ text: String, _ words: [String]) throws -> Outcome {
                try write(text, to: path)
                return run(words)
            }
            let train = ["train", path, "--target", "y"]
            let cases: [(String, [String], String)] = [
                ("x,y\n1,2\n1\n", train, "line 3: expected 2 fields, found 1"),
                ("x,y\n1,a\nb,c\n", train, "line 3, column x: expected a finite number, found b"),
                ("x,y\n1,a\nnan,c\n", train, "line 3, column x: expected a finite number, found nan"),
                ("x,y\n,a\n", train, "line 2, column x: expected a finite number, found nothing"),
                ("x,y\n", train, "rows below the header: expected at least one, found none"),
                ("", train, "rows: expected at least one, found none"),
                ("x,y\n\"1,2\n", train, "line 2: expected a closing quote, found the end of the file"),
                ("y\n1\n", train, "columns besides the target: expected at least one, found none"),
                ("x,x,y\n1,2,a\n", train, "header: expected a name for each column, found x twice"),
                ("x,y\n1,a\n2,a\n", train, "column y: expected at least 2 classes, found only a"),
                ("x,y\n1,a\n2,\n", train, "line 3, column y: expected a target, found nothing"),
                ("x,y\n1,1\n2,2\n3,?\n", train, "line 4, column y: expected a number as in most rows"),
                ("not a model", ["inspect", path], "the header is longer than the format's 100,000,000 bytes"),
            ]
            for (text, words, message) in cases {
                let outcome = try outcome(text, words)
                #expect(outcome.status == 65)
                #expect(outcome.errors.contains(message), "\(outcome.errors)")
                #expect(outcome.output.isEmpty)
            }
        }
    }

    @Test("words that don't fit the data exit 64")
    func wordsAgainstData() throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/table.csv"
            try write("x,y\n" + (0..<40).map { "\($0),\($0 * $0)" }.joined(separator: "\n"), to: path)
            #expect(run(["train", path, "--target", "z"]).errors.contains("--target: "))
            for loss in ["cross-entropy", "binary-cross-entropy"] {
                let outcome = run(["train", path, "--target", "y", "--loss", loss])
                #expect(outcome.status == 64)
                #expect(outcome.errors.contains("expected a loss of numbers for regression"))
            }
        }
    }

    @Test("a place where no model can be saved is found out before training")
    func unwritableOutput() {
        let outcome = run(["train", "xor", "--output", "/nowhere/at/all", "--epochs", "1000000000"])
        #expect(outcome.status == 66)
        #expect(outcome.errors.contains("/nowhere/at/all: can't be written"))
    }

    @Test("a network that no machine can hold is refused")
    func hugeNetwork() {
        let outcome = run(["train", "--hidden", "100000000000", "--epochs", "0"])
        #expect(outcome.status == 65)
        #expect(outcome.errors.contains("expected parameters that fit in"))
    }

    @Test("training that diverges says so and saves nothing")
    func divergence() throws {
        try withTemporaryFolder { folder in
            let outcome = run([
                "train", "iris", "--activation", "relu", "--loss", "mean-squared-error", "--output-activation",
                "identity", "--learning-rate", "1e30", "--output", "\(folder)/m",
            ])
            #expect(outcome.status == 65)
            #expect(outcome.errors.contains("expected finite loss, found infinity or NaN at step"))
            #expect(run(["inspect", "\(folder)/m"]).status == 66)
        }
    }

    @Test("a last step that overflows saves nothing either")
    func lastStepDiverges() throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/table.csv"
            try write("x,y\n" + (0..<40).map { "\($0),\($0 * $0)" }.joined(separator: "\n"), to: path)
            let outcome = run([
                "train", path, "--target", "y", "--activation", "relu", "--learning-rate", "3e38", "--batch-size",
                "full",
                "--epochs", "1", "--output", "\(folder)/m",
            ])
            #expect(outcome.status == 65)
            #expect(outcome.errors.contains("expected finite parameters"))
            #expect(run(["inspect", "\(folder)/m"]).status == 66)
        }
    }

    @Test("progress goes to standard error, and only where somebody watches")
    func progress() throws {
        try withTemporaryFolder { folder in
            let words = ["train", "iris", "--epochs", "2", "--output", "\(folder)/m"]
            #expect(run(words).errors.isEmpty)
            #expect(run(words, showingProgress: true).errors.contains("epoch 2/2"))
        }
    }

    private func run(_ words: [String], showingProgress: Bool = false) -> Outcome {
        backprop(words, showingProgress: showingProgress)
    }
}
