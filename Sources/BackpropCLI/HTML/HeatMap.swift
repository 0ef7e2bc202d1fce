/// A table of numbers whose cells are the deeper in color the larger their numbers are.
struct HeatMap {
    struct Cell {
        /// What stands in it; empty for nothing.
        var text: String
        /// From 0, the surface's color, to 1.
        var depth: Double
        var color = ChartColor.first
        /// A sentence that shows when the pointer rests on it.
        var title: String?
    }

    var rowNames: [String]
    var columnNames: [String]
    /// `cells[row][column]`
    var cells: [[Cell]]
    /// For those who don't see it.
    var description: String
    /// A class for what a page does in its own way.
    var kind: String?

    var html: HTML {
        HTML("div", ["class": "scroll", "tabindex": "0"]) {
            HTML("table", ["class": "heat\(kind.map { " " + $0 } ?? "")"]) {
                HTML("caption", ["class": "hidden"]) { description }
                HTML("thead") {
                    HTML("tr") {
                        HTML("th")
                        for name in columnNames { HTML("th", ["scope": "col"]) { name } }
                    }
                }
                HTML("tbody") {
                    for (name, cells) in zip(rowNames, cells) {
                        HTML("tr") {
                            HTML("th", ["scope": "row"]) { name }
                            cells.map(html)
                        }
                    }
                }
            }
        }
    }

    private func html(_ cell: Cell) -> HTML {
        let kind = cell.depth > 0.55 ? " deep" : cell.depth == 0 ? " none" : ""
        return HTML(
            "td",
            [
                "class": cell.color.name + kind, "style": "--v:\(fixed(cell.depth, 3));" + (cell.color.style ?? ""),
                "title": cell.title,
            ]
        ) { cell.text }
    }
}
