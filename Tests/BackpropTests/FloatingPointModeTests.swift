import Foundation
import Testing

@testable import Backprop

#if !os(Windows)
    /// What decides how this thread rounds, traps, and treats subnormal numbers; flags that were raised left out.
    private func mode() -> [UInt64] {
        var environment = fenv_t()
        fegetenv(&environment)
        var mode = [UInt64(fegetround())]
        #if arch(x86_64) && os(Linux)
            mode += [UInt64(environment.__mxcsr & ~0x3f), UInt64(environment.__control_word)]
        #elseif arch(arm64) && os(Linux)
            mode.append(UInt64(environment.__fpcr))
        #endif
        return mode
    }

    /// The directions that IEEE 754 has.
    enum Rounding: CaseIterable {
        case toNearest, upward, downward, towardZero

        var number: Int32 {
            switch self {
            case .toNearest: FE_TONEAREST
            case .upward: FE_UPWARD
            case .downward: FE_DOWNWARD
            case .towardZero: FE_TOWARDZERO
            }
        }
    }

    @Suite("The floating-point mode", .serialized)
    struct FloatingPointModeTests {
        @Test(
            "is after every call as it was before, whatever it was",
            arguments: Rounding.allCases, [false, true])
        func stays(rounding: Rounding, flushesSubnormals: Bool) throws {
            let samples: Dataset<Float> = try randomSamples(40, inputs: 5, targets: 3)
            var before = fenv_t()
            fegetenv(&before)
            defer { fesetenv(&before) }
            #if arch(x86_64) && os(Linux)
                if flushesSubnormals {
                    var changed = before
                    changed.__mxcsr |= 0x8040
                    fesetenv(&changed)
                }
            #endif
            fesetround(rounding.number)
            let expected = mode()
            let hidden = Activation.allCases.filter { $0 != .softmax }.map { Layer.dense(9, $0, dropout: 0.2) }
            for instructionSet in InstructionSet.available {
                var network = try Network<Float>(inputs: 5, layers: hidden + [.dense(3, .softmax)], seed: 1)
                try network.setInstructionSet(instructionSet)
                var trainer = Trainer<Float>(loss: .crossEntropy, optimizer: .adam(), learningRate: 0.1)
                try trainer.setThreads(2)
                try trainer.train(&network, on: samples, validatingOn: samples, until: [.epochs(1)])
                #expect(mode() == expected, "after training, \(instructionSet.name)")
                _ = try network.predict(samples.inputs)
                _ = try Checkpoint<Float>(serialized: trainer.checkpoint(of: network).serialized())
                #expect(mode() == expected, "after predicting and saving, \(instructionSet.name)")
            }
        }
    }
#endif
