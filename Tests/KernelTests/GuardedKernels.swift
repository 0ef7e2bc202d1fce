import CBackprop
import Testing

@testable import Backprop
@testable import BackpropReference

/// The kernels of one instruction set over arrays in guarded memory. Every call is made twice, with
/// forbidden pages before and after the arrays.
struct GuardedKernels<Scalar: KernelScalar> {
    typealias Out = UnsafeMutablePointer<Scalar>

    let instructionSet: InstructionSet
    private var table: OpaquePointer { instructionSet.kernels.pointer }
    private var functions: KernelFunctions<Scalar> { Scalar.functions }

    init(_ instructionSet: InstructionSet, _ scalar: Scalar.Type = Scalar.self) {
        self.instructionSet = instructionSet
    }

    /// The elements of a vector.
    var lanes: Int {
        switch instructionSet.name {
        case "scalar": 1
        case "avx2": 32 / MemoryLayout<Scalar>.size
        case "avx512": 64 / MemoryLayout<Scalar>.size
        default: fatalError("the tests don't know the vectors of \(instructionSet)")
        }
    }

    /// Sizes around whole vectors.
    var sizes: [Int] {
        Set([0, 1, lanes - 1, lanes, lanes + 1, 2 * lanes + 1]).sorted()
    }

    /// What outputs hold before a call.
    static var unwritten: Scalar { 12345 }

    private func unwritten(_ count: Int) -> [Scalar] { [Scalar](repeating: Self.unwritten, count: count) }

    /// Calls a kernel with copies of arrays, and returns what they hold then.
    private func run(_ arrays: [[Scalar]], _ body: (GuardedMemory, [Out]) -> Void) -> [[Scalar]] {
        let results = GuardedMemory.Side.allCases.map { side in
            let memory = GuardedMemory(side)
            return withExtendedLifetime(memory) {
                let copies = arrays.map(memory.array)
                body(memory, copies)
                return zip(copies, arrays).map { Array(UnsafeBufferPointer(start: $0, count: $1.count)) }
            }
        }
        for (a, b) in zip(results[0], results[1]) { expectSame(a, b, "\(instructionSet): the place in memory") }
        return results[0]
    }

    private func map(_ kernel: KernelFunctions<Scalar>.Map, _ x: [Scalar], inPlace: Bool) -> [Scalar] {
        run([inPlace ? x : unwritten(x.count)]) { memory, y in
            kernel(table, inPlace ? y[0] : memory.array(x), y[0], x.count)
        }[0]
    }

    func exp(_ x: [Scalar], inPlace: Bool = false) -> [Scalar] { map(functions.exp, x, inPlace: inPlace) }
    func log(_ x: [Scalar], inPlace: Bool = false) -> [Scalar] { map(functions.log, x, inPlace: inPlace) }
    func tanh(_ x: [Scalar], inPlace: Bool = false) -> [Scalar] { map(functions.tanh, x, inPlace: inPlace) }

    // MARK: Dense layers. Matrices are arrays of rows; the width is given, as there may be no row.

    func denseForward(_ x: [[Scalar]], _ w: [[Scalar]], _ b: [Scalar]?, units: Int) -> [Scalar] {
        run([unwritten(x.count * units)]) { memory, z in
            functions.denseForward(
                table, memory.array(x.flat), memory.array(w.flat), b.map(memory.array), z[0], x.count, w.count, units)
        }[0]
    }

    func deltaAccumulate(_ delta: [[Scalar]], _ w: [[Scalar]], units: Int) -> [Scalar] {
        run([unwritten(delta.count * w.count)]) { memory, g in
            functions.deltaAccumulate(
                table, memory.array(delta.flat), memory.array(w.flat), g[0], delta.count, w.count, units)
        }[0]
    }

    func weightGradient(
        _ x: [[Scalar]], _ delta: [[Scalar]], onto dw: [Scalar]? = nil, inputs: Int, units: Int
    ) -> [Scalar] {
        run([dw ?? unwritten(inputs * units)]) { memory, out in
            functions.weightGradient(
                table, memory.array(x.flat), memory.array(delta.flat), dw == nil ? 0 : 1, out[0], x.count, inputs,
                units)
        }[0]
    }

    func biasGradient(_ delta: [[Scalar]], onto db: [Scalar]? = nil, units: Int) -> [Scalar] {
        run([db ?? unwritten(units)]) { memory, out in
            functions.biasGradient(table, memory.array(delta.flat), db == nil ? 0 : 1, out[0], delta.count, units)
        }[0]
    }

    func descend(_ w: [Scalar], _ g: [Scalar], rate: Scalar) -> [Scalar] {
        run([w]) { memory, w in functions.descend(table, memory.array(g), rate, w[0], g.count) }[0]
    }

    func weightDescend(
        _ w: [Scalar], _ x: [[Scalar]], _ delta: [[Scalar]], rate: Scalar, inputs: Int, units: Int
    ) -> [Scalar] {
        run([w]) { memory, w in
            functions.weightDescend(
                table, memory.array(x.flat), memory.array(delta.flat), rate, w[0], x.count, inputs, units)
        }[0]
    }

    func biasDescend(_ b: [Scalar], _ delta: [[Scalar]], rate: Scalar) -> [Scalar] {
        run([b]) { memory, b0 in
            functions.biasDescend(table, memory.array(delta.flat), rate, b0[0], delta.count, b.count)
        }[0]
    }

    // MARK: Activations and losses. A batch is flat; `n` is the width of a sample.

    func activate(
        _ f: Activation, _ z: [Scalar], batch: Int, inPlace: Bool = false
    ) -> (a: [Scalar], derivative: [Scalar]) {
        let results = run([inPlace ? z : unwritten(z.count), unwritten(z.count)]) { memory, out in
            functions.activate(
                table, f.core, inPlace ? out[0] : memory.array(z), out[0], out[1], batch, z.count / max(batch, 1))
        }
        return (results[0], results[1])
    }

    /// Without the buffer for the derivative, as prediction does it.
    func activateOnly(_ f: Activation, _ z: [Scalar], batch: Int) -> [Scalar] {
        run([unwritten(z.count)]) { memory, a in
            functions.activate(table, f.core, memory.array(z), a[0], nil, batch, z.count / max(batch, 1))
        }[0]
    }

    func activationDelta(
        _ f: Activation, _ a: [Scalar], _ derivative: [Scalar]?, _ g: [Scalar], batch: Int, inPlace: Bool = false
    ) -> [Scalar] {
        run([inPlace ? g : unwritten(g.count)]) { memory, delta in
            functions.activationDelta(
                table, f.core, memory.array(a), derivative.map(memory.array), inPlace ? delta[0] : memory.array(g),
                delta[0], batch, a.count / max(batch, 1))
        }[0]
    }

    func lossDelta(
        _ loss: Loss, _ a: [Scalar], _ t: [Scalar], scale: Scalar, batch: Int, wantsDelta: Bool = true
    ) -> (g: [Scalar], losses: [Scalar]) {
        let results = run([unwritten(a.count), unwritten(batch)]) { memory, out in
            functions.lossDelta(
                table, loss.core, memory.array(a), memory.array(t), scale, wantsDelta ? out[0] : nil, out[1], batch,
                a.count / max(batch, 1))
        }
        return (results[0], results[1])
    }

    /// ``Loss/crossEntropy`` with softmax or ``Loss/binaryCrossEntropy`` with sigmoid.
    func crossEntropy(
        _ loss: Loss, _ z: [Scalar], _ t: [Scalar], scale: Scalar, batch: Int, inPlace: Bool = false,
        wantsDelta: Bool = true
    ) -> (a: [Scalar], delta: [Scalar], losses: [Scalar]) {
        let kernel = loss == .crossEntropy ? functions.softmaxCrossEntropy : functions.sigmoidCrossEntropy
        let results = run([inPlace ? z : unwritten(z.count), unwritten(z.count), unwritten(batch)]) { memory, out in
            kernel(
                table, inPlace ? out[0] : memory.array(z), memory.array(t), scale, out[0], wantsDelta ? out[1] : nil,
                out[2], batch, z.count / max(batch, 1))
        }
        return (results[0], results[1], results[2])
    }

    // MARK: Training

    /// One step of an optimizer. Slots that it lacks are not passed, and come back empty.
    func optimize(
        _ w: [Scalar], _ g: [Scalar], m: [Scalar], v: [Scalar], _ optimizer: NetworkFunctions<Scalar>.Optimizer,
        step: UInt64, scale: Scalar
    ) -> (w: [Scalar], m: [Scalar], v: [Scalar]) {
        let slots = bp_method_slots(optimizer.method)
        let results = run([w, slots > 0 ? m : [], slots > 1 ? v : []]) { memory, out in
            Scalar.networkFunctions.optimize(
                table, optimizer, step, scale, memory.array(g), slots > 0 ? out[1] : nil, slots > 1 ? out[2] : nil,
                out[0], w.count)
        }
        return (results[0], results[1], results[2])
    }

    func dropOut(
        _ a: [Scalar], _ derivative: [Scalar], rate: Float, _ dropout: ReferenceDropout, layer: Int, first: Int = 0,
        batch: Int
    ) -> (a: [Scalar], derivative: [Scalar]) {
        let results = run([a, derivative]) { _, out in
            functions.dropOut(
                table, rate, dropout.seed, dropout.step, layer, first, out[0], out[1], batch, a.count / max(batch, 1))
        }
        return (results[0], results[1])
    }

    /// Adds noise; returns the generator's next number too.
    func addNormal(deviation: Scalar, to x: [Scalar], seed: UInt64) -> (x: [Scalar], next: UInt64) {
        var next: UInt64 = 0
        let results = run([x]) { _, x0 in
            var random = bp_random_make(seed, 0)
            functions.normal(table, &random, deviation, x0[0], x.count)
            next = bp_random_next(&random)
        }
        return (results[0], next)
    }

    // MARK: Long vectors and rows

    func sumOfSquares(_ x: [Scalar]) -> Scalar {
        run([unwritten(1)]) { memory, sum in sum[0][0] = functions.sumOfSquares(table, memory.array(x), x.count) }[0][0]
    }

    func firstNonFinite(_ x: [Scalar]) -> Int {
        let memory = GuardedMemory(.end)
        return withExtendedLifetime(memory) { functions.firstNonFinite(table, memory.array(x), x.count) }
    }

    func oneHot(_ classes: [Int32], classCount: Int) -> (targets: [Scalar], checked: Int) {
        var checked = 0
        let targets = run([unwritten(classes.count * classCount)]) { memory, t in
            checked = functions.oneHot(memory.array(classes), t[0], classes.count, classCount)
        }
        return (targets[0], checked)
    }

    func gather(_ rows: [[Scalar]], _ order: [UInt32], width: Int) -> [Scalar] {
        run([unwritten(order.count * width)]) { memory, to in
            functions.gather(memory.array(rows.flat), memory.array(order), order.count, width, to[0])
        }[0]
    }

    func transpose(_ w: [[Scalar]], columns: Int) -> [Scalar] {
        run([unwritten(w.count * columns)]) { memory, wt in
            functions.transpose(table, memory.array(w.flat), wt[0], w.count, columns)
        }[0]
    }
}
