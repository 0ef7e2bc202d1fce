import Backprop
import BackpropSamples
import Foundation

/// The numbers of many steps of one training: what the page of a trace shows.
struct TraceSteps {
    /// The steps that are shown, by how many have been taken before.
    let steps: [Int]
    /// The step from there.
    let traces: [Trace]
    /// Numbers that no step changes, and then those of each step: the place of each among them.
    let slots: [TraceNumber: Int]
    private let constants: [TraceNumber]
    private let changing: [TraceNumber]

    /// More than these can't be drawn so that they can be read.
    static let mostUnits = 16
    static let mostLayers = 12
    static let mostParameters = 300
    /// Numbers of all steps together, of about 16 bytes each.
    private static let mostNumbers = 60_000

    /// - Throws: What training throws, or as ``check(_:)``.
    init(of example: WorkedExample, order: UpdateOrder, steps count: Int) throws {
        try Self.check(example.network)
        var example = example
        var trace = try Trace(of: example, order: order, steps: 1)
        (constants, changing) = Self.numbers(of: trace)
        slots = Dictionary(uniqueKeysWithValues: (constants + changing).enumerated().map { ($1, $0) })
        steps = Self.shown(of: count, numbersEach: changing.count)
        var traces: [Trace] = []
        var trainer = Trainer<Double>(
            loss: example.loss, learningRate: .constant(example.learningRate), updateOrder: order)
        var taken = 0
        for step in steps {
            while taken < step {
                try trainer.step(&example.network, on: example.dataset)
                taken += 1
            }
            trace = try Trace(of: example, order: order, steps: 1)
            traces.append(trace)
        }
        self.traces = traces
    }

    /// - Throws: ``BackpropError/shape(_:expected:found:)`` for a network too large to be drawn.
    static func check(_ network: Network<Double>) throws(BackpropError) {
        let units = [network.inputCount] + network.layers.map(\.units)
        let (layers, parameters) = (network.layers.count, network.parameters.count)
        guard units.allSatisfy({ $0 <= mostUnits }), layers <= mostLayers, parameters <= mostParameters else {
            throw .shape(
                "network",
                expected: """
                    at most \(mostUnits) inputs and units a layer, \(mostLayers) layers and \(mostParameters) weights \
                    and biases, which a drawing has room for
                    """,
                found: "\(units.map(String.init).joined(separator: "-")) with \(parameters)")
        }
    }

    private static func numbers(of trace: Trace) -> (constants: [TraceNumber], changing: [TraceNumber]) {
        let constants: [TraceNumber] =
            [.learningRate] + trace.inputs.indices.map { .input($0) } + trace.targets.indices.map { .target($0) }
        var changing: [TraceNumber] = [.loss] + trace.targets.indices.map { .lossPart($0) }
        let formulas = TraceFormulas(trace: trace)
        for layer in trace.layers.indices {
            for unit in trace.layers[layer].units.indices {
                changing += TraceNumber.OfUnit.allCases.map { .unit($0, layer: layer, unit: unit) }
                for place in formulas.places(layer, unit) {
                    changing += TraceNumber.OfParameter.allCases.map { .parameter($0, place) }
                }
            }
        }
        return (constants, changing)
    }

    /// All steps at first, then such that each is a part further than the one before; also the powers of ten.
    private static func shown(of count: Int, numbersEach: Int) -> [Int] {
        for divisor in [16, 10, 6, 4] {
            var steps: Set = [0, count]
            var step = 0
            while step < count {
                steps.insert(step)
                step += max(1, step / divisor)
            }
            var power = 1
            while power < count {
                steps.insert(power)
                power *= 10
            }
            if steps.count * numbersEach <= mostNumbers || divisor == 4 { return steps.sorted() }
        }
        preconditionFailure("the last divisor returns")
    }

    /// Where a step stands on an axis from 0 to 1 that is logarithmic and has a place for 0.
    func place(ofStep step: Int) -> Double {
        Foundation.log1p(Double(step)) / Foundation.log1p(Double(steps.last!))
    }

    var losses: [Double] { traces.map(\.before.loss) }

    /// The axis of the loss.
    var lossAxis: Axis { Axis([0] + losses) }

    /// The loss by step, as a path in the units of charts.
    var curve: String {
        let points = zip(steps, losses).compactMap { step, loss in
            lossAxis.position(loss).map { "\(coordinate(place(ofStep: step))) \(coordinate(1 - $0))" }
        }
        return points.isEmpty ? "" : "M" + points.joined(separator: "L")
    }

    /// The numbers for the page's script, written as the trace's text writes them.
    var json: some Encodable {
        struct Numbers: Encodable {
            var constants: [String]
            var steps: [Int]
            /// `frames[step][slot − constants]`
            var frames: [[String]]
        }
        return Numbers(
            constants: constants.map { Trace.text(traces[0][$0]) }, steps: steps,
            frames: traces.map { trace in changing.map { Trace.text(trace[$0]) } })
    }
}
