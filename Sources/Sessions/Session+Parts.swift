import EventLoop
import Fusion
import Router
import Wire

/// Several requests in one turn: the text encoder is asked for the vector of each, and each is answered by whom it is for, one after another. One
/// that names what it is about has a vector without the name beside its own.
///
/// Words that are one request, by their form, and name nothing cost nothing of this.
extension Session {
    /// Streams for parts are counted up from here: no turn has such a number.
    static let partStreamsFrom = turnIDMax << 1

    /// Who answers which parts of a turn.
    struct AnswerStep: Sendable {
        var node: AgentNode
        var agent: any Agent
        var outcome: FusionOutcome
        /// Empty = all that the turn holds.
        var parts: [TurnPart] = []
    }

    /// Asks for the vectors of the turn's parts, where its words seem to be several requests, or of the one request without what it names; and
    /// nothing but words was given.
    func askForParts(_ turn: Turn) {
        guard turn.parts.isEmpty, turn.tryOnProduct == nil, turn.machine.modalities == [Modality.text], let reader = turn.deployment.turnClassifier,
            turn.deployment.plan.isChosenByWords, let route, let node = route.plan.readingNode
        else { return }
        var words = reader.parts(of: turn.words, context)
        if words.count < 2 { words = reader.restated(turn.words, context).map { [$0] } ?? [] }
        turn.parts = words.map { TurnPart(words: $0) }
        for (place, part) in words.prefix(TurnPart.embeddedMax).enumerated() {
            partStreamsOpened += 1
            let stream = Session.partStreamsFrom + partStreamsOpened
            let text = ClientMessage(turnID: turn.id, captureTimeUs: timelineUs, kind: .text(TextInput(text: part, language: turn.language)))
            let message = RoutedMessage(
                kind: ClientMessageKind.text, turnID: stream, revision: 0, captureTimeUs: timelineUs, payload: SharedBuffer(text.encoded()))
            var opening = opening(turn)
            opening.turnID = stream
            do throws(RPCStatus) {
                // A stream each: whatever a plugin repeats of its input, the stream says which part an answer belongs to.
                try route.send(message, toNode: node, opening: opening)
            } catch {
                turn.parts = []
                return problem(error, turnID: turn.id)
            }
            partStreams[stream] = (turn.id, place)
            expect(Modality.parts, from: node, in: turn)
            route.finish(node)
        }
    }

    static func isPart(_ stream: UInt64) -> Bool { stream > partStreamsFrom }

    func partGave(_ node: Int, _ stream: UInt64, _ output: PluginOutput) {
        switch output.kind {
        case .embedding(let embedding):
            settlePart(node, stream, feature(embedding, Modality.text, node: node))
        case .problem(let reason):
            settlePart(node, stream, nil, RPCStatus(StatusCode(rawValue: reason.code) ?? .unknown, reason.message))
        default: break
        }
    }

    func partClosed(_ node: Int, _ stream: UInt64, _ status: RPCStatus) {
        settlePart(node, stream, nil, status.code == .ok ? nil : status)
    }

    /// Without its vector a part is none, and the turn is answered as a whole.
    private func settlePart(_ node: Int, _ stream: UInt64, _ feature: Feature?, _ fault: RPCStatus? = nil) {
        guard let (turnID, place) = partStreams.removeValue(forKey: stream), let turn = turn(turnID) else { return }
        if let fault { problem(fault, turnID: turnID) }
        guard turn.settle(node: node, modality: Modality.parts, nowUs: loop.nowUs) else { return }
        if turn.parts.indices.contains(place) { turn.parts[place].feature = feature?.normalised() }
        apply(turn.machine.handle(feature == nil ? .failed(Modality.parts) : .feature(Modality.parts)), to: turn)
    }

    /// Who answers what, in order; empty where the turn is answered as a whole. An agent answers all of its parts together, and the one that asks
    /// something back comes last.
    func divide(_ turn: Turn) throws(FusionError) -> [AnswerStep] {
        guard turn.parts.count > 1, turn.parts.prefix(TurnPart.embeddedMax).allSatisfy({ $0.feature != nil }), turn.tryOnProduct == nil,
            turn.features.allSatisfy({ $0.modality == Modality.text }), let reader = turn.deployment.turnClassifier
        else { return [] }
        let parts = reader.divided(turn.parts, context)
        guard parts.count > 1 else { return [] }
        let plan = turn.deployment.plan
        var steps: [AnswerStep] = []
        for part in parts.filter({ !$0.asksBack }) + parts.filter(\.asksBack) {
            if let index = steps.firstIndex(where: { $0.agent.name == part.agent }) {
                steps[index].parts.append(part)
                continue
            }
            guard let node = plan.agents.first(where: { $0.agent == part.agent }), let agent = turn.deployment.agent(named: part.agent) else {
                return []
            }
            steps.append(AnswerStep(node: node, agent: agent, outcome: FusionOutcome(), parts: [part]))
        }
        if let index = steps.firstIndex(where: { $0.parts.contains(where: \.asksBack) }) { steps.append(steps.remove(at: index)) }
        for index in steps.indices {
            let words = steps[index].words(turn)
            steps[index].outcome = try plan.fuse(
                steps[index].features(turn), present: [Modality.text], words: words, classifier: reader.reading(words, nil, context))
        }
        return steps
    }
}

extension Turn {
    /// The turn's only part is its one request, restated; nil without its vector.
    var restated: TurnPart? { parts.count == 1 && parts[0].feature != nil ? parts[0] : nil }
}

extension Session.AnswerStep {
    func words(_ turn: Turn) -> String { parts.isEmpty ? turn.words : parts.map(\.words).joined(separator: "\n") }

    /// Those of the parts count as their mean.
    func features(_ turn: Turn) -> [Feature] {
        guard !parts.isEmpty else { return turn.features }
        return Feature.mean(parts.compactMap(\.feature)).map { [$0] } ?? []
    }
}

extension GraphPlan {
    /// Whether every agent is chosen by what the turn's words and pictures are said to be for, so that parts of the words can be.
    var isChosenByWords: Bool {
        agents.allSatisfy { node in
            guard let step = steps.first(where: { $0.id == node.when }) else { return false }
            return step.operation == .decisionLevel && step.inputs.contains(Modality.text)
        }
    }

    /// The plugin that turns words into the vector of a turn.
    var readingNode: Int? {
        streams.indices.first { index in
            if case .plugin = streams[index].kind { streams[index].modality == Modality.text } else { false }
        }
    }
}
