import Backprop
import Foundation
import Testing

@Suite struct LearningRateTests {
    /// The rates of the first updates.
    private func rates(_ rate: LearningRate, _ count: Int, stepsPerEpoch: Int = 10) -> [Double] {
        (0..<count).map { rate.rate(atStep: $0, stepsPerEpoch: stepsPerEpoch) }
    }

    /// How far a rate is from the real one, in units in its last place.
    private func ulps(_ found: Double, _ expected: Double) -> Double { abs(found - expected) / expected.ulp }

    // MARK: Formulas

    @Test("a number is a constant rate")
    func constant() {
        let (half, one): (LearningRate, LearningRate) = (0.5, 1)
        #expect(rates(half, 3) == [0.5, 0.5, 0.5])
        #expect(one.rate(atStep: .max, stepsPerEpoch: 1) == 1)
    }

    @Test("a step rate is multiplied by its factor once every span")
    func step() {
        let rate = LearningRate.step(from: 0.8, factor: 0.5, every: .steps(3))
        #expect(rates(rate, 8) == [0.8, 0.8, 0.8, 0.4, 0.4, 0.4, 0.2, 0.2])
        let epochs = LearningRate.step(from: 1, factor: 0.25, every: .epochs(2))
        #expect(epochs.rate(atStep: 19, stepsPerEpoch: 10) == 1)
        #expect(epochs.rate(atStep: 20, stepsPerEpoch: 10) == 0.25)
        // 0.25^1000 is no number but 0.
        #expect(epochs.rate(atStep: 20_000, stepsPerEpoch: 10) == 0)
    }

    @Test(
        "an exponential rate is near the real one",
        // Expected: mpmath 1.3.0, 40 digits, rounded once.
        arguments: [
            (0.1, 0.5, 1, 10, 0.09330329915368074), (0.1, 0.5, 9, 10, 0.05358867312681466),
            (0.1, 0.5, 25, 10, 0.017677669529663688), (1, 0.1, 7, 3, 0.00464158883361278),
            (1e-7, 10, 99, 10, 794.3282347242815), (0.01, 0.999, 1000, 1, 0.003676954247709637),
            (0.01, 0.97, 12345, 57, 1.3646966701438294e-05),
        ])
    func exponential(first: Double, factor: Double, step: Int, length: Int, expected: Double) {
        let rate = LearningRate.exponential(from: first, factor: factor, every: .steps(length))
        // exp and its argument, the product of three factors, and a rounding for every multiplication of the power.
        let bound = 12 + Double(step / length)
        #expect(ulps(rate.rate(atStep: step, stepsPerEpoch: 1), expected) <= bound)
    }

    @Test("an exponential rate has exact powers after whole spans")
    func wholeSpans() {
        let rate = LearningRate.exponential(from: 3, factor: 0.5, every: .steps(7))
        for power in 0..<60 {
            #expect(rate.rate(atStep: 7 * power, stepsPerEpoch: 1) == 3 * pow(0.5, Double(power)))
        }
    }

    @Test(
        "a cosine rate is within 5 ulp of the real one",
        // Expected: mpmath 1.3.0, 40 digits, rounded once. sin²(πx/2) is off by 3 ulp, its x by half a
        // unit that counts twice, and the last multiplication rounds: 4.5 ulp.
        arguments: [
            (0.001, 0, 1, 1000, 0.0009999975326009292), (0.001, 0, 333, 1000, 0.000750453312680355),
            (0.001, 0, 500, 1000, 0.0005), (0.001, 0, 501, 1000, 0.0004984292062570603),
            (0.001, 0, 999, 1000, 2.467399070916944e-09), (0.5, 0.01, 1, 3, 0.3775), (0.5, 0.01, 2, 3, 0.1325),
            (0.01, 0.5, 7, 9, 0.4426808885641496), (1, 0, 1, 4, 0.8535533905932737),
            (1, 0, 3, 4, 0.14644660940672624),
        ])
    func cosine(first: Double, last: Double, step: Int, length: Int, expected: Double) {
        let rate = LearningRate.cosine(from: first, to: last, over: .steps(length))
        #expect(ulps(rate.rate(atStep: step, stepsPerEpoch: 1), expected) <= 5)
    }

    @Test("a cosine rate follows the formula at every step, starts and ends exactly, and stays there")
    func cosineEverywhere() {
        for length in [1, 2, 3, 10, 57, 1000] {
            let rate = LearningRate.cosine(from: 0.3, to: 0.1, over: .steps(length))
            let found = rates(rate, length + 1)
            #expect(found[0] == 0.3)
            #expect(found[length] == 0.1)
            #expect(rate.rate(atStep: .max, stepsPerEpoch: 1) == 0.1)
            #expect(zip(found, found.dropFirst()).allSatisfy { $0 > $1 })
            for (step, rate) in found.enumerated() {
                let expected = 0.1 + (0.3 - 0.1) * (1 + cos(Double.pi * Double(step) / Double(length))) / 2
                #expect(abs(rate - expected) <= 2e-16)
            }
        }
    }

    @Test("a function is asked for every step")
    func function() {
        let rate = LearningRate.function { step in 1 / Double(step + 1) }
        #expect(rates(rate, 4) == [1, 0.5, 1 / 3.0, 0.25])
    }

    // MARK: Warm-up

    @Test("a warm-up leads in equal steps to the first rate of what follows, which then starts at its own 0")
    func warmUp() {
        let following: [LearningRate] = [
            1, .step(from: 1, factor: 0.5, every: .steps(2)), .exponential(from: 1, factor: 0.5, every: .steps(2)),
            .cosine(from: 1, over: .steps(6)), .reduceOnPlateau(from: 1), .function { 1 / Double($0 + 1) },
        ]
        for next in following {
            let found = rates(.warmUp(over: .steps(4), then: next), 12)
            #expect(Array(found.prefix(4)) == [0.25, 0.5, 0.75, 1])
            #expect(Array(found.dropFirst(4)) == rates(next, 8))
        }
        #expect(rates(.warmUp(over: .steps(1), then: 0.5), 2) == [0.5, 0.5])
    }

    @Test("a warm-up leads to a reduced rate where a plateau was met")
    func warmUpWithPlateau() {
        let rate = LearningRate.warmUp(over: .steps(2), then: .reduceOnPlateau(from: 8, factor: 0.5, patience: 0))
        var plateau = PlateauState()
        for _ in 0..<2 { plateau.record(loss: 1, for: rate) }
        #expect((0..<3).map { rate.rate(atStep: $0, stepsPerEpoch: 1, plateau: plateau) } == [2, 4, 4])
    }

    // MARK: Spans

    @Test("epochs are rounded to whole steps, at least one")
    func spans() {
        #expect(TrainingSpan.steps(7).steps(perEpoch: 100) == 7)
        #expect(TrainingSpan.epochs(2).steps(perEpoch: 57) == 114)
        // 28.5 and 0.7
        #expect(TrainingSpan.epochs(0.5).steps(perEpoch: 57) == 29)
        #expect(TrainingSpan.epochs(0.1).steps(perEpoch: 7) == 1)
        #expect(TrainingSpan.epochs(0.1).steps(perEpoch: 1) == 1)
        #expect(TrainingSpan.epochs(1e300).steps(perEpoch: 10) == .max)
    }

    // MARK: Plateaus

    @Test("a plateau is more bad epochs than patience allows, and better is by a ten-thousandth")
    func plateau() {
        let rate = LearningRate.reduceOnPlateau(from: 1, factor: 0.5, patience: 1, minimum: 0.2)
        var state = PlateauState()
        // loss, then the best loss, bad epochs and rate that it leads to
        let course: [(loss: Double, best: Double, bad: Int, rate: Double)] = [
            (2, 2, 0, 1),
            (1.9999, 2, 1, 1),  // 2 − 0.0002 would be better
            (1.9997, 1.9997, 0, 1),
            (1.9997, 1.9997, 1, 1),
            (.nan, 1.9997, 0, 0.5),  // the second bad one in a row
            (3, 1.9997, 1, 0.5),
            (1, 1, 0, 0.5),
            (1, 1, 1, 0.5),
            (1, 1, 0, 0.25),
            (1, 1, 1, 0.25),
            (1, 1, 0, 0.2),  // an eighth is below the minimum
        ]
        for (step, expected) in course.enumerated() {
            state.record(loss: expected.loss, for: rate)
            #expect(state.best == expected.best)
            #expect(state.badEpochs == expected.bad)
            #expect(rate.rate(atStep: step, stepsPerEpoch: 1, plateau: state) == expected.rate)
        }
    }

    @Test("losses below 0 and at 0 can be better too, and a first loss that is no number is not")
    func unusualLosses() {
        let rate = LearningRate.reduceOnPlateau(from: 1, factor: 0.5, patience: 9)
        var state = PlateauState()
        for (loss, best) in [(Double.nan, nil), (.infinity, nil), (0, 0), (-1, -1), (-1.00005, -1), (-1.0002, -1.0002)]
        {
            state.record(loss: loss, for: rate)
            #expect(state.best == best)
        }
    }

    @Test("only a rate that waits for a plateau takes note of losses")
    func noPlateau() {
        var state = PlateauState()
        for rate in [0.1, .cosine(from: 1, over: .epochs(1)), .warmUp(over: .steps(1), then: 1)] as [LearningRate] {
            state.record(loss: 1, for: rate)
        }
        #expect(state == PlateauState())
    }

    @Test("what is remembered of plateaus is the same after JSON, and checked")
    func plateauCodable() throws {
        let rate = LearningRate.reduceOnPlateau(from: 1, factor: 0.3, patience: 0)
        var state = PlateauState()
        for _ in 0..<3 {
            let coded = try JSONEncoder().encode(state)
            #expect(try JSONDecoder().decode(PlateauState.self, from: coded) == state)
            state.record(loss: 0.1, for: rate)
        }
        #expect(state.factor == 0.3 * 0.3)
        for (text, message) in [
            (#"{"badEpochs": -1, "factor": 1}"#, "plateau, badEpochs: expected 0 to 9007199254740992, found -1"),
            (
                #"{"badEpochs": 9223372036854775807, "factor": 1}"#,
                "plateau, badEpochs: expected 0 to 9007199254740992, found 9223372036854775807"
            ),
            (#"{"badEpochs": 0, "factor": 2}"#, "plateau, factor: expected 0 to 1, found 2.0"),
        ] {
            expectError(message) { try JSONDecoder().decode(PlateauState.self, from: Data(text.utf8)) }
        }
    }

    // MARK: JSON

    @Test(
        "a rate reads and writes JSON that people can read",
        arguments: [
            ("0.5", 0.5),
            (
                #"{"every":{"steps":30},"factor":0.1,"from":0.2,"kind":"step"}"#,
                .step(from: 0.2, factor: 0.1, every: .steps(30))
            ),
            (
                #"{"every":{"epochs":0.5},"factor":10,"from":1e-07,"kind":"exponential"}"#,
                .exponential(from: 1e-7, factor: 10, every: .epochs(0.5))
            ),
            (
                #"{"from":0.001,"kind":"cosine","over":{"epochs":20},"to":0}"#,
                .cosine(from: 0.001, over: .epochs(20))
            ),
            (
                #"{"kind":"warmUp","over":{"steps":100},"then":0.25}"#, .warmUp(over: .steps(100), then: 0.25)
            ),
            (
                #"{"kind":"warmUp","over":{"steps":5},"then":{"factor":0.1,"from":1,"#
                    + #""kind":"reduceOnPlateau","minimum":0,"patience":10}}"#,
                .warmUp(over: .steps(5), then: .reduceOnPlateau(from: 1))
            ),
        ] as [(String, LearningRate)])
    func codable(text: String, rate: LearningRate) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        #expect(String(decoding: try encoder.encode(rate), as: UTF8.self) == text)
        let decoded = try JSONDecoder().decode(LearningRate.self, from: Data(text.utf8))
        #expect(String(decoding: try encoder.encode(decoded), as: UTF8.self) == text)
        #expect(rates(decoded, 200) == rates(rate, 200))
    }

    @Test("a function can't be written, also behind a warm-up")
    func functionsAreNotCodable() {
        for rate in [LearningRate.function { _ in 1 }, .warmUp(over: .steps(1), then: .function { _ in 1 })] {
            #expect(throws: EncodingError.self) { try JSONEncoder().encode(rate) }
        }
    }

    @Test(
        "JSON that says no rate is refused, with what is missing",
        arguments: [
            (#""fast""#, "dictionary"), (#"{"kind":"linear"}"#, "linear"), (#"{"from":1}"#, "kind"),
            (#"{"kind":"cosine","from":1,"over":{"epochs":2}}"#, "to"),
            (#"{"kind":"step","from":1,"factor":0.5,"every":{}}"#, "expected either steps or epochs, found neither"),
            (
                #"{"kind":"step","from":1,"factor":0.5,"every":{"steps":1,"epochs":1}}"#,
                "expected either steps or epochs, found both"
            ),
            ("-1", "learningRate: expected a finite number from 0, found -1.0"),
            (
                #"{"kind":"step","from":1,"factor":0.5,"every":{"steps":0}}"#,
                "learningRate, every: expected at least 1 step, found 0"
            ),
        ])
    func badJSON(text: String, message: String) {
        do {
            _ = try JSONDecoder().decode(LearningRate.self, from: Data(text.utf8))
            Issue.record("expected an error for \(text)")
        } catch {
            #expect("\(error)".lowercased().contains(message.lowercased()))
        }
    }

    // MARK: Checks

    @Test("a number that makes no sense is refused by name")
    func checks() throws {
        let rate = "a finite number from 0"
        let positive = "a finite number above 0"
        let reduction = "a number above 0 and at most 1"
        let epochs = "a finite number of epochs above 0"
        let cases: [(LearningRate, String)] = [
            (-0.5, "learningRate: expected \(rate), found -0.5"),
            (.constant(.infinity), "learningRate: expected \(rate), found inf"),
            (.constant(.nan), "learningRate: expected \(rate), found nan"),
            (.step(from: -1, factor: 1, every: .steps(1)), "learningRate, from: expected \(rate), found -1.0"),
            (.step(from: 1, factor: 0, every: .steps(1)), "learningRate, factor: expected \(reduction), found 0.0"),
            (.step(from: 1, factor: 1.5, every: .steps(1)), "learningRate, factor: expected \(reduction), found 1.5"),
            (.step(from: 1, factor: .nan, every: .steps(1)), "learningRate, factor: expected \(reduction), found nan"),
            (.step(from: 1, factor: 1, every: .steps(0)), "learningRate, every: expected at least 1 step, found 0"),
            (
                .exponential(from: 0, factor: 2, every: .steps(1)),
                "learningRate, from: expected \(positive), found 0.0"
            ),
            (
                .exponential(from: 1, factor: -2, every: .steps(1)),
                "learningRate, factor: expected \(positive), found -2.0"
            ),
            (
                .exponential(from: 1, factor: 2, every: .epochs(0)),
                "learningRate, every: expected \(epochs), found 0.0"
            ),
            (.cosine(from: .nan, over: .steps(1)), "learningRate, from: expected \(rate), found nan"),
            (.cosine(from: 1, to: -1, over: .steps(1)), "learningRate, to: expected \(rate), found -1.0"),
            (.cosine(from: 1, over: .epochs(.nan)), "learningRate, over: expected \(epochs), found nan"),
            (.cosine(from: 1, over: .epochs(.infinity)), "learningRate, over: expected \(epochs), found inf"),
            (.warmUp(over: .steps(-1), then: 1), "learningRate, over: expected at least 1 step, found -1"),
            (.warmUp(over: .steps(1), then: -1), "learningRate: expected \(rate), found -1.0"),
            (
                .warmUp(over: .steps(1), then: .warmUp(over: .steps(1), then: 1)),
                "learningRate, then: expected a rate without a warm-up, found another warm-up"
            ),
            (.reduceOnPlateau(from: -1), "learningRate, from: expected \(rate), found -1.0"),
            (.reduceOnPlateau(from: 1, factor: 2), "learningRate, factor: expected \(reduction), found 2.0"),
            (.reduceOnPlateau(from: 1, patience: -1), "learningRate, patience: expected at least 0, found -1"),
            (.reduceOnPlateau(from: 1, minimum: 2), "learningRate, minimum: expected 0 to 1.0, found 2.0"),
            (.reduceOnPlateau(from: 1, minimum: .nan), "learningRate, minimum: expected 0 to 1.0, found nan"),
        ]
        for (rate, message) in cases { expectError(message) { try rate.check() } }
    }

    @Test("every rate that makes sense passes")
    func allowed() throws {
        for rate in [
            0, 1e30, .step(from: 0, factor: 1, every: .epochs(0.01)),
            .exponential(from: 1e-7, factor: 1.1, every: .steps(1)), .cosine(from: 0, to: 1, over: .steps(1)),
            .warmUp(over: .epochs(3), then: .reduceOnPlateau(from: 1, factor: 1, patience: 0, minimum: 1)),
            .function { _ in .nan },
        ] as [LearningRate] {
            try rate.check()
        }
    }

    // MARK: Bits

    @Test("rates are the same bits on every processor and system")
    func bits() {
        // FNV-1a over the bytes of 3 × 1000 rates; the sum was taken on x86-64 Linux.
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for rate in [
            .exponential(from: 0.1, factor: 0.97, every: .steps(7)), .cosine(from: 0.1, to: 0.003, over: .steps(997)),
            .warmUp(over: .steps(333), then: .cosine(from: 0.7, over: .epochs(61.8))),
        ] as [LearningRate] {
            for value in rates(rate, 1000) {
                withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes in
                    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
                }
            }
        }
        #expect(hash == 11_140_068_063_762_661_417)
    }
}
