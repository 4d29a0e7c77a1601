/// What changed between two runs of the same scripts, as a value.
public struct ReportComparison: Codable, Sendable, Equatable {
    public struct Version: Codable, Sendable, Equatable {
        public var name: String
        public var before: String
        public var after: String
    }

    /// One step that was answered otherwise, or that passes or fails now.
    public struct Change: Codable, Sendable, Equatable {
        public var conversation: String
        public var file: String
        public var line: Int
        /// What the customer did.
        public var action: String
        public var before: String
        public var after: String
        public var passedBefore: Bool
        public var passedAfter: Bool
        public var failures: [String]
    }

    public struct Latency: Codable, Sendable, Equatable {
        public var name: String
        public var before: LatencySummary?
        public var after: LatencySummary?
    }

    public var versions: [Version] = []
    /// Conversations that were as expected and are not, and the other way round.
    public var broken: [String] = []
    public var mended: [String] = []
    /// In only one of the runs.
    public var onlyBefore: [String] = []
    public var onlyAfter: [String] = []
    public var changes: [Change] = []
    /// All turns, then by what the customer did.
    public var latencies: [Latency] = []
    /// Steps that were compared.
    public var steps = 0

    /// Conversations are matched by file, name and repetition, steps by their place.
    public init(_ before: ReplayReport, _ after: ReplayReport) {
        versions = Self.versions(before.versions, after.versions)
        let old = Dictionary(before.conversations.map { (Self.key($0), $0) }, uniquingKeysWith: { first, _ in first })
        let new = Set(after.conversations.map(Self.key))
        onlyBefore = before.conversations.filter { !new.contains(Self.key($0)) }.map(Self.title)
        for conversation in after.conversations {
            guard let former = old[Self.key(conversation)] else {
                onlyAfter.append(Self.title(conversation))
                continue
            }
            if former.passed, !conversation.passed { broken.append(Self.title(conversation)) }
            if !former.passed, conversation.passed { mended.append(Self.title(conversation)) }
            compare(former, conversation)
        }
        latencies = Self.latencies(before, after)
    }

    private mutating func compare(_ before: ConversationReport, _ after: ConversationReport) {
        for (old, new) in zip(before.steps, after.steps) where !old.isUnfinished && !new.isUnfinished {
            steps += 1
            let (said, says) = (Self.answer(old), Self.answer(new))
            guard said != says || old.failures.isEmpty != new.failures.isEmpty else { continue }
            changes.append(
                Change(
                    conversation: Self.title(after), file: new.file, line: new.line,
                    action: new.actions.map { [$0.kind, $0.text, $0.media.joined(separator: " ")].filter { !$0.isEmpty }.joined(separator: " ") }
                        .joined(separator: ", "), before: said, after: says, passedBefore: old.failures.isEmpty, passedAfter: new.failures.isEmpty,
                    failures: new.failures))
        }
    }

    /// What the customer noticed: no times, no numbers of messages.
    static func answer(_ step: StepReport) -> String {
        var lines: [String] = []
        var words = ""
        for message in step.messages {
            switch message.kind {
            case "reply_start": words += message.message["reply"]?["text"]?.string ?? ""
            case "reply":
                lines.append(words + (message.message["reply"]?["text"]?.string ?? ""))
                words = ""
            case "transcript", "recommendations", "try_on", "problem", "status", "turn_interrupted", "turn_expired":
                lines.append(FailureText.brief(message, namesTurn: false))
            default: break
            }
        }
        return (lines + (words.isEmpty ? [] : [words])).joined(separator: "\n")
    }

    private static func key(_ conversation: ConversationReport) -> String { "\(conversation.file)\n\(conversation.name)\n\(conversation.repetition)" }

    private static func title(_ conversation: ConversationReport) -> String {
        conversation.name + (conversation.repetition > 0 ? " #\(conversation.repetition + 1)" : "")
    }

    private static func versions(_ before: [NamedVersion], _ after: [NamedVersion]) -> [Version] {
        func text(_ version: NamedVersion?) -> String {
            version.map { $0.version + ($0.sha256.isEmpty ? "" : " (\($0.sha256.prefix(12)))") } ?? "none"
        }
        let names = before.map(\.name) + after.map(\.name).filter { name in !before.contains { $0.name == name } }
        return names.map { name in
            Version(name: name, before: text(before.first { $0.name == name }), after: text(after.first { $0.name == name }))
        }
    }

    private static func latencies(_ before: ReplayReport, _ after: ReplayReport) -> [Latency] {
        func turns(_ report: ReplayReport) -> [(kind: String, ms: Double)] {
            report.conversations.flatMap(\.steps).filter { $0.wasTurn && !$0.isUnfinished }.map { ($0.actions.last?.kind ?? "nothing", $0.tookMs) }
        }
        let (old, new) = (turns(before), turns(after))
        let kinds = Set((old + new).map(\.kind)).sorted()
        let all = Latency(name: "all turns", before: LatencySummary(old.map(\.ms)), after: LatencySummary(new.map(\.ms)))
        return [all]
            + kinds.map { kind in
                Latency(
                    name: kind, before: LatencySummary(old.filter { $0.kind == kind }.map(\.ms)),
                    after: LatencySummary(new.filter { $0.kind == kind }.map(\.ms)))
            }
    }
}
