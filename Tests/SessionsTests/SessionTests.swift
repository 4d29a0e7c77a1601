import Catalog
import EventLoop
import Fusion
import TestSupport
import Testing
import Wire

@testable import Sessions

@Suite("A conversation")
struct SessionTests {
    @Test("A text that ends its turn is answered in its language, and the turn's states are told")
    func answered() throws {
        let h = try SessionHarness()
        try h.run(forMs: 50, [(1, { try h.say("玫瑰金耳环") })])
        #expect(h.replies == ["玫瑰金耳环"])
        #expect(h.turnStates(1) == [.collecting, .awaiting, .deciding, .answering, .done])
        guard case .session(let started)? = h.messages.first?.kind else { Issue.record("the first message is not SessionStarted"); return }
        #expect(started.sessionID == "s")
        let decisions = h.messages.compactMap { message -> [Label]? in if case .turn(let turn) = message.kind { turn.decision } else { nil } }
        #expect(decisions == [[], [], [], [Label(name: "echo", probability: 1)], []], "who answers is told once it is decided")
    }

    @Test("The first answer to a language that is not spoken here says so in it, the next ones do not")
    func foreign() throws {
        let h = try SessionHarness()
        try h.run(
            forMs: 100,
            [(1, { try h.say("Wo ist meine Bestellung?") }), (30, { try h.say("Ich möchte etwas zurückgeben") }), (60, { try h.say("a") })])
        #expect(
            h.replies == ["Ich kann nur auf Englisch oder Chinesisch antworten. Wo ist meine Bestellung?", "Ich möchte etwas zurückgeben", "a"])
    }

    @Test("What has no words is answered in the language of the conversation")
    func wordless() throws {
        let h = try SessionHarness()
        try h.run(forMs: 100, [(1, { try h.say("2") }), (30, { try h.say("玫瑰金耳环") }), (60, { try h.say("2!") })])
        let languages = h.messages.compactMap { message -> String? in if case .reply(let reply) = message.kind { reply.language } else { nil } }
        #expect(languages == ["en", "zh", "zh"])
    }

    @Test("Messages are numbered without gaps")
    func numbered() throws {
        let h = try SessionHarness()
        try h.run(forMs: 50, [(1, { try h.say("a") }), (20, { try h.say("b") })])
        #expect(h.messages.map(\.sequence) == Array(1...UInt64(h.messages.count)))
    }

    @Test("Without an end of turn, quiet seals it")
    func quiet() throws {
        let h = try SessionHarness()
        try h.run(forMs: 2_000, [(1, { try h.say("a", endOfTurn: false) }), (100, { try h.say("b", endOfTurn: false) })])
        #expect(h.replies == ["a b"], "both texts are one turn")
    }

    @Test("After TurnStart only the client seals")
    func manual() throws {
        let h = try SessionHarness()
        try h.run(
            forMs: 5_000,
            [
                (1, { try h.send(.control(Control(kind: .turnStart(TurnStart())))) }), (2, { try h.say("a", endOfTurn: false) }),
                (4_000, { #expect(h.replies.isEmpty) }), (4_001, { try h.send(.control(Control(kind: .turnEnd(TurnEnd())))) }),
            ])
        #expect(h.replies == ["a"])
    }

    @Test("A feature that never comes is named at the deadline, and the turn goes on without it")
    func deadline() throws {
        let h = try SessionHarness(textDelayMs: 500, late: .drop)
        try h.run(forMs: 1_000, [(1, { try h.say("slow") })])
        #expect(h.replies == ["slow missing text"])
    }

    @Test("A feature that comes late amends the answer as a new revision")
    func late() throws {
        let h = try SessionHarness(textDelayMs: 300)
        try h.run(forMs: 1_000, [(1, { try h.say("slow") })])
        #expect(h.replies == ["slow missing text", "slow"])
        #expect(h.messages.filter { if case .reply = $0.kind { true } else { false } }.map(\.revision) == [0, 1])
    }

    /// Says how many features it was given.
    private struct Counting: Agent {
        let name = "echo"
        func answer(_ turn: TurnQuery, to reply: ReplySink) async throws(RPCStatus) {
            reply.send(.reply(ReplyDelta(text: "\(turn.words) \(turn.features.count)", language: "en", last: true)))
        }
    }

    @Test(
        "By the graph, a feature that comes late counts in the next turn, or in none",
        arguments: [(AlignPolicy.Late.next, "silence 1"), (.drop, "silence 0")])
    func carried(late: AlignPolicy.Late, second: String) throws {
        let h = try SessionHarness(textDelayMs: 300, agent: Counting(), late: late)
        try h.run(forMs: 2_000, [(1, { try h.say("slow") }), (400, { try h.say("silence") }), (1_000, { try h.say("silence") })])
        #expect(h.replies == ["slow 0", second, "silence 0"])
        let meanwhile = try SessionHarness(textDelayMs: 300, agent: Counting(), late: late)
        try meanwhile.run(forMs: 2_000, [(1, { try meanwhile.say("slow") }), (200, { try meanwhile.say("silence", endOfTurn: false) })])
        #expect(meanwhile.replies == ["slow 0", second], "also in one that has begun")
    }

    @Test("An input that a plugin refuses is reported, and the turn ends")
    func refused() throws {
        let h = try SessionHarness()
        try h.run(forMs: 200, [(1, { try h.say("refuse") })])
        #expect(h.problems.map(\.message) == ["refused"])
        let traces = h.messages.compactMap { message in if case .turn(let turn) = message.kind { turn.traceID } else { nil } }
        #expect(h.noted.map(\.turnID) == [1] && h.noted.map(\.traceID) == [traces.first], "an operator finds it by its turn's trace")
        #expect(h.endedTurns == [.done])
    }

    @Test("A plugin that closes without an answer does not hold the turn up")
    func silence() throws {
        let h = try SessionHarness()
        try h.run(forMs: 50, [(1, { try h.say("silence") })])
        #expect(h.endedTurns == [.done])
    }

    @Test("A barge-in cuts the answer off: what was said stays, what comes later is dropped")
    func bargeIn() throws {
        let h = try SessionHarness(agent: SlowAgent())
        try h.run(forMs: 300, [(1, { try h.say("go") }), (30, { try h.send(.control(Control(kind: .bargeIn(BargeIn())))) })])
        #expect(h.replies == ["first"])
        #expect(h.turnStates(1).last == .interrupted)
    }

    /// Works for a while on what it knew of the dialogue when the turn began.
    private struct Forgetful: Agent {
        let name = "echo"
        func answer(_ turn: TurnQuery, to reply: ReplySink) async throws(RPCStatus) {
            await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                guard let loop = EventLoop.current else { return continuation.resume() }
                loop.after(50_000) { continuation.resume() }
            }
            var dialogue = turn.context.dialogue
            dialogue.order = turn.words
            reply.remember(dialogue)
        }
    }

    @Test("A person who takes or releases the conversation while an agent works keeps it, or has released it")
    func handedMeanwhile() throws {
        let h = try SessionHarness(agent: Forgetful())
        var kept: [Dialogue] = []
        try h.run(
            forMs: 1_000,
            [
                (1, { try h.say("one") }), (30, { h.session.hand(toPerson: true, handoff: 5) }), (200, { kept.append(h.session.context.dialogue) }),
                (201, { try h.say("two") }), (230, { h.session.hand(toPerson: false, handoff: 0) }),
                (400, { kept.append(h.session.context.dialogue) }), (401, { try h.say("three") }),
                (600, { kept.append(h.session.context.dialogue) }),
            ])
        #expect(kept.map(\.order) == ["one", "two", "three"])
        #expect(kept.map(\.withPerson) == [true, false, false])
        #expect(kept.map(\.handoff) == [5, 0, 0])
    }

    @Test("What an agent asks outside has an end: so long after the agent began")
    func answerDeadline() throws {
        struct DeadlineAgent: Agent {
            let name = "echo"
            func answer(_ turn: TurnQuery, to reply: ReplySink) async throws(RPCStatus) {
                let left = StoreDeadline.left(at: EventLoop.current?.nowUs ?? 0)
                reply.send(.reply(ReplyDelta(text: left.map { "\($0)" } ?? "none", last: true)))
            }
        }
        var limits = SessionLimits()
        limits.answerMsMax = 70
        let h = try SessionHarness(agent: DeadlineAgent(), limits: limits)
        try h.run(forMs: 300, [(1, { try h.say("go") })])
        #expect(h.replies == ["70000"])
    }

    @Test("Turns are answered in the order they were asked; one too many is refused")
    func order() throws {
        let h = try SessionHarness(agent: SlowAgent())
        try h.run(forMs: 1_000, (0..<7).map { n in (UInt64(n) + 1, { try h.say("\(n)") }) })
        #expect(h.messages.filter { if case .reply(let reply) = $0.kind { reply.last } else { false } }.map(\.turnID) == [1, 2, 3, 4, 5])
        #expect(h.problems.count == 2)
        #expect(h.problems.allSatisfy { $0.code == StatusCode.resourceExhausted.rawValue })
    }

    @Test("Half-close: what is under way is answered, then the stream ends well")
    func halfClose() throws {
        let h = try SessionHarness()
        try h.run(forMs: 100, [(1, { try h.say("last words", endOfTurn: false) }), (2, { h.session.halfClose() })])
        #expect(h.replies == ["last words"])
        #expect(h.closed == .ok)
    }

    @Test("A gap in the client's numbering ends the stream with what was due")
    func gap() throws {
        let h = try SessionHarness()
        let bytes = ClientMessage(sequence: 5, kind: .text(TextInput(text: "x"))).encoded()
        #expect(throws: RPCStatus(.invalidArgument, "message 5 came where 1 was due")) {
            try h.run(forMs: 10, [(1, { try bytes.withUnsafeBytes { try h.session.receive($0) } })])
        }
    }

    @Test(
        "Wrong content is a Problem, and the conversation goes on",
        arguments: [
            ("", StatusCode.invalidArgument), (String(repeating: "x", count: 20_000), .resourceExhausted),
        ])
    func wrongText(text: String, code: StatusCode) throws {
        let h = try SessionHarness()
        try h.run(forMs: 100, [(1, { try h.say(text) }), (5, { try h.say("still here") })])
        #expect(h.problems.map(\.code) == [code.rawValue])
        #expect(h.replies == ["still here"])
    }

    @Test("Invalid UTF-8 and NUL in a text are refused by name of the field")
    func badUTF8() throws {
        let h = try SessionHarness()
        // ClientMessage{text: TextInput{text: bytes}}
        func message(_ text: [UInt8]) -> [UInt8] { [0x52, UInt8(text.count + 2), 0x0a, UInt8(text.count)] + text }
        try h.run(
            forMs: 50,
            [0xff, 0x00].map { byte in
                (1, { try message([0x61, byte]).withUnsafeBytes { try h.session.receive($0) } })
            })
        #expect(h.problems.count == 2)
        #expect(h.problems.allSatisfy { $0.code == StatusCode.invalidArgument.rawValue && $0.message.contains("text") })
    }

    @Test("A kind that the graph does not take is UNIMPLEMENTED, not silence")
    func unimplemented() throws {
        let h = try SessionHarness()
        try h.run(forMs: 50, [(1, { try h.send(.audio(AudioChunk(encoding: .pcm16le, sampleRateHz: 16_000, channels: 1, samples: [0, 0]))) })])
        #expect(h.problems.map(\.code) == [StatusCode.unimplemented.rawValue])
    }

    @Test("Control messages beyond the rate are refused")
    func rate() throws {
        let h = try SessionHarness()
        try h.run(forMs: 50, [(1, { for _ in 0..<150 { try h.send(.control(Control(kind: .bargeIn(BargeIn())))) } })])
        #expect(h.problems.count == 50)
    }

    @Test("A client that resumes gets what it has missed, once")
    func resume() throws {
        let h = try SessionHarness()
        try h.run(
            forMs: 200,
            [
                (1, { try h.say("before") }), (20, { h.session.detach(h) }),
                (30, { try h.session.attach(h, resumeAfter: 2) }),
            ])
        let sequences = h.messages.map(\.sequence)
        #expect(sequences.filter { $0 == 3 }.count == 2, "message 3 was sent before and again")
        #expect(sequences.filter { $0 == 2 }.count == 1)
    }
}
