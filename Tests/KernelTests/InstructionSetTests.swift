import CBackprop
import Testing

@testable import Backprop

@Suite struct InstructionSetTests {
    @Test("a test of the kernels has more to run than the scalar ones")
    func available() {
        let names = InstructionSet.available.map(\.name)
        print("kernels tested: \(names.joined(separator: ", "))")
        #expect(names.first == "scalar")
        #if arch(x86_64)
            #expect(names.count > 1, "a test that found no instruction set to run has failed")
        #endif
    }

    @Test("an instruction set is found by its name, the fastest by none", arguments: InstructionSet.available)
    func named(_ set: InstructionSet) throws {
        var kernels: OpaquePointer?
        #expect(bp_kernels_named(set.name, &kernels) == BP_OK)
        #expect(kernels == set.kernels.pointer)
        #expect(try InstructionSet(named: set.name) == set)
        for nothing in [nil, ""] {
            #expect(bp_kernels_named(nothing, &kernels) == BP_OK)
            #expect(kernels == InstructionSet.available.last?.kernels.pointer)
        }
    }

    @Test("an unknown name is an error that lists those there are")
    func unknown() {
        var kernels: OpaquePointer?
        #expect(bp_kernels_named("mmx", &kernels) == BP_ERROR_ISA)
        #expect(bp_kernels_named("avx", &kernels) == BP_ERROR_ISA)
        #expect(bp_kernels_named("scalar", nil) == BP_ERROR_NULL)
        let names = InstructionSet.available.map(\.name)
        #expect(throws: BackpropError.instructionSet(found: "mmx", available: names)) {
            try InstructionSet(named: "mmx")
        }
    }

    @Test("a number that is no instruction set has neither name nor kernels", arguments: [-1, BP_ISA_COUNT])
    func outOfRange(_ number: Int) {
        #expect(bp_isa_name(bp_isa(number)) == nil)
        #expect(bp_kernels_for(bp_isa(number)) == nil)
    }

    @Test("the version is that of the header")
    func version() {
        #expect(bp_version() == BP_VERSION_MAJOR * 10000 + BP_VERSION_MINOR * 100 + BP_VERSION_PATCH)
    }
}
