// model.swift: every input is read as a model; what is accepted is written and read again, to the same model.
import Backprop

func read(_ bytes: [UInt8]) throws {
    switch try AnyModel(serialized: sealed(bytes), source: source) {
    case .float(let model): try checkCopy(of: model)
    case .double(let model): try checkCopy(of: model)
    }
}

private func checkCopy<Scalar: NetworkScalar>(of model: Model<Scalar>) throws {
    let copy = try Model<Scalar>(serialized: model.serialized())
    precondition(copy == model)
}
