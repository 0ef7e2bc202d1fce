/// How good predictions are.
public enum Metrics {
    /// The output with the highest value for each sample, the first of equals; for a single output
    /// 1 where it is above ½, else 0.
    ///
    /// - Parameter outputs: `samples × outputCount` values, row-major.
    @inlinable
    public static func classes<Scalar: NetworkScalar>(ofOutputs outputs: [Scalar], outputCount: Int) -> [Int] {
        stride(from: 0, to: outputs.count, by: outputCount).map { start in
            if outputCount == 1 { return outputs[start] > 0.5 ? 1 : 0 }
            var best = start
            for index in start..<(start + outputCount) where outputs[index] > outputs[best] { best = index }
            return best - start
        }
    }

    /// The share of predictions that are right, and the standard error of that share: what another
    /// sample of the same size would change it by.
    public static func accuracy(predicted: [Int], actual: [Int]) -> (share: Double, standardError: Double) {
        precondition(predicted.count == actual.count && !actual.isEmpty, "accuracy needs a prediction a sample")
        let right = zip(predicted, actual).count { $0 == $1 }
        let share = Double(right) / Double(actual.count)
        return (share, (share * (1 - share) / Double(actual.count)).squareRoot())
    }
}

/// How often each class was taken for each.
public struct ConfusionMatrix: Hashable, Codable, Sendable {
    /// `counts[actual][predicted]`
    public private(set) var counts: [[Int]]

    /// - Parameters:
    ///   - predicted: A class a sample, in `0 ..< classCount`.
    ///   - actual: The class it should have been.
    public init(predicted: [Int], actual: [Int], classCount: Int) {
        precondition(predicted.count == actual.count, "a confusion matrix needs a prediction a sample")
        counts = Array(repeating: Array(repeating: 0, count: classCount), count: classCount)
        for (predicted, actual) in zip(predicted, actual) { counts[actual][predicted] += 1 }
    }
}
