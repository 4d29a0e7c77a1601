public import struct Fusion.Feature

/// One section of one of the shop's policies, in one language.
public struct Document: Sendable, Equatable {
    /// "<policy>/<language>/<number of the section>".
    public var id: String
    public var policy: String
    /// "en" or "zh".
    public var language: String
    /// Of the policy.
    public var title: String
    /// Heading of the section; "" before the first heading.
    public var section: String
    public var text: String
    /// Of title, section and text; nil when imported without an encoder.
    public var feature: Feature?

    public init(id: String, policy: String, language: String, title: String, section: String, text: String, feature: Feature? = nil) {
        self.id = id
        self.policy = policy
        self.language = language
        self.title = title
        self.section = section
        self.text = text
        self.feature = feature
    }
}

/// A sentence a customer may say, and what it asks for.
public struct IntentExample: Sendable, Equatable {
    public var intent: String
    /// Which agent answers: "recommendation", "customer_service", "try_on".
    public var agent: String
    public var language: String
    public var text: String
    public var feature: Feature?

    public init(intent: String, agent: String, language: String, text: String, feature: Feature? = nil) {
        self.intent = intent
        self.agent = agent
        self.language = language
        self.text = text
        self.feature = feature
    }
}

/// What a customer wrote of a product.
public struct Review: Sendable, Equatable {
    public var id: String
    public var productID: String
    /// 1 to 5.
    public var rating: Int
    public var language: String
    public var title: String
    public var text: String

    public init(id: String, productID: String, rating: Int, language: String = "", title: String = "", text: String = "") {
        self.id = id
        self.productID = productID
        self.rating = rating
        self.language = language
        self.title = title
        self.text = text
    }
}

/// A hit of the word search, best first.
public struct WordHit: Sendable, Equatable {
    /// Product or document id.
    public var id: String
    /// BM25, higher is better; comparable within one answer only.
    public var score: Double

    public init(id: String, score: Double) {
        self.id = id
        self.score = score
    }
}
