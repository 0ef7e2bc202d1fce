import Backprop

/// Samples that come with the package, to try things on.
public enum SampleData {
    /// 1,797 handwritten digits of 8 × 8 pixels (E. Alpaydin, C. Kaynak, UCI, 1998, CC BY 4.0).
    ///
    /// - Parameter pixelFactor: What the pixels, 0 to 16, are multiplied by; 1/16 brings them to 0…1.
    /// - Returns: Samples of 64 values, row by row from the top left, in 10 classes.
    public static func digits<Scalar: NetworkScalar>(pixelFactor: Scalar = 1 / 16) -> Dataset<Scalar> {
        var inputs: [Scalar] = []
        var classes: [Int] = []
        inputs.reserveCapacity(1797 * 64)
        for byte in digitsText.utf8 {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Q"): inputs.append(Scalar(byte - UInt8(ascii: "A")) * pixelFactor)
            case UInt8(ascii: "0")...UInt8(ascii: "9"): classes.append(Int(byte - UInt8(ascii: "0")))
            default: break
            }
        }
        return known { () throws(BackpropError) in
            try Dataset(inputs: inputs, inputCount: 64, classes: classes, classCount: 10)
        }
    }

    /// 150 irises: four measurements in centimeters and the species (R. A. Fisher, 1936).
    public static var iris: CSVTable {
        known { () throws(BackpropError) in try CSVTable(Array(irisText.utf8), source: "iris") }
    }

    /// Exclusive or: two inputs, one target, four samples.
    public static func xor<Scalar: NetworkScalar>() -> Dataset<Scalar> {
        known { () throws(BackpropError) in
            try Dataset(inputs: [[0, 0], [0, 1], [1, 0], [1, 1]], targets: [[0], [1], [1], [0]])
        }
    }

    /// What is known to be right, because it is part of the package.
    private static func known<Value>(_ body: () throws(BackpropError) -> Value) -> Value {
        do { return try body() } catch { preconditionFailure("a sample of the package: \(error)") }
    }
}
