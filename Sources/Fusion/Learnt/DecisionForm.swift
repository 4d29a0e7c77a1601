/// Decision level: p(c|x) = Σ_m w_m·p_m(c|x), with a linear softmax classifier p_m a modality and weights w = softmax(ω) over those that are there.
///
/// Training maximises the likelihood of the mixture, which calibrates the parts against each other. (Atrey et al., "Multimodal fusion for multimedia
/// analysis: a survey", Multimedia Systems 16, 2010, section 3.1.1; Jacobs et al., "Adaptive mixtures of local experts", 1991.)
enum DecisionForm: LearntForm {
    static func shapes(_ tokens: [LearntToken], modalities: Int, width: Int, classes: Int) -> [(name: String, rows: Int, columns: Int)] {
        [("weights", 1, modalities)]
            + tokens.flatMap { [("votes.\($0.name).w", $0.width, classes), ("votes.\($0.name).b", 1, classes)] }
    }

    static func probabilities<Algebra>(_ graph: LearntGraph<Algebra>) -> Algebra.Value {
        let algebra = graph.algebra
        let weights = algebra.softmax(graph.broadcast("weights"), mask: graph.present)
        let votes = graph.modalities.map { modality -> Algebra.Value in
            let own = graph.tokens.indices.filter { graph.tokens[$0].modality == modality }
                .map { graph.linear(graph.inputs[$0], "votes.\(graph.tokens[$0].name)") }
            return algebra.softmax(own.dropFirst().reduce(own[0]) { algebra.sum($0, $1) }, mask: nil)
        }
        return graph.weighted(votes, weights)
    }
}
