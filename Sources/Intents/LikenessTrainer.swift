// Unsafe: rows of the matrix and the array of scores, both of `matrix.rows` numbers, which live through the call.

/// One separator against all other classes where examples are known by their likeness to each other. The score of every example is kept up to
/// date, so that a step that changes nothing costs nothing, and the scores of examples that were left out come with it.
struct LikenessTrainer {
    var cost: Float

    struct Result: Sendable {
        /// αᵢ·yᵢ of every example of the matrix; 0 for those that were left out.
        var coefficients: [Float]
        /// Of every example of the matrix, also those that were left out.
        var scores: [Float]
    }

    /// - Parameter rows: the examples to learn from.
    func train(_ matrix: LikenessMatrix, rows: [Int], isMember: [Bool], seed: UInt64) -> Result {
        precondition(isMember.count == matrix.rows, "a label for each row")
        var scores = [Float](repeating: 0, count: matrix.rows)
        var coefficients: [Float] = []
        scores.withUnsafeMutableBufferPointer { scores in
            guard let start = scores.baseAddress else { return }
            var problem = Problem(matrix: matrix, isMember: isMember, scores: start)
            coefficients = DualDescent(cost: cost).solve(&problem, rows: rows, of: matrix.rows, seed: seed)
        }
        for row in coefficients.indices where !isMember[row] { coefficients[row] = -coefficients[row] }
        return Result(coefficients: coefficients, scores: scores)
    }

    private struct Problem: SeparatorProblem {
        let matrix: LikenessMatrix
        let isMember: [Bool]
        let scores: UnsafeMutablePointer<Float>

        func margin(_ row: Int) -> Float { isMember[row] ? scores[row] : -scores[row] }
        func square(_ row: Int) -> Float { matrix.row(row)[row] }
        mutating func move(_ row: Int, by change: Float) {
            DenseDot.add(matrix.row(row), times: isMember[row] ? change : -change, to: scores, matrix.rows)
        }
    }
}
