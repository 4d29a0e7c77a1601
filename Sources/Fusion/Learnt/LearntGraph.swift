/// What an operator is computed from: inputs, which modalities are there, and the named parameters.
public struct LearntGraph<Algebra: LearntAlgebra> {
    let algebra: Algebra
    let tokens: [LearntToken]
    let modalities: [String]
    /// n×width a token.
    let inputs: [Algebra.Value]
    /// n×(number of modalities), 1 = there, 0 = missing.
    let present: Algebra.Value
    let parameters: [String: Algebra.Value]

    typealias Value = Algebra.Value

    /// `parameters` are those that the operator's `shapes` name.
    public init(algebra: Algebra, tokens: [LearntToken], inputs: [Algebra.Value], present: Algebra.Value, parameters: [String: Algebra.Value]) {
        precondition(inputs.count == tokens.count, "every token has an input")
        self.algebra = algebra
        self.tokens = tokens
        modalities = tokens.modalities
        self.inputs = inputs
        self.present = present
        self.parameters = parameters
    }

    func parameter(_ name: String) -> Value {
        guard let value = parameters[name] else { preconditionFailure("invariant: the operator's shapes name the parameter '\(name)'") }
        return value
    }

    func linear(_ x: Value, _ name: String) -> Value { algebra.addRow(algebra.product(x, parameter("\(name).w")), parameter("\(name).b")) }

    func presence(_ modality: Int) -> Value { algebra.column(present, modality) }

    /// h_t = tanh(x_t·W_t + b_t), zeros where its modality is missing.
    func projected(_ token: Int) -> Value {
        let modality = modalities.firstIndex(of: tokens[token].modality) ?? 0
        return algebra.scaleRows(algebra.tanh(linear(inputs[token], "token.\(tokens[token].name)")), by: presence(modality))
    }

    /// h_m: the sum of the modality's projected tokens.
    func projectedModality(_ modality: Int) -> Value {
        let own = tokens.indices.filter { tokens[$0].modality == modalities[modality] }.map(projected)
        return own.dropFirst().reduce(own[0]) { algebra.sum($0, $1) }
    }

    /// Σ_m a_m·h_m with the columns a of `weights`.
    func weighted(_ parts: [Value], _ weights: Value) -> Value {
        let scaled = parts.enumerated().map { algebra.scaleRows($1, by: algebra.column(weights, $0)) }
        return scaled.dropFirst().reduce(scaled[0]) { algebra.sum($0, $1) }
    }

    func classes(_ z: Value) -> Value { algebra.softmax(linear(z, "classes"), mask: nil) }

    /// The one row `name` for every example.
    func broadcast(_ name: String) -> Value { algebra.repeated(parameter(name), like: present) }
}

/// Shapes of an operator's parameters and its computation: p(c|x), n×classes.
public protocol LearntForm {
    static func shapes(_ tokens: [LearntToken], modalities: Int, width: Int, classes: Int) -> [(name: String, rows: Int, columns: Int)]
    static func probabilities<Algebra>(_ graph: LearntGraph<Algebra>) -> Algebra.Value
}

/// An operator that first makes one vector f(x) of all modalities, n×d, and tells the classes from it: p = softmax(f·C + c). In a graph its vector
/// may be used without the classes.
protocol FusedForm: LearntForm {
    static func fused<Algebra>(_ graph: LearntGraph<Algebra>) -> Algebra.Value
}

extension FusedForm {
    static func probabilities<Algebra>(_ graph: LearntGraph<Algebra>) -> Algebra.Value { graph.classes(fused(graph)) }
}

extension LearntForm {
    static func tokenShapes(_ tokens: [LearntToken], width: Int) -> [(name: String, rows: Int, columns: Int)] {
        tokens.flatMap { [("token.\($0.name).w", $0.width, width), ("token.\($0.name).b", 1, width)] }
    }

    static func linearShapes(_ name: String, _ rows: Int, _ columns: Int) -> [(name: String, rows: Int, columns: Int)] {
        [("\(name).w", rows, columns), ("\(name).b", 1, columns)]
    }
}
