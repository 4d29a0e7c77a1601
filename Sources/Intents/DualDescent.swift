/// What a separator is fitted to, as coordinate descent sees it.
protocol SeparatorProblem {
    /// yᵢ·f(xᵢ), 1 or more when the example is on the right side.
    func margin(_ row: Int) -> Float
    /// xᵢ·xᵢ
    func square(_ row: Int) -> Float
    /// αᵢ grew by `change`: f changes by change·yᵢ·xᵢ.
    mutating func move(_ row: Int, by change: Float)
}

/// The support vector machine with squared hinge loss, solved in its dual by coordinate descent
/// (Hsieh, Chang, Lin, Keerthi and Sundararajan, ICML 2008, algorithm 1 with shrinking):
///
///     min ½‖w‖² + C Σ max(0, 1 − yᵢ w·xᵢ)²
struct DualDescent {
    /// C: how much a sentence on the wrong side costs.
    var cost: Float
    /// Sweeps over the examples at most.
    static let sweepsMax = 60
    /// Ends when no gradient is further from its optimum.
    static let tolerance: Float = 0.05
    /// Gradients smaller than this move nothing.
    static let gradientMin: Float = 1e-4

    /// αᵢ of every one of `count` rows; only those in `rows` are looked at.
    func solve<Problem: SeparatorProblem>(_ problem: inout Problem, rows: [Int], of count: Int, seed: UInt64) -> [Float] {
        var alpha = [Float](repeating: 0, count: count)
        var order = rows
        var active = rows.count
        var random = Shuffler(seed)
        let diagonal = 0.5 / cost
        var bound: Float = .infinity
        for _ in 0..<DualDescent.sweepsMax {
            var largest: Float = -.infinity
            var smallest: Float = .infinity
            for index in 0..<active { order.swapAt(index, index + random.below(active - index)) }
            var position = 0
            while position < active {
                let row = order[position]
                let gradient = problem.margin(row) - 1 + diagonal * alpha[row]
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
                if abs(projected) > DualDescent.gradientMin {
                    let old = alpha[row]
                    alpha[row] = max(old - gradient / (problem.square(row) + diagonal), 0)
                    problem.move(row, by: alpha[row] - old)
                }
                position += 1
            }
            if largest - smallest <= DualDescent.tolerance {
                if active == rows.count { break }
                active = rows.count
                bound = .infinity
            } else {
                bound = largest <= 0 ? .infinity : largest
            }
        }
        return alpha
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
