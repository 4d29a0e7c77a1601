/// Hybrid: a share g of the fusion network's probabilities and 1 − g of the decision level's, g = sigmoid(γ) learnt with both.
/// (Atrey et al., 2010, section 3.1.3.)
enum HybridForm: LearntForm {
    static func shapes(_ tokens: [LearntToken], modalities: Int, width: Int, classes: Int) -> [(name: String, rows: Int, columns: Int)] {
        NetworkForm.shapes(tokens, modalities: modalities, width: width, classes: classes)
            + DecisionForm.shapes(tokens, modalities: modalities, width: width, classes: classes) + [("gate", 1, 1)]
    }

    static func probabilities<Algebra>(_ graph: LearntGraph<Algebra>) -> Algebra.Value {
        let algebra = graph.algebra
        let gate = algebra.sigmoid(graph.broadcast("gate"))
        let rest = algebra.sigmoid(algebra.scale(graph.broadcast("gate"), by: -1))
        return algebra.sum(
            algebra.scaleRows(NetworkForm.probabilities(graph), by: gate), algebra.scaleRows(DecisionForm.probabilities(graph), by: rest))
    }
}
