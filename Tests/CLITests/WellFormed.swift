import Foundation

#if canImport(FoundationXML)
    import FoundationXML
#endif

/// A page as an XML parser sees it.
final class ParsedPage: NSObject, XMLParserDelegate {
    /// What went wrong; `nil` for a well-formed page.
    private(set) var problem: String?
    private(set) var elements: [(name: String, attributes: [String: String])] = []
    /// All texts but those of styles and scripts.
    private(set) var text = ""
    /// The texts of table cells, a list for each row.
    private(set) var rows: [[String]] = []
    private var open: [String] = []

    init(_ page: String) {
        super.init()
        let parser = XMLParser(data: Data(page.utf8))
        parser.delegate = self
        if !parser.parse() {
            problem = "line \(parser.lineNumber): \(parser.parserError.map { "\($0)" } ?? "not well-formed")"
        }
    }

    func elements(_ name: String) -> [[String: String]] { elements.filter { $0.name == name }.map(\.attributes) }

    func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
        attributes: [String: String]
    ) {
        elements.append((name, attributes))
        open.append(name)
        if name == "tr" { rows.append([]) }
        if name == "td" || name == "th" { rows[rows.count - 1].append("") }
    }

    func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
        open.removeLast()
    }

    func parser(_ parser: XMLParser, foundCharacters string: String) {
        guard open.last != "script", open.last != "style" else { return }
        text += string
        if open.contains("td") || open.contains("th"), let last = rows.indices.last, !rows[last].isEmpty {
            rows[last][rows[last].count - 1] += string
        }
    }
}
