// Unsafe: pointers into arrays that live through the call; every index is a row below `rows.rows` or a column below `rows.width`,
// as FeatureRows was made.

/// One linear separator against all other classes, for sets that are too large to compare each example with each: `DualDescent` on feature vectors.
struct MarginTrainer {
    var cost: Float

    /// Weights of one class in the order embedding, n-grams, bias. `isMember` says which rows are of the class.
    func train(_ rows: FeatureRows, isMember: [Bool], seed: UInt64) -> [Float] {
        precondition(isMember.count == rows.rows, "a label for each row")
        var weights = [Float](repeating: 0, count: rows.width)
        weights.withUnsafeMutableBufferPointer { weights in
            guard let start = weights.baseAddress else { return }
            var problem = Problem(rows: rows, isMember: isMember, weights: start)
            _ = DualDescent(cost: cost).solve(&problem, rows: Array(0..<rows.rows), of: rows.rows, seed: seed)
        }
        return weights
    }

    private struct Problem: SeparatorProblem {
        let rows: FeatureRows
        let isMember: [Bool]
        let weights: UnsafeMutablePointer<Float>

        func margin(_ row: Int) -> Float { (isMember[row] ? 1 : -1) * rows.dot(row, UnsafePointer(weights)) }
        func square(_ row: Int) -> Float { rows.squares[row] }
        mutating func move(_ row: Int, by change: Float) { rows.add(row, isMember[row] ? change : -change, to: weights) }
    }
}

extension FeatureRows {
    @inline(__always)
    func dot(_ row: Int, _ w: UnsafePointer<Float>) -> Float {
        var sum = w[dense + columns]
        values.withUnsafeBufferPointer { values in
            guard let x = values.baseAddress.map({ $0 + row * dense }) else { return }
            sum += DenseDot.of(x, w, dense)
        }
        indices.withUnsafeBufferPointer { indices in
            sparse.withUnsafeBufferPointer { sparse in
                for at in starts[row]..<starts[row + 1] { sum += sparse[at] * w[dense + Int(indices[at])] }
            }
        }
        return sum
    }

    @inline(__always)
    func add(_ row: Int, _ scale: Float, to w: UnsafeMutablePointer<Float>) {
        w[dense + columns] += scale
        values.withUnsafeBufferPointer { values in
            guard let x = values.baseAddress.map({ $0 + row * dense }) else { return }
            DenseDot.add(x, times: scale, to: w, dense)
        }
        indices.withUnsafeBufferPointer { indices in
            sparse.withUnsafeBufferPointer { sparse in
                for at in starts[row]..<starts[row + 1] { w[dense + Int(indices[at])] += scale * sparse[at] }
            }
        }
    }
}
