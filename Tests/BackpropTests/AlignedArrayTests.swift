import Testing

@testable import Backprop

@Suite struct AlignedArrayTests {
    @Test("numbers begin where a line of memory does", arguments: [0, 1, 5, 1000, 101_770])
    func alignment(count: Int) {
        let array = AlignedArray((0..<count).map(Float.init))
        #expect(array.count == count)
        #expect(array.withUnsafeBufferPointer { UInt(bitPattern: $0.baseAddress) % 64 } == 0)
        #expect(array.values == (0..<count).map(Float.init))
    }

    @Test("a copy keeps its numbers when the other changes")
    func value() {
        var array = AlignedArray<Double>([1, 2, 3, 4])
        let before = array
        array[0] = -1
        array.replaceSubrange(2..<4, with: [-3, -4])
        #expect(array.values == [-1, 2, -3, -4])
        #expect(before.values == [1, 2, 3, 4])
        #expect(before[3] == 4 && array[3] == -4)
    }
}
