import Foundation

/// A curve drawn with characters: points of `x` on a logarithmic or linear axis, `y` upwards.
struct Plot {
    var points: [(x: Double, y: Double)]
    /// A second curve, in front of which the first one is drawn.
    var others: [(x: Double, y: Double)] = []
    var width = 60
    var height = 12
    var isLogarithmic = false
    /// Of `y`.
    var scale = Axis.Scale.linear
    /// An `x` that is marked below the axis.
    var mark: Double?

    static let symbols: (first: Character, second: Character, mark: Character) = ("•", "∘", "▲")

    /// Lines of text, without an end of line at the end. Empty without two different points.
    var text: String {
        let finite = (points + others).filter { $0.x.isFinite && $0.y.isFinite }
        guard let low = finite.map(\.y).min(), let high = finite.map(\.y).max(), high > low,
            let first = finite.map(\.x).min(), let last = finite.map(\.x).max(), last > first
        else { return "" }
        let (from, to) = (position(first), position(last))
        func column(_ x: Double) -> Int { Int(((position(x) - from) / (to - from) * Double(width - 1)).rounded()) }
        let (top, bottom) = (place(high), place(low))
        func row(_ y: Double) -> Double { (top - place(y)) / (top - bottom) * Double(height - 1) }
        var cells = [[Character]](repeating: .init(repeating: " ", count: width), count: height)
        for (curve, symbol) in [(others, Self.symbols.second), (points, Self.symbols.first)] {
            let finite = curve.filter { $0.x.isFinite && $0.y.isFinite }
            // The points that share a column are drawn as one, so that a curve looks like one.
            let means = Dictionary(grouping: finite) { column($0.x) }.mapValues { points in
                row(points.reduce(0) { $0 + $1.y } / Double(points.count))
            }
            for (column, row) in Self.connected(means) { cells[Int(row.rounded())][column] = symbol }
        }
        let labels = [0: significant(high, 3), height - 1: significant(low, 3)]
        let margin = labels.values.map(\.count).max()!
        let lines = cells.indices.map { index in
            let label = labels[index] ?? ""
            return String(repeating: " ", count: margin - label.count) + label + " │" + trimmed(cells[index])
        }
        return (lines + axis(margin, first: first, last: last, markColumn: mark.map(column)))
            .joined(separator: "\n")
    }

    /// Rows for the columns between those that have one too, on straight lines.
    private static func connected(_ rows: [Int: Double]) -> [Int: Double] {
        let columns = rows.keys.sorted()
        var all = rows
        for (left, right) in zip(columns, columns.dropFirst()) {
            let slope = (rows[right]! - rows[left]!) / Double(right - left)
            for column in (left + 1)..<right { all[column] = rows[left]! + slope * Double(column - left) }
        }
        return all
    }

    private func place(_ y: Double) -> Double { scale == .logarithmic ? Foundation.log(y) : y }

    private func position(_ x: Double) -> Double { isLogarithmic ? Foundation.log(x) : x }

    private func trimmed(_ cells: [Character]) -> String {
        String(cells[...(cells.lastIndex { $0 != " " } ?? 0)])
    }

    private func axis(_ margin: Int, first: Double, last: Double, markColumn: Int?) -> [String] {
        let space = String(repeating: " ", count: margin + 2)
        var line = [Character](repeating: "─", count: width)
        if let markColumn, line.indices.contains(markColumn) { line[markColumn] = Self.symbols.mark }
        let (from, to) = (significant(first, 3), significant(last, 3))
        let gap = String(repeating: " ", count: max(1, width - from.count - to.count))
        return [space.dropLast() + "└" + String(line), space + from + gap + to]
    }
}
