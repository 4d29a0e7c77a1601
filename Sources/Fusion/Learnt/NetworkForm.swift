/// Fusion network: a multilayer perceptron over all modalities and which of them are there: p = softmax(relu([h_1 ; h_2 ; … ; present]·U + u)·C + c).
/// (Ngiam, Khosla, Kim, Nam, Lee, Ng, "Multimodal deep learning", ICML 2011, section 3.2, a shared layer over the modalities' own.)
enum NetworkForm: FusedForm {
    static func shapes(_ tokens: [LearntToken], modalities: Int, width: Int, classes: Int) -> [(name: String, rows: Int, columns: Int)] {
        tokenShapes(tokens, width: width) + linearShapes("hidden", modalities * width + modalities, width) + linearShapes("classes", width, classes)
    }

    static func fused<Algebra>(_ graph: LearntGraph<Algebra>) -> Algebra.Value {
        let parts = graph.modalities.indices.map(graph.projectedModality) + [graph.present]
        return graph.algebra.relu(graph.linear(graph.algebra.joined(parts), "hidden"))
    }
}
