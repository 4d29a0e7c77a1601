// Unsafe: the rows of one product. Invariant: the pointers live for the call, and the loops stay within rows × columns, which are checked first.

import Glibc

/// A small matrix in rows: element (r, c) is `values[r * columns + c]`.
public struct LearntMatrix: Sendable, Equatable {
    public let rows: Int
    public let columns: Int
    public var values: [Float]

    public init(_ rows: Int, _ columns: Int, _ values: [Float]) {
        precondition(values.count == rows * columns, "a matrix has rows × columns values")
        self.rows = rows
        self.columns = columns
        self.values = values
    }
}

/// Computes learnt operators plainly, for one example or a few: no library, no threads, so that a loop may do it (an operator over a picture's 1280
/// and a text's 512 values with a width of 128 is about 0.25 million multiplications).
struct PlainAlgebra: LearntAlgebra {
    typealias Value = LearntMatrix

    func columns(_ a: LearntMatrix) -> Int { a.columns }

    func product(_ a: LearntMatrix, _ b: LearntMatrix) -> LearntMatrix {
        precondition(a.columns == b.rows, "a product's inner sides agree: \(a.columns) and \(b.rows)")
        var out = [Float](repeating: 0, count: a.rows * b.columns)
        let n = b.columns
        out.withUnsafeMutableBufferPointer { out in
            b.values.withUnsafeBufferPointer { b in
                for r in 0..<a.rows {
                    for k in 0..<a.columns {
                        let factor = a.values[r * a.columns + k]
                        guard factor != 0 else { continue }
                        for c in 0..<n { out[r * n + c] += factor * b[k * n + c] }
                    }
                }
            }
        }
        return LearntMatrix(a.rows, n, out)
    }

    func sum(_ a: LearntMatrix, _ b: LearntMatrix) -> LearntMatrix {
        precondition(a.rows == b.rows && a.columns == b.columns, "a sum's operands have one shape")
        return LearntMatrix(a.rows, a.columns, zip(a.values, b.values).map { $0 + $1 })
    }

    func addRow(_ a: LearntMatrix, _ b: LearntMatrix) -> LearntMatrix {
        precondition(b.rows == 1 && a.columns == b.columns, "one row as long as the others is added")
        return each(a) { $1 + b.values[$0 % a.columns] }
    }

    func scale(_ a: LearntMatrix, by factor: Float) -> LearntMatrix { each(a) { $1 * factor } }

    func scaleRows(_ a: LearntMatrix, by b: LearntMatrix) -> LearntMatrix {
        precondition(b.columns == 1 && b.rows == a.rows, "rows are scaled by a column of as many numbers")
        return each(a) { $1 * b.values[$0 / max(a.columns, 1)] }
    }

    func rowDot(_ a: LearntMatrix, _ b: LearntMatrix) -> LearntMatrix {
        precondition(a.rows == b.rows && a.columns == b.columns, "inner products are of rows of one length")
        return LearntMatrix(
            a.rows, 1, (0..<a.rows).map { r in (0..<a.columns).reduce(Float(0)) { $0 + a.values[r * a.columns + $1] * b.values[r * a.columns + $1] } }
        )
    }

    func tanh(_ a: LearntMatrix) -> LearntMatrix { each(a) { Float(Glibc.tanh(Double($1))) } }
    func relu(_ a: LearntMatrix) -> LearntMatrix { each(a) { max(0, $1) } }
    func sigmoid(_ a: LearntMatrix) -> LearntMatrix { each(a) { 1 / (1 + Float(exp(-Double($1)))) } }

    func joined(_ values: [LearntMatrix]) -> LearntMatrix {
        let rows = values.first?.rows ?? 0
        precondition(values.allSatisfy { $0.rows == rows }, "blocks side by side have equally many rows")
        let flat = (0..<rows).flatMap { r in values.flatMap { $0.values[r * $0.columns..<(r + 1) * $0.columns] } }
        return LearntMatrix(rows, values.reduce(0) { $0 + $1.columns }, flat)
    }

    func column(_ a: LearntMatrix, _ c: Int) -> LearntMatrix { LearntMatrix(a.rows, 1, (0..<a.rows).map { a.values[$0 * a.columns + c] }) }

    func softmax(_ a: LearntMatrix, mask: LearntMatrix?) -> LearntMatrix {
        var out = [Float](repeating: 0, count: a.values.count)
        for r in 0..<a.rows {
            let open = (r * a.columns..<(r + 1) * a.columns).filter { place in mask.map { $0.values[place] != 0 } ?? true }
            guard let largest = open.map({ a.values[$0] }).max() else { continue }
            for place in open { out[place] = Float(exp(Double(a.values[place] - largest))) }
            let sum = open.reduce(Float(0)) { $0 + out[$1] }
            for place in open { out[place] /= sum }
        }
        return LearntMatrix(a.rows, a.columns, out)
    }

    func repeated(_ a: LearntMatrix, like: LearntMatrix) -> LearntMatrix {
        precondition(a.rows == 1, "one row is repeated")
        return LearntMatrix(like.rows, a.columns, (0..<like.rows).flatMap { _ in a.values })
    }

    private func each(_ a: LearntMatrix, _ function: (Int, Float) -> Float) -> LearntMatrix {
        LearntMatrix(a.rows, a.columns, a.values.enumerated().map { function($0.offset, $0.element) })
    }
}
