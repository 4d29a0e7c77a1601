public import Fusion

/// One of several requests in a turn's words: "where is my order" of "where is my order and show me silver rings".
public struct TurnPart: Sendable, Equatable {
    public var words: String
    /// The text encoder's, of these words alone; nil = not asked for, since there are `embeddedMax` before it.
    public var feature: Feature?
    /// Who answers it, as graph files name agents.
    public var agent = ""
    /// What it is for, as that agent calls it.
    public var intent = ""
    /// Its answer ends with a question to the customer, so that nothing may be said after it.
    public var asksBack = false

    /// Parts of a turn that are answered; each costs one more run of the text model.
    public static let embeddedMax = 3

    public init(words: String, feature: Feature? = nil, agent: String = "", intent: String = "", asksBack: Bool = false) {
        self.words = words
        self.feature = feature
        self.agent = agent
        self.intent = intent
        self.asksBack = asksBack
    }
}
