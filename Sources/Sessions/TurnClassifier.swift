public import Fusion

/// A classifier that judges a turn's words beside its features, and knows what the conversation is about.
public protocol TurnClassifier: ModalityClassifier {
    /// The same classifier for one turn.
    func reading(_ words: String, _ context: DialogueContext) -> any ModalityClassifier

    /// The requests that the words may hold by their form, in order: at most `TurnPart.embeddedMax`, and one more with what is left of the words.
    /// - Returns: empty where the words are one, as nearly all are.
    func parts(of words: String, _ context: DialogueContext) -> [String]

    /// The same parts with their vectors, as far as they are requests of their own: each says who answers it.
    /// - Returns: empty where the words are better answered as a whole.
    func divided(_ parts: [TurnPart], _ context: DialogueContext) -> [TurnPart]
}
