/// What a language model is asked: to say in its own words what is known already.
public struct ChatPrompt: Sendable, Equatable {
    public var system: String
    public var user: String
    /// Of the answer.
    public var tokensMax: Int
    /// Until the answer is complete; less where the turn's end (`StoreDeadline`) is nearer.
    public var budgetMs: Int

    public init(system: String, user: String, tokensMax: Int, budgetMs: Int) {
        self.system = system
        self.user = user
        self.tokensMax = tokensMax
        self.budgetMs = budgetMs
    }
}

/// How an answer ended.
public enum ChatEnd: Sendable, Equatable {
    case complete
    /// The token limit cut it off.
    case cutOff
    /// Whoever listens has heard enough, or the surrounding task was cancelled.
    case stopped
    /// The budget was over before it was complete.
    case late
    case failed(String)
}

/// A language model that answers in pieces.
public protocol ChatModel: Sendable {
    /// Called on a loop. Ends within the budget, and at once when the surrounding task is cancelled.
    /// - Parameter onText: called on the same loop with each piece of the answer; false = no more is wanted. Not called after this has returned.
    nonisolated(nonsending) func complete(_ prompt: ChatPrompt, onText: @escaping (String) -> Bool) async -> ChatEnd
}
