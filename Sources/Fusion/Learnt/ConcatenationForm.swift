/// Feature level: p = softmax([h_1 ; h_2 ; …]·C + c), h_m the modality's projection, zeros for a missing one.
/// (Baltrušaitis, Ahuja, Morency, "Multimodal machine learning: a survey and taxonomy", IEEE TPAMI 41(2), 2019, section 6.1, early fusion.)
enum ConcatenationForm: FusedForm {
    static func shapes(_ tokens: [LearntToken], modalities: Int, width: Int, classes: Int) -> [(name: String, rows: Int, columns: Int)] {
        tokenShapes(tokens, width: width) + linearShapes("classes", modalities * width, classes)
    }

    static func fused<Algebra>(_ graph: LearntGraph<Algebra>) -> Algebra.Value {
        graph.algebra.joined(graph.modalities.indices.map(graph.projectedModality))
    }
}
