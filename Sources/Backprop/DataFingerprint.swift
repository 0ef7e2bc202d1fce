/// What a run learns from and looks at.
struct TrainingSamples<Scalar: NetworkScalar>: Sendable {
    let training: Dataset<Scalar>
    let validation: Dataset<Scalar>?

    var fingerprints: DataFingerprints {
        DataFingerprints(training: training.fingerprint, validation: validation?.fingerprint)
    }
}

/// What tells the samples of a run from others.
struct DataFingerprints: Hashable, Codable, Sendable {
    var training: DataFingerprint
    var validation: DataFingerprint?
}

/// What tells a dataset from others, as good as surely.
struct DataFingerprint: Hashable, Codable, Sendable {
    var samples: Int
    var inputs: Int
    var targets: Int
    var checksum: UInt64
}

extension DataFingerprint: CustomStringConvertible {
    var description: String {
        "\(samples) samples of \(inputs) inputs and \(targets) targets, checksum \(String(checksum, radix: 16))"
    }
}

extension Dataset {
    /// Inputs that stay in a file are looked at here and there only, as the file may be larger than memory.
    private static var sampledRows: Int { 1024 }

    var fingerprint: DataFingerprint {
        var sum = checksum(of: isInMemory ? values : sampledInputs, after: 0)
        switch ownTargets {
        case .vectors(let targets): sum = checksum(of: targets, after: sum)
        case .classes(let classes): sum = checksum(of: classes.map { Scalar($0) }, after: sum)
        case nil: break
        }
        if let weights { sum = checksum(of: weights, after: sum) }
        return DataFingerprint(samples: count, inputs: inputCount, targets: targetCount, checksum: sum)
    }

    private var sampledInputs: [Scalar] {
        let rows = stride(from: 0, to: count, by: max(count / Self.sampledRows, 1)).map { UInt32($0) }
        var sampled = emptied(for: rows.count)
        sampled.gather(rows[...], from: self)
        return sampled.values
    }
}

extension UnfinishedRun {
    /// - Throws: ``BackpropError/checkpoint(_:expected:found:)`` if a run was saved that had other samples.
    func checkData<Scalar>(_ samples: TrainingSamples<Scalar>) throws(BackpropError) {
        let found = samples.fingerprints
        func text(_ fingerprint: DataFingerprint?) -> String { fingerprint.map { "\($0)" } ?? "none" }
        for (thing, expected, found) in [
            ("training samples", data.training, found.training),
            ("validation samples", data.validation, found.validation),
        ] as [(String, DataFingerprint?, DataFingerprint?)] where expected != found {
            throw .checkpoint(thing, expected: text(expected), found: text(found))
        }
    }
}
