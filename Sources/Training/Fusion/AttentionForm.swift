import LinearAlgebra

/// Attention over modalities: softmax(Q·Kᵀ/√d)·V with a learnt query q, keys h_m·K and values h_m·V, over the modalities that are there.
/// (Vaswani et al., "Attention is all you need", NeurIPS 2017, equation 1, with one query.)
enum AttentionForm: FusionForm {
    static func shapes(_ tokens: [FusionToken], modalities: Int, width: Int, classes: Int) -> [(name: String, rows: Int, columns: Int)] {
        tokenShapes(tokens, width: width)
            + [("keys", width, width), ("values", width, width), ("query", width, 1)] + linearShapes("classes", width, classes)
    }

    static func probabilities<Scalar>(_ graph: FusionGraph<Scalar>) -> FusionGraph<Scalar>.Node {
        let tape = graph.tape
        let parts = graph.modalities.indices.map(graph.projectedModality)
        let width = tape.value(parts[0]).columns
        let scores = parts.map { part in
            tape.scale(tape.product(tape.product(part, graph.parameter("keys")), graph.parameter("query")), by: 1 / Scalar(width).squareRoot())
        }
        let weights = tape.softmax(tape.joined(scores), mask: graph.present)
        return graph.classes(graph.weighted(parts.map { tape.product($0, graph.parameter("values")) }, weights))
    }
}
