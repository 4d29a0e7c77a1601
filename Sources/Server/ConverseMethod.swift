import Catalog
import Sessions
import Wire

/// `/vitrine.v1.Sessions/Converse`: a stream that carries one session.
///
/// Metadata: "vitrine-session-id" and "vitrine-resume-after" resume a session; "vitrine-trace: on" asks for a Trace after each turn.
final class ConverseHandler: StreamHandler, SessionOutlet {
    private let call: StreamCall
    private unowned let worker: LoopWorker
    private var session: Session?

    init(_ context: MethodContext, worker: LoopWorker) throws(RPCStatus) {
        call = context.call
        self.worker = worker
        let id = context.metadata("vitrine-session-id") ?? ""
        if id.isEmpty {
            session = try worker.newSession(
                principal: context.principal, wantsTrace: context.metadata("vitrine-trace") == "on", seed: context.call.takeSeed())
            try session?.attach(self)
        } else {
            guard let after = UInt64(context.metadata("vitrine-resume-after") ?? "0") else {
                throw RPCStatus(.invalidArgument, "'vitrine-resume-after' is the sequence of the last message received")
            }
            let resumed = try worker.resumableSession(id, principal: context.principal)
            do throws(RPCStatus) {
                try resumed.attach(self, resumeAfter: after)
            } catch {
                if !resumed.isAttached { worker.lost(resumed) }
                throw error
            }
            session = resumed
        }
    }

    func data(_ payload: UnsafeRawBufferPointer) throws(RPCStatus) { try session?.receive(payload) }

    func halfClose() { session?.halfClose() }

    func cancel() {
        guard let session else { return }
        self.session = nil
        session.detach(self)
        worker.lost(session)
    }

    // MARK: SessionOutlet

    func send(_ message: [UInt8]) { call.send(message) }

    func send(writing body: (inout [UInt8]) -> Void) { call.send(writing: body) }

    func grant(_ grant: CreditLedger.Grant) { call.grant(grant) }

    func close(_ status: RPCStatus) {
        session = nil
        call.close(status)
    }
}
