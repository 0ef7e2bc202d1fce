import Foundation

/// A piece of a page.
///
/// Names of elements and attributes, styles and scripts are `StaticString`s, so they stand in the program's source;
/// everything that is known only at run time is a text or an attribute's value, and escaped where it is written. A
/// class that is called `<script>` is a word on the page.
///
/// ```swift
/// HTML("p", ["class": "note"]) {
///     "Trained on "
///     HTML("strong") { name }
/// }
/// ```
///
/// What is written is HTML 5 and well-formed XML.
indirect enum HTML: Sendable {
    /// An element with its attributes, of which those that are `nil` are left out, and its content.
    case element(StaticString, [(name: StaticString, value: String?)], HTML)
    /// A text, as it is to be read.
    case text(String)
    /// One after the other.
    case list([HTML])
    /// The content of a style or script: from the program's source, with neither `]]>` nor an end tag within.
    case source(StaticString)
    /// Numbers and texts for a script: JSON in an element that is not run.
    case json(id: StaticString, String)

    static let nothing = HTML.list([])

    init(
        _ name: StaticString, _ attributes: KeyValuePairs<StaticString, String?> = [:],
        @HTMLBuilder _ content: () -> HTML = { .nothing }
    ) {
        self = .element(name, attributes.map { (name: $0.key, value: $0.value) }, content())
    }

    /// A value that scripts find by `JSON.parse(document.getElementById(id).textContent)`.
    static func json(id: StaticString, of value: some Encodable) throws -> HTML {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
        return .json(id: id, String(decoding: try encoder.encode(value), as: UTF8.self))
    }
}

/// Lets elements and texts stand below each other in braces.
@resultBuilder
enum HTMLBuilder {
    static func buildExpression(_ piece: HTML) -> HTML { piece }
    static func buildExpression(_ text: String) -> HTML { .text(text) }
    static func buildExpression(_ pieces: [HTML]) -> HTML { .list(pieces) }
    static func buildBlock(_ pieces: HTML...) -> HTML { .list(pieces) }
    static func buildOptional(_ piece: HTML?) -> HTML { piece ?? .nothing }
    static func buildEither(first piece: HTML) -> HTML { piece }
    static func buildEither(second piece: HTML) -> HTML { piece }
    static func buildArray(_ pieces: [HTML]) -> HTML { .list(pieces) }
}

// MARK: - Writing

extension HTML {
    /// The markup.
    var text: String {
        var text = ""
        write(to: &text)
        return text
    }

    /// Elements that HTML knows to have no content and no end.
    private static let empty = ["br", "col", "hr", "img", "input", "meta"]

    private func write(to text: inout String) {
        switch self {
        case .text(let content): text += Self.escaped(content)
        case .list(let pieces): pieces.forEach { $0.write(to: &text) }
        // Commented, for XML: HTML takes the content of a style or script as it is, without character references.
        case .source(let source): text += "/*<![CDATA[*/\n\(source)\n/*]]>*/"
        case .json(let id, let json):
            text += "<script type=\"application/json\" id=\"\(id)\">\(Self.harmless(json))</script>\n"
        case .element(let name, let attributes, let content):
            text += "<\(name)"
            for case (let name, let value?) in attributes { text += " \(name)=\"\(Self.escaped(value))\"" }
            if Self.empty.contains(name.description) {
                text += "/>"
            } else {
                text += ">"
                content.write(to: &text)
                text += "</\(name)>"
            }
        }
    }

    /// The one place where texts become markup.
    private static func escaped(_ text: String) -> String {
        var result = ""
        result.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            // What XML has no way to write.
            case "\u{0}"..."\u{8}", "\u{b}", "\u{c}", "\u{e}"..."\u{1f}", "\u{fffe}", "\u{ffff}": result += "\u{fffd}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// JSON without a character that means something in HTML or XML: they stand in strings only, where they may be
    /// written by their numbers.
    private static func harmless(_ json: String) -> String {
        json.replacing("&", with: "\\u0026").replacing("<", with: "\\u003c").replacing(">", with: "\\u003e")
    }
}
