/// What went on in each layer during an epoch, and what looks wrong.
public struct TrainingDiagnosis: Hashable, Codable, Sendable {
    /// What went on in one layer.
    public struct LayerState: Hashable, Codable, Sendable {
        /// The norm of the gradient of the layer's parameters in the epoch's last step; 0 for updates layer by layer,
        /// which follow none.
        public var gradientNorm: Double
        /// The norm of what the epoch changed its parameters by.
        public var updateNorm: Double
        /// The norm of its parameters after the epoch.
        public var parameterNorm: Double
        /// The share of activations where a sigmoid or tanh is so flat (within 0.01 of an end) that hardly a slope
        /// gets through; `nil` for other activations.
        public var saturatedShare: Double?
        /// The share of units whose ReLU is 0 for every sample that was looked at; `nil` for other activations.
        public var deadShare: Double?
    }

    /// From the inputs up.
    public var layers: [LayerState]
    /// What looks wrong, with remedies.
    public var warnings: [TrainingWarning]

    /// The samples that activations are looked at for.
    private static let sampleLimit = 256

    init<Scalar: NetworkScalar>(
        _ network: Network<Scalar>, before: [Scalar], gradients: [Scalar], dataset: Dataset<Scalar>,
        report: EpochReport, history: TrainingHistory
    ) {
        let inputs = dataset.batch(0..<min(dataset.count, Self.sampleLimit)).inputs
        layers = network.layers.indices.map { layer in
            LayerState(layer, of: network, before: before, gradients: gradients, inputs: inputs)
        }
        warnings = TrainingWarning.all(
            network, layers: layers, inputs: inputs, dataset: dataset,
            losses: history.epochs.map(\.loss) + [report.loss])
    }
}

extension TrainingDiagnosis.LayerState {
    fileprivate init<Scalar: NetworkScalar>(
        _ layer: Int, of network: Network<Scalar>, before: [Scalar], gradients: [Scalar], inputs: [Scalar]
    ) {
        let range = network.weightRange(ofLayer: layer).lowerBound..<network.biasRange(ofLayer: layer).upperBound
        func norm(_ values: [Scalar]) -> Double { Double(network.plan.kernels.norm(values)) }
        gradientNorm = gradients.isEmpty ? 0 : norm(Array(gradients[range]))
        let now = network.parameters[range]
        updateNorm = norm(zip(now, before[range]).map { $0 - $1 })
        parameterNorm = norm(Array(now))
        guard let activations = try? network.uncheckedActivations(ofLayer: layer, for: inputs) else { return }
        let units = network.layers[layer].units
        switch network.layers[layer].activation {
        case .sigmoid: saturatedShare = share(activations) { $0 < 0.01 || $0 > 0.99 }
        case .tanh: saturatedShare = share(activations) { abs($0) > 0.99 }
        case .relu:
            deadShare = share(Array(0..<units)) { unit in
                stride(from: unit, to: activations.count, by: units).allSatisfy { activations[$0] == 0 }
            }
        default: break
        }
    }
}

private func share<Value>(_ values: [Value], where holds: (Value) -> Bool) -> Double {
    Double(values.count(where: holds)) / Double(max(values.count, 1))
}
