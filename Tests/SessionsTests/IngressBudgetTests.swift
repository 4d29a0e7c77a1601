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

    /// Hears, and never says anything.
    private final class Deaf: Node {
        let name = "speech-recognizer"
        private final class Stream: NodeStream {
            let events: any NodeEvents
            let loop: EventLoop
            init(_ events: any NodeEvents, _ loop: EventLoop) { (self.events, self.loop) = (events, loop) }
            func data(_ message: RoutedMessage) {}
            /// Transcribes for 20 ms.
            func halfClose() { loop.after(20_000) { [self] in events.nodeStream(self, closed: .ok) } }
            func cancel() {}
        }
        weak var loop: EventLoop?
        func open(_ open: StreamOpen, events: any NodeEvents) throws(RPCStatus) -> any NodeStream {
            guard let loop else { throw RPCStatus(.internalError, "no loop") }
            return Stream(events, loop)
        }
    }

    @Test("Sound files count until they are transcribed; what is too much is refused")
    func sound() throws {
        let budget = IngressBudget(bytesMax: 1 << 20)
        var limits = SessionLimits()
        limits.soundFilesBytesMax = 2_500
        let deaf = Deaf()
        let plan = GraphPlan(
            name: "sound", streams: [StreamNode(id: "hear", kind: .plugin("speech-recognizer"), modality: "text")], ingress: [.audio: [0]],
            align: AlignPolicy(), steps: [], agents: [])
        let h = try SessionHarness(limits: limits, ingress: budget, plan: plan, nodes: [deaf])
        deaf.loop = h.loop
        func part(last: Bool = false) throws {
            try h.send(.audio(AudioChunk(encoding: .file, samples: [UInt8](repeating: 1, count: 1_000), last: last)))
        }
        try h.run(
            forMs: 200,
            [
                (1, { try part() }), (2, { try part(last: true) }), (3, { #expect(budget.usedBytes == 2_000) }),
                (4, { try part() }), (5, { #expect(budget.usedBytes == 2_000) }),
                (50, { #expect(budget.usedBytes == 0) }), (51, { try part(last: true) }), (52, { #expect(budget.usedBytes == 1_000) }),
                (100, { #expect(budget.usedBytes == 0) }),
            ])
        #expect(h.problems.map(\.code) == [StatusCode.resourceExhausted.rawValue])
    }
}
