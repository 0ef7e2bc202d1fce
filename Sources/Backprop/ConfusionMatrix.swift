/// How often each class was taken for each.
public struct ConfusionMatrix: Hashable, Sendable {
    /// `counts[actual][predicted]`: the number of samples, or the sum of their weights.
    public let counts: [[Double]]

    /// - Parameters:
    ///   - predicted: A class for each sample, in `0 ..< classCount`.
    ///   - actual: The class it should have been.
    ///   - classCount: The number of classes.
    ///   - weights: How much each sample counts, as for ``Metrics``.
    /// - Throws: ``BackpropError/shape(_:expected:found:)`` if the counts differ, ``BackpropError/empty(_:)`` if
    ///   they are 0, ``BackpropError/classOutOfRange(sample:found:classCount:)``, or an error about the weights.
    public init(
        predicted: [Int], actual: [Int], classCount: Int, weights: [Double]? = nil
    ) throws(BackpropError) {
        try checkClasses(predicted, samples: predicted.count, classCount: classCount)
        try checkClasses(actual, samples: predicted.count, classCount: classCount)
        let weights = try SampleWeights(weights, samples: actual.count)
        var counts = Array(repeating: [Double](repeating: 0, count: classCount), count: classCount)
        for sample in actual.indices { counts[actual[sample]][predicted[sample]] += weights[sample] }
        self.counts = counts
    }

    /// A matrix that was counted elsewhere.
    ///
    /// - Throws: ``BackpropError/shape(_:expected:found:)`` if a row has not a number for each class,
    ///   ``BackpropError/option(_:expected:found:)`` for a number that is infinite, below 0 or none.
    public init(counts: [[Double]]) throws(BackpropError) {
        for (actual, row) in counts.enumerated() {
            guard row.count == counts.count else {
                throw .shape("counts of class \(actual)", expected: "\(counts.count)", found: "\(row.count)")
            }
            for count in row where !(count >= 0 && count.isFinite) {
                throw .option("counts of class \(actual)", expected: "finite numbers from 0", found: "\(count)")
            }
        }
        self.counts = counts
    }

    /// How well each class is told from the others.
    public var scores: [ClassScores] {
        counts.indices.map { index in
            ClassScores(
                right: counts[index][index],
                predicted: counts.reduce(0) { $0 + $1[index] },
                support: counts[index].reduce(0, +))
        }
    }

    /// The mean of the classes' ``scores``, every class counting the same, one that never occurs too.
    public var macroAverage: ClassScores { average { _ in 1 } }

    /// The mean of the classes' ``scores``, each counting by its support.
    public var weightedAverage: ClassScores { average(by: \.support) }

    /// The scores of all classes' decisions taken together. As every sample has one class and is given
    /// one, precision, recall and F1 are all the accuracy.
    public var microAverage: ClassScores {
        let total = counts.joined().reduce(0, +)
        let right = counts.indices.reduce(0) { $0 + counts[$1][$1] }
        return ClassScores(right: right, predicted: total, support: total)
    }

    private func average(by weight: (ClassScores) -> Double) -> ClassScores {
        let scores = scores
        let total = scores.reduce(0) { $0 + weight($1) }
        func mean(_ score: KeyPath<ClassScores, Double>) -> Double {
            share(scores.reduce(0) { $0.addingProduct(weight($1), $1[keyPath: score]) }, of: total)
        }
        return ClassScores(
            precision: mean(\.precision), recall: mean(\.recall), f1: mean(\.f1),
            support: scores.reduce(0) { $0 + $1.support })
    }
}

extension ConfusionMatrix: Codable {
    private enum Key: String, CodingKey {
        case counts
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(counts, forKey: .counts)
    }

    /// - Throws: What the decoder throws, or as ``init(counts:)``.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        try self.init(counts: try container.decode([[Double]].self, forKey: .counts))
    }
}

/// How well one class is told from the others, or several on average. 0/0 is taken as 0, as in scikit-learn.
public struct ClassScores: Hashable, Codable, Sendable {
    /// The share of the samples taken for the class that are of it.
    public let precision: Double
    /// The share of the samples of the class that are taken for it.
    public let recall: Double
    /// The harmonic mean of precision and recall, `2 right / (taken for it + of it)`.
    public let f1: Double
    /// The samples of the class, or the sum of their weights.
    public let support: Double
}

extension ClassScores {
    fileprivate init(right: Double, predicted: Double, support: Double) {
        precision = share(right, of: predicted)
        recall = share(right, of: support)
        f1 = share(2 * right, of: predicted + support)
        self.support = support
    }
}

private func share(_ part: Double, of whole: Double) -> Double {
    whole == 0 ? 0 : part / whole
}
