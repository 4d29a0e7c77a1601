import LinearAlgebra

/// Co-attention: each modality's tokens are weighted by what the other modality's tokens find in them.
///
/// Affinities C_ij = tanh(h_i·A·h_jᵀ/√d) between tokens i of one and j of another modality; the weight of a token is softmax over its modality's
/// tokens of its own score s_t = h_t·u plus the sum of its affinities; p = softmax([Σ a_i·h_i ; Σ b_j·h_j]·C + c). A missing modality has zero
/// tokens: affinities vanish, and the own scores decide. (Lu, Yang, Batra, Parikh, "Hierarchical question-image co-attention for visual question
/// answering", NeurIPS 2016, section 3.3, parallel co-attention.)
enum CoAttentionForm: FusionForm {
    static func shapes(_ tokens: [FusionToken], modalities: Int, width: Int, classes: Int) -> [(name: String, rows: Int, columns: Int)] {
        tokenShapes(tokens, width: width) + [("affinity", width, width), ("own", width, 1)] + linearShapes("classes", modalities * width, classes)
    }

    static func probabilities<Scalar>(_ graph: FusionGraph<Scalar>) -> FusionGraph<Scalar>.Node {
        let tape = graph.tape
        let parts = graph.tokens.indices.map(graph.projected)
        let turned = parts.map { tape.product($0, graph.parameter("affinity")) }
        let scale = 1 / Scalar(tape.value(parts[0]).columns).squareRoot()
        let pooled = graph.modalities.map { modality -> FusionGraph<Scalar>.Node in
            let own = graph.tokens.indices.filter { graph.tokens[$0].modality == modality }
            let scores = own.map { token -> FusionGraph<Scalar>.Node in
                var score = tape.product(parts[token], graph.parameter("own"))
                for other in graph.tokens.indices where graph.tokens[other].modality != modality {
                    let (first, second) = token < other ? (token, other) : (other, token)
                    score = tape.sum(score, tape.tanh(tape.scale(tape.rowDot(turned[first], parts[second]), by: scale)))
                }
                return score
            }
            return graph.weighted(own.map { parts[$0] }, tape.softmax(tape.joined(scores)))
        }
        return graph.classes(tape.joined(pooled))
    }
}
