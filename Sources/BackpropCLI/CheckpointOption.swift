import Backprop
import Foundation

/// Where and how often `backprop train` saves its run, as the command line says.
struct CheckpointOption {
    let path: String
    private let interval: CheckpointWriter.Interval
    private let kept: Int

    static let options = Option.group(
        "Checkpoints",
        [
            Option("checkpoint", "FILE", "save the run here as it goes on; the same command again resumes it"),
            Option("every", "SPAN", "how often: seconds as 30s, a number of steps, or as 2epochs (30s)"),
            Option("keep", "N", "older checkpoints that stay beside it, as FILE.1, FILE.2, … (0)"),
        ])

    /// - Returns: `nil` for a run that is not saved.
    init?(_ arguments: Arguments) throws(UsageError) {
        guard let path = arguments.text("checkpoint") else {
            for name in ["every", "keep"] where arguments.has(name) {
                throw UsageError(message: "--\(name): expected with --checkpoint")
            }
            return nil
        }
        for name in ["k-fold", "find-learning-rate"] where arguments.has(name) {
            throw UsageError(message: "--checkpoint: expected without --\(name)")
        }
        self.path = path
        interval = try arguments.text("every").map(Self.interval) ?? .seconds(30)
        kept = try arguments.integer("keep", in: 0...1000) ?? 0
    }

    private static func interval(_ text: String) throws(UsageError) -> CheckpointWriter.Interval {
        if let steps = Int(text), steps > 0 { return .steps(steps) }
        if text.hasSuffix("epochs"), let epochs = Int(text.dropLast(6)), epochs > 0 { return .epochs(epochs) }
        if text.hasSuffix("s"), let seconds = Double(text.dropLast()), seconds >= 0, seconds.isFinite {
            return .seconds(seconds)
        }
        throw UsageError(
            message: "--every: expected seconds as 30s, a number of steps, or as 2epochs, found '\(text)'")
    }

    func writer() throws(BackpropError) -> CheckpointWriter {
        try CheckpointWriter(to: path, every: interval, keeping: kept)
    }

    /// The run that is to be resumed, or `nil` where none was saved yet.
    func saved<Scalar>() throws(BackpropError) -> Checkpoint<Scalar>? {
        FileManager.default.fileExists(atPath: path) ? try Checkpoint(contentsOf: path) : nil
    }

    /// Removes what writers of this file left that were ended while they wrote: `FILE.PROCESS-N.tmp`.
    func removeLeftovers() {
        let url = URL(fileURLWithPath: path)
        let (folder, prefix) = (url.deletingLastPathComponent(), url.lastPathComponent + ".")
        for name in (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [] {
            guard name.hasPrefix(prefix), let match = name.dropFirst(prefix.count).wholeMatch(of: /(\d+)-\d+\.tmp/),
                let process = Int32(match.1), !Interruption.isRunning(process: process)
            else { continue }
            try? FileManager.default.removeItem(at: folder.appendingPathComponent(name))
        }
    }
}

/// Saves a run as it goes on, and ends it when a signal asks for that.
struct RunKeeper<Scalar: NetworkScalar> {
    /// Where it is saved, if it is.
    private var writer: CheckpointWriter?
    /// What the saved model has besides the network.
    private let model: Model<Scalar>
    private let epochs: Int
    private let console: Console
    /// How far the run had come when a signal ended it.
    private(set) var end: TrainingProgress?

    init(_ option: CheckpointOption?, _ session: TrainingSession<Scalar>, _ console: Console) throws(BackpropError) {
        writer = try option?.writer()
        model = session.model
        epochs = session.configuration.epochs
        self.console = console
    }

    /// Whether the run that a signal ended is in its checkpoint.
    var isSaved: Bool { end != nil && writer?.saved == end }

    /// To be called after every step.
    mutating func afterStep(
        _ progress: TrainingProgress, _ checkpoint: () -> Checkpoint<Scalar>
    ) throws(BackpropError) -> Bool {
        var progress = progress
        if Interruption.signal != nil {
            progress.isLast = true
            end = progress
        }
        if writer != nil { try save(progress, checkpoint) }
        return end == nil
    }

    private mutating func save(
        _ progress: TrainingProgress, _ checkpoint: () -> Checkpoint<Scalar>
    ) throws(BackpropError) {
        let (before, model) = (writer?.saved, model)
        _ = try writer?.write(progress) {
            var (checkpoint, model) = (checkpoint(), model)
            model.network = checkpoint.model.network
            checkpoint.model = model
            return checkpoint
        }
        if let writer, writer.saved != before { acknowledge(progress, in: writer.path) }
    }

    /// Says what is safe from here on. Somebody who watches sees progress instead.
    private func acknowledge(_ progress: TrainingProgress, in path: String) {
        guard console.errors == nil else { return }
        console.writeError("saved \(path): \(Self.text(progress.epochs, progress.iterations, of: epochs))\n")
    }

    /// How far a run has come, in words.
    static func text(_ epochs: Int, _ iterations: Int, of all: Int) -> String {
        "\(epochs) of \(all) epochs, \(iterations) \(iterations == 1 ? "step" : "steps") done"
    }
}
