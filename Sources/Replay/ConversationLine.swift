import Client
import EventLoop
import Wire

/// A runner's line to the server: connects, loses and resumes the connection, and impairs what passes. Confined to the target's loop.
///
///     down ──connect──▶ connecting ──▶ up ──disconnect, loss, cancel, status──▶ down ──resume──▶ connecting …
///
/// Messages that are late stay in order, in each direction of its own.
final class ConversationLine {
    private let target: any ConversationTarget
    private let impairments: Impairments
    private let token: String
    private let wantsTrace: Bool
    private let time: String
    private var seat: ConversationSeat
    private var random: SeededRandom
    private var connection: ClientConnection?
    private var conversation: Conversation?
    private var waiting: [(Conversation) throws(RPCStatus) -> Void] = []
    private let out: LateQueue
    private let into: LateQueue
    private var silentUntilUs: UInt64 = 0
    private var readAgain: LoopTimer?
    private var lossTimers: [LoopTimer] = []
    private var sessionID = ""
    private var lastReceived: UInt64 = 0
    private var isReconnecting = false
    private var isClosed = false
    private(set) var isUp = false

    var onMessage: ((ServerMessage) -> Void)?
    /// The stream has ended; false when nobody meant it to.
    var onEnd: ((RPCStatus, _ meant: Bool) -> Void)?
    /// Something could not be sent.
    var onFailure: ((RPCStatus) -> Void)?

    /// Messages that may wait for a connection.
    static let waitingMax = 4_096

    private var loop: EventLoop { target.loop }

    init(target: any ConversationTarget, seat: ConversationSeat, impairments: Impairments, token: String, time: String, wantsTrace: Bool) {
        self.target = target
        self.seat = seat
        self.impairments = impairments
        self.token = token
        self.time = time
        self.wantsTrace = wantsTrace
        random = SeededRandom(seed: impairments.seed)
        out = LateQueue(target.loop)
        into = LateQueue(target.loop)
    }

    /// Connects, or connects again and resumes. `done` is called once.
    func connect(_ done: @escaping (RPCStatus?) -> Void) {
        if !sessionID.isEmpty { seat.resuming = sessionID }
        target.connect(seat) { [weak self] connected in
            guard let self else { return }
            switch connected {
            case .failure(let status): done(status)
            case .success(let connection):
                guard !isClosed else { return connection.close() }
                opened(connection)
                done(nil)
            }
        }
    }

    private func opened(_ connection: ClientConnection) {
        self.connection = connection
        let resuming = sessionID.isEmpty ? nil : (sessionID: sessionID, after: lastReceived)
        let made = Conversation(
            on: connection, token: token, resuming: resuming, wantsTrace: wantsTrace, localTime: resuming == nil ? time : "",
            onMessage: { [weak self] in self?.arrived($0) },
            onEnd: { [weak self] in self?.ended($0) })
        conversation = made
        isUp = true
        isMeant = false
        let held = waiting
        waiting.removeAll()
        for body in held { perform(body) }
    }

    /// Loses the connection at the times that the impairments say. Call when the conversation begins.
    func scheduleLosses(_ lost: @escaping () -> Void) {
        for ms in impairments.lossesAtMs {
            lossTimers.append(
                loop.after(UInt64(ms) * 1_000) { [weak self] in
                    guard let self, isUp else { return }
                    isReconnecting = true
                    lost()
                    connection?.abort()
                })
        }
    }

    // MARK: Sending

    /// Does something with the conversation, late by the line's delay; waits while a lost connection is being made again.
    func send(_ body: @escaping (Conversation) throws(RPCStatus) -> Void) {
        out.put(lateUs: late()) { [weak self] in self?.perform(body) }
    }

    private func perform(_ body: @escaping (Conversation) throws(RPCStatus) -> Void) {
        guard !isClosed else { return }
        guard isUp, let conversation else {
            guard isReconnecting, waiting.count < Self.waitingMax else {
                onFailure?(RPCStatus(.failedPrecondition, "there is no connection; 'resume: true' connects again"))
                return
            }
            waiting.append(body)
            return
        }
        do throws(RPCStatus) { try body(conversation) } catch { onFailure?(error) }
    }

    private func late() -> UInt64 {
        let jitterUs = impairments.jitterMs > 0 ? UInt64.random(in: 0...UInt64(impairments.jitterMs) * 1_000, using: &random) : 0
        return UInt64(impairments.delayMs) * 1_000 + jitterUs
    }

    private var isMeant = false

    func cancel() {
        isMeant = true
        send { $0.cancel() }
    }

    func disconnect() {
        isMeant = true
        connection?.abort()
    }

    /// Nothing more is said; answers still come.
    func finish() {
        isMeant = true
        for timer in lossTimers { timer.cancel() }
        send { $0.finish() }
    }

    func close() {
        isClosed = true
        isUp = false
        readAgain?.cancel()
        out.cancel()
        into.cancel()
        for timer in lossTimers { timer.cancel() }
        conversation?.onEnd = nil
        conversation?.onMessage = nil
        connection?.close()
        connection = nil
        conversation = nil
        onMessage = nil
        onEnd = nil
        onFailure = nil
    }

    // MARK: Receiving

    /// Times without reading add up.
    func stopReading(ms: Int) {
        connection?.pauseReading()
        readAgain?.cancel()
        silentUntilUs = max(silentUntilUs, loop.nowUs) + UInt64(ms) * 1_000
        readAgain = loop.after(silentUntilUs - loop.nowUs) { [weak self] in self?.connection?.resumeReading() }
    }

    private func arrived(_ message: ServerMessage) {
        sessionID = conversation?.sessionID ?? sessionID
        lastReceived = conversation?.lastReceived ?? lastReceived
        if impairments.readerBytesPerSecond > 0 {
            stopReading(ms: max(1, message.encoded().count * 1_000 / impairments.readerBytesPerSecond))
        }
        inOrder { $0.onMessage?(message) }
    }

    private func ended(_ status: RPCStatus) {
        isUp = false
        readAgain?.cancel()
        connection?.close()
        connection = nil
        conversation = nil
        if isReconnecting {
            loop.after(UInt64(impairments.reconnectMs) * 1_000) { [weak self] in
                self?.connect { failure in
                    self?.isReconnecting = false
                    if let failure { self?.onEnd?(failure, false) }
                }
            }
            return
        }
        let meant = isMeant
        inOrder { $0.onEnd?(status, meant) }
    }

    private func inOrder(_ body: @escaping (ConversationLine) -> Void) {
        into.put(lateUs: late()) { [weak self] in self.map(body) }
    }
}
