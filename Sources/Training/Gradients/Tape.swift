import Foundation
public import Fusion
public import LinearAlgebra

/// Reverse-mode differentiation over matrices: operations are recorded as they are computed, and `backward` walks them from the last to the first.
/// (Griewank and Walther, "Evaluating Derivatives", chapter 3.) A tape is for one batch; not shared between threads.
///
/// Operators reach it through a protocol, where the compiler cannot choose the precision: `@_specialize` keeps a copy of each operation for Float.
public final class Tape<Scalar: MatrixScalar>: LearntAlgebra {
    /// A recorded value.
    public struct Node: Sendable {
        fileprivate let index: Int
    }

    private var values: [Matrix<Scalar>] = []
    private var gradients: [Matrix<Scalar>?] = []
    /// Hands a node's gradient on to what it was made of.
    private var rules: [((Matrix<Scalar>) -> Void)?] = []

    public init() {}

    public func columns(_ a: Node) -> Int { value(a).columns }

    public func value(_ node: Node) -> Matrix<Scalar> { values[node.index] }

    /// The derivative of the last `backward`'s loss; zeros where nothing flowed.
    public func gradient(_ node: Node) -> Matrix<Scalar> {
        gradients[node.index] ?? Matrix(values[node.index].rows, values[node.index].columns)
    }

    /// An input or a parameter.
    public func leaf(_ value: Matrix<Scalar>) -> Node { record(value, nil) }

    func record(_ value: Matrix<Scalar>, _ rule: ((Matrix<Scalar>) -> Void)?) -> Node {
        values.append(value)
        gradients.append(nil)
        rules.append(rule)
        return Node(index: values.count - 1)
    }

    @_specialize(where Scalar == Float)
    func flow(_ node: Node, _ gradient: Matrix<Scalar>) {
        if gradients[node.index] == nil { gradients[node.index] = gradient } else { gradients[node.index]?.add(gradient) }
    }

    /// From a loss of shape 1×1.
    @_specialize(where Scalar == Float)
    public func backward(_ loss: Node) {
        precondition(values[loss.index].rows == 1 && values[loss.index].columns == 1, "a loss is one number")
        gradients = Array(repeating: nil, count: values.count)
        gradients[loss.index] = Matrix(1, 1, [1])
        for index in stride(from: loss.index, through: 0, by: -1) {
            if let rule = rules[index], let gradient = gradients[index] { rule(gradient) }
        }
    }

    // MARK: operations

    /// a·b
    @_specialize(where Scalar == Float)
    public func product(_ a: Node, _ b: Node) -> Node {
        record(value(a) * value(b)) { [unowned self] g in
            flow(a, Matrix.product(g, value(b), transposeB: true))
            flow(b, Matrix.product(value(a), g, transposeA: true))
        }
    }

    /// a + b, of one shape.
    @_specialize(where Scalar == Float)
    public func sum(_ a: Node, _ b: Node) -> Node {
        record(value(a) + value(b)) { [unowned self] g in
            flow(a, g)
            flow(b, g)
        }
    }

    /// Every row of a plus the one row of b.
    @_specialize(where Scalar == Float)
    public func addRow(_ a: Node, _ b: Node) -> Node {
        var out = value(a)
        out.addToRows(value(b).values)
        return record(out) { [unowned self] g in
            flow(a, g)
            flow(b, Matrix(1, g.columns, g.columnSums))
        }
    }

    @_specialize(where Scalar == Float)
    public func scale(_ a: Node, by factor: Float) -> Node {
        let factor = Scalar(factor)
        return record(value(a).scaled(by: factor)) { [unowned self] g in flow(a, g.scaled(by: factor)) }
    }

    /// Each row of a times the number in that row of the column b.
    @_specialize(where Scalar == Float)
    public func scaleRows(_ a: Node, by b: Node) -> Node {
        let (x, s) = (value(a), value(b))
        precondition(s.columns == 1 && s.rows == x.rows, "rows are scaled by a column of as many numbers")
        return record(Self.rowScaled(x, s)) { [unowned self] g in
            flow(a, Self.rowScaled(g, s))
            flow(b, Self.rowDots(g, x))
        }
    }

    /// The inner product of each row of a with that row of b: a column.
    @_specialize(where Scalar == Float)
    public func rowDot(_ a: Node, _ b: Node) -> Node {
        let (x, y) = (value(a), value(b))
        return record(Self.rowDots(x, y)) { [unowned self] g in
            flow(a, Self.rowScaled(y, g))
            flow(b, Self.rowScaled(x, g))
        }
    }

    @_specialize(where Scalar == Float)
    public func tanh(_ a: Node) -> Node { elementwise(a, { Scalar(Foundation.tanh(Double($0))) }, slope: { 1 - $0 * $0 }) }
    @_specialize(where Scalar == Float)
    public func relu(_ a: Node) -> Node { elementwise(a, { max(0, $0) }, slope: { $0 > 0 ? 1 : 0 }) }
    @_specialize(where Scalar == Float)
    public func sigmoid(_ a: Node) -> Node { elementwise(a, { 1 / (1 + Scalar(Foundation.exp(-Double($0)))) }, slope: { $0 * (1 - $0) }) }

    /// `slope` is the derivative in terms of the result.
    @_specialize(where Scalar == Float)
    private func elementwise(_ a: Node, _ function: (Scalar) -> Scalar, slope: @escaping (Scalar) -> Scalar) -> Node {
        let x = value(a)
        let out = Matrix(x.rows, x.columns, x.values.map(function))
        return record(out) { [unowned self] g in
            flow(a, Matrix(g.rows, g.columns, zip(g.values, out.values).map { $0 * slope($1) }))
        }
    }

    /// Side by side.
    @_specialize(where Scalar == Float)
    public func joined(_ nodes: [Node]) -> Node {
        let parts = nodes.map { value($0) }
        return record(Matrix.joined(parts)) { [unowned self] g in
            var start = 0
            for (node, part) in zip(nodes, parts) {
                var piece = Matrix<Scalar>(part.rows, part.columns)
                for r in 0..<part.rows { for c in 0..<part.columns { piece[r, c] = g[r, start + c] } }
                flow(node, piece)
                start += part.columns
            }
        }
    }

    /// Column `c` of a.
    @_specialize(where Scalar == Float)
    public func column(_ a: Node, _ c: Int) -> Node {
        let x = value(a)
        return record(Matrix(x.rows, 1, (0..<x.rows).map { x[$0, c] })) { [unowned self] g in
            var out = Matrix<Scalar>(x.rows, x.columns)
            for r in 0..<x.rows { out[r, c] = g[r, 0] }
            flow(a, out)
        }
    }

    /// Softmax of each row over the columns whose mask is not 0; rows without any are zeros.
    @_specialize(where Scalar == Float)
    public func softmax(_ a: Node, mask: Node? = nil) -> Node {
        let x = value(a)
        let mask = mask.map { value($0) }
        var out = Matrix<Scalar>(x.rows, x.columns)
        for r in 0..<x.rows {
            let open = (0..<x.columns).filter { c in mask.map { $0[r, c] != 0 } ?? true }
            guard let largest = open.map({ x[r, $0] }).max() else { continue }
            var sum: Scalar = 0
            for c in open {
                out[r, c] = Scalar(Foundation.exp(Double(x[r, c] - largest)))
                sum += out[r, c]
            }
            for c in open { out[r, c] /= sum }
        }
        return record(out) { [unowned self] g in
            var back = Matrix<Scalar>(x.rows, x.columns)
            for r in 0..<x.rows {
                var dot: Scalar = 0
                for c in 0..<x.columns { dot += g[r, c] * out[r, c] }
                for c in 0..<x.columns { back[r, c] = out[r, c] * (g[r, c] - dot) }
            }
            flow(a, back)
        }
    }

    /// The one row of a in as many rows as `like` has.
    @_specialize(where Scalar == Float)
    public func repeated(_ a: Node, like: Node) -> Node {
        let rows = value(like).rows
        return product(leaf(Matrix(rows, 1, [Scalar](repeating: 1, count: rows))), a)
    }

    /// −mean over rows of ln p[row, truth]: of probabilities.
    @_specialize(where Scalar == Float)
    public func negativeLogLikelihood(_ p: Node, _ truth: [Int]) -> Node {
        let x = value(p)
        precondition(truth.count == x.rows, "every row has a truth")
        let floor = Scalar(1e-12)
        var loss: Scalar = 0
        for (r, c) in truth.enumerated() { loss -= Scalar(Foundation.log(Double(max(x[r, c], floor)))) }
        let n = Scalar(max(truth.count, 1))
        return record(Matrix(1, 1, [loss / n])) { [unowned self] g in
            var out = Matrix<Scalar>(x.rows, x.columns)
            for (r, c) in truth.enumerated() where x[r, c] > floor { out[r, c] = -g[0, 0] / (n * x[r, c]) }
            flow(p, out)
        }
    }

    /// Mean over rows of the squared distance to `target`.
    @_specialize(where Scalar == Float)
    public func squaredError(_ a: Node, _ target: Matrix<Scalar>) -> Node {
        let difference = value(a) - target
        let n = Scalar(max(difference.rows, 1))
        let loss = difference.values.reduce(Scalar(0)) { $0 + $1 * $1 } / n
        return record(Matrix(1, 1, [loss])) { [unowned self] g in flow(a, difference.scaled(by: 2 * g[0, 0] / n)) }
    }

    @_specialize(where Scalar == Float)
    private static func rowScaled(_ x: Matrix<Scalar>, _ s: Matrix<Scalar>) -> Matrix<Scalar> {
        var out = x
        for r in 0..<x.rows { for c in 0..<x.columns { out.values[r * x.columns + c] *= s.values[r] } }
        return out
    }

    @_specialize(where Scalar == Float)
    private static func rowDots(_ a: Matrix<Scalar>, _ b: Matrix<Scalar>) -> Matrix<Scalar> {
        precondition(a.rows == b.rows && a.columns == b.columns, "inner products are of rows of one length")
        var out = Matrix<Scalar>(a.rows, 1)
        for r in 0..<a.rows {
            var sum: Scalar = 0
            for c in 0..<a.columns { sum += a.values[r * a.columns + c] * b.values[r * a.columns + c] }
            out.values[r] = sum
        }
        return out
    }
}
