/// What is wrong with what a caller gave: always the thing, what was expected and what was found.
public enum BackpropError: Error, Hashable, Sendable {
    /// A number of values, rows or units does not fit.
    case shape(_ thing: String, expected: String, found: String)
    /// A value is infinite or not a number. `index` counts from 0 in the array as it was given.
    case nonFinite(_ thing: String, index: Int, found: String)
    /// There is nothing where something is needed.
    case empty(_ thing: String)
    /// A class is not one of the network's.
    case classOutOfRange(sample: Int, found: Int, classCount: Int)
    /// The loss needs another activation in the output layer.
    case incompatible(loss: Loss, activation: Activation)
    /// An option has a value that it can't have.
    case option(_ name: String, expected: String, found: String)
    /// `BACKPROP_ISA` names an instruction set that is unknown, or that this machine lacks.
    case instructionSet(found: String, available: [String])
    /// A file can't be read or written.
    case file(_ path: String, reason: String)
    /// A model file or a checkpoint is damaged, of another format, or doesn't fit the network.
    case modelFile(_ source: String, FileFault)
    /// A checkpoint is of another run: `expected` is what was saved, `found` what is to be resumed.
    case checkpoint(_ thing: String, expected: String, found: String)
    /// Training came to numbers that are infinite or NaN. `layer` is the lowest that has them, counted from 0 at the
    /// inputs; `nil` if only the loss is so.
    case diverged(_ thing: String, step: Int, layer: Int?)
    /// What a file or text says is not what its format asks for.
    case format(_ source: String, expected: String, found: String)
    /// The system did not start the threads.
    case threads(Int)
}

extension BackpropError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .shape(let thing, let expected, let found),
            .option(let thing, let expected, let found),
            .format(let thing, let expected, let found):
            return "\(thing): expected \(expected), found \(found)"
        case .nonFinite(let thing, let index, let found):
            return "\(thing): expected finite numbers, found \(found) at index \(index)"
        case .empty(let thing):
            return "\(thing): expected at least one, found none"
        case .classOutOfRange(let sample, let found, let classCount):
            return "class of sample \(sample): expected 0 to \(classCount - 1), found \(found)"
        case .incompatible(let loss, let activation):
            let needed = loss.requiredActivation.map { "\($0)" } ?? "another"
            return "loss \(loss): expected \(needed) in the output layer, found \(activation)"
        case .instructionSet(let found, let available):
            return "BACKPROP_ISA: expected one of \(available.joined(separator: ", ")), found \(found)"
        case .file(let path, let reason):
            return "\(path): \(reason)"
        case .modelFile(let source, let fault):
            return fault.name == nil && fault.byte == nil ? "\(source): \(fault)" : "\(source), \(fault)"
        case .checkpoint(let thing, let expected, let found):
            return "checkpoint, \(thing): expected \(expected), as it was saved, found \(found)"
        case .diverged(let thing, let step, let layer):
            let place = layer.map { ", in layer \($0)" } ?? ""
            return "training: expected finite \(thing), found infinity or NaN at step \(step)\(place); "
                + "the learning rate is probably too high"
        case .threads(let count):
            return "threads: the system did not start \(count)"
        }
    }
}

extension String {
    /// The text as a message quotes it: its beginning where it is long.
    package var quoted: String { utf8.count <= 256 ? self : "\(prefix(100))…" }
}
