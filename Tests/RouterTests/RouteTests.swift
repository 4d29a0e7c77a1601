import Fusion
import Router
import Testing
import Wire

@Suite("A route through a graph")
struct RouteTests {
    @Test("Pass-through nodes hand the very same bytes on, in order, to the way back")
    func chain() throws {
        let h = RouteHarness(
            GraphPlan(name: "t", streams: [.pass("a", to: 1), .pass("b", to: 2), .pass("c", to: 3), .reply("back")], ingress: [.audio: [0]]))
        let message = h.message([1])
        try h.route.send(message, to: .audio, opening: StreamOpen(sessionKey: 0))
        for byte in UInt8(2)...5 { try h.send([byte]) }
        #expect(h.recorder.events == (UInt8(1)...5).map { .reply(bytes: [$0]) })
        #expect(h.recorder.replies.first === message.payload, "nothing is copied on the way")
    }

    @Test("A message goes to every node that takes its kind, in file order, and down every branch")
    func fanOut() throws {
        let h = RouteHarness(
            GraphPlan(
                name: "t", streams: [.pass("split", to: 1, 2), .plugin("ear", "p"), .reply("back"), .plugin("eye", "q")], ingress: [.audio: [0, 3]]),
            plugins: ["p", "q"])
        try h.send([9])
        #expect(h.nodes.map { $0.streams.map(\.calls) } == [[[.data(turnID: 1, bytes: [9])]], [[.data(turnID: 1, bytes: [9])]]])
        #expect(h.recorder.events == [.reply(bytes: [9])])
    }

    @Test("A kind that no node takes goes nowhere")
    func nobody() throws {
        let h = RouteHarness(GraphPlan(name: "t", streams: [.plugin("ear", "p")], ingress: [.audio: [0]]), plugins: ["p"])
        try h.send([1], to: .video)
        #expect(h.nodes[0].streams.isEmpty)
        #expect(h.route.targets(of: .video).isEmpty)
    }

    @Test("The plugins that an input reaches are known, also behind pass-through nodes")
    func reached() {
        let plan = GraphPlan(
            name: "t", streams: [.pass("a", to: 2, 1), .pass("b", to: 3, 4), .plugin("x", "p", to: 3), .plugin("y", "q"), .reply("back")],
            ingress: [.audio: [0], .text: [3], .image: [4]])
        let h = RouteHarness(plan)
        #expect(h.route.plugins(of: .audio) == [2, 3])
        #expect(h.route.plugins(of: .text) == [3])
        #expect(h.route.plugins(of: .image) == [])
        #expect(h.route.plugins(behind: 2) == [2], "what a plugin gives is another message")
    }

    @Test("A plugin's stream is opened by its first message, once, with the session's key")
    func lazily() throws {
        let h = RouteHarness(GraphPlan(name: "t", streams: [.plugin("ear", "p")], ingress: [.audio: [0]]), plugins: ["p"])
        #expect(!h.route.isOpen(0))
        #expect(h.nodes[0].streams.isEmpty)
        try h.send([1], turnID: 4)
        try h.send([2], turnID: 5)
        #expect(h.route.isOpen(0))
        #expect(h.nodes[0].streams.count == 1)
        let opened = try #require(h.nodes[0].opened.first)
        #expect(opened.sessionKey == 77)
        #expect(opened.turnID == 4)
        #expect(opened.language == "zh")
    }

    @Test("A camera's pictures have a stream of their own on the same node, which finishing the turn's leaves open")
    func feed() throws {
        let h = RouteHarness(GraphPlan(name: "t", streams: [.plugin("eye", "p")], ingress: [.video: [0], .selfie: [0]]), plugins: ["p"])
        try h.send([1], to: .video, turnID: 0)
        #expect(!h.route.isOpen(0))
        try h.send([2], to: .selfie, turnID: 3)
        h.route.finish(0)
        try h.send([3], to: .video, turnID: 0)
        #expect(h.nodes[0].opened.map(\.turnID) == [0, 3])
        #expect(h.nodes[0].streams[0].calls == [.data(turnID: 0, bytes: [1]), .data(turnID: 0, bytes: [3])])
        #expect(h.nodes[0].streams[1].calls == [.data(turnID: 3, bytes: [2]), .halfClose])
        h.nodes[0].streams[0].close()
        try h.send([4], to: .video, turnID: 0)
        #expect(h.nodes[0].opened.map(\.turnID) == [0, 3, 0])
        h.route.cancel()
        #expect(h.nodes[0].streams[2].calls.last == .cancel)
    }

    @Test("What a plugin gives is told with its node and the turn its stream was opened for")
    func emitted() throws {
        let h = RouteHarness(GraphPlan(name: "t", streams: [.reply("back"), .plugin("ear", "p")], ingress: [.audio: [1]]), plugins: ["p"])
        try h.send([1], turnID: 4)
        h.nodes[0].streams[0].emit([7, 8], kind: PluginOutputKind.transcript)
        #expect(h.recorder.events == [.emitted(node: 1, turnID: 4, kind: PluginOutputKind.transcript, bytes: [7, 8])])
    }

    @Test("A plugin that is not there is UNAVAILABLE and names the node; one that refuses says why; neither leaves a stream behind")
    func refused() throws {
        let h = RouteHarness(
            GraphPlan(name: "t", streams: [.plugin("ear", "p"), .plugin("eye", "gone")], ingress: [.audio: [0], .video: [1]]), plugins: ["p"])
        #expect(throws: RPCStatus(.unavailable, "no plugin serves node 'eye' at the moment")) { try h.send([1], to: .video) }
        h.nodes[0].refusal = RPCStatus(.resourceExhausted, "busy")
        #expect(throws: RPCStatus(.resourceExhausted, "busy")) { try h.send([1]) }
        #expect(!h.route.isOpen(0) && !h.route.isOpen(1))
        h.nodes[0].refusal = nil
        try h.send([2])
        #expect(h.nodes[0].streams.map(\.calls) == [[.data(turnID: 1, bytes: [2])]])
    }

    @Test("A new node of the same name takes new streams; open ones stay where they are")
    func replaced() throws {
        let h = RouteHarness(GraphPlan(name: "t", streams: [.plugin("ear", "p")], ingress: [.audio: [0]]), plugins: ["p"])
        try h.send([1])
        let second = FakeNode("p")
        h.router.install(second)
        try h.send([2])
        #expect(h.nodes[0].streams[0].calls.count == 2)
        #expect(second.streams.isEmpty)
        h.route.finish(0)
        try h.send([3])
        #expect(second.streams.count == 1)
    }
}

@Suite("The end of a plugin's streams")
struct RouteEndTests {
    private func harness() -> RouteHarness {
        RouteHarness(GraphPlan(name: "t", streams: [.plugin("ear", "p")], ingress: [.audio: [0]]), plugins: ["p"])
    }

    @Test("Finished: the stream is half-closed, still answers, and closes; the next message opens another")
    func finish() throws {
        let h = harness()
        try h.send([1], turnID: 1)
        h.route.finish(0)
        h.route.finish(0)
        #expect(h.nodes[0].streams[0].calls == [.data(turnID: 1, bytes: [1]), .halfClose], "once")
        #expect(!h.route.isOpen(0))
        try h.send([2], turnID: 2)
        h.nodes[0].streams[0].emit([5])
        h.nodes[0].streams[0].close()
        #expect(h.route.isOpen(0), "the second stream is not the one that closed")
        #expect(
            h.recorder.events == [
                .emitted(node: 0, turnID: 1, kind: PluginOutputKind.embedding, bytes: [5]), .closed(node: 0, turnID: 1, status: .ok),
            ])
        #expect(h.nodes[0].streams[1].calls == [.data(turnID: 2, bytes: [2])])
    }

    @Test("A plugin that closes an open stream is told about, and the next message opens another")
    func closedByPlugin() throws {
        let h = harness()
        try h.send([1])
        h.nodes[0].streams[0].close(RPCStatus(.internalError, "broke"))
        #expect(h.recorder.events == [.closed(node: 0, turnID: 1, status: RPCStatus(.internalError, "broke"))])
        #expect(!h.route.isOpen(0))
        try h.send([2])
        #expect(h.nodes[0].streams.count == 2)
    }

    @Test("Cancel reaches open and draining streams alike, once")
    func cancel() throws {
        let h = harness()
        try h.send([1], turnID: 1)
        h.route.finish(0)
        try h.send([2], turnID: 2)
        h.route.cancel()
        h.route.cancel()
        #expect(h.nodes[0].streams.map { $0.calls.last } == [.cancel, .cancel])
        #expect(h.nodes[0].streams.map { $0.calls.filter { $0 == .cancel }.count } == [1, 1])
        #expect(!h.route.isOpen(0))
    }

    @Test("A plugin that does not finish its streams gets no more than the limit; when one finishes there is room again")
    func drainingLimit() throws {
        let h = harness()
        for turn in 1...UInt64(Route.drainingStreamsMax) {
            try h.send([1], turnID: turn)
            h.route.finish(0)
        }
        #expect(throws: RPCStatus(.resourceExhausted, "32 plugin streams of this session still answer; at most 32 may")) {
            try h.send([2], turnID: 99)
        }
        h.nodes[0].streams[3].close()
        try h.send([3], turnID: 100)
        #expect(h.nodes[0].streams.last?.calls == [.data(turnID: 100, bytes: [3])])
    }

    @Test("Whoever is told of an answer may send, finish and cancel from within")
    func reentrant() throws {
        let h = harness()
        try h.send([1], turnID: 1)
        h.recorder.react = { event in
            switch event {
            case .emitted: h.route.finish(0)
            case .closed(_, 1, _):
                do { try h.send([2], turnID: 2) } catch { Issue.record(error) }
            default: h.route.cancel()
            }
        }
        let first = h.nodes[0].streams[0]
        first.emit([9])
        first.close()
        #expect(first.calls == [.data(turnID: 1, bytes: [1]), .halfClose])
        #expect(h.nodes[0].streams.count == 2)
        h.nodes[0].streams[1].close()
        #expect(!h.route.isOpen(0))
        #expect(h.recorder.events.count == 3)
    }

    @Test("A route that is gone tells nobody, and its streams can still close")
    func gone() throws {
        let router = Router()
        let node = FakeNode("p")
        router.install(node)
        let recorder = Recorder()
        var route: Route? = router.route(
            GraphPlan(name: "t", streams: [.plugin("ear", "p")], ingress: [.audio: [0]]), sessionKey: 1, delegate: recorder)
        try route?.send(
            RoutedMessage(kind: ClientMessageKind.audio, turnID: 1, revision: 0, captureTimeUs: 0, payload: SharedBuffer([1])), to: .audio,
            opening: StreamOpen(sessionKey: 0))
        route = nil
        node.streams[0].emit([1])
        node.streams[0].close()
        #expect(recorder.events.isEmpty)
    }
}
