import Foundation
import Testing

@testable import BackpropCLI

@Suite("backprop train --autoencoder")
struct AutoencoderCommandTests {
    private static let table =
        "length,kind,width\n"
        + (0..<40).map { row in
            "\(100 + row),\(row % 2 == 0 ? "a" : "b"),\(5 + 2 * row)"
        }.joined(separator: "\n")

    @Test("a table is learnt without a target, and given back by names and in its own units")
    func table() throws {
        try withTemporaryFolder { folder in
            let (table, model) = ("\(folder)/t.csv", "\(folder)/m")
            try write(Self.table, to: table)
            let outcome = backprop(
                "train", table, "--autoencoder", "2", "--hidden", "8", "--activation", "tanh", "--optimizer", "adam",
                "--learning-rate", "0.02", "--epochs", "200", "--output", model, "--json")
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(try outcome.json.number("evaluation.meanSquaredError") < 0.02)
            let predicted = backprop("predict", model, table).output.split(separator: "\n")
            #expect(predicted[0] == "length,kind=a,kind=b,width")
            let row = predicted[11].split(separator: ",").compactMap { Double($0) }
            #expect(abs(row[0] - 110) < 3 && abs(row[3] - 25) < 6 && row[1] > 0.8 && row[2] < 0.2, "\(row)")
            #expect(backprop("evaluate", model, table).output.hasPrefix("mean squared reconstruction error "))
        }
    }

    @Test("inspect says which layers encode, and to how many numbers")
    func inspect() throws {
        try withTemporaryFolder { folder in
            let model = "\(folder)/m"
            let words = ["--hidden", "16,8", "--dropout", "0.25", "--tie-weights", "--epochs", "0"]
            _ = backprop(["train", "digits", "--autoencoder", "4", "--output", model] + words, showingProgress: false)
            let json = try backprop("inspect", model, "--json").json
            #expect(json["encoderLayers"] as? Int == 3)
            let layers = try #require(json.value("network.layers") as? [[String: Any]])
            #expect(layers.map { $0["tiedTo"] as? Int } == [nil, nil, nil, 2, 1, 0])
            #expect(layers.map { $0["dropout"] as? Double } == [0.25, 0.25, 0.25, 0.25, 0.25, 0])
            // Shared weights count once, and stand twice in the file.
            let weights = 64 * 16 + 16 * 8 + 8 * 4
            let biases = 16 + 8 + 4 + 8 + 16 + 64
            #expect(json.value("network.parameters") as? Int == weights + biases)
            #expect(json["bytes"] as? Int == 4 * (2 * weights + biases))
            let text = backprop("inspect", model).output
            #expect(text.contains("its inputs; layers 0 to 2 encode them in 4 numbers"))
            #expect(text.contains("sigmoid, dropout 0.25, tied to 2 ") && text.contains("sigmoid, tied to 0 "))
        }
    }

    @Test("tied weights stay each other's transposes in training")
    func ties() throws {
        try withTemporaryFolder { folder in
            let model = "\(folder)/m"
            let words = ["--tie-weights", "--epochs", "2", "--optimizer", "momentum"]
            _ = backprop(["train", "iris", "--autoencoder", "2", "--output", model] + words, showingProgress: false)
            let layers = try #require(
                try backprop("inspect", model, "--json").json.value("network.layers") as? [[String: Any]])
            for index in 0..<2 {
                // Sums in another order.
                let (weights, tied) = (layers[index], layers[3 - index])
                #expect(try weights.number("weights.maximum") == tied.number("weights.maximum"))
                #expect(abs(try weights.number("weights.norm") - tied.number("weights.norm")) < 1e-12)
            }
        }
    }

    @Test("pixels are given back by sigmoids, standardized columns by any number")
    func outputs() throws {
        for (words, activation) in [
            (["digits"], "sigmoid"), (["iris"], "identity"), (["iris", "--scale", "minmax"], "sigmoid"),
            (["iris", "--output-activation", "tanh"], "tanh"),
        ] {
            let report = try trained(words + ["--autoencoder", "2", "--hidden", "none", "--epochs", "1"]).json
            let layers = try #require(report.value("network.layers") as? [[String: Any]])
            #expect(layers.map { $0["activation"] as? String } == ["sigmoid", activation])
        }
    }

    @Test("noise on the inputs is not on the targets: a denoising autoencoder learns to remove it")
    func denoising() throws {
        let words = ["iris", "--autoencoder", "4", "--hidden", "none", "--activation", "identity", "--epochs", "20"]
        let clean = try trained(words)
        let noisy = try trained(words + ["--input-noise", "1"])
        #expect(clean.model != noisy.model)
        // To take off noise of the size of the signal costs more than to copy.
        #expect(try noisy.json.number("trainingLoss") > clean.json.number("trainingLoss"))
    }

    @Test(
        "what makes no sense of an autoencoder is refused",
        arguments: [
            (["--loss", "cross-entropy"], "--loss: expected a loss of numbers for an autoencoder"),
            (["--loss", "binary-cross-entropy"], "or of inputs in 0…1 binaryCrossEntropy, found binaryCrossEntropy"),
            (["--class-weights", "balanced"], "--class-weights: expected with classes, found none"),
            (["--label-smoothing", "0.1"], "--label-smoothing: expected with an output for each class"),
            (["--autoencoder", "0"], "--autoencoder: expected a whole number from 1, found '0'"),
        ])
    func refused(words: [String], message: String) {
        let outcome = backprop(["train", "iris", "--autoencoder", "2"] + words, showingProgress: false)
        #expect(outcome.status == 64)
        #expect(outcome.errors.contains(message), "\(outcome.errors)")
    }

    @Test("the loss of probabilities is taken for pixels")
    func pixelLoss() throws {
        let words = ["digits", "--autoencoder", "3", "--hidden", "none", "--epochs", "2"]
        let report = try trained(words + ["--loss", "binary-cross-entropy"]).json
        #expect(report["loss"] as? String == "binaryCrossEntropy")
        #expect(try report.number("trainingLoss") > 0)
    }

    @Test("weights are tied in an autoencoder only")
    func tiesElsewhere() {
        let outcome = backprop("train", "iris", "--tie-weights")
        #expect(outcome.status == 64)
        #expect(outcome.errors.contains("--tie-weights: expected with --autoencoder only"))
    }
}
