import Backprop
import Testing

@Suite struct DatasetTests {
    @Test("flat arrays and rows give equal datasets")
    func forms() throws {
        let rows = try Dataset<Float>(inputs: [[1, 2], [3, 4]], targets: [[5], [6]])
        let flat = try Dataset<Float>(inputs: [1, 2, 3, 4], inputCount: 2, targets: [5, 6], targetCount: 1)
        #expect(rows == flat)
        #expect(flat.count == 2)
        #expect(flat.inputs(ofSample: 1) == [3, 4])
        #expect(flat.targets(ofSample: 1) == [6])
        #expect(flat.classes == nil)
    }

    @Test("classes are counted from 0, and stand for a one-hot target")
    func classes() throws {
        let dataset = try Dataset<Float>(inputs: [[1], [2], [3]], classes: [0, 2, 1])
        #expect(dataset.targetCount == 3)
        #expect(dataset.classes == [0, 2, 1])
        #expect(dataset.targets(ofSample: 1) == [0, 0, 1])
        #expect(try Dataset<Float>(inputs: [[1]], classes: [0], classCount: 10).targetCount == 10)
    }

    @Test("an autoencoder's targets are its inputs")
    func autoencoding() throws {
        let dataset = try Dataset<Double>(autoencoding: [1, 2, 3, 4], inputCount: 2)
        #expect(dataset.targetCount == 2)
        #expect(dataset.targets(ofSample: 1) == Array(dataset.inputs(ofSample: 1)))
    }

    @Test("spans and sequences give the datasets of arrays")
    func sources() throws {
        let (inputs, targets): ([Float], [Float]) = ([1, 2, 3, 4], [5, 6])
        let flat = try Dataset<Float>(inputs: inputs, inputCount: 2, targets: targets, targetCount: 1)
        // Spans can't go through the macro.
        let (inputSpan, targetSpan) = (inputs[...], targets[...])
        let spanned = try Dataset(
            inputs: inputSpan.span, inputCount: 2, targets: targetSpan.span, targetCount: 1)
        #expect(spanned == flat)
        let rows = stride(from: Float(1), to: 4, by: 2).lazy.map { (inputs: [$0, $0 + 1], targets: [$0 / 2 + 4.5]) }
        #expect(try Dataset(rows) == flat)
        let classes = try Dataset<Float>(inputs: [[1, 2], [3, 4]], classes: [0, 2])
        let spannedClasses = try Dataset(inputs: inputSpan.span, inputCount: 2, classes: [0, 2], classCount: 3)
        #expect(spannedClasses == classes)
        #expect(try Dataset([(inputs: [Float(1), 2], class: 0), (inputs: [3, 4], class: 2)]) == classes)
        expectError("inputs of sample 1: expected 2 values as in sample 0, found 1") {
            try Dataset<Float>([(inputs: [1, 2], class: 0), (inputs: [3], class: 2)])
        }
        expectError("samples: expected at least one, found none") {
            try Dataset<Float>(EmptyCollection<(inputs: [Float], targets: [Float])>())
        }
    }

    // MARK: Weights

    @Test("weights come along with the samples that are chosen, and split off")
    func weights() throws {
        let dataset = try Dataset<Float>(inputs: [[1], [2], [3], [4]], classes: [0, 1, 0, 1], weights: [1, 2, 3, 0])
        #expect(dataset.weights == [1, 2, 3, 0])
        #expect(try dataset.samples([2, 1, 2]).weights == [3, 2, 3])
        let (training, heldOut) = try dataset.split(holdingOut: 0.5, seed: 1)
        for part in [training, heldOut] {
            #expect(part.weights == part.inputs.map { [1, 2, 3, 0][Int($0) - 1] })
        }
        #expect(try Dataset<Float>(inputs: [[1]], targets: [[1]]).weights == nil)
    }

    @Test("weights of classes are multiplied with those of the samples")
    func classWeights() throws {
        let dataset = try Dataset<Double>(inputs: [[1], [2], [3]], classes: [0, 2, 2], weights: [1, 2, 3])
        #expect(try dataset.weighted(byClass: [5, 1, 7]).weights == [5, 14, 21])
        // A single output has two classes.
        let binary = try Dataset<Double>(inputs: [[1], [2]], targets: [[1], [0]])
        #expect(try binary.weighted(byClass: [5, 7]).weights == [7, 5])
    }

    @Test("balanced weights give each class that occurs the same sum, and 1 in the mean")
    func balance() throws {
        let dataset = try Dataset<Double>(inputs: [[1], [2], [3], [4]], classes: [0, 2, 2, 2], classCount: 4)
        #expect(try dataset.weightedByClassBalance().weights == [2, 4 / 6.0, 4 / 6.0, 4 / 6.0])
        let binary = try Dataset<Double>(inputs: [[1], [2], [3], [4]], targets: [[0], [0], [0], [1]])
        #expect(try binary.weightedByClassBalance().weights == [4 / 6.0, 4 / 6.0, 4 / 6.0, 2])
    }

    @Test(
        "weights that make no sense are refused",
        arguments: [
            ([1], "weights: expected 2, one for each sample, found 1"),
            ([1, .nan], "weights: expected finite numbers, found nan at index 1"),
            ([1, -1], "weight of sample 1: expected 0 or more, found -1.0"),
            ([0, 0], "weights: expected at least one above 0, found only 0"),
        ] as [([Float], String)])
    func wrongWeights(_ weights: [Float], _ message: String) {
        expectError(message) { try Dataset<Float>(inputs: [[1], [2]], targets: [[1], [2]], weights: weights) }
        expectError(message) { try Dataset<Float>(inputs: [[1], [2]], classes: [0, 1], weights: weights) }
        expectError(message) { try Dataset<Float>(autoencoding: [1, 2], inputCount: 1, weights: weights) }
    }

    @Test("weights of classes need samples with classes, and one for each")
    func wrongClassWeights() throws {
        let classes = try Dataset<Float>(inputs: [[1], [2]], classes: [0, 1])
        expectError("weights of classes: expected 2, found 3") { try classes.weighted(byClass: [1, 2, 3]) }
        expectError("weights of classes: expected finite numbers, found inf at index 0") {
            try classes.weighted(byClass: [.infinity, 1])
        }
        let vectors = try Dataset<Float>(inputs: [[1], [2]], targets: [[1], [2]])
        expectError("targets: expected classes, or a single 0 or 1 a sample, found other numbers") {
            try vectors.weightedByClassBalance()
        }
    }

    // MARK: Errors

    @Test(
        "arrays that make no samples are refused with what was expected and found",
        arguments: [
            ([], 2, [], 1, "samples: expected at least one, found none"),
            ([1], 0, [1], 1, "inputs of a sample: expected at least one, found none"),
            ([1], -1, [1], 1, "inputs of a sample: expected at least one, found none"),
            ([1], 1, [1], 0, "targets of a sample: expected at least one, found none"),
            ([1], 1, [], 1, "samples: expected at least one, found none"),
            ([1, 2, 3], 2, [1], 1, "inputs: expected a multiple of 2 values, found 3"),
            ([1, 2], 2, [1, 2, 3], 2, "targets: expected a multiple of 2 values, found 3"),
            ([1, 2], 1, [1], 1, "targets: expected 2 samples as in the inputs, found 1"),
            ([1, .nan], 1, [1, 2], 1, "inputs: expected finite numbers, found nan at index 1"),
            ([1, 2], 1, [.infinity, 2], 1, "targets: expected finite numbers, found inf at index 0"),
        ] as [([Float], Int, [Float], Int, String)])
    func wrongVectors(
        _ inputs: [Float], _ inputCount: Int, _ targets: [Float], _ targetCount: Int, _ message: String
    ) {
        expectError(message) {
            try Dataset(inputs: inputs, inputCount: inputCount, targets: targets, targetCount: targetCount)
        }
    }

    @Test(
        "classes that don't fit are refused with what was expected and found",
        arguments: [
            ([0], 2, "classes: expected 2 as in the inputs, found 1"),
            ([0, 2], 2, "class of sample 1: expected 0 to 1, found 2"),
            ([-1, 0], 2, "class of sample 0: expected 0 to 1, found -1"),
            ([0, 0], 0, "classCount: expected 1 to 2147483647, found 0"),
            ([0, 0], 1 << 31, "classCount: expected 1 to 2147483647, found 2147483648"),
        ])
    func wrongClasses(_ classes: [Int], _ classCount: Int, _ message: String) {
        expectError(message) {
            try Dataset<Float>(inputs: [1, 2], inputCount: 1, classes: classes, classCount: classCount)
        }
    }

    @Test("ragged rows are refused with the sample's number")
    func ragged() {
        expectError("inputs of sample 1: expected 2 values as in sample 0, found 1") {
            try Dataset<Float>(inputs: [[1, 2], [3]], targets: [[1], [2]])
        }
        expectError("targets of sample 2: expected 1 values as in sample 0, found 2") {
            try Dataset<Float>(inputs: [[1], [2], [3]], targets: [[1], [2], [3, 4]])
        }
        expectError("samples: expected at least one, found none") {
            try Dataset<Float>(inputs: [], targets: [])
        }
    }

    // MARK: Parts

    private func numbered(_ count: Int) throws -> Dataset<Double> {
        let numbers = (0..<count).map { Double($0) }
        return try Dataset(inputs: numbers, inputCount: 1, targets: numbers.map { -$0 }, targetCount: 1)
    }

    @Test("chosen samples come in the order asked for, with their targets")
    func samples() throws {
        let chosen = try numbered(5).samples([4, 0, 0])
        #expect(chosen.inputs == [4, 0, 0])
        #expect(chosen.targets == .vectors([-4, 0, 0]))
        let classes = try Dataset<Float>(inputs: [[1], [2], [3]], classes: [2, 1, 0]).samples([2, 0])
        #expect(classes.classes == [0, 2])
        #expect(classes.targetCount == 3)
        #expect(throws: BackpropError.empty("samples")) { try numbered(5).samples([]) }
    }

    @Test("a split has every sample once, in an order of the seed alone", arguments: [0.1, 0.25, 0.5, 0.9])
    func split(share: Double) throws {
        let whole = try numbered(40)
        let (training, heldOut) = try whole.split(holdingOut: share, seed: 7)
        #expect(heldOut.count == Int(share * 40))
        #expect((training.inputs + heldOut.inputs).sorted() == whole.inputs)
        #expect(training.inputs + heldOut.inputs != whole.inputs)
        let again = try whole.split(holdingOut: share, seed: 7)
        #expect(again.training == training)
        #expect(again.heldOut == heldOut)
        #expect(try whole.split(holdingOut: share, seed: 8).training != training)
    }

    @Test(
        "a split with an empty part is refused",
        arguments: [0, 0.01, 0.99, 1, -1, 2, 1e300, .infinity, -.infinity, .nan])
    func wrongSplit(share: Double) {
        expectError(
            "share held out of 10 samples: expected at least one sample on either side, found \(share)"
        ) {
            try numbered(10).split(holdingOut: share, seed: 1)
        }
    }
}
