import Backprop
import Foundation
import Testing

@Suite struct ErrorTests {
    @Test(
        "an error's text names the thing, what was expected and what was found",
        arguments: [
            (.shape("a", expected: "b", found: "c"), "a: expected b, found c"),
            (.nonFinite("a", index: 3, found: "nan"), "a: expected finite numbers, found nan at index 3"),
            (.empty("a"), "a: expected at least one, found none"),
            (.classOutOfRange(sample: 4, found: 9, classCount: 3), "class of sample 4: expected 0 to 2, found 9"),
            (
                .incompatible(loss: .crossEntropy, activation: .relu),
                "loss crossEntropy: expected softmax in the output layer, found relu"
            ),
            (
                .incompatible(loss: .binaryCrossEntropy, activation: .softmax),
                "loss binaryCrossEntropy: expected sigmoid in the output layer, found softmax"
            ),
            (.option("a", expected: "b", found: "c"), "a: expected b, found c"),
            (
                .instructionSet(found: "mmx", available: ["scalar", "avx2"]),
                "BACKPROP_ISA: expected one of scalar, avx2, found mmx"
            ),
            (.file("a.csv", reason: "no such file"), "a.csv: no such file"),
            (.format("a.csv line 2", expected: "3 fields", found: "4"), "a.csv line 2: expected 3 fields, found 4"),
            (
                .modelFile("a.safetensors", FileFault(kind: .overlap, name: "b", byte: 7, detail: nil)),
                "a.safetensors, b, byte 7: a tensor begins within the numbers of another"
            ),
            (
                .modelFile("a.safetensors", FileFault(kind: .layers, name: nil, byte: nil, detail: "expected 2")),
                "a.safetensors: the file has not as many weight tensors as the network has layers (expected 2)"
            ),
            (.threads(5), "threads: the system did not start 5"),
        ] as [(BackpropError, String)])
    func text(_ error: BackpropError, _ expected: String) {
        #expect("\(error)" == expected)
        #expect(error.localizedDescription == expected)
    }
}
