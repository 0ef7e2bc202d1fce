import Backprop
import BackpropSamples
import Foundation

/// Samples as they come, before scaling, with their names.
struct LabeledSamples {
    enum Target {
        /// A class a sample.
        case classes([Int], names: [String])
        /// A number a sample.
        case values([Double])
        /// Nothing is predicted of so many samples: an autoencoder's.
        case nothing(count: Int)
    }

    /// Where inputs are.
    private enum Storage {
        case table(TableInputs)
        /// In a file that may be larger than memory; the rows that are meant, or `nil` for all.
        case file(IDXFile, rows: [UInt32]?)
    }

    var name: String
    private var storage: Storage
    private(set) var target: Target
    var targetName: String?
    /// How raw inputs are best scaled, where that is known without looking at them.
    var naturalScaling: Scaling?
    /// How a sample's inputs are laid out, where they are pixels.
    var image: ImageShape?
    /// Where the samples are in their source, counted from 0; `nil` for all of it.
    private(set) var rows: [UInt32]?

    init(
        name: String, inputs: TableInputs, target: Target, targetName: String?, naturalScaling: Scaling? = nil,
        image: ImageShape? = nil
    ) {
        self.name = name
        self.storage = .table(inputs)
        self.target = target
        self.targetName = targetName
        self.naturalScaling = naturalScaling
        self.image = image
    }

    /// - Parameter file: Gray images.
    init(name: String, file: IDXFile, target: Target, targetName: String?, naturalScaling: Scaling) {
        self.name = name
        self.storage = .file(file, rows: nil)
        self.target = target
        self.targetName = targetName
        self.naturalScaling = naturalScaling
        image = ImageShape(width: file.dimensions[2], height: file.dimensions[1], channels: 1)
    }

    var count: Int {
        switch target {
        case .classes(let classes, _): classes.count
        case .values(let values): values.count
        case .nothing(let count): count
        }
    }

    /// The number of inputs of a sample, also where they have no names.
    var inputCount: Int {
        switch storage {
        case .table(let inputs): inputs.inputCount
        case .file(let file, _): file.rowSize
        }
    }

    var inputNames: [String] {
        guard case .table(let inputs) = storage, inputs.hasNames else { return [] }
        return inputs.inputNames
    }

    /// How columns became inputs, for the model to keep; empty for sources other than tables.
    var inputColumns: [InputColumn] {
        guard case .table(let inputs) = storage, inputs.hasNames else { return [] }
        return inputs.columns
    }

    /// The inputs before they are scaled, row-major.
    var inputs: [Double] {
        switch storage {
        case .table(let inputs): inputs.values()
        case .file(let file, let rows): file.elements(ofRows: rows?.map { Int($0) } ?? Array(0..<file.rowCount))
        }
    }

    /// Whether it is known how inputs are best scaled, which is to 0…1.
    var hasNaturalScaling: Bool { naturalScaling != nil }

    /// The class of each sample, or `nil` where numbers are predicted.
    var classes: [Int]? {
        guard case .classes(let classes, _) = target else { return nil }
        return classes
    }

    /// The samples of the given indices.
    func chosen(_ rows: some Collection<UInt32>) -> LabeledSamples {
        var chosen = self
        chosen.rows = rows.map { row in self.rows.map { $0[Int(row)] } ?? row }
        switch storage {
        case .table(let inputs): chosen.storage = .table(inputs.samples(rows))
        case .file(let file, let all):
            chosen.storage = .file(file, rows: rows.map { row in all.map { $0[Int(row)] } ?? row })
        }
        switch target {
        case .classes(let classes, let names): chosen.target = .classes(rows.map { classes[Int($0)] }, names: names)
        case .values(let values): chosen.target = .values(rows.map { values[Int($0)] })
        case .nothing: chosen.target = .nothing(count: rows.count)
        }
        return chosen
    }

    /// The two parts of a split. What is learnt about the columns of a table, it is learnt from the training part.
    func parts(
        of split: SampleSplit, missing: MissingValues = .refuse
    ) throws(BackpropError) -> (training: LabeledSamples, heldOut: LabeledSamples) {
        var (training, heldOut) = (chosen(split.training), chosen(split.heldOut))
        heldOut.name = "\(name), held out"
        if case .table(let inputs) = training.storage, case .table(let others) = heldOut.storage {
            let learnt = try inputs.learning(missing: missing)
            training.storage = .table(learnt)
            heldOut.storage = .table(others.with(learnt.columns))
        }
        return (training, heldOut)
    }

    /// Learns how inputs are scaled from these samples; categories stay 0 and 1.
    ///
    /// - Parameter method: The natural scaling of the source where `nil`, else ``ScalingMethod/standard``.
    func inputScaling(_ method: ScalingMethod?) -> Scaling? {
        if method == nil, let naturalScaling { return naturalScaling }
        let scaling = (method ?? .standard).scaling(for: inputs, columns: inputCount)
        guard case .table(let inputs) = storage else { return scaling }
        return scaling?.leaving(inputs.categoryInputs)
    }

    /// The samples as a network with so many outputs takes them.
    func dataset<Scalar: NetworkScalar>(
        scaledBy scaling: Scaling?, targetScaling: Scaling?, outputs: Int
    ) throws(BackpropError) -> Dataset<Scalar> {
        switch target {
        case .classes(let classes, let names):
            guard names.count <= max(2, outputs) else {
                throw .shape(
                    "\(name), classes", expected: "at most \(max(2, outputs)) for \(outputs) outputs",
                    found: "\(names.count)")
            }
            guard outputs > 1 else { return try dataset(scaledBy: scaling, targets: classes.map { Scalar($0) }) }
            switch storage {
            case .table(let inputs):
                return try Dataset(
                    inputs: inputs.values(scaledBy: scaling), inputCount: inputCount, classes: classes,
                    classCount: outputs)
            case .file(let file, let rows):
                return Self.loaded(
                    try Dataset(file, rows: rows, scaling: scaling, classes: classes, classCount: outputs))
            }
        case .values(let values):
            let targets = targetScaling?.apply(to: values) ?? values
            return try dataset(scaledBy: scaling, targets: targets.map { Scalar($0) })
        case .nothing: return try autoencodingDataset(scaledBy: scaling)
        }
    }

    /// The samples as an autoencoder takes them: their inputs, scaled, are their targets.
    func autoencodingDataset<Scalar: NetworkScalar>(
        scaledBy scaling: Scaling?
    ) throws(BackpropError) -> Dataset<Scalar> {
        switch storage {
        case .table(let inputs):
            try Dataset(autoencoding: inputs.values(scaledBy: scaling), inputCount: inputCount)
        case .file(let file, let rows):
            Self.loaded(try Dataset(autoencoding: file, rows: rows, scaling: scaling))
        }
    }

    private func dataset<Scalar: NetworkScalar>(
        scaledBy scaling: Scaling?, targets: [Scalar]
    ) throws(BackpropError) -> Dataset<Scalar> {
        switch storage {
        case .table(let inputs):
            try Dataset(
                inputs: inputs.values(scaledBy: scaling), inputCount: inputCount, targets: targets, targetCount: 1)
        case .file(let file, let rows):
            Self.loaded(try Dataset(file, rows: rows, scaling: scaling, targets: targets, targetCount: 1))
        }
    }

    /// Reads samples of a file into memory where they take no more than a quarter of it.
    private static func loaded<Scalar: NetworkScalar>(_ samples: Dataset<Scalar>) -> Dataset<Scalar> {
        let bytes = Double(samples.count) * Double(samples.inputCount * MemoryLayout<Scalar>.size)
        return bytes <= Double(physicalMemory()) / 4 ? samples.inMemory() : samples
    }
}

/// How the pixels of images lie: rows from the top, and for each pixel its channels.
struct ImageShape: Equatable {
    var width: Int
    var height: Int
    /// 1 for gray, 3 for red, green and blue.
    var channels: Int
}

/// What the samples ask for.
enum LearningTask: String, CaseIterable, Codable {
    case classify, regress
}

/// How a table is read, as the command line says.
struct TableOptions {
    var format = CSVFormat()
    var missing = MissingValues.refuse
}

extension Option {
    static let header = Option(
        "header", "WHEN", "whether a CSV file's first line names columns: yes, no or auto (auto)")
    static let separator = Option(
        "separator", "NAME", "what is between its fields: comma, semicolon, tab or auto (auto)")
}

extension TableOptions {
    init(_ arguments: Arguments) throws(UsageError) {
        format.header = try arguments.choice("header", CSVFormat.Header.self) ?? .automatic
        format.separator = try arguments.choice("separator", CSVFormat.Separator.self) ?? .automatic
        missing = try arguments.choice("missing", MissingValues.self) ?? .refuse
    }
}

/// Where samples come from, as the command line names it.
struct DataSource {
    var training: LabeledSamples
    /// Samples that the source itself keeps for testing.
    var test: LabeledSamples?
    /// Whether a part of the samples should be held out: there is no test set, and more than a handful.
    var holdsOut: Bool { test == nil && training.count >= 10 }

    static let builtIn = ["digits", "iris", "xor"]
    private static let mnistFiles = (
        train: ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
        test: ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
    )

    /// Loads samples by a name, a folder with the four files of MNIST or with a folder of images for each class, or a
    /// CSV file.
    ///
    /// - Parameters:
    ///   - target: The column that is to be predicted, for a CSV file.
    ///   - task: Whether it holds classes; looked at where `nil`.
    ///   - options: How a CSV file is read.
    ///   - needsTarget: Whether a CSV file must have a target; an autoencoder takes all columns without one.
    init(
        _ name: String, target: String?, task: LearningTask?, options: TableOptions = TableOptions(),
        needsTarget: Bool = true
    ) throws {
        if Self.builtIn.contains(name), target != nil || task != nil {
            throw UsageError(message: "--target and --task: expected with a CSV file only, found with \(name)")
        }
        switch name {
        case "digits": self.init(training: try Self.digits())
        case "iris":
            self.init(
                training: try Self.table(SampleData.iris, target: "species", task: .classify, missing: .refuse))
        case "xor": self.init(training: try Self.xor())
        default: try self.init(path: name, target: target, task: task, options: options, needsTarget: needsTarget)
        }
    }

    private init(training: LabeledSamples, test: LabeledSamples? = nil) {
        self.training = training
        self.test = test
    }

    private init(
        path: String, target: String?, task: LearningTask?, options: TableOptions, needsTarget: Bool
    ) throws {
        guard FileManager.default.fileExists(atPath: path) else {
            // What looks like no path is a word that was meant for another.
            guard path.contains("/") || path.contains(".") else {
                throw UsageError(message: unknown("data", path, among: Self.builtIn))
            }
            throw BackpropError.file(
                path, reason: "no such file, and not one of \(Self.builtIn.joined(separator: ", "))")
        }
        if isFolder(path) {
            if FileManager.default.fileExists(atPath: "\(path)/\(Self.mnistFiles.train.0)") {
                self.init(
                    training: try Self.mnist(path, Self.mnistFiles.train),
                    test: try Self.mnist(path, Self.mnistFiles.test))
            } else {
                self.init(training: try Self.images(path))
            }
        } else {
            guard target != nil || !needsTarget else {
                throw UsageError(message: "\(path): expected --target COLUMN, the column to predict, found none")
            }
            let table = try CSVTable(contentsOf: path, format: options.format)
            self.init(training: try Self.table(table, target: target, task: task, missing: options.missing))
        }
    }

    private static func digits() throws -> LabeledSamples {
        let samples: Dataset<Double> = SampleData.digits(pixelFactor: 1)
        return LabeledSamples(
            name: "digits",
            inputs: try TableInputs(
                numbers: samples.inputs, columnCount: 64, names: (0..<64).map { "pixel\($0)" }),
            target: .classes(samples.classes ?? [], names: (0..<10).map(String.init)), targetName: "digit",
            naturalScaling: Scaling(factor: 1 / 16, columns: 64),
            image: ImageShape(width: 8, height: 8, channels: 1))
    }

    private static func xor() throws -> LabeledSamples {
        LabeledSamples(
            name: "xor",
            inputs: try TableInputs(numbers: SampleData.xor().inputs, columnCount: 2, names: ["a", "b"]),
            target: .classes([0, 1, 1, 0], names: ["0", "1"]), targetName: "xor",
            naturalScaling: Scaling(factor: 1, columns: 2))
    }

    private static func mnist(_ folder: String, _ files: (images: String, labels: String)) throws -> LabeledSamples {
        let images = try IDXFile(contentsOf: "\(folder)/\(files.images)")
        let labels = try IDXFile(contentsOf: "\(folder)/\(files.labels)")
        guard images.dimensions.count == 3, images.count > 0 else {
            throw BackpropError.format(
                "\(folder)/\(files.images)", expected: "images in 3 dimensions",
                found: "dimensions \(images.dimensions)")
        }
        guard labels.dimensions == [images.rowCount] else {
            throw BackpropError.format(
                "\(folder)/\(files.labels)", expected: "\(images.rowCount) labels",
                found: "dimensions \(labels.dimensions)")
        }
        let classes = try labels.classes()
        if let sample = classes.firstIndex(where: { $0 > 9 }) {
            throw BackpropError.classOutOfRange(sample: sample, found: classes[sample], classCount: 10)
        }
        return LabeledSamples(
            name: folder, file: images, target: .classes(classes, names: (0..<10).map(String.init)),
            targetName: "digit", naturalScaling: Scaling(factor: 1 / 255, columns: images.rowSize))
    }

    private static func images(_ path: String) throws -> LabeledSamples {
        let folder = try ImageFolder(contentsOf: path)
        let pixels = folder.width * folder.height * folder.channels
        return LabeledSamples(
            name: path, inputs: try TableInputs(numbers: folder.values, columnCount: pixels),
            target: .classes(folder.classes, names: folder.classNames), targetName: "class",
            naturalScaling: Scaling(factor: 1, columns: pixels),
            image: ImageShape(width: folder.width, height: folder.height, channels: folder.channels))
    }

    private static func table(
        _ table: CSVTable, target: String?, task: LearningTask?, missing: MissingValues
    ) throws -> LabeledSamples {
        guard let target else {
            return LabeledSamples(
                name: table.source,
                inputs: try TableInputs(table, columns: Array(0..<table.columnCount), missing: missing),
                target: .nothing(count: table.rowCount), targetName: nil)
        }
        let targetColumn: Int
        do { targetColumn = try table.column(target) } catch { throw UsageError(message: "--target: \(error)") }
        let inputColumns = (0..<table.columnCount).filter { $0 != targetColumn }
        guard !inputColumns.isEmpty else { throw BackpropError.empty("\(table.source): columns besides the target") }
        return LabeledSamples(
            name: table.source, inputs: try TableInputs(table, columns: inputColumns, missing: missing),
            target: try targetValues(table, targetColumn, task), targetName: table.name(ofColumn: targetColumn))
    }

    private static func targetValues(
        _ table: CSVTable, _ column: Int, _ task: LearningTask?
    ) throws -> LabeledSamples.Target {
        let survey = try TargetSurvey(table, column)
        if task == nil, let text = survey.firstText, survey.numbers * 2 > table.rowCount {
            throw BackpropError.format(
                table.placeOf(row: text.row, column: column), expected: "a number as in most rows, or --task classify",
                found: text.label.quoted)
        }
        guard task ?? (survey.looksLikeClasses ? .classify : .regress) == .classify else {
            return .values(try table.numbers(inColumns: [column]))
        }
        if let label = survey.onlyLabel {
            throw BackpropError.format(
                "\(table.source), column \(table.name(ofColumn: column))", expected: "at least 2 classes",
                found: "only \(label.quoted)")
        }
        let (classes, names) = try table.classes(inColumn: column, areNumbers: survey.firstText == nil)
        return .classes(classes, names: names)
    }
}

/// What a column of targets holds, as far as that tells classes from numbers.
private struct TargetSurvey {
    /// Rows with a number.
    private(set) var numbers = 0
    /// The first row with something else.
    private(set) var firstText: (row: Int, label: String)?
    private var areWhole = true
    /// Different labels: all, or more than can be few.
    private var labels: Set<String> = []
    private let mostLabels: Int

    init(_ table: CSVTable, _ column: Int) throws(BackpropError) {
        mostLabels = min(20, table.rowCount / 5)
        // Most texts come up again, and then need not be parsed.
        var known: [String: (label: String, number: Double?)] = [:]
        try table.forEachText(inColumn: column) { (row, text) throws(BackpropError) in
            guard !text.isEmpty else {
                throw .format(table.placeOf(row: row, column: column), expected: "a target", found: "nothing")
            }
            let target = known[text] ?? (classLabel(text), Double(text))
            if known.count < 1000 { known[text] = target }
            take(target.label, target.number, row: row)
        }
    }

    private mutating func take(_ label: String, _ number: Double?, row: Int) {
        if let number {
            numbers += 1
            areWhole = areWhole && number == number.rounded()
        } else if firstText == nil {
            firstText = (row, label)
        }
        if labels.count <= max(mostLabels, 1) { labels.insert(label) }
    }

    /// The label of all rows, if it is the same.
    var onlyLabel: String? { labels.count == 1 ? labels.first : nil }

    /// Numbers do if they are whole and there are at most 20 of them, each with 5 samples or more on average; text always
    /// does.
    var looksLikeClasses: Bool { firstText != nil || (areWhole && labels.count <= mostLabels) }
}

/// How a class is called: whole numbers in one way, however the file writes them.
private func classLabel(_ text: String) -> String {
    Double(text).flatMap { Int(exactly: $0) }.map(String.init) ?? text
}

extension LabeledSamples {
    /// Samples for a model that exists: its columns by their names where the table has a header, its classes by theirs.
    init<Scalar: NetworkScalar>(
        _ source: String, for model: Model<Scalar>, format: CSVFormat = CSVFormat()
    ) throws {
        if DataSource.builtIn.contains(source) || isFolder(source) {
            let data = try DataSource(source, target: nil, task: nil)
            self = data.test ?? data.training
            try checkInputs(of: model)
            return
        }
        let table = try CSVTable(contentsOf: source, format: format)
        if model.encoderLayers != nil {
            let inputs = try TableInputs(
                numbers: try model.inputs(from: table), columnCount: model.network.inputCount, names: model.inputNames)
            self.init(name: source, inputs: inputs, target: .nothing(count: table.rowCount), targetName: nil)
            return
        }
        guard let target = model.targetName else {
            throw BackpropError.format(
                source, expected: "a model that says what it predicts", found: "one without a target's name")
        }
        let targetColumn = try table.column(target)
        let targets: LabeledSamples.Target
        if model.classNames.isEmpty {
            targets = .values(try table.numbers(inColumns: [targetColumn]))
        } else {
            targets = .classes(
                try table.classes(inColumn: targetColumn, named: model.classNames), names: model.classNames)
        }
        let inputs = try TableInputs(
            numbers: try model.inputs(from: table, besides: targetColumn), columnCount: model.network.inputCount,
            names: model.inputNames)
        self.init(name: source, inputs: inputs, target: targets, targetName: target)
    }

    private func checkInputs<Scalar: NetworkScalar>(of model: Model<Scalar>) throws {
        guard inputCount == model.network.inputCount else {
            throw BackpropError.shape(
                "\(name), inputs", expected: "\(model.network.inputCount) as the model's", found: "\(inputCount)")
        }
        if case .classes(_, let names) = target, model.encoderLayers == nil, names != model.classNames {
            throw BackpropError.format(
                "\(name), classes", expected: model.classNames.joined(separator: ", "),
                found: names.joined(separator: ", "))
        }
    }
}

extension CSVTable {
    /// The classes of a column, with their names in order.
    fileprivate func classes(
        inColumn column: Int, areNumbers: Bool
    ) throws(BackpropError) -> (classes: [Int], names: [String]) {
        var (texts, labels) = (TextNumbering(), TextNumbering())
        // By the number of a text that of its label, as texts are different that mean the same number.
        var labelOfText: [Int] = []
        var classes: [Int] = []
        classes.reserveCapacity(rowCount)
        try forEachText(inColumn: column) { _, text in
            let number = texts.number(of: text)
            if number == labelOfText.count { labelOfText.append(labels.number(of: classLabel(text))) }
            classes.append(labelOfText[number])
        }
        let names =
            areNumbers ? labels.texts.sorted { (Double($0)!, $0) < (Double($1)!, $1) } : labels.texts.sorted()
        let places = labels.places(in: names)
        for row in classes.indices { classes[row] = places[classes[row]] }
        return (classes, names)
    }

    /// The numbers of classes given by their names.
    func classes(inColumn column: Int, named names: [String]) throws -> [Int] {
        let numbers = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
        var classes: [Int] = []
        classes.reserveCapacity(rowCount)
        try forEachText(inColumn: column) { (row, text) throws(BackpropError) in
            guard let number = numbers[text] ?? numbers[classLabel(text)] else {
                throw BackpropError.format(
                    placeOf(row: row, column: column), expected: "one of \(names.joined(separator: ", "))",
                    found: text.isEmpty ? "nothing" : text.quoted)
            }
            classes.append(number)
        }
        return classes
    }
}
