/// What the gradients of a batch's samples are made into.
public enum Reduction: String, CaseIterable, Codable, Sendable {
    /// Their mean, so that a learning rate means the same for every batch size.
    case mean
    /// Their sum: the errors are added up over all samples, as in classic batch learning.
    case sum
}
