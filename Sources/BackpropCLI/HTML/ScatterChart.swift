/// Points, and the diagonal on which both of their numbers are the same.
struct ScatterChart {
    var title: String
    var note = ""
    var xName: String
    var points: [(x: Double, y: Double)]

    /// More could not be told apart, and would make the page large.
    private static let limit = 3000

    var html: HTML {
        let finite = points.filter { $0.x.isFinite && $0.y.isFinite }
        let axis = Axis(finite.flatMap { [$0.x, $0.y] })
        let shown =
            finite.count <= Self.limit
            ? finite : (0..<Self.limit).map { finite[$0 * (finite.count - 1) / (Self.limit - 1)] }
        let left = finite.count > shown.count ? " \(grouped(shown.count)) of \(grouped(finite.count)) are drawn." : ""
        let frame = ChartFrame(
            title: title, note: note + left, x: axis, y: axis, xName: xName,
            description: "\(title): \(grouped(points.count)) points; the nearer to the diagonal, the better.",
            height: 340)
        let dots = shown.map { point in
            "M\(coordinate(axis.position(point.x)!)) \(coordinate(1 - axis.position(point.y)!))h0"
        }
        return frame.html(
            drawing: HTML.list([
                HTML("path", ["class": "guide", "d": "M0 1000L1000 0"]),
                HTML("path", ["class": "dots s0", "d": dots.joined()]),
            ]))
    }
}
