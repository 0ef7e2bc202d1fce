/// Texts that are numbered, from 0, as they come up.
package struct TextNumbering {
    /// Each text once, by its number.
    package private(set) var texts: [String] = []
    private var numbers: [String: Int] = [:]

    package init() {}

    /// The number of a text, which is the next if it is new.
    package mutating func number(of text: String) -> Int {
        if let number = numbers[text] { return number }
        let number = texts.count
        texts.append(text)
        numbers[text] = number
        return number
    }

    /// The place in another order of each number's text.
    ///
    /// - Parameter sorted: The texts in that order.
    package func places(in sorted: [String]) -> [Int] {
        var places = [Int](repeating: 0, count: texts.count)
        for (place, text) in sorted.enumerated() { places[numbers[text]!] = place }
        return places
    }
}
