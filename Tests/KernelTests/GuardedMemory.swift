#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Arrays that each touch a page which can't be accessed, so that a kernel that reads or writes one
/// element too far crashes.
final class GuardedMemory {
    /// Which end of an array touches the forbidden page.
    enum Side: CaseIterable {
        case start, end
    }

    private let side: Side
    private var mappings: [(address: UnsafeMutableRawPointer, bytes: Int)] = []

    init(_ side: Side) {
        self.side = side
    }

    deinit {
        for mapping in mappings { munmap(mapping.address, mapping.bytes) }
    }

    /// A copy of values, which lives as long as this object.
    func array<Element>(_ values: [Element]) -> UnsafeMutablePointer<Element> {
        let page = Int(getpagesize())
        let bytes = values.count * MemoryLayout<Element>.stride
        let room = (bytes + page - 1) / page * page
        let start = map(page, room, page) + page
        let memory = (side == .start ? start : start + room - bytes).assumingMemoryBound(to: Element.self)
        values.withUnsafeBufferPointer { values in
            guard let first = values.baseAddress else { return }
            memory.initialize(from: first, count: values.count)
        }
        return memory
    }

    /// Maps memory between two forbidden pieces.
    private func map(_ before: Int, _ room: Int, _ after: Int) -> UnsafeMutableRawPointer {
        let bytes = before + room + after
        let address = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0)
        guard let address, address != MAP_FAILED else { preconditionFailure("no memory for a guarded array") }
        mappings.append((address, bytes))
        precondition(mprotect(address, before, PROT_NONE) == 0)
        precondition(mprotect(address + before + room, after, PROT_NONE) == 0)
        return address
    }
}
