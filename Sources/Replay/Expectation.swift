public import Wire

/// Something that must come back, or must not.
public struct Expectation: Sendable {
    public indirect enum Check: Sendable {
        case event(EventKind)
        case recommendations(RecommendationsCheck)
        case reply(ReplyCheck)
        case transcript(TranscriptCheck)
        case tryOn(TryOnCheck)
        case problem(StatusCheck)
        /// The modalities that the turn was decided without.
        case missing([String])
        /// How the stream ended.
        case status(StatusCheck)
        /// These come one after the other.
        case order([Expectation])
    }

    /// How often it must come.
    public enum Amount: Sendable, Equatable {
        /// At least once.
        case some
        /// Never.
        case absent
        /// It comes, and every time as it is not described here.
        case never
        /// If it comes at all, then so.
        case optional
        /// So often.
        case count(ClosedRange<Int>)
    }

    public var file = ""
    public var line: Int
    public var check: Check
    public var amount = Amount.some
    /// From the last thing sent, milliseconds; nil = the step's limit.
    public var withinMs: Int?
    /// As the script has it, on one line.
    public var text = ""

    /// It can only be judged when nothing more can come.
    public var needsWholeStep: Bool {
        switch amount {
        case .some: false
        case .absent, .never, .optional: true
        case .count(let range): range.upperBound < Int.max
        }
    }

    /// A sentence encoder is needed to judge it.
    public var needsSimilarity: Bool {
        switch check {
        case .reply(let reply): reply.text.similar != nil
        case .transcript(let transcript): transcript.text.similar != nil
        case .problem(let status), .status(let status): status.text.similar != nil
        case .order(let all): all.contains(where: \.needsSimilarity)
        default: false
        }
    }
}

/// About words.
public struct TextCheck: Sendable, Equatable {
    public struct Similar: Sendable, Equatable {
        public var to: String
        /// Cosine of the sentence embeddings.
        public var min: Double
    }
    /// All of these, upper and lower case alike.
    public var contains: [String] = []
    public var anyOf: [String] = []
    public var lacks: [String] = []
    /// A regular expression (Swift's syntax) that matches somewhere.
    public var matches: String?
    public var similar: Similar?
}

/// About recommended products.
public struct RecommendationsCheck: Sendable {
    public struct ReasonCheck: Sendable, Equatable {
        public var modality: String?
        public var shareMin: Float = 0
        public var contains: [String] = []
    }
    public var countMin = 1
    public var countMax: Int?
    /// All of these products are among the first `top`.
    public var products: [String] = []
    /// One of these products is among the first `top`.
    public var anyOf: [String] = []
    /// None of these is shown.
    public var noneOf: [String] = []
    public var top = 5
    /// The title of every product contains one of these.
    public var titlesContain: [String] = []
    public var priceMinorMin: Int64?
    public var priceMinorMax: Int64?
    public var filters: [String] = []
    /// Filters by field: "gold", or with an operator "<= 500".
    public var slots: [(field: String, value: String)] = []
    /// Fields that must not have been understood.
    public var slotsAbsent: [String] = []
    /// The shares of every product's reasons add up to 1.
    public var sharesAddUp = true
    /// Every product has a reason of these modalities.
    public var modalities: [String] = []
    /// Every product has each of these reasons.
    public var reasons: [ReasonCheck] = []
    public var inStock: Bool?
    public var language: String?
}

/// About what was said.
public struct ReplyCheck: Sendable {
    public var text = TextCheck()
    public var language: String?
    public var intent: String?
    public var agent: String?
    public var source: String?
    public var kind: ReplyKind?
}

/// About what was understood of speech.
public struct TranscriptCheck: Sendable {
    public struct WordErrors: Sendable, Equatable {
        public var of: String
        /// Errors over words of the reference (characters, where they are Chinese).
        public var max: Double
    }
    public var text = TextCheck()
    public var language: String?
    public var wordErrors: WordErrors?
    /// What the recogniser took out of the words, by its vocabulary.
    public var slots: [(name: String, value: String)] = []
}

/// About where jewellery was put.
public struct TryOnCheck: Sendable {
    public struct Point: Sendable, Equatable {
        public var name: String
        public var x: Float
        public var y: Float
        public var withinPx: Float
    }
    public var product: String?
    public var anchors: [Point] = []
    public var overlaysMin = 1
    /// The format in which a picture must have come.
    public var preview: PreviewFormat?
}

/// About a status: of a problem or of the stream's end.
public struct StatusCheck: Sendable {
    public var code: StatusCode?
    public var text = TextCheck()
}

/// A message, or the end of the stream, with its time of arrival.
public struct ReceivedMessage: Sendable {
    public var message: ServerMessage
    /// After the last thing sent in the step, milliseconds.
    public var afterMs: Double
    /// After the conversation began, milliseconds.
    public var atMs: Double
    /// The stream has ended so; `message` is empty then.
    public var ended: RPCStatus?

    public init(message: ServerMessage, afterMs: Double, atMs: Double = 0) {
        self.message = message
        self.afterMs = afterMs
        self.atMs = atMs
    }

    public init(ended: RPCStatus, afterMs: Double, atMs: Double = 0) {
        self.init(message: ServerMessage(), afterMs: afterMs, atMs: atMs)
        self.ended = ended
    }
}

/// How near two texts are in meaning: the cosine of their sentence embeddings, -1 to 1.
public protocol TextSimilarity: AnyObject {
    /// May block for as long as encoding two sentences takes. Throws UNAVAILABLE without an encoder.
    func similarity(of first: String, and second: String) throws(RPCStatus) -> Double
}
