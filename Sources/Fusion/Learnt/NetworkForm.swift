/// Fusion network: a multilayer perceptron over all modalities and which of them are there: p = softmax(relu([h_1 ; h_2 ; … ; present]·U + u)·C + c).
enum NetworkForm: LearntForm {
    static func shapes(_ tokens: [LearntToken], modalities: Int, width: Int, classes: Int) -> [(name: String, rows: Int, columns: Int)] {
        tokenShapes(tokens, width: width) + linearShapes("hidden", modalities * width + modalities, width) + linearShapes("classes", width, classes)
    }

    static func probabilities<Algebra>(_ graph: LearntGraph<Algebra>) -> Algebra.Value {
        let parts = graph.modalities.indices.map(graph.projectedModality) + [graph.present]
        return graph.classes(graph.algebra.relu(graph.linear(graph.algebra.joined(parts), "hidden")))
    }
}
