/// The share of samples that are right, and how sure that share is.
public struct Accuracy: Hashable, Codable, Sendable {
    /// From 0 to 1.
    public let share: Double
    /// How many samples of equal weight tell as much: their number, or with weights `(Σw)² / Σw²`
    /// (L. Kish, Survey Sampling, 1965).
    public let effectiveSamples: Double

    /// `√(p (1 − p) / n)`: about what another sample of the same size would change the share by.
    public var standardError: Double { (share * (1 - share) / effectiveSamples).squareRoot() }

    /// The 95 % score interval (E. B. Wilson, 1927). Unlike the share ± 1.96 standard errors it stays
    /// within 0 and 1, and it has a width also where every sample is right.
    public var interval: ClosedRange<Double> {
        // The normal distribution's 97.5 % quantile.
        let z = 1.959963984540054
        let ratio = z * z / effectiveSamples
        let middle = (share + ratio / 2) / (1 + ratio)
        let half = (ratio * (share * (1 - share) + ratio / 4)).squareRoot() / (1 + ratio)
        // Rounding would leave a trifle at the ends.
        return (share == 0 ? 0 : max(middle - half, 0))...(share == 1 ? 1 : min(middle + half, 1))
    }
}

extension Metrics {
    /// Returns the share of predictions that are right.
    ///
    /// - Parameters:
    ///   - predicted: A class for each sample.
    ///   - actual: The class it should have been.
    ///   - weights: How much each sample counts.
    /// - Throws: ``BackpropError/shape(_:expected:found:)`` if the counts differ,
    ///   ``BackpropError/empty(_:)`` if they are 0, or an error about the weights.
    public static func accuracy(
        predicted: [Int], actual: [Int], weights: [Double]? = nil
    ) throws(BackpropError) -> Accuracy {
        guard predicted.count == actual.count else {
            throw .shape(
                "actual classes", expected: "\(predicted.count) as there are predictions", found: "\(actual.count)")
        }
        let weights = try SampleWeights(weights, samples: actual.count)
        return Accuracy(samples: actual.count, weights: weights) { predicted[$0] == actual[$0] }
    }

    /// Returns the share of samples whose class is among the `k` highest outputs, the first of equals being higher.
    ///
    /// - Parameters:
    ///   - outputs: `samples × outputCount` values, row-major; `outputCount` is at least 2.
    ///   - actual: The class of each sample.
    ///   - k: From 1 to `outputCount`.
    ///   - outputCount: Outputs a sample.
    ///   - weights: How much each sample counts.
    /// - Throws: ``BackpropError/option(_:expected:found:)`` for another `k` or `outputCount`,
    ///   ``BackpropError/shape(_:expected:found:)`` or ``BackpropError/empty(_:)`` if the counts don't fit,
    ///   ``BackpropError/classOutOfRange(sample:found:classCount:)``,
    ///   ``BackpropError/nonFinite(_:index:found:)``, or an error about the weights.
    @_specialize(where Scalar == Float)
    @_specialize(where Scalar == Double)
    public static func topKAccuracy<Scalar: NetworkScalar>(
        ofOutputs outputs: [Scalar], outputCount: Int, actual: [Int], k: Int, weights: [Double]? = nil
    ) throws(BackpropError) -> Accuracy {
        guard outputCount > 1 else { throw .option("outputCount", expected: "at least 2", found: "\(outputCount)") }
        guard (1...outputCount).contains(k) else { throw .option("k", expected: "1 to \(outputCount)", found: "\(k)") }
        let samples = try sampleCount(ofOutputs: outputs, outputCount: outputCount)
        try checkClasses(actual, samples: samples, classCount: outputCount)
        try checkFinite(outputs, "outputs")
        let weights = try SampleWeights(weights, samples: samples)
        return Accuracy(samples: samples, weights: weights) { sample in
            let row = outputs[(sample * outputCount)..<((sample + 1) * outputCount)]
            let own = row.startIndex + actual[sample]
            return row.indices.count { row[$0] > row[own] || (row[$0] == row[own] && $0 < own) } < k
        }
    }
}

extension Accuracy {
    fileprivate init(samples: Int, weights: SampleWeights, isRight: (Int) -> Bool) {
        share = weights.mean(of: { isRight($0) ? 1 : 0 }, samples: samples)
        // Relative to the largest, whose square is a number.
        let largest = weights.values?.max() ?? 1
        let total = weights.total / largest
        let squares = (0..<samples).reduce(0) { sum, sample in
            let weight = weights[sample] / largest
            return sum.addingProduct(weight, weight)
        }
        effectiveSamples = total * total / squares
    }
}
