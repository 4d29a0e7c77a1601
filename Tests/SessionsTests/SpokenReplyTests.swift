import EventLoop
import Router
import TestSupport
import Testing
import Wire

@testable import Sessions

/// Gives a second of audio for each text after a while, in two pieces; refuses Chinese.
private final class FakeVoice: Node {
    let name = "voice"
    let loop: EventLoop
    private(set) var cancelled = 0
    private(set) var said: [String] = []

    init(loop: EventLoop) { self.loop = loop }

    func open(_ open: StreamOpen, events: any NodeEvents) throws(RPCStatus) -> any NodeStream { Line(voice: self, events: events) }

    final class Line: NodeStream {
        let voice: FakeVoice
        let events: any NodeEvents
        var isOpen = true

        init(voice: FakeVoice, events: any NodeEvents) {
            self.voice = voice
            self.events = events
        }

        func data(_ message: RoutedMessage) {
            guard let decoded = try? ClientMessage(decoding: message.payload.bytes), case .text(let text) = decoded.kind else { return }
            voice.said.append(text.text)
            guard text.language == "en" else {
                return later(1) { $0.emit(.problem(InputProblem(code: StatusCode.unimplemented.rawValue, message: "English only"))) }
            }
            later(20) { $0.emit(.audio(SpokenAudio(sampleRateHz: 8_000, samples: [UInt8](repeating: 1, count: 8_000)))) }
            later(40) {
                $0.emit(.audio(SpokenAudio(sampleRateHz: 8_000, samples: [UInt8](repeating: 1, count: 8_000), last: true)))
                $0.isOpen = false
                $0.events.nodeStream($0, closed: .ok)
            }
        }

        func halfClose() {}

        func cancel() {
            isOpen = false
            voice.cancelled += 1
        }

        private func emit(_ kind: PluginOutput.Kind) {
            events.nodeStream(self, emitted: PluginOutputKind.audio, payload: SharedBuffer(PluginOutput(kind: kind).encoded()))
        }

        private func later(_ ms: UInt64, _ body: @escaping (Line) -> Void) {
            voice.loop.after(ms * 1_000) { [self] in if isOpen { body(self) } }
        }
    }
}

@Suite("Spoken replies")
struct SpokenReplyTests {
    private func harness(agent: any Agent = EchoAgent(), wanted: Bool = true, voice: String? = "voice") throws -> (SessionHarness, FakeVoice) {
        let h = try SessionHarness(agent: agent, voice: voice)
        let node = FakeVoice(loop: h.loop)
        h.router.install(node)
        h.session.speakReplies(wanted)
        return (h, node)
    }

    private func units(_ h: SessionHarness) -> [SpokenUnit] {
        h.messages.compactMap { message in if case .spoken(let unit) = message.kind { unit } else { nil } }
    }

    private func audio(_ h: SessionHarness) -> [ServerMessage] {
        h.messages.filter { if case .audio = $0.kind { true } else { false } }
    }

    private let bargeIn = ClientMessage.Kind.control(Control(kind: .bargeIn(BargeIn())))

    private func played(_ unit: UInt32, ms: UInt64) -> ClientMessage.Kind {
        .control(Control(kind: .played(Played(turnID: 1, unit: unit, upToUs: ms * 1_000))))
    }

    @Test("A reply is announced sentence by sentence, each with its audio behind it")
    func spoken() throws {
        let (h, voice) = try harness()
        try h.run(forMs: 500, [(1, { try h.say("Yes. We have it.") })])
        #expect(voice.said == ["Yes. ", "We have it."])
        #expect(units(h).map(\.text) == ["Yes. ", "We have it."] && units(h).map(\.unit) == [1, 2])
        #expect(audio(h).count == 4 && audio(h).allSatisfy { $0.turnID == 1 })
        #expect(h.replies == ["Yes. We have it."], "the text comes as ever")
        #expect(h.messages.map(\.sequence) == Array(1...UInt64(h.messages.count)))
    }

    @Test("Only clients that want to hear hear; without a voice they are told")
    func asked() throws {
        let (silent, voice) = try harness(wanted: false)
        try silent.run(forMs: 500, [(1, { try silent.say("Yes.") })])
        #expect(voice.said.isEmpty && units(silent).isEmpty && audio(silent).isEmpty)
        let (mute, _) = try harness(voice: nil)
        try mute.run(forMs: 500, [(1, { try mute.say("Yes.") })])
        #expect(units(mute).map(\.notSpoken) == ["this server has no voice"])
    }

    @Test("Another language is text, and why is said once")
    func otherLanguage() throws {
        let (h, voice) = try harness()
        try h.run(forMs: 500, [(1, { try h.say("有。要吗？好的。") }), (200, { try h.say("Yes.") })])
        #expect(voice.said == ["有。", "Yes."])
        #expect(units(h).map(\.notSpoken) == ["English only", ""])
        #expect(h.replies == ["有。要吗？好的。", "Yes."])
    }

    @Test("A barge-in stops the voice at once; the conversation keeps what was heard, also of a turn that was done")
    func interrupted() throws {
        let (h, voice) = try harness()
        try h.run(
            forMs: 1_000,
            [
                (1, { try h.say("It is gold. It costs much. It is sold.") }), (60, { try h.send(played(1, ms: 1_000)) }),
                (80, { try h.send(bargeIn) }),
            ])
        #expect(h.turnStates(1).last == .done)
        #expect(units(h).last == SpokenUnit(unit: 2, stopped: true))
        #expect(voice.cancelled == 1 && voice.said.count == 2)
        #expect(audio(h).count == 3, "one unit whole, one begun, nothing after the interruption")
        let record = h.session.state.turns.last
        #expect(record?.delivered == "It is gold. ")
        #expect(record?.state == UInt32(TurnState.interrupted.rawValue))
    }

    @Test("Speech of the customer interrupts as well, and a turn that was still answered keeps what was heard")
    func interruptedWhileAnswering() throws {
        let (h, voice) = try harness(agent: SlowAgent())
        try h.run(forMs: 300, [(1, { try h.say("go") }), (30, { try h.send(bargeIn) })])
        #expect(h.turnStates(1).last == .interrupted)
        // "first" is no whole sentence yet: nothing of it was spoken, and nothing is now.
        #expect(voice.said.isEmpty && audio(h).isEmpty)
        #expect(h.session.state.turns.last?.delivered == "first", "as text it was delivered")
    }

    @Test("Without an interruption all of the reply was delivered, whatever was reported")
    func uninterrupted() throws {
        let (h, _) = try harness()
        try h.run(forMs: 1_000, [(1, { try h.say("One. Two.") })])
        #expect(h.session.state.turns.last?.delivered == "One. Two.")
    }

    @Test("Much to say waits for the listener; who says no more is told all and then the stream ends")
    func paced() throws {
        let text = Array(repeating: "A sentence.", count: 20).joined(separator: " ")
        let (h, voice) = try harness()
        try h.run(forMs: 3_000, [(1, { try h.say(text) })])
        #expect((7...11).contains(voice.said.count), "\(voice.said.count) of 20 s in 3 s, at most six ahead")
        #expect(h.closed == nil)
        let (hasty, all) = try harness()
        try hasty.run(forMs: 3_000, [(1, { try hasty.say(text) }), (10, { hasty.session.halfClose() })])
        #expect(all.said.count == 20 && audio(hasty).count == 40)
        #expect(hasty.closed?.code == .ok)
    }

    @Test("A voice that is gone leaves text")
    func gone() throws {
        let (h, _) = try harness(voice: "nobody")
        try h.run(forMs: 500, [(1, { try h.say("Yes. No.") })])
        #expect(units(h).count == 1 && units(h)[0].notSpoken.contains("nobody"))
        #expect(h.replies == ["Yes. No."])
    }
}
