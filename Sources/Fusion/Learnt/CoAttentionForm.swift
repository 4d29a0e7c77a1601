/// Co-attention: each modality's tokens are weighted by what the other modality's tokens find in them.
///
/// Affinities C_ij = tanh(h_i·A·h_jᵀ/√d) between tokens i of one and j of another modality; the weight of a token is softmax over its modality's
/// tokens of its own score s_t = h_t·u plus the sum of its affinities; p = softmax([Σ a_i·h_i ; Σ b_j·h_j]·C + c). A missing modality has zero
/// tokens: affinities vanish, and the own scores decide. (Lu, Yang, Batra, Parikh, "Hierarchical question-image co-attention for visual question
/// answering", NeurIPS 2016, section 3.3, parallel co-attention.)
enum CoAttentionForm: FusedForm {
    static func shapes(_ tokens: [LearntToken], modalities: Int, width: Int, classes: Int) -> [(name: String, rows: Int, columns: Int)] {
        tokenShapes(tokens, width: width) + [("affinity", width, width), ("own", width, 1)] + linearShapes("classes", modalities * width, classes)
    }

    static func fused<Algebra>(_ graph: LearntGraph<Algebra>) -> Algebra.Value {
        let algebra = graph.algebra
        let parts = graph.tokens.indices.map(graph.projected)
        let turned = parts.map { algebra.product($0, graph.parameter("affinity")) }
        let scale = 1 / Float(algebra.columns(parts[0])).squareRoot()
        let pooled = graph.modalities.map { modality -> Algebra.Value in
            let own = graph.tokens.indices.filter { graph.tokens[$0].modality == modality }
            let scores = own.map { token -> Algebra.Value in
                var score = algebra.product(parts[token], graph.parameter("own"))
                for other in graph.tokens.indices where graph.tokens[other].modality != modality {
                    let (first, second) = token < other ? (token, other) : (other, token)
                    score = algebra.sum(score, algebra.tanh(algebra.scale(algebra.rowDot(turned[first], parts[second]), by: scale)))
                }
                return score
            }
            return graph.weighted(own.map { parts[$0] }, algebra.softmax(algebra.joined(scores), mask: nil))
        }
        return algebra.joined(pooled)
    }
}
