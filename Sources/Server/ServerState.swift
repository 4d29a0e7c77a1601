import Agents
import Catalog
import EventLoop
import Logging
import Router
import Sessions
import Wire

/// What all loops of a server share: immutable values, atomic counters, and the way to each other.
final class ServerState: Sendable {
    let configuration: ServerConfiguration
    let metrics: ServerMetrics
    let log: Logger
    let ingress: IngressBudget
    let seed: UInt64
    let verifier: any TokenVerifier
    let adminVerifier: any TokenVerifier
    let events: (any EventLog)?
    /// nil = nothing is recorded.
    let recordings: Recordings?
    let handoffs: (any HandoffQueue)?
    /// Where sessions outlive the process; nil = nowhere.
    let sessionStore: (any SessionStore)?
    private let runtime: PluginRuntime
    private let loops: [EventLoop]
    private let workers: WorkerTable

    init(
        configuration: ServerConfiguration, metrics: ServerMetrics, log: Logger, seed: UInt64, verifier: any TokenVerifier,
        adminVerifier: any TokenVerifier, events: (any EventLog)?, handoffs: (any HandoffQueue)?,
        sessionStore: (any SessionStore)?, recordings: Recordings?, runtime: PluginRuntime,
        loops: [EventLoop], workers: WorkerTable
    ) {
        self.configuration = configuration
        self.metrics = metrics
        self.log = log
        ingress = IngressBudget(bytesMax: configuration.limits.ingressBytesMax)
        self.seed = seed
        self.verifier = verifier
        self.adminVerifier = adminVerifier
        self.events = events
        self.recordings = recordings
        self.handoffs = handoffs
        self.sessionStore = sessionStore
        self.runtime = runtime
        self.loops = loops
        self.workers = workers
    }

    /// Hands a socket, with what was read of it, to the loop that owns its session.
    func adopt(_ fd: Int32, _ readSoFar: [UInt8], on target: Int) {
        let loop = loops[target]
        loop.submit { [workers, log] in
            do throws(LoopError) {
                let stream = try ByteStream.adopt(fd: fd, loop: loop)
                workers.on(loop).accept(stream, isAdmin: false, initial: readSoFar)
            } catch {
                log.error("a socket from another loop could not be adopted", metadata: ["reason": "\(error)"])
            }
        }
    }

    /// Looks at a session, on the loop that owns it; nil when there is none of that id.
    func session<Value: Sendable>(_ id: String, _ body: @escaping @Sendable (Session?) -> Value) async -> Value {
        let loop = loops[SessionTable.owner(of: id, loops: loops.count)]
        return await withCheckedContinuation { waiting in
            let continuation = CertainContinuation<Value>(waiting, otherwise: body(nil))
            loop.submit { [workers] in continuation.resume(returning: body(workers.on(loop).sessions.find(id))) }
        }
    }

    /// A person takes a conversation, or gives it back to the agents; kept like the end of a turn.
    /// - Returns: whether its customer is connected. One that is away learns of it from the ticket, when they come back.
    func hand(_ id: String, toPerson: Bool, handoff: Int64) async -> Bool {
        let loop = loops[SessionTable.owner(of: id, loops: loops.count)]
        return await withCheckedContinuation { waiting in
            let continuation = CertainContinuation<Bool>(waiting, otherwise: false)
            loop.submit { [workers] in
                let worker = workers.on(loop)
                guard let session = worker.sessions.find(id) else { return continuation.resume(returning: false) }
                session.hand(toPerson: toPerson, handoff: handoff)
                worker.keeper?.save(session)
                continuation.resume(returning: session.isAttached)
            }
        }
    }

    /// Lets a loop's plugin instances go, on that loop.
    func retire(_ nodes: [any Node]) { runtime.retire(nodes) }

    /// Keeps what a customer did, if there is a log for it. Of somebody who is known by name only with their consent.
    func note(_ event: BehaviourEvent, of session: Session, on loop: EventLoop) {
        guard let events, session.principal.isGuest || session.consent.personalise else { return }
        let logged = LoggedEvent(
            sessionID: session.id, kind: event.behaviour.logName, productID: event.productID, quantity: Int(max(1, event.quantity)),
            timeUs: loop.nowUs, mayBeLearntFrom: session.consent.personalise)
        let principal = session.principal
        Task(executorPreference: loop) { [log] in
            do throws(StoreError) {
                try await events.append([logged], idempotencyKey: "", as: principal)
            } catch {
                log.warning("a behaviour event was not kept", metadata: ["reason": "\(error)"])
            }
        }
    }
}

/// The worker of each loop: set once before the loops serve, read on each loop for itself.
final class WorkerTable: @unchecked Sendable {
    // Invariant: written by `set` before any loop has started; afterwards an entry is touched on its own loop alone.
    private var workers: [LoopWorker] = []

    func set(_ workers: [LoopWorker]) { self.workers = workers }

    func on(_ loop: EventLoop) -> LoopWorker {
        loop.preconditionCurrent()
        return workers[loop.index]
    }
}
