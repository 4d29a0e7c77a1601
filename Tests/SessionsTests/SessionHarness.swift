import Catalog
import EventLoop
import Fusion
import Router
import TestSupport
import Wire

@testable import Sessions

/// A session on a virtual loop with a text node that answers after a given time, and an agent that says what it was asked.
///
/// Everything runs on the calling thread; `run` returns when the given virtual time has passed.
final class SessionHarness: SessionLog {
    let loop: EventLoop
    let router = Router()
    let text: DelayedTextNode
    let pose: DelayedPoseNode?
    private(set) var session: Session!
    private var sequence: UInt64 = 0
    private var failure: (any Error)?

    init(
        textDelayMs: Int = 5, agent: any Agent = EchoAgent(), late: AlignPolicy.Late = .amend, deadlineMs: Int = 100,
        limits: SessionLimits = SessionLimits(), ingress budget: IngressBudget = IngressBudget(bytesMax: .max), poseDelayMs: Int? = nil,
        plan ownPlan: GraphPlan? = nil, nodes: [any Node] = [], voice: String? = nil,
        networks: (any DecisionNetworks)? = nil, others: [any Agent] = [], classifier: (any ModalityClassifier)? = nil
    ) throws {
        loop = try EventLoop(name: "session-test", clock: .virtual)
        text = DelayedTextNode(loop: loop, delayMs: textDelayMs)
        router.install(text)
        for node in nodes { router.install(node) }
        var streams = [StreamNode(id: "read", kind: .plugin("text-encoder"), modality: "text")]
        var ingress: [ClientInput: [Int]] = [.text: [0]]
        if let poseDelayMs { pose = DelayedPoseNode(loop: loop, delayMs: poseDelayMs) } else { pose = nil }
        if let pose {
            router.install(pose)
            streams.append(StreamNode(id: "measure", kind: .plugin("pose-estimator"), modality: "selfie"))
            (ingress[.selfie], ingress[.video]) = ([1], [1])
        }
        let plan =
            ownPlan
            ?? GraphPlan(
                name: "test", streams: streams, ingress: ingress,
                align: AlignPolicy(deadlineMs: deadlineMs, late: late),
                steps: [FusionStep(id: "query", operation: .concatenation, inputs: ["text"], weights: [1])],
                agents: [AgentNode(id: "echo", agent: "echo", query: "query")])
        let deployment = Deployment(
            number: 1, plan: plan, generations: [], agents: [agent] + others, classifier: classifier, catalogueHash: "", voice: voice,
            networks: networks)
        super.init()
        session = Session(
            id: "s", key: 1, principal: Principal(user: "u", shop: "t"), loop: loop, router: router, limits: limits, observer: self, seed: 7,
            ingress: budget,
            deployment: { deployment })
    }

    /// Does `steps` at their times (milliseconds of virtual time), then lets `ms` pass in all.
    func run(forMs ms: UInt64, _ steps: [(atMs: UInt64, body: () throws -> Void)]) throws {
        let bound = LoopBound((harness: self, steps: steps), loop: loop)
        loop.submit {
            let (harness, steps) = bound.value
            harness.begin(forMs: ms, steps)
        }
        loop.run()
        if let failure { throw failure }
    }

    private func begin(forMs ms: UInt64, _ steps: [(atMs: UInt64, body: () throws -> Void)]) {
        do { try session.attach(self) } catch { failure = error }
        for step in steps {
            loop.after(step.atMs * 1_000) { [self] in
                do { try step.body() } catch { failure = error }
            }
        }
        loop.after(ms * 1_000) { [loop] in loop.stop() }
    }

    func say(_ text: String, endOfTurn: Bool = true, turnID: UInt64 = 0) throws {
        try send(.text(TextInput(text: text)), endOfTurn: endOfTurn, turnID: turnID)
    }

    func send(_ kind: ClientMessage.Kind, endOfTurn: Bool = false, turnID: UInt64 = 0) throws {
        sequence += 1
        let bytes = ClientMessage(sequence: sequence, turnID: turnID, endOfTurn: endOfTurn, kind: kind).encoded()
        try bytes.withUnsafeBytes { try session.receive($0) }
    }

    func sendFrame(capturedMs: UInt64, _ what: UInt8) throws {
        sequence += 1
        let bytes = ClientMessage(sequence: sequence, captureTimeUs: capturedMs * 1_000, kind: .video(VideoFrame(purpose: .query, data: [what])))
            .encoded()
        try bytes.withUnsafeBytes { try session.receive($0) }
    }

    var replies: [String] {
        messages.compactMap { message in if case .reply(let reply) = message.kind { reply.text } else { nil } }
    }
    var problems: [Problem] {
        messages.compactMap { message in if case .problem(let problem) = message.kind { problem } else { nil } }
    }
    func turnStates(_ id: UInt64) -> [TurnState] {
        messages.compactMap { message in
            if message.turnID == id, case .turn(let turn) = message.kind { turn.state } else { nil }
        }
    }
}

/// Answers each text with a one-dimensional embedding after a while; "refuse" gives a problem, "silence" nothing.
final class DelayedTextNode: Node {
    let name: String
    let loop: EventLoop
    let delayMs: Int
    private(set) var opened = 0

    init(loop: EventLoop, delayMs: Int, name: String = "text-encoder") {
        self.name = name
        self.loop = loop
        self.delayMs = delayMs
    }

    func open(_ open: StreamOpen, events: any NodeEvents) throws(RPCStatus) -> any NodeStream {
        opened += 1
        return DelayedStream(node: self, events: events)
    }
}

private final class DelayedStream: NodeStream {
    private let node: DelayedTextNode
    private let events: any NodeEvents
    private var pending = 0
    private var finishing = false
    private var cancelled = false

    init(node: DelayedTextNode, events: any NodeEvents) {
        self.node = node
        self.events = events
    }

    func data(_ message: RoutedMessage) {
        guard let decoded = try? ClientMessage(decoding: message.payload.bytes), case .text(let text) = decoded.kind else { return }
        pending += 1
        node.loop.after(UInt64(node.delayMs) * 1_000) { [self] in
            guard !cancelled else { return }
            pending -= 1
            switch text.text {
            case "silence": break
            case "refuse": emit(.problem(InputProblem(code: StatusCode.invalidArgument.rawValue, message: "refused")))
            default: emit(.embedding(Embedding(spaceID: "t", shape: [1], values: [1])))
            }
            close()
        }
    }

    func halfClose() {
        finishing = true
        node.loop.nextTick { [self] in close() }
    }

    func cancel() { cancelled = true }

    private func emit(_ kind: PluginOutput.Kind) {
        events.nodeStream(self, emitted: PluginOutputKind.embedding, payload: SharedBuffer(PluginOutput(kind: kind).encoded()))
    }

    private func close() {
        guard finishing, pending == 0, !cancelled else { return }
        cancelled = true
        events.nodeStream(self, closed: .ok)
    }
}

/// Says the words back, with what was missing.
struct EchoAgent: Agent {
    let name = "echo"
    func answer(_ turn: TurnQuery, to reply: ReplySink) async throws(RPCStatus) {
        let missing = turn.missing.isEmpty ? "" : " missing " + turn.missing.joined(separator: ",")
        reply.send(.reply(ReplyDelta(text: turn.words + missing, language: turn.language, last: true)))
    }
}

/// Says one word, then waits on the loop's clock, then says another.
struct SlowAgent: Agent {
    let name = "echo"
    func answer(_ turn: TurnQuery, to reply: ReplySink) async throws(RPCStatus) {
        reply.send(.reply(ReplyDelta(text: "first", language: turn.language)))
        await withCheckedContinuation { continuation in
            guard let loop = EventLoop.current else { return continuation.resume() }
            loop.after(50_000) { continuation.resume() }
        }
        reply.send(.reply(ReplyDelta(text: "second", language: turn.language, last: true)))
    }
}
