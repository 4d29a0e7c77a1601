/// A dense matrix in rows: element (r, c) is `values[r * columns + c]`.
///
/// Inlinable throughout: a learner's loops over numbers are compiled for its own precision.
public struct Matrix<Scalar: MatrixScalar>: Sendable, Equatable {
    public let rows: Int
    public let columns: Int
    public var values: [Scalar]

    /// Zeros.
    @inlinable public init(_ rows: Int, _ columns: Int) {
        precondition(rows >= 0 && columns >= 0, "a matrix has no negative side")
        self.rows = rows
        self.columns = columns
        values = [Scalar](repeating: 0, count: rows * columns)
    }

    @inlinable public init(_ rows: Int, _ columns: Int, _ values: [Scalar]) {
        precondition(values.count == rows * columns, "a matrix has rows × columns values")
        self.rows = rows
        self.columns = columns
        self.values = values
    }

    /// Rows of equal length.
    @inlinable public init(_ rows: [[Scalar]]) {
        let columns = rows.first?.count ?? 0
        precondition(rows.allSatisfy { $0.count == columns }, "the rows of a matrix are equally long")
        self.init(rows.count, columns, rows.flatMap { $0 })
    }

    @inlinable public static func identity(_ n: Int) -> Matrix {
        var matrix = Matrix(n, n)
        for i in 0..<n { matrix[i, i] = 1 }
        return matrix
    }

    @inlinable public subscript(_ row: Int, _ column: Int) -> Scalar {
        get { values[row * columns + column] }
        set { values[row * columns + column] = newValue }
    }

    @inlinable public func row(_ index: Int) -> ArraySlice<Scalar> { values[index * columns..<(index + 1) * columns] }

    @inlinable public mutating func setRow(_ index: Int, _ row: some Collection<Scalar>) {
        precondition(row.count == columns, "a row has as many values as the matrix has columns")
        values.replaceSubrange(index * columns..<(index + 1) * columns, with: row)
    }

    /// The named rows, in that order.
    @inlinable public func rows(_ indices: some Collection<Int>) -> Matrix {
        var out: [Scalar] = []
        out.reserveCapacity(indices.count * columns)
        for index in indices { out.append(contentsOf: row(index)) }
        return Matrix(indices.count, columns, out)
    }

    @inlinable public var transposed: Matrix {
        var out = Matrix(columns, rows)
        for r in 0..<rows { for c in 0..<columns { out.values[c * rows + r] = values[r * columns + c] } }
        return out
    }

    @inlinable public func converted<Other: MatrixScalar>(to type: Other.Type = Other.self) -> Matrix<Other> {
        Matrix<Other>(rows, columns, values.map { Other($0) })
    }

    @inlinable public func scaled(by factor: Scalar) -> Matrix { Matrix(rows, columns, values.map { $0 * factor }) }

    /// op(A)·op(B), times `scale`.
    @inlinable public static func product(
        _ a: Matrix, _ b: Matrix, transposeA: Bool = false, transposeB: Bool = false, scale: Scalar = 1
    ) -> Matrix {
        let (m, k) = transposeA ? (a.columns, a.rows) : (a.rows, a.columns)
        let (k2, n) = transposeB ? (b.columns, b.rows) : (b.rows, b.columns)
        precondition(k == k2, "a product's inner sides agree: \(m)×\(k) and \(k2)×\(n)")
        var out = Matrix(m, n)
        guard m > 0, n > 0, k > 0 else { return out }
        Scalar.gemm(transposeA, transposeB, m, n, k, scale, a.values, a.columns, b.values, b.columns, 0, &out.values, n)
        return out
    }

    @inlinable public static func * (a: Matrix, b: Matrix) -> Matrix { product(a, b) }

    @inlinable public static func + (a: Matrix, b: Matrix) -> Matrix {
        precondition(a.rows == b.rows && a.columns == b.columns, "a sum's operands have one shape")
        return Matrix(a.rows, a.columns, zip(a.values, b.values).map { $0 + $1 })
    }

    @inlinable public static func - (a: Matrix, b: Matrix) -> Matrix {
        precondition(a.rows == b.rows && a.columns == b.columns, "a difference's operands have one shape")
        return Matrix(a.rows, a.columns, zip(a.values, b.values).map { $0 - $1 })
    }

    /// a ← a + s·b
    @inlinable public mutating func add(_ b: Matrix, scale: Scalar = 1) {
        precondition(rows == b.rows && columns == b.columns, "a sum's operands have one shape")
        for i in values.indices { values[i] += scale * b.values[i] }
    }

    /// `row` added to every row.
    @inlinable public mutating func addToRows(_ row: [Scalar], scale: Scalar = 1) {
        precondition(row.count == columns, "a row has as many values as the matrix has columns")
        for r in 0..<rows { for c in 0..<columns { values[r * columns + c] += scale * row[c] } }
    }

    @inlinable public var columnSums: [Scalar] {
        var sums = [Scalar](repeating: 0, count: columns)
        for r in 0..<rows { for c in 0..<columns { sums[c] += values[r * columns + c] } }
        return sums
    }

    @inlinable public var columnMeans: [Scalar] { columnSums.map { $0 / Scalar(max(rows, 1)) } }

    /// Each row divided by its Euclidean length; a row of zeros stays as it is.
    @inlinable public mutating func normaliseRows() {
        for r in 0..<rows {
            var square: Scalar = 0
            for c in 0..<columns { square += values[r * columns + c] * values[r * columns + c] }
            guard square > 0 else { continue }
            let factor = 1 / square.squareRoot()
            for c in 0..<columns { values[r * columns + c] *= factor }
        }
    }

    /// Matrices of equally many rows, side by side.
    @inlinable public static func joined(_ blocks: [Matrix]) -> Matrix {
        let rows = blocks.first?.rows ?? 0
        precondition(blocks.allSatisfy { $0.rows == rows }, "blocks side by side have equally many rows")
        var values: [Scalar] = []
        values.reserveCapacity(rows * blocks.reduce(0) { $0 + $1.columns })
        for r in 0..<rows { for block in blocks { values.append(contentsOf: block.row(r)) } }
        return Matrix(rows, blocks.reduce(0) { $0 + $1.columns }, values)
    }

    @inlinable public var isFinite: Bool { values.allSatisfy(\.isFinite) }
}
