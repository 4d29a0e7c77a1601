/// Decision level: p(c|x) = Σ_m w_m·p_m(c|x), with a linear softmax classifier a modality, p_m = softmax(z_m/T_m), z_m = Σ_t √d_t·x_t·V_t over its
/// tokens of width d_t, and weights w = softmax(ω) over those that are there.
///
/// Training maximises the likelihood of the mixture; then each temperature T_m is fitted on held-out examples, so that p_m alone says how sure its
/// modality is, and the weights again with them (`FusionCalibration`). The parameter "sharpness" is 1/T_m − 1: 0 while training. (Atrey et al.,
/// "Multimodal fusion for multimedia analysis: a survey", Multimedia Systems 16, 2010, section 3.1.1; Jacobs et al., "Adaptive mixtures of local
/// experts", 1991; Guo, Pleiss, Sun, Weinberger, "On calibration of modern neural networks", ICML 2017, section 4.2.)
public enum DecisionForm: LearntForm {
    public static let sharpness = "sharpness"
    public static let weights = "weights"

    public static func shapes(_ tokens: [LearntToken], modalities: Int, width: Int, classes: Int) -> [(name: String, rows: Int, columns: Int)] {
        [(weights, 1, modalities), (sharpness, 1, modalities)]
            + tokens.flatMap { [("votes.\($0.name).w", $0.width, classes), ("votes.\($0.name).b", 1, classes)] }
    }

    public static func probabilities<Algebra>(_ graph: LearntGraph<Algebra>) -> Algebra.Value {
        let algebra = graph.algebra
        let weights = algebra.softmax(graph.broadcast(Self.weights), mask: graph.present)
        let sharpness = graph.broadcast(Self.sharpness)
        let votes = graph.modalities.enumerated().map { place, modality -> Algebra.Value in
            let own = graph.tokens.indices.filter { graph.tokens[$0].modality == modality }
                .map { token -> Algebra.Value in
                    // Inputs of length 1 have small values: at a mean square of 1 the votes learn in a tenth of the epochs.
                    let x = algebra.scale(graph.inputs[token], by: Float(graph.tokens[token].width).squareRoot())
                    return graph.linear(x, "votes.\(graph.tokens[token].name)")
                }
            let z = own.dropFirst().reduce(own[0]) { algebra.sum($0, $1) }
            return algebra.softmax(algebra.sum(z, algebra.scaleRows(z, by: algebra.column(sharpness, place))), mask: nil)
        }
        return graph.weighted(votes, weights)
    }
}
