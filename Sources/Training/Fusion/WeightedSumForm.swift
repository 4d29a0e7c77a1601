import LinearAlgebra

/// Weighted sum with learnt weights: f(x) = Σ a_m·h_m, a = softmax(α) over the modalities that are there, h_m the
/// modality's projection; p = softmax(f·C + c).
enum WeightedSumForm: FusionForm {
    static func shapes(_ tokens: [FusionToken], modalities: Int, width: Int, classes: Int) -> [(name: String, rows: Int, columns: Int)] {
        tokenShapes(tokens, width: width) + [("weights", 1, modalities)] + linearShapes("classes", width, classes)
    }

    static func probabilities<Scalar>(_ graph: FusionGraph<Scalar>) -> FusionGraph<Scalar>.Node {
        let weights = graph.tape.softmax(graph.broadcast("weights"), mask: graph.present)
        return graph.classes(graph.weighted(graph.modalities.indices.map(graph.projectedModality), weights))
    }
}
