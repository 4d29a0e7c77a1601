import EventLoop
import Fusion
import Router
import TestSupport
import Testing
import Wire

@testable import Sessions

/// Answers each picture, after a while, with a pose as wide as the picture's file is long; a picture that begins with 0 is refused.
final class DelayedPoseNode: Node {
    let name = "pose-estimator"
    let loop: EventLoop
    let delayMs: Int
    private(set) var opened: [StreamOpen] = []
    /// Times of the pictures in the order in which they came, and of the streams that ended.
    private(set) var pictures: [UInt64] = []
    private(set) var halfClosed = 0

    init(loop: EventLoop, delayMs: Int) {
        self.loop = loop
        self.delayMs = delayMs
    }

    func open(_ open: StreamOpen, events: any NodeEvents) throws(RPCStatus) -> any NodeStream {
        opened.append(open)
        return Stream(node: self, events: events)
    }

    private final class Stream: NodeStream {
        private let node: DelayedPoseNode
        private let events: any NodeEvents
        private var pending = 0
        private var finishing = false

        init(node: DelayedPoseNode, events: any NodeEvents) {
            self.node = node
            self.events = events
        }

        func data(_ message: RoutedMessage) {
            guard let file = try? TurnPicture(payload: message.payload).file() else { return }
            node.pictures.append(message.captureTimeUs)
            pending += 1
            node.loop.after(UInt64(node.delayMs) * 1_000) { [self] in
                pending -= 1
                let kind: PluginOutput.Kind =
                    file.first == 0
                    ? .problem(InputProblem(code: StatusCode.invalidArgument.rawValue, message: "no picture"))
                    : .pose(Pose(imageWidth: UInt32(file.count), imageHeight: 1))
                let output = PluginOutput(captureTimeUs: message.captureTimeUs, kind: kind, modality: "selfie")
                let tag = file.first == 0 ? PluginOutputKind.problem : PluginOutputKind.pose
                events.nodeStream(self, emitted: tag, payload: SharedBuffer(output.encoded()))
                if finishing, pending == 0 { events.nodeStream(self, closed: .ok) }
            }
        }

        func halfClose() {
            node.halfClosed += 1
            finishing = true
            if pending == 0 { events.nodeStream(self, closed: .ok) }
        }

        func cancel() { events.nodeStream(self, closed: RPCStatus(.cancelled, "cancelled")) }
    }
}

/// Says how wide the pose was, and follows cameras with one overlay.
private struct MirrorAgent: CameraFollower {
    var name = "echo"

    func answer(_ turn: TurnQuery, to reply: ReplySink) async throws(RPCStatus) {
        let file = try turn.picture?.file() ?? []
        let text = "\(turn.pose?.imageWidth ?? 0) \(file.count) \(turn.tryOn?.preview.rawValue ?? 0)"
        reply.send(.tryOn(TryOn(productID: "p", preview: [UInt8](repeating: 1, count: 70_000), previewFormat: .jpeg)))
        reply.send(.reply(ReplyDelta(text: text, last: true)))
    }

    func overlays(of productID: String, on pose: Pose) throws(RPCStatus) -> [Overlay] {
        guard productID != "none" else { throw RPCStatus(.notFound, "no such product") }
        return [Overlay(anchor: "neck", x: Float(pose.imageWidth))]
    }
}

@Suite("A camera")
struct CameraTests {
    private func frame(_ bytes: Int, first: UInt8 = 1) -> ClientMessage.Kind {
        .video(VideoFrame(purpose: .selfie, data: [first] + [UInt8](repeating: 7, count: bytes - 1)))
    }

    private func selfie(_ bytes: Int) -> ClientMessage.Kind {
        .image(ImagePart(purpose: .selfie, imageID: 1, last: true, data: [UInt8](repeating: 9, count: bytes)))
    }

    private func liveWidths(_ h: SessionHarness) -> [UInt32] {
        h.messages.compactMap { message in
            if message.turnID == 0, case .tryOn(let tryOn) = message.kind { tryOn.imageWidth } else { nil }
        }
    }

    @Test("keeps its stream over turns, beside the turn's own; a selfie and a camera picture do not change places")
    func ownStream() throws {
        let h = try SessionHarness(agent: MirrorAgent(), poseDelayMs: 20)
        try h.run(
            forMs: 1_000,
            [
                (0, { try h.send(frame(10)) }), (100, { try h.send(selfie(50), endOfTurn: true) }), (105, { try h.send(frame(11)) }),
                (300, { try h.send(frame(12)) }), (400, { try h.say("and now") }),
            ])
        let pose = try #require(h.pose)
        #expect(pose.opened.map(\.turnID) == [0, 1])
        #expect(pose.halfClosed == 1, "the turn's stream ended with the turn, the camera's goes on")
        #expect(pose.pictures.count == 4)
        #expect(h.replies == ["50 50 0", "12 12 0"], "the selfie's turn has the selfie, the other one the camera's newest picture")
    }

    @Test("shows one picture at a time; of those that come meanwhile the newest waits, with the time it was taken")
    func newest() throws {
        let h = try SessionHarness(agent: MirrorAgent(), poseDelayMs: 50)
        try h.run(forMs: 1_000, (0..<10).map { n in (UInt64(10 + n * 10), { try h.send(frame(20 + n)) }) })
        #expect(try #require(h.pose).pictures == [10_000, 60_000, 100_000])
    }

    @Test("is held to the session's rate, and its last picture is looked at all the same")
    func rate() throws {
        var limits = SessionLimits()
        limits.videoFramesPerSecondMax = 5
        let h = try SessionHarness(agent: MirrorAgent(), limits: limits, poseDelayMs: 1)
        try h.run(forMs: 2_000, (0..<100).map { n in (UInt64(10 + n * 10), { try h.send(frame(20 + n)) }) })
        let pictures = try #require(h.pose).pictures
        #expect((6...7).contains(pictures.count) && pictures.last == 1_000_000, "\(pictures)")
    }

    @Test("goes on after a picture that was refused")
    func refused() throws {
        let h = try SessionHarness(agent: MirrorAgent(), poseDelayMs: 5)
        try h.run(forMs: 500, [(0, { try h.send(frame(4, first: 0)) }), (50, { try h.send(frame(6)) }), (100, { try h.send(frame(7)) })])
        #expect(try #require(h.pose).pictures.count == 3 && h.problems.map(\.message) == ["no picture"])
    }

    @Test("answers every picture while something is tried on live, and stops at the next request")
    func live() throws {
        let h = try SessionHarness(agent: MirrorAgent(), poseDelayMs: 5)
        try h.run(
            forMs: 2_000,
            [
                (0, { try h.send(frame(10)) }),
                (50, { try h.send(.control(Control(kind: .tryOn(TryOnRequest(productID: "p", preview: .jpeg, live: true))))) }),
                (100, { try h.send(frame(11)) }), (150, { try h.send(frame(12)) }),
                (200, { try h.send(.control(Control(kind: .tryOn(TryOnRequest(productID: "p"))))) }), (250, { try h.send(frame(13)) }),
            ])
        #expect(liveWidths(h) == [11, 12])
        let shown = h.messages.compactMap { message -> TryOn? in if case .tryOn(let tryOn) = message.kind { tryOn } else { nil } }
        #expect(shown.first?.overlays.map(\.x) == [11] && shown.first?.captureTimeUs == 100_000)
    }

    @Test("a product that is not there is told once, not for every picture")
    func unknown() throws {
        let h = try SessionHarness(agent: MirrorAgent(), poseDelayMs: 5)
        try h.run(
            forMs: 500,
            [(0, { try h.send(.control(Control(kind: .tryOn(TryOnRequest(productID: "none", live: true))))) })]
                + (1..<6).map { n in (UInt64(n * 20), { try h.send(frame(10 + n)) }) })
        #expect(h.problems.map(\.message) == ["no such product"] && liveWidths(h).isEmpty)
    }

    /// A shop that tries things on: `body` begins at once, what it was told of the picture comes back.
    private func tryOn(poseDelayMs: Int, _ steps: (SessionHarness) -> [(atMs: UInt64, body: () throws -> Void)]) throws -> SessionHarness {
        let plan = GraphPlan(
            name: "fitting", streams: [StreamNode(id: "measure", kind: .plugin("pose-estimator"), modality: "selfie")],
            ingress: [.selfie: [0], .video: [0]], align: AlignPolicy(deadlineMs: 1_000, late: .amend), steps: [],
            agents: [AgentNode(id: "fit", agent: "try_on")])
        let h = try SessionHarness(agent: MirrorAgent(name: "try_on"), poseDelayMs: poseDelayMs, plan: plan)
        try h.run(forMs: 3_000, steps(h))
        return h
    }

    private func wish(_ h: SessionHarness) throws {
        try h.send(.control(Control(kind: .tryOn(TryOnRequest(productID: "p", live: true)))), endOfTurn: true)
    }

    @Test("a wish that comes while its first picture is still looked at waits for that, however slow the machine is")
    func slowFirstPicture() throws {
        let h = try tryOn(poseDelayMs: 400) { h in [(0, { try h.send(frame(10)) }), (300, { try wish(h) })] }
        #expect(h.replies == ["10 10 0"], "not asked for a selfie: the camera is on")
        #expect(h.turnStates(1) == [.collecting, .awaiting, .deciding, .answering, .done], "\(h.turnStates(1))")
    }

    @Test("a wish waits for the next picture when the one that is looked at is none, and not for ever when there is no other")
    func brokenFirstPicture() throws {
        let next = try tryOn(poseDelayMs: 100) { h in
            [(0, { try h.send(frame(10, first: 0)) }), (20, { try h.send(frame(11)) }), (50, { try wish(h) })]
        }
        #expect(next.replies == ["11 11 0"])
        let none = try tryOn(poseDelayMs: 100) { h in [(0, { try h.send(frame(10, first: 0)) }), (50, { try wish(h) })] }
        #expect(none.replies == ["0 0 0"] && none.turnStates(1).last == .done)
    }

    @Test("a selfie of the turn's own is not replaced by the camera's picture")
    func selfieBesideCamera() throws {
        let h = try tryOn(poseDelayMs: 100) { h in
            [(0, { try h.send(frame(10)) }), (20, { try h.send(selfie(50)) }), (30, { try wish(h) })]
        }
        #expect(h.replies == ["50 50 0"])
    }

    @Test("an absurd preview is refused")
    func absurd() throws {
        let h = try SessionHarness(agent: MirrorAgent(), poseDelayMs: 5)
        try h.run(
            forMs: 100, [(0, { try h.send(.control(Control(kind: .tryOn(TryOnRequest(productID: "p", previewSidePxMax: 1_000_000))))) })])
        #expect(h.problems.map(\.code) == [StatusCode.invalidArgument.rawValue])
    }

    @Test("a preview is sent, but a client that resumes gets the answer without it, and nothing else is pushed out")
    func resumed() throws {
        let h = try SessionHarness(agent: MirrorAgent(), poseDelayMs: 5)
        try h.run(forMs: 1_000, [(0, { try h.send(selfie(30), endOfTurn: true) }), (500, { try h.session.attach(h, resumeAfter: 0) })])
        let shown = h.messages.compactMap { message -> TryOn? in if case .tryOn(let tryOn) = message.kind { tryOn } else { nil } }
        #expect(shown.map(\.preview.count) == [70_000, 0] && shown.map(\.previewFormat) == [.jpeg, .unspecified])
    }
}
