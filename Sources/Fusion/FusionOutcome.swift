/// A vector made of several modalities, with each one's part in it.
public struct FusedVector: Sendable, Equatable {
    /// The inputs that were there, in the order of the step, each of unit length, with its weight wᵢ.
    public var parts: [Part]
    /// Inputs of the step that were not there.
    public var missing: [String]

    public struct Part: Sendable, Equatable {
        public var feature: Feature
        public var weight: Float

        public init(feature: Feature, weight: Float) {
            self.feature = feature
            self.weight = weight
        }
    }

    public init(parts: [Part], missing: [String]) {
        self.parts = parts
        self.missing = missing
    }
}

/// How sure one modality is of each class: p(c|x), adding up to 1.
public struct ClassProbability: Sendable, Equatable {
    public var name: String
    public var probability: Float

    public init(name: String, probability: Float) {
        self.name = name
        self.probability = probability
    }
}

/// What a decision step chose.
public struct Decision: Sendable, Equatable {
    /// Best first; probabilities add up to 1.
    public var classes: [ClassProbability]
    /// Each modality's share in the winner's score, adding up to 1.
    public var contributions: [ClassProbability]

    public var winner: String? { classes.first?.name }

    public init(classes: [ClassProbability], contributions: [ClassProbability]) {
        self.classes = classes
        self.contributions = contributions
    }
}

/// Gives p(c|x) of one modality for decision steps.
public protocol ModalityClassifier: Sendable {
    /// Classes in a fixed order with probabilities that add up to 1; nil when it cannot say anything of this modality.
    func probabilities(_ feature: Feature) -> [ClassProbability]?
}

/// What the graph's steps made of one turn.
public struct FusionOutcome: Sendable, Equatable {
    /// By step id, in step order.
    public var vectors: [(step: String, vector: FusedVector)]
    public var decisions: [(step: String, decision: Decision)]

    public init(vectors: [(step: String, vector: FusedVector)] = [], decisions: [(step: String, decision: Decision)] = []) {
        self.vectors = vectors
        self.decisions = decisions
    }

    public func vector(_ step: String) -> FusedVector? { vectors.first { $0.step == step }?.vector }
    public func decision(_ step: String) -> Decision? { decisions.first { $0.step == step }?.decision }

    public static func == (a: FusionOutcome, b: FusionOutcome) -> Bool {
        a.vectors.elementsEqual(b.vectors) { $0.step == $1.step && $0.vector == $1.vector }
            && a.decisions.elementsEqual(b.decisions) { $0.step == $1.step && $0.decision == $1.decision }
    }
}
