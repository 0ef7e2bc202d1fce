/// What samples should give.
public enum Targets<Scalar: NetworkScalar>: Hashable, Sendable {
    /// A vector a sample, `samples × outputs`, row-major.
    case vectors([Scalar])
    /// A class a sample, counted from 0: the target is 1 for that output and 0 for the others.
    case classes([Int32])
}

extension Targets {
    /// Those of the given samples, a value each.
    fileprivate func chosen(_ rows: [UInt32], width: Int) -> Targets {
        switch self {
        case .classes(let classes): return .classes(rows.map { classes[Int($0)] })
        case .vectors(let values):
            return .vectors(rows.flatMap { values[(Int($0) * width)..<((Int($0) + 1) * width)] })
        }
    }
}

/// Samples with what they should give, checked once: shapes fit and every number is finite.
///
/// Equal arrays share their storage, so an autoencoder's targets cost no memory. Inputs may stay in a
/// file that is larger than memory: see ``init(_:rows:scaling:classes:classCount:weights:)``.
public struct Dataset<Scalar: NetworkScalar>: Hashable, Sendable {
    /// The number of samples.
    public let count: Int
    /// Values a sample.
    public let inputCount: Int
    /// Outputs a sample: the width of the target vectors, or the number of classes.
    public let targetCount: Int
    /// The inputs that are in memory; none where they are in a file.
    var values: [Scalar]
    /// Those that are in a file instead: none or one, in an array because copying that costs next to nothing.
    private var files: [StoredInputs]
    private var stored: StoredInputs? { files.first }
    /// The targets but for samples in a file that should give themselves.
    private(set) var ownTargets: Targets<Scalar>?
    /// How much each sample counts, or `nil` where all count 1. Finite and not below 0.
    public internal(set) var weights: [Scalar]?

    /// Samples as flat arrays, row-major, with target vectors.
    ///
    /// - Parameters:
    ///   - inputs: `samples × inputCount` values, row-major.
    ///   - inputCount: Values a sample.
    ///   - targets: `samples × targetCount` values, row-major.
    ///   - targetCount: Targets a sample.
    ///   - weights: How much each sample counts, or `nil` where all count 1; finite, not below 0, and at least one
    ///     above 0.
    /// - Throws: ``BackpropError/empty(_:)``, ``BackpropError/shape(_:expected:found:)``,
    ///   ``BackpropError/nonFinite(_:index:found:)``, or ``BackpropError/option(_:expected:found:)`` for weights
    ///   below 0 or all 0.
    @_specialize(where Scalar == Float)
    @_specialize(where Scalar == Double)
    public init(
        inputs: [Scalar], inputCount: Int, targets: [Scalar], targetCount: Int, weights: [Scalar]? = nil
    ) throws(BackpropError) {
        let count = try Self.rows(of: inputs, width: inputCount, thing: "inputs")
        let targetRows = try Self.rows(of: targets, width: targetCount, thing: "targets")
        guard targetRows == count else {
            throw .shape("targets", expected: "\(count) samples as in the inputs", found: "\(targetRows)")
        }
        try checkWeights(weights, samples: count)
        self.init(count, inputCount, targetCount, values: inputs, .vectors(targets), weights)
    }

    /// Samples as a flat array, row-major, with a class each, counted from 0.
    ///
    /// - Throws: As ``init(inputs:inputCount:targets:targetCount:weights:)``, also
    ///   ``BackpropError/classOutOfRange(sample:found:classCount:)``.
    @_specialize(where Scalar == Float)
    @_specialize(where Scalar == Double)
    public init(
        inputs: [Scalar], inputCount: Int, classes: [Int], classCount: Int, weights: [Scalar]? = nil
    ) throws(BackpropError) {
        let count = try Self.rows(of: inputs, width: inputCount, thing: "inputs")
        try Self.check(classes, count, classCount)
        try checkWeights(weights, samples: count)
        self.init(count, inputCount, classCount, values: inputs, .classes(classes.map(Int32.init)), weights)
    }

    /// Samples as rows, with a row of targets each.
    ///
    /// - Throws: As ``init(inputs:inputCount:targets:targetCount:weights:)``, also if rows differ in length.
    public init(inputs: [[Scalar]], targets: [[Scalar]], weights: [Scalar]? = nil) throws(BackpropError) {
        let (flatInputs, inputCount) = try Self.flatten(inputs, thing: "inputs")
        let (flatTargets, targetCount) = try Self.flatten(targets, thing: "targets")
        try self.init(
            inputs: flatInputs, inputCount: inputCount, targets: flatTargets, targetCount: targetCount,
            weights: weights)
    }

    /// Samples as rows, with a class each; `classCount` is one more than the highest unless given.
    ///
    /// - Throws: As ``init(inputs:inputCount:classes:classCount:weights:)``, also if rows differ in length.
    public init(
        inputs: [[Scalar]], classes: [Int], classCount: Int? = nil, weights: [Scalar]? = nil
    ) throws(BackpropError) {
        let (flat, inputCount) = try Self.flatten(inputs, thing: "inputs")
        let classCount = classCount ?? (classes.max() ?? 0) + 1
        try self.init(
            inputs: flat, inputCount: inputCount, classes: classes, classCount: classCount, weights: weights)
    }

    /// Samples that should give themselves, as an autoencoder is trained.
    ///
    /// - Throws: As ``init(inputs:inputCount:targets:targetCount:weights:)``.
    public init(autoencoding inputs: [Scalar], inputCount: Int, weights: [Scalar]? = nil) throws(BackpropError) {
        try self.init(
            inputs: inputs, inputCount: inputCount, targets: inputs, targetCount: inputCount, weights: weights)
    }

    /// Samples of an IDX file with a class each. They stay in the file, from which each batch is read and scaled; a file
    /// of floating-point numbers is read through once to see that they are finite.
    ///
    /// - Parameters:
    ///   - inputs: The samples along its first dimension.
    ///   - rows: The samples that are meant, in their order; `nil` for all.
    ///   - scaling: What the inputs go through, in `Double`.
    ///   - classes: A class a sample, counted from 0.
    ///   - classCount: The number of classes.
    ///   - weights: How much each sample counts, or `nil` where all count 1.
    /// - Throws: As ``init(inputs:inputCount:classes:classCount:weights:)``, also if the scaling doesn't fit.
    public init(
        _ inputs: IDXFile, rows: [UInt32]? = nil, scaling: Scaling? = nil, classes: [Int], classCount: Int,
        weights: [Scalar]? = nil
    ) throws(BackpropError) {
        let stored = try StoredInputs(inputs, rows: rows, scaling: scaling, Scalar.self)
        try Self.check(classes, stored.count, classCount)
        try checkWeights(weights, samples: stored.count)
        self.init(
            stored.count, inputs.rowSize, classCount, stored: stored, .classes(classes.map(Int32.init)), weights)
    }

    /// Samples of an IDX file with target vectors; like ``init(_:rows:scaling:classes:classCount:weights:)``.
    public init(
        _ inputs: IDXFile, rows: [UInt32]? = nil, scaling: Scaling? = nil, targets: [Scalar], targetCount: Int,
        weights: [Scalar]? = nil
    ) throws(BackpropError) {
        let stored = try StoredInputs(inputs, rows: rows, scaling: scaling, Scalar.self)
        guard try Self.rows(of: targets, width: targetCount, thing: "targets") == stored.count else {
            throw .shape(
                "targets", expected: "\(stored.count) samples as in the inputs",
                found: "\(targets.count / targetCount)")
        }
        try checkWeights(weights, samples: stored.count)
        self.init(stored.count, inputs.rowSize, targetCount, stored: stored, .vectors(targets), weights)
    }

    /// Samples of an IDX file that should give themselves; like ``init(_:rows:scaling:classes:classCount:weights:)``.
    public init(
        autoencoding inputs: IDXFile, rows: [UInt32]? = nil, scaling: Scaling? = nil, weights: [Scalar]? = nil
    ) throws(BackpropError) {
        let stored = try StoredInputs(inputs, rows: rows, scaling: scaling, Scalar.self)
        try checkWeights(weights, samples: stored.count)
        self.init(stored.count, inputs.rowSize, inputs.rowSize, stored: stored, nil, weights)
    }

    private init(
        _ count: Int, _ inputCount: Int, _ targetCount: Int, values: [Scalar] = [], stored: StoredInputs? = nil,
        _ targets: Targets<Scalar>?, _ weights: [Scalar]?
    ) {
        self.count = count
        self.inputCount = inputCount
        self.targetCount = targetCount
        self.values = values
        self.files = stored.map { [$0] } ?? []
        self.ownTargets = targets
        self.weights = weights
    }

    /// `count × inputCount` values, row-major. Where they are in a file, this reads all of them, every time.
    public var inputs: [Scalar] { stored?.values(0..<count) ?? values }

    /// What the samples should give; the inputs for an autoencoder.
    public var targets: Targets<Scalar> { ownTargets ?? .vectors(inputs) }

    /// Whether the inputs are in memory, rather than in a file from which each batch is read.
    public var isInMemory: Bool { files.isEmpty }

    /// The same samples, with the inputs read into memory.
    public func inMemory() -> Dataset {
        guard !isInMemory else { return self }
        let inputs = inputs
        return Dataset(count, inputCount, targetCount, values: inputs, ownTargets ?? .vectors(inputs), weights)
    }

    /// The values of one sample.
    public func inputs(ofSample sample: Int) -> ArraySlice<Scalar> {
        guard let stored else { return values[(sample * inputCount)..<((sample + 1) * inputCount)] }
        return stored.values(CollectionOfOne(sample))[...]
    }

    /// The target vector of one sample, made from its class where it has one.
    public func targets(ofSample sample: Int) -> [Scalar] {
        switch ownTargets {
        case nil: return Array(inputs(ofSample: sample))
        case .vectors(let values): return Array(values[(sample * targetCount)..<((sample + 1) * targetCount)])
        case .classes(let classes):
            var vector = [Scalar](repeating: 0, count: targetCount)
            vector[Int(classes[sample])] = 1
            return vector
        }
    }

    /// The classes of the samples, or `nil` where they have target vectors.
    public var classes: [Int]? {
        guard case .classes(let classes) = ownTargets else { return nil }
        return classes.map(Int.init)
    }

    /// The samples of the given indices, in their order.
    ///
    /// - Throws: ``BackpropError/empty(_:)`` if there are none.
    @_specialize(where Scalar == Float)
    @_specialize(where Scalar == Double)
    public func samples(_ rows: [UInt32]) throws(BackpropError) -> Dataset {
        guard !rows.isEmpty else { throw .empty("samples") }
        precondition(rows.allSatisfy { $0 < count }, "a sample index is out of range")
        if let stored {
            return Dataset(
                rows.count, inputCount, targetCount, stored: stored.chosen(rows),
                ownTargets.map { $0.chosen(rows, width: targetCount) },
                weights.map { weights in rows.map { weights[Int($0)] } })
        }
        var chosen = emptied(for: rows.count)
        chosen.gather(rows[...], from: self)
        return chosen
    }

    /// Samples next to each other, to be trained on: those of this dataset where it is in memory, else read from the
    /// file.
    func batch(_ rows: Range<Int>) -> Batch<Scalar> {
        guard !isInMemory else { return Batch(dataset: self, rows: rows) }
        var read = emptied(for: rows.count)
        read.gather(rows.map { UInt32($0) }[...], from: self)
        return Batch(dataset: read, rows: 0..<rows.count)
    }

    /// The same samples with other weights.
    func weighted(_ weights: [Scalar]) throws(BackpropError) -> Dataset {
        try checkWeights(weights, samples: count)
        var weighted = self
        weighted.weights = weights
        return weighted
    }

    /// A dataset of so many samples of this one's shape, to be filled by ``gather(_:from:)``.
    func emptied(for count: Int) -> Dataset {
        let inputs = [Scalar](repeating: 0, count: count * inputCount)
        let targets: Targets<Scalar> =
            switch ownTargets {
            case nil, .vectors: .vectors(.init(repeating: 0, count: count * targetCount))
            case .classes: .classes(.init(repeating: 0, count: count))
            }
        return Dataset(
            count, inputCount, targetCount, values: inputs, targets,
            weights.map { _ in .init(repeating: 0, count: count) })
    }

    /// Overwrites the first samples with those of `rows` in another dataset of the same shape.
    mutating func gather(_ rows: ArraySlice<UInt32>, from source: Dataset) {
        if let stored = source.stored {
            stored.gather(rows.lazy.map { Int($0) }, into: &values)
        } else {
            Backprop.gather(source.values, rows: rows, width: inputCount, into: &values)
        }
        switch source.ownTargets {
        case nil: ownTargets = .vectors(values)
        case .vectors(let from):
            guard case .vectors(var into) = takeTargets() else { Self.mixedTargets() }
            Backprop.gather(from, rows: rows, width: targetCount, into: &into)
            ownTargets = .vectors(into)
        case .classes(let from):
            guard case .classes(var into) = takeTargets() else { Self.mixedTargets() }
            for (index, row) in rows.enumerated() { into[index] = from[Int(row)] }
            ownTargets = .classes(into)
        }
        if let from = source.weights {
            for (index, row) in rows.enumerated() { weights![index] = from[Int(row)] }
        }
    }

    /// The targets, which are no longer here then: who changes an array that nobody else has needs no copy of it.
    private mutating func takeTargets() -> Targets<Scalar>? {
        let targets = ownTargets
        ownTargets = nil
        return targets
    }

    private static func mixedTargets() -> Never {
        preconditionFailure("samples with classes and samples with vectors don't mix")
    }

    private static func rows(of values: [Scalar], width: Int, thing: String) throws(BackpropError) -> Int {
        guard width > 0 else { throw .empty("\(thing) of a sample") }
        guard !values.isEmpty else { throw .empty("samples") }
        guard values.count % width == 0 else {
            throw .shape(thing, expected: "a multiple of \(width) values", found: "\(values.count)")
        }
        try checkFinite(values, thing)
        return values.count / width
    }

    private static func check(_ classes: [Int], _ count: Int, _ classCount: Int) throws(BackpropError) {
        guard classes.count == count else {
            throw .shape("classes", expected: "\(count) as in the inputs", found: "\(classes.count)")
        }
        guard classCount > 0, classCount <= Int(Int32.max) else {
            throw .option("classCount", expected: "1 to \(Int32.max)", found: "\(classCount)")
        }
        for (sample, found) in classes.enumerated() where !(0..<classCount).contains(found) {
            throw .classOutOfRange(sample: sample, found: found, classCount: classCount)
        }
    }

    private static func flatten(_ rows: [[Scalar]], thing: String) throws(BackpropError) -> ([Scalar], Int) {
        guard let width = rows.first?.count else { throw .empty("samples") }
        for (index, row) in rows.enumerated() where row.count != width {
            throw .shape(
                "\(thing) of sample \(index)", expected: "\(width) values as in sample 0", found: "\(row.count)")
        }
        return (rows.flatMap { $0 }, width)
    }
}

/// The streams that random numbers for different purposes come from. Layer `l` starts from stream `l`.
enum RandomStream {
    static let split: UInt64 = 1 << 32
    static func shuffle(epoch: Int) -> UInt64 { 2 << 32 + UInt64(epoch) }
    static func noise(step: Int) -> UInt64 { 3 << 32 + UInt64(step) }
}

/// Checks that weights, where there are any, are one for each sample, finite, not below 0, and not all 0.
func checkWeights<Scalar: NetworkScalar>(_ weights: [Scalar]?, samples: Int) throws(BackpropError) {
    guard let weights else { return }
    guard weights.count == samples else {
        throw .shape("weights", expected: "\(samples), one for each sample", found: "\(weights.count)")
    }
    try checkFinite(weights, "weights")
    if let sample = weights.firstIndex(where: { $0 < 0 }) {
        throw .option("weight of sample \(sample)", expected: "0 or more", found: "\(weights[sample])")
    }
    guard weights.contains(where: { $0 > 0 }) else {
        throw .option("weights", expected: "at least one above 0", found: "only 0")
    }
}

/// Checks that every value is finite.
func checkFinite<Scalar: NetworkScalar>(_ values: [Scalar], _ thing: String) throws(BackpropError) {
    guard let index = InstructionSet.available.last!.kernels.firstNonFinite(values) else { return }
    throw .nonFinite(thing, index: index, found: "\(values[index])")
}
