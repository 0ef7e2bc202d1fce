import Foundation
import Testing

@testable import BackpropCLI

@Suite("Pages of HTML")
struct HTMLTests {
    @Test("texts and attributes are escaped, so that no word becomes markup")
    func escaping() {
        let word = "<script>alert('a' & \"b\")</script>]]>"
        let page = HTMLPage(title: word) { HTML("p", ["title": word, "class": nil]) { word } }
        let parsed = ParsedPage(page.text)
        #expect(parsed.problem == nil)
        #expect(parsed.text.contains(word))
        #expect(parsed.elements("p").first == ["title": word])
        #expect(parsed.elements("script").count == 2, "the shared script and the page's own")
        #expect(!page.text.contains(word))
    }

    @Test("characters that XML can't hold are replaced")
    func controlCharacters() {
        #expect(HTML.text("a\u{0}b\u{1b}c\u{ffff}\td\n").text == "a\u{fffd}b\u{fffd}c\u{fffd}\td\n")
    }

    @Test("JSON for a script holds nothing that ends the script, and means the same")
    func json() throws {
        let value = ["</script>": ["<!--", "&amp;", "a\"b", "é"]]
        let text = try HTML.json(id: "data", of: value).text
        let start = try #require(text.firstIndex(of: ">"))
        let end = try #require(text.lastIndex(of: "<"))
        let inside = text[text.index(after: start)..<end]
        #expect(!inside.contains("<") && !inside.contains("&") && !inside.contains(">"))
        #expect(try JSONDecoder().decode([String: [String]].self, from: Data(inside.utf8)) == value)
    }

    @Test("elements without content are written as HTML knows them")
    func emptyElements() {
        #expect(HTML("img", ["alt": "a"]).text == "<img alt=\"a\"/>")
        #expect(HTML("div").text == "<div></div>")
    }

    @Test("a page forbids itself to fetch anything")
    func policy() throws {
        let parsed = ParsedPage(HTMLPage(title: "t") { "x" }.text)
        let policies = parsed.elements("meta").filter { $0["http-equiv"] == "Content-Security-Policy" }
        #expect(try #require(policies.first?["content"]).hasPrefix("default-src 'none'"))
    }

    @Test(
        "ticks of an axis are round numbers within its bounds",
        arguments: [
            ([0.0, 1], [0.0, 0.5, 1]), ([0.13, 0.87], [0.0, 0.2, 0.4, 0.6, 0.8, 1]), ([-3.0, 40], [-20.0, 0, 20, 40]),
            ([5.0, 5], [2.0, 4, 6, 8]), ([], [0.5, 1, 1.5]),
        ])
    func linearTicks(values: [Double], ticks: [Double]) {
        let axis = Axis(values)
        #expect(axis.ticks == ticks || values != [0, 1] && axis.ticks.count >= 3, "\(axis.ticks)")
        #expect(values.allSatisfy(axis.bounds.contains))
        #expect(axis.ticks.first == axis.bounds.lowerBound && axis.ticks.last == axis.bounds.upperBound)
    }

    @Test(
        "extremes are drawn, and ticks told apart",
        arguments: [
            [-1.7e308, 1.7e308], [.leastNonzeroMagnitude, 4 * .leastNonzeroMagnitude], [1, 1.0.nextUp],
            [1e17, 1e17 + 64], [0.1111, 0.1112], [.nan],
        ], [Axis.Scale.linear, .logarithmic])
    func extremes(values: [Double], scale: Axis.Scale) {
        let axis = Axis(values, scale: scale)
        #expect(values.compactMap(axis.position).allSatisfy { $0.isFinite })
        #expect(axis.bounds.lowerBound < axis.bounds.upperBound)
        let chart = LineChart(
            title: "t", x: (0...values.count).map { Double($0) },
            series: [.init(name: "s", values: values + [1], color: .first)], scale: scale)
        #expect(ParsedPage(chart.html.text).problem == nil)
        if scale == .linear { #expect(Set(axis.ticks.map(axis.label)).count == axis.ticks.count) }
    }

    @Test("epochs and counts have whole ticks")
    func wholeTicks() {
        #expect(Axis([1, 3], isLoose: false, isWhole: true).ticks == [1, 2, 3])
        #expect(Axis([0, 1], isWhole: true).ticks == [0, 1])
    }

    @Test("on a logarithmic axis powers of ten are as far from each other")
    func logarithmicTicks() throws {
        let axis = Axis([0.001, 0.02, 10, .nan, .infinity, 0, -1], scale: .logarithmic)
        #expect(axis.ticks == [0.001, 0.01, 0.1, 1, 10])
        let places = axis.ticks.compactMap(axis.position)
        #expect(zip(places, [0, 0.25, 0.5, 0.75, 1]).allSatisfy { abs($0 - $1) < 1e-12 }, "\(places)")
        #expect(axis.position(0) == nil && axis.position(.nan) == nil)
    }

    @Test("numbers are written as people read them")
    func readableNumbers() {
        #expect(readable(0) == "0")
        #expect(readable(0.5) == "0.5")
        #expect(readable(1_234_567) == "1,234,567")
        #expect(readable(-0.0125) == "−0.0125")
        #expect(readable(99.996) == "100")
        #expect(readable(1e-5) == "10⁻⁵")
        #expect(readable(-2.5e-7, 3) == "−2.5·10⁻⁷")
        #expect(readable(3e20) == "3·10²⁰")
        #expect(readable(.nan) == "NaN" && readable(-.infinity) == "−∞")
    }

    @Test("a histogram counts every finite value once, the largest too")
    func histogram() throws {
        let values = (0...100).map { Double($0) } + [.nan, .infinity]
        let histogram = try #require(Histogram(values))
        #expect(histogram.counts == [10, 10, 10, 10, 10, 10, 10, 10, 10, 11])
        #expect(histogram.bounds == 0...100)
        #expect(Histogram([Double.nan]) == nil)
        #expect(Histogram([2, 2, 2])?.counts.max() == 3)
    }

    @Test("a line chart has all values in its table, and draws only some of very many")
    func lineChart() {
        let x = (1...1000).map { Double($0) }
        let series = LineChart.Series(name: "loss", values: x.map { $0 == 500 ? nil : 1 / $0 }, color: .first)
        let chart = LineChart(title: "Loss", x: x, series: [series], mark: (index: 776, text: "best"))
        let parsed = ParsedPage(chart.html.text)
        #expect(parsed.problem == nil)
        #expect((400...402).contains(parsed.rows.count))
        #expect(parsed.rows.contains(["1", "1"]) && parsed.rows.contains(["1,000", "0.001"]))
        #expect(parsed.rows.contains(["777", "0.001287"]), "the marked point")
    }

    @Test("pictures are PNG files with checksums, of the pixels that were given")
    func png() {
        let bytes = PNG(width: 2, height: 1, channels: 3, samples: [255, 0, 0, 0, 0, 255]).bytes
        #expect(bytes.starts(with: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]))
        // The known check value of the last chunk.
        #expect(bytes.suffix(8) == [0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82])
        let header: [UInt8] = [0x49, 0x48, 0x44, 0x52, 0, 0, 0, 2, 0, 0, 0, 1, 8, 2, 0, 0, 0]
        #expect(Array(bytes[12..<29]) == header)
        // One stored block: its length and complement, the row's filter, the pixels, and their Adler-32.
        let stream: [UInt8] = [0x78, 1, 1, 7, 0, 0xf8, 0xff, 0, 255, 0, 0, 0, 0, 255, 7, 0, 1, 0xff]
        #expect(Array(bytes[41..<59]) == stream, "\(bytes[41..<59])")
    }

    @Test("weights are transparent at 0, and of full color at the bound")
    func signedPicture() throws {
        let bytes = PNG(width: 3, height: 1, signed: [-2, 0, 5], bound: 2).bytes
        let start = try #require(bytes.indices.first { bytes[$0...].starts(with: Array("IDAT".utf8)) })
        #expect(Array(bytes[(start + 11)..<(start + 15)]) == [0, 0, 48, 96])
        let alphas = try #require(bytes.indices.first { bytes[$0...].starts(with: Array("tRNS".utf8)) })
        #expect([bytes[alphas + 4], bytes[alphas + 4 + 48], bytes[alphas + 4 + 96]] == [255, 0, 255])
    }

    @Test(
        "the hash is the one of the standard's examples",
        arguments: [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
            ),
        ])
    func hash(text: String, expected: String) {
        #expect(sha256(Array(text.utf8)) == expected)
    }
}
