/// Numbers at an address that doesn't change, aligned as vectors like it, with room for a vector more at their end: so
/// the last ones can be read as one.
final class AlignedMemory<Element: BitwiseCopyable> {
    let pointer: UnsafeMutablePointer<Element>
    let count: Int

    /// Zeros, where `zero` is one.
    init(repeating zero: Element, count: Int) {
        let room = count + 64 / MemoryLayout<Element>.stride
        pointer = UnsafeMutableRawPointer.allocate(byteCount: room * MemoryLayout<Element>.stride, alignment: 64)
            .bindMemory(to: Element.self, capacity: room)
        pointer.initialize(repeating: zero, count: room)
        self.count = count
    }

    convenience init(_ values: [Element]) {
        self.init(repeating: values[0], count: values.count)
        for (index, value) in values.enumerated() { pointer[index] = value }
    }

    deinit { UnsafeMutableRawPointer(pointer).deallocate() }

    var values: [Element] { Array(UnsafeBufferPointer(start: pointer, count: count)) }
}

/// Numbers that are the same everywhere, uniform in 0..<1.
func uniform<Scalar: BinaryFloatingPoint>(_ count: Int, seed: UInt64) -> [Scalar] {
    var state = seed
    return (0..<count).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Scalar(state >> 40) / 16_777_216
    }
}
