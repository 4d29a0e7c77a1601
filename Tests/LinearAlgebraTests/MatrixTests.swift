import LinearAlgebra
import Testing

@Suite("Matrices")
struct MatrixTests {
    private let a = Matrix<Double>([[1, 2, 3], [4, 5, 6]])

    @Test("multiply, also transposed, as by hand")
    func product() {
        let b = Matrix<Double>([[1, 0], [0, 1], [2, -1]])
        #expect(a * b == Matrix([[7, -1], [16, -1]]))
        #expect(Matrix.product(a, a, transposeB: true) == Matrix([[14, 32], [32, 77]]))
        #expect(Matrix.product(a, a, transposeA: true) == Matrix([[17, 22, 27], [22, 29, 36], [27, 36, 45]]))
        let single = a.converted(to: Float.self)
        #expect(single * b.converted(to: Float.self) == Matrix([[7, -1], [16, -1]]))
    }

    @Test("solve a positive definite system")
    func solve() throws {
        let m = Matrix<Double>([[4, 2], [2, 3]])
        #expect(try m.cholesky().values.map { ($0 * 1e6).rounded() / 1e6 } == [2, 0, 1, 1.414214])
        let x = try m.solvePositive(Matrix([[8], [7]]))
        #expect(abs(x[0, 0] - 1.25) < 1e-12 && abs(x[1, 0] - 1.5) < 1e-12)
        #expect(throws: LinearAlgebraError.self) { try Matrix<Double>([[1, 2], [2, 1]]).cholesky() }
    }

    @Test("have eigenvalues in falling order, with vectors that reproduce the matrix")
    func eigen() throws {
        let m = Matrix<Double>([[2, 1], [1, 2]])
        let (values, vectors) = try m.symmetricEigen()
        #expect(abs(values[0] - 3) < 1e-12 && abs(values[1] - 1) < 1e-12)
        var scaled = vectors
        for r in 0..<2 { for c in 0..<2 { scaled[r, c] *= values[c] } }
        let back = Matrix.product(scaled, vectors, transposeB: true)
        #expect(zip(back.values, m.values).allSatisfy { abs($0 - $1) < 1e-12 })
    }

    @Test("have singular vectors that reproduce the matrix, wide or tall", arguments: [false, true])
    func singular(tall: Bool) throws {
        let m = tall ? a.transposed : a
        let (u, sigma, v) = try m.leadingSingular(5)
        #expect(sigma.count == 2 && sigma[0] > sigma[1])
        var scaled = u
        for r in 0..<u.rows { for c in 0..<2 { scaled[r, c] *= sigma[c] } }
        let back = Matrix.product(scaled, v, transposeB: true)
        #expect(zip(back.values, m.values).allSatisfy { abs($0 - $1) < 1e-9 })
    }

    @Test("have rows of length 1 after normalising, except empty ones")
    func normalise() {
        var m = Matrix<Float>([[3, 4], [0, 0]])
        m.normaliseRows()
        #expect(m == Matrix([[0.6, 0.8], [0, 0]]))
    }
}
