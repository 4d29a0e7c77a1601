import Catalog
import EventLoop
import Recording
import Sessions
import Wire

/// `/vitrine.v1.Sessions/Converse`: a stream that carries one session.
///
/// Metadata: "vitrine-session-id" and "vitrine-resume-after" resume a session; "vitrine-trace: on" asks for a Trace after each turn;
/// "vitrine-speak: on" has replies spoken; "vitrine-time" is what the customer's clock shows; "vitrine-record" and "vitrine-consent" say what may
/// be recorded.
///
///     open ──▶ new, or one that this process has ──▶ attached ──▶ data …
///       └────▶ one that is kept (`Restoring`) ──found──▶ attached, with what came meanwhile
final class ConverseHandler: StreamHandler, SessionOutlet {
    private let call: StreamCall
    private unowned let worker: LoopWorker
    /// As the client said it.
    private var localTime: LocalTime?
    private var session: Session?
    /// Listens for the session's recording, if it is recorded.
    private var tap: SessionTap?
    /// While the session is looked up in the store: what the client says already.
    private var restoring: Restoring?

    private struct Restoring {
        var payloads: [[UInt8]] = []
        var bytes = 0
        var isHalfClosed = false
    }

    /// Bytes that a client may say before its session is found.
    static let restoringBytesMax = 256 << 10
    /// What a message costs beside its content.
    private static let payloadBytes = 64

    init(_ context: MethodContext, worker: LoopWorker) throws(RPCStatus) {
        call = context.call
        self.worker = worker
        if let text = context.metadata("vitrine-time") { localTime = try LocalTime(text) }
        let id = context.metadata("vitrine-session-id") ?? ""
        if id.isEmpty {
            let made = try worker.newSession(
                principal: context.principal, wantsTrace: context.metadata("vitrine-trace") == "on", seed: context.call.takeSeed(),
                consent: try Consent(metadata: context.metadata("vitrine-consent")), record: context.metadata("vitrine-record"))
            session = made
            tap = worker.tap(of: made)
            tap?.opened(call.id, .sessionsConverse, context.metadata)
            made.speakReplies(context.metadata("vitrine-speak") == "on")
            if let localTime { made.setLocalTime(localTime) }
            try made.attach(self)
        } else {
            guard let after = UInt64(context.metadata("vitrine-resume-after") ?? "0") else {
                throw RPCStatus(.invalidArgument, "'vitrine-resume-after' is the sequence of the last message received")
            }
            guard !worker.mayBeKept(id) else {
                restore(id, after, context)
                return
            }
            try resume(try worker.resumableSession(id, principal: context.principal), after, context)
        }
    }

    private func resume(_ resumed: Session, _ after: UInt64, _ context: MethodContext) throws(RPCStatus) {
        tap = worker.tap(of: resumed)
        tap?.opened(call.id, .sessionsConverse, context.metadata)
        do throws(RPCStatus) {
            resumed.speakReplies(context.metadata("vitrine-speak") == "on")
            if let localTime { resumed.setLocalTime(localTime) }
            try resumed.attach(self, resumeAfter: after)
        } catch {
            if !resumed.isAttached { worker.lost(resumed) }
            throw error
        }
        session = resumed
    }

    // MARK: A session that another process had

    private func restore(_ id: String, _ after: UInt64, _ context: MethodContext) {
        restoring = Restoring()
        let bound = LoopBound((handler: self, worker: worker, context: context), loop: worker.loop)
        let (principal, wantsTrace) = (context.principal, context.metadata("vitrine-trace") == "on")
        Task(executorPreference: worker.loop) {
            let found: Result<Session, RPCStatus>
            do throws(RPCStatus) {
                found = .success(try await bound.value.worker.keptSession(id, principal: principal, after: after, wantsTrace: wantsTrace))
            } catch {
                found = .failure(error)
            }
            bound.value.handler.restored(found, after, bound.value.context)
        }
    }

    private func restored(_ found: Result<Session, RPCStatus>, _ after: UInt64, _ context: MethodContext) {
        guard let waiting = restoring else {
            // The client has gone; the session waits for it like any other.
            if case .success(let kept) = found, !kept.isAttached { worker.lost(kept) }
            return
        }
        restoring = nil
        do throws(RPCStatus) {
            try resume(try found.get(), after, context)
            for payload in waiting.payloads {
                let failure = payload.withUnsafeBytes { bytes -> RPCStatus? in
                    do throws(RPCStatus) { try data(bytes) } catch { return error }
                    return nil
                }
                if let failure { throw failure }
            }
        } catch {
            if let session {
                session.detach(self)
                worker.lost(session)
            }
            session = nil
            return call.close(error)
        }
        if waiting.isHalfClosed { halfClose() }
    }

    // MARK: StreamHandler

    func data(_ payload: UnsafeRawBufferPointer) throws(RPCStatus) {
        guard restoring == nil else { return try hold(payload) }
        guard let tap else {
            try session?.receive(payload)
            return
        }
        worker.note(tap)
        tap.received(call.id, payload)
        try session?.receive(payload)
        if session != nil { tap.handled() }
    }

    private func hold(_ payload: UnsafeRawBufferPointer) throws(RPCStatus) {
        guard let bytes = restoring?.bytes, case let total = bytes + payload.count + ConverseHandler.payloadBytes,
            total <= ConverseHandler.restoringBytesMax
        else {
            restoring = nil
            throw RPCStatus(
                .resourceExhausted, "at most \(ConverseHandler.restoringBytesMax) bytes may be sent before SessionStarted when a session is resumed")
        }
        restoring?.bytes = total
        restoring?.payloads.append(Array(payload))
    }

    func halfClose() {
        if restoring != nil {
            restoring?.isHalfClosed = true
            return
        }
        tap?.halfClosed(call.id)
        session?.halfClose()
    }

    func cancel() {
        restoring = nil
        guard let session else { return }
        tap?.cancelled(call.id)
        self.session = nil
        session.detach(self)
        worker.lost(session)
    }

    // MARK: SessionOutlet

    func send(_ message: [UInt8]) {
        tap?.sent(call.id, message)
        call.send(message)
    }

    func send(writing body: (inout [UInt8]) -> Void) {
        tap?.sent(call.id, writing: body)
        call.send(writing: body)
    }

    func grant(_ grant: CreditLedger.Grant) {
        tap?.granted(call.id, grant)
        call.grant(grant)
    }

    func close(_ status: RPCStatus) {
        tap?.closed(call.id, status)
        session = nil
        call.close(status)
    }
}
