/// All that is to be known of a run: what JSON, JUnit and HTML reports are made from, and what two runs are compared by.
public struct ReplayReport: Codable, Sendable, Equatable {
    /// 1 for this layout.
    public var format = 1
    /// When it was run, ISO 8601; "" where nobody wants to know.
    public var startedAt = ""
    /// What was tried: the server's address, or that it ran in this process.
    public var target = ""
    /// Names and versions of what was tried: the program, plugins, models.
    public var versions: [NamedVersion] = []
    public var conversations: [ConversationReport] = []
    public var flakes: [FlakeReport] = []
    /// Of turns, from the last thing sent to the end of the turn; nil without turns.
    public var turnLatency: LatencySummary?
    /// The whole run, milliseconds.
    public var tookMs: Double = 0

    public var passed: Int { conversations.count(where: \.passed) }
    public var failed: Int { conversations.count - passed }

    /// Ids of the products that were recommended or tried on.
    public var shownProducts: Set<String> {
        var ids: Set<String> = []
        for message in conversations.flatMap(\.steps).flatMap(\.messages) {
            for item in message.message["recommendations"]?["items"]?.items ?? [] { if let id = item["productId"]?.string { ids.insert(id) } }
            if let id = message.message["tryOn"]?["productId"]?.string { ids.insert(id) }
        }
        return ids
    }
}

public struct NamedVersion: Codable, Sendable, Equatable {
    public var name: String
    public var version: String
    public var sha256: String

    public init(name: String, version: String, sha256: String = "") {
        self.name = name
        self.version = version
        self.sha256 = sha256
    }
}

public struct FlakeReport: Codable, Sendable, Equatable {
    public var name: String
    public var passed: Int
    public var failed: Int
}

/// Milliseconds; percentiles by the nearest rank.
public struct LatencySummary: Codable, Sendable, Equatable {
    public var count: Int
    public var mean: Double
    public var p50: Double
    public var p90: Double
    public var p99: Double
    public var max: Double

    public init?(_ values: [Double]) {
        guard !values.isEmpty else { return nil }
        let sorted = values.sorted()
        func rank(_ share: Double) -> Double { sorted[min(sorted.count - 1, Int((share * Double(sorted.count)).rounded(.up)) - 1)] }
        count = sorted.count
        mean = sorted.reduce(0, +) / Double(sorted.count)
        p50 = rank(0.5)
        p90 = rank(0.9)
        p99 = rank(0.99)
        max = sorted[sorted.count - 1]
    }
}

public struct ConversationReport: Codable, Sendable, Equatable {
    public var name: String
    public var file: String
    public var tags: [String]
    public var repetition: Int
    public var passed: Bool
    public var tookMs: Double
    public var error: String?
    public var violations: [String]
    public var steps: [StepReport]
}

public struct StepReport: Codable, Sendable, Equatable {
    public var index: Int
    public var file: String
    public var line: Int
    public var startedAtMs: Double
    public var sentAtMs: Double
    public var tookMs: Double
    public var wasTurn: Bool
    public var isUnfinished: Bool
    public var actions: [ActionReport]
    public var expectations: [ExpectationReport]
    /// Nil when the step captures nothing.
    public var captured: [CapturedValue]?
    public var failures: [String]
    public var messages: [MessageReport]
}

public struct ActionReport: Codable, Sendable, Equatable {
    /// The script's word: "say", "speak", "show" …
    public var kind: String
    public var text: String
    /// File of the picture or sound; names it among the media of an HTML report.
    public var media: [String] = []
    /// Length of a sound.
    public var seconds: Double?
    /// A sound's loudest moments, 0 to 100, evenly spread over its length.
    public var waveform: [Int]?
}

public struct ExpectationReport: Codable, Sendable, Equatable {
    public var file: String
    public var line: Int
    public var text: String
    public var failure: String?
}

public struct MessageReport: Codable, Sendable, Equatable {
    /// After the conversation began.
    public var atMs: Double
    /// After the last thing sent in the step.
    public var afterMs: Double
    /// As scripts name it: "reply", "turn_done" …
    public var kind: String
    /// The ServerMessage in protobuf's JSON form; null for the end of the stream.
    public var message: JSONValue
    /// How the stream ended.
    public var status: String?
}
