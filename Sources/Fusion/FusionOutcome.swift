import Foundation

/// A vector made of several modalities, with each one's part in it.
public struct FusedVector: Sendable, Equatable {
    /// The inputs that were there, in the order of the step, each of unit length, with its weight wᵢ.
    public var parts: [Part]
    /// Inputs of the step that were not there.
    public var missing: [String]
    /// How much each input that was there counts in the vector, adding up to 1: its weight, or for a trained operator by how much the vector turns
    /// when it is left out.
    public var contributions: [ClassProbability]

    public struct Part: Sendable, Equatable {
        public var feature: Feature
        public var weight: Float

        public init(feature: Feature, weight: Float) {
            self.feature = feature
            self.weight = weight
        }
    }

    public init(parts: [Part], missing: [String], contributions: [ClassProbability] = []) {
        self.parts = parts
        self.missing = missing
        self.contributions = contributions
    }

    /// By the inputs' weights; equal ones where all are 0.
    mutating func contribute(_ weights: [(name: String, weight: Float)]) {
        let total = weights.reduce(0) { $0 + $1.weight }
        contributions = weights.map { ClassProbability(name: $0.name, probability: total > 0 ? $0.weight / total : 1 / Float(weights.count)) }
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

extension Decision {
    /// What the probabilities of all classes say, and what each modality contributed: how far ln p(winner) falls when it is left out, in parts that
    /// add up to 1 (all of it when there is but one).
    /// - Parameters:
    ///   - there: the modalities that were there.
    ///   - without: the probabilities without each of these; [] when there is but one.
    init(_ names: [String], whole: [Float], there: [String], without: [[Float]]) {
        // Ties go to the class that was named first.
        let ranked = whole.indices.sorted { (whole[$0], $1) > (whole[$1], $0) }
        let winner = ranked[0]
        var falls = [Float](repeating: 1, count: there.count)
        for (place, rest) in without.enumerated() {
            falls[place] = max(0, Float(log(Double(max(whole[winner], 1e-12))) - log(Double(max(rest[winner], 1e-12)))))
        }
        let total = falls.reduce(0, +)
        self.init(
            classes: ranked.map { ClassProbability(name: names[$0], probability: whole[$0]) },
            contributions: zip(there, falls).map { ClassProbability(name: $0, probability: total > 0 ? $1 / total : 1 / Float(there.count)) })
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
