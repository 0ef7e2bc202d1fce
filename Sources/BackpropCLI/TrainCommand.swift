import Backprop
import Foundation

extension Command {
    static let train = Command(
        name: "train",
        synopsis: "[digits | iris | xor | FOLDER | FILE.csv --target COLUMN] [options]",
        summary: "Trains a network, reports how well it does on samples it has not seen, and saves it.",
        details: """
            Without a word more it trains on 1,797 handwritten digits that are built in. A fifth of the
            samples is held out for the report; a folder with the four IDX files of MNIST has its own
            test images, a folder with a folder of PGM or PPM images for each class is split. Columns of a
            CSV file are scaled to mean 0 and variance 1; columns of texts become an input for each text,
            and text classes are understood. The same seed gives the same model, byte for byte, with any
            number of threads and on every processor (BACKPROP_ISA=scalar|avx2|avx512 chooses instructions).
            The record that --json writes can be given to --config, which repeats the run; a file of one's
            own may have any of the properties that stand under "run" there.
            Ctrl-C or SIGTERM finishes the step, saves the checkpoint, or without --checkpoint the model as
            it is, and ends with status 130 or 143; a second one quits at once. A run that was resumed
            gives the model of one that was not, byte for byte. A checkpoint of another run is refused.

            On a terminal a line shows how far it is, and a curve how the loss fell; NO_COLOR takes the colors
            away, and COLUMNS says how wide the terminal is. --report writes a page for a browser, a few
            hundred kilobytes that need no network: loss and accuracy by epoch, the gradients of each layer,
            what is confused with what, the worst mistakes, the weights as pictures, and how to repeat the run.
            It costs the time to look at each layer after each epoch, as --diagnose does, and changes no bit
            of the model.
            """,
        options: RunConfiguration.options,
        maximumPositionals: 1,
        run: { arguments, console in
            let configuration = try RunConfiguration(arguments)
            switch configuration.precision {
            case .f32: return try TrainRun<Float>(configuration, arguments).run(console)
            case .f64: return try TrainRun<Double>(configuration, arguments).run(console)
            }
        }
    )
}

/// One call of `backprop train`.
private struct TrainRun<Scalar: NetworkScalar> {
    let configuration: RunConfiguration
    let output: String
    let checkpoint: CheckpointOption?
    let written: TrainOutput
    let findsLearningRate: Bool

    private static var heldOutShare: Double { 0.2 }

    init(_ configuration: RunConfiguration, _ arguments: Arguments) throws(UsageError) {
        self.configuration = configuration
        output = arguments.text("output") ?? "backprop.safetensors"
        checkpoint = try CheckpointOption(arguments)
        written = try TrainOutput(arguments)
        findsLearningRate = arguments.has("find-learning-rate")
        guard !findsLearningRate || configuration.kFold == nil else {
            throw UsageError(message: "--find-learning-rate: expected without --k-fold")
        }
        guard checkpoint?.path != output else {
            throw UsageError(message: "--checkpoint: expected another file than the model's, found '\(output)'")
        }
        guard written.page == nil || (!findsLearningRate && configuration.kFold == nil) else {
            throw UsageError(message: "--report: expected without --find-learning-rate and --k-fold")
        }
    }

    func run(_ console: Console) throws -> Int32 {
        let savesModel = configuration.kFold == nil && !findsLearningRate
        if savesModel { try checkWritable(output) }
        if let checkpoint { try checkWritable(checkpoint.path) }
        if let page = written.page { try checkWritable(page) }
        let data = try DataSource(configuration)
        if findsLearningRate {
            try findLearningRate(data, console)
        } else if let folds = configuration.kFold {
            try crossValidate(data, folds: folds, console)
        } else {
            return try trainAndSave(data, console)
        }
        return ExitStatus.success
    }

    // MARK: What is done

    private func trainAndSave(_ data: DataSource, _ console: Console) throws -> Int32 {
        let (training, heldOut) = try split(data)
        var session = try TrainingSession<Scalar>(
            configuration, training: training, diagnoses: written.page != nil)
        var display = written.display(configuration, samples: session.samples.count, on: console)
        let resumed = try resume(&session, console)
        var keeper = try RunKeeper(checkpoint, session, console)
        Interruption.begin()
        defer { Interruption.end() }
        let result = try session.train(&display) { progress, checkpoint throws(BackpropError) in
            try keeper.afterStep(progress, checkpoint)
        }
        if let end = keeper.end { return try leave(session, at: end, isSaved: keeper.isSaved, console) }
        if let path = checkpoint?.path, result.iterations == resumed {
            console.writeError("\(path): the run is complete, nothing is left to train\n")
        }
        // First of all, so that nothing that fails from here on costs the model.
        try session.model.write(to: output)
        let evaluation = try Evaluation(of: session.model, on: heldOut ?? training)
        let report = TrainReport(
            session, result: result, heldOutSamples: heldOut?.count ?? 0, evaluation: evaluation, savedTo: output,
            page: written.page)
        if let page = written.page {
            let material = try ReportMaterial(
                session, evaluatedOn: heldOut ?? training, commandLine: written.commandLine)
            try TextFile(path: page).write(TrainingPage(record: report, material: material).html.text)
        }
        try written.publish(report, on: console)
        return ExitStatus.success
    }

    /// Goes on with the run that the checkpoint has, if there is one. Returns the steps that were taken before.
    private func resume(_ session: inout TrainingSession<Scalar>, _ console: Console) throws -> Int? {
        guard let checkpoint else { return nil }
        checkpoint.removeLeftovers()
        guard let saved: Checkpoint<Scalar> = try checkpoint.saved() else { return nil }
        try session.resume(from: saved)
        let text = RunKeeper<Scalar>.text(saved.epochs, saved.iterations, of: configuration.epochs)
        console.writeError("resumed from \(checkpoint.path): \(text)\n")
        return saved.iterations
    }

    /// Ends a run that a signal interrupted, and says how to go on.
    private func leave(
        _ session: TrainingSession<Scalar>, at end: TrainingProgress, isSaved: Bool, _ console: Console
    ) throws -> Int32 {
        let text = RunKeeper<Scalar>.text(end.epochs, end.iterations, of: configuration.epochs)
        if let path = checkpoint?.path {
            let how =
                isSaved
                ? "saved in \(path); the same command goes on from there"
                : "not saved, as parameters are infinite or NaN; \(path) is as it was"
            console.writeError("interrupted: \(text), \(how)\n")
        } else {
            try session.model.write(to: output)
            console.writeError(
                "interrupted: \(text), the model as it is was saved in \(output); "
                    + "with --checkpoint FILE the run could go on\n")
        }
        return ExitStatus.signal + (Interruption.signal ?? 0)
    }

    private func crossValidate(_ data: DataSource, folds: Int, _ console: Console) throws {
        let samples = data.training
        let splits = try blaming("k-fold") { () throws(BackpropError) in
            try SampleSplit.folds(folds, of: samples.count, seed: configuration.seed, classes: samples.classes)
        }
        let start = ContinuousClock.now
        let evaluations = try splits.enumerated().map { index, split in
            let (training, heldOut) = try samples.parts(of: split, missing: configuration.missing)
            var session = try TrainingSession<Scalar>(configuration, training: training)
            var display = written.display(
                configuration, samples: session.samples.count, prefix: "fold \(index + 1) of \(folds)", on: console)
            _ = try session.train(&display)
            return try Evaluation(of: session.model, on: heldOut)
        }
        let report = CrossValidationReport(
            run: configuration, data: samples.name, evaluations: evaluations,
            seconds: (ContinuousClock.now - start) / .seconds(1))
        try written.publish(report, on: console)
    }

    private func findLearningRate(_ data: DataSource, _ console: Console) throws {
        let (training, _) = try split(data)
        let session = try TrainingSession<Scalar>(configuration, training: training)
        let test = try session.trainer.findLearningRate(for: session.model.network, on: session.samples)
        let report = LearningRateReport(data: training.name, test: test)
        try written.publish(report, on: console)
    }

    // MARK: Samples

    private func split(_ data: DataSource) throws -> (training: LabeledSamples, heldOut: LabeledSamples?) {
        guard data.holdsOut else { return (data.training, data.test) }
        let count = Int((Double(data.training.count) * Self.heldOutShare).rounded())
        var random = SplitMix64(seed: configuration.seed, stream: .max)
        let order = random.permutation(of: data.training.count)
        return try data.training.parts(
            of: SampleSplit(training: Array(order[count...]), heldOut: Array(order[..<count])),
            missing: configuration.missing)
    }

    /// Finds out before training, rather than after, that a file can't be saved.
    private func checkWritable(_ path: String) throws {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        guard FileManager.default.isWritableFile(atPath: folder) else {
            throw BackpropError.file(path, reason: "can't be written: no such folder, or permission denied")
        }
    }
}

extension DataSource {
    fileprivate init(_ configuration: RunConfiguration) throws {
        let format = CSVFormat(header: configuration.header, separator: configuration.separator)
        try self.init(
            configuration.data, target: configuration.target, task: configuration.task,
            options: TableOptions(format: format, missing: configuration.missing),
            needsTarget: configuration.autoencoder == nil)
    }
}
