public import Recording
public import Wire

/// A recording as a script: what the customer did, turn by turn, and what should come back.
public struct RecordedScript: Sendable {
    /// A file to lie beside the script.
    public struct Media: Sendable, Equatable {
        public var name: String
        public var bytes: [UInt8]
    }

    /// What was done for one turn, or to the connection, and what came of it.
    public struct RecordedStep: Sendable {
        /// When it begins.
        enum Start: Sendable, Equatable {
            /// When the step before is over.
            case next
            /// So long after an event of the step before, which goes on.
            case during(EventKind, count: Int, delayMs: Int)
            /// So long after the step before was begun, of which nothing had come yet.
            case soon(delayMs: Int)
        }

        var start = Start.next
        var actions: [Action] = []
        /// What came for it, in order.
        var answers: [ServerMessage] = []
        var firstInputUs: UInt64 = 0
        var lastInputUs: UInt64 = 0
        /// When and how its turn ended; nil when it did not.
        var end: (timeUs: UInt64, state: TurnState)?
        var turnID: UInt64 = 0
        var isSealed = false
        /// The connection was lost meanwhile: what came afterwards belongs to the step that resumes.
        var isCut = false
        /// The next step does not wait for this one.
        var isLeft = false

        /// From its last input to the end of its turn, microseconds.
        var tookUs: UInt64? { end.map { $0.timeUs - min($0.timeUs, lastInputUs) } }
    }

    public let name: String
    public let token: String
    /// What was recorded, for people.
    public let about: String
    public let isRedacted: Bool
    /// The customer's own time when the conversation began, as the client said it; "" = it did not.
    public private(set) var time = ""
    public private(set) var steps: [RecordedStep] = []
    /// What was said for turns that the server has not spoken of yet.
    private var waiting: [RecordedStep] = []
    private var heard: [(timeUs: UInt64, message: ServerMessage)] = []
    private var lastSequence: UInt64 = 0
    private var wasOpened = false
    private var isDown = false

    /// - Parameter token: what the script's customer shows; a recording holds none.
    /// - Throws: FAILED_PRECONDITION when the recording is sealed, INVALID_ARGUMENT when nothing is said in it.
    public init(_ recording: Recording, name: String, token: String = "") throws(RPCStatus) {
        guard !recording.isSealed else {
            throw RPCStatus(.failedPrecondition, "the recording's key \(recording.header.keyID) is not here: say where the keys are")
        }
        self.name = name
        self.token = token
        let versions = recording.header.plugins.map { "\($0.name) \($0.sha256.prefix(8))" }
        about = (["Recorded session \(recording.header.sessionID)", "vitrine \(recording.header.serverVersion)"] + versions).joined(separator: ", ")
        isRedacted = recording.header.redacted
        for entry in recording.entries {
            switch entry.message {
            case .client(let message): said(message, entry)
            case .server(let message): take(message, at: entry.timeUs)
            case .control(.open(let open)) where entry.isFromClient: opened(open, at: entry.timeUs)
            case .control(.cancel) where entry.isFromClient: lost(at: entry.timeUs)
            default: break
            }
        }
        finish()
        guard !steps.isEmpty else { throw RPCStatus(.invalidArgument, "the customer does nothing in this recording") }
    }

    // MARK: Collecting

    private mutating func said(_ message: ClientMessage, _ entry: RecordedEntry) {
        guard let action = Action(message, entry) else { return }
        // What is said while a turn collects belongs to it; otherwise to the turn that comes next.
        if message.opensTurn, let open = steps.lastIndex(where: { $0.turnID > 0 && !$0.isSealed && !$0.isCut }) {
            steps[open].add(action, at: entry.timeUs)
            if message.sealsTurn { steps[open].isSealed = true }
        } else {
            if waiting.last?.isSealed ?? true { waiting.append(RecordedStep()) }
            waiting[waiting.count - 1].add(action, at: entry.timeUs)
            if message.sealsTurn { waiting[waiting.count - 1].isSealed = true }
        }
    }

    private mutating func opened(_ open: Open, at timeUs: UInt64) {
        defer { (wasOpened, isDown) = (true, false) }
        guard wasOpened else {
            time = open.localTime
            let names = open.metadata.first { $0.key == "vitrine-consent" }.map { String(decoding: $0.value, as: UTF8.self) }
            // What the customer agreed to changes what is answered; what a server would not take was refused then.
            if let names, let consent = try? Consent(metadata: names), consent != Consent() { act(.consent(consent), at: timeUs) }
            return
        }
        guard isDown else { return }
        steps.append(RecordedStep(actions: [.resume], firstInputUs: timeUs, lastInputUs: timeUs, isSealed: true))
    }

    /// The connection is gone, or the client has cancelled: no word of it came back either way.
    private mutating func lost(at timeUs: UInt64) {
        guard !isDown else { return }
        isDown = true
        steps += waiting
        waiting = []
        for index in steps.indices where steps[index].end == nil && steps[index].hasTurn { steps[index].isCut = true }
        steps.append(RecordedStep(actions: [.disconnect], firstInputUs: timeUs, lastInputUs: timeUs, isSealed: true))
    }

    private mutating func act(_ action: Action, at timeUs: UInt64) {
        var step = RecordedStep()
        step.add(action, at: timeUs)
        waiting.append(step)
    }

    private mutating func take(_ message: ServerMessage, at timeUs: UInt64) {
        // What was sent again on a new connection is known.
        guard message.sequence > lastSequence || message.sequence == 0 else { return }
        lastSequence = max(lastSequence, message.sequence)
        heard.append((timeUs, message))
        guard message.turnID > 0 else {
            if case .problem = message.kind, !steps.isEmpty { steps[steps.count - 1].answers.append(message) }
            return
        }
        let index = place(of: message.turnID)
        steps[index].answers.append(message)
        guard case .turn(let turn) = message.kind else { return }
        if turn.state != .collecting { steps[index].isSealed = true }
        if turn.state.isOver { steps[index].end = (timeUs, turn.state) }
    }

    /// The step that a turn's messages belong to.
    private mutating func place(of turn: UInt64) -> Int {
        if let known = steps.lastIndex(where: { $0.turnID == turn }) {
            guard steps[known].isCut, let resumed = steps.lastIndex(where: { $0.actions == [.resume] }), resumed > known else { return known }
            return resumed
        }
        if !waiting.isEmpty {
            steps.append(waiting.removeFirst())
        } else if let cut = steps.firstIndex(where: { $0.isCut && $0.turnID == 0 }) {
            steps[cut].turnID = turn
            return place(of: turn)
        } else {
            steps.append(RecordedStep())
        }
        steps[steps.count - 1].turnID = turn
        return steps.count - 1
    }

    // MARK: Looking back

    private mutating func finish() {
        // Inputs that no turn came of, and events after the last one. An open microphone's last silence is nothing.
        steps += waiting.filter { step in !step.actions.allSatisfy { if case .audio = $0 { true } else { false } } }
        // A connection that was lost at the end was only left.
        if steps.last?.actions == [.disconnect] { steps.removeLast() }
        for index in steps.indices { steps[index].replaceLost() }
        steps.removeAll { $0.actions.isEmpty }
        for index in steps.indices.dropFirst() { overlap(index) }
    }

    /// Finds out whether a step was begun while the one before it went on, and on what.
    private mutating func overlap(_ index: Int) {
        let before = steps[index - 1]
        let began = steps[index].firstInputUs
        guard before.hasTurn, before.turnID > 0 || before.isCut, (before.end?.timeUs ?? .max) > began else { return }
        let since = heard.filter { $0.timeUs >= before.firstInputUs && $0.timeUs <= began }
        func matches(_ kind: EventKind, _ message: ServerMessage) -> Bool { kind.matches(ReceivedMessage(message: message, afterMs: 0)) }
        let last = since.last { heard in Self.cues.contains { matches($0, heard.message) } }
        guard let last, let cue = Self.cues.first(where: { matches($0, last.message) }) else {
            steps[index].start = .soon(delayMs: Int((began - min(began, before.lastInputUs)) / 1_000))
            steps[index - 1].isLeft = true
            return
        }
        let count = since.count { matches(cue, $0.message) }
        steps[index].start = .during(cue, count: min(count, 1_000), delayMs: Int((began - last.timeUs) / 1_000))
        // A turn that was not over by the end of the recording is not waited for; one that was cut goes on elsewhere.
        if before.end == nil { steps[index - 1].isLeft = true }
    }

    /// What a customer may have reacted to.
    private static let cues: [EventKind] = [
        .replyStart, .recommendations, .tryOn, .transcript, .speechEnd, .speechStart, .turnAnswering, .turnDeciding, .turnAwaiting, .turnCollecting,
    ]
}

extension RecordedScript.RecordedStep {
    /// Pieces of one signal, parts of one photo and pictures of one camera become one.
    fileprivate mutating func add(_ action: RecordedScript.Action, at timeUs: UInt64) {
        if actions.isEmpty { firstInputUs = timeUs }
        lastInputUs = timeUs
        guard let last = actions.last else { return actions.append(action) }
        switch (last, action) {
        case (.audio(var earlier), .audio(let more)) where earlier.continues(with: more):
            // Out of the list first, so that it grows in place.
            actions.removeLast()
            earlier.append(more)
            actions.append(.audio(earlier))
        case (.image(let purpose, let id, let data), .image(_, let nextID, let more)) where id == nextID:
            actions[actions.count - 1] = .image(purpose, id: id, data + more)
        case (.video(let purpose, let frames, let fromUs, _), .video(let nextPurpose, let more, _, let toUs)) where purpose == nextPurpose:
            actions.removeLast()
            actions.append(.video(purpose, frames + more, fromUs: fromUs, toUs: toUs))
        case (.lost(let why), .lost(let again)) where why == again: break
        default: actions.append(action)
        }
    }

    /// Speech that was not recorded, or is no sound file, is typed instead, as far as it was understood.
    fileprivate mutating func replaceLost() {
        let isSpeech = { (action: RecordedScript.Action) in
            switch action {
            case .audio(let audio): audio.samples.isEmpty || audio.file == nil
            case .lost(let why): why == RecordedScript.Action.noAudio
            default: false
            }
        }
        guard let index = actions.firstIndex(where: isSpeech) else { return }
        let said = finalTranscripts
        guard let language = said.last?.language else { return }
        actions[index] = .text(said.map(\.text).joined(separator: " "), language: language)
        answers.removeAll { if case .transcript = $0.kind { true } else { false } }
        actions.removeAll(where: isSpeech)
    }

    var finalTranscripts: [Transcript] {
        answers.compactMap { message in
            if case .transcript(let transcript) = message.kind, transcript.final, !transcript.text.isEmpty { transcript } else { nil }
        }
    }

    /// Whether its end can be waited for.
    var hasTurn: Bool {
        actions.contains {
            switch $0 {
            case .text, .audio, .image, .tryOn, .turn(start: false): true
            case .behaviour, .language, .bargeIn, .lost, .video, .consent, .turn(start: true), .disconnect, .resume: false
            }
        }
    }
}

extension RecordedEntry {
    var isFromClient: Bool { if case .frame(.in, _, _, _) = what { true } else { false } }
}

extension Open {
    /// What the client said the customer's time was; "" = nothing.
    var localTime: String { metadata.first { $0.key == "vitrine-time" }.map { String(decoding: $0.value, as: UTF8.self) } ?? "" }
}

extension ClientMessage {
    /// Nothing more belongs to the turn.
    fileprivate var sealsTurn: Bool {
        if endOfTurn { return true }
        if case .control(let control) = kind, case .turnEnd = control.kind { return true }
        return false
    }
}
