public import Sessions
public import Wire

/// Keeps what a session sends, and what it tells its observer. On the session's loop.
open class SessionLog: SessionObserver, SessionOutlet {
    public private(set) var messages: [ServerMessage] = []
    public private(set) var grants: [CreditLedger.Grant] = []
    public private(set) var closed: RPCStatus?
    public private(set) var endedTurns: [TurnMachine.State] = []
    /// States that had to be kept before an agent went on.
    public private(set) var kept: [SessionState] = []
    /// Bytes that were no ServerMessage: a test that expects messages fails for want of them, and this says why.
    public private(set) var undecodable = 0
    /// Problems as an operator hears of them.
    public private(set) var noted: [(status: RPCStatus, turnID: UInt64, traceID: String)] = []

    public init() {}

    public func send(_ message: [UInt8]) {
        message.withUnsafeBytes { bytes in
            do { messages.append(try ServerMessage(decoding: bytes)) } catch { undecodable += 1 }
        }
    }

    public func send(writing body: (inout [UInt8]) -> Void) {
        var bytes: [UInt8] = []
        body(&bytes)
        send(bytes)
    }

    public func grant(_ grant: CreditLedger.Grant) { grants.append(grant) }
    public func close(_ status: RPCStatus) { closed = status }

    public func sessionDecided(afterUs: UInt64) {}
    public func sessionTurnOver(_ session: Session, tookUs: UInt64, state: TurnMachine.State) { endedTurns.append(state) }
    public func sessionProblem(_ session: Session, _ status: RPCStatus, turnID: UInt64, traceID: String) {
        noted.append((status, turnID, traceID))
    }
    public func sessionBehaviour(_ session: Session, _ event: BehaviourEvent) {}
    public func sessionEnded(_ session: Session) {}
    nonisolated(nonsending) public func sessionKeep(_ session: Session) async { kept.append(session.state) }
}
