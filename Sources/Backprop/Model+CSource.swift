/// A network as a pair of C files, for prediction.
public struct CSource: Hashable, Sendable {
    /// What goes into the `.h` file; C++ takes it too.
    public let header: String
    /// What goes into the `.c` file, which includes the header by the export's name.
    public let implementation: String
}

extension Model {
    /// Returns C11 that predicts as the model does, with nothing but `fma` from the C library.
    ///
    /// Its functions begin with the name: `NAME_predict` takes the raw inputs of one sample and gives the outputs in the
    /// units of the data (an autoencoder's in those of its inputs); a classifier also has `NAME_class`, and names.
    /// Nothing is allocated and nothing is written but the outputs, so any number of threads may call it.
    ///
    /// For raw inputs that are numbers of the model's precision, its outputs are those of ``predict(_:)``, rounded to
    /// that precision, bit for bit.
    ///
    /// - Parameter name: A letter, then letters, digits and underscores; also the name of the files, without their
    ///   endings.
    /// - Throws: ``BackpropError/option(_:expected:found:)`` for another name, or an activation of the user's own; or as
    ///   ``serialized()``.
    public func cSource(name: String) throws(BackpropError) -> CSource {
        // <math.h> must not find the export.
        try checkExportName(name, taken: ["math", "stddef", "stdint", "string", "float"])
        let writer = CSourceWriter(model: try ExportedModel(self), name: name)
        return CSource(header: writer.header, implementation: writer.implementation)
    }
}

/// Writes the pair of files.
private struct CSourceWriter<Scalar: NetworkScalar> {
    let model: ExportedModel<Scalar>
    let name: String
    let dialect: SourceDialect<Scalar>

    init(model: ExportedModel<Scalar>, name: String) {
        self.model = model
        self.name = name
        dialect = SourceDialect(language: .c(prefix: name))
    }

    private var type: String { dialect.type }
    private var upperName: String { name.uppercased() }

    // MARK: The header

    var header: String {
        """
        /*
         * \(name).h: a neural network, \(model.chain), exported by backprop \(libraryVersion).
         *
         * C11 or C++. Link with -lm. Nothing is allocated; any number of threads may predict at once.
         */
        #ifndef BACKPROP_EXPORT_\(upperName)_H
        #define BACKPROP_EXPORT_\(upperName)_H

        #include <stddef.h>

        #ifdef __cplusplus
        extern "C" {
        #endif

        enum { \(counts.map { "\(upperName)_\($0) = \($1)" }.joined(separator: ", ")) };
        \(tables.map { "\nextern const char *const \(name)_\($0)[\($1.count)];" }.joined())

        /*
         * Predicts one sample.
         *
         *   inputs   in   [\(model.inputCount)]  \(inputsText)
         *   outputs  out  [\(model.outputCount)]  \(outputsText)
         *
         * The arrays must not overlap. Takes \(stackBytes) bytes of stack for activations.
         */
        void \(name)_predict(const \(type) *inputs, \(type) *outputs);
        \(classDeclaration)
        #ifdef __cplusplus
        }
        #endif

        #endif

        """
    }

    private var counts: [(String, Int)] {
        var counts = [("INPUTS", model.inputCount), ("OUTPUTS", model.outputCount)]
        if !model.classNames.isEmpty { counts.append(("CLASSES", model.classNames.count)) }
        return counts
    }

    private var tables: [(name: String, texts: [String])] {
        [
            ("input_names", model.inputNames), ("class_names", model.classNames),
            ("target_name", model.targetName.map { [$0] } ?? []),
        ].filter { !$0.1.isEmpty }
    }

    private var inputsText: String {
        model.inputScaling == nil ? "as the network takes them" : "raw values; they are scaled as in training"
    }

    private var outputsText: String {
        model.outputScaling == nil ? "of the last layer" : "in the units of the data"
    }

    private var classDeclaration: String {
        guard !model.classNames.isEmpty else { return "" }
        return """

            /* The class that outputs stand for, an index of \(name)_class_names\(classRule). */
            size_t \(name)_class(const \(type) *outputs);

            """
    }

    private var classRule: String {
        model.outputCount == 1 ? ": 1 above a half, else 0" : ": the highest, the first of equals"
    }

    /// Two rows of activations, of which layers read one and write the other.
    private var rowWidth: Int {
        max(model.inputScaling == nil ? 0 : model.inputCount, model.layers.dropLast().map(\.units).max() ?? 0)
    }

    private var stackBytes: Int { (usesRows ? 2 : 0) * rowWidth * MemoryLayout<Scalar>.size }
    private var usesRows: Bool { rowWidth > 0 }

    // MARK: The implementation

    var implementation: String {
        """
        /* \(name).c: see \(name).h. The arithmetic is that of backprop, operation for operation. */
        #include "\(name).h"

        #include <float.h>
        #include <math.h>
        #include <stdint.h>
        #include <string.h>

        /* Every operation is rounded for itself. */
        #if defined(__clang__)
        #pragma STDC FP_CONTRACT OFF
        #elif defined(__GNUC__)
        #pragma GCC optimize("fp-contract=off")
        #elif defined(_MSC_VER)
        #pragma fp_contract(off)
        #endif
        #if defined(__FAST_MATH__) || defined(_M_FP_FAST)
        #error "These results are exact: compile without fast-math"
        #endif
        #if !defined(FLT_EVAL_METHOD) || (FLT_EVAL_METHOD != 0 && FLT_EVAL_METHOD != 16)
        #error "These results are exact: compile to round every operation (i386: -msse2 -mfpmath=sse)"
        #endif

        \((texts + numbers + functions + [predict] + classFunction).joined(separator: "\n\n"))

        """
    }

    private var texts: [String] {
        tables.map { table in
            let entries = table.texts.map { "    \(literal($0))," }.joined(separator: "\n")
            return "const char *const \(name)_\(table.name)[\(table.texts.count)] = {\n\(entries)\n};"
        }
    }

    /// A text as a literal in ASCII: an octal escape has three digits at most, so what follows is never taken for one.
    private func literal(_ text: String) -> String {
        let bytes = text.utf8.map { byte -> String in
            let isPlain = (0x20..<0x7f).contains(byte) && !"\"\\?".utf8.contains(byte)
            if isPlain { return String(UnicodeScalar(byte)) }
            let octal = String(byte, radix: 8)
            return "\\" + String(repeating: "0", count: 3 - octal.utf8.count) + octal
        }
        return "\"" + bytes.joined() + "\""
    }

    private var numbers: [String] {
        var arrays: [String] = []
        for (index, layer) in model.layers.enumerated() {
            if layer.tiedTo == nil {
                arrays.append(array("weights_\(index)", layer.weights, "[inputs x units] of layer \(index)"))
            }
            if let biases = layer.biases { arrays.append(array("biases_\(index)", biases, nil)) }
        }
        for (thing, scaling) in [("input", model.inputScaling), ("output", model.outputScaling)] {
            guard let scaling else { continue }
            arrays.append(array("\(thing)_offsets", scaling.offsets[...], nil))
            arrays.append(array("\(thing)_factors", scaling.factors[...], nil))
        }
        return arrays
    }

    private func array<Number: NetworkScalar>(_ name: String, _ values: ArraySlice<Number>, _ comment: String?)
        -> String
    {
        let dialect = SourceDialect<Number>(language: .c(prefix: self.name))
        let lines = stride(from: values.startIndex, to: values.endIndex, by: 6).map { start in
            "    " + values[start..<min(start + 6, values.endIndex)].map(dialect.literal).joined(separator: ", ")
        }
        return """
            \(comment.map { "/* \($0) */\n" } ?? "")\
            static const \(dialect.type) \(self.name)_\(name)[\(values.count)] = {
            \(lines.joined(separator: ",\n"))
            };
            """
    }

    // MARK: Functions

    private var functions: [String] {
        let activations = model.layers.map(\.activation)
        let functions = dialect.functions(for: activations)
        var sources: [String] = []
        if functions.contains(where: { $0.name == "scale" || $0.name == "expm1" }) { sources.append(powerOfTwo) }
        sources += functions.map(dialect.text)
        if activations.contains(.softmax) { sources.append(softmax) }
        if model.layers.contains(where: { $0.tiedTo == nil }) { sources.append(dense(isTied: false)) }
        if model.layers.contains(where: { $0.tiedTo != nil }) { sources.append(dense(isTied: true)) }
        return sources
    }

    private var powerOfTwo: String {
        let (bits, shift, bias) = dialect.isDouble ? ("uint64_t", 52, "1023.0") : ("uint32_t", 23, "127.0f")
        return """
            /* 2^n for a whole n that is the exponent of a normal number: the sum has n + \(bias) in its low bits. */
            static \(type) \(name)_power_of_two(\(type) n) {
                const \(type) shifted = n + (\(dialect.rounder) + \(bias));
                \(bits) bits;
                \(type) power;
                memcpy(&bits, &shifted, sizeof bits);
                bits <<= \(shift);
                memcpy(&power, &bits, sizeof power);
                return power;
            }
            """
    }

    private var softmax: String {
        """
        /* exp(z) by its sum, shifted by the largest so that nothing overflows. */
        static void \(name)_softmax(\(type) *z, size_t n) {
            \(type) largest = z[0], sum = 0;
            size_t j;
            for (j = 1; j < n; j++) largest = z[j] > largest ? z[j] : largest;
            for (j = 0; j < n; j++) {
                z[j] = \(name)_exp(z[j] - largest);
                sum += z[j];
            }
            for (j = 0; j < n; j++) z[j] /= sum;
        }
        """
    }

    private func dense(isTied: Bool) -> String {
        let suffix = isTied ? "_tied" : ""
        let shape = isTied ? "the transpose of w [n_out x n_in]" : "w [n_in x n_out]"
        let weight = isTied ? "w[j * n_in + i]" : "w[i * n_out + j]"
        return """
            /* z = b + x w with \(shape); every sum in ascending i. */
            static void \(name)_dense\(suffix)(const \(type) *x, size_t n_in, const \(type) *w, const \(type) *b, \
            \(type) *z, size_t n_out) {
                size_t i, j;
                for (j = 0; j < n_out; j++) z[j] = b ? b[j] : 0;
                for (i = 0; i < n_in; i++)
                    for (j = 0; j < n_out; j++) z[j] = \(dialect.fma("x[i]", weight, "z[j]"));
            }
            """
    }

    private var predict: String {
        var lines: [String] = []
        if usesRows { lines.append("\(type) rows[2][\(rowWidth)];") }
        if !loopsNothing { lines.append("size_t j;") }
        var source = "inputs"
        var row = 0
        if model.inputScaling != nil {
            let value = "((double)inputs[j] - \(name)_input_offsets[j]) * \(name)_input_factors[j]"
            lines.append("for (j = 0; j < \(model.inputCount); j++) rows[0][j] = \(rounded(value));")
            (source, row) = ("rows[0]", 1)
        }
        for (index, layer) in model.layers.enumerated() {
            let target = index == model.layers.count - 1 ? "outputs" : "rows[\(row)]"
            lines += statements(of: layer, index, from: source, to: target)
            (source, row) = (target, 1 - row)
        }
        if model.outputScaling != nil {
            lines.append("for (j = 0; j < \(model.outputCount); j++) {")
            let quotient = "(double)outputs[j] / \(name)_output_factors[j]"
            lines.append("    const double scaled = \(name)_output_factors[j] == 0 ? 0 : \(quotient);")
            lines.append("    outputs[j] = \(rounded("\(name)_output_offsets[j] + scaled"));")
            lines.append("}")
        }
        return """
            void \(name)_predict(const \(type) *inputs, \(type) *outputs) {
            \(lines.map { "    " + $0 }.joined(separator: "\n"))
            }
            """
    }

    private var loopsNothing: Bool {
        model.inputScaling == nil && model.outputScaling == nil
            && model.layers.allSatisfy { dialect.functionName($0.activation) == nil }
    }

    private func rounded(_ value: String) -> String { dialect.isDouble ? value : "(float)(\(value))" }

    private func statements(
        of layer: ExportedModel<Scalar>.Layer, _ index: Int, from source: String, to target: String
    ) -> [String] {
        let function = layer.tiedTo == nil ? "dense" : "dense_tied"
        let biases = layer.biases == nil ? "NULL" : "\(name)_biases_\(index)"
        var lines = [
            "\(name)_\(function)(\(source), \(layer.inputs), \(name)_weights_\(layer.tiedTo ?? index), \(biases), "
                + "\(target), \(layer.units));"
        ]
        if layer.activation == .softmax {
            lines.append("\(name)_softmax(\(target), \(layer.units));")
        } else if let function = dialect.functionName(layer.activation) {
            lines.append(
                "for (j = 0; j < \(layer.units); j++) \(target)[j] = \(name)_\(function)(\(target)[j]);")
        }
        return lines
    }

    private var classFunction: [String] {
        guard !model.classNames.isEmpty else { return [] }
        let body =
            model.outputCount == 1
            ? "    return outputs[0] > \(dialect.whole(0.5)) ? 1 : 0;"
            : """
                size_t best = 0, j;
                for (j = 1; j < \(model.outputCount); j++) best = outputs[j] > outputs[best] ? j : best;
                return best;
            """
        return ["size_t \(name)_class(const \(type) *outputs) {\n\(body)\n}"]
    }
}
