/// Which samples to learn from, and which to hold out, by their indices.
public struct SampleSplit: Hashable, Codable, Sendable {
    /// The samples to learn from, by their indices.
    public var training: [UInt32]
    /// The samples to look at, by their indices.
    public var heldOut: [UInt32]

    /// A split into parts that the caller has chosen.
    public init(training: [UInt32], heldOut: [UInt32]) {
        self.training = training
        self.heldOut = heldOut
    }

    /// A random split, in a random order that depends only on `seed`.
    ///
    /// - Parameters:
    ///   - count: The number of samples.
    ///   - share: The share of them to hold out; above 0 and below 1.
    ///   - seed: What the order comes from.
    ///   - classes: A class a sample, counted from 0, if each class is to have that share of its samples held out, to
    ///     within one.
    /// - Throws: ``BackpropError/option(_:expected:found:)`` if either part would be empty.
    public init(of count: Int, holdingOut share: Double, seed: UInt64, classes: [Int]? = nil) throws(BackpropError) {
        let size = (0...1).contains(share) ? Int((Double(count) * share).rounded()) : 0
        guard size > 0, size < count else {
            throw .option(
                "share held out of \(count) samples", expected: "at least one sample on either side", found: "\(share)")
        }
        let order = Self.order(count, seed)
        guard let classes else {
            self.init(training: Array(order[size...]), heldOut: Array(order[..<size]))
            return
        }
        var left = Self.quotas(of: classes, share: share, total: size)
        self.init(training: [], heldOut: [])
        for sample in order {
            let label = classes[Int(sample)]
            if left[label] > 0 {
                left[label] -= 1
                heldOut.append(sample)
            } else {
                training.append(sample)
            }
        }
    }

    /// Splits for k-fold cross-validation: each sample is held out once. Indices ascend within a part.
    ///
    /// - Parameters:
    ///   - folds: How many; the parts held out differ in size by one at most.
    ///   - count: The number of samples.
    ///   - seed: What the order comes from.
    ///   - classes: A class a sample, counted from 0, if each fold is to have as many of each class, to within one.
    /// - Throws: ``BackpropError/option(_:expected:found:)`` for less than 2 folds, or more than samples.
    public static func folds(
        _ folds: Int, of count: Int, seed: UInt64, classes: [Int]? = nil
    ) throws(BackpropError) -> [SampleSplit] {
        guard count >= 2, (2...count).contains(folds) else {
            throw .option("folds of \(count) samples", expected: "2 to \(count)", found: "\(folds)")
        }
        var order = order(count, seed)
        if let classes {
            // One class after the other, each dealt on where the one before ended.
            var ofClass = [[UInt32]](repeating: [], count: (classes.max() ?? 0) + 1)
            for sample in order { ofClass[classes[Int(sample)]].append(sample) }
            order = Array(ofClass.joined())
        }
        var foldOfSample = [Int](repeating: 0, count: count)
        for (position, sample) in order.enumerated() { foldOfSample[Int(sample)] = position % folds }
        return (0..<folds).map { fold in
            let samples = 0..<UInt32(count)
            return SampleSplit(
                training: samples.filter { foldOfSample[Int($0)] != fold },
                heldOut: samples.filter { foldOfSample[Int($0)] == fold })
        }
    }

    private static func order(_ count: Int, _ seed: UInt64) -> [UInt32] {
        var random = SplitMix64(seed: seed, stream: RandomStream.split)
        return random.permutation(of: count)
    }

    /// How many samples of each class to hold out: their share rounded down, and one more for those that lose most by
    /// that until there are enough.
    private static func quotas(of classes: [Int], share: Double, total: Int) -> [Int] {
        var counts = [Int](repeating: 0, count: (classes.max() ?? 0) + 1)
        for label in classes { counts[label] += 1 }
        let shares = counts.map { Double($0) * share }
        var quotas = shares.map { Int($0) }
        let missing = total - quotas.reduce(0, +)
        let byLoss = counts.indices.filter { quotas[$0] < counts[$0] }.sorted {
            (Double(quotas[$0]) - shares[$0], $0) < (Double(quotas[$1]) - shares[$1], $1)
        }
        for label in byLoss.prefix(max(0, missing)) { quotas[label] += 1 }
        return quotas
    }
}

extension Dataset {
    /// Two parts in a random order that depends only on `seed`, the second with a share of the samples.
    ///
    /// - Parameters:
    ///   - share: The share of the samples to hold out; above 0 and below 1.
    ///   - seed: What the order comes from.
    ///   - stratified: Whether each class has that share of its samples held out, to within one.
    /// - Throws: ``BackpropError/option(_:expected:found:)`` if one of them would be empty, or if samples without
    ///   classes are to be stratified.
    public func split(
        holdingOut share: Double, seed: UInt64, stratified: Bool = false
    ) throws(BackpropError) -> (training: Dataset, heldOut: Dataset) {
        try parts(
            of: SampleSplit(
                of: count, holdingOut: share, seed: seed, classes: stratified ? try labels().labels : nil))
    }

    /// The parts of a split.
    ///
    /// - Throws: ``BackpropError/empty(_:)`` if one is empty.
    public func parts(of split: SampleSplit) throws(BackpropError) -> (training: Dataset, heldOut: Dataset) {
        (try samples(split.training), try samples(split.heldOut))
    }

    /// Splits for k-fold cross-validation, each to be taken by ``parts(of:)``: each sample is held out once.
    ///
    /// ```swift
    /// for split in try samples.folds(5, seed: 1) {
    ///     let (training, heldOut) = try samples.parts(of: split)
    /// }
    /// ```
    ///
    /// - Parameters:
    ///   - folds: How many.
    ///   - seed: What the order comes from.
    ///   - stratified: Whether each fold has as many samples of each class, to within one.
    /// - Throws: ``BackpropError/option(_:expected:found:)`` for less than 2 folds, or more than samples, or if samples
    ///   without classes are to be stratified.
    public func folds(_ folds: Int, seed: UInt64, stratified: Bool = false) throws(BackpropError) -> [SampleSplit] {
        try SampleSplit.folds(folds, of: count, seed: seed, classes: stratified ? try labels().labels : nil)
    }
}
