import Backprop

/// One of the numbers of a trace, by where it stands.
enum TraceNumber: Hashable {
    /// A number of a unit; units and layers are counted from 0.
    enum OfUnit: Hashable, CaseIterable {
        case net, out, derivative, outputSlope, delta
    }

    /// A number of a weight or bias.
    enum OfParameter: Hashable, CaseIterable {
        case value, gradient, updated
    }

    /// Where a weight or bias stands: the layer, the unit, and the input that a weight multiplies, `nil` for a bias.
    struct Place: Hashable {
        var layer: Int
        var unit: Int
        var input: Int?
    }

    case learningRate
    case input(Int)
    case target(Int)
    case loss
    /// What an output adds to the loss.
    case lossPart(Int)
    case unit(OfUnit, layer: Int, unit: Int)
    case parameter(OfParameter, Place)
}

extension Trace {
    /// The weight or bias at a place that has one.
    subscript(place: TraceNumber.Place) -> Parameter {
        let unit = layers[place.layer].units[place.unit]
        return place.input.map { unit.weights[$0] } ?? unit.bias!
    }

    subscript(number: TraceNumber) -> Double {
        switch number {
        case .learningRate: return learningRate
        case .input(let index): return inputs[index]
        case .target(let index): return targets[index]
        case .loss: return before.loss
        case .lossPart(let index): return before.losses[index]
        case .unit(let kind, let layer, let index):
            let unit = layers[layer].units[index]
            switch kind {
            case .net: return unit.weightedInput
            case .out: return unit.output
            case .derivative: return unit.derivative ?? 1
            case .outputSlope: return unit.outputSlope
            case .delta: return unit.delta
            }
        case .parameter(let kind, let place):
            switch kind {
            case .value: return self[place].value
            case .gradient: return self[place].gradient
            case .updated: return self[place].updated
            }
        }
    }

    /// A number as all that shows a trace writes it: twelve decimals, without needless zeros for numbers that are
    /// short; ten digits for very small and very large ones.
    static func text(_ value: Double) -> String {
        let short = significant(value, 6)
        if Double(short) == value { return short }
        return abs(value) < 1e-4 || abs(value) >= 1e9 ? significant(value, 10) : fixed(value, 12)
    }
}

/// What a formula calls things.
indirect enum TraceSymbol {
    /// The weighted input of a unit.
    case net(String)
    /// The output of a unit, or an input of the network.
    case out(String)
    /// `f'` at a unit's weighted input.
    case derivative(String)
    case delta(String)
    /// What an output adds to the error.
    case error(String)
    /// The error, called `E` or `C`.
    case total(String)
    /// A weight or bias, before or after its update.
    case parameter(String, isUpdated: Bool)
    /// The derivative of the error, called `E` or `C`.
    case partial(String, by: TraceSymbol)

    var text: String {
        switch self {
        case .net(let unit): "net \(unit)"
        case .out(let source): Self.isInput(source) ? source : "out \(source)"
        case .derivative(let unit): "f'(net \(unit))"
        case .delta(let unit): "δ \(unit)"
        case .error(let unit): "E \(unit)"
        case .total(let name): name
        case .parameter(let name, let isUpdated): isUpdated ? "\(name)⁺" : name
        case .partial(let error, let by): "∂\(error)/∂\(by.text)"
        }
    }

    static func isInput(_ source: String) -> Bool { source.hasPrefix("i") }
}

/// One side of a formula: words, names of things and numbers.
///
/// ```swift
/// let product: FormulaSide = "\(.delta("o1")) · \(.out("h2"))"
/// ```
struct FormulaSide: ExpressibleByStringInterpolation {
    enum Piece {
        case text(String)
        case symbol(TraceSymbol)
        case number(TraceNumber)
    }

    struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var pieces: [Piece] = []

        init(literalCapacity: Int, interpolationCount: Int) {}

        mutating func appendLiteral(_ literal: String) { if !literal.isEmpty { pieces.append(.text(literal)) } }
        mutating func appendInterpolation(_ symbol: TraceSymbol) { pieces.append(.symbol(symbol)) }
        mutating func appendInterpolation(number: TraceNumber) { pieces.append(.number(number)) }
        mutating func appendInterpolation(text: String) { appendLiteral(text) }
        mutating func appendInterpolation(_ side: FormulaSide) { pieces += side.pieces }
    }

    var pieces: [Piece]

    init(stringInterpolation: StringInterpolation) { pieces = stringInterpolation.pieces }
    init(stringLiteral text: String) { pieces = [.text(text)] }

    /// Several with a sign between.
    static func joined(_ sides: [FormulaSide], _ separator: String) -> FormulaSide {
        var pieces: [Piece] = []
        for side in sides {
            if !pieces.isEmpty { pieces.append(.text(separator)) }
            pieces += side.pieces
        }
        var joined: FormulaSide = ""
        joined.pieces = pieces
        return joined
    }
}

/// A line of a derivation: what it is called, its formula, the numbers in it, and what they come to.
struct TraceFormula {
    var sides: [FormulaSide]

    init(_ sides: FormulaSide?...) { self.sides = sides.compactMap { $0 } }

    /// The line with the numbers of a trace.
    func text(_ trace: Trace) -> String { sides.map { $0.text(trace) }.joined(separator: " = ") }
}

extension FormulaSide {
    /// The text with the numbers of a trace.
    func text(_ trace: Trace) -> String {
        pieces.map { piece in
            switch piece {
            case .text(let text): text
            case .symbol(let symbol): symbol.text
            case .number(let number): Trace.text(trace[number])
            }
        }.joined()
    }
}
