public import Fusion

/// A classifier that judges a turn's words beside its features, and knows what the conversation is about.
public protocol TurnClassifier: ModalityClassifier {
    /// The same classifier for one turn.
    func reading(_ words: String, _ context: DialogueContext) -> any ModalityClassifier
}
