import LinearAlgebra

/// Fusion network: a multilayer perceptron over all modalities and which of them are there: p = softmax(relu([h_1 ; h_2 ; … ; present]·U + u)·C + c).
enum NetworkForm: FusionForm {
    static func shapes(_ tokens: [FusionToken], modalities: Int, width: Int, classes: Int) -> [(name: String, rows: Int, columns: Int)] {
        tokenShapes(tokens, width: width) + linearShapes("hidden", modalities * width + modalities, width) + linearShapes("classes", width, classes)
    }

    static func probabilities<Scalar>(_ graph: FusionGraph<Scalar>) -> FusionGraph<Scalar>.Node {
        let parts = graph.modalities.indices.map(graph.projectedModality) + [graph.tape.leaf(graph.present)]
        return graph.classes(graph.tape.relu(graph.linear(graph.tape.joined(parts), "hidden")))
    }
}
