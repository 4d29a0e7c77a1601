import Catalog
import Recording
import Sessions
import Wire

/// `/vitrine.v1.Sessions/Converse`: a stream that carries one session.
///
/// Metadata: "vitrine-session-id" and "vitrine-resume-after" resume a session; "vitrine-trace: on" asks for a Trace after each turn;
/// "vitrine-speak: on" has replies spoken; "vitrine-record" and "vitrine-consent" say what may be recorded.
final class ConverseHandler: StreamHandler, SessionOutlet {
    private let call: StreamCall
    private unowned let worker: LoopWorker
    private var session: Session?
    /// Listens for the session's recording, if it is recorded.
    private let tap: SessionTap?

    init(_ context: MethodContext, worker: LoopWorker) throws(RPCStatus) {
        call = context.call
        self.worker = worker
        let id = context.metadata("vitrine-session-id") ?? ""
        if id.isEmpty {
            let made = try worker.newSession(
                principal: context.principal, wantsTrace: context.metadata("vitrine-trace") == "on", seed: context.call.takeSeed(),
                consent: try Consent(metadata: context.metadata("vitrine-consent")), record: context.metadata("vitrine-record"))
            session = made
            tap = worker.tap(of: made)
            tap?.opened(call.id, .sessionsConverse, context.metadata)
            made.speakReplies(context.metadata("vitrine-speak") == "on")
            try made.attach(self)
        } else {
            guard let after = UInt64(context.metadata("vitrine-resume-after") ?? "0") else {
                throw RPCStatus(.invalidArgument, "'vitrine-resume-after' is the sequence of the last message received")
            }
            let resumed = try worker.resumableSession(id, principal: context.principal)
            tap = worker.tap(of: resumed)
            tap?.opened(call.id, .sessionsConverse, context.metadata)
            do throws(RPCStatus) {
                resumed.speakReplies(context.metadata("vitrine-speak") == "on")
                try resumed.attach(self, resumeAfter: after)
            } catch {
                if !resumed.isAttached { worker.lost(resumed) }
                throw error
            }
            session = resumed
        }
    }

    func data(_ payload: UnsafeRawBufferPointer) throws(RPCStatus) {
        guard let tap else {
            try session?.receive(payload)
            return
        }
        worker.note(tap)
        tap.received(call.id, payload)
        try session?.receive(payload)
        if session != nil { tap.handled() }
    }

    func halfClose() {
        tap?.halfClosed(call.id)
        session?.halfClose()
    }

    func cancel() {
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
