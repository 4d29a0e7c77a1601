public import Recording
public import Wire

/// What the customer of a recording did, and when it was done: what a player sends again.
public struct RecordedInputs: Sendable {
    public struct Input: Sendable {
        public var kind: ClientMessage.Kind
        public var turnID: UInt64
        public var endOfTurn: Bool
        /// Turns that were over by then: the customer had seen their ends.
        public var afterTurns: Int
        /// Since what came before it, an input or the end of a turn, microseconds.
        public var delayUs: UInt64
        /// On the recording's time line, microseconds.
        public var timeUs: UInt64
    }

    public private(set) var inputs: [Input] = []
    /// What the client said the customer's time was; "" = nothing.
    public private(set) var localTime = ""
    /// Turns that were over in the end.
    public private(set) var turnsOver = 0
    /// What could not be played as it was.
    public private(set) var notes: [String] = []
    public private(set) var answers: [TurnAnswers] = []

    /// - Throws: FAILED_PRECONDITION when the recording is sealed.
    public init(_ recording: Recording) throws(RPCStatus) {
        guard !recording.isSealed else {
            throw RPCStatus(.failedPrecondition, "the recording's key \(recording.header.keyID) is not here: say where the keys are")
        }
        var messages: [(timeUs: UInt64, message: ServerMessage)] = []
        var lastUs: UInt64 = 0
        var unheard = 0
        var unseen = 0
        for entry in recording.entries {
            var withheld = Withheld.nothing
            if case .frame(_, _, let lacks, _) = entry.what { withheld = lacks }
            switch entry.message {
            case .client(let message):
                guard withheld != .audio else {
                    unheard += 1
                    continue
                }
                guard withheld != .face else {
                    unseen += 1
                    continue
                }
                guard let kind = message.kind, !RecordedInputs.isHousekeeping(kind) else { continue }
                add(kind, message, at: entry.timeUs, &lastUs)
            case .control(.open(let open)) where entry.isFromClient && localTime.isEmpty: localTime = open.localTime
            case .server(let message):
                messages.append((entry.timeUs, message))
                switch message.kind {
                case .turn(let turn) where turn.state.isOver:
                    turnsOver += 1
                    lastUs = entry.timeUs
                case .transcript(let heard) where heard.final && unheard > 0 && !heard.text.isEmpty:
                    // It was said and not recorded: it is typed instead, as it was understood.
                    add(.text(TextInput(text: heard.text, language: heard.language)), ClientMessage(endOfTurn: true), at: entry.timeUs, &lastUs)
                    notes.append("turn \(message.turnID): speech was not recorded; “\(heard.text)” is typed instead")
                    unheard = 0
                default: break
                }
            default: break
            }
        }
        if unseen > 0 { notes.append("\(unseen) pictures were not recorded and are not shown") }
        answers = TurnAnswers.collect(messages, inputUs: inputs.map(\.timeUs))
        guard !inputs.isEmpty else { throw RPCStatus(.invalidArgument, "the customer does nothing in this recording") }
    }

    private mutating func add(_ kind: ClientMessage.Kind, _ message: ClientMessage, at timeUs: UInt64, _ lastUs: inout UInt64) {
        inputs.append(
            Input(
                kind: kind, turnID: message.turnID, endOfTurn: message.endOfTurn, afterTurns: turnsOver, delayUs: timeUs - min(lastUs, timeUs),
                timeUs: timeUs))
        lastUs = timeUs
    }

    /// What a client does by itself, for its own connection.
    private static func isHousekeeping(_ kind: ClientMessage.Kind) -> Bool {
        guard case .control(let control) = kind else { return false }
        switch control.kind {
        case .acknowledge, .played, nil: return true
        default: return false
        }
    }
}
