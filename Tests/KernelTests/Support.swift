import Testing

@testable import Backprop
@testable import BackpropReference

/// An instruction set and a precision: what a kernel is tested on.
struct Machine: Sendable, CustomTestStringConvertible {
    let instructionSet: InstructionSet
    let scalar: any KernelScalar.Type

    var testDescription: String { "\(instructionSet), \(scalar)" }

    static let precisions: [any KernelScalar.Type] = [Float.self, Double.self]

    /// All that this processor has.
    static let all = InstructionSet.available.flatMap { set in
        precisions.map { Machine(instructionSet: set, scalar: $0) }
    }
}

/// A precision alone, for what doesn't depend on the instruction set or compares all of them.
struct Precision: Sendable, CustomTestStringConvertible {
    let scalar: any KernelScalar.Type

    var testDescription: String { "\(scalar)" }

    static let all = Machine.precisions.map(Precision.init)
}

// MARK: Equality

/// Whether two numbers have the same bits; any NaN is the same as any other.
func isSame<Scalar: BinaryFloatingPoint>(_ a: Scalar, _ b: Scalar) -> Bool {
    a.isNaN ? b.isNaN : a == b && a.sign == b.sign
}

/// Fails unless all numbers have the same bits, and shows the first that don't.
func expectSame<Scalar: KernelScalar>(
    _ found: [Scalar], _ expected: [Scalar], _ what: @autoclosure () -> String,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    if hasSameBytes(found, expected) { return }
    guard found.count == expected.count else {
        Issue.record(
            "\(what()): expected \(expected.count) values, found \(found.count)", sourceLocation: sourceLocation)
        return
    }
    guard let index = found.indices.first(where: { !isSame(found[$0], expected[$0]) }) else { return }
    Issue.record(
        "\(what()): expected \(expected[index]), found \(found[index]) at \(index) of \(found.count)",
        sourceLocation: sourceLocation)
}

/// Most comparisons end here, far faster than number by number in a debug build.
private func hasSameBytes<Scalar>(_ a: [Scalar], _ b: [Scalar]) -> Bool {
    a.withUnsafeBytes { a in b.withUnsafeBytes { b in a.elementsEqual(b) } }
}

// MARK: Values

extension ReferenceRandom {
    mutating func values<Scalar: KernelScalar>(_ count: Int, limit: Scalar = 1) -> [Scalar] {
        (0..<count).map { _ in uniform(limit: limit) }
    }

    mutating func matrix<Scalar: KernelScalar>(_ rows: Int, _ columns: Int) -> [[Scalar]] {
        (0..<rows).map { _ in values(columns) }
    }

    /// Numbers of which most are special.
    mutating func specialMatrix<Scalar: KernelScalar>(_ rows: Int, _ columns: Int) -> [[Scalar]] {
        let choices = Scalar.specials + [0, 0, 1, -1, 0.5]
        return (0..<rows).map { _ in (0..<columns).map { _ in choices[Int(next(below: UInt64(choices.count)))] } }
    }
}

extension KernelScalar {
    /// Numbers where functions break: zeros, infinities, NaN, subnormals, the largest, and the
    /// limits at which the functions of `math_template.h` change their method.
    static var specials: [Self] {
        let tiny = leastNonzeroMagnitude
        let positive: [Self] = [
            0, .infinity, tiny, leastNormalMagnitude - tiny, leastNormalMagnitude, 1 - ulpOfOne, 1, 1 + ulpOfOne,
            10, 12, 20, 22, 80, expRange.upperBound, -expRange.lowerBound, 1000, 1e30, greatestFiniteMagnitude,
        ]
        return positive + positive.map { -$0 } + [.nan]
    }
}

extension Array {
    /// The first rows and columns of a matrix.
    func corner<Scalar>(_ rows: Int, _ columns: Int) -> [[Scalar]] where Element == [Scalar] {
        self[..<rows].map { [Scalar]($0[..<columns]) }
    }

    /// A flat batch cut into samples; each has `width` values, also where that is 0.
    func rows(_ count: Int, width: Int) -> [[Element]] {
        (0..<count).map { Array(self[($0 * width)..<(($0 + 1) * width)]) }
    }
}

extension Array where Element: RandomAccessCollection {
    /// The rows of a matrix one after the other.
    var flat: [Element.Element] { reduce(into: []) { $0 += $1 } }
}
