/// Curves over a common axis, whose values show below the pointer.
struct LineChart {
    struct Series {
        var name: String
        /// A value for each `x`; `nil` where there is none.
        var values: [Double?]
        var color: ChartColor
    }

    var title: String
    var note = ""
    var xName = "epoch"
    /// Ascending.
    var x: [Double]
    var series: [Series]
    /// `nil` for what suits the values.
    var scale: Axis.Scale?
    /// A point that is marked: an index of ``x``, and a few words.
    var mark: (index: Int, text: String)?
    /// What values are multiplied by, and what follows them.
    var unit: (factor: Double, text: String) = (1, "")

    /// How many points a chart draws: more could not be told apart.
    private static let limit = 400

    var html: HTML {
        let (x, series, mark) = thinned
        let xAxis = Axis(x, isLoose: false, isWhole: x.allSatisfy { $0 == $0.rounded() })
        let values = series.flatMap { $0.values.compactMap { $0.map { $0 * unit.factor } } }
        let yAxis = Axis(values, scale: scale ?? Axis.scale(for: values))
        let frame = ChartFrame(
            title: title, note: note, x: xAxis, y: yAxis, xName: xName,
            legend: series.map { ($0.name, $0.color) }, description: description, isInteractive: true)
        let pin = mark.map { (x: x[$0.index], text: $0.text) }
        return frame.html(
            pin: pin, drawing: drawing(x, series, mark?.index, xAxis, yAxis), table: table(x, series, xAxis, yAxis))
    }

    private var description: String {
        let ends = series.compactMap { series -> String? in
            let values = series.values.compactMap { $0 }
            guard let first = values.first, let last = values.last else { return nil }
            return "\(series.name) from \(text(first)) to \(text(last))"
        }
        return "\(title): \(ends.joined(separator: ", ")). Arrow keys show the values."
    }

    private func text(_ value: Double) -> String { readable(value * unit.factor) + unit.text }

    /// At most ``limit`` points, evenly, with the first, the last and the marked one.
    private var thinned: (x: [Double], series: [Series], mark: (index: Int, text: String)?) {
        guard x.count > Self.limit else { return (x, series, mark) }
        var kept = Set((0..<Self.limit).map { $0 * (x.count - 1) / (Self.limit - 1) })
        if let mark { kept.insert(mark.index) }
        let indices = kept.sorted()
        let series = series.map { series in
            Series(name: series.name, values: indices.map { series.values[$0] }, color: series.color)
        }
        let mark = mark.map { (index: indices.firstIndex(of: $0.index)!, text: $0.text) }
        return (indices.map { x[$0] }, series, mark)
    }

    @HTMLBuilder
    private func drawing(_ x: [Double], _ series: [Series], _ mark: Int?, _ xAxis: Axis, _ yAxis: Axis) -> HTML {
        if let mark, let place = xAxis.position(x[mark]) {
            HTML("path", ["class": "guide", "d": "M\(coordinate(place)) 0V1000"])
        }
        for series in series.reversed() {
            HTML(
                "path",
                [
                    "class": "curve \(series.color.name)", "style": series.color.style,
                    "d": path(x, series.values, xAxis, yAxis),
                ])
            if let mark, let value = series.values[mark],
                let point = point(x[mark], value * unit.factor, xAxis, yAxis)
            {
                HTML(
                    "path",
                    ["class": "dot \(series.color.name)", "style": series.color.style, "d": "M\(point)h0"])
            }
        }
    }

    private func point(_ x: Double, _ y: Double, _ xAxis: Axis, _ yAxis: Axis) -> String? {
        guard let x = xAxis.position(x), let y = yAxis.position(y) else { return nil }
        return "\(coordinate(x)) \(coordinate(1 - y))"
    }

    /// Lines from point to point, with gaps where there is no value.
    private func path(_ x: [Double], _ values: [Double?], _ xAxis: Axis, _ yAxis: Axis) -> String {
        var path = ""
        var isDown = false
        for (x, value) in zip(x, values) {
            guard let value, let point = point(x, value * unit.factor, xAxis, yAxis) else {
                isDown = false
                continue
            }
            path += isDown ? "L\(point)" : "M\(point)h0"
            isDown = true
        }
        return path
    }

    /// The numbers, with the places that the script needs.
    private func table(_ x: [Double], _ series: [Series], _ xAxis: Axis, _ yAxis: Axis) -> HTML {
        HTML("details") {
            HTML("summary") { "Numbers" }
            HTML("div", ["class": "scroll", "tabindex": "0"]) {
                HTML("table") {
                    HTML("thead") {
                        HTML("tr") {
                            for name in [xName] + series.map(\.name) { HTML("th", ["scope": "col"]) { name } }
                        }
                    }
                    HTML("tbody") {
                        for index in x.indices { row(index, x, series, xAxis, yAxis) }
                    }
                }
            }
        }
    }

    private func row(_ index: Int, _ x: [Double], _ series: [Series], _ xAxis: Axis, _ yAxis: Axis) -> HTML {
        HTML("tr", ["data-x": xAxis.position(x[index]).map { fixed($0, 4) }]) {
            HTML("td") { readable(x[index], 9) }
            for series in series {
                let value = series.values[index]
                HTML("td", ["data-y": value.flatMap { yAxis.position($0 * unit.factor) }.map { fixed(1 - $0, 4) }]) {
                    value.map { readable($0 * unit.factor, 6) + unit.text } ?? ""
                }
            }
        }
    }
}
