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
    }

    var name: String
    /// Row-major.
    var inputs: [Double]
    var inputNames: [String]
    /// The number of inputs of a sample, also where they have no names.
    var inputCount: Int
    var target: Target
    var targetName: String?
    /// How raw inputs are best scaled, where that is known without looking at them.
    var naturalScaling: Scaling?

    var count: Int { inputs.count / inputCount }

    /// The samples of the given indices.
    func chosen(_ rows: ArraySlice<UInt32>) -> LabeledSamples {
        var chosen = self
        chosen.inputs = rows.flatMap { inputs[(Int($0) * inputCount)..<((Int($0) + 1) * inputCount)] }
        switch target {
        case .classes(let classes, let names): chosen.target = .classes(rows.map { classes[Int($0)] }, names: names)
        case .values(let values): chosen.target = .values(rows.map { values[Int($0)] })
        }
        return chosen
    }

    /// The samples as a network with so many outputs takes them.
    func dataset(scaledBy scaling: Scaling?, targetScaling: Scaling?, outputs: Int) throws(BackpropError) -> Dataset<
        Float
    > {
        let inputs = (scaling?.apply(to: inputs) ?? inputs).map { Float($0) }
        switch target {
        case .classes(let classes, _) where outputs == 1:
            return try Dataset(inputs: inputs, inputCount: inputCount, targets: classes.map(Float.init), targetCount: 1)
        case .classes(let classes, _):
            return try Dataset(inputs: inputs, inputCount: inputCount, classes: classes, classCount: outputs)
        case .values(let values):
            let targets = (targetScaling?.apply(to: values) ?? values).map { Float($0) }
            return try Dataset(inputs: inputs, inputCount: inputCount, targets: targets, targetCount: 1)
        }
    }
}

/// What the samples ask for.
enum LearningTask: String, CaseIterable {
    case classify, regress
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

    /// Loads samples by a name, a folder with the four files of MNIST, or a CSV file.
    ///
    /// - Parameters:
    ///   - target: The column that is to be predicted, for a CSV file.
    ///   - task: Whether it holds classes; looked at where `nil`.
    init(_ name: String, target: String?, task: LearningTask?) throws {
        if Self.builtIn.contains(name), target != nil || task != nil {
            throw UsageError(message: "--target and --task: expected with a CSV file only, found with \(name)")
        }
        switch name {
        case "digits": self.init(training: Self.digits())
        case "iris": self.init(training: try Self.table(SampleData.iris, target: "species", task: .classify))
        case "xor": self.init(training: Self.xor())
        default: try self.init(path: name, target: target, task: task)
        }
    }

    private init(training: LabeledSamples, test: LabeledSamples? = nil) {
        self.training = training
        self.test = test
    }

    private init(path: String, target: String?, task: LearningTask?) throws {
        guard FileManager.default.fileExists(atPath: path) else {
            // What looks like no path is a word that was meant for another.
            guard path.contains("/") || path.contains(".") else {
                throw UsageError(message: unknown("data", path, among: Self.builtIn))
            }
            throw BackpropError.file(
                path, reason: "no such file, and not one of \(Self.builtIn.joined(separator: ", "))")
        }
        if isFolder(path) {
            self.init(
                training: try Self.mnist(path, Self.mnistFiles.train), test: try Self.mnist(path, Self.mnistFiles.test))
        } else {
            guard let target else {
                throw UsageError(message: "\(path): expected --target COLUMN, the column to predict, found none")
            }
            self.init(training: try Self.table(try CSVTable(contentsOf: path), target: target, task: task))
        }
    }

    private static func digits() -> LabeledSamples {
        let samples: Dataset<Double> = SampleData.digits(pixelFactor: 1)
        return LabeledSamples(
            name: "digits", inputs: samples.inputs, inputNames: (0..<64).map { "pixel\($0)" }, inputCount: 64,
            target: .classes(samples.classes ?? [], names: (0..<10).map(String.init)), targetName: "digit",
            naturalScaling: Scaling(factor: 1 / 16, columns: 64))
    }

    private static func xor() -> LabeledSamples {
        LabeledSamples(
            name: "xor", inputs: SampleData.xor().inputs, inputNames: ["a", "b"], inputCount: 2,
            target: .classes([0, 1, 1, 0], names: ["0", "1"]), targetName: "xor",
            naturalScaling: Scaling(factor: 1, columns: 2))
    }

    private static func mnist(_ folder: String, _ files: (images: String, labels: String)) throws -> LabeledSamples {
        let images = try IDXFile(contentsOf: "\(folder)/\(files.images)")
        let labels = try IDXFile(contentsOf: "\(folder)/\(files.labels)")
        guard images.dimensions.count == 3, images.elements.count > 0 else {
            throw BackpropError.format(
                "\(folder)/\(files.images)", expected: "images in 3 dimensions",
                found: "dimensions \(images.dimensions)")
        }
        guard labels.dimensions == [images.dimensions[0]] else {
            throw BackpropError.format(
                "\(folder)/\(files.labels)", expected: "\(images.dimensions[0]) labels",
                found: "dimensions \(labels.dimensions)")
        }
        if let sample = labels.elements.firstIndex(where: { $0 > 9 }) {
            throw BackpropError.classOutOfRange(sample: sample, found: Int(labels.elements[sample]), classCount: 10)
        }
        let pixels = images.dimensions[1] * images.dimensions[2]
        return LabeledSamples(
            name: folder, inputs: images.elements.map(Double.init), inputNames: [], inputCount: pixels,
            target: .classes(labels.elements.map(Int.init), names: (0..<10).map(String.init)), targetName: "digit",
            naturalScaling: Scaling(factor: 1 / 255, columns: pixels))
    }

    private static func table(_ table: CSVTable, target: String, task: LearningTask?) throws -> LabeledSamples {
        let targetColumn: Int
        do { targetColumn = try table.column(target) } catch { throw UsageError(message: "--target: \(error)") }
        let inputColumns = (0..<table.columnCount).filter { $0 != targetColumn }
        guard !inputColumns.isEmpty else { throw BackpropError.empty("\(table.source): columns besides the target") }
        return LabeledSamples(
            name: table.source, inputs: try table.numbers(inColumns: inputColumns),
            inputNames: inputColumns.map(table.name(ofColumn:)), inputCount: inputColumns.count,
            target: try targetValues(table, targetColumn, task), targetName: table.name(ofColumn: targetColumn),
            naturalScaling: nil)
    }

    /// Numbers are taken as classes if they are whole and there are at most 20 of them, each with 5 samples or more
    /// on average; text always is.
    private static func targetValues(
        _ table: CSVTable, _ column: Int, _ task: LearningTask?
    ) throws -> LabeledSamples.Target {
        let labels = table.texts(inColumn: column).map(classLabel)
        if let row = labels.firstIndex(of: "") {
            throw BackpropError.format(table.placeOf(row: row, column: column), expected: "a target", found: "nothing")
        }
        let numbers = labels.compactMap { Double($0) }
        let isText = numbers.count < labels.count
        if task == nil, isText, numbers.count * 2 > labels.count {
            let row = labels.firstIndex { Double($0) == nil }!
            throw BackpropError.format(
                table.placeOf(row: row, column: column), expected: "a number as in most rows, or --task classify",
                found: labels[row])
        }
        let names = sortedNames(Set(labels), areNumbers: !isText)
        let areFew = names.count <= min(20, labels.count / 5)
        let looksLikeClasses = isText || (areFew && numbers.allSatisfy { $0 == $0.rounded() })
        guard task ?? (looksLikeClasses ? .classify : .regress) == .classify else {
            return .values(try table.numbers(inColumns: [column]))
        }
        guard names.count > 1 else {
            throw BackpropError.format(
                "\(table.source), column \(table.name(ofColumn: column))", expected: "at least 2 classes",
                found: "only \(names[0])")
        }
        let numberOfName = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
        return .classes(labels.map { numberOfName[$0]! }, names: names)
    }

    private static func sortedNames(_ names: Set<String>, areNumbers: Bool) -> [String] {
        areNumbers ? names.sorted { (Double($0)!, $0) < (Double($1)!, $1) } : names.sorted()
    }
}

/// How a class is called: whole numbers in one way, however the file writes them.
private func classLabel(_ text: String) -> String {
    Double(text).flatMap { Int(exactly: $0) }.map(String.init) ?? text
}

private func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
}

extension LabeledSamples {
    /// Samples for a model that exists: its columns by their names where the table has a header, its classes by theirs.
    init(_ source: String, for model: Model<Float>) throws {
        if DataSource.builtIn.contains(source) || isFolder(source) {
            let data = try DataSource(source, target: nil, task: nil)
            self = data.test ?? data.training
            try checkInputs(of: model)
            return
        }
        let table = try CSVTable(contentsOf: source)
        guard let target = model.targetName else {
            throw BackpropError.format(
                source, expected: "a model that says what it predicts", found: "one without a target's name")
        }
        let targetColumn = try table.column(target)
        let columns = try table.inputColumns(of: model, besides: targetColumn)
        let targets: LabeledSamples.Target
        if model.classNames.isEmpty {
            targets = .values(try table.numbers(inColumns: [targetColumn]))
        } else {
            targets = .classes(
                try table.classes(inColumn: targetColumn, named: model.classNames), names: model.classNames)
        }
        self.init(
            name: source, inputs: try table.numbers(inColumns: columns), inputNames: model.inputNames,
            inputCount: columns.count, target: targets, targetName: target, naturalScaling: nil)
    }

    private func checkInputs(of model: Model<Float>) throws {
        guard inputCount == model.network.inputCount else {
            throw BackpropError.shape(
                "\(name), inputs", expected: "\(model.network.inputCount) as the model's", found: "\(inputCount)")
        }
        if case .classes(_, let names) = target, names != model.classNames {
            throw BackpropError.format(
                "\(name), classes", expected: model.classNames.joined(separator: ", "),
                found: names.joined(separator: ", "))
        }
    }
}

extension CSVTable {
    /// The columns that hold a model's inputs: those of their names, or all but the target's where
    /// there is no header.
    func inputColumns(of model: Model<Float>, besides target: Int?) throws -> [Int] {
        let needed = model.network.inputCount
        if header != nil, !model.inputNames.isEmpty { return try model.inputNames.map(column) }
        let columns = (0..<columnCount).filter { $0 != target }
        guard columns.count == needed else {
            throw BackpropError.shape("\(source), columns", expected: "\(needed) inputs", found: "\(columns.count)")
        }
        return columns
    }

    /// The numbers of classes given by their names.
    func classes(inColumn column: Int, named names: [String]) throws -> [Int] {
        let numbers = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
        return try texts(inColumn: column).enumerated().map { row, text in
            guard let number = numbers[text] ?? numbers[classLabel(text)] else {
                throw BackpropError.format(
                    placeOf(row: row, column: column), expected: "one of \(names.joined(separator: ", "))", found: text)
            }
            return number
        }
    }
}
