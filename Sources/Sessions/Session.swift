// Sessions: what a conversation is, whatever connection carries it.
//
// Owns the numbering, the time line, the turns, the dialogue context and the unacknowledged answers of each session. Turns, credit, image
// parts, rate limits and the outbox are value-type state machines; Session carries their actions out. It never touches a socket,
// never blocks, and hands every computation to a node or an agent. Everything here is confined to the loop that owns the session.

public import Catalog
public import EventLoop
import Fusion
public import Router
public import Wire

/// What carries a session's messages at the moment. Called on the session's loop.
public protocol SessionOutlet: AnyObject {
    /// One serialized ServerMessage.
    func send(_ message: [UInt8])
    /// One serialized ServerMessage, written straight into the connection's output.
    func send(writing body: (inout [UInt8]) -> Void)
    func grant(_ grant: CreditLedger.Grant)
    /// The last call: the stream ends.
    func close(_ status: RPCStatus)
}

/// Where a session tells what happened, for metrics and stores. Called on the session's loop.
public protocol SessionObserver: AnyObject {
    func sessionDecided(afterUs: UInt64)
    /// From a reply's first sentence to its first audio.
    func sessionSpoke(afterUs: UInt64)
    func sessionTurnOver(_ session: Session, tookUs: UInt64, state: TurnMachine.State)
    /// - Parameters:
    ///   - turnID: 0 when it belongs to no turn.
    ///   - traceID: of the turn; "" without one.
    func sessionProblem(_ session: Session, _ status: RPCStatus, turnID: UInt64, traceID: String)
    func sessionBehaviour(_ session: Session, _ event: BehaviourEvent)
    func sessionEnded(_ session: Session)
    /// The session is to be kept as it is now; returns when it is, or cannot be for the time being.
    nonisolated(nonsending) func sessionKeep(_ session: Session) async
    /// Who is to be told what the session's agents read from the stores; nil = nobody.
    func sessionReads(_ session: Session) -> StoreReads.Note?
}

extension SessionObserver {
    public func sessionReads(_ session: Session) -> StoreReads.Note? { nil }
    public func sessionSpoke(afterUs: UInt64) {}
    nonisolated(nonsending) public func sessionKeep(_ session: Session) async {}
}

/// One conversation.
public final class Session {
    public let id: String
    /// Hash of the id: seeds what is random, keys what is shared fairly.
    public let key: UInt64
    public let principal: Principal
    public let limits: SessionLimits
    let loop: EventLoop
    let router: Router
    unowned let observer: any SessionObserver
    /// The deployment that the next turn pins.
    let deployment: () -> Deployment
    /// Held until it is detached or closed, which every stream comes to: a weak reference would cost each message a detour.
    var outlet: (any SessionOutlet)?

    let startedUs: UInt64
    var route: Route?
    var routeDeployment: UInt64 = 0
    var ledger: CreditLedger
    var outbox: Outbox
    var controlRate: RateLimit
    var lastClientSequence: UInt64 = 0
    /// The customer has said something, here or where the conversation began.
    public internal(set) var hasHeard = false
    var lastTurnID: UInt64 = 0
    /// Turns that are not over, oldest first; the last one may still collect.
    var turns: [Turn] = []
    /// The newest turn that is over, for amendments and late credit.
    var lastOver: Turn?
    var assembly: ImageAssembly?
    /// The server's budget for what is held on its way in, and this session's part of it.
    let ingress: IngressBudget
    var ingressBytes = 0
    /// Of sound files that are not transcribed yet: the recogniser keeps a file until it is whole, and then until its turn comes.
    var soundFileBytes = 0
    /// Plugin streams that listen to the microphone.
    var audioNodesOpen = false
    /// … and those that were told that it is off and still transcribe.
    var audioDraining = false
    /// Speaks the replies, for clients that want it.
    var speaker: Speaker?
    var context = DialogueContext()
    /// How often a person took or released the conversation.
    var hands = 0
    /// What came too late for its turn and, by the graph, counts in the next one.
    var carried: [(Turn) -> Void] = []
    /// What was said and answered so far, newest last.
    var records: [TurnRecord] = []
    /// The language the customer set, or was last heard to speak.
    var language = ""
    var languageIsSet = false
    /// The customer has been told, in their own language, which ones answers come in.
    var toldLanguages = false
    /// What the customer agreed to, in the Open or since.
    public var consent = Consent()
    var wantsTrace = false
    /// The customer's clock when the session's time line was at `us`; nil = the client did not say.
    private var clock: (time: LocalTime, us: UInt64)?
    var video: VideoSlot?
    /// Streams on which the text encoder reads parts of a turn: whose, and which. Closed ones are taken out.
    var partStreams: [UInt64: (turnID: UInt64, place: Int)] = [:]
    var partStreamsOpened: UInt64 = 0
    var videoTimer: LoopTimer?
    /// The product that every camera picture is answered with.
    var liveTryOn: String?
    var halfClosed = false
    var ended = false
    private var randomState: SeededRandom
    /// Messages that the client should have got from the process that had this session before.
    var lost: ClosedRange<UInt64>?

    /// Turns are numbered up to here: room for counting on after any number a client names.
    public static let turnIDMax = UInt64(1) << 62
    /// Messages that a kept session goes on from are numbered up to here, for the same reason.
    static let sequenceMax = UInt64(1) << 62

    public init(
        id: String, key: UInt64, principal: Principal, loop: EventLoop, router: Router, limits: SessionLimits,
        observer: any SessionObserver, seed: UInt64, wantsTrace: Bool = false, ingress: IngressBudget = IngressBudget(bytesMax: .max),
        deployment: @escaping () -> Deployment
    ) {
        self.id = id
        self.key = key
        self.principal = principal
        self.loop = loop
        self.router = router
        self.limits = limits
        self.observer = observer
        self.deployment = deployment
        self.wantsTrace = wantsTrace
        self.ingress = ingress
        startedUs = loop.nowUs
        ledger = CreditLedger(windows: limits.windows)
        outbox = Outbox(bytesMax: limits.resumeBytesMax)
        controlRate = RateLimit(perSecond: limits.controlMessagesPerSecondMax)
        randomState = SeededRandom(seed: seed)
    }

    /// Microseconds since the session began.
    public var timelineUs: UInt64 { loop.nowUs - startedUs }

    /// What the customer's clock shows now.
    var localTime: LocalTime? { clock.map { $0.time.after(us: timelineUs - $0.us) } }

    /// The client says what time it is where the customer is.
    public func setLocalTime(_ time: LocalTime) { clock = (time, timelineUs) }

    func random() -> UInt64 { randomState.next() }

    // MARK: Connection

    /// A stream now carries this session; what the client has not seen since `resumeAfter` is sent again.
    public func attach(_ outlet: any SessionOutlet, resumeAfter: UInt64? = nil) throws(RPCStatus) {
        var again: [[UInt8]] = []
        if let resumeAfter, lost == nil {
            guard let missed = outbox.after(resumeAfter) else {
                throw RPCStatus(
                    .dataLoss,
                    "messages after \(resumeAfter) are no longer kept (kept: after \(outbox.lostUpTo) up to \(outbox.lastSequence)); "
                        + "open a new session"
                )
            }
            again = missed
        }
        self.outlet?.close(RPCStatus(.aborted, "session \(id) was resumed on another stream"))
        self.outlet = outlet
        ledger = CreditLedger(windows: limits.windows)
        halfClosed = false
        lastClientSequence = 0
        // What was missed first: numbers only rise, so that a client that is cut off again knows what it has.
        for message in again { outlet.send(message) }
        emit(
            .session(
                SessionStarted(
                    sessionID: id, traceID: traceID(), resumed: resumeAfter != nil,
                    limits: Limits(
                        frameBytesMax: UInt32(limits.frameBytesMax), imageBytesMax: UInt32(limits.imageBytesMax),
                        imagePixelsMax: limits.imagePixelsMax, textBytesMax: UInt32(limits.textBytesMax),
                        turnInputsMax: UInt32(deployment().plan.align.inputsMax)))), turnID: 0, revision: 0)
        if let lost {
            self.lost = nil
            problem(RPCStatus(.dataLoss, "messages \(lost.lowerBound) to \(lost.upperBound) were lost with the server; the conversation goes on"))
        }
    }

    /// The stream that carried this session is gone; the session stays until it is resumed or ended.
    public func detach(_ outlet: any SessionOutlet) {
        guard self.outlet === outlet else { return }
        self.outlet = nil
    }

    public var isAttached: Bool { outlet != nil }

    /// The client has nothing more to send: an open turn is sealed, answers still go out, then the stream ends.
    public func halfClose() {
        halfClosed = true
        finishAudio()
        if let turn = turns.last, turn.machine.isCollecting, !turn.speechOpen { seal(turn) }
        // A pause that was made for an interruption is over: there will be none.
        speaker?.next()
        closeWhenQuiet()
    }

    /// Ends the session: everything in the making is cancelled. `status` goes to the client if a stream is attached.
    public func end(_ status: RPCStatus) {
        guard !ended else { return }
        ended = true
        assembly = nil
        ingress.give(ingressBytes)
        ingressBytes = 0
        for turn in turns {
            for task in turn.tasks { task.cancel() }
            cancelNetworks(turn)
            turn.cancelTimers()
        }
        turns.removeAll()
        lastOver = nil
        videoTimer?.cancel()
        videoTimer = nil
        speaker?.cancel()
        route?.cancel()
        route = nil
        let outlet = self.outlet
        self.outlet = nil
        outlet?.close(status)
        observer.sessionEnded(self)
    }

    func closeWhenQuiet() {
        guard halfClosed, turns.isEmpty, !audioNodesOpen, !audioDraining, speaker?.isBusy != true, !ended else { return }
        end(.ok)
    }

    // MARK: Messages

    /// One serialized ClientMessage. Throwing ends the stream with that status; what is wrong with the content alone becomes a Problem.
    public func receive(_ payload: UnsafeRawBufferPointer) throws(RPCStatus) {
        let peek = try MessagePeek(clientMessage: payload)
        hasHeard = true
        if peek.sequence != 0 {
            guard peek.sequence == lastClientSequence + 1 else {
                throw RPCStatus(.invalidArgument, "message \(peek.sequence) came where \(lastClientSequence + 1) was due")
            }
            lastClientSequence = peek.sequence
        }
        do throws(RPCStatus) {
            switch peek.kind {
            case ClientMessageKind.text: try receiveText(payload, peek)
            case ClientMessageKind.audio: try receiveAudio(payload, peek)
            case ClientMessageKind.image: try receiveImage(payload, peek)
            case ClientMessageKind.video: try receiveVideo(payload, peek)
            case ClientMessageKind.behaviour: try receiveBehaviour(payload, peek)
            case ClientMessageKind.control: try receiveControl(payload, peek)
            default:
                throw RPCStatus(.invalidArgument, "the message has none of the kinds text, audio, image, video, behaviour, control")
            }
        } catch {
            if error.code == .resourceExhausted, error.message.contains("credit left") { throw error }
            problem(error, sequence: peek.sequence, turnID: peek.turnID)
        }
        if peek.endOfTurn, let turn = turns.last, turn.machine.isCollecting, !turn.speechOpen { seal(turn) }
    }

    func problem(_ status: RPCStatus, sequence: UInt64 = 0, turnID: UInt64 = 0) {
        observer.sessionProblem(self, status, turnID: turnID, traceID: turn(turnID)?.traceID ?? "")
        emit(.problem(Problem(code: status.code.rawValue, message: status.message, clientSequence: sequence)), turnID: turnID, revision: 0)
    }

    /// 128 bits as hex.
    func traceID() -> String {
        func hex(_ value: UInt64) -> String {
            let digits = String(value, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }
        return hex(random()) + hex(random())
    }
}
