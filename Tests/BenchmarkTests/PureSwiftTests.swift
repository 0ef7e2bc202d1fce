import Testing

@testable import Benchmarks

/// Batches and layers around tiles of 4 rows, vectors of 16 and 8 lanes, and four of them side by side.
@Suite("Pure Swift, as it is measured")
struct PureSwiftTests {
    @Test(
        "every way of writing a training step has the bits of the C core",
        arguments: [NetworkShape(17, 9, 3), NetworkShape(5, 64, 16), NetworkShape(33, 65, 17), NetworkShape(4, 10)])
    func steps(shape: NetworkShape) throws {
        func check<S: KernelScalar>(_ scalar: S.Type) throws {
            let steps = try SwiftSteps<S>(shape, samples: 40)
            for batch in [1, 2, 3, 5, 8, 13] { #expect(try steps.check(batch: batch).count >= 9) }
        }
        try check(Float.self)
        try check(Double.self)
    }

    @Test(
        "every way of writing a kernel has the bits of the scalar one in C",
        arguments: [(1, 1, 1), (3, 17, 19), (5, 8, 64), (7, 33, 130)])
    func kernels(batch: Int, inputs: Int, units: Int) throws {
        let size = LayerSize(batch: batch, inputs: inputs, units: units)
        #expect(try KernelRuns(Float.self, size).check().contains("dense forward, Swift, SIMD, unsafe pointers"))
        #expect(try KernelRuns(Double.self, size).check().contains("softmax, cross-entropy and delta, the reference"))
    }
}
