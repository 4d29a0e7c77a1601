/// The ways of making one decision from several modalities that can be learnt. Each is in a file of its own.
public enum FusionOperator: String, Sendable, CaseIterable {
    case concatenation
    case weightedSum = "weighted-sum"
    case attention
    case coAttention = "co-attention"
    case network
    case decision
    case hybrid
}

/// One part of a modality's features: a picture has an embedding and colours, a title a sentence vector and words.
public struct FusionToken: Sendable, Equatable, Codable {
    public var name: String
    public var modality: String
    public var width: Int

    public init(name: String, modality: String, width: Int) {
        self.name = name
        self.modality = modality
        self.width = width
    }
}
