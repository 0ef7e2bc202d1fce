import Backprop
import Foundation

/// A file of text, which is written as a whole or not at all.
struct TextFile {
    var path: String

    /// - Throws: ``BackpropError/file(_:reason:)``
    func write(_ text: String) throws(BackpropError) {
        do { try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic) } catch {
            throw .file(path, reason: "can't be written: \(error.localizedDescription)")
        }
    }
}
