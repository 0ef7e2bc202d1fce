import Backprop
import Foundation

/// Bytes that come some at a time: of a file, or what is written to standard input.
struct ByteInput {
    private let handle: FileHandle
    private let name: String

    static var standard: ByteInput { ByteInput(handle: .standardInput, name: "standard input") }

    private init(handle: FileHandle, name: String) {
        self.handle = handle
        self.name = name
    }

    /// - Throws: ``BackpropError/file(_:reason:)``
    init(contentsOf path: String) throws(BackpropError) {
        do {
            handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
        } catch {
            throw .file(path, reason: "can't be read: \(reasonText(error))")
        }
        name = path
    }

    /// Waits for bytes, and returns those that are there: at most so many, and none at the end.
    ///
    /// - Throws: ``BackpropError/file(_:reason:)``
    func read(upTo count: Int) throws(BackpropError) -> [UInt8] {
        #if os(Windows)
            do { return [UInt8](try handle.read(upToCount: count) ?? Data()) } catch {
                throw .file(name, reason: "can't be read: \(reasonText(error))")
            }
        #else
            // FileHandle would wait until all of them are there.
            var problem: Int32 = 0
            let bytes = [UInt8](unsafeUninitializedCapacity: count) { memory, initialized in
                var found: Int
                repeat {
                    found = Foundation.read(handle.fileDescriptor, memory.baseAddress, count)
                } while found < 0 && errno == EINTR
                problem = found < 0 ? errno : 0
                initialized = max(0, found)
            }
            guard problem == 0 else { throw .file(name, reason: "can't be read: \(systemErrorText(problem))") }
            return bytes
        #endif
    }
}
