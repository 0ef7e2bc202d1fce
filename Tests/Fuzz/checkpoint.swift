// checkpoint.swift: every input is read as a checkpoint; what is accepted is written and read again, to the same bytes,
// and training goes on from it for some steps.
@testable import Backprop

func read(_ bytes: [UInt8]) throws {
    let bytes = sealed(bytes)
    do {
        try use(Checkpoint<Float>(serialized: bytes, source: source))
    } catch BackpropError.modelFile(_, let fault) where fault.kind == .type {
        try use(Checkpoint<Double>(serialized: bytes, source: source))
    }
}

private func use<Scalar: NetworkScalar>(_ checkpoint: Checkpoint<Scalar>) throws {
    let bytes = try checkpoint.serialized()
    let copy = try Checkpoint<Scalar>(serialized: bytes).serialized()
    precondition(copy == bytes)
    try goOn(from: checkpoint)
}

/// Some steps on made-up samples, by a trainer that takes its checkpoint's word for everything: a run that was saved
/// is told that these are its own samples, which no fuzzer makes up the checksum of.
private func goOn<Scalar: NetworkScalar>(from checkpoint: Checkpoint<Scalar>) throws {
    var (network, trainer) = (checkpoint.model.network, checkpoint.trainer)
    let samples = 3
    let dataset = try Dataset<Scalar>(
        inputs: [Scalar](repeating: 1, count: samples * network.inputCount), inputCount: network.inputCount,
        targets: [Scalar](repeating: 1, count: samples * network.outputCount), targetCount: network.outputCount)
    trainer.position.run?.data = DataFingerprints(training: dataset.fingerprint, validation: nil)
    // Enough to end an epoch in the middle of the run.
    let steps = checkpoint.iterations + samples + 1
    try trainer.train(&network, on: dataset, until: [.iterations(steps), .patience(1)])
}
