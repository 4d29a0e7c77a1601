public import CheckedYAML

/// A buyer's sentence, what it is about, and whether it praises that.
public struct ReviewExample: Sendable, Equatable {
    public var text: String
    /// "clasp", "delivery" …; "general" = the purchase as a whole.
    public var aspect: String
    public var isPraise: Bool

    public init(text: String, aspect: String, isPraise: Bool) {
        self.text = text
        self.aspect = aspect
        self.isPraise = isPraise
    }

    /// Examples from a shop's reviews.yaml: `aspects:` aspect → `good` or `bad` → language → sentences.
    public static func yaml(_ path: String) throws(YAMLError) -> [ReviewExample] {
        let root = try YAMLValue.load(path)
        try root.fields("reviews", "aspects")
        _ = try root["reviews"].int(in: 1...1)
        var found: [ReviewExample] = []
        for (aspect, moods) in try root["aspects"].entries() {
            guard (1...40).contains(aspect.utf8.count), !aspect.contains("/") else {
                throw moods.error("an aspect's name has 1 to 40 bytes and no '/'")
            }
            try moods.fields("good", "bad")
            for mood in ["good", "bad"] where moods[mood].exists {
                for (_, sentences) in try moods[mood].entries() {
                    for sentence in try sentences.items() {
                        found.append(ReviewExample(text: try sentence.string(), aspect: aspect, isPraise: mood == "good"))
                    }
                }
            }
        }
        if found.isEmpty { throw root.error("holds no example under aspects") }
        return found
    }
}
