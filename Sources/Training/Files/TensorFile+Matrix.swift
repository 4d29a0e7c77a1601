import Fusion
import LinearAlgebra

extension TensorFile {
    mutating func set(_ name: String, _ matrix: Matrix<Float>) { set(name, rows: matrix.rows, columns: matrix.columns, matrix.values) }

    /// - Throws: when there is no such matrix, naming it.
    func matrix(_ name: String) throws(TrainingError) -> Matrix<Float> {
        let found = try rows(name)
        return Matrix(found.rows, found.columns, found.values)
    }
}
