import Backprop
import Testing

@Suite("The number of threads where nobody said how many")
struct ThreadChoiceTests {
    private static let (digits, wide) = (101_770, 669_706)  // parameters of 784-128-10 and 784-512-512-10

    @Test(
        "is one for each million operations of a step",
        arguments: [(1, 1), (3, 1), (4, 2), (6, 3), (7, 4), (32, 8)])
    func training(samples: Int, threads: Int) {
        #expect(
            ThreadChoice.threads(forSamples: samples, of: Self.digits, isTraining: true, processors: 8) == threads)
    }

    @Test("counts one prediction eight times, as it waits for the parameters")
    func prediction() {
        func threads(_ samples: Int, of parameters: Int) -> Int {
            ThreadChoice.threads(forSamples: samples, of: parameters, isTraining: false, processors: 4)
        }
        #expect(threads(1, of: Self.digits) == 1)
        #expect(threads(1, of: Self.wide) == 4)
        #expect(threads(2, of: Self.wide) == 2)
        #expect(threads(1000, of: Self.digits) == 4)
    }

    @Test("is at least one, and not more than there are processors", arguments: [1, 2, 64])
    func bounds(processors: Int) {
        func threads(_ samples: Int) -> Int {
            ThreadChoice.threads(forSamples: samples, of: Self.wide, isTraining: true, processors: processors)
        }
        #expect(threads(0) == 1)
        #expect(threads(.max) == processors)
    }
}
