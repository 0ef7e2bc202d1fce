import Testing

@testable import Backprop
@testable import BackpropReference

/// Rows that fill the register tiles of every instruction set, and pass them.
private let tileRows = Array(0...15) + [29]

@Suite struct DenseTests {
    @Test("dense forward equals the reference for every tail shape", arguments: Machine.all)
    func forward(on machine: Machine) {
        func check<Scalar: KernelScalar>(_ scalar: Scalar.Type) {
            let kernels = GuardedKernels(machine.instructionSet, scalar)
            var random = ReferenceRandom(seed: 1, stream: 0)
            for inputs in kernels.sizes {
                let x: [[Scalar]] = random.matrix(tileRows.last!, inputs)
                let w: [[Scalar]] = random.matrix(inputs, kernels.sizes.last!)
                let b: [Scalar] = random.values(kernels.sizes.last!)
                // A sum depends on its row and column only, so that smaller products are corners of this one.
                let biased = ReferenceDense.forward(x, w, b, units: b.count)
                let unbiased = ReferenceDense.forward(x, w, nil, units: b.count)
                for batch in tileRows {
                    for units in kernels.sizes {
                        let x = x.corner(batch, inputs)
                        let w = w.corner(inputs, units)
                        let shape = "batch \(batch), \(inputs) inputs, \(units) units"
                        let found = kernels.denseForward(x, w, Array(b[..<units]), units: units)
                        expectSame(found, biased.corner(batch, units).flat, shape)
                        let without = kernels.denseForward(x, w, nil, units: units)
                        expectSame(without, unbiased.corner(batch, units).flat, "\(shape), no biases")
                    }
                }
            }
        }
        check(machine.scalar)
    }

    @Test("delta accumulation equals the reference for every tail shape", arguments: Machine.all)
    func deltaAccumulate(on machine: Machine) {
        func check<Scalar: KernelScalar>(_ scalar: Scalar.Type) {
            let kernels = GuardedKernels(machine.instructionSet, scalar)
            var random = ReferenceRandom(seed: 2, stream: 0)
            for units in kernels.sizes {
                let delta: [[Scalar]] = random.matrix(tileRows.last!, units)
                let w: [[Scalar]] = random.matrix(kernels.sizes.last!, units)
                let whole = ReferenceDense.deltaAccumulate(delta, w)
                for batch in tileRows {
                    for inputs in kernels.sizes {
                        let found = kernels.deltaAccumulate(
                            delta.corner(batch, units), w.corner(inputs, units), units: units)
                        expectSame(
                            found, whole.corner(batch, inputs).flat,
                            "batch \(batch), \(inputs) inputs, \(units) units")
                    }
                }
            }
        }
        check(machine.scalar)
    }

    @Test("weight gradient equals the reference for every tail shape", arguments: Machine.all)
    func weightGradient(on machine: Machine) {
        func check<Scalar: KernelScalar>(_ scalar: Scalar.Type) {
            let kernels = GuardedKernels(machine.instructionSet, scalar)
            var random = ReferenceRandom(seed: 3, stream: 0)
            for batch in kernels.sizes {
                let x: [[Scalar]] = random.matrix(batch, tileRows.last!)
                let delta: [[Scalar]] = random.matrix(batch, kernels.sizes.last!)
                let whole = ReferenceDense.weightGradient(
                    x, delta, inputs: tileRows.last!, units: kernels.sizes.last!)
                for inputs in tileRows {
                    for units in kernels.sizes {
                        let found = kernels.weightGradient(
                            x.corner(batch, inputs), delta.corner(batch, units), inputs: inputs, units: units)
                        expectSame(
                            found, whole.corner(inputs, units).flat, "batch \(batch), \(inputs) inputs, \(units) units")
                    }
                }
            }
        }
        check(machine.scalar)
    }

    @Test("bias gradient equals the reference for every tail shape", arguments: Machine.all)
    func biasGradient(on machine: Machine) {
        func check<Scalar: KernelScalar>(_ scalar: Scalar.Type) {
            let kernels = GuardedKernels(machine.instructionSet, scalar)
            var random = ReferenceRandom(seed: 4, stream: 0)
            for batch in kernels.sizes {
                for units in kernels.sizes {
                    let delta: [[Scalar]] = random.matrix(batch, units)
                    let expected = ReferenceDense.biasGradient(delta, units: units)
                    expectSame(kernels.biasGradient(delta, units: units), expected, "batch \(batch), \(units) units")
                }
            }
        }
        check(machine.scalar)
    }

    @Test("gradients accumulated over the parts of a batch are the whole batch's", arguments: Machine.all)
    func accumulate(on machine: Machine) {
        func check<Scalar: KernelScalar>(_ scalar: Scalar.Type) {
            let kernels = GuardedKernels(machine.instructionSet, scalar)
            var random = ReferenceRandom(seed: 12, stream: 0)
            for units in kernels.sizes + [8 * kernels.lanes + 1] {
                for inputs in [1, 15, 29] {
                    let x: [[Scalar]] = random.matrix(9, inputs)
                    let delta: [[Scalar]] = random.matrix(9, units)
                    expectAccumulated(kernels, x, delta, inputs: inputs, units: units)
                }
                let x: [[Scalar]] = random.specialMatrix(9, 15)
                expectAccumulated(kernels, x, random.specialMatrix(9, units), inputs: 15, units: units)
            }
        }
        check(machine.scalar)
    }

    private func expectAccumulated<Scalar: KernelScalar>(
        _ kernels: GuardedKernels<Scalar>, _ x: [[Scalar]], _ delta: [[Scalar]], inputs: Int, units: Int
    ) {
        let shape = "\(inputs) inputs, \(units) units"
        let parts = [0..<4, 4..<4, 4..<5, 5..<9]
        var (dw, referenceWeights): ([Scalar]?, [[Scalar]]?)
        var (db, referenceBiases): ([Scalar]?, [Scalar]?)
        for part in parts {
            let (x, delta) = (Array(x[part]), Array(delta[part]))
            dw = kernels.weightGradient(x, delta, onto: dw, inputs: inputs, units: units)
            db = kernels.biasGradient(delta, onto: db, units: units)
            referenceWeights = ReferenceDense.weightGradient(
                x, delta, onto: referenceWeights, inputs: inputs, units: units)
            referenceBiases = ReferenceDense.biasGradient(delta, onto: referenceBiases, units: units)
            expectSame(dw!, referenceWeights!.flat, "weights up to \(part.upperBound), \(shape)")
            expectSame(db!, referenceBiases!, "biases up to \(part.upperBound), \(shape)")
        }
        expectSame(dw!, kernels.weightGradient(x, delta, inputs: inputs, units: units), "weights, \(shape)")
        expectSame(db!, kernels.biasGradient(delta, units: units), "biases, \(shape)")
    }

    @Test("one sample of wide layers, whose tiles are wider, equals the reference", arguments: Machine.all)
    func oneSample(on machine: Machine) {
        func check<Scalar: KernelScalar>(_ scalar: Scalar.Type) {
            let kernels = GuardedKernels(machine.instructionSet, scalar)
            var random = ReferenceRandom(seed: 11, stream: 0)
            // Up to two tiles of eight of the widest vectors, and every kind of rest.
            for units in [63, 64, 127, 128, 129, 145, 160, 256, 271] {
                let (x, w): ([[Scalar]], [[Scalar]]) = (random.matrix(1, 3), random.matrix(3, units))
                let (delta, b): ([[Scalar]], [Scalar]) = (random.matrix(1, units), random.values(units))
                expectSame(
                    kernels.denseForward(x, w, b, units: units),
                    ReferenceDense.forward(x, w, b, units: units).flat, "forward, \(units) units")
                let gradient = ReferenceDense.weightGradient(x, delta, inputs: 3, units: units).flat
                expectSame(
                    kernels.weightGradient(x, delta, inputs: 3, units: units), gradient, "gradient, \(units) units")
                expectSame(
                    kernels.weightDescend(w.flat, x, delta, rate: 0.5, inputs: 3, units: units),
                    zip(w.flat, gradient).map { ReferenceDense.descend($0, $1, rate: 0.5) }, "descent, \(units) units")
                expectSame(
                    kernels.biasGradient(delta, units: units), ReferenceDense.biasGradient(delta, units: units),
                    "bias gradient, \(units) units")
            }
        }
        check(machine.scalar)
    }

    @Test(
        "layers that are too wide for the caches, which are packed in parts, equal the reference",
        arguments: Machine.all)
    func wideLayers(on machine: Machine) {
        func check<Scalar: KernelScalar>(_ scalar: Scalar.Type) {
            let kernels = GuardedKernels(machine.instructionSet, scalar)
            var random = ReferenceRandom(seed: 13, stream: 0)
            // More rows than eight tiles, more columns than four, more terms than are packed at a time.
            let (rows, terms, columns) = (67, 259, 16 * kernels.lanes + 5)
            let (a, b): ([[Scalar]], [[Scalar]]) = (random.matrix(rows, terms), random.matrix(terms, columns))
            let start: [Scalar] = random.values(columns)
            let forward = ReferenceDense.forward(a, b, start, units: columns).flat
            expectSame(kernels.denseForward(a, b, start, units: columns), forward, "forward")
            let product = ReferenceDense.forward(a, b, nil, units: columns).flat
            let turned = (0..<columns).map { j in b.map { $0[j] } }
            expectSame(kernels.deltaAccumulate(a, turned, units: terms), product, "delta accumulation")
            let transposed = (0..<terms).map { k in a.map { $0[k] } }
            for samples in [terms, 256] {
                let (x, delta) = (Array(transposed[..<samples]), Array(b[..<samples]))
                let gradient = ReferenceDense.weightGradient(x, delta, inputs: rows, units: columns).flat
                expectSame(
                    kernels.weightGradient(x, delta, inputs: rows, units: columns), gradient,
                    "gradient, \(samples) samples")
                expectSame(
                    kernels.weightDescend(gradient, x, delta, rate: 0.5, inputs: rows, units: columns),
                    gradient.map { ReferenceDense.descend($0, $0, rate: 0.5) }, "descent, \(samples) samples")
            }
        }
        check(machine.scalar)
    }

    @Test("dense products of zeros, infinities, NaN and subnormals equal the reference", arguments: Machine.all)
    func specials(on machine: Machine) {
        func check<Scalar: KernelScalar>(_ scalar: Scalar.Type) {
            let kernels = GuardedKernels(machine.instructionSet, scalar)
            var random = ReferenceRandom(seed: 5, stream: 0)
            for inputs in [1, 2, 5] {
                let units = kernels.sizes.last!
                let x: [[Scalar]] = random.specialMatrix(15, inputs)
                let w: [[Scalar]] = random.specialMatrix(inputs, units)
                let delta: [[Scalar]] = random.specialMatrix(15, units)
                let b: [Scalar] = random.specialMatrix(1, units)[0]
                expectSame(
                    kernels.denseForward(x, w, b, units: units),
                    ReferenceDense.forward(x, w, b, units: units).flat, "forward")
                expectSame(
                    kernels.weightGradient(x, delta, inputs: inputs, units: units),
                    ReferenceDense.weightGradient(x, delta, inputs: inputs, units: units).flat, "weight gradient")
                expectSame(
                    kernels.biasGradient(delta, units: units),
                    ReferenceDense.biasGradient(delta, units: units), "bias gradient")
                expectSame(
                    kernels.deltaAccumulate(delta, w, units: units),
                    ReferenceDense.deltaAccumulate(delta, w).flat, "delta accumulation")
            }
        }
        check(machine.scalar)
    }

    @Test("a sum of negative zeros is +0", arguments: Machine.all)
    func positiveZero(on machine: Machine) {
        func check<Scalar: KernelScalar>(_ scalar: Scalar.Type) {
            let kernels = GuardedKernels(machine.instructionSet, scalar)
            let units = kernels.sizes.last!
            let biases = [Scalar](repeating: -0.0, count: units)
            let zeros = [Scalar](repeating: 0, count: units)
            expectSame(kernels.denseForward([[]], [], biases, units: units), zeros, "biases alone")
            expectSame(kernels.denseForward([[-1]], [zeros], biases, units: units), zeros, "-1 times 0")
        }
        check(machine.scalar)
    }
}
