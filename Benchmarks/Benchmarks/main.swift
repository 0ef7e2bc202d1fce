import Backprop
import Foundation

do {
    try Benchmark.run(Array(CommandLine.arguments.dropFirst()))
} catch let error as Benchmark.UsageError {
    FileHandle.standardError.write(Data("Benchmarks: \(error.message)\n\n\(Benchmark.usage)\n".utf8))
    exit(64)
} catch {
    FileHandle.standardError.write(Data("Benchmarks: \(error)\n".utf8))
    exit(65)
}
