// Unsafe: pointers into arrays that live through the call; every index is a row below `rows.rows` or a column below `rows.width`,
// as FeatureRows was made.

/// One linear separator against all other classes: the support vector machine with squared hinge loss, solved in its dual by coordinate descent
/// (Hsieh, Chang, Lin, Keerthi and Sundararajan, ICML 2008, algorithm 1 with shrinking):
///
///     min ½‖w‖² + C Σ max(0, 1 − yᵢ w·xᵢ)²
struct MarginTrainer {
    /// C: how much a sentence on the wrong side costs.
    var cost: Float = 0.2
    /// Sweeps over the examples at most.
    static let sweepsMax = 60
    /// Ends when no gradient is further from its optimum.
    static let tolerance: Float = 0.05

    /// Weights of one class in the order embedding, n-grams, bias. `isMember` says which rows are of the class.
    func train(_ rows: FeatureRows, isMember: [Bool], seed: UInt64) -> [Float] {
        precondition(isMember.count == rows.rows, "a label for each row")
        var weights = [Float](repeating: 0, count: rows.width)
        var alpha = [Float](repeating: 0, count: rows.rows)
        var order = Array(0..<rows.rows)
        var active = rows.rows
        var random = Shuffler(seed)
        let diagonal = 0.5 / cost
        var bound: Float = .infinity
        var sweep = 0
        while sweep < MarginTrainer.sweepsMax {
            sweep += 1
            var largest: Float = -.infinity
            var smallest: Float = .infinity
            for index in 0..<active { order.swapAt(index, index + random.below(active - index)) }
            weights.withUnsafeMutableBufferPointer { w in
                var position = 0
                while position < active {
                    let row = order[position]
                    let y: Float = isMember[row] ? 1 : -1
                    let gradient = y * rows.dot(row, UnsafePointer(w.baseAddress!)) - 1 + diagonal * alpha[row]
                    var projected = gradient
                    if alpha[row] == 0 {
                        if gradient > bound {
                            active -= 1
                            order.swapAt(position, active)
                            continue
                        }
                        projected = min(gradient, 0)
                    }
                    largest = max(largest, projected)
                    smallest = min(smallest, projected)
                    if abs(projected) > 1e-6 {
                        let old = alpha[row]
                        alpha[row] = max(old - gradient / (rows.squares[row] + diagonal), 0)
                        rows.add(row, (alpha[row] - old) * y, to: w.baseAddress!)
                    }
                    position += 1
                }
            }
            if largest - smallest <= MarginTrainer.tolerance {
                if active == rows.rows { break }
                active = rows.rows
                bound = .infinity
            } else {
                bound = largest <= 0 ? .infinity : largest
            }
        }
        return weights
    }
}

extension FeatureRows {
    @inline(__always)
    func dot(_ row: Int, _ w: UnsafePointer<Float>) -> Float {
        var sum = w[dense + columns]
        values.withUnsafeBufferPointer { values in
            guard let x = values.baseAddress.map({ $0 + row * dense }) else { return }
            var sums = SIMD16<Float>(repeating: 0)
            var i = 0
            while i + 16 <= dense {
                let a = UnsafeRawPointer(x + i).loadUnaligned(as: SIMD16<Float>.self)
                let b = UnsafeRawPointer(w + i).loadUnaligned(as: SIMD16<Float>.self)
                sums += a * b
                i += 16
            }
            sum += sums.sum()
            while i < dense {
                sum += x[i] * w[i]
                i += 1
            }
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
            for i in 0..<dense { w[i] += scale * x[i] }
        }
        indices.withUnsafeBufferPointer { indices in
            sparse.withUnsafeBufferPointer { sparse in
                for at in starts[row]..<starts[row + 1] { w[dense + Int(indices[at])] += scale * sparse[at] }
            }
        }
    }
}

/// xorshift64*: the order of the examples, from a seed.
struct Shuffler {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed | 1 }

    mutating func next() -> UInt64 {
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        return state &* 0x2545_F491_4F6C_DD1D
    }

    mutating func below(_ bound: Int) -> Int { Int(next() >> 33) % bound }
}
