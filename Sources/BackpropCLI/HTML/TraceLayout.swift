import Backprop

/// Where everything stands in the drawing of a network.
struct TraceLayout {
    struct Point {
        var x: Double
        var y: Double
    }

    struct Size {
        var width: Double
        var height: Double
    }

    /// A line of a card: a name on the left, a number on the right.
    struct Row {
        var name: String
        var number: TraceNumber?
        /// What the number becomes by the step.
        var updated: TraceNumber?
        /// The stage that it is known from.
        var from = 0
        var isBias = false
    }

    /// An input, a unit, or the error.
    struct Card {
        var name: String
        var center: Point
        var width: Double
        var rows: [Row]
        /// `nil` for an input and the error.
        var unitPlace: TraceNumber.Place?

        var height: Double { TraceLayout.rowHeight * Double(rows.count) + 12 }
    }

    /// A weight, or what leads from an output to the error.
    struct Edge {
        /// `nil` from an output to the error.
        var place: TraceNumber.Place?
        /// The index of the unit or input that it comes from.
        var source: Int
        var sourceName: String
        var from: Point
        var to: Point
        var label: Point
        /// Whether there is room for its label.
        var isLabeled = true

        var isLevel: Bool { abs(from.y - to.y) < 1 }
        var isUpright: Bool { abs(from.x - to.x) < 1 }
        /// The base lines of the label's two lines: a level line passes between them.
        var baselines: (upper: Double, lower: Double) {
            isLevel ? (label.y - 8, label.y + 16) : (label.y - 4, label.y + 11)
        }
    }

    static let rowHeight = 16.0
    /// More units than these in a layer have small cards.
    private static let roomyUnits = 4
    private static let margin = 12.0

    private let trace: Trace
    /// From the inputs to the error.
    private(set) var cards: [[Card]]
    private(set) var edges: [Edge]
    private(set) var size: Size

    init(_ trace: Trace, _ direction: TraceDrawing.Direction) {
        self.trace = trace
        cards = Self.cards(of: trace)
        edges = []
        size = Size(width: 0, height: 0)
        if direction == .rightward, trace.layers.count > 3, mostUnits == 1 {
            placeToAndFro()
            connect()
            return
        }
        // As little room between layers as has all labels side by side; for more labels than fit in the most, none.
        for room in direction == .rightward ? Self.roomsRightward : Self.roomsDownward {
            place(room: room, direction)
            connect(direction)
            if placeLabels(direction) { return }
        }
        place(room: 178, direction)
        connect(direction)
        _ = placeLabels(direction)
    }

    private static let roomsRightward: [Double] = [132, 166, 200, 234, 268, 302, 336]
    private static let roomsDownward: [Double] = [138, 176, 214, 252, 290, 328]

    // MARK: Cards

    private static func cards(of trace: Trace) -> [[Card]] {
        let stages = TraceStages(layers: trace.layers.count)
        let isSmall = max(trace.inputs.count, trace.layers.map(\.units.count).max() ?? 0) > roomyUnits
        let inputs = trace.inputs.indices.map { index in
            card("i\(index + 1)", width: 88, rows: [Row(name: "i\(index + 1)", number: .input(index))])
        }
        let layers = trace.layers.indices.map { layer in
            trace.layers[layer].units.indices.map { unit($0, layer, trace, stages, isSmall: isSmall) }
        }
        let error = card("E", width: 108, rows: [Row(name: "E", number: .loss, from: stages.error)])
        return [inputs] + layers + [[error]]
    }

    private static func card(_ name: String, width: Double, rows: [Row]) -> Card {
        Card(name: name, center: Point(x: 0, y: 0), width: width, rows: rows)
    }

    private static func unit(
        _ index: Int, _ layer: Int, _ trace: Trace, _ stages: TraceStages, isSmall: Bool
    ) -> Card {
        let unit = trace.layers[layer].units[index]
        let place = TraceNumber.Place(layer: layer, unit: index)
        let forward = stages.forward(layer)
        let out = TraceNumber.unit(.out, layer: layer, unit: index)
        let delta = Row(
            name: "δ", number: .unit(.delta, layer: layer, unit: index), from: stages.backward(layer))
        var rows: [Row]
        if isSmall {
            rows = [Row(name: unit.name, number: out, from: forward), delta]
        } else {
            let bias = unit.bias.map {
                [
                    Row(
                        name: $0.name, number: .parameter(.value, place), updated: .parameter(.updated, place),
                        isBias: true)
                ]
            }
            rows = [Row(name: unit.name)] + (bias ?? [])
            rows.append(Row(name: "net", number: .unit(.net, layer: layer, unit: index), from: forward))
            rows += [Row(name: "out", number: out, from: forward), delta]
        }
        var card = card(unit.name, width: isSmall ? 108 : 120, rows: rows)
        card.unitPlace = place
        return card
    }

    // MARK: Places

    private var mostUnits: Int { cards.map(\.count).max() ?? 1 }
    private var hasSmallCards: Bool { mostUnits > Self.roomyUnits }

    /// The distance of units.
    private func unitPitch(_ direction: TraceDrawing.Direction) -> Double {
        switch direction {
        case .downward: hasSmallCards ? 116 : mostUnits > 2 ? 128 : 192
        case .rightward: hasSmallCards ? 52 : mostUnits > 3 ? 128 : mostUnits > 2 ? 150 : 204
        }
    }

    /// Layers beside or below each other with room for labels between, units in the middle.
    private mutating func place(room: Double, _ direction: TraceDrawing.Direction) {
        let isDownward = direction == .downward
        let across = unitPitch(direction)
        let extents = cards.joined().map { isDownward ? $0.width : $0.height }
        let breadth = Double(mostUnits - 1) * across + (extents.max() ?? 0)
        var along = Self.margin
        for column in cards.indices {
            let depth = isDownward ? cards[column][0].height : cards[column][0].width
            for index in cards[column].indices {
                let offset = (Double(index) - Double(cards[column].count - 1) / 2) * across
                let (middle, depthCenter) = (Self.margin + breadth / 2 + offset, along + depth / 2)
                cards[column][index].center =
                    isDownward ? Point(x: middle, y: depthCenter) : Point(x: depthCenter, y: middle)
            }
            along += depth
            switch cards.count - 1 - column {
            case 0: along += Self.margin
            // No weights lead to the error, so that less room does.
            case 1: along += hasSmallCards ? 178 : 112
            default: along += room
            }
        }
        let whole = breadth + 2 * Self.margin
        size = isDownward ? Size(width: whole, height: along) : Size(width: along, height: whole)
    }

    /// A chain in rows, of which each second goes back.
    private mutating func placeToAndFro() {
        let (perRow, pitch) = (5, Size(width: 244, height: 172))
        let height = cards.map { $0[0].height }.max() ?? 0
        for column in cards.indices {
            let row = column / perRow
            let step = row % 2 == 0 ? column % perRow : perRow - 1 - column % perRow
            cards[column][0].center = Point(
                x: Self.margin + 60 + Double(step) * pitch.width,
                y: Self.margin + height / 2 + Double(row) * pitch.height)
        }
        let rows = (cards.count + perRow - 1) / perRow
        size = Size(
            width: 2 * Self.margin + 120 + Double(min(perRow, cards.count) - 1) * pitch.width,
            height: 2 * Self.margin + height + Double(rows - 1) * pitch.height)
    }

    // MARK: Edges

    private mutating func connect(_ direction: TraceDrawing.Direction? = nil) {
        edges = []
        for column in cards.indices.dropFirst() {
            let layer = column - 1
            for upper in cards[column].indices {
                for lower in cards[column - 1].indices {
                    let (from, to) = ends(cards[column - 1][lower], cards[column][upper], direction)
                    let isWeight = layer < trace.layers.count
                    edges.append(
                        Edge(
                            place: isWeight ? .init(layer: layer, unit: upper, input: lower) : nil, source: lower,
                            sourceName: cards[column - 1][lower].name, from: from, to: to,
                            label: Point(x: (from.x + to.x) / 2, y: (from.y + to.y) / 2)))
                }
            }
        }
    }

    /// Where a line leaves a card and meets another: on the way between their middles; between small cards, which
    /// stand close together, in the middle of the sides that face each other.
    private func ends(_ lower: Card, _ upper: Card, _ direction: TraceDrawing.Direction?) -> (Point, Point) {
        guard hasSmallCards, let direction else {
            return (Self.border(of: lower, towards: upper.center), Self.border(of: upper, towards: lower.center))
        }
        switch direction {
        case .rightward:
            return (
                Point(x: lower.center.x + lower.width / 2, y: lower.center.y),
                Point(x: upper.center.x - upper.width / 2, y: upper.center.y)
            )
        case .downward:
            return (
                Point(x: lower.center.x, y: lower.center.y + lower.height / 2),
                Point(x: upper.center.x, y: upper.center.y - upper.height / 2)
            )
        }
    }

    /// Where the line from a card's middle to a point leaves the card.
    private static func border(of card: Card, towards point: Point) -> Point {
        let (dx, dy) = (point.x - card.center.x, point.y - card.center.y)
        let share = min(
            dx == 0 ? .infinity : card.width / 2 / abs(dx), dy == 0 ? .infinity : card.height / 2 / abs(dy))
        return Point(x: card.center.x + share * dx, y: card.center.y + share * dy)
    }

    /// Places all labels so that none lies over another or a card. A layer whose labels don't all have room has none.
    ///
    /// - Returns: Whether all labels have room.
    private mutating func placeLabels(_ direction: TraceDrawing.Direction) -> Bool {
        let layers = Dictionary(grouping: edges.indices) { edges[$0].place?.layer ?? cards.count - 2 }
        return layers.reduce(true) { placeLabels(of: $1.value, layer: $1.key, direction) && $0 }
    }

    private mutating func placeLabels(of own: [Int], layer: Int, _ direction: TraceDrawing.Direction) -> Bool {
        let boxes = (cards[layer] + cards[layer + 1]).map {
            Box(center: $0.center, size: Size(width: $0.width, height: $0.height))
        }
        var taken: [Box] = []
        for index in own {
            let edge = edges[index]
            let candidates = Self.shares(of: edge, direction).map { share in
                Box(
                    center: Point(
                        x: edge.from.x + share * (edge.to.x - edge.from.x),
                        y: edge.from.y + share * (edge.to.y - edge.from.y)),
                    size: labelSize(edge))
            }
            let free = candidates.first { box in !(taken + boxes).contains { $0.overlaps(box) } }
            if let free { taken.append(free) }
        }
        let hasRoom = taken.count == own.count
        for (position, index) in own.enumerated() {
            edges[index].isLabeled = hasRoom
            if hasRoom { edges[index].label = taken[position].center }
        }
        return hasRoom
    }

    /// What the longest text of a label takes: `∂E/∂w −1.234·10⁻⁵`, or `E o1 1.234·10⁻⁵`.
    private func labelSize(_ edge: Edge) -> Size {
        Size(width: edge.place == nil ? 104 : 120, height: edge.isLevel ? 37 : 30)
    }

    /// How far along a line its label may stand, what is best first: straight lines have it in the middle, others near
    /// where they come from, before they cross.
    private static func shares(of edge: Edge, _ direction: TraceDrawing.Direction) -> [Double] {
        if edge.isLevel || edge.isUpright { return [0.5, 0.4, 0.6, 0.3, 0.7, 0.25, 0.75, 0.2, 0.8] }
        let near =
            direction == .downward
            ? [0.18, 0.22, 0.26, 0.3, 0.34, 0.38, 0.42, 0.46, 0.15]
            : [0.32, 0.28, 0.36, 0.24, 0.4, 0.44, 0.48, 0.2, 0.16]
        return near + near.map { 1 - $0 }
    }

    private struct Box {
        var center: Point
        var size: Size

        func overlaps(_ other: Box) -> Bool {
            abs(center.x - other.center.x) < (size.width + other.size.width) / 2
                && abs(center.y - other.center.y) < (size.height + other.size.height) / 2
        }
    }
}
