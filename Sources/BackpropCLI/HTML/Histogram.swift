import Foundation

/// How often values occur, in intervals of equal width.
struct Histogram {
    /// From the smallest to the largest value.
    let bounds: ClosedRange<Double>
    /// The values in each interval, ascending; the upper bound belongs to the last.
    let counts: [Int]

    /// As many intervals as the cube root of the number of values, twice (Rice's rule), but 8 to 40.
    ///
    /// - Returns: `nil` where no value is finite.
    init?(_ values: some Collection<Double>) {
        let finite = values.filter(\.isFinite)
        let bins = min(max(Int((2 * Foundation.cbrt(Double(finite.count))).rounded(.up)), 8), 40)
        guard let low = finite.min(), let high = finite.max() else { return nil }
        var counts = [Int](repeating: 0, count: bins)
        for value in finite {
            let place = high > low ? (value - low) / (high - low) : 0.5
            counts[min(Int(place * Double(bins)), bins - 1)] += 1
        }
        self.counts = counts
        bounds = low...high
    }

    /// The chart of it.
    func html(title: String, note: String = "", of thing: String, color: ChartColor = .first, height: Int = 130) -> HTML
    {
        let x = Axis([bounds.lowerBound, bounds.upperBound], isLoose: false)
        let y = Axis([0, Double(counts.max()!)], isWhole: true)
        let range = "\(readable(bounds.lowerBound, 3)) to \(readable(bounds.upperBound, 3))"
        let frame = ChartFrame(
            title: title, note: note, x: x, y: y, description: "\(title): \(thing) from \(range)",
            height: height)
        return frame.html(
            drawing: HTML("path", ["class": "bars \(color.name)", "style": color.style, "d": bars(x, y)]),
            table: table(of: thing))
    }

    private func edge(_ index: Int) -> Double {
        bounds.lowerBound + (bounds.upperBound - bounds.lowerBound) * Double(index) / Double(counts.count)
    }

    /// A bar for each interval, with a gap of a tenth. A single value stands in the middle.
    private func bars(_ x: Axis, _ y: Axis) -> String {
        let width = 1 / Double(counts.count)
        return counts.indices.filter { counts[$0] > 0 }.map { index in
            let height = y.position(Double(counts[index])) ?? 0
            let (left, right) = ((Double(index) + 0.05) * width, (Double(index) + 0.95) * width)
            return "M\(coordinate(left)) 1000V\(coordinate(1 - height))H\(coordinate(right))V1000Z"
        }.joined()
    }

    private func table(of thing: String) -> HTML {
        HTML("details") {
            HTML("summary") { "Numbers" }
            HTML.table(
                head: ["from", "to", thing],
                rows: counts.indices.map { [readable(edge($0)), readable(edge($0 + 1)), grouped(counts[$0])] })
        }
    }
}
