/// A length of training, in steps or in epochs.
public enum TrainingSpan: Hashable, Sendable {
    /// So many updates of the parameters.
    case steps(Int)
    /// So many passes over the samples; a part of one is rounded to whole steps.
    case epochs(Double)

    /// The length in whole steps, at least 1: epochs are rounded to the nearest, halves up.
    public func steps(perEpoch stepsPerEpoch: Int) -> Int {
        switch self {
        case .steps(let count): count
        case .epochs(let count): max(Int(exactly: (count * Double(stepsPerEpoch)).rounded()) ?? .max, 1)
        }
    }

    /// Checks that this is a length that something can take.
    func check(_ option: String) throws(BackpropError) {
        switch self {
        case .steps(let count) where count < 1:
            throw .option(option, expected: "at least 1 step", found: "\(count)")
        case .epochs(let count) where !(count > 0 && count.isFinite):
            throw .option(option, expected: "a finite number of epochs above 0", found: "\(count)")
        default: break
        }
    }
}

/// `{"steps": 100}` or `{"epochs": 20}`.
extension TrainingSpan: Codable {
    private enum Key: String, CodingKey {
        case steps, epochs
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        switch self {
        case .steps(let count): try container.encode(count, forKey: .steps)
        case .epochs(let count): try container.encode(count, forKey: .epochs)
        }
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        guard container.allKeys.count == 1 else {
            let text = "expected either steps or epochs, found \(container.allKeys.isEmpty ? "neither" : "both")"
            throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: text))
        }
        self =
            container.contains(.steps)
            ? .steps(try container.decode(Int.self, forKey: .steps))
            : .epochs(try container.decode(Double.self, forKey: .epochs))
    }
}
