/// The activations as exported sources have them: operation for operation those of the C core's `math_template.h`, so
/// that they give its bits.
extension SourceDialect {
    /// The functions that some activations need, each after those that it calls. Softmax works on whole layers: it needs
    /// `exp`.
    func functions(for activations: [Activation]) -> [SourceFunction] {
        var wanted = Set(activations.compactMap { $0 == .softmax ? "exp" : functionName($0) })
        let all = arithmetic + [exp, expm1, log1p, gated] + unitwise
        for function in all.reversed() where wanted.contains(function.name) { wanted.formUnion(function.calls) }
        return all.filter { wanted.contains($0.name) }
    }

    /// The function of an activation that works unit by unit; `nil` for those that need none.
    func functionName(_ activation: Activation) -> String? {
        switch activation {
        case .identity, .softmax, .custom: nil
        case .leakyReLU: "leaky_relu"
        default: activation.rawValue
        }
    }

    /// Adding and taking off this number rounds to a whole one, which stands in the low bits in between.
    var rounder: String { literal(0x1.8p23, 0x1.8p52) }

    private func greater(_ a: String, _ b: String) -> String { "\(a) > \(b) ? \(a) : \(b)" }
    private func lesser(_ a: String, _ b: String) -> String { "\(a) < \(b) ? \(a) : \(b)" }

    private func polynomial(_ coefficients: [String], at x: String) -> [(name: String, expression: String)] {
        coefficients.enumerated().map { index, coefficient in
            ("q\(index)", index == 0 ? coefficient : fma("q\(index - 1)", x, coefficient))
        }
    }

    private var expLow: String { literal(-120, -760) }
    private var log2E: String { literal(0x1.715476p0, 0x1.71547652b82fep0) }

    // MARK: Parts of exp and ln

    private var arithmetic: [SourceFunction] {
        [
            SourceFunction(
                summary: "v 2^n, rounded once; in two steps, as 2^n itself may be no number", name: "scale",
                parameters: ["v", "n"],
                constants: [
                    ("half", "\(fma("n", whole(0.5), rounder)) - \(rounder)"), ("rest", "n - half"),
                ],
                result: "v * \(name("power_of_two"))(half) * \(name("power_of_two"))(rest)", calls: []),
            SourceFunction(
                summary: "The n of exp(x) = 2^n exp(x - n ln 2): the nearest whole number", name: "exp_power",
                parameters: ["x"], constants: [], result: "\(fma("x", log2E, rounder)) - \(rounder)", calls: []),
            SourceFunction(
                summary: "exp(x + low) / 2^n - 1; low is far smaller than x", name: "exp_tail",
                parameters: ["x", "low", "n"],
                constants: [
                    ("r0", fma("-n", literal(0x1.62e430p-1, 0x1.62e42fefa39efp-1), "x")),
                    ("r", "\(fma("-n", literal(-0x1.05c610p-29, 0x1.abc9e3b39803fp-56), "r0")) + low"),
                ] + polynomial(expCoefficients, at: "r"),
                result: fma("r * r", "q\(expCoefficients.count - 1)", "r"), calls: []),
        ]
    }

    /// Of (exp(r) − 1 − r) / r², highest power first.
    private var expCoefficients: [String] {
        guard isDouble else {
            return [0x1.a124f2p-13, 0x1.6d4324p-10, 0x1.1110e0p-7, 0x1.5554eap-5, 0x1.555556p-3, 0.5].map {
                literal(Scalar($0 as Float))
            }
        }
        return [
            0x1.61bfaa228dde5p-33, 0x1.1f7f2776cfaf2p-29, 0x1.ae642c82e33d5p-26, 0x1.27e4d41966f2fp-22,
            0x1.71de3a5aa7bb7p-19, 0x1.a01a01a9e991bp-16, 0x1.a01a01a0196acp-13, 0x1.6c16c16c15a68p-10,
            0x1.1111111111111p-7, 0x1.5555555555557p-5, 0x1.5555555555555p-3, 0.5,
        ].map { literal(Scalar($0 as Double)) }
    }

    /// Of (2 atanh(s/2) / s − 1) / v with v = s², highest power first.
    private var atanhCoefficients: [String] {
        guard isDouble else {
            return [0x1.dba260p-14, 0x1.bc8cf8p-12, 0x1.24c926p-9, 0x1.9998d4p-7, 0x1.555556p-4].map {
                literal(Scalar($0 as Float))
            }
        }
        return [
            0x1.4b0a26c5f2aefp-24, 0x1.687a6e7c95176p-23, 0x1.eb905e8575054p-21, 0x1.10ac75dc602b1p-18,
            0x1.3b18b294bebf9p-16, 0x1.745cf0b0e03bdp-14, 0x1.c71c727143318p-12, 0x1.24924923d44c6p-9,
            0x1.999999999a3ddp-7, 0x1.5555555555555p-4,
        ].map { literal(Scalar($0 as Double)) }
    }

    private var exp: SourceFunction {
        SourceFunction(
            summary: "exp(x)", name: "exp", parameters: ["x"],
            constants: [
                ("low", greater(expLow, "x")), ("c", lesser(literal(89, 710), "low")),
                ("n", "\(name("exp_power"))(c)"),
            ],
            result: "\(name("scale"))(\(whole(1)) + \(name("exp_tail"))(c, \(whole(0)), n), n)",
            calls: ["scale", "exp_power", "exp_tail"])
    }

    private var expm1: SourceFunction {
        SourceFunction(
            summary: "exp(x) - 1 for |x| <= 80", name: "expm1", parameters: ["x"],
            constants: [
                ("n", "\(name("exp_power"))(x)"), ("tail", "\(name("exp_tail"))(x, \(whole(0)), n)"),
                ("power", "\(name("power_of_two"))(n)"),
            ],
            result: fma("power", "tail", "power - \(whole(1))"), calls: ["exp_power", "exp_tail"])
    }

    private var log1p: SourceFunction {
        SourceFunction(
            summary: "ln(1 + x) for 0 <= x <= 1", name: "log1p", parameters: ["x"],
            constants: [("s", "x / \(fma("x", whole(0.5), whole(1)))"), ("v", "s * s")]
                + polynomial(atanhCoefficients, at: "v"),
            result: fma("s * v", "q\(atanhCoefficients.count - 1)", "s"), calls: [])
    }

    private var gated: SourceFunction {
        SourceFunction(
            summary: "z / (1 + exp(-u - low)); low is far smaller than u", name: "gated",
            parameters: ["z", "u", "low"],
            constants: [
                ("v", "\(whole(0)) > u ? u : -u"), ("v_low", "\(whole(0)) > u ? low : -low"),
                ("n", "\(name("exp_power"))(v)"), ("tail", "\(name("exp_tail"))(v, v_low, n)"),
                ("d", "\(whole(1)) + \(name("scale"))(\(whole(1)) + tail, n)"),
            ],
            result: "\(whole(0)) > u ? \(name("scale"))(\(fma("z", "tail", "z")) / d, n) : z / d",
            calls: ["scale", "exp_power", "exp_tail"])
    }

    // MARK: Activations

    private var unitwise: [SourceFunction] {
        let zero = whole(0)
        let one = whole(1)
        let absolute = [("magnitude", greater("-z", "z"))]
        let e = [("e", "\(name("exp"))(-magnitude)")]
        return [
            SourceFunction(
                summary: "1 / (1 + exp(-z))", name: "sigmoid", parameters: ["z"], constants: absolute + e,
                result: "(\(zero) > z ? e : \(one)) / (\(one) + e)", calls: ["exp"]),
            SourceFunction(
                summary: "tanh(z)", name: "tanh", parameters: ["z"],
                constants: absolute + [
                    ("m", lesser(literal(10, 20), "magnitude")), ("e", "\(name("expm1"))(m + m)"),
                    ("t", "e / (e + \(whole(2)))"),
                ],
                result: "\(zero) > z ? -t : z > \(zero) ? t : z", calls: ["expm1"]),
            SourceFunction(
                summary: "max(z, 0)", name: "relu", parameters: ["z"], constants: [],
                result: "\(zero) > z ? \(zero) : z", calls: []),
            SourceFunction(
                summary: "z for z > 0, else 0.01 z", name: "leaky_relu", parameters: ["z"], constants: [],
                result: "z > \(zero) ? z : z * \(literal(0.01, 0.01))", calls: []),
            SourceFunction(
                summary: "z for z > 0, else exp(z) - 1", name: "elu", parameters: ["z"],
                constants: [("low", greater(whole(-80), "z"))],
                result: "\(zero) > z ? \(name("expm1"))(low) : z", calls: ["expm1"]),
            SourceFunction(
                summary: "ln(1 + exp(z))", name: "softplus", parameters: ["z"], constants: absolute + e,
                result: "(z > \(zero) ? z : \(zero)) + \(name("log1p"))(e)", calls: ["exp", "log1p"]),
            SourceFunction(
                summary: "z / (1 + exp(-z))", name: "silu", parameters: ["z"],
                constants: [("low", greater(expLow, "z")), ("u", lesser(literal(120, 760), "low"))],
                result: "\(name("gated"))(low, u, \(zero))", calls: ["gated"]),
            gelu,
        ]
    }

    /// w + w_low = c1 + c3 x² and u + u_low = x w carry the errors of their roundings.
    private var gelu: SourceFunction {
        let c1 = literal(0x1.988454p0, 0x1.9884533d43651p0)
        let c3 = literal(0x1.2444f2p-4, 0x1.2444f2a4d8b4bp-4)
        return SourceFunction(
            summary: "z/2 (1 + tanh(sqrt(2/pi) (z + 0.044715 z^3))), as z / (1 + exp(-u))", name: "gelu",
            parameters: ["z"],
            constants: [
                ("low", greater(literal(-12, -22), "z")), ("x", lesser(literal(12, 22), "low")),
                ("square", "x * x"), ("square_low", fma("x", "x", "-square")),
                ("cubic", "\(c3) * square"), ("cubic_low", fma(c3, "square", "-cubic")),
                ("w", "\(c1) + cubic"), ("part", "w - \(c1)"),
                ("w_error", "(\(c1) - (w - part)) + (cubic - part)"),
                ("w_low0", "(cubic_low + w_error) + \(literal(-0x1.857936p-25, -0x1.cbc0d30ebfd15p-54))"),
                (
                    "w_low",
                    fma(
                        c3, "square_low",
                        fma(literal(0x1.49b16ap-29, -0x1.6c843a29d1c70p-61), "square", "w_low0"))
                ),
                ("u", "x * w"), ("u_low", fma("x", "w_low", fma("x", "w", "-u"))),
            ],
            result: "\(name("gated"))(low, u, u_low)", calls: ["gated"])
    }
}
