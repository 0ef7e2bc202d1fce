import Testing

@testable import BackpropCLI

@Suite("Curves drawn with characters")
struct PlotTests {
    @Test("a straight line runs from corner to corner, with the ends of both axes")
    func line() {
        let plot = Plot(points: (0...4).map { (Double($0), Double($0)) }, width: 5, height: 5, mark: 2)
        #expect(
            plot.text == """
                4 │    •
                  │   •
                  │  •
                  │ •
                0 │•
                  └──▲──
                   0   4
                """)
    }

    @Test("on a logarithmic axis factors are distances")
    func logarithmic() {
        let points = [(x: 0.001, y: 0.0), (x: 0.1, y: 4.0), (x: 10.0, y: 8.0)]
        let lines = Plot(points: points, width: 9, height: 9, isLogarithmic: true).text.split(separator: "\n")
        #expect(lines.first == "8 │        •" && lines[4] == "  │    •" && lines[8] == "0 │•")
        #expect(lines.last == "   0.001  10")
    }

    @Test("points of one column are drawn as their mean, and what is infinite is left aside")
    func means() {
        let points = [
            (x: 0.0, y: 0.0), (x: 1.0, y: 4.0), (x: 1.01, y: 0.0), (x: 2.0, y: 4.0), (x: 3.0, y: .infinity),
            (x: .nan, y: 1.0),
        ]
        let lines = Plot(points: points, width: 3, height: 3).text.split(separator: "\n")
        #expect(lines.prefix(3) == ["4 │  •", "  │ •", "0 │•"])
    }

    @Test("there is no curve without two different points")
    func nothing() {
        #expect(Plot(points: []).text.isEmpty)
        #expect(Plot(points: [(1, 1)]).text.isEmpty)
        #expect(Plot(points: [(1, 1), (2, 1)]).text.isEmpty)
        #expect(Plot(points: [(1, 1), (1, 2)]).text.isEmpty)
        #expect(Plot(points: [(1, 1), (2, .nan)]).text.isEmpty)
    }

    @Test("columns between two points are drawn on the line between them")
    func connected() {
        let lines = Plot(points: [(0, 0), (4, 4)], width: 5, height: 5).text.split(separator: "\n")
        #expect(lines.prefix(5) == ["4 │    •", "  │   •", "  │  •", "  │ •", "0 │•"])
    }

    @Test("of two curves the first one is in front, on a logarithmic axis as far from 1 to 10 as from 10 to 100")
    func twoCurves() {
        let plot = Plot(
            points: [(0, 100), (2, 1)], others: [(0, 100), (2, 100)], width: 3, height: 3, scale: .logarithmic)
        #expect(plot.text.split(separator: "\n").prefix(3) == ["100 │•∘∘", "    │ •", "  1 │  •"])
    }

    @Test("a mark that is off the axis is not drawn")
    func farMark() {
        #expect(!Plot(points: [(1, 1), (2, 2)], mark: 9).text.contains("▲"))
    }
}
