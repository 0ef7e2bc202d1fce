/// What a trainer's steps have in common as long as neither its settings nor the network's shape change: checked and
/// worked out once, so that a step is a call of the C core and little else.
struct StepSetup<Scalar: NetworkScalar>: Sendable {
    /// The shape that everything was checked for; `nil` before the first step, and after a setting changed.
    private var plan: NetworkPlan?
    private var outputCount = 0
    private var inputCount = 0
    /// Of the rule; not a number as long as there is none.
    private var rate = Double.nan
    /// Whether all steps have this rule.
    private var rateIsConstant = false
    private(set) var rule: UpdateRule<Scalar>
    /// The same as the C core takes it, with the objective.
    var call: StepCall<Scalar>
    /// Whether steps take a batch as it is, as a whole.
    private(set) var takesBatchesWhole = false
    /// The samples of a step that threads and memory were last found for.
    var samples = 0

    init() {
        rule = UpdateRule(.gradientDescent, rate: 0)
        call = StepCall()
    }

    /// Begins anew with a network that was found to go with the settings.
    mutating func begin(with network: Network<Scalar>, takesBatchesWhole: Bool) {
        (plan, inputCount, outputCount) = (network.plan, network.inputCount, network.outputCount)
        self.takesBatchesWhole = takesBatchesWhole
        (rate, rateIsConstant, samples) = (.nan, false, 0)
    }

    mutating func invalidate() { plan = nil }

    /// Whether there is nothing to do before a step.
    @inline(__always)
    func isReady(for network: Network<Scalar>, _ samples: Dataset<Scalar>) -> Bool {
        rateIsConstant && samples.count == self.samples && fits(network, samples)
    }

    /// Whether a network and samples are of the shape that was checked.
    @inline(__always)
    func fits(_ network: Network<Scalar>, _ samples: Dataset<Scalar>) -> Bool {
        samples.inputCount == inputCount && samples.targetCount == outputCount
            && plan?.isIdentical(to: network.plan) == true
    }

    /// Whether there is a rule of this rate, which was found to be valid.
    func hasRule(rate: Double) -> Bool { rate == self.rate }

    mutating func setRule(
        _ rule: UpdateRule<Scalar>, rate: Double, _ objective: Objective<Scalar>, isConstant: Bool
    ) {
        (self.rule, self.rate, rateIsConstant) = (rule, rate, isConstant)
        call = Scalar.core.makeCall(objective, rule)
    }
}
