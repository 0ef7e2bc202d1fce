import Foundation

/// Text in columns.
enum TextTable {
    /// Rows with their columns padded to the same width, two spaces apart.
    static func aligned(_ rows: [[String]], rightAligned: Set<Int>) -> String {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
        let lines = rows.map { row in
            let cells = row.enumerated().map { column, text in
                let padding = String(repeating: " ", count: widths[column] - text.count)
                return rightAligned.contains(column) ? padding + text : text + padding
            }
            return trimmedEnd(cells.joined(separator: "  "))
        }
        return lines.joined(separator: "\n")
    }

    /// Rows of a name and a text, which goes on below itself where the columns are too few.
    static func facts(_ rows: [[String]], columns: Int?) -> String {
        let margin = 2 + (rows.map { $0[0].count }.max() ?? 0)
        guard let columns, columns >= margin + 12 else { return aligned(rows, rightAligned: []) }
        let broken = rows.flatMap { row in
            wrapped(row[1], columns: columns - margin).enumerated().map { [$0 == 0 ? row[0] : "", $1] }
        }
        return aligned(broken, rightAligned: [])
    }

    /// A text in lines of at most so many characters, broken between words where that can be.
    static func wrapped(_ text: String, columns: Int) -> [String] {
        var lines: [String] = []
        for word in text.split(separator: " ") {
            if let last = lines.last, last.count + 1 + word.count <= columns {
                lines[lines.count - 1] = "\(last) \(word)"
            } else {
                lines.append(String(word))
            }
        }
        return lines
    }

    private static func trimmedEnd(_ line: String) -> String {
        var line = line
        while line.last == " " { line.removeLast() }
        return line
    }
}

/// A number with a fixed count of decimals.
func fixed(_ value: Double, _ decimals: Int) -> String {
    String(format: "%.\(decimals)f", value)
}

/// A number with so many significant digits.
func significant(_ value: Double, _ digits: Int) -> String {
    String(format: "%.\(digits)g", value)
}

/// A whole number with its thousands apart.
func grouped(_ value: Int) -> String {
    var text = ""
    for (index, digit) in String(value).reversed().enumerated() {
        if index > 0, index % 3 == 0, digit != "-" { text.append(",") }
        text.append(digit)
    }
    return String(text.reversed())
}
