import Backprop
import BackpropReference
import Foundation
import Testing

/// Exclusive or.
func exclusiveOr<Scalar: NetworkScalar>() throws -> Dataset<Scalar> {
    try Dataset(inputs: [[0, 0], [0, 1], [1, 0], [1, 1]], targets: [[0], [1], [1], [0]])
}

/// Random samples with targets in 0 to 1.
func randomSamples<Scalar: ReferenceScalar>(
    _ count: Int, inputs: Int, targets: Int, seed: UInt64 = 1
) throws -> Dataset<Scalar> {
    var random = ReferenceRandom(seed: seed, stream: 0)
    let x: [Scalar] = (0..<(count * inputs)).map { _ in random.uniform(limit: 1) }
    let t: [Scalar] = (0..<(count * targets)).map { _ in abs(random.uniform(limit: 1)) }
    return try Dataset(inputs: x, inputCount: inputs, targets: t, targetCount: targets)
}

extension Dataset {
    /// Samples as the reference takes them.
    func rows(_ samples: some Sequence<Int>) -> (inputs: [[Scalar]], targets: [[Scalar]]) {
        (samples.map { Array(inputs(ofSample: $0)) }, samples.map { targets(ofSample: $0) })
    }
}

/// Fails unless all numbers are within a distance of those expected.
func expectClose(
    _ found: [Double], _ expected: [Double], within tolerance: Double = 1e-11,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    #expect(found.count == expected.count, sourceLocation: sourceLocation)
    for (found, expected) in zip(found, expected) {
        #expect(abs(found - expected) <= tolerance, "expected \(expected)", sourceLocation: sourceLocation)
    }
}

/// Fails unless an error is thrown whose text is the one expected.
func expectError<Result>(
    _ message: String, sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Result
) {
    do {
        _ = try body()
        Issue.record("expected the error: \(message)", sourceLocation: sourceLocation)
    } catch {
        #expect("\(error)" == message, sourceLocation: sourceLocation)
    }
}

/// A folder that is gone after the test.
func withTemporaryFolder(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("backprop-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try body(folder)
}

func write(_ bytes: [UInt8], to path: String) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: path))
}
