/// Numbers that begin where a line of memory does; a value, as an array is.
///
/// The elements of an `Array` lie 32 bytes behind what the system allocates, whose addresses are multiples of 16. Rows of
/// weights that lie across lines cost a step of 784-128-10 with AVX-512 a tenth with 128 samples, and a seventh with one.
struct AlignedArray<Element: NetworkScalar>: Sendable {
    /// The numbers, which change only where one array has them: that makes it safe to send.
    private final class Storage: @unchecked Sendable {
        let numbers: UnsafeMutableBufferPointer<Element>

        init(repeating number: Element, count: Int) {
            let start = UnsafeMutableRawPointer.allocate(
                byteCount: max(1, count * MemoryLayout<Element>.stride), alignment: 64)
            numbers = UnsafeMutableBufferPointer(
                start: start.bindMemory(to: Element.self, capacity: count), count: count)
            numbers.initialize(repeating: number)
        }

        convenience init(_ values: UnsafeBufferPointer<Element>) {
            self.init(repeating: 0, count: values.count)
            _ = numbers.update(fromContentsOf: values)
        }

        deinit { UnsafeMutableRawPointer(numbers.baseAddress!).deallocate() }
    }

    private var storage: Storage

    init(_ values: [Element]) {
        storage = values.withUnsafeBufferPointer { Storage($0) }
    }

    var count: Int { storage.numbers.count }

    /// All of them, copied.
    var values: [Element] { Array(storage.numbers) }

    subscript(index: Int) -> Element {
        get { storage.numbers[index] }
        set { withUnsafeMutableBufferPointer { $0[index] = newValue } }
    }

    /// Puts as many numbers in the place of those in a range.
    mutating func replaceSubrange(_ range: Range<Int>, with numbers: [Element]) {
        precondition(range.count == numbers.count)
        withUnsafeMutableBufferPointer { _ = $0[range].update(fromContentsOf: numbers) }
    }

    @inline(__always)
    func withUnsafeBufferPointer<Result>(_ body: (UnsafeBufferPointer<Element>) -> Result) -> Result {
        let result = body(UnsafeBufferPointer(storage.numbers))
        extendLifetime(storage)
        return result
    }

    @inline(__always)
    mutating func withUnsafeMutableBufferPointer<Result>(
        _ body: (UnsafeMutableBufferPointer<Element>) -> Result
    ) -> Result {
        if !isKnownUniquelyReferenced(&storage) { storage = Storage(UnsafeBufferPointer(storage.numbers)) }
        let result = body(storage.numbers)
        extendLifetime(storage)
        return result
    }
}
