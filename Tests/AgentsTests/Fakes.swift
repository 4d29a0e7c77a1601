import Agents
import Catalog
import EventLoop
import Fusion
import Locks
import Router
import Sessions
import TestSupport
import Wire

/// A unit vector along one axis of a small space: texts of one topic are equal, of two topics orthogonal.
func axis(_ topic: Int, _ modality: String = Modality.text, dim: Int = 18) -> Feature {
    Feature(modality: modality, spaceID: "made", values: (0..<dim).map { $0 == topic ? 1 : 0 })
}

/// A direction between two axes: `share` of the way, by squares, towards the second.
func between(_ a: Int, _ b: Int, _ share: Float, _ modality: String = Modality.text) -> Feature {
    var feature = axis(a, modality)
    feature.values[a] = (1 - share).squareRoot()
    feature.values[b] = share.squareRoot()
    return feature
}

/// A plugin that answers each message at once with what the test makes of it.
final class FakePlugin: Node {
    let name: String
    private let loop: EventLoop
    private let answer: (ClientMessage) -> PluginOutput.Kind?

    init(_ name: String, loop: EventLoop, answer: @escaping (ClientMessage) -> PluginOutput.Kind?) {
        self.name = name
        self.loop = loop
        self.answer = answer
    }

    func open(_ open: StreamOpen, events: any NodeEvents) throws(RPCStatus) -> any NodeStream { Stream(node: self, events: events) }

    private final class Stream: NodeStream {
        let node: FakePlugin
        let events: any NodeEvents

        init(node: FakePlugin, events: any NodeEvents) {
            self.node = node
            self.events = events
        }

        func data(_ message: RoutedMessage) {
            guard let decoded = try? ClientMessage(decoding: message.payload.bytes), let kind = node.answer(decoded) else { return }
            node.loop.nextTick { [self] in events.nodeStream(self, emitted: 0, payload: SharedBuffer(PluginOutput(kind: kind).encoded())) }
        }
        func halfClose() { node.loop.nextTick { [self] in events.nodeStream(self, closed: .ok) } }
        func cancel() {}
    }
}

/// A session on a virtual loop whose every turn goes to one agent. Texts become the vectors the test names.
final class AgentHarness: SessionLog, @unchecked Sendable {
    // Invariant: touched by the calling thread alone, which is the loop's while it runs.
    let loop: EventLoop
    private var failure: (any Error)?
    private let router = Router()
    private(set) var session: Session!

    init(
        _ agent: any Agent, texts: [String: Feature] = [:], image: Feature? = nil, pose: Pose? = nil, user: String = "ann",
        weights: [Float] = [0.5, 0.5], others: [any Agent] = [], classifier: (any ModalityClassifier)? = nil
    ) throws {
        loop = try EventLoop(name: "agents-test", clock: .virtual)
        router.install(
            FakePlugin("text-encoder", loop: loop) { message in
                guard case .text(let text)? = message.kind, let feature = texts[text.text] else { return nil }
                return .embedding(Embedding(spaceID: feature.spaceID, shape: [UInt32(feature.values.count)], values: feature.values))
            })
        router.install(
            FakePlugin("vision-encoder", loop: loop) { _ in
                image.map { .embedding(Embedding(spaceID: $0.spaceID, shape: [UInt32($0.values.count)], values: $0.values)) }
            })
        router.install(FakePlugin("pose-estimator", loop: loop) { _ in pose.map { .pose($0) } })
        let plan = GraphPlan(
            name: "test",
            streams: [
                StreamNode(id: "read", kind: .plugin("text-encoder"), modality: Modality.text),
                StreamNode(id: "see", kind: .plugin("vision-encoder"), modality: Modality.image),
                StreamNode(id: "pose", kind: .plugin("pose-estimator"), modality: Modality.selfie),
            ], ingress: [.text: [0], .image: [1], .selfie: [2]], align: AlignPolicy(deadlineMs: 50),
            steps: [
                FusionStep(id: "query", operation: .concatenation, inputs: [Modality.text, Modality.image], weights: weights),
                FusionStep(id: "route", operation: .decisionLevel, inputs: [Modality.text], weights: [1]),
            ],
            agents: ([agent] + others).map { AgentNode(id: $0.name, agent: $0.name, query: "query", when: classifier.map { _ in "route" }) })
        let deployment = Deployment(number: 1, plan: plan, generations: [], agents: [agent] + others, classifier: classifier, catalogueHash: "")
        super.init()
        session = Session(
            id: "s1", key: 1, principal: Principal(user: user, shop: "gold"), loop: loop, router: router, limits: SessionLimits(), observer: self,
            seed: 7,
            deployment: { deployment })
    }

    /// Sends each turn's messages, a second apart; gives back what each turn was answered.
    @discardableResult
    func run(_ turns: [[ClientMessage.Kind]]) throws -> [[ServerMessage]] {
        loop.submit { [self] in begin(turns) }
        loop.run()
        if let failure { throw failure }
        return (1...UInt64(turns.count)).map { turn in messages.filter { $0.turnID == turn } }
    }

    private func begin(_ turns: [[ClientMessage.Kind]]) {
        do { try session.attach(self) } catch { failure = error }
        for (index, turn) in turns.enumerated() {
            loop.after(UInt64(index + 1) * 1_000_000) { [self] in
                for (position, kind) in turn.enumerated() {
                    let bytes = ClientMessage(endOfTurn: position == turn.count - 1, kind: kind).encoded()
                    do { try bytes.withUnsafeBytes { try session.receive($0) } } catch { failure = error }
                }
            }
        }
        // Time enough for the last ones to be answered after those before them.
        loop.after(UInt64(turns.count + 5) * 1_000_000) { [loop] in loop.stop() }
    }

    /// One text, and its whole reply.
    func ask(_ words: String) throws -> ReplyDelta { try run([[.text(TextInput(text: words))]])[0].replies.first ?? ReplyDelta() }
}

extension [ServerMessage] {
    var replies: [ReplyDelta] { compactMap { if case .reply(let reply)? = $0.kind { reply } else { nil } } }
    var recommendations: [Recommendations] { compactMap { if case .recommendations(let found)? = $0.kind { found } else { nil } } }
    var tryOns: [TryOn] { compactMap { if case .tryOn(let tryOn)? = $0.kind { tryOn } else { nil } } }
    var problems: [Problem] { compactMap { if case .problem(let problem)? = $0.kind { problem } else { nil } } }
}

/// Stores with made contents; they keep what they are asked.
final class FakeStores: OrderStore, CatalogStore, HandoffQueue, ServiceDesk {
    let all: [Order]
    let hits: [WordHit]
    let failure: StoreError?
    private let queue = Lock<[(handoff: Handoff, key: String, user: String)]>([])
    private let asked = Lock<[(request: ServiceRequest, version: Int64, key: String)]>([])
    private let notes = Lock<[String]>([])

    private let written: [Opinion]
    /// What a search in a product's description finds, whatever is asked.
    private let described: [String: SentenceHits<DescriptionSentence>]
    /// What becomes of the next requests: a failure, or what was written down (nil).
    private let desk: Lock<[StoreError?]>
    private let keys = Lock<[String]>([])
    /// How long a request takes.
    private let deskUs: UInt64
    /// What becomes of the next reads of orders: a failure, or what is there (nil).
    private let reads: Lock<[StoreError?]>
    private let tickets: [Int64: HandoffTicket.State]

    init(
        orders: [Order] = [], hits: [WordHit] = [], failure: StoreError? = nil, opinions: [Opinion] = [], desk: [StoreError?] = [],
        deskUs: UInt64 = 0, reads: [StoreError?] = [], tickets: [Int64: HandoffTicket.State] = [:],
        described: [String: SentenceHits<DescriptionSentence>] = [:]
    ) {
        self.described = described
        self.tickets = tickets
        self.deskUs = deskUs
        self.reads = Lock(reads)
        all = orders
        written = opinions
        self.desk = Lock(desk)
        self.hits = hits
        self.failure = failure
    }

    /// Requests that were written, each key once.
    var requests: [(request: ServiceRequest, version: Int64, key: String)] { asked.withLock { $0 } }
    /// Of every request that came, whatever became of it.
    var keysSeen: [String] { keys.withLock { $0 } }
    var noted: [String] { notes.withLock { $0 } }

    var waiting: [(handoff: Handoff, key: String, user: String)] { queue.withLock { $0 } }

    private func check() throws(StoreError) {
        if let failure { throw failure }
    }

    nonisolated(nonsending) func orders(of principal: Principal, limit: Int) async throws(StoreError) -> [Order] {
        try check()
        return Array(all.filter { $0.user == principal.user }.prefix(limit))
    }

    nonisolated(nonsending) func order(_ id: String, as principal: Principal) async throws(StoreError) -> Order {
        try check()
        if let failure = reads.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) { throw failure }
        guard let order = all.first(where: { $0.id == id && $0.user == principal.user }) else { throw StoreError(.notFound, "no order \(id)") }
        return order
    }

    nonisolated(nonsending) func searchProducts(words query: String, language: String, limit: Int) async throws(StoreError) -> [WordHit] {
        try check()
        return []
    }

    nonisolated(nonsending) func searchDocuments(words query: String, language: String, limit: Int) async throws(StoreError) -> [WordHit] {
        try check()
        return hits
    }

    nonisolated(nonsending) func reviews(of productID: String, limit: Int) async throws(StoreError) -> [Review] { [] }

    nonisolated(nonsending) func opinions(of productID: String, limit: Int) async throws(StoreError) -> [Opinion] {
        written.filter { $0.productID == productID }
    }

    nonisolated(nonsending) func searchOpinions(
        of productID: String, words: String, meaning: Feature?, limit: Int
    ) async throws(StoreError) -> SentenceHits<Opinion> {
        // By whole words alone.
        let asked = Set(words.lowercased().split(separator: " "))
        let own = written.filter { $0.productID == productID }
        let shared = own.filter { !asked.isDisjoint(with: $0.sentence.lowercased().split(separator: " ")) }
        return SentenceHits(byWords: shared.prefix(limit).map { SentenceHits.Hit($0, score: 1) })
    }

    nonisolated(nonsending) func searchDescription(
        of productID: String, words: String, meaning: Feature?, limit: Int
    ) async throws(StoreError) -> SentenceHits<DescriptionSentence> {
        try check()
        return described[productID] ?? SentenceHits()
    }

    nonisolated(nonsending) func snapshot() async throws(StoreError) -> CatalogSnapshot { try CatalogSnapshot(products: []) }

    nonisolated(nonsending) func enqueue(_ handoff: Handoff, idempotencyKey: String, as principal: Principal) async throws(StoreError) -> Int64 {
        try check()
        return queue.withLock { queue in
            queue.append((handoff, idempotencyKey, principal.user))
            return Int64(queue.count + 40)
        }
    }

    nonisolated(nonsending) func waitingHandoffs(limit: Int, as principal: Principal) async throws(StoreError) -> [HandoffTicket] { [] }

    nonisolated(nonsending) func allHandoffs(limit: Int, as principal: Principal) async throws(StoreError) -> [HandoffTicket] { [] }

    nonisolated(nonsending) func noteHandoff(_ number: Int64, _ text: String, as principal: Principal) async throws(StoreError) {
        notes.withLock { $0.append("\(number) \(text)") }
    }

    nonisolated(nonsending) func updateHandoff(
        _ number: Int64, to state: HandoffTicket.State, person: String, as principal: Principal
    ) async throws(StoreError) -> HandoffTicket { throw StoreError(.permissionDenied, "not here") }

    nonisolated(nonsending) func handoff(_ number: Int64, as principal: Principal) async throws(StoreError) -> HandoffTicket {
        guard let state = tickets[number] else { throw StoreError(.notFound, "not here") }
        let handoff = Handoff(sessionID: "s1", reason: "", summary: "", language: "en", timeUs: 0)
        return HandoffTicket(number: number, user: principal.user, handoff: handoff, state: state, person: "Eve")
    }

    nonisolated(nonsending) func submit(
        _ request: ServiceRequest, expectedVersion: Int64, timeUs: UInt64, idempotencyKey: String, as principal: Principal
    ) async throws(StoreError) -> ServiceReceipt {
        try check()
        keys.withLock { $0.append(idempotencyKey) }
        if deskUs > 0 {
            await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                guard let loop = EventLoop.current else { return continuation.resume() }
                loop.after(deskUs) { continuation.resume() }
            }
        }
        if let failure = desk.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) { throw failure }
        let order = all.first { $0.id == request.orderID }
        if let order, order.version != expectedVersion { throw StoreError(.conflict, "changed") }
        return asked.withLock { asked in
            if let index = asked.firstIndex(where: { $0.key == idempotencyKey }) { return ServiceReceipt(number: Int64(index + 7), request: request) }
            asked.append((request, expectedVersion, idempotencyKey))
            return ServiceReceipt(number: Int64(asked.count + 6), request: request, order: order)
        }
    }

    nonisolated(nonsending) func requests(of principal: Principal, limit: Int) async throws(StoreError) -> [ServiceReceipt] { [] }
}
