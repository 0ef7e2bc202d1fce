import Backprop

/// What a page about a run shows besides the record: looked at once, when training is over.
struct ReportMaterial {
    /// A sample, as a person may look at it.
    struct Sample {
        /// Its place in the data, counted from 1.
        var number: Int
        /// For images.
        var picture: PNG?
        /// For rows of a table, a text for each of ``ReportMaterial/columns``.
        var cells: [String]
    }

    /// A sample that was taken for another class.
    struct Mistake {
        var sample: Sample
        var actual: String
        var predicted: String
        /// The outputs for the two.
        var confidence: Double
        var confidenceInActual: Double
    }

    /// A number that was predicted, and what it should have been.
    struct Residual {
        var sample: Sample
        var actual: Double
        var predicted: Double
    }

    /// What an autoencoder made of a sample.
    struct Reconstruction {
        var sample: Sample
        var output: Sample
        /// The mean squared error, in scaled units.
        var error: Double
    }

    /// What the network says of the samples that it is judged by.
    enum Answers {
        case classes(mistakes: [Mistake], count: Int)
        case values([(actual: Double, predicted: Double)], worst: [Residual])
        case reconstructions(some: [Reconstruction], worst: [Reconstruction])
    }

    /// The weights of a unit of the first layer.
    struct Unit {
        var number: Int
        var weights: [Double]
    }

    /// How the numbers of a layer are spread.
    struct Layer {
        var name: String
        var weights: Histogram?
        var activations: Histogram?
    }

    var image: ImageShape?
    /// Names of the columns that rows are shown with; the first ones where there are many.
    var columns: [String]
    var columnCount: Int
    var answers: Answers
    var inputNames: [String]
    /// The units of the first layer whose weights are largest, in their order.
    var units: [Unit]
    var unitCount: Int
    var layers: [Layer]
    /// Samples that activations were looked at for.
    var activationSamples: Int
    /// The hash of the model's file.
    var hash: String
    var commandLine: String

    /// The most of each kind that a page shows.
    static let limits = (mistakes: 48, rows: 20, pairs: 12, units: 64, columns: 10, activationSamples: 512)

    init<Scalar: NetworkScalar>(
        _ session: TrainingSession<Scalar>, evaluatedOn samples: LabeledSamples, commandLine: String
    ) throws {
        let model = session.model
        let viewer = SampleViewer(samples)
        image = samples.image
        columns = viewer.columns
        columnCount = viewer.columnCount
        answers = try Self.answers(of: model, to: samples, viewer)
        inputNames = model.inputNames
        let units = model.network.weights(ofLayer: 0).enumerated().map { number, weights in
            Unit(number: number, weights: Self.pixelMeans(weights.map { Double($0) }, samples.image))
        }
        unitCount = units.count
        self.units = Self.largest(units, Self.limits.units)
        let some = samples.chosen(Self.evenly(samples.count, Self.limits.activationSamples))
        activationSamples = some.count
        layers = try Self.layers(of: model.network, for: try some.dataset(for: model).inputs)
        hash = sha256(try model.serialized())
        self.commandLine = commandLine
    }

    // MARK: Answers

    private static func answers<Scalar: NetworkScalar>(
        of model: Model<Scalar>, to samples: LabeledSamples, _ viewer: SampleViewer
    ) throws -> Answers {
        if model.encoderLayers != nil { return try reconstructions(by: model, of: samples, viewer) }
        switch samples.target {
        case .classes(let actual, let names):
            let outputs = try model.network.predict(on: try samples.dataset(for: model)).map { Double($0) }
            return mistakes(outputs, model.network.outputCount, actual, names, viewer)
        case .values(let actual):
            let predicted = try model.predict(samples.inputs)
            let worst = actual.indices.sorted { abs(actual[$0] - predicted[$0]) > abs(actual[$1] - predicted[$1]) }
            let residuals = worst.prefix(limits.rows).map {
                Residual(sample: viewer.sample($0), actual: actual[$0], predicted: predicted[$0])
            }
            return .values(zip(actual, predicted).map { (actual: $0, predicted: $1) }, worst: residuals)
        case .nothing: preconditionFailure("only an autoencoder is trained without a target")
        }
    }

    private static func mistakes(
        _ outputs: [Double], _ count: Int, _ actual: [Int], _ names: [String], _ viewer: SampleViewer
    ) -> Answers {
        let predicted = Metrics.classes(ofOutputs: outputs, outputCount: count)
        // A single output is the probability of the second of two classes.
        func confidence(_ sample: Int, in label: Int) -> Double {
            count > 1 ? outputs[sample * count + label] : label == 1 ? outputs[sample] : 1 - outputs[sample]
        }
        func margin(_ sample: Int) -> Double {
            confidence(sample, in: predicted[sample]) - confidence(sample, in: actual[sample])
        }
        let wrong = actual.indices.filter { predicted[$0] != actual[$0] }.sorted { (margin($0), $1) > (margin($1), $0) }
        let shown = wrong.prefix(viewer.isImage ? limits.mistakes : limits.rows).map { sample in
            Mistake(
                sample: viewer.sample(sample), actual: names[actual[sample]], predicted: names[predicted[sample]],
                confidence: confidence(sample, in: predicted[sample]),
                confidenceInActual: confidence(sample, in: actual[sample]))
        }
        return .classes(mistakes: shown, count: wrong.count)
    }

    private static func reconstructions<Scalar: NetworkScalar>(
        by model: Model<Scalar>, of samples: LabeledSamples, _ viewer: SampleViewer
    ) throws -> Answers {
        let dataset: Dataset<Scalar> = try samples.dataset(for: model)
        let (inputs, outputs) = (dataset.inputs, try model.network.predict(on: dataset))
        let width = samples.inputCount
        let errors = (0..<samples.count).map { sample in
            (sample * width..<(sample + 1) * width).reduce(0) { sum, index in
                let difference = Double(outputs[index]) - Double(inputs[index])
                return sum + difference * difference
            } / Double(width)
        }
        func reconstruction(_ sample: Int) -> Reconstruction {
            let scaled = outputs[sample * width..<(sample + 1) * width].map { Double($0) }
            return Reconstruction(
                sample: viewer.sample(sample),
                output: viewer.sample(sample, inputs: model.inputScaling?.invert(scaled) ?? scaled),
                error: errors[sample])
        }
        let worst = errors.indices.sorted { errors[$0] > errors[$1] }.prefix(limits.pairs)
        return .reconstructions(
            some: evenly(samples.count, limits.pairs).map { reconstruction(Int($0)) }, worst: worst.map(reconstruction))
    }

    // MARK: Layers

    private static func layers<Scalar: NetworkScalar>(
        of network: Network<Scalar>, for inputs: [Scalar]
    ) throws -> [Layer] {
        try network.layers.indices.map { index in
            let layer = network.layers[index]
            return Layer(
                name: "Layer \(index): \(layer.units) \(layer.activation.rawValue)",
                weights: Histogram(network.parameters[network.weightRange(ofLayer: index)].map { Double($0) }),
                activations: Histogram(try network.activations(ofLayer: index, for: inputs).map { Double($0) }))
        }
    }

    /// A weight for each pixel: of colors the mean.
    private static func pixelMeans(_ weights: [Double], _ image: ImageShape?) -> [Double] {
        guard let image, image.channels > 1 else { return weights }
        return stride(from: 0, to: weights.count, by: image.channels).map { first in
            weights[first..<first + image.channels].reduce(0, +) / Double(image.channels)
        }
    }

    private static func largest(_ units: [Unit], _ count: Int) -> [Unit] {
        func squares(_ unit: Unit) -> Double { unit.weights.reduce(0) { $0 + $1 * $1 } }
        let kept = units.map { (unit: $0, squares: squares($0)) }.sorted { $0.squares > $1.squares }.prefix(count)
        return kept.map(\.unit).sorted { $0.number < $1.number }
    }

    /// At most so many of `0 ..< count`, evenly.
    private static func evenly(_ count: Int, _ limit: Int) -> [UInt32] {
        count <= limit ? (0..<UInt32(count)).map { $0 } : (0..<limit).map { UInt32($0 * (count - 1) / (limit - 1)) }
    }
}

/// Turns samples into what people look at.
private struct SampleViewer {
    let samples: LabeledSamples
    let columns: [String]
    let columnCount: Int

    var isImage: Bool { samples.image != nil }

    init(_ samples: LabeledSamples) {
        self.samples = samples
        let names = samples.inputColumns.map(\.name)
        columns = Array(names.prefix(ReportMaterial.limits.columns))
        columnCount = names.count
    }

    /// - Parameter inputs: Raw inputs in place of the sample's own.
    func sample(_ index: Int, inputs: [Double]? = nil) -> ReportMaterial.Sample {
        let inputs = inputs ?? samples.chosen([UInt32(index)]).inputs
        let number = Int(samples.rows?[index] ?? UInt32(index)) + 1
        guard let image = samples.image else {
            return ReportMaterial.Sample(number: number, picture: nil, cells: cells(inputs))
        }
        let shares = samples.naturalScaling?.apply(to: inputs) ?? inputs
        let bytes = shares.map { UInt8((max(0, min(1, $0.isFinite ? $0 : 0)) * 255).rounded()) }
        let picture = PNG(width: image.width, height: image.height, channels: image.channels, samples: bytes)
        return ReportMaterial.Sample(number: number, picture: picture, cells: [])
    }

    /// Numbers, and of categories the one that is meant.
    private func cells(_ inputs: [Double]) -> [String] {
        var start = 0
        return samples.inputColumns.prefix(columns.count).map { column in
            let values = inputs[start..<start + column.inputCount]
            start += column.inputCount
            guard let categories = column.categories else { return readable(values.first!, 5) }
            let index = values.indices.max { values[$0] < values[$1] }!
            return values[index] > 0 ? categories[index - values.startIndex] : "–"
        }
    }
}
