import Fusion
import Testing
import Wire

@testable import Sessions

/// Takes "a & b" for two requests; "b …" is the other agent's, and what ends in "?" asks something back. "THING" is a name: without it, "for b" is
/// the other agent's.
private struct Cutting: TurnClassifier {
    var restated: TurnPart?

    func reading(_ words: String, _ restated: TurnPart?, _ context: DialogueContext) -> any ModalityClassifier { Cutting(restated: restated) }

    func restated(_ words: String, _ context: DialogueContext) -> String? {
        words.contains("THING ") ? words.replacing("THING ", with: "") : nil
    }

    func probabilities(_ feature: Feature) -> [ClassProbability]? {
        let other: Float = restated?.words.hasSuffix("for b") == true ? 0.9 : 0.1
        return [ClassProbability(name: "echo", probability: 1 - other), ClassProbability(name: "other", probability: other)]
    }

    func parts(of words: String, _ context: DialogueContext) -> [String] {
        let parts = words.split(separator: "&").map { String($0).trimmed }
        return parts.count > 1 ? parts : []
    }

    func divided(_ parts: [TurnPart], _ context: DialogueContext) -> [TurnPart] {
        parts.map {
            TurnPart(
                words: $0.words, feature: $0.feature, agent: $0.words.hasPrefix("b") ? "other" : "echo", asksBack: $0.words.hasSuffix("?"))
        }
    }
}

extension String {
    fileprivate var trimmed: String { String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()) }
}

/// Says which parts it was given, and what was said before it in the conversation.
private struct PartsAgent: Agent {
    let name: String
    func answer(_ turn: TurnQuery, to reply: ReplySink) async throws(RPCStatus) {
        let parts = turn.parts.map(\.words).joined(separator: ", ")
        let restated = turn.restated.map { ", restated \($0.words)\($0.feature == nil ? " without a vector" : "")" } ?? ""
        let text = "\(name): \(turn.parts.isEmpty ? "all of \(turn.words)" : parts)\(restated)"
        reply.send(.reply(ReplyDelta(text: text, language: "en", last: true, agent: name)))
    }
}

@Suite("Several requests in one turn")
struct TurnPartsTests {
    private func harness(_ agent: any Agent = PartsAgent(name: "echo")) throws -> SessionHarness {
        let plan = GraphPlan(
            name: "test", streams: [StreamNode(id: "read", kind: .plugin("text-encoder"), modality: "text")], ingress: [.text: [0]],
            align: AlignPolicy(deadlineMs: 100),
            steps: [
                FusionStep(id: "query", operation: .concatenation, inputs: ["text"], weights: [1]),
                FusionStep(id: "route", operation: .decisionLevel, inputs: ["text"], weights: [1]),
            ],
            agents: [
                AgentNode(id: "echo", agent: "echo", query: "query", when: "route"),
                AgentNode(id: "other", agent: "other", query: "query", when: "route"),
            ])
        return try SessionHarness(
            agent: agent, plan: plan, others: [PartsAgent(name: "other")], classifier: Cutting())
    }

    private func said(_ words: String) throws -> (replies: [String], opened: Int, states: [TurnState], problems: [Problem]) {
        let harness = try harness()
        try harness.run(forMs: 500, [(0, { try harness.say(words) })])
        return (harness.replies, harness.text.opened, harness.turnStates(1), harness.problems)
    }

    @Test("Each is answered by whom it is for, in order, and the turn is over once all are")
    func inOrder() throws {
        let said = try said("a one & b two")
        #expect(said.replies == ["echo: a one", "\nother: b two"])
        #expect(said.states.last == .done && said.problems.isEmpty)
        #expect(said.opened == 3)
    }

    @Test("An agent answers all of its parts together, and who asks something back comes last")
    func grouped() throws {
        #expect(try said("a one & b two & a three").replies == ["echo: a one, a three", "\nother: b two"])
        #expect(try said("a one? & b two").replies == ["other: b two", "\necho: a one?"])
        #expect(try said("a one? & b two & a three").replies == ["other: b two", "\necho: a three, a one?"])
    }

    @Test("One request asks the text encoder once")
    func single() throws {
        let said = try said("a one")
        #expect(said.replies == ["echo: all of a one"])
        #expect(said.opened == 1)
    }

    @Test("A request that names something is read without the name too, and that chooses who answers")
    func restated() throws {
        let one = try said("is THING round")
        #expect(one.replies == ["echo: all of is THING round, restated is round"])
        #expect(one.opened == 2 && one.states.last == .done)
        #expect(try said("is THING for b").replies == ["other: all of is THING for b, restated is for b"])
        #expect(try said("a THING & b two").replies == ["echo: a THING", "\nother: b two"], "several requests are read as they are")
    }

    @Test("What the encoder does not read without the name is answered as it was said", arguments: ["THING refuse", "THING silence"])
    func notRestated(words: String) throws {
        let said = try said(words)
        #expect(said.replies == ["echo: all of \(words)"])
        #expect(said.states.last == .done)
    }

    @Test("What is more than three is handed on without a vector")
    func bounded() throws {
        let said = try said("a one & a two & a three & a four")
        #expect(said.replies == ["echo: a one, a two, a three, a four"])
        #expect(said.opened == 4)
    }

    @Test("A part that the encoder refuses, or says nothing of: the turn is answered as a whole", arguments: ["refuse", "silence"])
    func failing(part: String) throws {
        let said = try said("a one & \(part)")
        #expect(said.replies == ["echo: all of a one & \(part)"])
        #expect(said.states.last == .done)
    }

    @Test("Words that come in pieces are cut as one text")
    func pieces() throws {
        let harness = try harness()
        try harness.run(forMs: 500, [(0, { try harness.say("a one &", endOfTurn: false) }), (20, { try harness.say("b two") })])
        #expect(harness.replies == ["echo: a one", "\nother: b two"])
    }

    @Test("An interruption between two answers drops the second")
    func interrupted() throws {
        let whole = try harness(SlowAgent())
        try whole.run(forMs: 500, [(0, { try whole.say("a one & b two") })])
        #expect(whole.replies == ["first", "second", "\nother: b two"])
        let cut = try harness(SlowAgent())
        let bargeIn = ClientMessage.Kind.control(Control(kind: .bargeIn(BargeIn())))
        try cut.run(forMs: 500, [(0, { try cut.say("a one & b two") }), (30, { try cut.send(bargeIn) })])
        #expect(cut.replies == ["first"])
        #expect(cut.turnStates(1).last == .interrupted)
    }
}
