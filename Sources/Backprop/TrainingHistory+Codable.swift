// Losses and norms may be infinite or NaN, which JSON has no numbers for: they are written as the texts "Infinity",
// "-Infinity" and "NaN", and read again, so that a history can always be saved.

extension EpochReport {
    private enum Key: String, CodingKey {
        case epoch, iterations, loss, gradientNorm, learningRate, validation, diagnosis, seconds
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(epoch, forKey: .epoch)
        try container.encode(iterations, forKey: .iterations)
        try container.encode(number: loss, .loss)
        try container.encodeIfPresent(number: gradientNorm, .gradientNorm)
        try container.encode(number: learningRate, .learningRate)
        try container.encodeIfPresent(validation, forKey: .validation)
        try container.encodeIfPresent(diagnosis, forKey: .diagnosis)
        try container.encode(seconds, forKey: .seconds)
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        self.init(
            epoch: try container.decode(Int.self, forKey: .epoch),
            iterations: try container.decode(Int.self, forKey: .iterations), loss: try container.number(.loss),
            gradientNorm: try container.numberIfPresent(.gradientNorm),
            learningRate: try container.number(.learningRate),
            validation: try container.decodeIfPresent(ValidationReport.self, forKey: .validation),
            diagnosis: try container.decodeIfPresent(TrainingDiagnosis.self, forKey: .diagnosis),
            seconds: try container.decode(Double.self, forKey: .seconds))
    }
}

extension ValidationReport {
    private enum Key: String, CodingKey {
        case loss, accuracy
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(number: loss, .loss)
        try container.encodeIfPresent(accuracy, forKey: .accuracy)
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        loss = try container.number(.loss)
        accuracy = try container.decodeIfPresent(Double.self, forKey: .accuracy)
    }
}

extension TrainingDiagnosis.LayerState {
    private enum Key: String, CodingKey {
        case gradientNorm, updateNorm, parameterNorm, saturatedShare, deadShare
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(number: gradientNorm, .gradientNorm)
        try container.encode(number: updateNorm, .updateNorm)
        try container.encode(number: parameterNorm, .parameterNorm)
        try container.encodeIfPresent(saturatedShare, forKey: .saturatedShare)
        try container.encodeIfPresent(deadShare, forKey: .deadShare)
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        self.init(
            gradientNorm: try container.number(.gradientNorm), updateNorm: try container.number(.updateNorm),
            parameterNorm: try container.number(.parameterNorm),
            saturatedShare: try container.decodeIfPresent(Double.self, forKey: .saturatedShare),
            deadShare: try container.decodeIfPresent(Double.self, forKey: .deadShare))
    }
}

extension EpochSums: Codable {
    private enum Key: String, CodingKey {
        case loss, samples, squaredNorms, steps, stepsOfBatch
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(number: loss, .loss)
        try container.encode(samples, forKey: .samples)
        try container.encode(number: squaredNorms, .squaredNorms)
        try container.encode(steps, forKey: .steps)
        try container.encode(stepsOfBatch, forKey: .stepsOfBatch)
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        self.init(
            loss: try container.number(.loss), samples: try container.decode(Int.self, forKey: .samples),
            squaredNorms: try container.number(.squaredNorms), steps: try container.decode(Int.self, forKey: .steps),
            stepsOfBatch: try container.decode(Int.self, forKey: .stepsOfBatch))
    }
}
