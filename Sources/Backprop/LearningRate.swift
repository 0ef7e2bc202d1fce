/// How large the steps of training are, as a function of time.
///
/// ```swift
/// let fixed: LearningRate = 0.5
/// let schedule = LearningRate.warmUp(over: .steps(100), then: .cosine(from: 0.001, over: .epochs(20)))
/// ```
///
/// Time `t` counts updates from 0; spans in epochs are rounded to whole updates first. Schedules of PyTorch are
/// named for comparison: they give the same rates if their `step()` is called after every update, with spans in
/// updates. Every rate is the same, bit for bit, on every processor.
///
/// A rate is not `Equatable`, as functions are not.
public indirect enum LearningRate: Sendable {
    /// The same rate for ever; what a number stands for where a rate is expected. Finite and not negative.
    case constant(Double)

    /// `from · factor^⌊t / every⌋`, with `0 < factor ≤ 1`. PyTorch's `StepLR(step_size=every, gamma=factor)`.
    case step(from: Double, factor: Double, every: TrainingSpan)

    /// `from · factor^(t / every)`, with `factor > 0`. A factor above 1 makes it grow, as a range test needs.
    /// PyTorch's `ExponentialLR(gamma=factor ** (1 / every))`.
    case exponential(from: Double, factor: Double, every: TrainingSpan)

    /// `to + (from − to) · (1 + cos(π t / over)) / 2` while `t < over`, then `to`.
    /// PyTorch's `CosineAnnealingLR(T_max=over, eta_min=to)`, which would rise again at the end.
    case cosine(from: Double, to: Double = 0, over: TrainingSpan)

    /// `first · (t + 1) / over` while `t < over`, where `first` is the first rate of what follows. That follows
    /// with its own time, which then starts at 0. It may not be another warm-up. PyTorch's
    /// `SequentialLR([LinearLR(start_factor=1/over, total_iters=over-1), then], milestones=[over])`.
    case warmUp(over: TrainingSpan, then: LearningRate)

    /// `from`, multiplied by `factor` after each time that the monitored loss was not better for more than
    /// `patience` epochs, but never below `minimum`. ``PlateauState`` says what better is.
    /// PyTorch's `ReduceLROnPlateau(factor=factor, patience=patience, min_lr=minimum, eps=0)`.
    case reduceOnPlateau(from: Double, factor: Double = 0.1, patience: Int = 10, minimum: Double = 0)

    /// What a function makes of `t`, which should be finite and not negative. It can't be encoded.
    /// PyTorch's `LambdaLR` for an optimizer with a rate of 1.
    case function(@Sendable (_ step: Int) -> Double)

    /// Returns the rate of an update.
    ///
    /// - Parameters:
    ///   - step: Updates before this one.
    ///   - stepsPerEpoch: What turns spans in epochs into updates; at least 1.
    ///   - plateau: What ``PlateauState/record(loss:for:)`` was told so far.
    /// - Precondition: ``check()`` doesn't throw.
    public func rate(atStep step: Int, stepsPerEpoch: Int, plateau: PlateauState = PlateauState()) -> Double {
        precondition(step >= 0 && stepsPerEpoch > 0, "a learning rate needs a step from 0, and steps in an epoch")
        switch self {
        case .constant(let rate): return rate
        case .step(let first, let factor, let span):
            return first * power(factor, step / span.steps(perEpoch: stepsPerEpoch))
        case .exponential(let first, let factor, let span):
            let length = span.steps(perEpoch: stepsPerEpoch)
            let (whole, rest) = step.quotientAndRemainder(dividingBy: length)
            let part = Double(rest) / Double(length)
            return first * power(factor, whole) * coreExp(part * coreLog(factor))
        case .cosine(let first, let last, let span):
            return halfWave(from: first, to: last, step: step, length: span.steps(perEpoch: stepsPerEpoch))
        case .warmUp(let span, let next):
            let length = span.steps(perEpoch: stepsPerEpoch)
            let time = max(step - length, 0)
            let rate = next.rate(atStep: time, stepsPerEpoch: stepsPerEpoch, plateau: plateau)
            return step < length ? rate * (Double(step + 1) / Double(length)) : rate
        case .reduceOnPlateau(let first, _, _, let minimum):
            return max(first * plateau.factor, minimum)
        case .function(let rate): return rate(step)
        }
    }

    /// Checks every number that this rate is made of; what a function gives can't be.
    ///
    /// - Throws: ``BackpropError/option(_:expected:found:)`` for the first that makes no sense.
    public func check() throws(BackpropError) {
        switch self {
        case .constant(let rate): try checkRate(rate, "learningRate")
        case .step(let first, let factor, let span):
            try checkRate(first, "learningRate, from")
            try checkReduction(factor)
            try span.check("learningRate, every")
        case .exponential(let first, let factor, let span):
            try checkPositive(first, "learningRate, from")
            try checkPositive(factor, "learningRate, factor")
            try span.check("learningRate, every")
        case .cosine(let first, let last, let span):
            try checkRate(first, "learningRate, from")
            try checkRate(last, "learningRate, to")
            try span.check("learningRate, over")
        case .warmUp(let span, let next):
            try span.check("learningRate, over")
            if case .warmUp = next {
                throw .option("learningRate, then", expected: "a rate without a warm-up", found: "another warm-up")
            }
            try next.check()
        case .reduceOnPlateau(let first, let factor, let patience, let minimum):
            try checkRate(first, "learningRate, from")
            try checkReduction(factor)
            guard patience >= 0 else {
                throw .option("learningRate, patience", expected: "at least 0", found: "\(patience)")
            }
            guard minimum >= 0, minimum <= first else {
                throw .option("learningRate, minimum", expected: "0 to \(first)", found: "\(minimum)")
            }
        case .function: break
        }
    }

    /// How a plateau reduces this rate, or `nil` where it doesn't.
    var plateauRule: (factor: Double, patience: Int)? {
        switch self {
        case .reduceOnPlateau(_, let factor, let patience, _): (factor, patience)
        case .warmUp(_, let next): next.plateauRule
        default: nil
        }
    }
}

extension LearningRate: ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral {
    public init(floatLiteral value: Double) { self = .constant(value) }
    public init(integerLiteral value: Int) { self = .constant(Double(value)) }
}

// MARK: - Checks

private func checkRate(_ rate: Double, _ option: String) throws(BackpropError) {
    guard rate >= 0, rate.isFinite else {
        throw .option(option, expected: "a finite number from 0", found: "\(rate)")
    }
}

private func checkPositive(_ value: Double, _ option: String) throws(BackpropError) {
    guard value > 0, value.isFinite else {
        throw .option(option, expected: "a finite number above 0", found: "\(value)")
    }
}

private func checkReduction(_ factor: Double) throws(BackpropError) {
    guard factor > 0, factor <= 1 else {
        throw .option("learningRate, factor", expected: "a number above 0 and at most 1", found: "\(factor)")
    }
}

// MARK: - Arithmetic

/// `base^exponent` by repeated squaring, whose relative error is at most about `exponent · 2^−53`.
private func power(_ base: Double, _ exponent: Int) -> Double {
    var (result, square, rest) = (1.0, base, exponent)
    while rest > 0 {
        if rest & 1 == 1 { result *= square }
        square *= square
        rest >>= 1
    }
    return result
}

/// A half wave, each half of it from the end that is nearer: both ends are exact, and nothing cancels.
private func halfWave(from first: Double, to last: Double, step: Int, length: Int) -> Double {
    guard step < length else { return last }
    let left = length - step
    return step < left
        ? first.addingProduct(last - first, squaredSine(Double(step) / Double(length)))
        : last.addingProduct(first - last, squaredSine(Double(left) / Double(length)))
}

/// `sin²(πx/2)`, which is `(1 − cos πx) / 2`, at most 3 ulp from the real value for `0 ≤ x ≤ ½`.
///
/// `x² G(x²)` with a Chebyshev fit of `G` to 5·10⁻²⁰, printed by Tests/Scripts/polynomials.py.
private func squaredSine(_ x: Double) -> Double {
    let v = x * x
    return v * halfCosine.dropLast().reversed().reduce(halfCosine[halfCosine.count - 1]) { $1.addingProduct($0, v) }
}

/// The coefficients of `G`, ascending powers.
private let halfCosine: [Double] = [
    0x1.3bd3cc9be45dep+1, -0x1.03c1f081b5ac4p+1, 0x1.55d3c7e3cbfdap-1, -0x1.e1f50689191cbp-4,
    0x1.a6d1f2a05f609p-7, -0x1.f9d38906e2150p-11, 0x1.b6e1cdea474b9p-15, -0x1.20a61e049e33fp-19,
    0x1.2175e33b10f9dp-24,
]
