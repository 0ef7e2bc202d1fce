/// Noise on the inputs of training steps, different in each; what a denoising autoencoder learns to remove.
public enum InputNoise: Hashable, Codable, Sendable {
    case none
    /// Normally distributed, of a standard deviation.
    case gaussian(deviation: Double)
    /// Each value becomes 0 with a probability in `0 ..< 1`. P. Vincent et al., ICML 2008.
    case masking(probability: Double)
}

extension Batch {
    /// A copy of the batch with noise on its inputs, one number after the other.
    func with(_ noise: InputNoise, from random: inout SplitMix64) -> Batch {
        let columns = dataset.inputCount
        var noisy = dataset.emptied(for: rows.count)
        noisy.gather(rows.map { UInt32($0) }[...], from: dataset)
        switch noise {
        case .none: break
        case .gaussian(let deviation):
            addNormal(&noisy.values, deviation: Scalar(deviation), from: &random)
        case .masking(let probability):
            let threshold = UInt64(probability * 0x1p32)
            for index in 0..<(rows.count * columns) where random.next() >> 32 < threshold {
                noisy.values[index] = 0
            }
        }
        var batch = self
        batch.dataset = noisy
        batch.rows = 0..<rows.count
        return batch
    }
}
