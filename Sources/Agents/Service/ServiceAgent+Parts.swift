import Catalog
import Fusion
import Sessions
import Wire

/// Several requests in one turn: each is answered, in order; what asks something back comes last, and of two such the second waits for the first.
extension ServiceAgent {
    /// Characters of a request that waits.
    static let laterCharactersMax = 200

    /// One answer of several, and the request as a turn of its own.
    struct PartAnswer {
        var turn: TurnQuery
        var answer: ServiceAnswer
    }

    /// - Throws: what is wrong with the stores; what does not answer just now is said in its place.
    nonisolated(nonsending) func answerParts(_ turn: TurnQuery, to reply: ReplySink) async throws(RPCStatus) -> [PartAnswer] {
        var answers: [PartAnswer] = []
        var context = turn.context
        var open = turn.parts[...]
        while let part = open.popFirst() {
            var own = turn
            (own.words, own.parts, own.context) = (part.words, [], context)
            own.features = turn.features.filter { $0.modality != Modality.text } + (part.feature.map { [$0] } ?? [])
            own.features.sort { $0.modality < $1.modality }
            // What is done has a key of its own, in one turn as in two.
            own.seed &+= UInt64(turn.parts.count - open.count - 1)
            let said = try await (part.feature == nil ? beyond(own) : answerOne(own, isLast: open.isEmpty, to: reply))
            if let dialogue = said.dialogue { context.dialogue = dialogue }
            if let product = said.answer.product { context.focusedProduct = product }
            context.lastAgent = name
            // A question has been put: what would put another waits for its answer.
            if part.asksBack, !context.dialogue.state.isEmpty, !open.isEmpty {
                answers.append(contentsOf: postpone(Array(open), own, &context.dialogue))
                open = []
            }
            answers.append(PartAnswer(turn: own, answer: said.answer))
            reply.remember(context.dialogue)
            if let product = said.answer.product { reply.focus(onProduct: product) }
        }
        return answers
    }

    private func beyond(_ turn: TurnQuery) -> (answer: ServiceAnswer, dialogue: Dialogue?) {
        let answer = ServiceAnswer(text: Phrases(turn.language).oneByOne(turn.words), kind: .clarify)
        return (answer, nil)
    }

    /// Keeps what is to be done once the action under way is over, and says so.
    private func postpone(_ parts: [TurnPart], _ turn: TurnQuery, _ dialogue: inout Dialogue) -> [PartAnswer] {
        let say = Phrases(turn.language)
        func short(_ part: TurnPart) -> String {
            part.words.prefix(Self.laterCharactersMax).split(whereSeparator: \.isNewline).joined(separator: " ")
        }
        let waiting = parts.map { "\($0.intent) \(short($0))" }
        dialogue.slots.append(DialogueSlot(name: DialogueSlots.later, value: waiting.joined(separator: "\n")))
        return parts.map { PartAnswer(turn: turn, answer: ServiceAnswer(text: say.afterwards(short($0)), kind: .clarify)) }
    }

    /// Goes on with what waited for the action that is over now.
    /// - Parameter later: what waited when the turn began, a line each: the intent, a space, the words.
    nonisolated(nonsending) func goOnLater(_ later: String, _ answer: inout ServiceAnswer, _ scene: inout ServiceScene) async throws(StoreError) {
        guard scene.machine.isListening else {
            // Another action may have taken the place of the first: what waits goes on waiting.
            if scene.machine.value(DialogueSlots.later) == nil { scene.machine.note(DialogueSlots.later, later) }
            return
        }
        var lines = later.split(separator: "\n")[...]
        while scene.machine.isListening, let line = lines.popFirst(), let space = line.firstIndex(of: " ") {
            let words = scene.turn.words
            scene.turn.words = String(line[line.index(after: space)...])
            // What is done has a key of its own, in one turn as in two.
            scene.turn.seed &+= 1
            let next = try await begin(String(line[..<space]), &scene)
            scene.turn.words = words
            answer.add(next.text, scene.say)
            (answer.kind, answer.intent) = (next.kind, next.intent)
            for source in next.sources where !answer.sources.contains(source) { answer.sources.append(source) }
        }
        if !lines.isEmpty, !scene.machine.isListening { scene.machine.note(DialogueSlots.later, lines.joined(separator: "\n")) }
    }

    /// The pieces of a reply to all parts: its last one has the sources of all.
    nonisolated(nonsending) func send(_ answers: [PartAnswer], to reply: ReplySink) async {
        var sources: [Source] = []
        for (place, part) in answers.enumerated() {
            let isLast = place + 1 == answers.count
            let answer = part.answer
            for source in answer.sources where !sources.contains(source) { sources.append(source) }
            var rest = await phrasing?.say(answer, part.turn, agent: name, to: reply) ?? answer.text
            // What is still open is asked word for word.
            if !answer.reminder.isEmpty { rest += Phrases(part.turn.language).of(" ", "") + answer.reminder }
            var kind = answer.kind
            if isLast, kind == .noAnswer, answers.contains(where: { $0.answer.kind == .answer }) { kind = .answer }
            reply.send(
                .reply(
                    ReplyDelta(
                        text: isLast ? rest : rest + "\n", language: part.turn.language, last: isLast, replyKind: kind,
                        sources: isLast ? sources : [],
                        intent: isLast ? (answer.intent.isEmpty ? "unknown" : answer.intent) : "", agent: name)))
        }
    }
}
