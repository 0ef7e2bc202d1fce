import Backprop
import Foundation
import Testing

@testable import BackpropCLI

@Suite("backprop train --checkpoint")
struct CheckpointCommandTests {
    private let words = [
        "train", "--epochs", "4", "--hidden", "8", "--dropout", "0.2", "--optimizer", "adam", "--patience", "3",
        "--schedule", "plateau", "--json",
    ]

    /// A report without what depends on the time and on where it was written.
    private func figures(_ outcome: Outcome) throws -> NSDictionary {
        var report = try outcome.json
        for key in ["seconds", "model"] { report[key] = nil }
        var history = try #require(report["history"] as? [String: Any])
        history["epochs"] = report.epochs.map { $0.filter { $0.key != "seconds" } }
        report["history"] = history
        return report as NSDictionary
    }

    @Test("a run that is resumed has the same model, byte for byte, and the same report")
    func resumes() throws {
        try withTemporaryFolder { folder in
            func train(_ name: String, _ more: [String] = []) -> Outcome {
                backprop(words + ["--output", "\(folder)/\(name)"] + more, showingProgress: false)
            }
            let (path, options) = ("\(folder)/run", ["--checkpoint", "\(folder)/run", "--every", "7", "--keep", "30"])
            let whole = train("whole")
            #expect(whole.errors.isEmpty)
            let model = FileManager.default.contents(atPath: "\(folder)/whole")
            let saved = train("saved", options)
            #expect(
                saved.errors.hasPrefix("saved \(path): 0 of 4 epochs, 7 steps done\nsaved \(path): 0 of 4 epochs, 14"))
            #expect(saved.errors.hasSuffix("saved \(path): 4 of 4 epochs, 164 steps done\n"))
            #expect(try figures(saved) == figures(whole))
            for age in 1...23 {
                try FileManager.default.removeItem(atPath: path)
                try FileManager.default.copyItem(atPath: "\(path).\(age)", toPath: path)
                let resumed = train("resumed", ["--checkpoint", path, "--every", "1000"])
                let steps = (24 - age) * 7
                #expect(resumed.status == 0)
                #expect(
                    resumed.errors
                        == "resumed from \(path): \(steps / 41) of 4 epochs, \(steps) steps done\n"
                        + "saved \(path): 4 of 4 epochs, 164 steps done\n")
                #expect(try figures(resumed) == figures(whole))
                #expect(FileManager.default.contents(atPath: "\(folder)/resumed") == model)
            }
            let complete = train("complete", options)
            #expect(complete.status == 0)
            #expect(complete.errors.hasSuffix("\(path): the run is complete, nothing is left to train\n"))
            #expect(try figures(complete) == figures(whole))
            #expect(FileManager.default.contents(atPath: "\(folder)/complete") == model)
        }
    }

    @Test("a checkpoint of another run is refused, and stays as it is")
    func misfits() throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/run"
            func train(_ more: [String]) -> Outcome {
                backprop(
                    words + ["--checkpoint", path, "--output", "\(folder)/model"] + more, showingProgress: false)
            }
            #expect(train([]).status == 0)
            let bytes = FileManager.default.contents(atPath: path)
            for (more, message) in [
                (["--seed", "2"], "checkpoint, seed: expected 1, as it was saved, found 2"),
                (["--hidden", "9"], "checkpoint, layer 0: expected {"),
                (["--scale", "minmax"], "checkpoint, inputScaling: expected {"),
                (["--optimizer", "sgd"], "checkpoint, optimizer: expected {"),
                (["--class-weights", "balanced"], "checkpoint, training samples: expected 1294 samples of 64 inputs"),
                (["--validation", "0.2"], "checkpoint, training samples: expected 1294 samples of 64 inputs"),
                (["--precision", "f64"], "run, network.parameters: "),
            ] {
                let outcome = train(more)
                #expect(outcome.status == 65)
                #expect(outcome.errors.contains(message), "\(outcome.errors)")
                #expect(FileManager.default.contents(atPath: path) == bytes)
            }
            try write("nothing", to: path)
            #expect(train([]).errors.contains("\(path), byte 7: the file ends within its header"))
            #expect(FileManager.default.contents(atPath: path) == Data("nothing".utf8))
        }
    }

    @Test("words that make no sense are refused by their name")
    func usage() {
        for (words, message) in [
            (["--every", "3"], "--every: expected with --checkpoint"),
            (["--keep", "3"], "--keep: expected with --checkpoint"),
            (["--checkpoint", "a", "--every", "0"], "--every: expected seconds as 30s"),
            (["--checkpoint", "a", "--every", "-1s"], "--every: expected seconds as 30s"),
            (["--checkpoint", "a", "--every", "0epochs"], "--every: expected seconds as 30s"),
            (["--checkpoint", "a", "--keep", "1001"], "--keep: expected a whole number from 0 to 1000"),
            (["--checkpoint", "a", "--k-fold", "3"], "--checkpoint: expected without --k-fold"),
            (["--checkpoint", "a", "--find-learning-rate"], "--checkpoint: expected without --find-learning-rate"),
            (
                ["--checkpoint", "a", "--output", "a"],
                "--checkpoint: expected another file than the model's, found 'a'"
            ),
        ] {
            let outcome = backprop(["train"] + words, showingProgress: false)
            #expect(outcome.status == 64)
            #expect(outcome.errors.contains(message), "\(outcome.errors)")
        }
    }

    @Test("what a process that was killed left beside the checkpoint is removed, and nothing else")
    func leftovers() throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/run"
            let mine = ProcessInfo.processInfo.processIdentifier
            // No system has so many processes.
            let (dead, others) = ("run.2147483647-3.tmp", ["run.\(mine)-9.tmp", "run.1.tmp", "run.x-1.tmp"])
            for name in [dead] + others { try write("", to: "\(folder)/\(name)") }
            let outcome = backprop(
                "train", "xor", "--epochs", "1", "--checkpoint", path, "--output", "\(folder)/model")
            #expect(outcome.status == 0)
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
                    == (others + ["model", "run"]).sorted())
        }
    }

    @Test("a run that diverges ends with step and layer named, and the last good checkpoint and model stay")
    func divergence() throws {
        try withTemporaryFolder { folder in
            let (path, model) = ("\(folder)/run", "\(folder)/model")
            try write("old", to: model)
            let outcome = backprop(
                "train", "--loss", "squared-error", "--output-activation", "identity", "--activation", "relu",
                "--learning-rate", "3", "--checkpoint", path, "--every", "1", "--output", model)
            #expect(outcome.status == 65)
            let line = try #require(outcome.errors.split(separator: "\n").last)
            #expect(
                line.wholeMatch(
                    of:
                        /backprop: training: expected finite (loss|parameters), found infinity or NaN at step \d+(, in layer \d)?;.*/
                )
                    != nil, "\(line)")
            #expect(try Checkpoint<Float>(contentsOf: path).model.network.parameters.allSatisfy { $0.isFinite })
            #expect(FileManager.default.contents(atPath: model) == Data("old".utf8))
        }
    }

    // MARK: Signals

    #if !os(Windows)
        /// Runs the program, sends it a signal some time after it is in training, and returns what it said.
        private func interrupt(
            _ words: [String], by signal: Int32, when isReady: (_ seconds: Double) -> Bool
        ) throws -> (status: Int32, errors: String) {
            // What these tests were started to ignore, the program would ignore too.
            Foundation.signal(signal, SIG_DFL)
            let process = Process()
            let errors = Pipe()
            process.executableURL = try builtProgram()
            process.arguments = words
            process.standardOutput = FileHandle.nullDevice
            process.standardError = errors
            try process.run()
            let start = ContinuousClock.now
            while process.isRunning, !isReady((ContinuousClock.now - start) / .seconds(1)) { usleep(1000) }
            kill(process.processIdentifier, signal)
            let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            process.waitUntilExit()
            return (process.terminationReason == .exit ? process.terminationStatus : -1, text)
        }

        @Test(
            "a signal ends a run after its step, saved; the same command goes on to the same model",
            arguments: [SIGINT, SIGTERM])
        func interruption(signal: Int32) throws {
            try withTemporaryFolder { folder in
                let path = "\(folder)/run"
                func words(_ output: String, _ epochs: Int = 10_000_000) -> [String] {
                    ["train", "--hidden", "16", "--epochs", "\(epochs)", "--output", "\(folder)/\(output)"]
                }
                let options = ["--checkpoint", path, "--every", "0.02s"]
                let found = try interrupt(words("model") + options, by: signal) { seconds in
                    FileManager.default.fileExists(atPath: path) || seconds > 60
                }
                #expect(found.status == 128 + signal, "\(found.errors)")
                let line = try #require(found.errors.split(separator: "\n").last)
                let match = try #require(
                    line.wholeMatch(
                        of: /interrupted: (\d+) of 10000000 epochs, (\d+) steps done, saved in (.*); the same command.*/
                    ))
                #expect(match.3 == path)
                #expect(try Checkpoint<Float>(contentsOf: path).iterations == Int(match.2))
                #expect(!FileManager.default.fileExists(atPath: "\(folder)/model"))
                let epochs = try #require(Int(match.1)) + 2
                let resumed = backprop(words("model", epochs) + options, showingProgress: false)
                #expect(
                    resumed.errors.hasPrefix("resumed from \(path): \(match.1) of \(epochs) epochs, \(match.2) steps"))
                #expect(backprop(words("whole", epochs), showingProgress: false).status == 0)
                #expect(
                    FileManager.default.contents(atPath: "\(folder)/model")
                        == FileManager.default.contents(atPath: "\(folder)/whole"))
            }
        }

        @Test("without a checkpoint a signal ends a run with the model as it is saved")
        func interruptionWithoutCheckpoint() throws {
            try withTemporaryFolder { folder in
                let model = "\(folder)/model"
                let words = ["train", "--hidden", "16", "--epochs", "10000000", "--output", model]
                // A signal that comes before training ends the program as ever.
                for delay in [0.3, 1, 3, 10, 30] {
                    let found = try interrupt(words, by: SIGTERM) { $0 > delay }
                    guard found.status != -1 else { continue }
                    #expect(found.status == 143)
                    #expect(found.errors.contains("the model as it is was saved in \(model); with --checkpoint"))
                    #expect(try Model<Float>(contentsOf: model).network.inputCount == 64)
                    return
                }
                Issue.record("the run did not begin within 30 seconds")
            }
        }
    #endif
}
