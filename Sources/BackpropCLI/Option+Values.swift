import Backprop

/// What a shell can offer for a word.
struct Candidates {
    var words: [String] = []
    var areFiles = false
}

extension Option {
    /// What can stand for the option's value.
    var candidates: Candidates {
        guard let placeholder else { return Candidates() }
        let isFile = placeholder.hasPrefix("FILE") || ["c", "swift"].contains(name)
        return Candidates(words: choices, areFiles: isFile)
    }

    /// The words that the value is one of, or can be beside numbers.
    private var choices: [String] {
        switch name {
        case "task": Self.words(LearningTask.self)
        case "header": Self.words(CSVFormat.Header.self)
        case "separator": Self.words(CSVFormat.Separator.self)
        case "missing": Self.words(MissingValues.self)
        case "scale": Self.words(ScalingMethod.self)
        case "activation", "output-activation": Self.words(Activation.self)
        case "precision": Self.words(RunConfiguration.Precision.self)
        case "loss": Self.words(Loss.self)
        case "optimizer": Self.words(OptimizerName.self)
        case "schedule": Self.words(RunConfiguration.Schedule.self)
        case "order": Self.words(UpdateOrder.self)
        case "hidden": ["none"]
        case "batch-size": ["full"]
        case "class-weights": ["balanced"]
        default: []
        }
    }

    private static func words<Choice: CaseIterable & RawRepresentable<String>>(_: Choice.Type) -> [String] {
        Choice.allCases.map { kebab($0.rawValue) }
    }

    /// `crossEntropy` as one types it: `cross-entropy`; several capitals in a row are one word.
    private static func kebab(_ name: String) -> String {
        let letters = Array(name)
        return letters.indices.reduce(into: "") { word, index in
            let follows = index + 1 < letters.count && letters[index + 1].isLowercase
            if letters[index].isUppercase, index > 0, letters[index - 1].isLowercase, follows { word += "-" }
            word += letters[index].lowercased()
        }
    }
}

extension Command {
    /// What can stand for a word that is no option: the words of the synopsis in small letters, and files where it has
    /// some in capitals.
    var candidates: Candidates {
        let arguments = synopsis.split { " |[]…".contains($0) }.map(String.init)
        var words = arguments.filter { $0 != "options" && $0.allSatisfy { $0.isLowercase } }
        if arguments.contains("DATA") { words += DataSource.builtIn }
        let areFiles = arguments.contains { $0.first?.isUppercase == true }
        return Candidates(words: words, areFiles: areFiles)
    }
}
