/// A network with memory of its own to predict in, for those who predict again and again: it allocates nothing after
/// the first prediction of a size.
///
/// ```swift
/// var predictor = Predictor(network)
/// var probabilities = [Float](repeating: 0, count: 10)
/// try predictor.predict(pixels, into: &probabilities)
/// ```
///
/// A value: threads that predict at the same time have a copy each, which share the network's parameters.
public struct Predictor<Scalar: NetworkScalar>: Sendable {
    /// What predicts.
    public let network: Network<Scalar>
    private var workspace = Workspace()

    /// - Parameter network: What predicts.
    public init(_ network: Network<Scalar>) {
        self.network = network
    }

    /// Sets how many threads share a prediction; 1 unless set. The outputs don't depend on it.
    ///
    /// - Throws: As ``Trainer/setThreads(_:)``.
    public mutating func setThreads(_ count: Int) throws(BackpropError) {
        workspace.pool = count == 1 ? nil : try ThreadPool(threads: count)
    }

    /// Writes the network's outputs for a batch of samples, to the bits of ``Network/predict(_:)``.
    ///
    /// - Parameters:
    ///   - inputs: `samples × inputCount` finite values, row-major. They are not looked through for others: what is not
    ///     finite gives what arithmetic makes of it.
    ///   - outputs: Where `samples × outputCount` activations of the last layer go, row-major.
    /// - Throws: ``BackpropError/shape(_:expected:found:)`` if the sizes don't fit; then nothing was written.
    ///
    /// The corresponding C function is `bp_predict_f32`; the reference is `ReferenceNetwork.forward`.
    @_specialize(where Scalar == Float)
    @_specialize(where Scalar == Double)
    public mutating func predict(_ inputs: [Scalar], into outputs: inout [Scalar]) throws(BackpropError) {
        let (samples, rest) = inputs.count.quotientAndRemainder(dividingBy: network.inputCount)
        guard rest == 0 else {
            throw .shape("inputs", expected: "a multiple of \(network.inputCount) values", found: "\(inputs.count)")
        }
        guard outputs.count == samples * network.outputCount else {
            throw .shape("outputs", expected: "\(samples * network.outputCount)", found: "\(outputs.count)")
        }
        network.plan.predict(
            parameters: network.numbers, inputs: inputs[...], samples: samples, into: &outputs,
            workspace: &workspace)
    }
}
