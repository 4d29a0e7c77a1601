/// Decision-level fusion: y = argmax_c Σ wᵢ·pᵢ(c|x), over the modalities that are there, their weights scaled to add up to 1.
///
/// (Atrey et al., "Multimodal fusion for multimedia analysis: a survey", section 3.1.1, linear weighted fusion at decision level.)
enum DecisionLevel {
    static func apply(_ inputs: [(name: String, weight: Float)], probabilities: (String) -> [ClassProbability]?) throws(FusionError) -> Decision? {
        var votes: [(name: String, weight: Float, classes: [ClassProbability])] = []
        for input in inputs where input.weight > 0 {
            guard let classes = probabilities(input.name), !classes.isEmpty else { continue }
            guard classes.allSatisfy({ $0.probability.isFinite && $0.probability >= 0 }) else {
                throw FusionError("the classifier of '\(input.name)' gave a probability that is negative or not a number")
            }
            votes.append((input.name, input.weight, classes))
        }
        guard let first = votes.first else { return nil }
        let total = votes.reduce(Float(0)) { $0 + $1.weight }
        var names = first.classes.map(\.name)
        for vote in votes { for entry in vote.classes where !names.contains(entry.name) { names.append(entry.name) } }
        func probability(_ name: String, _ vote: (name: String, weight: Float, classes: [ClassProbability])) -> Float {
            vote.weight / total * (vote.classes.first { $0.name == name }?.probability ?? 0)
        }
        let scores = names.enumerated().map { order, name in
            (order: order, entry: ClassProbability(name: name, probability: votes.reduce(Float(0)) { $0 + probability(name, $1) }))
        }
        // Ties go to the class that was named first: the order must not depend on the sort.
        let ranked = scores.sorted { ($0.entry.probability, $1.order) > ($1.entry.probability, $0.order) }.map(\.entry)
        let won = ranked[0]
        let contributions = votes.map {
            ClassProbability(name: $0.name, probability: won.probability > 0 ? probability(won.name, $0) / won.probability : 0)
        }
        return Decision(classes: ranked, contributions: contributions)
    }
}
