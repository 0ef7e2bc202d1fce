/// A set of processor instructions that the kernels were compiled for. All give the same bits.
///
/// The fastest available is used, unless the environment variable `BACKPROP_ISA` names another.
///
/// The corresponding C type is `bp_isa`.
public struct InstructionSet: Hashable, Sendable, CustomStringConvertible {
    let kernels: KernelTable

    /// `scalar`, `neon`, `avx2` or `avx512`.
    public var name: String { kernels.name }
    public var description: String { name }

    /// Those that this build and this processor have, slowest first; never empty.
    public static let available: [InstructionSet] = KernelTable.available.map(InstructionSet.init)

    /// The one that new networks use.
    ///
    /// - Throws: ``BackpropError/instructionSet(found:available:)`` if `BACKPROP_ISA` is unknown or not available.
    public static var current: InstructionSet {
        get throws(BackpropError) { try InstructionSet(named: environmentVariable("BACKPROP_ISA") ?? "") }
    }

    /// The instruction set of a name, or the fastest for an empty one.
    ///
    /// - Throws: ``BackpropError/instructionSet(found:available:)`` if the name is unknown or not available.
    public init(named name: String) throws(BackpropError) {
        guard let found = name.isEmpty ? Self.available.last : Self.available.first(where: { $0.name == name })
        else {
            throw .instructionSet(found: name, available: Self.available.map(\.name))
        }
        self = found
    }

    init(_ kernels: KernelTable) {
        self.kernels = kernels
    }
}
