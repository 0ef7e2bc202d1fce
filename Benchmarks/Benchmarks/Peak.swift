import Backprop
import CPeak
import Foundation

/// What the machine can do at most with the vectors of an instruction set.
struct Peak: Encodable {
    var instructionSet: String
    /// In units of 10⁹ floating-point operations a second, two for each multiply-add.
    var gigaflopsFloat: Double
    var gigaflopsDouble: Double

    private static let rounds = 20_000

    init(of instructionSet: InstructionSet) {
        self.instructionSet = instructionSet.name
        gigaflopsFloat = Self.gigaflops(Float.self, of: instructionSet)
        gigaflopsDouble = Self.gigaflops(Double.self, of: instructionSet)
    }

    /// The peak in one precision, the best of some repeats.
    static func gigaflops<Scalar: NetworkScalar>(
        _ scalar: Scalar.Type, of instructionSet: InstructionSet, repeats: Int = 11
    ) -> Double {
        let work = scalar == Double.self ? peak_multiply_add_f64 : peak_multiply_add_f32
        let width = Self.width(of: instructionSet)
        return (0..<repeats).map { _ in
            var operations = 0.0
            let time = seconds { operations = work(width, rounds) }
            return operations / time * 1e-9
        }.max() ?? 0
    }

    func gigaflops<Scalar: NetworkScalar>(_ scalar: Scalar.Type) -> Double {
        scalar == Double.self ? gigaflopsDouble : gigaflopsFloat
    }

    /// The numbers in a vector of floats.
    static func lanes(of instructionSet: InstructionSet) -> Int {
        switch width(of: instructionSet) {
        case PEAK_512: 16
        case PEAK_256: 8
        case PEAK_128: 4
        default: 1
        }
    }

    static func width(of instructionSet: InstructionSet) -> peak_width {
        switch instructionSet.name {
        case "avx512": PEAK_512
        case "avx2": PEAK_256
        case "neon": PEAK_128
        default: PEAK_SCALAR
        }
    }
}

/// How fast memory of a size is read again and again: from the cache that it fits in.
private struct Bandwidth: Encodable {
    var kibibytes: Int
    var gigabytesPerSecond: Double

    init(kibibytes: Int, width: peak_width) {
        let bytes = kibibytes * 1024
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes, alignment: 64)
        defer { memory.deallocate() }
        memory.initializeMemory(as: UInt8.self, repeating: 1)
        let passes = max(1, (64 << 20) / bytes)
        var sink: UInt32 = 0
        let times = (0..<7).map { _ in
            seconds { for _ in 0..<passes { sink |= peak_read(width, memory.baseAddress!, bytes) } }
        }
        precondition(sink != 0, "what was written is read")
        self.kibibytes = kibibytes
        gigabytesPerSecond = Double(bytes * passes) / times.min()! * 1e-9
    }
}

extension Benchmark {
    private struct PeakReport: Encodable {
        var peaks: [Peak]
        var reads: [Bandwidth]
    }

    static func peak(isJSON: Bool) throws {
        let sets = InstructionSet.available
        let width = Peak.width(of: sets[sets.count - 1])
        let report = PeakReport(
            peaks: sets.map(Peak.init(of:)),
            reads: [24, 512, 8 << 10, 256 << 10].map { Bandwidth(kibibytes: $0, width: width) })
        if isJSON { return try printJSON(report) }
        for peak in report.peaks {
            print(
                "\(peak.instructionSet): float \(rounded(peak.gigaflopsFloat)), double \(rounded(peak.gigaflopsDouble)) GFLOP/s"
            )
        }
        for read in report.reads {
            print("reads of \(read.kibibytes) KiB: \(rounded(read.gigabytesPerSecond)) GB/s")
        }
    }
}

func printJSON(_ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
    print(String(decoding: try encoder.encode(value), as: UTF8.self))
}

func rounded(_ value: Double, digits: Int = 1) -> String { String(format: "%.\(digits)f", value) }
