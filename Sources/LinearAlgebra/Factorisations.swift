extension Matrix {
    /// The lower triangle L of A = L·Lᵀ for a symmetric positive definite A (LAPACK potrf).
    public func cholesky() throws(LinearAlgebraError) -> Matrix {
        precondition(rows == columns, "only a square matrix has a Cholesky factor")
        var lower = self
        let info = Scalar.potrf(rows, &lower.values)
        guard info == 0 else {
            throw LinearAlgebraError("the matrix is not positive definite (leading minor \(info) of \(rows)); raise the regularisation")
        }
        for r in 0..<rows { for c in (r + 1)..<max(rows, r + 1) { lower.values[r * columns + c] = 0 } }
        return lower
    }

    /// X of L·X = B, or of Lᵀ·X = B, for a lower triangle L (this matrix).
    public func solveTriangular(_ b: Matrix, transposed: Bool = false) -> Matrix {
        precondition(rows == columns && b.rows == rows, "a triangular system's sides agree")
        var x = b
        if !x.values.isEmpty { Scalar.trsm(transposed, rows, b.columns, values, &x.values) }
        return x
    }

    /// X of A·X = B for a symmetric positive definite A (this matrix).
    public func solvePositive(_ b: Matrix) throws(LinearAlgebraError) -> Matrix {
        let lower = try cholesky()
        return lower.solveTriangular(lower.solveTriangular(b), transposed: true)
    }

    /// Eigenvalues, largest first, and unit eigenvectors in columns of a symmetric matrix (LAPACK syevd).
    public func symmetricEigen() throws(LinearAlgebraError) -> (values: [Scalar], vectors: Matrix) {
        precondition(rows == columns, "only a square matrix has eigenvalues")
        var vectors = self
        var eigenvalues = [Scalar](repeating: 0, count: rows)
        guard rows > 0 else { return ([], self) }
        let info = Scalar.syevd(rows, &vectors.values, &eigenvalues)
        guard info == 0 else { throw LinearAlgebraError("the eigenvalues did not converge (\(info)): are there values that are not finite?") }
        var ordered = Matrix(rows, columns)
        for r in 0..<rows { for c in 0..<columns { ordered.values[r * columns + c] = vectors.values[r * columns + columns - 1 - c] } }
        return (eigenvalues.reversed(), ordered)
    }

    /// The first `count` singular triples of A = U·diag(σ)·Vᵀ, by the eigenvectors of the smaller of AᵀA and AAᵀ; largest first.
    ///
    /// Accurate for the large singular values, which is what correlation analysis keeps; those below √ε·σ₁ are left out.
    public func leadingSingular(_ count: Int) throws(LinearAlgebraError) -> (u: Matrix, sigma: [Scalar], v: Matrix) {
        let wide = columns > rows
        let gram = Matrix.product(self, self, transposeA: !wide, transposeB: wide)
        let (eigenvalues, vectors) = try gram.symmetricEigen()
        let floor = (eigenvalues.first ?? 0) * Scalar.ulpOfOne * 16
        let kept = eigenvalues.prefix(count).prefix { $0 > floor && $0 > 0 }.map { $0.squareRoot() }
        let near = vectors.firstColumns(kept.count)
        var far = Matrix.product(self, near, transposeA: wide)
        for r in 0..<far.rows { for c in 0..<kept.count { far.values[r * kept.count + c] /= kept[c] } }
        return wide ? (near, kept, far) : (far, kept, near)
    }

    public func firstColumns(_ count: Int) -> Matrix {
        var out = Matrix(rows, count)
        for r in 0..<rows { for c in 0..<count { out.values[r * count + c] = values[r * columns + c] } }
        return out
    }
}
