import Catalog
import EventLoop
import Fusion
import Glibc
import Locks
import Logging
import Router
import Sessions
import TestSupport
import Testing
import Wire

@testable import Server

@Suite("One session's way to the store")
struct SessionWritesTests {
    @Test("one write at a time, then the newest state, each against the version before")
    func newest() {
        var writes = SessionWrites(version: 4)
        let first = writes.save([1])
        #expect(first == [.put([1], expectedVersion: 4)])
        let meanwhile = [writes.save([2]), writes.save([3])]
        #expect(meanwhile == [[], []])
        let next = writes.wrote(5)
        #expect(next == [.put([3], expectedVersion: 5)])
        let last = writes.wrote(6)
        #expect(last.isEmpty && !writes.isBusy && writes.version == 6)
    }

    @Test("what failed is tried again after pauses that grow, with what is newest then")
    func again() {
        var writes = SessionWrites(version: 0)
        _ = writes.save([1])
        let failed = writes.failed(mayHelp: true)
        #expect(failed == [.pause(us: SessionWrites.pauseUs)] && writes.isBusy)
        let due = writes.due()
        #expect(due == [.put([1], expectedVersion: 0)])
        _ = writes.save([2])
        let failedAgain = writes.failed(mayHelp: true)
        #expect(failedAgain == [.pause(us: 2 * SessionWrites.pauseUs)])
        let saved = writes.save([3])
        #expect(saved.isEmpty, "the pause is kept to")
        let dueAgain = writes.due()
        #expect(dueAgain == [.put([3], expectedVersion: 0)])
    }

    @Test("not without end, and not at all where it cannot help; the next turn tries anew")
    func givenUp() {
        var writes = SessionWrites(version: 0)
        _ = writes.save([1])
        for _ in 1..<SessionWrites.attemptsMax {
            let failed = writes.failed(mayHelp: true)
            guard case .pause? = failed.first else { return #expect(Bool(false), "\(failed)") }
            _ = writes.due()
        }
        let last = writes.failed(mayHelp: true)
        #expect(last == [.lose] && !writes.isBusy)
        let anew = writes.save([2])
        #expect(anew == [.put([2], expectedVersion: 0)])
        let conflict = writes.failed(mayHelp: false)
        #expect(conflict == [.lose])
        let late = writes.due()
        #expect(late.isEmpty)
    }

    @Test("a session that is over is removed behind the write under way, and after a failure too; one that is left stays stored")
    func over() {
        var writes = SessionWrites(version: 0)
        _ = writes.save([1])
        var (left, failing) = (writes, writes)
        _ = writes.save([2])
        let waits = writes.remove()
        #expect(waits.isEmpty)
        let removes = writes.wrote(1)
        #expect(removes == [.remove])
        let gone = writes.removed()
        #expect(gone == [.forget] && !writes.isBusy)
        _ = failing.failed(mayHelp: true)
        _ = failing.remove()
        let due = failing.due()
        #expect(due == [.remove])
        let stays = left.leave()
        #expect(stays.isEmpty)
        let forgotten = left.wrote(1)
        #expect(forgotten == [.forget])
    }
}

@Suite("What is kept of sessions")
struct KeptSessionTests {
    private let guest = Principal(user: "guest", shop: "default")

    /// A store that refuses its first writes.
    private final class Failing: SessionStore {
        private let left: Lock<Int>
        let attempts = Lock<[[UInt8]]>([])
        /// How many attempts there had been when somebody had waited for one.
        let seen = Lock(0)

        init(times: Int) { left = Lock(times) }

        nonisolated(nonsending) func session(_ id: String, keptWithinHours hours: Int, as principal: Principal) async throws(StoreError)
            -> StoredSession?
        { nil }

        nonisolated(nonsending) func putSession(
            _ id: String, state: [UInt8], expectedVersion: Int64, as principal: Principal
        ) async throws(StoreError) -> Int64 {
            attempts.withLock { $0.append(state) }
            let fails = left.withLock { left in
                left -= 1
                return left >= 0
            }
            if fails { throw StoreError(.unavailable, "the queue is full") }
            return expectedVersion + 1
        }

        nonisolated(nonsending) func deleteSession(_ id: String, as principal: Principal) async throws(StoreError) {}
    }

    private let observer = SessionLog()

    private func session(_ loop: EventLoop) -> Session {
        let plan = GraphPlan(name: "none", streams: [], ingress: [:], align: AlignPolicy(), steps: [], agents: [])
        let deployment = Deployment(number: 1, plan: plan, generations: [], agents: [], classifier: nil, catalogueHash: "")
        return Session(
            id: "s1", key: 1, principal: guest, loop: loop, router: Router(), limits: SessionLimits(), observer: observer, seed: 7,
            deployment: { deployment })
    }

    @Test("A store that is not there for a moment loses nothing")
    func retried() throws {
        let loop = try EventLoop(name: "keeper", clock: .virtual)
        let store = Failing(times: 2)
        let session = session(loop)
        let keeper = SessionKeeper(store, keptHoursMax: 1, loop: loop, log: Logger(label: "keeper") { _ in SwiftLogNoOpLogHandler() })
        let bound = LoopBound((keeper: keeper, session: session), loop: loop)
        loop.submit {
            let (keeper, session) = bound.value
            keeper.onIdle = { loop.stop() }
            keeper.save(session)
            session.hand(toPerson: true, handoff: 3)
            keeper.save(session)
        }
        loop.run()
        #expect(keeper.isIdle)
        let attempts = store.attempts.withLock { $0 }
        #expect(attempts.count == 3)
        #expect(attempts.last == session.state.encoded(), "the newest is what is kept")
    }

    @Test("Who waits until a session is kept goes on when it is, and when it cannot be for the time being", arguments: [0, 1])
    func awaited(failures: Int) throws {
        let loop = try EventLoop(name: "keeper", clock: .virtual)
        let store = Failing(times: failures)
        let keeper = SessionKeeper(store, keptHoursMax: 1, loop: loop, log: Logger(label: "keeper") { _ in SwiftLogNoOpLogHandler() })
        let bound = LoopBound((keeper: keeper, session: session(loop)), loop: loop)
        loop.submit {
            Task(executorPreference: loop) {
                await bound.value.keeper.keep(bound.value.session)
                store.seen.withLock { $0 = store.attempts.withLock { $0.count } }
                loop.stop()
            }
        }
        loop.run()
        #expect(store.seen.withLock { $0 } == 1)
    }

    /// The dialogue of a session that is taken up from `kept` while its ticket is in `state`.
    private func takenUp(_ kept: Dialogue, _ state: HandoffTicket.State) async throws -> Dialogue? {
        let folder = try TemporaryFolder()
        let stores = try SQLiteStores(path: "\(folder.path)/shop.sqlite", shop: "default")
        defer { stores.close() }
        let admin = Principal(user: "eve", shop: "default", scopes: [Principal.adminScope])
        let handoff = Handoff(sessionID: "s1", reason: "asked", summary: "", language: "en", timeUs: 0)
        var dialogue = kept
        dialogue.handoff = try await stores.enqueue(handoff, idempotencyKey: "k", as: guest)
        if state != .waiting { _ = try await stores.updateHandoff(dialogue.handoff, to: state, person: "Eve", as: admin) }
        let stored = SessionState(version: 1, sessionID: "s1", user: "guest", shop: "default", nextServerSequence: 3, dialogue: dialogue)
        _ = try await stores.putSession("s1", state: stored.encoded(), expectedVersion: 0, as: guest)
        let server = try TestServer { $0.databaseFile = stores.path }
        let client = try RawClient(server.address)
        #expect(try client.converse(1, ["vitrine-session-id": "s1", "vitrine-resume-after": "2"]).resumed)
        return await server.server.sharedState?.session("s1") { $0?.state.dialogue }
    }

    @Test("A person who may have taken the conversation is not forgotten when that cannot be looked up")
    func unknownTicket() async {
        let queue = FailingQueue()
        var dialogue = Dialogue(handoff: 4)
        await #expect(throws: StoreError.self) { try await dialogue.catchUp(with: queue, as: guest) }
        #expect(dialogue == Dialogue(handoff: 4, withPerson: true), "the next turn asks again")
        var free = Dialogue()
        await #expect(throws: Never.self) { try await free.catchUp(with: queue, as: guest) }
        #expect(free == Dialogue())
    }

    @Test("What somebody did who is known by name is kept with their consent alone")
    func behaviour() async throws {
        let folder = try TemporaryFolder()
        let stores = try SQLiteStores(path: "\(folder.path)/shop.sqlite", shop: "default")
        defer { stores.close() }
        let server = try TestServer(tokens: TestServer.tokens) { $0.databaseFile = stores.path }
        let client = try RawClient(server.address)
        _ = try client.converse(1, ["authorization": "Bearer token-of-the-first-one"])
        func viewed(_ product: String) -> ClientMessage { ClientMessage(kind: .behaviour(BehaviourEvent(behaviour: .view, productID: product))) }
        func agree(_ agreed: Bool) -> ClientMessage { ClientMessage(kind: .control(Control(kind: .consent(Consent(personalise: agreed))))) }
        for message in [viewed("A"), agree(true), viewed("B"), agree(false), viewed("C")] { client.say(1, message) }
        client.send(1, .halfClose(HalfClose()))
        #expect(try client.status(of: 1) == .ok)
        let one = Principal(user: "one", shop: "default")
        for _ in 0..<5_000 where try await stores.recentEvents(of: one, limit: 10).isEmpty { usleep(1_000) }
        server.stop()
        #expect(try await stores.recentEvents(of: one, limit: 10).map(\.productID) == ["B"])
    }

    @Test("Who comes back is with the person who has taken the conversation meanwhile, or no longer with the one who released it")
    func handedWhileAway() async throws {
        let taken = try await takenUp(Dialogue(), .taken)
        #expect(taken?.withPerson == true && taken?.handoff != 0)
        let released = try await takenUp(Dialogue(misses: 2, withPerson: true), .released)
        #expect(released == Dialogue())
    }
}

/// A queue that cannot be reached.
private struct FailingQueue: HandoffQueue {
    private let failure = StoreError(.unavailable, "not now")
    nonisolated(nonsending) func enqueue(_ handoff: Handoff, idempotencyKey: String, as principal: Principal) async throws(StoreError) -> Int64 {
        throw failure
    }
    nonisolated(nonsending) func waitingHandoffs(limit: Int, as principal: Principal) async throws(StoreError) -> [HandoffTicket] { throw failure }
    nonisolated(nonsending) func allHandoffs(limit: Int, as principal: Principal) async throws(StoreError) -> [HandoffTicket] { throw failure }
    nonisolated(nonsending) func noteHandoff(_ number: Int64, _ text: String, as principal: Principal) async throws(StoreError) { throw failure }
    nonisolated(nonsending) func updateHandoff(
        _ number: Int64, to state: HandoffTicket.State, person: String, as principal: Principal
    ) async throws(StoreError) -> HandoffTicket { throw failure }
    nonisolated(nonsending) func handoff(_ number: Int64, as principal: Principal) async throws(StoreError) -> HandoffTicket { throw failure }
}
