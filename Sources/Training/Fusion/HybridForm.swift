import LinearAlgebra

/// Hybrid: a share g of the fusion network's probabilities and 1 − g of the decision level's, g = sigmoid(γ) learnt with both.
/// (Atrey et al., 2010, section 3.1.3.)
enum HybridForm: FusionForm {
    static func shapes(_ tokens: [FusionToken], modalities: Int, width: Int, classes: Int) -> [(name: String, rows: Int, columns: Int)] {
        NetworkForm.shapes(tokens, modalities: modalities, width: width, classes: classes)
            + DecisionForm.shapes(tokens, modalities: modalities, width: width, classes: classes) + [("gate", 1, 1)]
    }

    static func probabilities<Scalar>(_ graph: FusionGraph<Scalar>) -> FusionGraph<Scalar>.Node {
        let tape = graph.tape
        let gate = tape.sigmoid(graph.broadcast("gate"))
        let rest = tape.sigmoid(tape.scale(graph.broadcast("gate"), by: -1))
        return tape.sum(
            tape.scaleRows(NetworkForm.probabilities(graph), by: gate), tape.scaleRows(DecisionForm.probabilities(graph), by: rest))
    }
}
