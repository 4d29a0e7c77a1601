import Fusion
import Router
import Wire

/// A plugin node that keeps what it is told, and whose streams answer when the test says so.
final class FakeNode: Node {
    let name: String
    private(set) var streams: [FakeStream] = []
    private(set) var opened: [StreamOpen] = []
    /// Refuses the next stream with this.
    var refusal: RPCStatus?

    init(_ name: String) { self.name = name }

    func open(_ open: StreamOpen, events: any NodeEvents) throws(RPCStatus) -> any NodeStream {
        if let refusal { throw refusal }
        let stream = FakeStream(events: events)
        opened.append(open)
        streams.append(stream)
        return stream
    }
}

final class FakeStream: NodeStream {
    enum Call: Equatable {
        case data(turnID: UInt64, bytes: [UInt8])
        case halfClose, cancel
    }
    private let events: any NodeEvents
    private(set) var calls: [Call] = []

    init(events: any NodeEvents) { self.events = events }

    func data(_ message: RoutedMessage) { calls.append(.data(turnID: message.turnID, bytes: Array(message.payload.bytes))) }
    func halfClose() { calls.append(.halfClose) }
    func cancel() { calls.append(.cancel) }

    func emit(_ bytes: [UInt8], kind: UInt32 = PluginOutputKind.embedding) { events.nodeStream(self, emitted: kind, payload: SharedBuffer(bytes)) }
    func close(_ status: RPCStatus = .ok) { events.nodeStream(self, closed: status) }
}

/// Keeps what a route tells, in order; `react` is called with each event, for tests of re-entrancy.
final class Recorder: RouteDelegate {
    enum Event: Equatable {
        case emitted(node: Int, turnID: UInt64, kind: UInt32, bytes: [UInt8])
        case closed(node: Int, turnID: UInt64, status: RPCStatus)
        case reply(bytes: [UInt8])
    }
    private(set) var events: [Event] = []
    private(set) var replies: [SharedBuffer] = []
    var react: ((Event) -> Void)?

    func route(node: Int, turnID: UInt64, emitted kind: UInt32, payload: SharedBuffer) {
        note(.emitted(node: node, turnID: turnID, kind: kind, bytes: Array(payload.bytes)))
    }

    func route(node: Int, turnID: UInt64, closed status: RPCStatus) { note(.closed(node: node, turnID: turnID, status: status)) }

    func route(reply message: RoutedMessage) {
        replies.append(message.payload)
        note(.reply(bytes: Array(message.payload.bytes)))
    }

    private func note(_ event: Event) {
        events.append(event)
        react?(event)
    }
}

/// A router with the named fake plugins and one route through `plan`.
struct RouteHarness {
    let router = Router()
    let nodes: [FakeNode]
    let recorder = Recorder()
    let route: Route

    init(_ plan: GraphPlan, plugins: [String] = []) {
        nodes = plugins.map(FakeNode.init)
        for node in nodes { router.install(node) }
        route = router.route(plan, sessionKey: 77, delegate: recorder)
    }

    func send(_ bytes: [UInt8], to input: ClientInput = .audio, turnID: UInt64 = 1) throws(RPCStatus) {
        try route.send(message(bytes, turnID: turnID), to: input, opening: StreamOpen(sessionKey: 0, turnID: turnID, language: "zh"))
    }

    func message(_ bytes: [UInt8], turnID: UInt64 = 1) -> RoutedMessage {
        RoutedMessage(kind: ClientMessageKind.audio, turnID: turnID, revision: 0, captureTimeUs: 5, payload: SharedBuffer(bytes))
    }
}

extension StreamNode {
    static func pass(_ id: String, to next: Int...) -> StreamNode {
        StreamNode(id: id, kind: .pass, downstream: next.map { Edge(output: "", node: $0) })
    }
    static func plugin(_ id: String, _ plugin: String, to next: Int...) -> StreamNode {
        StreamNode(id: id, kind: .plugin(plugin), downstream: next.map { Edge(output: "", node: $0) })
    }
    static func reply(_ id: String) -> StreamNode { StreamNode(id: id, kind: .reply) }
}
