import Backprop

/// An option of a command: a flag, or with a value where it has a placeholder.
struct Option: Sendable {
    var name: String
    var placeholder: String?
    var help: String
    /// What it stands below in the help; empty for no title.
    var group = ""

    init(_ name: String, _ placeholder: String? = nil, _ help: String) {
        self.name = name
        self.placeholder = placeholder
        self.help = help
    }

    static let json = Option("json", "write one JSON object to standard output, and nothing else there")
}

extension Option {
    /// Options that stand below a title in the help.
    static func group(_ title: String, _ options: [Option]) -> [Option] {
        options.map { option in
            var option = option
            option.group = title
            return option
        }
    }

    /// A flag.
    init(_ name: String, _ help: String) {
        self.init(name, nil, help)
    }
}

/// The words after a command's name, sorted into positionals and options.
struct Arguments {
    /// All of them, as they were given.
    let words: [String]
    let positionals: [String]
    private let values: [String: String]

    init(_ words: [String], of command: Command) throws(UsageError) {
        self.words = words
        var positionals: [String] = []
        var values: [String: String] = [:]
        var words = words[...]
        while let word = words.popFirst() {
            guard word.hasPrefix("-"), word.count > 1 else {
                positionals.append(word)
                continue
            }
            guard word.hasPrefix("--") else {
                throw UsageError(message: unknown("option", word, among: command.options.map { "--\($0.name)" }))
            }
            let parts = word.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(parts[0])
            guard let option = command.options.first(where: { $0.name == name }) else {
                throw UsageError(
                    message: unknown("option", "--\(name)", among: command.options.map { "--\($0.name)" }))
            }
            if let placeholder = option.placeholder {
                guard let value = parts.count > 1 ? String(parts[1]) : words.popFirst() else {
                    throw UsageError(message: "--\(name): expected \(placeholder) after it, found nothing")
                }
                guard parts.count > 1 || !value.hasPrefix("--") else {
                    throw UsageError(message: "--\(name): expected \(placeholder) after it, found '\(value)'")
                }
                values[name] = value
            } else {
                guard parts.count == 1 else {
                    throw UsageError(message: "--\(name): expected no value, found '\(parts[1])'")
                }
                values[name] = ""
            }
        }
        guard positionals.count <= command.maximumPositionals else {
            let extra = positionals[command.maximumPositionals]
            throw UsageError(message: "unexpected word '\(extra)'; usage: backprop \(command.name) \(command.synopsis)")
        }
        self.positionals = positionals
        self.values = values
    }

    func has(_ name: String) -> Bool { values[name] != nil }

    func text(_ name: String) -> String? { values[name] }

    /// A positional that must be there.
    func positional(_ index: Int, _ placeholder: String) throws(UsageError) -> String {
        guard index < positionals.count else {
            throw UsageError(message: "expected \(placeholder), found nothing; --help says more")
        }
        return positionals[index]
    }

    func integer(_ name: String, in range: ClosedRange<Int>) throws(UsageError) -> Int? {
        guard let text = values[name] else { return nil }
        guard let value = Int(text), range.contains(value) else {
            throw UsageError(message: "--\(name): expected \(expectation(range)), found '\(text)'")
        }
        return value
    }

    func seed(_ name: String) throws(UsageError) -> UInt64? {
        guard let text = values[name] else { return nil }
        guard let value = UInt64(text) else {
            throw UsageError(message: "--\(name): expected a whole number from 0, found '\(text)'")
        }
        return value
    }

    func number(_ name: String) throws(UsageError) -> Double? {
        guard let text = values[name] else { return nil }
        guard let value = Double(text), value.isFinite else {
            throw UsageError(message: "--\(name): expected a number, found '\(text)'")
        }
        return value
    }

    /// A number from the lower bound to below the upper one.
    func number(_ name: String, in range: Range<Double>) throws(UsageError) -> Double? {
        guard let value = try number(name) else { return nil }
        guard range.contains(value) else {
            throw UsageError(message: "--\(name): expected \(expectation(range)), found '\(values[name]!)'")
        }
        return value
    }

    func numbers(_ name: String) throws(UsageError) -> [Double]? {
        guard let text = values[name] else { return nil }
        var numbers: [Double] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let value = Double(part), value.isFinite else {
                throw UsageError(message: "--\(name): expected numbers with commas between, found '\(text)'")
            }
            numbers.append(value)
        }
        return numbers
    }

    /// One of an enumeration's values, however it is written: `crossEntropy`, `cross-entropy`.
    func choice<Choice: CaseIterable & RawRepresentable<String>>(
        _ name: String, _ type: Choice.Type
    ) throws(UsageError) -> Choice? {
        guard let text = values[name] else { return nil }
        func plain(_ word: String) -> String { word.lowercased().filter { $0.isLetter || $0.isNumber } }
        guard let choice = Choice.allCases.first(where: { plain($0.rawValue) == plain(text) }) else {
            throw UsageError(message: unknown("value of --\(name)", text, among: Choice.allCases.map(\.rawValue)))
        }
        return choice
    }
}

/// The numbers above 0.
let aboveZero = Double.leastNonzeroMagnitude..<Double.infinity

/// A range in words.
func expectation(_ range: ClosedRange<Int>) -> String {
    let upper = range.upperBound == .max ? "" : " to \(range.upperBound)"
    return "a whole number from \(range.lowerBound)\(upper)"
}

/// A range in words.
func expectation(_ range: Range<Double>) -> String {
    let upper = range.upperBound.isFinite ? ", below \(significant(range.upperBound, 6))" : ""
    let (below, bound) = (range.lowerBound.nextDown, range.lowerBound)
    if bound == -.infinity { return "a number" }
    // A bound that is just above a round number excludes that number.
    let isExcluded = below == below.rounded()
    return "a number \(isExcluded ? "above" : "from") \(significant(isExcluded ? below : bound, 6))\(upper)"
}

/// What the library refuses because of an option's value is the option's fault.
func blaming<Value>(_ option: String, _ body: () throws(BackpropError) -> Value) throws(UsageError) -> Value {
    do { return try body() } catch { throw UsageError(message: "--\(option): \(error)") }
}
