// What depends on the platform: Foundation's essentials are enough where they stand alone.
#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The value of an environment variable, or `nil` where it isn't set.
func environmentVariable(_ name: String) -> String? {
    ProcessInfo.processInfo.environment[name]
}

/// The bytes of memory that this machine has.
package func physicalMemory() -> UInt64 {
    ProcessInfo.processInfo.physicalMemory
}

/// The processors that the system lets this program use.
func processorCount() -> Int {
    ProcessInfo.processInfo.activeProcessorCount
}

/// The bytes of a file.
package func readFile(_ path: String) throws(BackpropError) -> [UInt8] {
    do {
        return [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    } catch {
        throw .file(path, reason: "can't be read: \(reasonText(error))")
    }
}

/// Bytes of a file or of memory, to be read in place. Copies share them.
struct FileBytes: Hashable, Sendable {
    private var content: Data

    init(_ bytes: [UInt8]) { content = Data(bytes) }

    /// Maps a file into memory: its pages are read when they are looked at, and given back when memory is short.
    /// The file must not be made shorter as long as it is in use.
    init(mapping path: String) throws(BackpropError) {
        do {
            content = try Data(contentsOf: URL(fileURLWithPath: path), options: .alwaysMapped)
        } catch {
            throw .file(path, reason: "can't be read: \(reasonText(error))")
        }
    }

    var count: Int { content.count }

    /// The same with a byte added, unless it is the last already.
    func ending(in byte: UInt8) -> FileBytes {
        guard content.last != byte else { return self }
        var bytes = self
        bytes.content.append(byte)
        return bytes
    }

    /// A copy of some of them.
    func bytes(_ range: Range<Int>) -> [UInt8] {
        [UInt8](content[(content.startIndex + range.lowerBound)..<(content.startIndex + range.upperBound)])
    }

    func withSpan<Result, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(content.span)
    }
}

/// What an error number of the operating system means, for the common ones: POSIX's are the same on Linux and macOS.
package func systemErrorText(_ number: Int32) -> String {
    #if os(Windows)
        let texts: [Int32: String] = [
            2: "no such file", 3: "no such folder", 5: "permission denied", 32: "in use by another program",
            39: "no space left", 112: "no space left",
        ]
    #else
        let texts: [Int32: String] = [
            1: "not permitted", 2: "no such file", 5: "input/output error", 13: "permission denied",
            17: "a temporary file is in the way", 20: "a part of the path is not a folder", 21: "this is a folder",
            27: "the file would be too large", 28: "no space left", 30: "the file system is read-only",
        ]
    #endif
    return texts[number] ?? "system error \(number)"
}

/// Whether there is a folder of that name, that can be read.
package func isFolder(_ path: String) -> Bool {
    (try? FileManager.default.contentsOfDirectory(atPath: path)) != nil
}

/// The names of what is in a folder, sorted by their bytes; those that begin with a point are left out.
func folderContents(_ path: String) throws(BackpropError) -> [String] {
    do {
        let names = try FileManager.default.contentsOfDirectory(atPath: path)
        return names.filter { !$0.hasPrefix(".") }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    } catch {
        throw .file(path, reason: "can't be read: \(reasonText(error))")
    }
}

/// Why the file system refused, in a few words.
package func reasonText(_ error: any Error) -> String {
    guard let error = error as? CocoaError else { return "\(error)" }
    switch error.code {
    case .fileNoSuchFile, .fileReadNoSuchFile: return "no such file"
    case .fileReadNoPermission, .fileWriteNoPermission: return "permission denied"
    case .fileWriteOutOfSpace: return "no space left"
    default: return "error \(error.code.rawValue) of the file system"
    }
}

/// Encodes a value as JSON with sorted keys, so that equal values give equal text.
func jsonText(_ value: some Encodable) throws(BackpropError) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    } catch {
        throw .format("JSON", expected: "finite numbers", found: "\(error)")
    }
}

/// Decodes a value from JSON; `source` names it in the error.
package func jsonValue<Value: Decodable>(
    _ type: Value.Type, from bytes: some Sequence<UInt8>, source: String,
    userInfo: [CodingUserInfoKey: any Sendable] = [:]
) throws(BackpropError) -> Value {
    let decoder = JSONDecoder()
    decoder.userInfo = userInfo
    do {
        return try decoder.decode(type, from: Data(bytes))
    } catch {
        throw .format(source, expected: "valid JSON of the format's keys", found: "\(error)")
    }
}

extension BackpropError: LocalizedError {
    public var errorDescription: String? { description }
}
