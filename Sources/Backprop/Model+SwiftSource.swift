extension Model {
    /// Returns Swift that predicts as the model does, with the standard library alone.
    ///
    /// It is one enumeration of the given name: `NAME.predict(_:)` takes the raw inputs of one sample and gives the
    /// outputs in the units of the data (an autoencoder's in those of its inputs); a classifier also has
    /// `NAME.classify(_:)`, the name of the class. `[Float]` or `[Double]`, as the model's precision is.
    ///
    /// For raw inputs that are numbers of the model's precision, its outputs are those of ``predict(_:)``, rounded to
    /// that precision, bit for bit.
    ///
    /// - Parameter name: A letter, then letters, digits and underscores.
    /// - Throws: As ``cSource(name:)``.
    public func swiftSource(name: String) throws(BackpropError) -> String {
        try checkExportName(name, taken: SwiftReservedNames.all)
        return SwiftSourceWriter(model: try ExportedModel(self), name: name).text
    }
}

private enum SwiftReservedNames {
    /// Keywords, and the types that the source uses.
    static let all: Set<String> = [
        "associatedtype", "class", "deinit", "enum", "extension", "fileprivate", "func", "import", "init", "inout",
        "internal", "let", "operator", "precedencegroup", "private", "protocol", "public", "rethrows", "static",
        "struct", "subscript", "typealias", "var", "break", "case", "catch", "continue", "default", "defer", "do",
        "else", "fallthrough", "for", "guard", "if", "in", "repeat", "return", "switch", "throw", "where", "while",
        "Any", "as", "false", "is", "nil", "self", "Self", "super", "true", "try", "throws", "await", "async",
        "Array", "Double", "Float", "Int", "String", "Swift", "Type", "Protocol", "UInt32", "UInt64",
    ]
}

private struct SwiftSourceWriter<Scalar: NetworkScalar> {
    let model: ExportedModel<Scalar>
    let name: String
    let dialect = SourceDialect<Scalar>(language: .swift)

    private var type: String { dialect.type }

    var text: String {
        """
        // \(name).swift: a neural network, \(model.chain), exported by backprop \(libraryVersion).
        // The arithmetic is that of backprop, operation for operation; the standard library is all it needs. (Where
        // processors have no multiply-add, that calls the one of the C library, which must be linked.)

        #if canImport(Glibc)
            import Glibc
        #elseif canImport(Musl)
            import Musl
        #elseif canImport(Android)
            import Android
        #endif

        /// Predicts one sample: `\(name).predict(inputs)`.
        enum \(name) {
        \(indented(([counts] + names + [predict] + classify + functions + numbers).joined(separator: "\n\n")))
        }

        """
    }

    private func indented(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { $0.isEmpty ? "" : "    \($0)" }
            .joined(separator: "\n")
    }

    private var counts: String {
        """
        /// Values of a sample.
        static let inputCount = \(model.inputCount)
        /// Values of a prediction.
        static let outputCount = \(model.outputCount)
        """
    }

    private var names: [String] {
        let lists = [
            ("inputNames", "What the inputs are called.", model.inputNames),
            ("classNames", "The classes.", model.classNames),
        ].filter { !$0.2.isEmpty }
        let texts = lists.map { name, summary, texts in
            """
            /// \(summary)
            static let \(name): [String] = [
            \(texts.map { "    \(literal($0))," }.joined(separator: "\n"))
            ]
            """
        }
        let target = model.targetName.map { "/// What is predicted.\nstatic let targetName = \(literal($0))" }
        return texts + (target.map { [$0] } ?? [])
    }

    /// A text as a literal in ASCII.
    private func literal(_ text: String) -> String {
        let scalars = text.unicodeScalars.map { scalar -> String in
            let isPlain = (0x20..<0x7f).contains(scalar.value) && scalar != "\"" && scalar != "\\"
            return isPlain ? String(scalar) : "\\u{\(String(scalar.value, radix: 16))}"
        }
        return "\"" + scalars.joined() + "\""
    }

    // MARK: Predicting

    private var predict: String {
        var lines = [
            "precondition(inputs.count == \(model.inputCount), \"expected \(model.inputCount) inputs\")",
            "var row = inputs",
        ]
        if model.inputScaling != nil {
            let value = "(Double(row[j]) - inputOffsets[j]) * inputFactors[j]"
            lines.append("for j in row.indices { row[j] = \(rounded(value)) }")
        }
        for (index, layer) in model.layers.enumerated() {
            let function = layer.tiedTo == nil ? "dense" : "denseTied"
            let biases = layer.biases == nil ? "Array(repeating: 0, count: \(layer.units))" : "biases\(index)"
            lines.append("row = \(function)(row, weights\(layer.tiedTo ?? index), \(biases))")
            if layer.activation == .softmax {
                lines.append("softmax(&row)")
            } else if let function = dialect.functionName(layer.activation) {
                lines.append("for j in row.indices { row[j] = \(function)(row[j]) }")
            }
        }
        if model.outputScaling != nil {
            lines.append("for j in row.indices {")
            lines.append("    let scaled = outputFactors[j] == 0 ? 0 : Double(row[j]) / outputFactors[j]")
            lines.append("    row[j] = \(rounded("outputOffsets[j] + scaled"))")
            lines.append("}")
        }
        let scales = model.inputScaling == nil ? "as the network takes them" : "raw; they are scaled as in training"
        return """
            /// Returns the outputs\(model.outputScaling == nil ? "" : " in the units of the data") for one sample.
            ///
            /// - Parameter inputs: `inputCount` values, \(scales).
            static func predict(_ inputs: [\(type)]) -> [\(type)] {
            \(lines.map { "    " + $0 }.joined(separator: "\n"))
                return row
            }
            """
    }

    private func rounded(_ value: String) -> String { dialect.isDouble ? value : "Float(\(value))" }

    private var classify: [String] {
        guard !model.classNames.isEmpty else { return [] }
        let body =
            model.outputCount == 1
            ? "    return classNames[predict(inputs)[0] > 0.5 ? 1 : 0]"
            : """
                let outputs = predict(inputs)
                var best = 0
                for j in outputs.indices where outputs[j] > outputs[best] { best = j }
                return classNames[best]
            """
        return [
            """
            /// Returns the class of one sample\(model.outputCount == 1 ? "" : ", the first of equals").
            static func classify(_ inputs: [\(type)]) -> String {
            \(body)
            }
            """
        ]
    }

    // MARK: Functions

    private var functions: [String] {
        let activations = model.layers.map(\.activation)
        let functions = dialect.functions(for: activations)
        var sources = [dense(isTied: false)]
        if model.layers.contains(where: { $0.tiedTo != nil }) { sources.append(dense(isTied: true)) }
        if activations.contains(.softmax) { sources.append(softmax) }
        sources += functions.map(dialect.text)
        if functions.contains(where: { $0.name == "scale" || $0.name == "expm1" }) { sources.append(powerOfTwo) }
        sources.append(
            """
            /// a b + c, rounded once
            private static func fma(_ a: \(type), _ b: \(type), _ c: \(type)) -> \(type) { c.addingProduct(a, b) }
            """)
        return sources
    }

    private var powerOfTwo: String {
        let (shift, bias) = dialect.isDouble ? (52, "1023") : (23, "127")
        return """
            /// 2^n for a whole n that is the exponent of a normal number: the sum has n + \(bias) in its low bits.
            private static func power_of_two(_ n: \(type)) -> \(type) {
                \(type)(bitPattern: (n + (\(dialect.rounder) + \(bias))).bitPattern << \(shift))
            }
            """
    }

    private var softmax: String {
        """
        /// exp(z) by its sum, shifted by the largest so that nothing overflows.
        private static func softmax(_ z: inout [\(type)]) {
            var largest = z[0]
            for value in z where value > largest { largest = value }
            var sum: \(type) = 0
            for j in z.indices {
                z[j] = exp(z[j] - largest)
                sum += z[j]
            }
            for j in z.indices { z[j] /= sum }
        }
        """
    }

    private func dense(isTied: Bool) -> String {
        let shape = isTied ? "the transpose of w, units × inputs" : "w, inputs × units"
        let weight = isTied ? "w[j * x.count + i]" : "w[i * z.count + j]"
        return """
            /// b + x w with \(shape); every sum in ascending i.
            private static func dense\(isTied ? "Tied" : "")(_ x: [\(type)], _ w: [\(type)], _ b: [\(type)]) \
            -> [\(type)] {
                var z = b
                for i in x.indices {
                    for j in z.indices { z[j] = fma(x[i], \(weight), z[j]) }
                }
                return z
            }
            """
    }

    // MARK: Numbers

    private var numbers: [String] {
        var arrays: [String] = []
        for (index, layer) in model.layers.enumerated() {
            if layer.tiedTo == nil { arrays.append(parameters("weights\(index)", layer.weights)) }
            if let biases = layer.biases { arrays.append(parameters("biases\(index)", biases)) }
        }
        for (thing, scaling) in [("input", model.inputScaling), ("output", model.outputScaling)] {
            guard let scaling else { continue }
            arrays.append(literals("\(thing)Offsets", scaling.offsets))
            arrays.append(literals("\(thing)Factors", scaling.factors))
        }
        return arrays + [reader]
    }

    /// Bits in hexadecimal: the compiler takes minutes for a literal of a hundred thousand numbers, and no time for texts.
    private func parameters(_ name: String, _ values: ArraySlice<Scalar>) -> String {
        let perLine = dialect.isDouble ? 6 : 12
        let lines = stride(from: values.startIndex, to: values.endIndex, by: perLine).map { start in
            values[start..<min(start + perLine, values.endIndex)].map(bits).joined()
        }
        return """
            private static let \(name) = numbers(
                \"""
            \(lines.map { "    " + $0 }.joined(separator: "\n"))
                \""")
            """
    }

    private func bits(_ value: Scalar) -> String {
        let text =
            (value as? Float).map { String($0.bitPattern, radix: 16) } ?? String(Double(value).bitPattern, radix: 16)
        return String(repeating: "0", count: MemoryLayout<Scalar>.size * 2 - text.utf8.count) + text
    }

    private var reader: String {
        let size = MemoryLayout<Scalar>.size
        return """
            /// The numbers of these bits: \(size * 2) hexadecimal digits each.
            private static func numbers(_ text: String) -> [\(type)] {
                var numbers: [\(type)] = []
                numbers.reserveCapacity(text.utf8.count / \(size * 2))
                var bits: UInt\(size * 8) = 0
                var digits = 0
                for byte in text.utf8 where byte >= 48 {
                    bits = bits << 4 | UInt\(size * 8)(byte < 58 ? byte - 48 : byte - 87)
                    digits += 1
                    if digits % \(size * 2) == 0 { numbers.append(\(type)(bitPattern: bits)) }
                }
                return numbers
            }
            """
    }

    private func literals(_ name: String, _ values: [Double]) -> String {
        let lines = stride(from: 0, to: values.count, by: 6).map { start in
            "    " + values[start..<min(start + 6, values.count)].map(hexadecimal).joined(separator: ", ") + ","
        }
        return "private static let \(name): [Double] = [\n\(lines.joined(separator: "\n"))\n]"
    }
}
