/// The ways of making one decision from several modalities that can be learnt. Each is in a file of its own.
public enum LearntOperator: String, Sendable, CaseIterable {
    case concatenation
    case weightedSum = "weighted-sum"
    case attention
    case coAttention = "co-attention"
    case network
    case decision
    case hybrid

    /// Its shapes and its computation.
    public var form: any LearntForm.Type {
        switch self {
        case .concatenation: ConcatenationForm.self
        case .weightedSum: WeightedSumForm.self
        case .attention: AttentionForm.self
        case .coAttention: CoAttentionForm.self
        case .network: NetworkForm.self
        case .decision: DecisionForm.self
        case .hybrid: HybridForm.self
        }
    }
}

/// One part of a modality's features: a picture has an embedding and colours, a title a sentence vector and words.
public struct LearntToken: Sendable, Equatable, Codable {
    public var name: String
    public var modality: String
    public var width: Int
    /// The space of the vectors that it was trained with; "" = not one that a plugin gives.
    public var spaceID: String

    public init(name: String, modality: String, width: Int, spaceID: String = "") {
        self.name = name
        self.modality = modality
        self.width = width
        self.spaceID = spaceID
    }
}

extension [LearntToken] {
    /// Modalities in the order of their first token.
    public var modalities: [String] {
        var names: [String] = []
        for token in self where !names.contains(token.modality) { names.append(token.modality) }
        return names
    }

    /// A turn's features as the tokens take them, each of length 1, zeros where there is none; and the modalities that are there.
    /// - Throws: for features of another width or space, or that are not finite.
    func vectors(of features: [Feature]) throws(FusionError) -> (values: [[Float]], present: Set<String>) {
        var values: [[Float]] = []
        var present: Set<String> = []
        for token in self {
            guard let feature = features.first(where: { $0.modality == token.modality }) else {
                values.append([Float](repeating: 0, count: token.width))
                continue
            }
            try feature.requireFinite()
            guard feature.values.count == token.width, token.spaceID.isEmpty || token.spaceID == feature.spaceID else {
                throw FusionError(
                    "'\(feature.modality)' is \(feature.values.count) values in \(feature.spaceID); the operator was trained with \(token.width)"
                        + (token.spaceID.isEmpty ? "" : " in \(token.spaceID)"))
            }
            values.append(feature.normalised().values)
            present.insert(token.modality)
        }
        return (values, present)
    }
}
