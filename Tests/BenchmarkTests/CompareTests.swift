import Testing

@testable import Benchmarks

@Suite("The table of Benchmarks compare")
struct CompareTests {
    @Test("every row has a name of its own")
    func names() {
        #expect(Set(CompareRow.all.map(\.name)).count == CompareRow.all.count)
    }

    @Test("a bar is met on its own side, and at the limit")
    func bars() {
        #expect(Bar.atLeast(0.9, .share).isMet(by: 0.9) && !Bar.atLeast(0.9, .share).isMet(by: 0.89))
        #expect(Bar.atMost(1.25, .times).isMet(by: 1.25) && !Bar.atMost(1.25, .times).isMet(by: 1.26))
    }

    @Test("a layer is filled to whole vectors, and one that is full stays", arguments: [(1, 16), (16, 16), (17, 32)])
    func filled(units: Int, expected: Int) {
        #expect(NetworkShape(784, units, 10).filled(1, lanes: 16).units == [784, expected, 10])
    }

    @Test("a step of 784-128-10 has two operations a weight forward, two for its gradient, and two for deltas above")
    func operations() {
        let shape = NetworkShape(784, 128, 10)
        #expect(shape.operations(isTraining: true) == Double(4 * 784 * 128 + 6 * 128 * 10))
        #expect(shape.operations(isTraining: false) == Double(2 * 784 * 128 + 2 * 128 * 10))
    }
}
