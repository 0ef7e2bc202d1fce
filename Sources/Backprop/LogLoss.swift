extension Metrics {
    /// Returns the mean of `−ln p`, where `p` is the probability that was given to a sample's class.
    ///
    /// `p` is clipped to `ε … 1 − ε`, as in scikit-learn, so that one sample that was thought impossible
    /// doesn't make it infinite: `ε` is `Scalar.ulpOfOne`, 2⁻²³ or 2⁻⁵². The loss of a sample is then at most 15.9 or
    /// 36.0. Probabilities are not brought to a sum of 1.
    ///
    /// - Parameters:
    ///   - outputs: `samples × outputCount` probabilities, row-major; a single output is that of class 1.
    ///   - actual: The class of each sample.
    ///   - outputCount: Outputs a sample.
    ///   - weights: How much each sample counts.
    /// - Throws: ``BackpropError/option(_:expected:found:)`` for an output that is no probability,
    ///   ``BackpropError/shape(_:expected:found:)`` or ``BackpropError/empty(_:)`` if the counts don't fit,
    ///   ``BackpropError/classOutOfRange(sample:found:classCount:)``, or an error about the weights.
    @_specialize(where Scalar == Float)
    @_specialize(where Scalar == Double)
    public static func logLoss<Scalar: NetworkScalar>(
        ofOutputs outputs: [Scalar], outputCount: Int, actual: [Int], weights: [Double]? = nil
    ) throws(BackpropError) -> Double {
        let samples = try sampleCount(ofOutputs: outputs, outputCount: outputCount)
        try checkClasses(actual, samples: samples, classCount: max(outputCount, 2))
        if let index = outputs.firstIndex(where: { !(0...1).contains($0) }) {
            throw .option("output \(index)", expected: "a probability from 0 to 1", found: "\(outputs[index])")
        }
        let weights = try SampleWeights(weights, samples: samples)
        let limit = Double(Scalar.ulpOfOne)
        func probability(_ sample: Int) -> Double {
            if outputCount > 1 { return Double(outputs[sample * outputCount + actual[sample]]) }
            return actual[sample] == 1 ? Double(outputs[sample]) : 1 - Double(outputs[sample])
        }
        return weights.mean(of: { -coreLog(min(max(probability($0), limit), 1 - limit)) }, samples: samples)
    }
}
