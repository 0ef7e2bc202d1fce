import Foundation

/// A curve drawn with characters: points of `x` on a logarithmic or linear axis, `y` upwards.
struct Plot {
    var points: [(x: Double, y: Double)]
    var width = 60
    var height = 12
    var isLogarithmic = false
    /// An `x` that is marked below the axis.
    var mark: Double?

    /// Lines of text, without an end of line at the end. Empty without two different points.
    var text: String {
        let finite = points.filter { $0.x.isFinite && $0.y.isFinite }
        guard let low = finite.map(\.y).min(), let high = finite.map(\.y).max(), high > low,
            let first = finite.map({ position($0.x) }).min(), let last = finite.map({ position($0.x) }).max(),
            last > first
        else { return "" }
        func column(_ x: Double) -> Int { Int(((position(x) - first) / (last - first) * Double(width - 1)).rounded()) }
        func row(_ y: Double) -> Int { Int(((high - y) / (high - low) * Double(height - 1)).rounded()) }
        var cells = [[Character]](repeating: .init(repeating: " ", count: width), count: height)
        // The points that share a column are drawn as one, so that a curve looks like one.
        for (column, points) in Dictionary(grouping: finite, by: { column($0.x) }) {
            cells[row(points.reduce(0) { $0 + $1.y } / Double(points.count))][column] = "•"
        }
        let labels = [0: significant(high, 3), height - 1: significant(low, 3)]
        let margin = labels.values.map(\.count).max()!
        let lines = cells.indices.map { index in
            let label = labels[index] ?? ""
            return String(repeating: " ", count: margin - label.count) + label + " │" + trimmed(cells[index])
        }
        return (lines + axis(margin, first: finite.first!.x, last: finite.last!.x, markColumn: mark.map(column)))
            .joined(separator: "\n")
    }

    private func position(_ x: Double) -> Double { isLogarithmic ? Foundation.log(x) : x }

    private func trimmed(_ cells: [Character]) -> String {
        String(cells[...(cells.lastIndex { $0 != " " } ?? 0)])
    }

    private func axis(_ margin: Int, first: Double, last: Double, markColumn: Int?) -> [String] {
        let space = String(repeating: " ", count: margin + 2)
        var line = [Character](repeating: "─", count: width)
        if let markColumn, line.indices.contains(markColumn) { line[markColumn] = "▲" }
        let (from, to) = (significant(first, 3), significant(last, 3))
        let gap = String(repeating: " ", count: max(1, width - from.count - to.count))
        return [space.dropLast() + "└" + String(line), space + from + gap + to]
    }
}
