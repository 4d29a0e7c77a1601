import EventLoop
public import LinearAlgebra

/// Two heads that bring matching pairs together and others apart: linear maps with a residual hidden layer each.
///
/// A head is z(x) = x·W + relu(x·U + c)·V, e(x) = z/|z|; W starts as the identity and V as zero, so that training starts from the space it is given
/// (canonical correlation, usually). The loss over a batch of n pairs is the symmetric InfoNCE of van den Oord, Li, Vinyals ("Representation learning
/// with contrastive predictive coding", 2018, equation 4) in the form of Radford et al. ("Learning transferable visual models from natural language
/// supervision", 2021, figure 3) with temperature τ; pairs whose texts are equal count as matches of each other. The optimiser is Adam (Kingma and
/// Ba, ICLR 2015) with a cosine schedule.
public struct ContrastiveHeads: Sendable, Equatable {
    public struct Head: Sendable, Equatable {
        public var w: Matrix<Float>
        public var u: Matrix<Float>
        public var c: [Float]
        public var v: Matrix<Float>

        /// e(x) for each row.
        public func apply(_ x: Matrix<Float>) -> Matrix<Float> {
            var z = forward(x).z
            z.normaliseRows()
            return z
        }

        func forward(_ x: Matrix<Float>) -> (hidden: Matrix<Float>, z: Matrix<Float>) {
            var hidden = x * u
            hidden.addToRows(c)
            for i in hidden.values.indices where hidden.values[i] < 0 { hidden.values[i] = 0 }
            var z = x * w
            z.add(hidden * v)
            return (hidden, z)
        }
    }

    public var text: Head
    public var image: Head

    public struct Options: Sendable {
        public var epochs = 20
        public var batch = 1_024
        public var rate = 1e-3
        public var temperature: Float = 0.05
        /// Part of the inputs that is set to 0 in each step.
        public var dropout: Float = 0.2
        public var hidden = 512
        public var seed: UInt64 = 1
        public init() {}
    }

    /// The identity, with a hidden layer that says nothing yet.
    public init(dimensions k: Int, hidden: Int, seed: UInt64) {
        var random = SeededRandom(seed: seed)
        func head() -> Head {
            let scale = 1 / Float(max(k, 1)).squareRoot()
            let u = Matrix(k, hidden, (0..<k * hidden).map { _ in gaussian(&random) * scale })
            return Head(w: .identity(k), u: u, c: [Float](repeating: 0, count: hidden), v: Matrix(hidden, k))
        }
        text = head()
        image = head()
    }

    /// Trains on rows that belong together. `groups` are numbers of equal texts.
    /// - Parameter step: called after each epoch with its mean loss; false stops (early stopping).
    public mutating func train(
        text a: Matrix<Float>, image b: Matrix<Float>, groups: [Int], options: Options, step: (_ epoch: Int, _ loss: Double, _ now: Self) -> Bool
    ) {
        precondition(a.rows == b.rows && groups.count == a.rows, "pairs have two sides and a group")
        var random = SeededRandom(seed: options.seed)
        let size = min(options.batch, a.rows)
        let batches = max(1, a.rows / max(size, 1))
        let total = options.epochs * batches
        var adam = Adam(parameters)
        var done = 0
        for epoch in 0..<options.epochs {
            let order = Array(0..<a.rows).shuffled(using: &random)
            var loss = 0.0
            for batch in 0..<batches {
                let rows = order[batch * size..<(batch + 1) * size]
                let (value, gradients) = gradient(
                    Self.dropped(a.rows(rows), options.dropout, &random), Self.dropped(b.rows(rows), options.dropout, &random),
                    groups: rows.map { groups[$0] }, temperature: options.temperature)
                loss += Double(value) / Double(batches)
                done += 1
                let rate = options.rate * 0.5 * (1 + cosine(.pi * Double(done) / Double(total)))
                parameters = adam.step(parameters, gradients, rate: Float(rate))
            }
            if !step(epoch + 1, loss, self) { return }
        }
    }

    private static func dropped(_ x: Matrix<Float>, _ share: Float, _ random: inout SeededRandom) -> Matrix<Float> {
        guard share > 0 else { return x }
        var out = x
        let threshold = UInt32(Float(UInt32.max) * share)
        let scale = 1 / (1 - share)
        var bits: UInt64 = 0
        for i in out.values.indices {
            if i % 2 == 0 { bits = random.next() }
            out.values[i] = UInt32(truncatingIfNeeded: bits >> (i % 2 == 0 ? 0 : 32)) < threshold ? 0 : out.values[i] * scale
        }
        return out
    }

    /// The loss of a batch and its derivatives, in the order of `parameters`.
    func gradient(
        _ a: Matrix<Float>, _ b: Matrix<Float>, groups: [Int], temperature: Float
    ) -> (loss: Float, gradients: [Matrix<Float>]) {
        let n = a.rows
        let (hiddenA, zA) = text.forward(a)
        let (hiddenB, zB) = image.forward(b)
        var (eA, eB) = (zA, zB)
        eA.normaliseRows()
        eB.normaliseRows()
        let logits = Matrix.product(eA, eB, transposeB: true, scale: 1 / temperature)
        let (loss, slope) = Self.softmaxBothWays(logits, groups)
        let dA = Matrix.product(slope, eB, scale: 1 / temperature)
        let dB = Matrix.product(slope, eA, transposeA: true, scale: 1 / temperature)
        return (
            loss / Float(n),
            Self.backward(text, a, hiddenA, Self.throughNorm(dA, eA, zA)) + Self.backward(image, b, hiddenB, Self.throughNorm(dB, eB, zB))
        )
    }

    /// Summed loss over both directions (halved), and its derivative by the logits divided by n.
    private static func softmaxBothWays(_ logits: Matrix<Float>, _ groups: [Int]) -> (Float, Matrix<Float>) {
        let n = logits.rows
        var counts: [Int: Int] = [:]
        for group in groups { counts[group, default: 0] += 1 }
        var slope = Matrix<Float>(n, n)
        var loss: Float = 0
        for side in 0..<2 {
            for r in 0..<n {
                func at(_ c: Int) -> Int { side == 0 ? r * n + c : c * n + r }
                var largest = -Float.infinity
                for c in 0..<n { largest = max(largest, logits.values[at(c)]) }
                var sum: Float = 0
                for c in 0..<n { sum += exponential(logits.values[at(c)] - largest) }
                let logSum = largest + Float(logarithm(Double(sum)))
                let share = 1 / Float(counts[groups[r]] ?? 1)
                for c in 0..<n {
                    let target = groups[c] == groups[r] ? share : 0
                    let log = logits.values[at(c)] - logSum
                    slope.values[at(c)] += (exponential(log) - target) / Float(2 * n)
                    if target > 0 { loss -= target * log / 2 }
                }
            }
        }
        return (loss, slope)
    }

    /// Of e = z/|z|: dz = (de − (de·e)e) / |z|.
    private static func throughNorm(_ de: Matrix<Float>, _ e: Matrix<Float>, _ z: Matrix<Float>) -> Matrix<Float> {
        var out = de
        for r in 0..<de.rows {
            let range = r * de.columns..<(r + 1) * de.columns
            var dot: Float = 0
            var square: Float = 0
            for i in range {
                dot += de.values[i] * e.values[i]
                square += z.values[i] * z.values[i]
            }
            let scale = square > 0 ? 1 / square.squareRoot() : 0
            for i in range { out.values[i] = (de.values[i] - dot * e.values[i]) * scale }
        }
        return out
    }

    private static func backward(_ head: Head, _ x: Matrix<Float>, _ hidden: Matrix<Float>, _ dz: Matrix<Float>) -> [Matrix<Float>] {
        var dh = Matrix.product(dz, head.v, transposeB: true)
        for i in dh.values.indices where hidden.values[i] <= 0 { dh.values[i] = 0 }
        return [
            Matrix.product(x, dz, transposeA: true), Matrix.product(x, dh, transposeA: true), Matrix(1, head.c.count, dh.columnSums),
            Matrix.product(hidden, dz, transposeA: true),
        ]
    }

    /// W, U, c, V of the text's head, then of the image's.
    var parameters: [Matrix<Float>] {
        get { [text, image].flatMap { [$0.w, $0.u, Matrix(1, $0.c.count, $0.c), $0.v] } }
        set {
            precondition(newValue.count == 8, "two heads have eight parameters")
            text = Head(w: newValue[0], u: newValue[1], c: newValue[2].values, v: newValue[3])
            image = Head(w: newValue[4], u: newValue[5], c: newValue[6].values, v: newValue[7])
        }
    }
}
