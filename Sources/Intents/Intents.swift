// Intents: what a sentence is for, learnt from examples.
//
// Owns the features of a sentence (its embedding beside its words and letter sequences), the linear classifier over them, its training,
// calibration and out-of-scope threshold, and the file a trained model is kept in. Pure computation: text and vectors in, probabilities out.
// It never embeds text itself (whoever calls has the vectors), reads no clock, and trains the same model from the same examples every time.

import CHnswlib

/// A sentence with its embedding: what a model is trained on and asked about.
public struct Utterance: Sendable {
    public var text: String
    /// Unit length, of the space the model names; empty = none, then words alone decide.
    public var embedding: [Float]
    /// "" when it is not known.
    public var intent: String

    public init(text: String, embedding: [Float] = [], intent: String = "") {
        self.text = text
        self.embedding = embedding
        self.intent = intent
    }
}

/// What a model makes of a sentence.
public struct IntentGuess: Sendable, Equatable {
    /// The likeliest intent that is in scope.
    public var intent: String
    /// Its calibrated probability, 0 to 1.
    public var probability: Float
    /// Of the model's threshold: below it the sentence is taken for none of the intents.
    public var isInScope: Bool
    /// All intents in the model's order with their probabilities; what is left to 1 is out of scope.
    public var all: [(intent: String, probability: Float)]

    public static func == (a: IntentGuess, b: IntentGuess) -> Bool {
        a.intent == b.intent && a.probability == b.probability && a.isInScope == b.isInScope
    }
}

/// What can be wrong with examples or a model's file. The message names what was wrong and what is allowed.
public struct IntentError: Error, Sendable, Equatable, CustomStringConvertible {
    public var message: String
    public init(_ message: String) { self.message = message }
    public var description: String { message }
}

/// A trained classifier: one score an intent, made a probability by softmax(score / T). A score is linear in the words and letter sequences, and in
/// the likeness of the embedding to the examples' (or, learnt from very many, in the embedding itself).
public struct IntentModel: Sendable {
    /// In-scope intents first, sorted; `outOfScope` last when it was learnt from examples.
    public let classes: [String]
    /// How many of `classes` are in scope.
    public let inScopeCount: Int
    /// Space of the embeddings; another one's are refused.
    public let spaceID: String
    public let embeddingSize: Int
    /// Length of the embedding in the feature vector; words and letter sequences have length 1 each.
    let embeddingWeight: Float
    let vocabulary: Vocabulary
    /// Row-major [feature][class]: likeness to each example, or the embedding; n-grams; bias.
    let weights: [Float]
    /// nil = the embedding itself enters.
    let likeness: ExampleLikeness?
    /// T of the softmax, fitted on held-out folds.
    public internal(set) var temperature: Float
    /// Guesses less sure than this (`sureness`) are out of scope.
    public internal(set) var threshold: Float

    /// Labels that mean "none of the intents" in training data.
    public static let outOfScopeLabels: Set<String> = ["oos", "out_of_scope", "out-of-scope"]

    init(
        classes: [String], inScopeCount: Int, spaceID: String, embeddingSize: Int, embeddingWeight: Float, vocabulary: Vocabulary, weights: [Float],
        likeness: ExampleLikeness?, temperature: Float, threshold: Float
    ) {
        precondition(
            weights.count == ((likeness?.count ?? embeddingSize) + vocabulary.count + 1) * classes.count, "a weight for each feature and class")
        precondition(likeness.map { $0.size == embeddingSize } ?? true, "the examples' embeddings are of the model's space")
        self.classes = classes
        self.inScopeCount = inScopeCount
        self.spaceID = spaceID
        self.embeddingSize = embeddingSize
        self.embeddingWeight = embeddingWeight
        self.vocabulary = vocabulary
        self.weights = weights
        self.likeness = likeness
        self.temperature = temperature
        self.threshold = threshold
    }

    /// What the sentence is for. An embedding of another size counts as none.
    public func guess(_ utterance: Utterance) -> IntentGuess {
        let probabilities = Softmax.of(scores(utterance), temperature: temperature)
        let best = IntentModel.best(probabilities, inScopeCount)
        let all = (0..<inScopeCount).map { (intent: classes[$0], probability: probabilities[$0]) }
        return IntentGuess(
            intent: classes[best], probability: probabilities[best],
            isInScope: IntentModel.sureness(probabilities, inScopeCount) >= threshold, all: all)
    }

    static func best(_ probabilities: [Float], _ inScopeCount: Int) -> Int {
        var best = 0
        for index in 1..<max(1, inScopeCount) where probabilities[index] > probabilities[best] { best = index }
        return best
    }

    /// What is held against the threshold: p(best) / (p(best) + p(out of scope)) where examples of the latter were learnt, else p(best).
    static func sureness(_ probabilities: [Float], _ inScopeCount: Int) -> Float {
        let top = probabilities[best(probabilities, inScopeCount)]
        guard probabilities.count > inScopeCount else { return top }
        return top / max(top + probabilities[inScopeCount], .leastNormalMagnitude)
    }

    /// One score a class.
    func scores(_ utterance: Utterance) -> [Float] {
        let count = classes.count
        var scores = Array(weights[(weights.count - count)...])
        weights.withUnsafeBufferPointer { weights in
            guard let weights = weights.baseAddress else { return }
            scores.withUnsafeMutableBufferPointer { scores in
                guard let scores = scores.baseAddress else { return }
                if utterance.embedding.count == embeddingSize, embeddingSize > 0 {
                    let values = likeness?.values(utterance.embedding) ?? utterance.embedding.map { $0 * embeddingWeight }
                    vt_add_rows(weights, values.count, count, values, scores)
                }
                let first = likeness?.count ?? embeddingSize
                for feature in vocabulary.features(of: utterance.text) {
                    DenseDot.add(weights + (first + Int(feature.index)) * count, times: feature.value, to: scores, count)
                }
            }
        }
        return scores
    }
}

enum Softmax {
    /// exp(zᵢ/T) / Σ exp(zⱼ/T)
    static func of(_ scores: [Float], temperature: Float) -> [Float] {
        let top = scores.max() ?? 0
        let powers = scores.map { Exponential.of(($0 - top) / temperature) }
        let total = powers.reduce(0, +)
        return powers.map { $0 / total }
    }
}
