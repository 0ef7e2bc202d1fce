import Backprop
import Foundation
import Testing

// "scikit-learn" below is version 1.9.1 with numpy 2.4.6, "scipy" 1.17.1.

@Suite struct MetricsTests {
    @Test("the class of outputs is the highest's, the first of equals")
    func classes() {
        #expect(Metrics.classes(ofOutputs: [1, 3, 2, 5, 5, 5, -3, -2, -1] as [Float], outputCount: 3) == [1, 0, 2])
        #expect(Metrics.classes(ofOutputs: [0.5, 0.500001, 0, 1] as [Double], outputCount: 1) == [0, 1, 0, 1])
        #expect(Metrics.classes(ofOutputs: [] as [Float], outputCount: 3) == [])
    }

    @Test("weights that make no sense are refused by every metric")
    func weights() {
        let metrics: [([Double]) throws -> Void] = [
            { _ = try Metrics.accuracy(predicted: [0, 1], actual: [0, 1], weights: $0) },
            {
                _ = try Metrics.topKAccuracy(
                    ofOutputs: [0, 1, 1, 0] as [Float], outputCount: 2, actual: [0, 1], k: 1, weights: $0)
            },
            { _ = try ConfusionMatrix(predicted: [0, 1], actual: [0, 1], classCount: 2, weights: $0) },
            { _ = try Metrics.logLoss(ofOutputs: [0, 1] as [Float], outputCount: 1, actual: [0, 1], weights: $0) },
            { _ = try Metrics.meanAbsoluteError(predicted: [0, 1], actual: [0, 1] as [Float], weights: $0) },
            { _ = try Metrics.rootMeanSquaredError(predicted: [0, 1], actual: [0, 1] as [Float], weights: $0) },
            { _ = try Metrics.rSquared(predicted: [0, 1], actual: [0, 1] as [Float], weights: $0) },
        ]
        for metric in metrics {
            expectError("weights: expected 2, one for each sample, found 1") { try metric([1]) }
            expectError("weights: expected finite numbers, found nan at index 1") { try metric([1, .nan]) }
            expectError("weight of sample 0: expected 0 or more, found -1.0") { try metric([-1, 2]) }
            expectError("weights: expected at least one above 0, found only 0") { try metric([0, 0]) }
            expectError("sum of the weights: expected a finite number, found inf") {
                try metric([1e308, 1e308])
            }
        }
    }
}

@Suite struct AccuracyMetricTests {
    @Test("accuracy is the share that is right, with its standard error")
    func accuracy() throws {
        let found = try Metrics.accuracy(predicted: [0, 1, 2, 0], actual: [0, 1, 2, 1])
        #expect(found.share == 0.75)
        // √(¾ · ¼ / 4)
        #expect(found.standardError == (0.75 * 0.25 / 4).squareRoot())
        let perfect = try Metrics.accuracy(predicted: [1], actual: [1])
        #expect(perfect.share == 1)
        #expect(perfect.standardError == 0)
    }

    @Test(
        "the interval is Wilson's, and ends at 0 and 1",
        // Expected: scipy's binomtest(right, samples).proportion_ci(method="wilson").
        arguments: [
            (9, 10, 0.5958499732047615, 0.9821237869049271), (7, 10, 0.39677814746114526, 0.892208732593699),
            (0, 5, 0, 0.43448246478317476), (5, 5, 0.5655175352168252, 1),
        ])
    func interval(right: Int, samples: Int, low: Double, high: Double) throws {
        let predicted = (0..<samples).map { $0 < right ? 1 : 0 }
        let actual = [Int](repeating: 1, count: samples)
        let found = try Metrics.accuracy(predicted: predicted, actual: actual).interval
        // Four roundings of numbers up to 1.
        expectClose([found.lowerBound, found.upperBound], [low, high], within: 5e-16)
        #expect(right > 0 || found.lowerBound == 0)
        #expect(right < samples || found.upperBound == 1)
    }

    @Test("weights count samples as so many, and equal ones change nothing")
    func weights() throws {
        let (predicted, actual) = ([0, 1, 2, 0], [0, 1, 2, 1])
        let found = try Metrics.accuracy(predicted: predicted, actual: actual, weights: [1, 2, 1, 4])
        #expect(found.share == 0.5)
        // (1 + 2 + 1 + 4)² / (1 + 4 + 1 + 16)
        #expect(found.effectiveSamples == 64 / 22.0)
        let plain = try Metrics.accuracy(predicted: predicted, actual: actual)
        #expect(try Metrics.accuracy(predicted: predicted, actual: actual, weights: [3, 3, 3, 3]) == plain)
        let tiny = [Double](repeating: 1e-300, count: 4)
        #expect(try Metrics.accuracy(predicted: predicted, actual: actual, weights: tiny).effectiveSamples == 4)
    }

    @Test("top-k accuracy asks whether the class is among the k highest")
    func topK() throws {
        let outputs: [Float] = [0.5, 0.2, 0.3, 0.3, 0.4, 0.3, 0.2, 0.4, 0.35, 0.7, 0.2, 0.1, 0.1, 0.2, 0.7]
        // Ranks 1, 1, 2, 3 and 3.
        let actual = [0, 1, 2, 2, 0]
        func share(_ k: Int, weights: [Double]? = nil) throws -> Double {
            try Metrics.topKAccuracy(ofOutputs: outputs, outputCount: 3, actual: actual, k: k, weights: weights).share
        }
        #expect(try [share(1), share(2), share(3)] == [0.4, 0.6, 1])
        // scikit-learn: top_k_accuracy_score(…, k=2, sample_weight=[1, 2, 3, .5, 1]) = 0.8
        #expect(try share(2, weights: [1, 2, 3, 0.5, 1]) == 0.8)
    }

    @Test("the first of equals is the higher, so that top-1 is the accuracy")
    func ties() throws {
        for actual in 0..<3 {
            for k in 1...3 {
                let found = try Metrics.topKAccuracy(
                    ofOutputs: [1, 1, 1] as [Double], outputCount: 3, actual: [actual], k: k)
                #expect(found.share == (actual < k ? 1 : 0))
            }
        }
    }

    @Test("what doesn't fit is refused")
    func errors() {
        expectError("actual classes: expected 2 as there are predictions, found 1") {
            try Metrics.accuracy(predicted: [0, 1], actual: [0])
        }
        expectError("samples: expected at least one, found none") { try Metrics.accuracy(predicted: [], actual: []) }
        func topK(_ outputs: [Float], _ outputCount: Int, _ actual: [Int], _ k: Int) throws -> Accuracy {
            try Metrics.topKAccuracy(ofOutputs: outputs, outputCount: outputCount, actual: actual, k: k)
        }
        expectError("outputCount: expected at least 2, found 1") { try topK([1], 1, [0], 1) }
        for k in [0, 4] { expectError("k: expected 1 to 3, found \(k)") { try topK([1, 2, 3], 3, [0], k) } }
        expectError("outputs: expected a multiple of 3 values, found 4") { try topK([1, 2, 3, 4], 3, [0], 1) }
        expectError("samples: expected at least one, found none") { try topK([], 3, [], 1) }
        expectError("class of sample 0: expected 0 to 2, found 3") { try topK([1, 2, 3], 3, [3], 1) }
        expectError("outputs: expected finite numbers, found nan at index 2") { try topK([1, 2, .nan], 3, [2], 1) }
    }
}

@Suite struct ConfusionMatrixTests {
    private let predicted = [0, 2, 2, 2, 1, 1, 2, 1, 0, 2]
    private let actual = [0, 1, 2, 2, 1, 0, 2, 1, 2, 2]

    /// Precision, recall, F1 and support of each.
    private func values(_ scores: [ClassScores]) -> [Double] {
        scores.flatMap { [$0.precision, $0.recall, $0.f1, $0.support] }
    }

    @Test("a confusion matrix counts actual classes by row, predicted ones by column")
    func counts() throws {
        let matrix = try ConfusionMatrix(predicted: [0, 1, 1, 2, 0], actual: [0, 1, 2, 2, 2], classCount: 3)
        #expect(matrix.counts == [[1, 0, 0], [0, 1, 0], [1, 1, 1]])
    }

    @Test("precision goes by columns, recall by rows, and averages by class, support or decision")
    func scores() throws {
        // [[1, 1, 0], [0, 2, 1], [1, 0, 4]]: 1 of 2, 2 of 3 and 4 of 5 in the columns and in the rows alike.
        let matrix = try ConfusionMatrix(predicted: predicted, actual: actual, classCount: 3)
        let twoThirds = 2 / 3.0
        let scores = [0.5, 0.5, 0.5, 2, twoThirds, twoThirds, twoThirds, 3, 0.8, 0.8, 0.8, 5]
        #expect(values(matrix.scores) == scores)
        let macro = (0.5 + twoThirds + 0.8) / 3
        #expect(values([matrix.macroAverage]) == [macro, macro, macro, 10])
        #expect(values([matrix.microAverage]) == [0.7, 0.7, 0.7, 10])
        // (2 · 1/2 + 3 · 2/3 + 5 · 4/5) / 10
        expectClose(values([matrix.weightedAverage]), [0.7, 0.7, 0.7, 10], within: 2e-16)
    }

    @Test("scores with sample weights are those of scikit-learn")
    func weightedScores() throws {
        let weights = [1, 2, 0.5, 1, 3, 1, 0.25, 2, 1, 1]
        let matrix = try ConfusionMatrix(predicted: predicted, actual: actual, classCount: 3, weights: weights)
        #expect(matrix.counts == [[1, 1, 0], [0, 5, 2], [1, 0, 2.75]])
        // precision_recall_fscore_support(actual, predicted, sample_weight=weights), average=None and the others
        expectClose(
            values(matrix.scores),
            [
                0.5, 0.5, 0.5, 2, 0.8333333333333334, 0.7142857142857143, 0.7692307692307693, 7,
                0.5789473684210527, 0.7333333333333333, 0.6470588235294118, 3.75,
            ], within: 2e-16)
        let averages = [matrix.macroAverage, matrix.microAverage, matrix.weightedAverage]
        expectClose(
            values(averages),
            [
                0.6374269005847953, 0.6492063492063492, 0.638763197586727, 12.75,
                0.6862745098039216, 0.6862745098039216, 0.6862745098039216, 12.75,
                0.7062263501891985, 0.6862745098039216, 0.6910655664980926, 12.75,
            ], within: 3e-16)
    }

    @Test("0/0 is 0: for a class that is never predicted, one that never occurs, and no samples at all")
    func zeroByZero() throws {
        // Class 2 is neither predicted nor there, class 3 predicted only.
        let matrix = try ConfusionMatrix(predicted: [0, 1, 0, 3], actual: [0, 1, 1, 0], classCount: 4)
        let scores = [0.5, 0.5, 0.5, 2, 1, 0.5, 2 / 3.0, 2] + [Double](repeating: 0, count: 8)
        #expect(values(matrix.scores) == scores)
        // scikit-learn with labels=[0, 1, 2, 3], zero_division=0
        expectClose(
            values([matrix.macroAverage, matrix.weightedAverage]),
            [0.375, 0.25, 0.29166666666666663, 4, 0.75, 0.5, 0.5833333333333333, 4], within: 2e-16)
        let empty = try ConfusionMatrix(counts: [[0, 0], [0, 0]])
        #expect(values(empty.scores + [empty.macroAverage, empty.microAverage]) == [Double](repeating: 0, count: 16))
        #expect(values([empty.weightedAverage]) == [0, 0, 0, 0])
    }

    @Test("a matrix is the same after JSON, and checked")
    func codable() throws {
        let matrix = try ConfusionMatrix(predicted: predicted, actual: actual, classCount: 3)
        let text = try JSONEncoder().encode(matrix)
        #expect(String(decoding: text, as: UTF8.self) == #"{"counts":[[1,1,0],[0,2,1],[1,0,4]]}"#)
        #expect(try JSONDecoder().decode(ConfusionMatrix.self, from: text) == matrix)
        for (counts, message) in [
            ("[[1,0],[1]]", "counts of class 1: expected 2, found 1"),
            ("[[1,0],[-1,0]]", "counts of class 1: expected finite numbers from 0, found -1.0"),
        ] {
            expectError(message) {
                try JSONDecoder().decode(ConfusionMatrix.self, from: Data(#"{"counts":\#(counts)}"#.utf8))
            }
        }
    }

    @Test("what doesn't fit is refused")
    func errors() {
        for (predicted, actual, message) in [
            ([0, 1], [0], "actual classes: expected 2 as there are predictions, found 1"),
            ([], [], "samples: expected at least one, found none"),
            ([0, 2], [0, 1], "class of sample 1: expected 0 to 1, found 2"),
            ([0, 1], [-1, 1], "class of sample 0: expected 0 to 1, found -1"),
        ] {
            expectError(message) { try ConfusionMatrix(predicted: predicted, actual: actual, classCount: 2) }
        }
    }
}

@Suite struct LogLossTests {
    private let outputs = [0.7, 0.2, 0.1, 0.1, 0.6, 0.3, 0.25, 0.25, 0.5, 0, 1, 0, 0.4, 0.35, 0.25]
    private let actual = [0, 1, 1, 2, 0]
    private let ln2 = 0x1.62e42fefa39efp-1

    private func loss(_ outputs: [Double], _ count: Int, _ actual: [Int], _ weights: [Double]? = nil) throws -> Double {
        try Metrics.logLoss(ofOutputs: outputs, outputCount: count, actual: actual, weights: weights)
    }

    @Test("log loss is the mean of −ln of the probability given to the class")
    func classes() throws {
        // 2⁻¹ and 2⁻³: (1 + 3) ln 2 / 2
        #expect(try abs(loss([0.5, 0.5, 0.125, 0.875], 2, [1, 0]) - 2 * ln2) <= 2 * ln2.ulp)
        // scikit-learn: log_loss(actual, outputs)
        expectClose([try loss(outputs, 3, actual)], [7.842747809963184], within: 2e-15)
        expectClose([try loss(outputs, 3, actual, [1, 2, 3, 0.5, 1])], [3.263376893501749], within: 2e-15)
    }

    @Test("a single output is the probability of class 1")
    func singleOutput() throws {
        let outputs = [0.9, 0.2, 0.5, 1, 0]
        // scikit-learn: log_loss([1, 0, 1, 0, 0], outputs)
        expectClose([try loss(outputs, 1, [1, 0, 1, 0, 0])], [7.413060927329828], within: 2e-15)
        expectClose([try loss(outputs, 1, [1, 0, 1, 0, 0], [1, 2, 3, 0.5, 1])], [2.753722113936621], within: 2e-15)
    }

    @Test("probabilities are clipped to one unit in the last place of 1 from 0 and 1")
    func clipping() throws {
        // −ln 2⁻⁵² and −ln(1 − 2⁻⁵²), which is 2⁻⁵² to half a unit; the core's ln is within 2 ulp.
        #expect(try abs(loss([1, 0], 2, [1]) - 52 * ln2) <= 2 * (52 * ln2).ulp)
        #expect(try abs(loss([1, 0], 2, [0]) - 0x1p-52) <= 2 * 0x1p-104)
        let inFloat = try Metrics.logLoss(ofOutputs: [0, 1] as [Float], outputCount: 2, actual: [0])
        #expect(abs(inFloat - 23 * ln2) <= 2 * (23 * ln2).ulp)
    }

    @Test("what is no probability or doesn't fit is refused")
    func errors() {
        for output in [-0.1, 1.1, .nan, .infinity] {
            expectError("output 1: expected a probability from 0 to 1, found \(output)") {
                try loss([0.5, output], 2, [0])
            }
        }
        expectError("outputs: expected a multiple of 2 values, found 3") { try loss([0, 0, 1], 2, [0]) }
        expectError("outputCount: expected at least 1, found 0") { try loss([], 0, []) }
        expectError("actual classes: expected 1 as there are predictions, found 2") { try loss([0, 1], 2, [0, 1]) }
        expectError("class of sample 0: expected 0 to 1, found 2") { try loss([0.5], 1, [2]) }
        expectError("samples: expected at least one, found none") { try loss([], 2, []) }
    }
}

@Suite struct RegressionMetricsTests {
    private typealias Metric = ([Double], [Double], Int, [Double]?) throws -> Double

    private let metrics: [Metric] = [
        { try Metrics.meanAbsoluteError(predicted: $0, actual: $1, outputCount: $2, weights: $3) },
        { try Metrics.rootMeanSquaredError(predicted: $0, actual: $1, outputCount: $2, weights: $3) },
        { try Metrics.rSquared(predicted: $0, actual: $1, outputCount: $2, weights: $3) },
    ]

    private func all(
        _ predicted: [Double], _ actual: [Double], outputs: Int = 1, weights: [Double]? = nil
    ) throws -> [Double] {
        try metrics.map { try $0(predicted, actual, outputs, weights) }
    }

    @Test("errors of one output")
    func oneOutput() throws {
        // Errors −½, ½, 0, 1. The mean of 3, −½, 2, 7 is 2.875, the squares around it sum to 29.1875.
        let found = try all([2.5, 0, 2, 8], [3, -0.5, 2, 7])
        #expect(found == [0.5, (1.5 / 4).squareRoot(), 1 - 1.5 / 29.1875])
        let inFloat = try Metrics.rSquared(predicted: [2.5, 0, 2, 8] as [Float], actual: [3, -0.5, 2, 7])
        #expect(inFloat == found[2])
    }

    @Test("errors of two outputs are averaged as in scikit-learn, with weights too")
    func twoOutputs() throws {
        let (predicted, actual) = ([0.0, 2, -1, 2, 8, -5], [0.5, 1, -1, 1, 7, -6])
        // mean_absolute_error, root_mean_squared_error and r2_score of scikit-learn
        expectClose(
            try all(predicted, actual, outputs: 2), [0.75, 0.8227486121839513, 0.9368005266622779], within: 2e-16)
        expectClose(
            try all(predicted, actual, outputs: 2, weights: [1, 2, 0.5]),
            [0.6428571428571428, 0.7314550249431379, 0.9020223152022315], within: 2e-16)
    }

    @Test("R² of targets that don't differ is 1 for exact predictions, else 0")
    func constantTargets() throws {
        func rSquared(_ predicted: [Double], _ actual: [Double], _ weights: [Double]? = nil) throws -> Double {
            try Metrics.rSquared(predicted: predicted, actual: actual, weights: weights)
        }
        // The mean of three times 0.1 isn't 0.1.
        #expect(try rSquared([0.1, 0.1, 0.1], [0.1, 0.1, 0.1]) == 1)
        #expect(try rSquared([0.1, 0.1, 0.2], [0.1, 0.1, 0.1]) == 0)
        #expect(try rSquared([1], [2]) == 0)
        #expect(try rSquared([3, 2, 5], [2, 2, 5], [1, 1, 0]) == 0)
        // Their squares are no number but 0.
        #expect(try rSquared([1, 1], [1e-200, 0]) == 0)
        #expect(try rSquared([1.5, 1.5], [1, 2]) == 0)
        // Worse than the mean: 1 − 2/0.5
        #expect(try rSquared([2, 1], [1, 2]) == -3)
    }

    @Test("what doesn't fit is refused")
    func errors() {
        for metric in metrics {
            expectError("actual values: expected 2 as there are predictions, found 1") {
                try metric([1, 2], [1], 1, nil)
            }
            expectError("outputs: expected a multiple of 2 values, found 3") {
                try metric([1, 2, 3], [1, 2, 3], 2, nil)
            }
            expectError("samples: expected at least one, found none") { try metric([], [], 1, nil) }
            expectError("predictions: expected finite numbers, found inf at index 0") {
                try metric([.infinity], [1], 1, nil)
            }
            expectError("actual values: expected finite numbers, found nan at index 0") {
                try metric([1], [.nan], 1, nil)
            }
        }
    }
}
