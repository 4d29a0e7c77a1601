public import Recording
public import Wire

/// A recording as a script: what the customer did, turn by turn, and what should come back.
public struct RecordedScript: Sendable {
    /// A file to lie beside the script.
    public struct Media: Sendable, Equatable {
        public var name: String
        public var bytes: [UInt8]
    }

    public struct RecordedStep: Sendable {
        public var actions: [Action] = []
        /// What came for it, in order.
        public var answers: [ServerMessage] = []
        /// From its last input to its end, microseconds; nil when it was interrupted, or did not end.
        public var tookUs: UInt64?
        var lastInputUs: UInt64 = 0
        var turnID: UInt64 = 0
        var isSealed = false
    }

    public enum Action: Sendable, Equatable {
        case text(String, language: String)
        case audio(RecordedAudio)
        case image(ImagePurpose, id: UInt64, [UInt8])
        case tryOn(String)
        case behaviour(Behaviour, String)
        case language(String)
        case bargeIn
        /// Something that cannot be played, and why.
        case lost(String)
    }

    public let name: String
    public let token: String
    public let isRedacted: Bool
    public private(set) var steps: [RecordedStep] = []

    /// - Parameter token: what the script's customer shows; a recording holds none.
    /// - Throws: FAILED_PRECONDITION when the recording is sealed, INVALID_ARGUMENT when nothing is said in it.
    public init(_ recording: Recording, name: String, token: String = "") throws(RPCStatus) {
        guard !recording.isSealed else {
            throw RPCStatus(.failedPrecondition, "the recording's key \(recording.header.keyID) is not here: say where the keys are")
        }
        self.name = name
        self.token = token
        isRedacted = recording.header.redacted
        // What was said for turns that the server has not spoken of yet.
        var waiting: [RecordedStep] = []
        for entry in recording.entries {
            switch entry.message {
            case .client(let message):
                guard let action = Action(message, entry) else { continue }
                // What is said while a turn collects belongs to it; otherwise to the turn that comes next.
                if message.opensTurn, let open = steps.lastIndex(where: { !$0.isSealed }) {
                    steps[open].add(action, at: entry.timeUs)
                    if message.endOfTurn { steps[open].isSealed = true }
                } else {
                    if waiting.last?.isSealed ?? true { waiting.append(RecordedStep()) }
                    waiting[waiting.count - 1].add(action, at: entry.timeUs)
                    if message.endOfTurn { waiting[waiting.count - 1].isSealed = true }
                }
            case .server(let message):
                take(message, at: entry.timeUs, &waiting)
            default: break
            }
        }
        // Inputs that no turn came of, and events after the last one.
        steps += waiting
        for index in steps.indices { steps[index].replaceLost() }
        guard !steps.isEmpty else { throw RPCStatus(.invalidArgument, "the customer does nothing in this recording") }
    }

    private mutating func take(_ message: ServerMessage, at timeUs: UInt64, _ waiting: inout [RecordedStep]) {
        guard message.turnID > 0 else {
            if case .problem = message.kind, !steps.isEmpty { steps[steps.count - 1].answers.append(message) }
            return
        }
        var index = steps.lastIndex { $0.turnID == message.turnID }
        if index == nil {
            steps.append(waiting.isEmpty ? RecordedStep() : waiting.removeFirst())
            steps[steps.count - 1].turnID = message.turnID
            index = steps.count - 1
        }
        guard let index else { return }
        steps[index].answers.append(message)
        guard case .turn(let turn) = message.kind else { return }
        if turn.state != .collecting { steps[index].isSealed = true }
        if turn.state == .done { steps[index].tookUs = timeUs - min(timeUs, steps[index].lastInputUs) }
    }
}

extension RecordedScript.RecordedStep {
    /// Pieces of one signal, and parts of one photo, become one.
    fileprivate mutating func add(_ action: RecordedScript.Action, at timeUs: UInt64) {
        lastInputUs = timeUs
        if case .audio(let more) = action, case .audio(var earlier)? = actions.last, earlier.continues(with: more) {
            // Out of the list first, so that it grows in place.
            actions.removeLast()
            earlier.append(more)
            actions.append(.audio(earlier))
            return
        }
        switch (actions.last, action) {
        case (.image(let purpose, let id, let data)?, .image(_, let nextID, let more)) where id == nextID:
            actions[actions.count - 1] = .image(purpose, id: id, data + more)
        case (.lost(let why)?, .lost(let again)) where why == again: break
        default: actions.append(action)
        }
    }

    /// Speech that was not recorded is typed instead, as far as it was understood.
    fileprivate mutating func replaceLost() {
        guard let index = actions.firstIndex(where: { if case .lost(RecordedScript.Action.noAudio) = $0 { true } else { false } }) else { return }
        let said = answers.compactMap { message -> Transcript? in
            if case .transcript(let transcript) = message.kind, transcript.final { transcript } else { nil }
        }
        guard let said = said.last, !said.text.isEmpty else { return }
        actions[index] = .text(said.text, language: said.language)
        answers.removeAll { if case .transcript = $0.kind { true } else { false } }
        actions.removeAll { if case .audio(let audio) = $0 { audio.samples.isEmpty } else { false } }
    }

    /// Whether its end can be waited for.
    var hasTurn: Bool {
        actions.contains {
            switch $0 {
            case .text, .audio, .image, .tryOn: true
            case .behaviour, .language, .bargeIn, .lost: false
            }
        }
    }
}

extension RecordedScript.Action {
    static let noAudio = "speech was not recorded: the customer had not agreed"
    static let noPicture = "a picture was not recorded: the customer had not agreed"
    static let noVideo = "camera pictures are not part of a script made from a recording"

    /// Nil for what a script does by itself: acknowledgements, consent, what was played.
    fileprivate init?(_ message: ClientMessage, _ entry: RecordedEntry) {
        var withheld = Withheld.nothing
        if case .frame(_, _, let lacks, _) = entry.what { withheld = lacks }
        switch message.kind {
        case .text(let input): self = .text(input.text, language: input.language)
        case .audio(let chunk): self = withheld == .audio ? .lost(Self.noAudio) : .audio(RecordedAudio(chunk))
        case .image(let part): self = withheld == .face ? .lost(Self.noPicture) : .image(part.purpose, id: part.imageID, part.data)
        case .video: self = .lost(Self.noVideo)
        case .behaviour(let event): self = .behaviour(event.behaviour, event.productID)
        case .control(let control):
            switch control.kind {
            case .setLanguage(let set): self = .language(set.language)
            case .bargeIn: self = .bargeIn
            case .tryOn(let request): self = .tryOn(request.productID)
            default: return nil
            }
        case nil: return nil
        }
    }
}
