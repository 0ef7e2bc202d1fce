import Backprop

/// The program's words, and what each does.
enum Benchmark {
    struct UsageError: Error {
        var message: String
    }

    /// What was to be timed doesn't compute what it should.
    struct WrongResult: Error, CustomStringConvertible {
        var message: String
        var description: String { message }
    }

    static let usage = """
        usage: Benchmarks peak                      multiply-add peak and bandwidth of this machine
               Benchmarks train [options]           steps of gradient descent
               Benchmarks predict [options]         predictions
               Benchmarks compare [options]         every step that has a bar to meet, and whether it does
               Benchmarks csv FILE                  loading a table of numbers, beside a bare scan in C
               Benchmarks kernels [--json]          every kernel, in C and in pure Swift
               Benchmarks swift [--json]            whole training steps, in C and in pure Swift
               Benchmarks allocations               fails if a step allocates after the first
               Benchmarks steps core|trainer|run N  N steps of a 2-2-2 network, to have their instructions counted
               Benchmarks peer WORKLOAD BATCH THREADS train|infer [VARIANT]

        --layers 784-128-10            units from the inputs up
        --hidden-activation sigmoid    of the layers between
        --loss cross-entropy           cross-entropy (softmax) or squared-error (sigmoid outputs)
        --batch 128                    samples a step
        --threads 1                    threads that share a step
        --precision f32                f32 or f64
        --seconds 2                    how long to measure
        --data FOLDER                  take the samples from the four files of MNIST
        --json                         one JSON object

        compare takes --json or --markdown for its table, and
        --check                        exits with 1 if a bar is missed
        --rows TEXT                    only rows with this in their names; may be given again
        --repeats 11                   measurements of each row, in turn
        --data ../shared/data/mnist    the four files of MNIST

        BENCHMARKS_CLOCK=processor measures what one thread computes rather than the time that passes: for
        machines that do something else as well.
        """

    static func run(_ words: [String]) throws {
        switch words.first {
        case "peak": try peak(isJSON: try onlyJSON(Array(words.dropFirst()), of: "peak"))
        case "compare": try compare(Array(words.dropFirst()))
        case "csv": try csv(Array(words.dropFirst()))
        case "train", "predict":
            let options = try WorkOptions(Array(words.dropFirst()))
            let isTraining = words[0] == "train"
            let report =
                options.precision == "f64"
                ? try measure(options, Double.self, isTraining: isTraining)
                : try measure(options, Float.self, isTraining: isTraining)
            try report.print(asJSON: options.isJSON)
        case "allocations": try allocations(Array(words.dropFirst()))
        case "kernels": try kernels(Array(words.dropFirst()))
        case "swift": try swift(Array(words.dropFirst()))
        case "steps": try steps(Array(words.dropFirst()))
        case "peer":
            try Peer(Array(words.dropFirst())).serve()
        case let word?: throw UsageError(message: "unknown word '\(word)'")
        case nil: throw UsageError(message: "expected a word, found nothing")
        }
    }

    /// Whether the one option of some words is there; others are errors.
    static func onlyJSON(_ words: [String], of command: String) throws -> Bool {
        if let unknown = words.first(where: { $0 != "--json" }) {
            throw UsageError(message: "\(command): unknown option \(unknown)")
        }
        return !words.isEmpty
    }

    /// Lines whose columns stand below each other.
    static func table(_ lines: [[String]]) -> String {
        let widths = lines[0].indices.map { column in lines.map { $0[column].count }.max()! }
        return lines.map { line in
            zip(line, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }.joined(separator: "  ")
        }.joined(separator: "\n")
    }
}
