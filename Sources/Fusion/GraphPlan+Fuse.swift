/// A fusion step that cannot be computed.
public struct FusionError: Error, Sendable, Equatable {
    public var message: String

    public init(_ message: String) { self.message = message }
}

extension Feature {
    func requireFinite() throws(FusionError) {
        guard values.allSatisfy(\.isFinite) else { throw FusionError("the feature of '\(modality)' has values that are not finite") }
    }
}

extension GraphPlan {
    /// Runs the fuse and decide steps over a turn's features, but for networks: these are asked with `networkRuns`.
    ///
    /// - Parameters:
    ///   - present: the modalities that are there, also those without a vector (a selfie's pose); a decision may rest on their presence alone.
    ///   - words: what was said, for spaces that know words beside their sentence's vector.
    public func fuse(
        _ features: [Feature], present: [String], words: String = "", classifier: (any ModalityClassifier)?
    ) throws(FusionError) -> FusionOutcome {
        var outcome = FusionOutcome()
        for step in steps {
            let inputs = zip(step.inputs, step.weights).map { (name: $0, weight: $1) }
            switch step.operation {
            case .concatenation:
                outcome.vectors.append((step.id, try Concatenation.apply(inputs, features: features)))
            case .weightedSum:
                outcome.vectors.append((step.id, try WeightedSum.apply(inputs, features: features)))
            case .aligned(let space):
                outcome.vectors.append((step.id, try Alignment.apply(space, inputs, features: features, words: words)))
            case .learntVector(let model):
                outcome.vectors.append((step.id, try model.fuse(features.filter { step.inputs.contains($0.modality) })))
            case .decisionLevel:
                let decision = try DecisionLevel.apply(inputs) { name in
                    guard present.contains(name) else { return nil }
                    return classifier?.probabilities(features.first { $0.modality == name } ?? Feature(modality: name, spaceID: "", values: []))
                }
                if let decision { outcome.decisions.append((step.id, decision)) }
            case .learnt(let model):
                if let decision = try model.decide(features.filter { step.inputs.contains($0.modality) }) {
                    outcome.decisions.append((step.id, decision))
                }
            case .network:
                break
            }
        }
        return outcome
    }
}
