import Backprop
import CPeak
import Foundation

/// What figures were measured on, and with.
struct Machine: Encodable {
    var processor: String
    var processors: Int
    /// The fastest that the processor has, and that was used unless a row names another.
    var instructionSet: String
    /// Level and size of those that hold data.
    var caches: [String]
    var system: String
    var compiler: String
    var build: String
    var date: String

    init() throws {
        processor = Self.processorName()
        processors = ProcessInfo.processInfo.activeProcessorCount
        instructionSet = try InstructionSet.current.name
        caches = Self.cacheSizes()
        system = ProcessInfo.processInfo.operatingSystemVersionString
        compiler = String(cString: peak_compiler())
        #if DEBUG
            build = "debug (the C core as in release)"
        #else
            build = "release"
        #endif
        date = ISO8601DateFormatter.string(from: Date(), timeZone: .gmt, formatOptions: [.withFullDate])
    }

    var lines: [String] {
        [
            "\(processor), \(processors) processors, \(instructionSet)",
            "caches: \(caches.isEmpty ? "unknown" : caches.joined(separator: ", "))",
            "\(system), \(compiler), \(build) build, \(date)",
        ]
    }

    private static func processorName() -> String {
        let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("model name") }
        return line?.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) } ?? "unknown processor"
    }

    private static func cacheSizes() -> [String] {
        (0..<8).compactMap { index in
            let folder = "/sys/devices/system/cpu/cpu0/cache/index\(index)/"
            func read(_ name: String) -> String? {
                (try? String(contentsOfFile: folder + name, encoding: .utf8))?.trimmingCharacters(in: .newlines)
            }
            guard let level = read("level"), let type = read("type"), let size = read("size"), type != "Instruction"
            else { return nil }
            return "L\(level) \(size)"
        }
    }
}
