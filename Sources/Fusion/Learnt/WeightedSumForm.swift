/// Weighted sum with learnt weights: f(x) = Σ a_m·h_m, a = softmax(α) over the modalities that are there, h_m the
/// modality's projection; p = softmax(f·C + c).
/// (Kittler, Hatef, Duin, Matas, "On combining classifiers", IEEE TPAMI 20(3), 1998, section 2, the sum rule, here of features.)
enum WeightedSumForm: FusedForm {
    static func shapes(_ tokens: [LearntToken], modalities: Int, width: Int, classes: Int) -> [(name: String, rows: Int, columns: Int)] {
        tokenShapes(tokens, width: width) + [("weights", 1, modalities)] + linearShapes("classes", width, classes)
    }

    static func fused<Algebra>(_ graph: LearntGraph<Algebra>) -> Algebra.Value {
        let weights = graph.algebra.softmax(graph.broadcast("weights"), mask: graph.present)
        return graph.weighted(graph.modalities.indices.map(graph.projectedModality), weights)
    }
}
