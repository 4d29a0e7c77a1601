import EventLoop
import Fusion
import Router
import Testing
import Wire

@testable import Sessions

@Suite("Unfinished input is bounded over all sessions")
struct IngressBudgetTests {
    @Test("What does not fit is refused and takes nothing")
    func bounded() {
        let budget = IngressBudget(bytesMax: 100)
        #expect(budget.take(60))
        #expect(!budget.take(41))
        #expect(budget.usedBytes == 60)
        #expect(budget.take(40))
        #expect(budget.isUsedUp)
        budget.give(100)
        #expect(budget.usedBytes == 0)
    }

    @Test("A photo whose parts do not fit is dropped with a Problem; its bytes come back")
    func photo() throws {
        let budget = IngressBudget(bytesMax: 1_500)
        let h = try SessionHarness(ingress: budget)
        func part(_ number: UInt32, last: Bool = false) throws {
            try h.send(.image(ImagePart(purpose: .query, imageID: 1, part: number, last: last, data: [UInt8](repeating: 1, count: 1_000))))
        }
        try h.run(
            forMs: 50,
            [
                (1, { try part(0) }), (2, { #expect(budget.usedBytes == 1_000) }), (3, { try part(1) }), (4, { #expect(budget.usedBytes == 0) }),
            ])
        #expect(h.problems.map(\.code) == [StatusCode.resourceExhausted.rawValue])
    }

    /// Transcribes for 20 ms, and comes to `words`; "" = it never says anything.
    private final class Recogniser: Node {
        let name = "speech-recognizer"
        private final class Stream: NodeStream {
            let events: any NodeEvents
            let loop: EventLoop
            let words: String
            init(_ events: any NodeEvents, _ loop: EventLoop, _ words: String) { (self.events, self.loop, self.words) = (events, loop, words) }
            func data(_ message: RoutedMessage) {}
            func halfClose() {
                loop.after(20_000) { [self] in
                    if !words.isEmpty {
                        emit(.speech(SpeechEvent(event: .start, atUs: 0)), PluginOutputKind.speech)
                        emit(.transcript(Transcript(text: words, language: "en", final: true)), PluginOutputKind.transcript)
                    }
                    events.nodeStream(self, closed: .ok)
                }
            }
            func cancel() {}
            private func emit(_ kind: PluginOutput.Kind, _ number: UInt32) {
                events.nodeStream(self, emitted: number, payload: SharedBuffer(PluginOutput(kind: kind).encoded()))
            }
        }
        weak var loop: EventLoop?
        let words: String
        /// Refuses to open so many streams first.
        var refusals: Int
        init(words: String = "", refusals: Int = 0) { (self.words, self.refusals) = (words, refusals) }
        func open(_ open: StreamOpen, events: any NodeEvents) throws(RPCStatus) -> any NodeStream {
            guard let loop else { throw RPCStatus(.internalError, "no loop") }
            guard refusals == 0 else {
                refusals -= 1
                throw RPCStatus(.unavailable, "not now")
            }
            return Stream(events, loop, words)
        }
    }

    private static let hears = StreamNode(id: "hear", kind: .plugin("speech-recognizer"), modality: "text")

    private func sound(_ h: SessionHarness, last: Bool = false) throws {
        try h.send(.audio(AudioChunk(encoding: .file, samples: [UInt8](repeating: 1, count: 1_000), last: last)))
    }

    @Test("Sound files count until they are transcribed; what is too much is refused")
    func sound() throws {
        let budget = IngressBudget(bytesMax: 1 << 20)
        var limits = SessionLimits()
        limits.soundFilesBytesMax = 2_500
        let deaf = Recogniser()
        let plan = GraphPlan(name: "sound", streams: [Self.hears], ingress: [.audio: [0]])
        let h = try SessionHarness(limits: limits, ingress: budget, plan: plan, nodes: [deaf])
        deaf.loop = h.loop
        try h.run(
            forMs: 200,
            [
                (1, { try sound(h) }), (2, { try sound(h, last: true) }), (3, { #expect(budget.usedBytes == 2_000) }),
                (4, { try sound(h) }), (5, { #expect(budget.usedBytes == 2_000) }),
                (50, { #expect(budget.usedBytes == 0) }), (51, { try sound(h, last: true) }), (52, { #expect(budget.usedBytes == 1_000) }),
                (100, { #expect(budget.usedBytes == 0) }),
            ])
        #expect(h.problems.map(\.code) == [StatusCode.resourceExhausted.rawValue])
    }

    @Test("Sound that came to words is given back while the words are still worked on")
    func transcribed() throws {
        let budget = IngressBudget(bytesMax: 1 << 20)
        let recogniser = Recogniser(words: "gold rings")
        var hears = Self.hears
        (hears.modality, hears.downstream) = (nil, [StreamNode.Edge(output: "transcript", node: 1)])
        let plan = GraphPlan(
            name: "spoken", streams: [hears, StreamNode(id: "read", kind: .plugin("text-encoder"), modality: "text")],
            ingress: [.audio: [0], .text: [1]], align: AlignPolicy(deadlineMs: 500),
            steps: [FusionStep(id: "query", operation: .concatenation, inputs: ["text"], weights: [1])],
            agents: [AgentNode(id: "echo", agent: "echo", query: "query")])
        let h = try SessionHarness(textDelayMs: 100, ingress: budget, plan: plan, nodes: [recogniser])
        recogniser.loop = h.loop
        try h.run(
            forMs: 600,
            [
                (1, { try sound(h, last: true) }), (2, { #expect(budget.usedBytes == 1_000) }), (60, { #expect(budget.usedBytes == 0) }),
                (300, { try sound(h, last: true) }), (500, { #expect(budget.usedBytes == 0) }),
            ])
        #expect(h.replies == ["gold rings", "gold rings"])
        #expect(h.problems.isEmpty)
    }

    @Test("Sound that no node takes does not count")
    func untaken() throws {
        let budget = IngressBudget(bytesMax: 1 << 20)
        let recogniser = Recogniser(refusals: 1)
        let plan = GraphPlan(name: "sound", streams: [Self.hears], ingress: [.audio: [0]])
        let h = try SessionHarness(ingress: budget, plan: plan, nodes: [recogniser])
        recogniser.loop = h.loop
        try h.run(
            forMs: 50,
            [
                (1, { try sound(h) }), (2, { #expect(budget.usedBytes == 0) }), (3, { try sound(h) }), (4, { #expect(budget.usedBytes == 1_000) }),
            ])
        #expect(h.problems.map(\.code) == [StatusCode.unavailable.rawValue])
    }
}
