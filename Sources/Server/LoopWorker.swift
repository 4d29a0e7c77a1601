import Catalog
import EventLoop
import Logging
import PluginHost
import Router
import Sessions
import Telemetry
import Wire

/// One loop's share of the server: its connections, its sessions, its plugin instances. Everything here is confined to that loop.
///
/// Loops share nothing but immutable values (configuration, deployment) and atomic counters.
final class LoopWorker: ConnectionHost {
    let loop: EventLoop
    let router = Router()
    let limits: ServerLimits
    let shared: ServerState
    private let adminMethods: [Method]
    let sessions: SessionTable
    /// nil = sessions end with the process.
    let keeper: SessionKeeper?
    private(set) var deployment: Deployment?
    /// Of the sessions that are recorded, by id.
    private var taps: [String: SessionTap] = [:]
    private var connections: [ObjectIdentifier: Connection] = [:]
    private var nextTarget: Int
    private var isDraining = false
    private var isDrained = false
    private var isMakingRoom = false
    /// The limit of draining is over: nothing is waited for any more.
    private var isCutOff = false
    private let onDrained: () -> Void

    init(loop: EventLoop, shared: ServerState, adminMethods: [Method], onDrained: @escaping () -> Void) {
        self.loop = loop
        self.shared = shared
        self.adminMethods = adminMethods
        self.onDrained = onDrained
        limits = shared.configuration.limits
        nextTarget = loop.index
        sessions = SessionTable(loop: loop, loops: shared.configuration.loops, seed: shared.seed)
        keeper = shared.sessionStore.map {
            SessionKeeper($0, keptHoursMax: shared.configuration.limits.sessionsKeptHoursMax, loop: loop, log: shared.log)
        }
        keeper?.onIdle = { [unowned self] in finishDrain() }
    }

    /// What new turns pin from now on.
    func publish(_ deployment: Deployment, nodes: [any Node]) {
        for node in nodes { router.install(node) }
        self.deployment = deployment
    }

    /// Publishes a change: `next` takes the place of `name`'s node (nil = there is none any more); without a name only the deployment changes.
    ///
    /// Changes of plugins and of the catalogue may come here in another order than they were made in: the later one stays.
    /// - Returns: the node that was there.
    func publish(_ deployment: Deployment, replacing name: String?, with next: (any Node)?) -> (any Node)? {
        let before = name.flatMap { router.node($0) }
        if let next { router.install(next) } else if let name { router.remove(name) }
        if deployment.number > self.deployment?.number ?? 0 { self.deployment = deployment }
        return before
    }

    // MARK: Connections

    /// Takes an accepted socket in. `initial` is what another loop has read of it.
    /// `seed` is what the first session of it begins with; nil = this loop's own chance.
    func accept(_ stream: ByteStream, isAdmin: Bool, initial: [UInt8]? = nil, seed: UInt64? = nil) {
        let isFull = Int(shared.metrics.connections.value) >= limits.connectionsMax
        guard isAdmin || !(isFull || isDraining) else {
            let reason = isDraining ? "the server is going away" : "the server has \(limits.connectionsMax) connections, which is its limit"
            stream.write { FrameEncoder.goAway(lastStreamID: 0, RPCStatus(isDraining ? .unavailable : .resourceExhausted, reason), into: &$0) }
            return stream.closeAfterFlush()
        }
        let settled = isAdmin || initial != nil || shared.configuration.loops == 1
        let connection = Connection(stream: stream, loop: loop, host: self, isAdmin: isAdmin, isSettled: settled, seed: seed)
        connections[ObjectIdentifier(connection)] = connection
        shared.metrics.connections.add(1)
        connection.start(initial: initial ?? [])
    }

    func connectionClosed(_ connection: Connection) {
        guard connections.removeValue(forKey: ObjectIdentifier(connection)) != nil else { return }
        shared.metrics.connections.add(-1)
        finishDrain()
    }

    func moves(_ connection: Connection, opening: Open, readSoFar: [UInt8]) -> Bool {
        let id = opening.metadata.first { $0.key == "vitrine-session-id" }.map { String(decoding: $0.value, as: UTF8.self) } ?? ""
        let loops = shared.configuration.loops
        let target: Int
        if id.isEmpty {
            target = nextTarget
            nextTarget = (nextTarget + 1) % loops
        } else {
            target = SessionTable.owner(of: id, loops: loops)
        }
        guard target != loop.index else { return false }
        do throws(LoopError) {
            let fd = try connection.detach()
            connections.removeValue(forKey: ObjectIdentifier(connection))
            shared.metrics.connections.add(-1)
            shared.adopt(fd, readSoFar, on: target)
            return true
        } catch {
            shared.log.error("a socket could not be handed to its loop", metadata: ["loop": "\(target)", "reason": "\(error)"])
            return false
        }
    }

    func count(frameIn bytes: Int) {
        shared.metrics.framesIn.add()
        shared.metrics.bytesIn.add(UInt64(bytes))
    }

    func verifier(admin: Bool) -> any TokenVerifier { admin ? shared.adminVerifier : shared.verifier }

    func method(_ path: String, admin: Bool) -> Method? {
        (admin ? adminMethods : conversationMethods).first { $0.descriptor.path == path }
    }

    private lazy var conversationMethods: [Method] = [
        Method(descriptor: .sessionsConverse) { [unowned self] (context) throws(RPCStatus) in try ConverseHandler(context, worker: self) }
    ]

    // MARK: Sessions

    func newSession(
        principal: Principal, wantsTrace: Bool, seed: UInt64? = nil, consent: Consent = Consent(), record: String? = nil
    ) throws(RPCStatus) -> Session {
        guard let deployment else { throw RPCStatus(.unavailable, "the server is starting") }
        guard !isDraining else { throw RPCStatus(.unavailable, "the server is going away; open the session elsewhere") }
        guard !shared.ingress.isUsedUp else {
            throw RPCStatus(
                .resourceExhausted, "the server holds \(shared.ingress.usedBytes) bytes of unfinished input, which is its limit; try again")
        }
        guard hasRoom() else {
            throw RPCStatus(.resourceExhausted, "\(limits.sessionsMax) sessions are open, which is this server's limit")
        }
        let (id, own) = sessions.newSession(seed: seed)
        let session = session(id, seed: own, principal, wantsTrace: wantsTrace)
        session.consent = consent
        taps[id] = try shared.recordings?.tap(session, seed: own, asked: record, deployment: deployment)
        add(session)
        return session
    }

    private func session(_ id: String, seed: UInt64, _ principal: Principal, wantsTrace: Bool) -> Session {
        Session(
            id: id, key: SessionTable.key(of: id), principal: principal, loop: loop, router: router, limits: shared.configuration.sessionLimits,
            observer: self, seed: seed, wantsTrace: wantsTrace, ingress: shared.ingress
        ) { [unowned self] in self.liveDeployment() }
    }

    /// Whether one more session may be. At the limit the one of this loop that has waited longest for its customer makes room: a customer who is
    /// there comes before one who may come back. It may still, where sessions are kept.
    private func hasRoom() -> Bool {
        func fits() -> Bool { shared.metrics.sessions.value < Double(limits.sessionsMax) }
        if !fits(), let oldest = sessions.longestLost {
            isMakingRoom = true
            oldest.end(.ok)
            isMakingRoom = false
        }
        return fits()
    }

    private func add(_ session: Session) {
        sessions.add(session)
        shared.metrics.sessions.add(1)
    }

    /// Whether a session may be found in the store although this process does not have it.
    func mayBeKept(_ id: String) -> Bool { keeper != nil && !isDraining && sessions.find(id) == nil }

    /// Takes up a session that another process had.
    /// - Parameter after: the last message that the client has.
    nonisolated(nonsending) func keptSession(
        _ id: String, principal: Principal, after: UInt64, wantsTrace: Bool
    ) async throws(RPCStatus) -> Session {
        guard let keeper, var kept = try await keeper.load(id, as: principal) else { throw LoopWorker.noSession(id) }
        await followTicket(&kept.state, principal)
        // Another stream may have asked for it meanwhile.
        if sessions.find(id) != nil { return try resumableSession(id, principal: principal) }
        guard !isDraining, hasRoom() else {
            throw RPCStatus(.unavailable, "the server takes no sessions just now; try again")
        }
        let session = session(id, seed: sessions.newSeed(), principal, wantsTrace: wantsTrace)
        try session.take(up: kept.state, clientHas: after)
        keeper.took(session, version: kept.version)
        add(session)
        return session
    }

    /// A person may have taken or released the conversation while its customer was away.
    private nonisolated(nonsending) func followTicket(_ kept: inout SessionState, _ principal: Principal) async {
        guard let queue = shared.handoffs, let number = kept.dialogue?.handoff else { return }
        do throws(StoreError) {
            try await kept.dialogue?.catchUp(with: queue, as: principal)
        } catch {
            shared.log.warning("a hand-over cannot be looked up", metadata: ["number": "\(number)", "reason": "\(error.message)"])
        }
    }

    private static func noSession(_ id: String) -> RPCStatus {
        RPCStatus(.notFound, "there is no session '\(id)' to resume; open one without 'vitrine-session-id'")
    }

    /// Of a session that is recorded.
    func tap(of session: Session) -> SessionTap? { taps.isEmpty ? nil : taps[session.id] }

    /// Before a recorded session takes a message: what answers it is in the recording.
    func note(_ tap: SessionTap) {
        if let deployment { shared.recordings?.deployed(deployment, to: tap) }
    }

    private func liveDeployment() -> Deployment {
        guard let deployment else { preconditionFailure("invariant: sessions exist only after a deployment was published") }
        return deployment
    }

    func resumableSession(_ id: String, principal: Principal) throws(RPCStatus) -> Session {
        // Somebody else's session looks like one that does not exist.
        guard let session = sessions.find(id), session.principal == principal else {
            throw LoopWorker.noSession(id)
        }
        sessions.resumed(session)
        return session
    }

    /// A session's stream is gone without an orderly end.
    func lost(_ session: Session) {
        // Where nothing was said there is nothing to come back to.
        if isDraining || shared.configuration.sessionLimits.resumeWindowMs == 0 || !session.hasHeard { return session.end(.ok) }
        sessions.await(session, resumeWithinMs: shared.configuration.sessionLimits.resumeWindowMs)
    }

    // MARK: Drain

    /// No new sessions; what is being answered is finished, within the limit.
    func drain() {
        guard !isDraining else { return }
        isDraining = true
        for connection in connectionsInOrder where !connection.isAdmin { connection.goAway(RPCStatus(.unavailable, "the server is going away")) }
        for session in sessions.all {
            if session.isAttached { session.halfClose() } else { session.end(.ok) }
        }
        loop.after(UInt64(limits.drainMsMax) * 1_000) { [weak self] in self?.cutOff() }
        finishDrain()
    }

    private func cutOff() {
        isCutOff = true
        for session in sessions.all { session.end(RPCStatus(.unavailable, "the server has gone away")) }
        finishDrain()
    }

    private func finishDrain() {
        guard isDraining, sessions.count == 0, isCutOff || keeper?.isIdle ?? true else { return }
        for connection in connectionsInOrder { connection.close() }
        guard connections.isEmpty, !isDrained else { return }
        isDrained = true
        shared.retire(router.installed)
        onDrained()
    }

    private var connectionsInOrder: [Connection] { connections.values.sorted { $0.stream.peer < $1.stream.peer } }
}

extension LoopWorker: SessionObserver {
    func sessionDecided(afterUs: UInt64) { shared.metrics.decided.observe(Double(afterUs) / 1e3) }

    func sessionSpoke(afterUs: UInt64) { shared.metrics.spoke.observe(Double(afterUs) / 1e3) }

    func sessionTurnOver(_ session: Session, tookUs: UInt64, state: TurnMachine.State) {
        shared.metrics.turnOver(state, ms: Double(tookUs) / 1e3)
        keeper?.save(session)
    }

    nonisolated(nonsending) func sessionKeep(_ session: Session) async { await keeper?.keep(session) }

    func sessionProblem(_ session: Session, _ status: RPCStatus, turnID: UInt64, traceID: String) {
        shared.metrics.problems.add()
        // What a client does wrong it can do without end: that is for whoever looks closely.
        let level: Logger.Level = status.code.isOwnFault ? .warning : .debug
        var metadata: Logger.Metadata = ["session": "\(session.id)", "code": "\(status.code.name)", "reason": "\(status.message)"]
        if turnID > 0 { metadata["turn"] = "\(turnID)" }
        if !traceID.isEmpty { metadata["trace"] = "\(traceID)" }
        shared.log.log(level: level, "a problem in a conversation", metadata: metadata)
    }

    func sessionBehaviour(_ session: Session, _ event: BehaviourEvent) { shared.note(event, of: session, on: loop) }

    func sessionReads(_ session: Session) -> StoreReads.Note? {
        guard let tap = tap(of: session) else { return nil }
        let bound = LoopBound(tap, loop: loop)
        // Stores answer on the loop that asked.
        return StoreReads.Note { noted in bound.value.note(noted) }
    }

    func sessionEnded(_ session: Session) {
        taps.removeValue(forKey: session.id)?.ended()
        // A server that stops, or has too many, is no reason for a customer to have done.
        keeper?.ended(session, mayReturn: isDraining || isMakingRoom)
        sessions.remove(session)
        shared.metrics.sessions.add(-1)
        finishDrain()
    }
}

extension StatusCode {
    /// It is not for the client to mend.
    fileprivate var isOwnFault: Bool {
        switch self {
        case .unknown, .deadlineExceeded, .internalError, .unavailable, .dataLoss: true
        default: false
        }
    }
}
