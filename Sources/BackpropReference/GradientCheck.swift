import Backprop

/// How far computed gradients are from differences of the loss.
public struct GradientCheck: Hashable, Sendable {
    /// How the differences were taken.
    public enum Method: String, Sendable {
        /// The imaginary part of the loss at a complex point: exact to rounding. Needs a loss and
        /// activations that are analytic.
        case complexStep
        /// `(L(p + h) − L(p − h)) / 2h`; wrong by about h², and by u/h from rounding.
        case centralDifferences

        /// The largest relative error that is right for the method: rounding for the complex step,
        /// `u^(2/3)` with room for curvature for central differences.
        public var tolerance: Double { self == .complexStep ? 1e-13 : 1e-7 }
    }

    /// How the differences were taken.
    public var method: Method
    /// For each layer the largest error among its gradients, relative to the largest of its gradients.
    public var layerErrors: [Double]
    /// For each layer the number of its parameters that were looked at.
    public var parametersChecked: [Int]
    /// The largest of the layers' errors.
    public var worst: Double { layerErrors.max() ?? 0 }
    /// Whether the worst error is one that the method's rounding explains.
    public var passes: Bool { worst <= method.tolerance }
}

extension Network where Scalar == Double {
    /// Compares the gradients of the C core with differences of the loss, which is computed
    /// independently, by complex arithmetic and the system's own `exp` and `ln` where the network is
    /// analytic. Takes a forward pass for every parameter. Nothing is dropped.
    ///
    /// - Parameters:
    ///   - parametersPerLayer: How many parameters of each layer are looked at, chosen by chance; `nil` for all.
    ///   - seed: What the choice comes from.
    /// - Throws: ``BackpropError`` if the dataset or the loss doesn't fit the network.
    public func checkGradients(
        of loss: Loss, on dataset: Dataset<Double>, parametersPerLayer: Int? = nil, seed: UInt64 = 0
    ) throws(BackpropError) -> GradientCheck {
        let found = try gradients(of: loss, on: dataset).gradients
        let analytic = layers.allSatisfy { $0.activation.isAnalytic } && loss.isAnalytic
        let method: GradientCheck.Method = analytic ? .complexStep : .centralDifferences
        let differences = LossDifferences(network: self, loss: loss, dataset: dataset)
        var checked: [Int] = []
        let errors = layers.indices.map { index -> Double in
            let layer = layers[index]
            // The gradient of weights that are shared stands with their owner.
            let weights = layer.freezesWeights || layer.tiedTo != nil ? 0..<0 : weightRange(ofLayer: index)
            let biases = layer.freezesBiases ? 0..<0 : biasRange(ofLayer: index)
            var error = 0.0
            var largest = 0.0
            let parameters = chosen(Array(weights) + Array(biases), parametersPerLayer, seed: seed, layer: index)
            checked.append(parameters.count)
            for parameter in parameters {
                let slope = analytic ? differences.complexStep(parameter) : differences.central(parameter)
                error = max(error, abs(slope - found[parameter]))
                largest = max(largest, abs(slope))
            }
            return largest == 0 ? error : error / largest
        }
        return GradientCheck(method: method, layerErrors: errors, parametersChecked: checked)
    }
}

/// So many of the parameters, by chance.
private func chosen(_ parameters: [Int], _ count: Int?, seed: UInt64, layer: Int) -> [Int] {
    guard let count, count < parameters.count else { return parameters }
    var random = ReferenceRandom(seed: seed, stream: UInt64(layer))
    return random.permutation(of: parameters.count).prefix(count).map { parameters[Int($0)] }
}

extension Activation {
    fileprivate var isAnalytic: Bool {
        switch self {
        case .identity, .sigmoid, .tanh, .softplus, .silu, .gelu, .softmax: true
        case .relu, .leakyReLU, .elu, .custom: false
        }
    }
}

extension Loss {
    fileprivate var isAnalytic: Bool {
        switch self {
        case .meanAbsoluteError, .huber, .custom: false
        default: true
        }
    }
}

/// The loss of a network as a function of its parameters, by textbook formulas over complex numbers.
private struct LossDifferences {
    let network: Network<Double>
    let loss: Loss
    let dataset: Dataset<Double>
    private static let complexStepSize = 1e-30
    /// The cube root of the rounding unit makes h² and u/h meet.
    private static let centralStepSize = 6e-6

    func complexStep(_ parameter: Int) -> Double {
        value(shifting: parameter, by: Complex(0, Self.complexStepSize)).imaginary / Self.complexStepSize
    }

    func central(_ parameter: Int) -> Double {
        let h = Self.centralStepSize * max(1, abs(network.parameters[parameter]))
        let up = value(shifting: parameter, by: Complex(h)).real
        let down = value(shifting: parameter, by: Complex(-h)).real
        return (up - down) / (2 * h)
    }

    /// The mean loss with one parameter changed.
    private func value(shifting parameter: Int, by shift: Complex) -> Complex {
        var sum = Complex(0)
        for sample in 0..<dataset.count {
            let outputs = outputs(dataset.inputs(ofSample: sample), shifting: parameter, by: shift)
            let loss = sampleLoss(outputs.z, outputs.a, dataset.targets(ofSample: sample))
            sum = sum + Complex(dataset.weights?[sample] ?? 1) * loss
        }
        return sum / Complex(Double(dataset.count))
    }

    private func outputs(
        _ inputs: ArraySlice<Double>, shifting parameter: Int, by shift: Complex
    ) -> (z: [Complex], a: [Complex]) {
        let parameters = network.parameters
        func value(_ index: Int) -> Complex {
            Complex(parameters[index]) + (index == parameter ? shift : Complex(0))
        }
        var a = inputs.map { Complex($0) }
        var z = a
        for (index, layer) in network.layers.enumerated() {
            let weights = network.weightRange(ofLayer: index).lowerBound
            let biases = network.biasRange(ofLayer: index).lowerBound
            func weight(_ input: Int, _ unit: Int) -> Complex {
                guard let owner = layer.tiedTo else { return value(weights + input * layer.units + unit) }
                return value(network.weightRange(ofLayer: owner).lowerBound + unit * a.count + input)
            }
            z = (0..<layer.units).map { unit in
                let start = layer.hasBiases ? value(biases + unit) : Complex(0)
                return a.indices.reduce(start) { $0 + a[$1] * weight($1, unit) }
            }
            a = layer.activation == .softmax ? softmax(z) : z.map { activate(layer.activation, $0) }
        }
        return (z, a)
    }

    private func softmax(_ z: [Complex]) -> [Complex] {
        let largest = Complex(z.map(\.real).max() ?? 0)
        let exponentials = z.map { Complex.exp($0 - largest) }
        let sum = exponentials.reduce(Complex(0), +)
        return exponentials.map { $0 / sum }
    }

    private func sigmoid(_ z: Complex) -> Complex {
        Complex(1) / (Complex(1) + Complex.exp(Complex(0) - z))
    }

    private func activate(_ f: Activation, _ z: Complex) -> Complex {
        switch f {
        case .identity, .softmax: return z
        case .sigmoid: return sigmoid(z)
        case .tanh: return Complex(2) * sigmoid(z + z) - Complex(1)
        case .relu: return z.real > 0 ? z : Complex(0)
        case .leakyReLU: return z.real > 0 ? z : Complex(0.01) * z
        case .elu: return z.real > 0 ? z : Complex.exp(z) - Complex(1)
        case .softplus: return Complex.log(Complex(1) + Complex.exp(z))
        case .silu: return z * sigmoid(z)
        case .gelu:
            let u = Complex((2 / Double.pi).squareRoot()) * (z + Complex(0.044715) * z * z * z)
            return z * sigmoid(u + u)
        case .custom(let custom): return Complex(custom.value(z.real))
        }
    }

    private func sampleLoss(_ z: [Complex], _ a: [Complex], _ t: [Double]) -> Complex {
        let count = Complex(Double(a.count))
        let errors = zip(a, t).map { $0 - Complex($1) }
        func sum(_ values: [Complex]) -> Complex { values.reduce(Complex(0), +) }
        switch loss {
        case .squaredError: return sum(errors.map { $0 * $0 }) / Complex(2)
        case .meanSquaredError: return sum(errors.map { $0 * $0 }) / count
        case .meanAbsoluteError: return sum(errors.map { $0.real < 0 ? Complex(0) - $0 : $0 }) / count
        case .huber: return sum(errors.map(huber)) / count
        case .crossEntropy:
            let largest = Complex(z.map(\.real).max() ?? 0)
            let total = Complex.log(sum(z.map { Complex.exp($0 - largest) })) + largest
            return sum(zip(z, t).map { Complex($1) * (total - $0) })
        case .binaryCrossEntropy:
            let terms = zip(z, t).map { z, t in Complex.log(Complex(1) + Complex.exp(z)) - Complex(t) * z }
            return sum(terms) / count
        case .custom(let custom): return Complex(custom(a.map(\.real), t).loss)
        }
    }

    private func huber(_ e: Complex) -> Complex {
        if abs(e.real) <= 1 { return e * e / Complex(2) }
        return (e.real < 0 ? Complex(0) - e : e) - Complex(0.5)
    }
}
