import CheckedYAML
public import Wire

/// Something that must (or must not) be among the messages of a step.
public struct Expectation: Sendable {
    public enum Check: Sendable {
        case recommendations(RecommendationsCheck)
        case reply(ReplyCheck)
        case transcript(contains: [String], language: String?)
        case tryOn(TryOnCheck)
        case problem(code: String, contains: [String])
        case missing([String])
    }
    public var line: Int
    public var check: Check
    /// It must not come.
    public var absent: Bool
    /// From the last thing sent, milliseconds; nil = the step's limit.
    public var withinMs: Int?
}

/// About recommended products.
public struct RecommendationsCheck: Sendable {
    public var countMin = 1
    /// One of these products is among the first `top`.
    public var anyOf: [String] = []
    public var top = 5
    /// The title of every product contains one of these.
    public var titlesContain: [String] = []
    public var priceMinorMax: Int64?
    public var filters: [String] = []
    /// The shares of every product's reasons add up to 1.
    public var sharesAddUp = true
    /// Every product has a reason of these modalities.
    public var modalities: [String] = []
}

/// About what was said.
public struct ReplyCheck: Sendable {
    public var contains: [String] = []
    public var anyOf: [String] = []
    public var lacks: [String] = []
    public var language: String?
    public var intent: String?
    public var source: String?
    public var kind: ReplyKind?
}

/// About where jewellery was put.
public struct TryOnCheck: Sendable {
    public struct Point: Sendable {
        public var name: String
        public var x: Float
        public var y: Float
        public var withinPx: Float
    }
    public var product: String?
    public var anchors: [Point] = []
    public var overlaysMin = 1
}

/// A message with its time of arrival after the last thing sent, milliseconds.
public struct ReceivedMessage: Sendable {
    public var message: ServerMessage
    public var afterMs: Double

    public init(message: ServerMessage, afterMs: Double) {
        self.message = message
        self.afterMs = afterMs
    }
}

private enum ReplyKindName: String, CaseIterable {
    case answer, clarify
    case noAnswer = "no_answer"
}

extension Expectation {
    static func read(_ item: YAMLValue) throws(YAMLError) -> Expectation {
        try item.fields("recommendations", "reply", "transcript", "try_on", "problem", "missing", "absent", "within_ms")
        let withinMs = item["within_ms"].exists ? try item["within_ms"].int(in: 1...600_000) : nil
        return Expectation(line: item.line, check: try check(item), absent: try item["absent"].bool(or: false), withinMs: withinMs)
    }

    private static func check(_ item: YAMLValue) throws(YAMLError) -> Check {
        if item["recommendations"].exists { return .recommendations(try recommendations(item["recommendations"])) }
        if item["reply"].exists { return .reply(try reply(item["reply"])) }
        if item["transcript"].exists {
            let value = item["transcript"]
            try value.fields("contains", "language")
            return .transcript(contains: try value["contains"].strings(), language: try value["language"].optionalString())
        }
        if item["try_on"].exists { return .tryOn(try tryOn(item["try_on"])) }
        if item["problem"].exists {
            let value = item["problem"]
            try value.fields("code", "contains")
            return .problem(code: try value["code"].string(or: ""), contains: try value["contains"].strings())
        }
        if item["missing"].exists { return .missing(try item["missing"].strings()) }
        throw item.error("expect one of recommendations, reply, transcript, try_on, problem, missing")
    }

    private static func recommendations(_ value: YAMLValue) throws(YAMLError) -> RecommendationsCheck {
        try value.fields("count_min", "any_of", "top", "titles_contain", "price_max", "filters", "shares_add_up", "modalities")
        var check = RecommendationsCheck()
        check.countMin = try value["count_min"].int(in: 0...100, or: 1)
        check.anyOf = try value["any_of"].strings()
        check.top = try value["top"].int(in: 1...100, or: 5)
        check.titlesContain = try value["titles_contain"].strings()
        if value["price_max"].exists { check.priceMinorMax = Int64((try value["price_max"].number(in: 0...1e9) * 100).rounded()) }
        check.filters = try value["filters"].strings()
        check.sharesAddUp = try value["shares_add_up"].bool(or: true)
        check.modalities = try value["modalities"].strings()
        return check
    }

    private static func reply(_ value: YAMLValue) throws(YAMLError) -> ReplyCheck {
        try value.fields("contains", "any_of", "lacks", "language", "intent", "source", "kind")
        var check = ReplyCheck()
        check.contains = try value["contains"].strings()
        check.anyOf = try value["any_of"].strings()
        check.lacks = try value["lacks"].strings()
        check.language = try value["language"].optionalString()
        check.intent = try value["intent"].optionalString()
        check.source = try value["source"].optionalString()
        if value["kind"].exists {
            switch try value["kind"].choice(ReplyKindName.self) {
            case .answer: check.kind = .answer
            case .clarify: check.kind = .clarify
            case .noAnswer: check.kind = .noAnswer
            }
        }
        return check
    }

    private static func tryOn(_ value: YAMLValue) throws(YAMLError) -> TryOnCheck {
        try value.fields("product", "anchors", "overlays_min")
        var check = TryOnCheck()
        check.product = try value["product"].optionalString()
        check.overlaysMin = try value["overlays_min"].int(in: 0...16, or: 1)
        for item in try value["anchors"].items() {
            try item.fields("name", "x", "y", "within_px")
            check.anchors.append(
                TryOnCheck.Point(
                    name: try item["name"].string(), x: Float(try item["x"].number(in: 0...100_000)), y: Float(try item["y"].number(in: 0...100_000)),
                    withinPx: Float(try item["within_px"].number(in: 0...10_000, or: 10))))
        }
        return check
    }
}
