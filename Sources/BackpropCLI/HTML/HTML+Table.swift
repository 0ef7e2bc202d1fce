extension HTML {
    /// A table of texts that scrolls where it is too wide; the first column names its rows.
    static func table(head: [String], rows: [[String]]) -> HTML {
        HTML("div", ["class": "scroll", "tabindex": "0"]) {
            HTML("table") {
                HTML("thead") {
                    HTML("tr") { head.map { name in HTML("th", ["scope": "col"]) { name } } }
                }
                HTML("tbody") {
                    rows.map { row in HTML("tr") { row.map { cell in HTML("td") { cell } } } }
                }
            }
        }
    }

    /// Names with their values.
    static func facts(_ facts: [(name: String, value: String)]) -> HTML {
        HTML("dl", ["class": "facts"]) {
            facts.map { fact in
                HTML("div") {
                    HTML("dt") { fact.name }
                    HTML("dd") { fact.value }
                }
            }
        }
    }
}
