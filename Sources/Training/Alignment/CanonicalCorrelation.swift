public import Fusion
public import LinearAlgebra

/// Regularised canonical correlation analysis of two views of the same examples, in closed form.
///
/// With centred views X (n×p) and Y (n×q), Cxx = XᵀX/n + rₓ·tr(XᵀX/n)/p·I, Cyy likewise, Cxy = XᵀY/n, and the Cholesky factors Cxx = LₓLₓᵀ,
/// Cyy = LᵧLᵧᵀ, the singular triples (u, σ, v) of Lₓ⁻¹·Cxy·Lᵧ⁻ᵀ give the directions Wₓ = Lₓ⁻ᵀu and Wᵧ = Lᵧ⁻ᵀv with correlations σ, largest first.
/// (Hotelling, "Relations between two sets of variates", Biometrika 28, 1936; ridge form: Hardoon, Szedmak, Shawe-Taylor, "Canonical correlation
/// analysis: an overview with application to learning methods", Neural Computation 16(12), 2004, section 3.2.)
public struct CanonicalCorrelation: Sendable {
    public var meanX: [Float]
    public var meanY: [Float]
    /// p×k and q×k.
    public var directionsX: Matrix<Float>
    public var directionsY: Matrix<Float>
    /// k values, from 1 down.
    public var correlations: [Float]

    /// - Parameters:
    ///   - regularisation: rₓ and rᵧ, relative to the mean variance of a column; above 0.
    ///   - dimensions: k at most.
    /// - Throws: when the views hold values that are not finite, or the covariances cannot be factorised.
    public init(
        _ x: Matrix<Float>, _ y: Matrix<Float>, regularisation: (x: Double, y: Double), dimensions: Int
    ) throws(TrainingError) {
        precondition(x.rows == y.rows, "both views have the same examples")
        guard x.rows > 1 else { throw TrainingError("correlation needs at least two examples") }
        guard x.isFinite, y.isFinite else { throw TrainingError("the features hold values that are not finite") }
        let (centredX, meanX) = Self.centred(x)
        let (centredY, meanY) = Self.centred(y)
        let scale = 1 / Float(x.rows)
        do {
            // The products may be of single precision; what is factorised must not be.
            let crossed = Matrix.product(centredX, centredY, transposeA: true, scale: scale).converted(to: Double.self)
            let lowerX = try Self.covariance(centredX, scale, regularisation.x).cholesky()
            let lowerY = try Self.covariance(centredY, scale, regularisation.y).cholesky()
            let half = lowerX.solveTriangular(crossed)
            let whitened = lowerY.solveTriangular(half.transposed).transposed
            let (u, sigma, v) = try whitened.leadingSingular(dimensions)
            directionsX = lowerX.solveTriangular(u, transposed: true).converted()
            directionsY = lowerY.solveTriangular(v, transposed: true).converted()
            correlations = sigma.map { Float($0) }
        } catch {
            throw TrainingError(error.message)
        }
        self.meanX = meanX
        self.meanY = meanY
    }

    private static func centred(_ matrix: Matrix<Float>) -> (Matrix<Float>, [Float]) {
        let mean = matrix.columnMeans
        var copy = matrix
        copy.addToRows(mean, scale: -1)
        return (copy, mean)
    }

    private static func covariance(_ centred: Matrix<Float>, _ scale: Float, _ regularisation: Double) -> Matrix<Double> {
        var covariance = Matrix.product(centred, centred, transposeA: true, scale: scale).converted(to: Double.self)
        let trace = (0..<covariance.rows).reduce(0.0) { $0 + covariance[$1, $1] }
        let ridge = regularisation * trace / Double(max(covariance.rows, 1))
        for i in 0..<covariance.rows { covariance[i, i] += ridge }
        return covariance
    }
}
