extension Dataset {
    /// Samples from spans, row-major, with target vectors; their values are copied.
    ///
    /// - Throws: As ``init(inputs:inputCount:targets:targetCount:weights:)``.
    public init(
        inputs: Span<Scalar>, inputCount: Int, targets: Span<Scalar>, targetCount: Int
    ) throws(BackpropError) {
        try self.init(
            inputs: inputs.indices.map { inputs[$0] }, inputCount: inputCount,
            targets: targets.indices.map { targets[$0] }, targetCount: targetCount)
    }

    /// Samples from a span, row-major, with a class each, counted from 0; their values are copied.
    ///
    /// - Throws: As ``init(inputs:inputCount:classes:classCount:weights:)``.
    public init(inputs: Span<Scalar>, inputCount: Int, classes: [Int], classCount: Int) throws(BackpropError) {
        try self.init(
            inputs: inputs.indices.map { inputs[$0] }, inputCount: inputCount, classes: classes,
            classCount: classCount)
    }

    /// Samples that a sequence makes one after the other, with their targets.
    ///
    /// ```swift
    /// let samples = try Dataset<Float>((0..<100).lazy.map { (inputs: [Float($0)], targets: [Float($0 * $0)]) })
    /// ```
    ///
    /// - Throws: As ``init(inputs:targets:weights:)``.
    public init(_ samples: some Sequence<(inputs: [Scalar], targets: [Scalar])>) throws(BackpropError) {
        let samples = Array(samples)
        try self.init(inputs: samples.map(\.inputs), targets: samples.map(\.targets))
    }

    /// Samples that a sequence makes one after the other, with their classes; `classCount` is one more than the highest
    /// unless given.
    ///
    /// - Throws: As ``init(inputs:classes:classCount:weights:)``.
    public init(
        _ samples: some Sequence<(inputs: [Scalar], class: Int)>, classCount: Int? = nil
    ) throws(BackpropError) {
        let samples = Array(samples)
        try self.init(inputs: samples.map(\.inputs), classes: samples.map(\.class), classCount: classCount)
    }
}
