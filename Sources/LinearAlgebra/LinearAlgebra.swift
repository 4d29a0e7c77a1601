// LinearAlgebra: dense matrices for training, on OpenBLAS and LAPACK.
//
// It owns the calls to those libraries and the memory they work on. It must never be used on a loop (calls take milliseconds to minutes and
// use every core), guess at a shape, or hand out pointers.
//
// Unsafe: the pointers that BLAS and LAPACK take. Invariant: a matrix has rows × columns values in rows, and every call is preceded by the
// check that the shapes of its operands agree.

import COpenBLAS

/// A factorisation that cannot be computed.
public struct LinearAlgebraError: Error, Sendable, Equatable, CustomStringConvertible {
    public var message: String
    public init(_ message: String) { self.message = message }
    public var description: String { message }
}

/// Numbers that BLAS and LAPACK know: Float and Double.
public protocol MatrixScalar: BinaryFloatingPoint, Sendable {
    /// C ← α·op(A)·op(B) + β·C, all row-major with the given row lengths.
    static func gemm(
        _ transposeA: Bool, _ transposeB: Bool, _ m: Int, _ n: Int, _ k: Int, _ alpha: Self, _ a: UnsafePointer<Self>, _ lda: Int,
        _ b: UnsafePointer<Self>, _ ldb: Int, _ beta: Self, _ c: UnsafeMutablePointer<Self>, _ ldc: Int)
    /// Cholesky in place, the lower triangle; LAPACK's info.
    static func potrf(_ n: Int, _ a: UnsafeMutablePointer<Self>) -> Int
    /// L·X = B or Lᵀ·X = B in place.
    static func trsm(_ transposed: Bool, _ m: Int, _ n: Int, _ l: UnsafePointer<Self>, _ b: UnsafeMutablePointer<Self>)
    /// Eigenvalues ascending and vectors (in columns) of a symmetric matrix, in place; LAPACK's info.
    static func syevd(_ n: Int, _ a: UnsafeMutablePointer<Self>, _ w: UnsafeMutablePointer<Self>) -> Int
}

extension Float: MatrixScalar {
    public static func gemm(
        _ transposeA: Bool, _ transposeB: Bool, _ m: Int, _ n: Int, _ k: Int, _ alpha: Float, _ a: UnsafePointer<Float>, _ lda: Int,
        _ b: UnsafePointer<Float>, _ ldb: Int, _ beta: Float, _ c: UnsafeMutablePointer<Float>, _ ldc: Int
    ) {
        cblas_sgemm(
            CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans, transposeB ? CblasTrans : CblasNoTrans, Int32(m), Int32(n), Int32(k), alpha, a,
            Int32(lda), b, Int32(ldb), beta, c, Int32(ldc))
    }
    public static func potrf(_ n: Int, _ a: UnsafeMutablePointer<Float>) -> Int {
        Int(LAPACKE_spotrf(LAPACK_ROW_MAJOR, CChar(UInt8(ascii: "L")), Int32(n), a, Int32(n)))
    }
    public static func trsm(_ transposed: Bool, _ m: Int, _ n: Int, _ l: UnsafePointer<Float>, _ b: UnsafeMutablePointer<Float>) {
        cblas_strsm(
            CblasRowMajor, CblasLeft, CblasLower, transposed ? CblasTrans : CblasNoTrans, CblasNonUnit, Int32(m), Int32(n), 1, l, Int32(m), b,
            Int32(n))
    }
    public static func syevd(_ n: Int, _ a: UnsafeMutablePointer<Float>, _ w: UnsafeMutablePointer<Float>) -> Int {
        Int(LAPACKE_ssyevd(LAPACK_ROW_MAJOR, CChar(UInt8(ascii: "V")), CChar(UInt8(ascii: "L")), Int32(n), a, Int32(n), w))
    }
}

extension Double: MatrixScalar {
    public static func gemm(
        _ transposeA: Bool, _ transposeB: Bool, _ m: Int, _ n: Int, _ k: Int, _ alpha: Double, _ a: UnsafePointer<Double>, _ lda: Int,
        _ b: UnsafePointer<Double>, _ ldb: Int, _ beta: Double, _ c: UnsafeMutablePointer<Double>, _ ldc: Int
    ) {
        cblas_dgemm(
            CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans, transposeB ? CblasTrans : CblasNoTrans, Int32(m), Int32(n), Int32(k), alpha, a,
            Int32(lda), b, Int32(ldb), beta, c, Int32(ldc))
    }
    public static func potrf(_ n: Int, _ a: UnsafeMutablePointer<Double>) -> Int {
        Int(LAPACKE_dpotrf(LAPACK_ROW_MAJOR, CChar(UInt8(ascii: "L")), Int32(n), a, Int32(n)))
    }
    public static func trsm(_ transposed: Bool, _ m: Int, _ n: Int, _ l: UnsafePointer<Double>, _ b: UnsafeMutablePointer<Double>) {
        cblas_dtrsm(
            CblasRowMajor, CblasLeft, CblasLower, transposed ? CblasTrans : CblasNoTrans, CblasNonUnit, Int32(m), Int32(n), 1, l, Int32(m), b,
            Int32(n))
    }
    public static func syevd(_ n: Int, _ a: UnsafeMutablePointer<Double>, _ w: UnsafeMutablePointer<Double>) -> Int {
        Int(LAPACKE_dsyevd(LAPACK_ROW_MAJOR, CChar(UInt8(ascii: "V")), CChar(UInt8(ascii: "L")), Int32(n), a, Int32(n), w))
    }
}
