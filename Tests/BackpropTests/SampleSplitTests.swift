import Backprop
import Testing

@Suite("Splits of samples")
struct SampleSplitTests {
    @Test("a random split is that of the dataset, and has every sample once")
    func random() throws {
        let split = try SampleSplit(of: 40, holdingOut: 0.25, seed: 7)
        #expect(split.heldOut.count == 10)
        #expect((split.training + split.heldOut).sorted() == Array(0..<40))
        let whole = try Dataset<Double>(autoencoding: (0..<40).map { Double($0) }, inputCount: 1)
        #expect(try whole.split(holdingOut: 0.25, seed: 7).heldOut.inputs == split.heldOut.map { Double($0) })
    }

    @Test("a stratified split holds out the same share of each class, to within one", arguments: [0.1, 0.2, 0.5, 0.7])
    func stratified(share: Double) throws {
        let classes = (0..<200).map { $0 < 100 ? 0 : $0 < 190 ? 1 : 2 }
        let split = try SampleSplit(of: 200, holdingOut: share, seed: 1, classes: classes)
        #expect((split.training + split.heldOut).sorted() == Array(0..<200))
        #expect(split.heldOut.count == Int((share * 200).rounded()))
        for (label, size) in [100, 90, 10].enumerated() {
            let heldOut = split.heldOut.count { classes[Int($0)] == label }
            #expect(abs(Double(heldOut) - share * Double(size)) < 1)
        }
        #expect(try SampleSplit(of: 200, holdingOut: share, seed: 1, classes: classes) == split)
        #expect(try SampleSplit(of: 200, holdingOut: share, seed: 2, classes: classes) != split)
    }

    @Test("folds hold out every sample once, in parts whose sizes differ by one at most", arguments: 2...11)
    func folds(count: Int) throws {
        let classes = (0..<11).map { [0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2][$0] }
        for labels in [nil, classes] {
            let splits = try SampleSplit.folds(count, of: 11, seed: 3, classes: labels)
            #expect(splits.count == count)
            #expect(splits.flatMap(\.heldOut).sorted() == Array(0..<11))
            let sizes = splits.map(\.heldOut.count)
            #expect(sizes.max()! - sizes.min()! <= 1)
            for split in splits { #expect((split.training + split.heldOut).sorted() == Array(0..<11)) }
            guard let labels else { continue }
            for label in 0..<3 {
                let ofClass = splits.map { $0.heldOut.count { labels[Int($0)] == label } }
                #expect(ofClass.max()! - ofClass.min()! <= 1)
            }
        }
    }

    @Test("folds depend on the seed alone")
    func seeds() throws {
        let folds = try SampleSplit.folds(5, of: 50, seed: 1)
        #expect(try SampleSplit.folds(5, of: 50, seed: 1) == folds)
        #expect(try SampleSplit.folds(5, of: 50, seed: 2) != folds)
    }

    @Test("more folds than samples are refused with both numbers, and so are less than two", arguments: [-1, 0, 1, 5])
    func wrongFolds(count: Int) throws {
        let dataset = try Dataset<Float>(inputs: [[1], [2], [3], [4]], classes: [0, 1, 0, 1])
        for stratified in [false, true] {
            expectError("folds of 4 samples: expected 2 to 4, found \(count)") {
                try dataset.folds(count, seed: 1, stratified: stratified)
            }
        }
    }

    @Test("parts of a dataset follow its folds")
    func parts() throws {
        let dataset = try Dataset<Float>(inputs: (0..<9).map { [Float($0)] }, classes: (0..<9).map { $0 % 3 })
        for split in try dataset.folds(3, seed: 1, stratified: true) {
            let (training, heldOut) = try dataset.parts(of: split)
            #expect(training.count == 6 && heldOut.count == 3)
            #expect(Set(heldOut.classes ?? []) == [0, 1, 2])
        }
        let (_, heldOut) = try dataset.split(holdingOut: 1 / 3, seed: 1, stratified: true)
        #expect(Set(heldOut.classes ?? []) == [0, 1, 2])
    }

    @Test("samples without classes can't be stratified")
    func withoutClasses() throws {
        let dataset = try Dataset<Float>(inputs: [[1], [2]], targets: [[3], [4]])
        expectError("targets: expected classes, or a single 0 or 1 a sample, found other numbers") {
            try dataset.folds(2, seed: 1, stratified: true)
        }
    }
}
