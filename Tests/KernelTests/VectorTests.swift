import Testing

@testable import Backprop
@testable import BackpropReference

@Suite struct VectorTests {
    @Test("a sum of squares has the documented order for every tail", arguments: Machine.all)
    func sumOfSquares(on machine: Machine) {
        func check<Scalar: KernelScalar>(_ scalar: Scalar.Type) {
            let kernels = GuardedKernels(machine.instructionSet, scalar)
            var random = ReferenceRandom(seed: 18, stream: 0)
            for count in Set(kernels.sizes + [31, 32, 33, 63, 64, 65, 200]).sorted() {
                let x: [Scalar] = random.values(count)
                expectSame([kernels.sumOfSquares(x)], [expectedSumOfSquares(x)], "\(count) squares")
            }
            for _ in 0..<20 {
                let x: [Scalar] = random.specialMatrix(1, 40)[0]
                expectSame([kernels.sumOfSquares(x)], [expectedSumOfSquares(x)], "squares of \(x)")
            }
        }
        check(machine.scalar)
    }

    /// 32 sums take the elements in turn, and are added in halves.
    private func expectedSumOfSquares<Scalar: KernelScalar>(_ x: [Scalar]) -> Scalar {
        var sums = [Scalar](repeating: 0, count: 32)
        for (index, value) in x.enumerated() { sums[index % 32].addProduct(value, value) }
        while sums.count > 1 {
            let half = sums.count / 2
            sums = zip(sums[..<half], sums[half...]).map { $0 + $1 }
        }
        return sums[0]
    }

    @Test("the first infinity or NaN is found wherever it is", arguments: Machine.all)
    func firstNonFinite(on machine: Machine) {
        func check<Scalar: KernelScalar>(_ scalar: Scalar.Type) {
            let kernels = GuardedKernels(machine.instructionSet, scalar)
            let block = 64 * kernels.lanes
            for count in kernels.sizes + [block - 1, block, block + 1, 2 * block + 1] {
                let finite = [Scalar](repeating: .greatestFiniteMagnitude, count: count)
                #expect(kernels.firstNonFinite(finite) == count)
                let places = Set([0, 1, kernels.lanes - 1, kernels.lanes, block - 1, block, count - 1])
                for place in places where finite.indices.contains(place) {
                    expectFound(kernels, finite, at: place)
                }
            }
        }
        check(machine.scalar)
    }

    private func expectFound<Scalar: KernelScalar>(
        _ kernels: GuardedKernels<Scalar>, _ finite: [Scalar], at place: Int
    ) {
        for value in [Scalar.infinity, -.infinity, .nan] {
            var x = finite
            x[place] = value
            x[x.count - 1] = x.count - 1 == place ? value : .nan
            #expect(kernels.firstNonFinite(x) == place, "\(value) among \(x.count)")
        }
    }

    @Test("classes become one-hot targets", arguments: Machine.all)
    func oneHot(on machine: Machine) {
        func check<Scalar: KernelScalar>(_ scalar: Scalar.Type) {
            let kernels = GuardedKernels(machine.instructionSet, scalar)
            let found = kernels.oneHot([2, 0, 1], classCount: 3)
            expectSame(found.targets, [0, 0, 1, 1, 0, 0, 0, 1, 0], "targets")
            #expect(found.checked == 3)
            #expect(kernels.oneHot([], classCount: 3).checked == 0)
            #expect(kernels.oneHot([0, -1, 0], classCount: 2).checked == 1)
            #expect(kernels.oneHot([0, 1, 2], classCount: 2).checked == 2)
            #expect(kernels.oneHot([0], classCount: 0).checked == 0)
        }
        check(machine.scalar)
    }

    @Test("gathered rows are those asked for, in that order", arguments: Machine.all)
    func gather(on machine: Machine) {
        func check<Scalar: KernelScalar>(_ scalar: Scalar.Type) {
            let kernels = GuardedKernels(machine.instructionSet, scalar)
            var random = ReferenceRandom(seed: 19, stream: 0)
            for width in kernels.sizes {
                let rows: [[Scalar]] = random.matrix(5, width)
                let order: [UInt32] = [4, 0, 0, 3]
                let expected = order.map { rows[Int($0)] }.flat
                expectSame(kernels.gather(rows, order, width: width), expected, "width \(width)")
            }
            #expect(kernels.gather([[1, 2]], [], width: 2).isEmpty)
        }
        check(machine.scalar)
    }

    @Test("a transposed matrix has rows for columns in every shape", arguments: Machine.all)
    func transpose(on machine: Machine) {
        func check<Scalar: KernelScalar>(_ scalar: Scalar.Type) {
            let kernels = GuardedKernels(machine.instructionSet, scalar)
            var random = ReferenceRandom(seed: 20, stream: 0)
            for rows in [0, 1, 2, 15, 16, 17, 33] {
                for columns in [0, 1, 2, 15, 16, 17, 33] {
                    let w: [[Scalar]] = random.matrix(rows, columns)
                    let expected = (0..<columns).map { column in w.map { $0[column] } }.flat
                    expectSame(kernels.transpose(w, columns: columns), expected, "\(rows) x \(columns)")
                }
            }
        }
        check(machine.scalar)
    }
}
