/// How good predictions are.
///
/// Every sum is made in `Double`, sample by sample in ascending order, each term added by a fused
/// multiply-add of its weight, so that a metric has the same bits everywhere. Names and conventions are those of
/// scikit-learn where it has the metric.
///
/// Sample weights, where they are taken, count a sample as so many; `nil` is 1 for each. They must be
/// finite, not negative and not all 0, one for each sample.
public enum Metrics {
    /// The output with the highest value for each sample, the first of equals; for a single output
    /// 1 where it is above ½, else 0.
    ///
    /// - Parameters:
    ///   - outputs: `samples × outputCount` values, row-major.
    ///   - outputCount: Outputs a sample.
    @inlinable
    public static func classes<Scalar: NetworkScalar>(ofOutputs outputs: [Scalar], outputCount: Int) -> [Int] {
        stride(from: 0, to: outputs.count, by: outputCount).map { start in
            if outputCount == 1 { return outputs[start] > 0.5 ? 1 : 0 }
            var best = start
            for index in start..<(start + outputCount) where outputs[index] > outputs[best] { best = index }
            return best - start
        }
    }
}

// MARK: - Weights and shapes

/// Checked weights of samples, all 1 where none are given.
struct SampleWeights {
    let values: [Double]?
    /// Their sum, above 0.
    let total: Double

    init(_ values: [Double]?, samples: Int) throws(BackpropError) {
        guard samples > 0 else { throw .empty("samples") }
        try checkWeights(values, samples: samples)
        self.values = values
        total = values?.reduce(0, +) ?? Double(samples)
        guard total.isFinite else {
            throw .option("sum of the weights", expected: "a finite number", found: "\(total)")
        }
    }

    subscript(sample: Int) -> Double { values?[sample] ?? 1 }

    /// The weighted mean of what a function gives for each sample.
    func mean(of value: (Int) -> Double, samples: Int) -> Double {
        (0..<samples).reduce(0) { $0.addingProduct(self[$1], value($1)) } / total
    }
}

/// Checks that there is a class of 0 to `classCount − 1` for each of some samples.
func checkClasses(_ classes: [Int], samples: Int, classCount: Int) throws(BackpropError) {
    guard classes.count == samples else {
        throw .shape("actual classes", expected: "\(samples) as there are predictions", found: "\(classes.count)")
    }
    for (sample, found) in classes.enumerated() where !(0..<classCount).contains(found) {
        throw .classOutOfRange(sample: sample, found: found, classCount: classCount)
    }
}

/// The number of samples that outputs are of.
func sampleCount<Scalar>(ofOutputs outputs: [Scalar], outputCount: Int) throws(BackpropError) -> Int {
    guard outputCount > 0 else { throw .option("outputCount", expected: "at least 1", found: "\(outputCount)") }
    guard outputs.count % outputCount == 0 else {
        throw .shape("outputs", expected: "a multiple of \(outputCount) values", found: "\(outputs.count)")
    }
    return outputs.count / outputCount
}
