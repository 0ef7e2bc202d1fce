import Backprop
import Foundation
import Testing

@Suite("Columns of a table as inputs")
struct TableInputsTests {
    private func table(_ text: String, _ header: CSVFormat.Header = .automatic) throws -> CSVTable {
        try CSVTable(Array(text.utf8), source: "t.csv", format: CSVFormat(header: header))
    }

    private func inputs(
        _ text: String, columns: [Int]? = nil, missing: MissingValues = .refuse
    ) throws -> TableInputs {
        let table = try table(text)
        return try TableInputs(table, columns: columns ?? Array(0..<table.columnCount), missing: missing)
    }

    @Test("numbers stay numbers, and texts become an input each, in the order of their bytes")
    func categories() throws {
        let inputs = try inputs("size,color\n1.5,red\n2,blue\n3,\"red\"\n")
        #expect(inputs.inputCount == 3 && inputs.count == 3)
        #expect(inputs.inputNames == ["size", "color=blue", "color=red"])
        #expect(inputs.columns.map(\.categories) == [nil, ["blue", "red"]])
        #expect(inputs.categoryInputs == [1, 2])
        #expect(inputs.values() as [Double] == [1.5, 0, 1, 2, 1, 0, 3, 0, 1])
        #expect(inputs.samples([2, 1]).values() as [Float] == [3, 0, 1, 2, 1, 0])
        #expect(inputs.samples([2, 1]).samples([1]).values() as [Float] == [2, 1, 0])
    }

    @Test("inputs are scaled in Double and rounded once")
    func scaling() throws {
        let inputs = try inputs("time,color\n1700000001,red\n1700000003,blue\n")
        let scaling = Scaling(standardizing: inputs.values(), columns: 3).leaving(inputs.categoryInputs)
        #expect(inputs.values(scaledBy: scaling) as [Float] == [-1, 0, 1, 1, 1, 0])
    }

    // MARK: Missing values

    private static let gaps = "x,color\n1,red\n,blue\n10,?\n1,red\nNA,NA\n4,blue\nnan,\"NA\"\n"

    @Test(
        "what stands in for missing values is the column's mean, median or most frequent value",
        arguments: [(MissingValues.mean, 4.0), (.median, 2.5), (.mode, 1)])
    func replacements(_ missing: MissingValues, _ expected: Double) throws {
        let inputs = try inputs(Self.gaps, missing: missing)
        // Quotes make a text of NA, and the first of equally frequent texts is taken.
        #expect(inputs.columns[1].categories == ["NA", "blue", "red"])
        let values: [Double] = inputs.values()
        #expect(
            stride(from: 0, to: values.count, by: 4).map { values[$0] } == [1, expected, 10, 1, expected, 4, expected])
        #expect(Array(values[9...11]) == [0, 1, 0] && Array(values[25...27]) == [1, 0, 0])
    }

    @Test(
        "missing values are refused unless something is to stand in for them",
        arguments: [
            ("x,y\n1,2\n,3\n", "t.csv line 3, column x: expected a finite number, found nothing"),
            ("x,y\n1,2\n1,NA\n", "t.csv line 3, column y: expected a finite number, found NA"),
            ("x,y\n1,2\n1,?\n", "t.csv line 3, column y: expected a finite number, found ?"),
            ("x,y\n1,NaN\n1,1\n", "t.csv line 2, column y: expected a finite number, found NaN"),
            ("x,y\n1,a\n1,?\n", "t.csv line 3, column y: expected a text, found ?"),
            ("x,y\n1,\n1,a\n", "t.csv line 2, column y: expected a text, found nothing"),
        ])
    func refused(_ text: String, _ message: String) throws {
        expectError(message) { try inputs(text) }
        #expect(try inputs(text, missing: .mode).count == 2)
    }

    @Test("infinity and texts among numbers are refused, whatever is done about missing values")
    func neverReplaced() {
        for missing in MissingValues.allCases {
            expectError("t.csv line 3, column x: expected a finite number, found inf") {
                try inputs("x,y\n1,2\ninf,3\n", missing: missing)
            }
            expectError("t.csv line 4, column y: expected a finite number, found b") {
                try inputs("x,y\n1,2\n2,3\n3,b\n", missing: missing)
            }
        }
    }

    @Test("a column without any value can't be learnt from")
    func emptyColumn() {
        expectError("column y: expected a value in one of the rows to learn from, found none") {
            try inputs("x,y\n1,\n2,\n", missing: .mean)
        }
    }

    @Test("a column with nothing but different texts is no use as categories")
    func identifiers() throws {
        let rows = (0..<100).map { "name\($0),\($0)" }.joined(separator: "\n")
        expectError(
            "t.csv, column name: expected numbers, or texts that come up again, found more than 50 different texts"
        ) {
            try inputs("name,x\n\(rows)\n")
        }
    }

    // MARK: Training part and others

    @Test("what is learnt is learnt from the training part alone")
    func training() throws {
        let all = try inputs("x,color\n1,red\n3,blue\n100,green\n,red\n", missing: .mean)
        #expect(all.columns[0].replacement == (1 + 3 + 100) / 3.0)
        let training = try all.samples([0, 1, 3]).learning(missing: .mean)
        #expect(training.columns[0].replacement == 2)
        #expect(training.columns[1].categories == ["blue", "red"])
        #expect(training.values() as [Double] == [1, 0, 1, 3, 1, 0, 2, 0, 1])
        // A category that was not met there has no input.
        let heldOut = all.samples([2, 3]).with(training.columns)
        #expect(heldOut.values() as [Double] == [100, 0, 0, 2, 0, 1])
    }

    @Test("columns survive JSON, and what is wrong with them doesn't")
    func codable() throws {
        let column = try InputColumn(name: "c", categories: ["a", "b"], replacement: 1)
        let columns = [column, try InputColumn(name: "x", replacement: 0.1), try InputColumn(name: "y")]
        #expect(try JSONDecoder().decode([InputColumn].self, from: JSONEncoder().encode(columns)) == columns)
        for text in [
            #"{"name":"c","categories":[]}"#, #"{"name":"c","categories":["a","a"]}"#,
            #"{"name":"c","categories":["a"],"replacement":1}"#,
            #"{"name":"c","categories":["a","b"],"replacement":0.5}"#,
        ] {
            #expect(throws: (any Error).self) {
                try JSONDecoder().decode(InputColumn.self, from: Data(text.utf8))
            }
        }
        #expect(throws: BackpropError.self) { try InputColumn(name: "x", replacement: .infinity) }
    }

    // MARK: Models

    private func model() throws -> Model<Float> {
        let inputs = try inputs("x,color\n1,red\n3,blue\n,red\n", missing: .mean)
        return Model(
            network: try Network(inputs: 3, layers: [.dense(2, .softmax)], seed: 1), loss: .crossEntropy,
            inputNames: inputs.inputNames, inputColumns: inputs.columns, classNames: ["a", "b"])
    }

    @Test("a model keeps its columns, and takes raw values by their names")
    func models() throws {
        let bytes = try model().serialized()
        let model = try Model<Float>(serialized: bytes)
        #expect(try model.inputColumns == self.model().inputColumns && model.serialized() == bytes)
        let raw = try table("color,other,x\nblue,?,5\nred,,\n?,,1\n", .yes)
        #expect(try model.inputs(from: raw) == [5, 1, 0, 2, 0, 1, 1, 0, 1])
        // By their positions where there are no names.
        #expect(try model.inputs(from: table("5,blue\n", .no)) == [5, 1, 0])
        #expect(try model.inputs(from: table("5,zzz,blue\n", .no), besides: 1) == [5, 1, 0])
    }

    @Test(
        "raw values that a model doesn't know are refused with file, line and column",
        arguments: [
            ("x,color\n1,red\n2,green\n", "t.csv line 3, column color: expected one of blue, red, found green"),
            ("x,color\n1,red\nbig,red\n", "t.csv line 3, column x: expected a finite number, found big"),
            ("x,color\n1,7\n", "t.csv line 2, column color: expected one of blue, red, found 7"),
            ("x,colour\n1,red\n", "t.csv, column: expected one of x, colour, found color"),
            ("1,red,2\n", "t.csv, columns: expected 2 inputs, found 3"),
        ])
    func unknown(_ text: String, _ message: String) throws {
        let model = try model()
        expectError(message) { try model.inputs(from: table(text)) }
    }

    @Test("a missing value is refused by a model that has nothing for it")
    func missingInPrediction() throws {
        var model = try model()
        model.inputColumns = try inputs("x,color\n1,red\n3,blue\n").columns
        expectError("t.csv line 3, column color: expected one of blue, red, found nothing") {
            try model.inputs(from: table("x,color\n1,red\n2,\n"))
        }
        expectError("t.csv line 2, column x: expected a finite number, found nothing") {
            try model.inputs(from: table("x,color\n,red\n"))
        }
    }

    @Test("plain columns leave a model's file as it always was; columns of another number are not saved")
    func files() throws {
        var model = try model()
        model.inputColumns = []
        model.inputNames = ["a", "b", "c"]
        let bytes = try model.serialized()
        model.inputColumns = try model.inputNames.map { try InputColumn(name: $0) }
        #expect(try model.serialized() == bytes)
        model.inputColumns = [try InputColumn(name: "a", categories: ["x", "y"])]
        #expect(throws: BackpropError.self) { try model.serialized() }
    }
}

@Suite("Scalings")
struct ScalingTests {
    @Test("columns are brought to mean 0 and variance 1, to 0…1, or left alone")
    func methods() throws {
        let values: [Double] = [1, 10, 7, 3, 30, 7]
        let standard = try #require(ScalingMethod.standard.scaling(for: values, columns: 3))
        #expect(standard.apply(to: values) == [-1, -1, 0, 1, 1, 0])
        let minMax = try #require(ScalingMethod.minMax.scaling(for: values, columns: 3))
        #expect(minMax.apply(to: values) == [0, 0, 0, 1, 1, 0])
        #expect(minMax.invert([0, 1, 0]) == [1, 30, 7])
        #expect(ScalingMethod.none.scaling(for: values, columns: 3) == nil)
        #expect(minMax.leaving([1]).apply(to: values) == [0, 10, 0, 1, 30, 0])
    }

    @Test("a range too narrow or too wide for a factor counts as none")
    func extremes() {
        let scaling = Scaling(minMaxing: [0, -1e308, .leastNonzeroMagnitude, 1e308], columns: 2)
        #expect(scaling.factors == [0, 0])
    }
}
