import LinearAlgebra

/// Deep canonical correlation: both sides go through a network, and the networks are trained so that their outputs correlate most.
///
/// With centred outputs H₁, H₂ (n×k), S₁₁ = H₁ᵀH₁/(n−1) + r·I, S₂₂ likewise, S₁₂ = H₁ᵀH₂/(n−1), T = S₁₁^(−½)·S₁₂·S₂₂^(−½) = U·D·Vᵀ, the total
/// correlation is tr D, with ∂/∂H₁ = (2·H₁∇₁₁ + H₂∇₁₂ᵀ)/(n−1), ∇₁₂ = S₁₁^(−½)·U·Vᵀ·S₂₂^(−½), ∇₁₁ = −½·S₁₁^(−½)·U·D·Uᵀ·S₁₁^(−½). (Andrew, Arora,
/// Bilmes, Livescu, "Deep canonical correlation analysis", ICML 2013, equations 10 to 13.) The outputs' linear canonical correlation is
/// folded into the networks at the end.
enum DeepCorrelation {
    /// r, relative to the mean variance of an output.
    static let ridge = 0.1

    /// −tr D of two n×k nodes.
    /// - Throws: when the outputs' covariances cannot be factorised.
    static func loss<Scalar: MatrixScalar>(
        _ tape: Tape<Scalar>, _ a: Tape<Scalar>.Node, _ b: Tape<Scalar>.Node
    ) throws(LinearAlgebraError) -> Tape<Scalar>.Node {
        let h1 = centred(tape.value(a).converted(to: Double.self))
        let h2 = centred(tape.value(b).converted(to: Double.self))
        let scale = 1 / Double(max(h1.rows - 1, 1))
        let root1 = try inverseRoot(h1, scale)
        let root2 = try inverseRoot(h2, scale)
        let t = root1.root * Matrix.product(h1, h2, transposeA: true, scale: scale) * root2.root
        let (u, sigma, v) = try t.leadingSingular(t.columns)
        let cross = root1.root * Matrix.product(u, v, transposeB: true) * root2.root
        func own(_ root: (root: Matrix<Double>, ridge: Double), _ side: Matrix<Double>, _ h: Matrix<Double>) -> Matrix<Double> {
            var weighted = side
            for r in 0..<weighted.rows { for c in 0..<weighted.columns { weighted[r, c] *= sigma[c] } }
            var slope = (root.root * Matrix.product(weighted, side, transposeB: true) * root.root).scaled(by: -0.5)
            // The ridge grows with the variance itself: its derivative flows back through the mean of the diagonal.
            let trace = (0..<slope.rows).reduce(0.0) { $0 + slope[$1, $1] }
            for i in 0..<slope.rows { slope[i, i] += ridge * trace / Double(max(slope.rows, 1)) }
            return Matrix.product(h, slope, scale: 2 * scale)
        }
        var d1 = own(root1, u, h1)
        d1.add(Matrix.product(h2, cross, transposeB: true, scale: scale))
        var d2 = own(root2, v, h2)
        d2.add(Matrix.product(h1, cross, scale: scale))
        let (slope1, slope2): (Matrix<Scalar>, Matrix<Scalar>) = (centred(d1).converted(), centred(d2).converted())
        return tape.record(Matrix(1, 1, [-Scalar(sigma.reduce(0, +))])) { g in
            tape.flow(a, slope1.scaled(by: -g[0, 0]))
            tape.flow(b, slope2.scaled(by: -g[0, 0]))
        }
    }

    private static func centred(_ x: Matrix<Double>) -> Matrix<Double> {
        var out = x
        out.addToRows(x.columnMeans, scale: -1)
        return out
    }

    /// (HᵀH·scale + r·I)^(−½), r relative to the mean of the diagonal.
    private static func inverseRoot(_ h: Matrix<Double>, _ scale: Double) throws(LinearAlgebraError) -> (root: Matrix<Double>, ridge: Double) {
        var s = Matrix.product(h, h, transposeA: true, scale: scale)
        let mean = (0..<s.rows).reduce(0.0) { $0 + s[$1, $1] } / Double(max(s.rows, 1))
        for i in 0..<s.rows { s[i, i] += ridge * mean + 1e-12 }
        let (values, vectors) = try s.symmetricEigen()
        var half = vectors
        for r in 0..<half.rows { for c in 0..<half.columns { half[r, c] /= max(values[c], 1e-12).squareRoot().squareRoot() } }
        return (Matrix.product(half, half, transposeB: true), mean)
    }
}
