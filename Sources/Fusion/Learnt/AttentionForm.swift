/// Attention over modalities: softmax(Q·Kᵀ/√d)·V with a learnt query q, keys h_m·K and values h_m·V, over the modalities that are there.
/// (Vaswani et al., "Attention is all you need", NeurIPS 2017, equation 1, with one query.)
enum AttentionForm: FusedForm {
    static func shapes(_ tokens: [LearntToken], modalities: Int, width: Int, classes: Int) -> [(name: String, rows: Int, columns: Int)] {
        tokenShapes(tokens, width: width)
            + [("keys", width, width), ("values", width, width), ("query", width, 1)] + linearShapes("classes", width, classes)
    }

    static func fused<Algebra>(_ graph: LearntGraph<Algebra>) -> Algebra.Value {
        let algebra = graph.algebra
        let parts = graph.modalities.indices.map(graph.projectedModality)
        let width = algebra.columns(parts[0])
        let scores = parts.map { part in
            algebra.scale(
                algebra.product(algebra.product(part, graph.parameter("keys")), graph.parameter("query")), by: 1 / Float(width).squareRoot())
        }
        let weights = algebra.softmax(algebra.joined(scores), mask: graph.present)
        return graph.weighted(parts.map { algebra.product($0, graph.parameter("values")) }, weights)
    }
}
