import EventLoop
import Fusion
import LinearAlgebra

/// Heads that are trained otherwise than by contrast: for the greatest correlation, or to tell each side's input from the other's.
///
/// The multimodal autoencoder: each side's head makes a code from which two decoders, D_text and D_picture, tell both sides' inputs; the loss is the
/// sum of the four mean squared errors, so that the code of a title alone says what its picture's would. (Ngiam, Khosla, Kim, Nam, Lee, Ng,
/// "Multimodal deep learning", ICML 2011, section 3, bimodal autoencoder trained with one modality missing.)
struct DeepHeads {
    enum Objective { case correlation, reconstruction }

    let objective: Objective
    /// Linear decoders of the text's and the picture's input, k×k; only for reconstruction.
    private(set) var decoders: [Matrix<Float>] = []

    init(_ objective: Objective, dimensions k: Int) {
        self.objective = objective
        if objective == .reconstruction { decoders = [.identity(k), .identity(k)] }
    }

    enum Side { case text, image }

    /// What the autoencoder tells of one side's input from a code, whichever side the code was made of.
    func decoded(_ code: Matrix<Float>, _ side: Side) -> Matrix<Float> {
        precondition(objective == .reconstruction, "only an autoencoder has decoders")
        return code * decoders[side == .text ? 0 : 1]
    }

    /// Loss and derivatives by `parameters` of the heads, then by the decoders.
    static func gradient<Scalar: MatrixScalar>(
        _ objective: Objective, _ parameters: [Matrix<Scalar>], _ decoders: [Matrix<Scalar>], text: Matrix<Scalar>, image: Matrix<Scalar>
    ) throws(LinearAlgebraError) -> (loss: Scalar, gradients: [Matrix<Scalar>]) {
        let tape = Tape<Scalar>()
        let leaves = (parameters + decoders).map { tape.leaf($0) }
        func head(_ x: Matrix<Scalar>, _ first: Int) -> Tape<Scalar>.Node {
            let input = tape.leaf(x)
            let hidden = tape.relu(tape.addRow(tape.product(input, leaves[first + 1]), leaves[first + 2]))
            return tape.sum(tape.product(input, leaves[first]), tape.product(hidden, leaves[first + 3]))
        }
        let codes = [head(text, 0), head(image, 4)]
        let loss: Tape<Scalar>.Node
        switch objective {
        case .correlation:
            loss = try DeepCorrelation.loss(tape, codes[0], codes[1])
        case .reconstruction:
            var parts: [Tape<Scalar>.Node] = []
            for code in codes {
                parts.append(tape.squaredError(tape.product(code, leaves[8]), text))
                parts.append(tape.squaredError(tape.product(code, leaves[9]), image))
            }
            loss = parts.dropFirst().reduce(parts[0]) { tape.sum($0, $1) }
        }
        tape.backward(loss)
        return (tape.value(loss)[0, 0], leaves.map { tape.gradient($0) })
    }

    /// Trains on rows that belong together. `step` is called after each epoch with heads that are ready to use; false stops.
    mutating func train(
        _ heads: ContrastiveHeads, text: Matrix<Float>, image: Matrix<Float>, options: ContrastiveHeads.Options,
        step: (_ epoch: Int, _ now: ContrastiveHeads) -> Bool
    ) throws(TrainingError) -> ContrastiveHeads {
        var heads = heads
        var random = SeededRandom(seed: options.seed)
        let size = min(options.batch, text.rows)
        let batches = max(1, text.rows / max(size, 1))
        var adam = Adam(heads.parameters + decoders)
        var done = 0
        for epoch in 0..<options.epochs {
            let order = Array(0..<text.rows).shuffled(using: &random)
            for batch in 0..<batches {
                let rows = order[batch * size..<(batch + 1) * size]
                let gradients: [Matrix<Float>]
                do {
                    gradients = try Self.gradient(objective, heads.parameters, decoders, text: text.rows(rows), image: image.rows(rows)).gradients
                } catch {
                    throw TrainingError("the heads cannot be trained further: \(error.message)")
                }
                done += 1
                let rate = Float(options.rate * 0.5 * (1 + cosine(.pi * Double(done) / Double(options.epochs * batches))))
                let next = adam.step(heads.parameters + decoders, gradients, rate: rate)
                heads.parameters = Array(next.prefix(8))
                decoders = Array(next.dropFirst(8))
            }
            if !step(epoch + 1, try ready(heads, text: text, image: image)) { break }
        }
        return try ready(heads, text: text, image: image)
    }

    /// Codes as they are; outputs that were trained to correlate are turned to their canonical directions, weighted by their correlations.
    private func ready(_ heads: ContrastiveHeads, text: Matrix<Float>, image: Matrix<Float>) throws(TrainingError) -> ContrastiveHeads {
        guard objective == .correlation else { return heads }
        let (a, b) = (heads.text.forward(text).z, heads.image.forward(image).z)
        let found = try CanonicalCorrelation(
            a, b, regularisation: (DeepCorrelation.ridge, DeepCorrelation.ridge), dimensions: a.columns)
        var out = heads
        out.text = Self.turned(heads.text, found.directionsX, found.meanX, found.correlations, a.columns)
        out.image = Self.turned(heads.image, found.directionsY, found.meanY, found.correlations, a.columns)
        return out
    }

    /// (z − mean)·directions·diag(correlations) as a head: one more hidden value, which is always 1, carries the mean. Lost directions are zeros.
    private static func turned(
        _ head: ContrastiveHeads.Head, _ directions: Matrix<Float>, _ mean: [Float], _ correlations: [Float], _ k: Int
    ) -> ContrastiveHeads.Head {
        var turn = Matrix<Float>(k, k)
        for r in 0..<k { for c in 0..<directions.columns { turn[r, c] = directions[r, c] * correlations[c] } }
        let shift = Matrix(1, k, mean) * turn
        var u = Matrix<Float>(head.u.rows, head.u.columns + 1)
        for r in 0..<u.rows { for c in 0..<head.u.columns { u[r, c] = head.u[r, c] } }
        let v = head.v * turn
        return ContrastiveHeads.Head(w: head.w * turn, u: u, c: head.c + [1], v: Matrix(v.rows + 1, k, v.values + shift.values.map { -$0 }))
    }
}
