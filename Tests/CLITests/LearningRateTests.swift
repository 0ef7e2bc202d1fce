import Foundation
import Testing

@testable import BackpropCLI

@Suite("backprop train --find-learning-rate")
struct LearningRateTests {
    private let words = ["train", "iris", "--hidden", "8", "--find-learning-rate"]

    @Test("rates grow by one factor, and the suggestion is a tenth of where the loss was lowest")
    func points() throws {
        let json = try backprop(words + ["--json"], showingProgress: false).json
        let points = try #require(json["points"] as? [[String: Double]])
        let rates = points.map { $0["rate"]! }
        #expect(rates[0] == 1e-6 && rates.count > 100 && rates.count <= 200)
        let factor = rates[1] / rates[0]
        for (rate, next) in zip(rates, rates.dropFirst()) { #expect(abs(next / rate - factor) < 1e-12) }
        let lowest = try #require(points.min { $0["smoothedLoss"]! < $1["smoothedLoss"]! })
        #expect(abs(try json.number("suggestion") / lowest["rate"]! - 0.1) < 1e-15)
    }

    @Test("the curve is drawn with the suggestion marked, and nothing is saved")
    func drawing() throws {
        try withTemporaryFolder { folder in
            let outcome = backprop(words + ["--output", "\(folder)/m"], showingProgress: false)
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.output.hasPrefix("Smoothed loss by learning rate, iris\n"))
            #expect(outcome.output.split(separator: "\n").contains { $0.contains("└─") && $0.contains("▲") })
            #expect(outcome.output.contains("Try --learning-rate "))
            #expect(!FileManager.default.fileExists(atPath: "\(folder)/m"))
        }
    }

    @Test("where the loss falls with no rate, nothing is suggested")
    func nothingToSuggest() throws {
        try withTemporaryFolder { folder in
            // Targets that have nothing to do with the input.
            let table = "\(folder)/t.csv"
            try write("x,y\n" + (0..<80).map { "0,\($0 % 2)" }.joined(separator: "\n"), to: table)
            let outcome = backprop("train", table, "--target", "y", "--hidden", "none", "--find-learning-rate")
            #expect(outcome.output.contains("The loss did not fall with any learning rate"), "\(outcome.output)")
        }
    }

    @Test("it is for one network, not for several")
    func withFolds() {
        let outcome = backprop(words + ["--k-fold", "3"], showingProgress: false)
        #expect(outcome.status == 64)
        #expect(outcome.errors.contains("--find-learning-rate: expected without --k-fold"))
    }
}
