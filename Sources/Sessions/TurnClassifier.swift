public import Fusion

/// A classifier that judges a turn's words beside its features, and knows what the conversation is about.
public protocol TurnClassifier: ModalityClassifier {
    /// The same classifier for one turn.
    /// - Parameter restated: the words without what they name, with their vector, where they were restated.
    func reading(_ words: String, _ restated: TurnPart?, _ context: DialogueContext) -> any ModalityClassifier

    /// The words as they would be said of something that both know: "is it knotted?" for "is the Pearl Strand in 18K Gold knotted?". A name is made
    /// of materials and kinds, which would pass for what is asked.
    /// - Returns: nil where the words say what is wanted as they are.
    func restated(_ words: String, _ context: DialogueContext) -> String?

    /// The requests that the words may hold by their form, in order: at most `TurnPart.embeddedMax`, and one more with what is left of the words.
    /// - Returns: empty where the words are one, as nearly all are.
    func parts(of words: String, _ context: DialogueContext) -> [String]

    /// The same parts with their vectors, as far as they are requests of their own: each says who answers it.
    /// - Returns: empty where the words are better answered as a whole.
    func divided(_ parts: [TurnPart], _ context: DialogueContext) -> [TurnPart]
}
