import EventLoop
public import Fusion
public import LinearAlgebra

/// A trained fusion operator: from the modalities of an example to the probabilities of classes.
///
/// A missing modality is stated, never guessed: its presence is 0, and the operator was trained with modalities left out at random.
public struct FusionModel: Sendable {
    public var fusion: LearntOperator
    public var tokens: [LearntToken]
    public var classes: [String]
    /// Of the projections h.
    public var width: Int
    var names: [String]
    var parameters: [Matrix<Float>]

    public var modalities: [String] { tokens.modalities }

    /// Glorot's uniform initialisation (Glorot and Bengio, AISTATS 2010, equation 16); biases, weights and gates are 0.
    public init(_ fusion: LearntOperator, tokens: [LearntToken], classes: [String], width: Int, seed: UInt64) {
        precondition(!tokens.isEmpty && width > 0 && classes.count > 1, "a fusion model has tokens, a width and at least two classes")
        self.fusion = fusion
        self.tokens = tokens
        self.classes = classes
        self.width = width
        var random = SeededRandom(seed: seed)
        let shapes = fusion.form.shapes(tokens, modalities: tokens.modalities.count, width: width, classes: classes.count)
        names = shapes.map(\.name)
        parameters = shapes.map { shape in
            guard shape.rows > 1 else { return Matrix(shape.rows, shape.columns) }
            let bound = (6 / Float(shape.rows + shape.columns)).squareRoot()
            return Matrix(
                shape.rows, shape.columns,
                (0..<shape.rows * shape.columns).map { _ in (Float(random.next() >> 40) / Float(1 << 24) * 2 - 1) * bound })
        }
    }

    /// Inputs of a batch: n×width a token, and which modalities are there (n×modalities, 1 or 0).
    public struct Batch: Sendable {
        public var inputs: [Matrix<Float>]
        public var present: Matrix<Float>

        public init(inputs: [Matrix<Float>], present: Matrix<Float>) {
            self.inputs = inputs
            self.present = present
        }

        public func rows(_ indices: [Int]) -> Batch { Batch(inputs: inputs.map { $0.rows(indices) }, present: present.rows(indices)) }

        /// Without one modality.
        public func without(_ modality: Int) -> Batch {
            var copy = self
            for r in 0..<present.rows { copy.present[r, modality] = 0 }
            return copy
        }
    }

    /// p(c|x), n×classes.
    /// - Throws: for shapes that do not fit, values that are not finite, and rows without any modality.
    public func probabilities(_ batch: Batch) throws(TrainingError) -> Matrix<Float> {
        try check(batch)
        let (tape, output, _) = Self.graph(self, parameters, batch.inputs, batch.present)
        return tape.value(output)
    }

    /// How much each modality speaks for the winner: how far ln p(winner) falls when it is left out, in parts that add up to 1 (zeros when nothing
    /// falls). n×modalities.
    public func contributions(_ batch: Batch) throws(TrainingError) -> Matrix<Float> {
        let whole = try probabilities(batch)
        var out = Matrix<Float>(whole.rows, modalities.count)
        for m in modalities.indices {
            // A row whose only modality is left out keeps it: it has nothing to compare with.
            var rest = batch.without(m)
            for r in 0..<whole.rows where rest.present.row(r).allSatisfy({ $0 == 0 }) { rest.present[r, m] = batch.present[r, m] }
            let without = try probabilities(rest)
            for r in 0..<whole.rows where batch.present[r, m] != 0 {
                let winner = (0..<classes.count).max { whole[r, $0] < whole[r, $1] } ?? 0
                let alone = batch.present.row(r).reduce(0, +) == 1
                out[r, m] = alone ? 1 : max(0, Float(logarithm(Double(max(whole[r, winner], 1e-9) / max(without[r, winner], 1e-9)))))
            }
        }
        for r in 0..<out.rows {
            let sum = out.row(r).reduce(0, +)
            if sum > 0 { for m in 0..<out.columns { out[r, m] /= sum } }
        }
        return out
    }

    func check(_ batch: Batch) throws(TrainingError) {
        guard batch.inputs.count == tokens.count else { throw TrainingError("\(batch.inputs.count) inputs for \(tokens.count) tokens") }
        for (token, input) in zip(tokens, batch.inputs) {
            guard input.columns == token.width else {
                throw TrainingError("'\(token.name)' has \(input.columns) values; the model was trained with \(token.width)")
            }
            guard input.rows == batch.present.rows else { throw TrainingError("'\(token.name)' has \(input.rows) rows, not \(batch.present.rows)") }
            guard input.isFinite else { throw TrainingError("'\(token.name)' holds values that are not finite") }
        }
        guard batch.present.columns == modalities.count else {
            throw TrainingError(
                "\(batch.present.columns) modalities are said to be there or not; the model has \(modalities.joined(separator: ", "))")
        }
        for r in 0..<batch.present.rows where batch.present.row(r).allSatisfy({ $0 == 0 }) {
            throw TrainingError("example \(r + 1) has none of the modalities \(modalities.joined(separator: ", "))")
        }
    }

    /// The computation over one batch with parameters given apart, so that they can be of another precision.
    static func graph<Scalar: MatrixScalar>(
        _ model: FusionModel, _ parameters: [Matrix<Scalar>], _ inputs: [Matrix<Scalar>], _ present: Matrix<Scalar>
    ) -> (tape: Tape<Scalar>, output: Tape<Scalar>.Node, leaves: [Tape<Scalar>.Node]) {
        let tape = Tape<Scalar>()
        let leaves = parameters.map { tape.leaf($0) }
        let graph = LearntGraph(
            algebra: tape, tokens: model.tokens, inputs: inputs.map { tape.leaf($0) }, present: tape.leaf(present),
            parameters: Dictionary(uniqueKeysWithValues: zip(model.names, leaves)))
        return (tape, model.fusion.form.probabilities(graph), leaves)
    }

    /// Loss of the truths and its derivatives by the parameters.
    func gradient(_ batch: Batch, _ truth: [Int]) -> (loss: Float, gradients: [Matrix<Float>]) {
        let (tape, output, leaves) = Self.graph(self, parameters, batch.inputs, batch.present)
        let loss = tape.negativeLogLikelihood(output, truth)
        tape.backward(loss)
        return (tape.value(loss)[0, 0], leaves.map { tape.gradient($0) })
    }
}
