import Backprop

/// A network to measure, and what it is trained for.
struct NetworkShape: Hashable {
    /// Units from the inputs up.
    var units: [Int]
    var hidden = Activation.sigmoid
    var output = Activation.softmax
    var loss = Loss.crossEntropy

    init(_ units: Int..., hidden: Activation = .sigmoid, output: Activation = .softmax, loss: Loss = .crossEntropy) {
        (self.units, self.hidden, self.output, self.loss) = (units, hidden, output, loss)
    }

    /// With the output activation that goes with the loss.
    init(units: [Int], hidden: Activation, loss: Loss) {
        (self.units, self.hidden, self.loss) = (units, hidden, loss)
        output = loss == .crossEntropy ? .softmax : .sigmoid
    }

    var name: String { units.map(String.init).joined(separator: "-") }
    var inputCount: Int { units[0] }
    var outputCount: Int { units[units.count - 1] }
    var weightCount: Int { zip(units, units.dropFirst()).reduce(0) { $0 + $1.0 * $1.1 } }
    var activations: [Activation] { units.dropFirst(2).map { _ in hidden } + [output] }
    var layers: [Layer] { zip(units.dropFirst(), activations).map { .dense($0, $1) } }

    /// Floating-point operations a sample: two for each weight forward and for its gradient, and two for the delta
    /// but into the inputs.
    func operations(isTraining: Bool) -> Double {
        zip(units, units.dropFirst()).enumerated().reduce(0) { sum, layer in
            let weights = 2 * Double(layer.element.0 * layer.element.1)
            return sum + weights * (isTraining ? (layer.offset == 0 ? 2 : 3) : 1)
        }
    }
}

/// Samples for a shape, at addresses that don't change.
final class CoreSamples<Scalar: CoreScalar> {
    let count: Int
    let inputs: AlignedMemory<Scalar>
    /// One of the two is there.
    let targets: AlignedMemory<Scalar>?
    let classes: AlignedMemory<Int32>?

    /// Inputs from 0 to 1, none of which is 0 for long; autoencoders have them as targets.
    init(_ shape: NetworkShape, count: Int) {
        self.count = count
        inputs = AlignedMemory(uniform(count * shape.inputCount, seed: 1))
        switch shape.loss {
        case .crossEntropy:
            classes = AlignedMemory((0..<count).map { Int32($0 % shape.outputCount) })
            targets = nil
        default:
            classes = nil
            let isAutoencoder = shape.inputCount == shape.outputCount && shape.inputCount > 4
            targets = isAutoencoder ? inputs : AlignedMemory(uniform(count * shape.outputCount, seed: 2))
        }
    }

    init(inputs: [Scalar], classes: [Int32]) {
        count = classes.count
        self.inputs = AlignedMemory(inputs)
        self.classes = AlignedMemory(classes)
        targets = nil
    }

    /// Targets as a matrix, 1 for each sample's class.
    func oneHot(_ classCount: Int) -> [Scalar] {
        classes!.values.flatMap { actual in (0..<classCount).map { $0 == actual ? 1 : 0 } }
    }

    /// The same for the library.
    func dataset(_ shape: NetworkShape) throws -> Dataset<Scalar> {
        if let classes {
            return try Dataset(
                inputs: inputs.values, inputCount: shape.inputCount, classes: classes.values.map(Int.init),
                classCount: shape.outputCount)
        }
        return try Dataset(
            inputs: inputs.values, inputCount: shape.inputCount, targets: targets!.values,
            targetCount: shape.outputCount)
    }
}
