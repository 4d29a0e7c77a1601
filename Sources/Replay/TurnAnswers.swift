import Recording
public import Wire

/// What came back for one turn, as far as it can be compared: what was understood, what was answered, and on what ground.
public struct TurnAnswers: Sendable, Equatable {
    public var turnID: UInt64
    public var state = TurnState.unspecified
    public var missing: [String] = []
    public var agents: [String] = []
    public var transcript = ""
    public var reply = ""
    public var language = ""
    public var intent = ""
    public var replyKind = ReplyKind.unspecified
    public var sources: [String] = []
    public var products: [String] = []
    public var filters: [String] = []
    public var tryOn: TryOn?
    public var problems: [String] = []
    /// From the last input before it was sealed to its end, microseconds; nil when that is not known.
    public var tookUs: UInt64?

    /// Anchors that are no farther apart than this count as the same, pixels.
    public static let anchorPixelsMax: Float = 2

    /// Collects the turns of a conversation from its messages in order. `inputUs` are the times at which the customer said something.
    public static func collect(_ messages: [(timeUs: UInt64, message: ServerMessage)], inputUs: [UInt64]) -> [TurnAnswers] {
        var turns: [TurnAnswers] = []
        var revisions: [UInt64: UInt32] = [:]
        var sealedUs: [UInt64: UInt64] = [:]
        for (timeUs, message) in messages where message.turnID > 0 {
            var index = turns.firstIndex { $0.turnID == message.turnID }
            if index == nil {
                turns.append(TurnAnswers(turnID: message.turnID))
                index = turns.count - 1
            }
            guard let index else { continue }
            if message.revision > revisions[message.turnID] ?? 0 {
                revisions[message.turnID] = message.revision
                turns[index].amended()
            }
            if case .turn(let turn) = message.kind {
                if turn.state != .collecting, sealedUs[message.turnID] == nil { sealedUs[message.turnID] = timeUs }
                if turn.state == .done, let sealed = sealedUs[message.turnID], let input = inputUs.last(where: { $0 <= sealed }) {
                    turns[index].tookUs = timeUs - min(input, timeUs)
                }
            }
            turns[index].take(message)
        }
        return turns.sorted { $0.turnID < $1.turnID }
    }

    /// A later revision replaces the answer.
    private mutating func amended() {
        (reply, intent, sources, products, filters, tryOn) = ("", "", [], [], [], nil)
    }

    private mutating func take(_ message: ServerMessage) {
        switch message.kind {
        case .turn(let turn):
            if turn.state.isOver { state = turn.state }
            if !turn.missing.isEmpty { missing = turn.missing.sorted() }
            if !turn.decision.isEmpty { agents = turn.decision.map(\.name) }
        case .transcript(let heard): if heard.final { transcript += (transcript.isEmpty ? "" : " ") + heard.text }
        case .reply(let piece):
            reply += piece.text
            if !piece.language.isEmpty { language = piece.language }
            if piece.last {
                intent = piece.intent
                replyKind = piece.replyKind
                sources = piece.sources.map { "\($0.kind):\($0.id)" }
            }
        case .recommendations(let found):
            products = found.items.map(\.productID)
            filters = found.filters.map { "\($0.field) \($0.operator) \($0.value)" }
        case .tryOn(let shown): tryOn = shown
        case .problem(let problem): problems.append(StatusCode(rawValue: problem.code)?.name ?? "\(problem.code)")
        default: break
        }
    }
}

/// One thing that was answered otherwise.
public struct AnswerDifference: Sendable, Equatable {
    /// Which turn of the recording, from 1.
    public var turn: Int
    /// "reply", "products", …
    public var what: String
    public var was: String
    public var now: String

    /// What differs between two conversations with the same inputs, turn by turn in their order.
    public static func between(_ was: [TurnAnswers], _ now: [TurnAnswers]) -> [AnswerDifference] {
        var differences: [AnswerDifference] = []
        for index in 0..<max(was.count, now.count) {
            guard index < was.count, index < now.count else {
                differences.append(
                    AnswerDifference(
                        turn: index + 1, what: "turn", was: index < was.count ? was[index].summary : "none",
                        now: index < now.count ? now[index].summary : "none"))
                continue
            }
            let (old, new) = (was[index], now[index])
            func compare(_ what: String, _ was: String, _ now: String) {
                if was != now { differences.append(AnswerDifference(turn: index + 1, what: what, was: was, now: now)) }
            }
            compare("state", "\(old.state)", "\(new.state)")
            compare("missing", old.missing.joined(separator: ", "), new.missing.joined(separator: ", "))
            compare("agent", old.agents.joined(separator: ", "), new.agents.joined(separator: ", "))
            compare("transcript", old.transcript, new.transcript)
            compare("reply", old.reply, new.reply)
            compare("language", old.language, new.language)
            compare("intent", old.intent, new.intent)
            compare("reply kind", "\(old.replyKind)", "\(new.replyKind)")
            compare("sources", old.sources.joined(separator: ", "), new.sources.joined(separator: ", "))
            compare("products", old.products.joined(separator: ", "), new.products.joined(separator: ", "))
            compare("filters", old.filters.joined(separator: ", "), new.filters.joined(separator: ", "))
            compare("problems", old.problems.joined(separator: ", "), new.problems.joined(separator: ", "))
            if !TurnAnswers.isSame(old.tryOn, new.tryOn) { compare("try-on", TurnAnswers.text(old.tryOn), TurnAnswers.text(new.tryOn)) }
        }
        return differences
    }
}

extension TurnAnswers {
    /// A turn in a few words.
    public var summary: String {
        if !products.isEmpty { return products.joined(separator: ", ") }
        return reply.isEmpty ? "\(state)" : "“\(reply)”"
    }

    fileprivate static func isSame(_ one: TryOn?, _ other: TryOn?) -> Bool {
        guard let one, let other else { return one == nil && other == nil }
        guard one.productID == other.productID, one.overlays.map(\.anchor) == other.overlays.map(\.anchor),
            one.anchors.map(\.name) == other.anchors.map(\.name)
        else { return false }
        return zip(one.anchors, other.anchors).allSatisfy {
            let (x, y) = ($0.x - $1.x, $0.y - $1.y)
            return (x * x + y * y).squareRoot() <= anchorPixelsMax
        }
    }

    fileprivate static func text(_ tryOn: TryOn?) -> String {
        guard let tryOn else { return "" }
        return ([tryOn.productID] + tryOn.anchors.map { "\($0.name) (\(Int($0.x.rounded())), \(Int($0.y.rounded())))" }).joined(separator: " ")
    }
}
