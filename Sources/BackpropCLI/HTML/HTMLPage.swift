import Backprop

/// A page that is whole in one file: nothing is fetched, and the page itself forbids it.
///
/// It is light or dark as the reader's system is, and fits a phone.
struct HTMLPage {
    /// What the window is called.
    var title: String
    /// On top of the shared style.
    var style: StaticString = ""
    /// On top of the shared script, which makes charts answer to pointer and keyboard.
    var script: StaticString = ""
    /// What stands on it.
    var content: HTML

    init(
        title: String, style: StaticString = "", script: StaticString = "", @HTMLBuilder _ content: () -> HTML
    ) {
        self.title = title
        self.style = style
        self.script = script
        self.content = content()
    }

    /// The file.
    var text: String {
        "<!DOCTYPE html>\n"
            + HTML("html", ["lang": "en"]) {
                HTML("head") { head }
                "\n"
                HTML("body") {
                    HTML("main") { content }
                    HTML("footer") { "Made by backprop \(libraryVersion)" }
                    HTML("script") { HTML.source(Self.sharedScript) }
                    HTML("script") { HTML.source(script) }
                }
            }.text + "\n"
    }

    @HTMLBuilder private var head: HTML {
        HTML("meta", ["charset": "utf-8"])
        HTML("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"])
        HTML("meta", ["name": "color-scheme", "content": "light dark"])
        HTML("meta", ["http-equiv": "Content-Security-Policy", "content": Self.policy])
        HTML("title") { title }
        HTML("style") { HTML.source(Self.sharedStyle) }
        HTML("style") { HTML.source(style) }
    }

    /// What the page may do: show itself and the pictures in it.
    private static let policy =
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
}
