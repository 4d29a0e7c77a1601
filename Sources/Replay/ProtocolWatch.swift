public import Wire

/// What every server must keep to, whatever the script: a value that sees each message and says what is wrong with it.
///
/// Numbers rise by one (they only rise once a session was resumed, since live audio is not repeated); the first message names the session; a turn's
/// states go forwards; nothing but a trace comes for a turn that was interrupted or has expired; a turn that is done is only amended by a higher
/// revision; nothing is added to a reply that was closed.
public struct ProtocolWatch: Sendable {
    private struct Turn: Sendable {
        var state: TurnState
        var revision: UInt32
        var closed: Set<String> = []
        /// It was interrupted while it was spoken.
        var isSilenced = false
    }
    private var turns: [UInt64: Turn] = [:]
    private var lastSequence: UInt64 = 0
    private var isNamed = false
    private var wasResumed = false

    /// Findings of one message at most.
    public static let findingsMax = 8

    public init() {}

    /// What this message breaks; mostly nothing.
    public mutating func see(_ message: ServerMessage) -> [String] {
        var findings: [String] = []
        if case .session(let started)? = message.kind {
            if started.resumed { wasResumed = true }
            if started.sessionID.isEmpty { findings.append("the session has no id") }
            isNamed = true
        } else if !isNamed {
            findings.append("the first message is \(Self.name(message)), not the session's start")
            isNamed = true
        }
        if message.sequence <= lastSequence {
            findings.append("message \(message.sequence) came after message \(lastSequence)")
        } else if message.sequence != lastSequence + 1, !wasResumed {
            findings.append("message \(message.sequence) came where \(lastSequence + 1) was due: a message was lost")
        }
        lastSequence = max(lastSequence, message.sequence)
        if message.turnID != 0 { findings += seeTurn(message) }
        return Array(findings.prefix(Self.findingsMax))
    }

    private mutating func seeTurn(_ message: ServerMessage) -> [String] {
        var turn = turns[message.turnID] ?? Turn(state: .unspecified, revision: message.revision)
        var findings: [String] = []
        if message.revision > turn.revision {
            turn = Turn(state: .sealed, revision: message.revision)
        } else if message.revision < turn.revision {
            findings.append("turn \(message.turnID): \(Self.name(message)) of revision \(message.revision) came after revision \(turn.revision)")
        }
        switch message.kind {
        case .turn(let event)?:
            if Self.rank(event.state) <= Self.rank(turn.state) {
                findings.append("turn \(message.turnID) went from \(turn.state) to \(event.state)")
            }
            turn.state = event.state
        case .spoken(let unit)? where unit.stopped: turn.isSilenced = true
        case .audio? where turn.isSilenced:
            findings.append("turn \(message.turnID) was interrupted as it was spoken, and audio came for it")
        case .audio? where turn.state == .interrupted:
            findings.append("turn \(message.turnID) was interrupted, and audio came for it")
        case .recommendations?, .reply?, .tryOn?:
            if [.interrupted, .expired, .done].contains(turn.state) {
                findings.append("turn \(message.turnID) is over (\(turn.state)), and \(Self.name(message)) came for it")
            }
        default: break
        }
        if case .reply(let reply)? = message.kind {
            if turn.closed.contains(reply.agent) {
                findings.append("turn \(message.turnID): the reply of '\(reply.agent)' was closed, and more of it came")
            }
            if reply.last { turn.closed.insert(reply.agent) }
        }
        turns[message.turnID] = turn
        return findings
    }

    private static func rank(_ state: TurnState) -> Int {
        switch state {
        case .unspecified: 0
        case .collecting: 1
        case .sealed: 2
        case .awaiting: 3
        case .deciding: 4
        case .answering: 5
        case .done, .interrupted, .expired: 6
        }
    }

    private static func name(_ message: ServerMessage) -> String {
        EventKind.allCases.first { $0.matches(ReceivedMessage(message: message, afterMs: 0)) }?.rawValue ?? "an unknown message"
    }
}
