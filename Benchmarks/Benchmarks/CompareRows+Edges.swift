import Backprop

/// Layers that don't fill their last vector, against ones that do.
extension CompareRow {
    static let edges = partial.map { edge($0, layer: $1) } + partial.map { edge($0, layer: $1, instructionSet: "avx2") }

    /// Networks with the layer, counted from the inputs, that ends within a vector.
    private static let partial = [
        (NetworkShape(784, 10), 1), (NetworkShape(784, 1, output: .sigmoid, loss: .squaredError), 1),
        (NetworkShape(784, 17), 1), (NetworkShape(17, 128, 10), 0),
    ]

    private static func edge(_ shape: NetworkShape, layer: Int, instructionSet: String? = nil) -> CompareRow {
        let batch = 32
        let words = ["\(shape.name), batch \(batch)", instructionSet].compactMap { $0 }.joined(separator: ", ")
        return CompareRow(
            name: "\(words), against \(layer == 0 ? "inputs" : "outputs") that fill a vector",
            bar: .atMost(1.25, .times)
        ) { context in
            let set = try instructionSet.map(context.instructionSet(named:)) ?? context.instructionSet
            func network(_ shape: NetworkShape) -> CoreNetwork<Float> {
                CoreNetwork(shape, context.samples(shape, 4096), batch: batch, kernels: set.core)
            }
            let (partial, whole) = (network(shape), network(shape.filled(layer, lanes: Peak.lanes(of: set))))
            return try ratio(of: { partial.train(steps: $0) }, to: { whole.train(steps: $0) }) { $0 / $1 }
        }
    }
}

extension NetworkShape {
    /// The same with a layer's units rounded up to whole vectors.
    func filled(_ layer: Int, lanes: Int) -> NetworkShape {
        var shape = self
        shape.units[layer] = (units[layer] + lanes - 1) / lanes * lanes
        return shape
    }
}
