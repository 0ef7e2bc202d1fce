/// What samples should give.
public enum Targets<Scalar: NetworkScalar>: Hashable, Sendable {
    /// A vector a sample, `samples × outputs`, row-major.
    case vectors([Scalar])
    /// A class a sample, counted from 0: the target is 1 for that output and 0 for the others.
    case classes([Int32])
}

/// Samples with what they should give, checked once: shapes fit and every number is finite.
///
/// Equal arrays share their storage, so an autoencoder's targets cost no memory.
public struct Dataset<Scalar: NetworkScalar>: Hashable, Sendable {
    /// The number of samples.
    public let count: Int
    /// Values a sample.
    public let inputCount: Int
    /// Outputs a sample: the width of the target vectors, or the number of classes.
    public let targetCount: Int
    /// `count × inputCount` values, row-major.
    public internal(set) var inputs: [Scalar]
    public internal(set) var targets: Targets<Scalar>
    /// How much each sample counts, or `nil` where all count 1. Finite and not below 0.
    public internal(set) var weights: [Scalar]?

    /// Samples as flat arrays, row-major, with target vectors.
    ///
    /// - Parameter weights: How much each sample counts, or `nil` where all count 1; finite, not below 0, and at
    ///   least one above 0.
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
        self.init(count, inputCount, targetCount, inputs, .vectors(targets), weights)
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
        guard classes.count == count else {
            throw .shape("classes", expected: "\(count) as in the inputs", found: "\(classes.count)")
        }
        guard classCount > 0, classCount <= Int(Int32.max) else {
            throw .option("classCount", expected: "1 to \(Int32.max)", found: "\(classCount)")
        }
        for (sample, found) in classes.enumerated() where !(0..<classCount).contains(found) {
            throw .classOutOfRange(sample: sample, found: found, classCount: classCount)
        }
        try checkWeights(weights, samples: count)
        self.init(count, inputCount, classCount, inputs, .classes(classes.map(Int32.init)), weights)
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

    private init(
        _ count: Int, _ inputCount: Int, _ targetCount: Int, _ inputs: [Scalar], _ targets: Targets<Scalar>,
        _ weights: [Scalar]?
    ) {
        self.count = count
        self.inputCount = inputCount
        self.targetCount = targetCount
        self.inputs = inputs
        self.targets = targets
        self.weights = weights
    }

    /// The values of one sample.
    public func inputs(ofSample sample: Int) -> ArraySlice<Scalar> {
        inputs[(sample * inputCount)..<((sample + 1) * inputCount)]
    }

    /// The target vector of one sample, made from its class where it has one.
    public func targets(ofSample sample: Int) -> [Scalar] {
        switch targets {
        case .vectors(let values): return Array(values[(sample * targetCount)..<((sample + 1) * targetCount)])
        case .classes(let classes):
            var vector = [Scalar](repeating: 0, count: targetCount)
            vector[Int(classes[sample])] = 1
            return vector
        }
    }

    /// The classes of the samples, or `nil` where they have target vectors.
    public var classes: [Int]? {
        guard case .classes(let classes) = targets else { return nil }
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
        var chosen = emptied(for: rows.count)
        chosen.gather(rows[...], from: self)
        return chosen
    }

    /// Two parts in a random order that depends only on `seed`, the second with a share of the samples.
    ///
    /// - Throws: ``BackpropError/option(_:expected:found:)`` if one of them would be empty.
    public func split(holdingOut share: Double, seed: UInt64) throws(BackpropError) -> (
        training: Dataset, heldOut: Dataset
    ) {
        let heldOut = (0...1).contains(share) ? Int((Double(count) * share).rounded()) : 0
        guard heldOut > 0, heldOut < count else {
            throw .option(
                "share held out of \(count) samples", expected: "at least one sample on either side", found: "\(share)")
        }
        var random = SplitMix64(seed: seed, stream: RandomStream.split)
        let order = random.permutation(of: count)
        return (try samples(Array(order[heldOut...])), try samples(Array(order[..<heldOut])))
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
            switch targets {
            case .vectors: .vectors(.init(repeating: 0, count: count * targetCount))
            case .classes: .classes(.init(repeating: 0, count: count))
            }
        return Dataset(
            count, inputCount, targetCount, inputs, targets, weights.map { _ in .init(repeating: 0, count: count) })
    }

    /// Overwrites the first samples with those of `rows` in another dataset of the same shape.
    mutating func gather(_ rows: ArraySlice<UInt32>, from source: Dataset) {
        Backprop.gather(source.inputs, rows: rows, width: inputCount, into: &inputs)
        switch (source.targets, targets) {
        case (.vectors(let from), .vectors(var into)):
            targets = .vectors([])
            Backprop.gather(from, rows: rows, width: targetCount, into: &into)
            targets = .vectors(into)
        case (.classes(let from), .classes(var into)):
            targets = .classes([])
            for (index, row) in rows.enumerated() { into[index] = from[Int(row)] }
            targets = .classes(into)
        default: preconditionFailure("samples with classes and samples with vectors don't mix")
        }
        if let from = source.weights {
            for (index, row) in rows.enumerated() { weights![index] = from[Int(row)] }
        }
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
