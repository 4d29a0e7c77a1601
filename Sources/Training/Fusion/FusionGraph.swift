import EventLoop
import LinearAlgebra

/// What an operator is built with: the batch's inputs and the named parameters, on one tape.
struct FusionGraph<Scalar: MatrixScalar> {
    let tape: Tape<Scalar>
    let tokens: [FusionToken]
    let modalities: [String]
    /// n×width a token.
    let inputs: [Tape<Scalar>.Node]
    /// n×(number of modalities), 1 = there, 0 = missing.
    let present: Matrix<Scalar>
    let parameters: [String: Tape<Scalar>.Node]

    typealias Node = Tape<Scalar>.Node

    func parameter(_ name: String) -> Node {
        guard let node = parameters[name] else { preconditionFailure("invariant: the operator's shapes name the parameter '\(name)'") }
        return node
    }

    func linear(_ x: Node, _ name: String) -> Node { tape.addRow(tape.product(x, parameter("\(name).w")), parameter("\(name).b")) }

    func presence(_ modality: Int) -> Node { tape.leaf(Matrix(present.rows, 1, (0..<present.rows).map { present[$0, modality] })) }

    /// h_t = tanh(x_t·W_t + b_t), zeros where its modality is missing.
    func projected(_ token: Int) -> Node {
        let modality = modalities.firstIndex(of: tokens[token].modality) ?? 0
        return tape.scaleRows(tape.tanh(linear(inputs[token], "token.\(tokens[token].name)")), by: presence(modality))
    }

    /// h_m: the sum of the modality's projected tokens.
    func projectedModality(_ modality: Int) -> Node {
        let own = tokens.indices.filter { tokens[$0].modality == modalities[modality] }.map(projected)
        return own.dropFirst().reduce(own[0]) { tape.sum($0, $1) }
    }

    /// Σ_m a_m·h_m with the columns a of `weights`.
    func weighted(_ parts: [Node], _ weights: Node) -> Node {
        let scaled = parts.enumerated().map { tape.scaleRows($1, by: tape.column(weights, $0)) }
        return scaled.dropFirst().reduce(scaled[0]) { tape.sum($0, $1) }
    }

    func classes(_ z: Node) -> Node { tape.softmax(linear(z, "classes")) }

    /// The one row `name` in every row of the batch.
    func broadcast(_ name: String) -> Node {
        tape.product(tape.leaf(Matrix(present.rows, 1, [Scalar](repeating: 1, count: present.rows))), parameter(name))
    }
}

/// Shapes of an operator's parameters and its computation: p(c|x), n×classes.
protocol FusionForm {
    static func shapes(_ tokens: [FusionToken], modalities: Int, width: Int, classes: Int) -> [(name: String, rows: Int, columns: Int)]
    static func probabilities<Scalar>(_ graph: FusionGraph<Scalar>) -> FusionGraph<Scalar>.Node
}

extension FusionForm {
    static func tokenShapes(_ tokens: [FusionToken], width: Int) -> [(name: String, rows: Int, columns: Int)] {
        tokens.flatMap { [("token.\($0.name).w", $0.width, width), ("token.\($0.name).b", 1, width)] }
    }

    static func linearShapes(_ name: String, _ rows: Int, _ columns: Int) -> [(name: String, rows: Int, columns: Int)] {
        [("\(name).w", rows, columns), ("\(name).b", 1, columns)]
    }
}

extension FusionOperator {
    var form: any FusionForm.Type {
        switch self {
        case .concatenation: ConcatenationForm.self
        case .weightedSum: WeightedSumForm.self
        case .attention: AttentionForm.self
        case .coAttention: CoAttentionForm.self
        case .network: NetworkForm.self
        case .decision: DecisionForm.self
        case .hybrid: HybridForm.self
        }
    }
}
