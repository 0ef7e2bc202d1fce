import Backprop
import Testing

@Suite("IDX files")
struct IDXFileTests {
    /// An IDX file of elements given as big-endian bytes.
    private func file(_ type: UInt8, _ dimensions: [Int], _ elements: [UInt8]) -> [UInt8] {
        [0, 0, type, UInt8(dimensions.count)] + dimensions.flatMap { bytes(UInt32($0)) } + elements
    }

    private func bytes(_ word: some FixedWidthInteger) -> [UInt8] {
        stride(from: word.bitWidth - 8, through: 0, by: -8).map { UInt8(truncatingIfNeeded: word >> $0) }
    }

    @Test(
        "elements of every type are read",
        arguments: [
            (IDXFile.ElementType.unsignedByte, [0, 255, 7, 128] as [UInt8], [0, 255, 7, 128]),
            (.signedByte, [0, 255, 127, 128], [0, -1, 127, -128]),
            (.short, [0x12, 0x34, 0xff, 0xfe, 0x80, 0, 0, 0], [0x1234, -2, -32768, 0]),
            (.int, [0, 0, 1, 0, 0xff, 0xff, 0xff, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 9], [256, -1, -2_147_483_648, 9]),
            (
                .float, [0x3f, 0x80, 0, 0, 0xbf, 0, 0, 0, 0, 0, 0, 1, 0x80, 0, 0, 0],
                [1, -0.5, Double(Float.leastNonzeroMagnitude), -0.0]
            ),
            (
                .double,
                [0x3f, 0xf0] + [0, 0, 0, 0, 0, 0] + [0xc0, 0] + [0, 0, 0, 0, 0, 0] + Array(repeating: 0, count: 15)
                    + [1], [1, -2, 0, .leastNonzeroMagnitude]
            ),
        ] as [(IDXFile.ElementType, [UInt8], [Double])])
    func types(_ type: IDXFile.ElementType, _ elements: [UInt8], _ expected: [Double]) throws {
        let read = try IDXFile(file(type.rawValue, [2, 2], elements), source: "t.idx")
        #expect(read.type == type && read.dimensions == [2, 2])
        #expect(read.elements.map(\.bitPattern) == expected.map(\.bitPattern))
        #expect(read.elements(ofRows: [1, 0]) == [expected[2], expected[3], expected[0], expected[1]])
        // A file in memory and a mapped one are the same.
        try withTemporaryFolder { folder in
            try write(file(type.rawValue, [2, 2], elements), to: "\(folder)/t.idx")
            #expect(try IDXFile(contentsOf: "\(folder)/t.idx").elements == read.elements)
        }
    }

    @Test(
        "what is no IDX file, or not all of one, is refused",
        arguments: [
            ([], "t.idx: expected an IDX file, which begins with two zero bytes, found []"),
            ([1, 0, 8, 1], "t.idx: expected an IDX file, which begins with two zero bytes, found [1, 0, 8, 1]"),
            ([0, 0, 10, 1], "t.idx: expected an element type of IDX, 0x8, 0x9 or 0xb to 0xe, found type 0xa"),
            ([0, 0, 8, 0], "t.idx: expected a header of 4 bytes with at least 1 dimension, found 4 bytes"),
            ([0, 0, 8, 2, 0, 0], "t.idx: expected a header of 12 bytes with at least 1 dimension, found 6 bytes"),
        ] as [([UInt8], String)])
    func wrongHeaders(_ bytes: [UInt8], _ message: String) {
        expectError(message) { try IDXFile(bytes, source: "t.idx") }
    }

    @Test("a truncated file is refused, whatever its type, and so is one with too much")
    func truncated() {
        for type in IDXFile.ElementType.allCases {
            let elements = [UInt8](repeating: 0, count: 6 * type.size)
            for wrong in [Array(elements.dropLast()), elements + [0]] {
                let message =
                    "t.idx: expected \(elements.count) bytes of elements as its header says, found \(wrong.count)"
                expectError(message) { try IDXFile(file(type.rawValue, [3, 2], wrong), source: "t.idx") }
            }
        }
    }

    @Test("a header that promises more than there is, or than can be, is refused before memory is taken")
    func promises() {
        expectError("t.idx: expected 4294967295 bytes of elements as its header says, found 3") {
            try IDXFile(file(8, [0xffff_ffff], [1, 2, 3]), source: "t.idx")
        }
        expectError("t.idx: expected more than 2^63 bytes of elements as its header says, found 0") {
            try IDXFile(file(8, [0xffff_ffff, 0xffff_ffff, 0xffff_ffff], []), source: "t.idx")
        }
        expectError("t.idx: expected more than 2^63 bytes of elements as its header says, found 0") {
            try IDXFile(file(14, [0xffff_ffff, 0xffff_ffff], []), source: "t.idx")
        }
    }

    @Test("labels are whole numbers from 0, in one dimension")
    func labels() throws {
        #expect(try IDXFile(file(8, [3], [2, 0, 1]), source: "t.idx").classes() == [2, 0, 1])
        expectError("t.idx, label 1: expected a whole number from 0, found -1.0") {
            try IDXFile(file(9, [2], [0, 255]), source: "t.idx").classes()
        }
        expectError("t.idx: expected labels in 1 dimension, found dimensions [2, 1]") {
            try IDXFile(file(8, [2, 1], [0, 1]), source: "t.idx").classes()
        }
    }

    // MARK: Samples that stay in the file

    private func pixels(_ count: Int) throws -> IDXFile {
        try IDXFile(
            file(8, [count, 2, 2], (0..<(count * 4)).map { UInt8(truncatingIfNeeded: $0 * 37) }), source: "t.idx")
    }

    @Test("samples of a file are those of memory: chosen, split, and one by one")
    func samples() throws {
        let file = try pixels(20)
        let classes = (0..<20).map { $0 % 3 }
        let weights = (0..<20).map { Float($0) }
        let scaling = try Scaling(offsets: [1, 2, 3, 4], factors: [0.1, 0.2, 0.3, 0.4])
        let stored = try Dataset<Float>(file, scaling: scaling, classes: classes, classCount: 3, weights: weights)
        let inMemory = stored.inMemory()
        #expect(!stored.isInMemory && inMemory.isInMemory)
        #expect(stored.inputCount == 4 && stored.count == 20)
        #expect(inMemory.inputs == scaling.apply(to: file.elements).map { Float($0) })
        #expect(stored.inputs == inMemory.inputs && stored.classes == classes && stored.weights == weights)
        #expect(stored.inputs(ofSample: 7) == inMemory.inputs(ofSample: 7)[...])
        let rows: [UInt32] = [7, 0, 19, 7]
        #expect(try stored.samples(rows).inMemory() == inMemory.samples(rows))
        #expect(try stored.samples([5, 6, 7]).samples([2, 0]).inMemory() == inMemory.samples([7, 5]))
        let (training, heldOut) = try stored.split(holdingOut: 0.3, seed: 1)
        #expect(!training.isInMemory && !heldOut.isInMemory)
        #expect(try training.inMemory() == inMemory.split(holdingOut: 0.3, seed: 1).training)
        let part = try Dataset<Float>(
            file, rows: rows, scaling: scaling, classes: [1, 2, 0, 1], classCount: 3)
        #expect(try part.inputs == inMemory.samples(rows).inputs && part.classes == [1, 2, 0, 1])
    }

    @Test("a network learns the same from a file as from memory, to the bit", arguments: [true, false])
    func training(shuffles: Bool) throws {
        let file = try pixels(600)
        let scaling = Scaling(factor: 1 / 255, columns: 4)
        let classes = (0..<600).map { $0 % 3 }
        let targets = classes.map { Double($0) }
        let datasets = [
            try Dataset<Double>(file, scaling: scaling, classes: classes, classCount: 3),
            try Dataset<Double>(autoencoding: file, scaling: scaling),
            try Dataset<Double>(file, scaling: scaling, targets: targets, targetCount: 1),
        ]
        for dataset in datasets {
            var networks: [Network<Double>] = []
            var losses: [Double] = []
            for samples in [dataset, dataset.inMemory()] {
                let output = Layer.dense(dataset.targetCount, dataset.classes == nil ? .identity : .softmax)
                var network = try Network<Double>(inputs: 4, layers: [.dense(5, .tanh), output], seed: 1)
                let loss: Loss = dataset.classes == nil ? .meanSquaredError : .crossEntropy
                var trainer = Trainer<Double>(loss: loss, learningRate: 0.1, shuffles: shuffles)
                try trainer.train(&network, on: samples, until: [.epochs(2)])
                losses.append(try network.loss(loss, on: samples))
                networks.append(network)
            }
            #expect(networks[0].parameters == networks[1].parameters)
            #expect(losses[0] == losses[1])
            #expect(try networks[0].predict(on: dataset) == networks[0].predict(dataset.inputs))
        }
    }

    @Test("a dataset of another width is not predicted")
    func otherWidth() throws {
        let network = try Network<Double>(inputs: 3, layers: [.dense(1, .identity)])
        let samples = try Dataset<Double>(autoencoding: try pixels(2), scaling: nil)
        expectError("inputs of a sample: expected 3, found 4") { _ = try network.predict(on: samples) }
    }

    @Test("numbers of a file that aren't finite are refused, also by the precision or the scaling")
    func nonFinite() throws {
        let nan = try IDXFile(file(13, [2, 1], [0, 0, 0, 0, 0x7f, 0xc0, 0, 0]), source: "t.idx")
        expectError("t.idx: expected finite numbers, found nan at index 1") {
            try Dataset<Float>(nan, classes: [0, 1], classCount: 2)
        }
        let large = try IDXFile(file(14, [1, 1], [0x7f, 0xef] + [0, 0, 0, 0, 0, 0]), source: "t.idx")
        #expect(try Dataset<Double>(autoencoding: large).count == 1)
        expectError("t.idx: expected finite numbers, found inf at index 0") {
            try Dataset<Float>(autoencoding: large)
        }
        expectError("t.idx, scaled: expected finite numbers, found inf at index 4") {
            try Dataset<Float>(autoencoding: try pixels(1), scaling: Scaling(factor: 1e300, columns: 4))
        }
    }

    @Test("targets and scalings that don't fit a file are refused")
    func misfits() throws {
        let file = try pixels(3)
        expectError("classes: expected 3 as in the inputs, found 2") {
            try Dataset<Float>(file, classes: [0, 1], classCount: 2)
        }
        expectError("class of sample 2: expected 0 to 1, found 2") {
            try Dataset<Float>(file, classes: [0, 1, 2], classCount: 2)
        }
        expectError("targets: expected 3 samples as in the inputs, found 1") {
            try Dataset<Float>(file, targets: [1, 2], targetCount: 2)
        }
        expectError("scaling: expected 4 columns, found 3") {
            try Dataset<Float>(autoencoding: file, scaling: Scaling(factor: 1, columns: 3))
        }
        expectError("t.idx: samples: expected at least one, found none") {
            try Dataset<Float>(autoencoding: try IDXFile([0, 0, 8, 1, 0, 0, 0, 0], source: "t.idx"))
        }
    }
}
