extension Dataset {
    /// The same samples, each counting as much more as its class does: what weights they had are multiplied.
    ///
    /// - Parameter classWeights: A weight for each class; for samples with a single target, for 0 and for 1.
    /// - Throws: ``BackpropError/shape(_:expected:found:)`` if there is not a weight for each class,
    ///   ``BackpropError/nonFinite(_:index:found:)`` or ``BackpropError/option(_:expected:found:)`` if one is not
    ///   finite, below 0, or nothing is left to learn from, or if the samples have no classes.
    public func weighted(byClass classWeights: [Scalar]) throws(BackpropError) -> Dataset {
        let (labels, classCount) = try labels()
        guard classWeights.count == classCount else {
            throw .shape("weights of classes", expected: "\(classCount)", found: "\(classWeights.count)")
        }
        try checkFinite(classWeights, "weights of classes")
        let weights = labels.enumerated().map { sample, label in (self.weights?[sample] ?? 1) * classWeights[label] }
        return try weighted(weights)
    }

    /// The same samples, weighted so that each class has the same say, however many samples it has: a sample counts
    /// `samples / (classes · samples of its class)` times, where classes without samples are left out, so that the
    /// mean is 1. What weights the samples had are multiplied.
    ///
    /// - Throws: ``BackpropError/option(_:expected:found:)`` if the samples have no classes.
    public func weightedByClassBalance() throws(BackpropError) -> Dataset {
        let (labels, classCount) = try labels()
        var counts = [Int](repeating: 0, count: classCount)
        for label in labels { counts[label] += 1 }
        let classes = counts.count { $0 > 0 }
        return try weighted(byClass: counts.map { $0 == 0 ? 0 : Scalar(Double(count) / Double(classes * $0)) })
    }

    /// The class of each sample, also where it is a single target of 0 or 1.
    func labels() throws(BackpropError) -> (labels: [Int], classCount: Int) {
        switch targets {
        case .classes(let classes): return (classes.map(Int.init), targetCount)
        case .vectors(let values) where targetCount == 1 && values.allSatisfy { $0 == 0 || $0 == 1 }:
            return (values.map { $0 == 1 ? 1 : 0 }, 2)
        case .vectors:
            throw .option("targets", expected: "classes, or a single 0 or 1 a sample", found: "other numbers")
        }
    }
}
