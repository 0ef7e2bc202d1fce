import Testing

@testable import Benchmarks

@Suite("Options of Benchmarks")
struct OptionTests {
    @Test(
        "a value that makes no sense is an error that says what was expected and found",
        arguments: [
            ("--layers", "784-x-10"), ("--layers", "784--10"), ("--layers", "784"), ("--layers", "784-0-10"),
            ("--hidden-activation", "sigmoidal"), ("--loss", "huber"), ("--batch", "0"), ("--batch", "1000001"),
            ("--threads", "0"), ("--threads", "two"), ("--seconds", "nan"), ("--seconds", "inf"), ("--seconds", "-1"),
            ("--precision", "f16"),
        ])
    func values(option: String, value: String) throws {
        let error = #expect(throws: Benchmark.UsageError.self) { try WorkOptions([option, value]) }
        let message = try #require(error?.message)
        #expect(message.hasPrefix("\(option): expected "))
        #expect(message.hasSuffix("found '\(value)'"))
    }

    @Test("an option without its value, an unknown one and samples that don't fit are errors")
    func words() {
        #expect(throws: Benchmark.UsageError.self) { try WorkOptions(["--batch"]) }
        #expect(throws: Benchmark.UsageError.self) { try WorkOptions(["--bogus", "3"]) }
        #expect(throws: Benchmark.UsageError.self) { try WorkOptions(["--layers", "64-10", "--data", "mnist"]) }
        #expect(throws: Benchmark.UsageError.self) { try CompareOptions(["--json", "--markdown"]) }
        #expect(throws: Benchmark.UsageError.self) { try CompareOptions(["--repeats", "0"]) }
        #expect(throws: Benchmark.UsageError.self) { try Benchmark.run(["peak", "--jsn"]) }
        #expect(throws: Benchmark.UsageError.self) { try Benchmark.run(["kernels", "f32"]) }
        #expect(throws: Benchmark.UsageError.self) { try Benchmark.run(["peer", "W2x", "32", "1", "train"]) }
    }

    @Test("options say what is measured")
    func options() throws {
        let words = "--layers 64-32-10 --hidden-activation tanh --loss squared-error --batch 7 --threads 2"
        let options = try WorkOptions(
            words.split(separator: " ").map(String.init) + ["--precision", "f64", "--seconds", "0.5", "--json"])
        #expect(options.shape == NetworkShape(64, 32, 10, hidden: .tanh, output: .sigmoid, loss: .squaredError))
        #expect(options.batch == 7 && options.threads == 2 && options.precision == "f64")
        #expect(options.seconds == 0.5 && options.isJSON)
    }
}
