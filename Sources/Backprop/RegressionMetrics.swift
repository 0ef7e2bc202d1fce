extension Metrics {
    /// Returns the mean of `|predicted − actual|`, over the samples and then over the outputs.
    ///
    /// - Parameters:
    ///   - predicted: `samples × outputCount` values, row-major.
    ///   - actual: The values that they should be.
    ///   - outputCount: Outputs a sample.
    ///   - weights: How much each sample counts.
    /// - Throws: ``BackpropError/shape(_:expected:found:)`` or ``BackpropError/empty(_:)`` if the counts don't fit,
    ///   ``BackpropError/nonFinite(_:index:found:)``, or an error about the weights.
    @_specialize(where Scalar == Float)
    @_specialize(where Scalar == Double)
    public static func meanAbsoluteError<Scalar: NetworkScalar>(
        predicted: [Scalar], actual: [Scalar], outputCount: Int = 1, weights: [Double]? = nil
    ) throws(BackpropError) -> Double {
        try Errors(predicted, actual, outputCount, weights).meanOverOutputs { errors, output in
            errors.weights.mean(of: { abs(errors.error($0, output)) }, samples: errors.samples)
        }
    }

    /// Returns the root of the mean of `(predicted − actual)²` over the samples; for several outputs the mean
    /// of their roots.
    ///
    /// - Parameters:
    ///   - predicted: `samples × outputCount` values, row-major.
    ///   - actual: The values that they should be.
    ///   - outputCount: Outputs a sample.
    ///   - weights: How much each sample counts.
    /// - Throws: As ``meanAbsoluteError(predicted:actual:outputCount:weights:)``.
    @_specialize(where Scalar == Float)
    @_specialize(where Scalar == Double)
    public static func rootMeanSquaredError<Scalar: NetworkScalar>(
        predicted: [Scalar], actual: [Scalar], outputCount: Int = 1, weights: [Double]? = nil
    ) throws(BackpropError) -> Double {
        try Errors(predicted, actual, outputCount, weights).meanOverOutputs { errors, output in
            (errors.sumOfSquares(output) / errors.weights.total).squareRoot()
        }
    }

    /// Returns the coefficient of determination, `R² = 1 − Σ(predicted − actual)² / Σ(actual − mean)²`; for
    /// several outputs their mean. 1 is perfect, 0 no better than always giving the mean.
    ///
    /// Where the actual values don't differ there is nothing to explain: then it is 1 if every prediction is
    /// exact, else 0, as in scikit-learn. That goes for a single sample too.
    ///
    /// - Parameters:
    ///   - predicted: `samples × outputCount` values, row-major.
    ///   - actual: The values that they should be.
    ///   - outputCount: Outputs a sample.
    ///   - weights: How much each sample counts.
    /// - Throws: As ``meanAbsoluteError(predicted:actual:outputCount:weights:)``.
    @_specialize(where Scalar == Float)
    @_specialize(where Scalar == Double)
    public static func rSquared<Scalar: NetworkScalar>(
        predicted: [Scalar], actual: [Scalar], outputCount: Int = 1, weights: [Double]? = nil
    ) throws(BackpropError) -> Double {
        try Errors(predicted, actual, outputCount, weights).meanOverOutputs { errors, output in
            let unexplained = errors.sumOfSquares(output)
            let total = errors.actualDiffers(output) ? errors.sumOfSquaresAroundMean(output) : 0
            guard total > 0 else { return unexplained == 0 ? 1 : 0 }
            return 1 - unexplained / total
        }
    }
}

/// Predictions beside what they should be, checked.
private struct Errors<Scalar: NetworkScalar> {
    let samples: Int
    let weights: SampleWeights
    private let predicted: [Scalar]
    private let actual: [Scalar]
    private let outputCount: Int

    init(
        _ predicted: [Scalar], _ actual: [Scalar], _ outputCount: Int, _ weights: [Double]?
    ) throws(BackpropError) {
        samples = try sampleCount(ofOutputs: predicted, outputCount: outputCount)
        guard actual.count == predicted.count else {
            throw .shape(
                "actual values", expected: "\(predicted.count) as there are predictions", found: "\(actual.count)")
        }
        try checkFinite(predicted, "predictions")
        try checkFinite(actual, "actual values")
        self.weights = try SampleWeights(weights, samples: samples)
        (self.predicted, self.actual, self.outputCount) = (predicted, actual, outputCount)
    }

    func meanOverOutputs(_ value: (Errors, Int) -> Double) -> Double {
        (0..<outputCount).reduce(0) { $0 + value(self, $1) } / Double(outputCount)
    }

    private func actual(_ sample: Int, _ output: Int) -> Double { Double(actual[sample * outputCount + output]) }

    func error(_ sample: Int, _ output: Int) -> Double {
        Double(predicted[sample * outputCount + output]) - actual(sample, output)
    }

    func sumOfSquares(_ output: Int) -> Double {
        sumOfSquares { error($0, output) }
    }

    func sumOfSquaresAroundMean(_ output: Int) -> Double {
        let mean = weights.mean(of: { actual($0, output) }, samples: samples)
        return sumOfSquares { actual($0, output) - mean }
    }

    private func sumOfSquares(_ value: (Int) -> Double) -> Double {
        (0..<samples).reduce(0) { sum, sample in
            let value = value(sample)
            return sum.addingProduct(weights[sample] * value, value)
        }
    }

    /// Whether any two samples that count differ. The squares can't tell, as the mean of equal numbers may be
    /// off by a rounding.
    func actualDiffers(_ output: Int) -> Bool {
        let counting = (0..<samples).filter { weights[$0] > 0 }
        return counting.contains { actual($0, output) != actual(counting[0], output) }
    }
}
