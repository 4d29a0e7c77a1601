import EventLoop
import Fusion
import Router
import Testing
import Wire

@testable import Sessions

@Suite("What is shown beside what is said")
struct CameraAndWordsTests {
    /// A recogniser that hears "how much is this one" wherever a chunk says from when to when, and a camera whose frames show what they say.
    private static func conversation(_ policy: FrameTimeline.Policy = .init(), lookMs: UInt64 = 0) throws -> SessionHarness {
        let plan = GraphPlan(
            name: "camera",
            streams: [
                StreamNode(id: "hear", kind: .plugin("ear")), StreamNode(id: "see", kind: .plugin("eye"), modality: "image"),
                StreamNode(id: "measure", kind: .plugin("body"), modality: "selfie"),
            ], ingress: [.audio: [0], .video: [1, 2]], align: AlignPolicy(deadlineMs: 1_000, frames: policy),
            steps: [FusionStep(id: "query", operation: .concatenation, inputs: ["image"], weights: [1])],
            agents: [AgentNode(id: "echo", agent: "echo", query: "query")])
        return try SessionHarness(agent: SeenAgent(), plan: plan, nodes: [FakeSense("ear"), FakeSense("eye", lookMs: lookMs), FakeSense("body")])
    }

    private static func show(
        _ h: SessionHarness, _ ms: UInt64, _ what: UInt8, _ purpose: ImagePurpose = .query
    ) -> (atMs: UInt64, body: () throws -> Void) {
        (ms, { try h.send(.video(VideoFrame(purpose: purpose, data: [what]))) })
    }

    /// Said from `from` to `to`; the transcript is there at `at`.
    private static func say(_ h: SessionHarness, _ from: UInt8, _ to: UInt8, at: UInt64) -> (atMs: UInt64, body: () throws -> Void) {
        (at, { try h.send(.audio(AudioChunk(encoding: .pcm16le, sampleRateHz: 16_000, channels: 1, samples: [from, to]))) })
    }

    @Test("'this one' is what was shown when it was said, not what is shown when the words are understood")
    func shownThen() throws {
        let h = try Self.conversation()
        // Ring (1) at 0.5 s, words from 0.2 to 0.8 s ("this" at about 0.6), hand (2) at 1.2 s, the transcript at 1.4 s.
        try h.run(forMs: 3_000, [Self.show(h, 500, 1), Self.show(h, 1_200, 2), Self.say(h, 2, 8, at: 1_400)])
        #expect(h.replies == ["[1.0, 0.0]"])
    }

    @Test("words about what is shown wait until the first picture has been looked at, but not beyond the turn's deadline", arguments: [400, 5_000])
    func slowLook(lookMs: UInt64) throws {
        let h = try Self.conversation(lookMs: lookMs)
        try h.run(forMs: 3_000, [Self.show(h, 800, 1), Self.say(h, 7, 9, at: 950)])
        #expect(h.replies == [lookMs == 400 ? "[1.0, 0.0]" : "nothing"])
        #expect(h.turnStates(1).contains(.awaiting) && h.turnStates(1).last == .done)
    }

    @Test("a picture of the customer is no picture of a thing: it goes to those that look for people")
    func selfie() throws {
        let h = try Self.conversation()
        try h.run(forMs: 3_000, [Self.show(h, 500, 1, .selfie), Self.say(h, 2, 8, at: 1_400)])
        #expect(h.replies == ["nothing"])
    }

    @Test("a frame that was captured long before the words, or after them, is not what they mean")
    func window() throws {
        let h = try Self.conversation(.init(beforeMs: 100, afterMs: 0))
        try h.run(forMs: 3_000, [Self.show(h, 50, 1), Self.show(h, 1_200, 2), Self.say(h, 2, 8, at: 1_400)])
        #expect(h.replies == ["nothing"])
    }

    @Test("frames count by when they were captured, in whatever order they come")
    func captured() throws {
        let h = try Self.conversation(.init(pointing: .last))
        let early: (atMs: UInt64, body: () throws -> Void) = (900, { try h.sendFrame(capturedMs: 300, 1) })
        let late: (atMs: UInt64, body: () throws -> Void) = (800, { try h.sendFrame(capturedMs: 700, 2) })
        try h.run(forMs: 3_000, [late, early, Self.say(h, 2, 8, at: 1_400)])
        #expect(h.replies == ["[0.0, 1.0]"])
    }
}

/// Says which frame the turn has.
private struct SeenAgent: Agent {
    let name = "echo"
    func answer(_ turn: TurnQuery, to reply: ReplySink) async throws(RPCStatus) {
        reply.send(.reply(ReplyDelta(text: turn.feature("image").map { "\($0.values)" } ?? "nothing", language: turn.language, last: true)))
    }
}

/// Answers at once, or pictures after `lookMs`: a picture of "1" is (1, 0), any other (0, 1); sound is the words "how much is this one", said between its two tenths of seconds.
private final class FakeSense: Node {
    let name: String
    private let lookMs: UInt64

    init(_ name: String, lookMs: UInt64 = 0) {
        self.name = name
        self.lookMs = lookMs
    }

    func open(_ open: StreamOpen, events: any NodeEvents) throws(RPCStatus) -> any NodeStream { Stream(events, lookMs: lookMs) }

    private final class Stream: NodeStream {
        private let events: any NodeEvents
        private let lookMs: UInt64

        init(_ events: any NodeEvents, lookMs: UInt64) {
            self.events = events
            self.lookMs = lookMs
        }

        func data(_ message: RoutedMessage) {
            guard let decoded = try? ClientMessage(decoding: message.payload.bytes) else { return }
            switch decoded.kind {
            case .video(let frame):
                let seen = Embedding(spaceID: "v", shape: [2], values: frame.data == [1] ? [1, 0] : [0, 1])
                guard lookMs > 0 else { return emit(PluginOutputKind.embedding, .embedding(seen)) }
                EventLoop.current?.after(lookMs * 1_000) { [self] in emit(PluginOutputKind.embedding, .embedding(seen)) }
            case .audio(let chunk):
                emit(PluginOutputKind.speech, .speech(SpeechEvent(event: .start)))
                emit(PluginOutputKind.speech, .speech(SpeechEvent(event: .end)))
                let words = Transcript(
                    text: "how much is this one", language: "en", final: true, startUs: UInt64(chunk.samples[0]) * 100_000,
                    endUs: UInt64(chunk.samples[1]) * 100_000)
                emit(PluginOutputKind.transcript, .transcript(words))
            default: break
            }
        }

        func halfClose() { events.nodeStream(self, closed: .ok) }
        func cancel() {}

        private func emit(_ kind: UInt32, _ output: PluginOutput.Kind) {
            events.nodeStream(self, emitted: kind, payload: SharedBuffer(PluginOutput(kind: output).encoded()))
        }
    }
}
