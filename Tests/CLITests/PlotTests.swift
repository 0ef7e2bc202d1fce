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
        let points = [(x: 0.001, y: 0.0), (x: 0.1, y: 1.0), (x: 10.0, y: 2.0)]
        let lines = Plot(points: points, width: 9, height: 3, isLogarithmic: true).text.split(separator: "\n")
        #expect(lines.prefix(3) == ["2 │        •", "  │    •", "0 │•"])
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

    @Test("a mark that is off the axis is not drawn")
    func farMark() {
        #expect(!Plot(points: [(1, 1), (2, 2)], mark: 9).text.contains("▲"))
    }
}
