import Client
import EventLoop
import Recording
import Wire

/// How a recording went when it was played again.
public struct ShadowResult: Sendable {
    public var was: [TurnAnswers]
    public var now: [TurnAnswers]
    public var differences: [AnswerDifference]
    /// What could not be played as it was.
    public var notes: [String]
    /// Why it could not be played to its end.
    public var error: String?
}

/// Plays the customer's side of a recording again and compares what is answered: what another version would have said. Confined to its target's loop.
///
///     connect ──▶ input: wait for as many turns as were over then, then as long as it took then ──▶ send … ──▶ last turn over ──▶ half-close
///
/// Long pauses are shortened: nobody needs to wait for a customer's thinking.
public final class RecordingPlayer {
    private let inputs: RecordedInputs
    private let seat: ConversationSeat
    private let target: any ConversationTarget
    private let token: String
    private let done: (ShadowResult) -> Void
    private var connection: ClientConnection?
    private var conversation: Conversation?
    private var next = 0
    private var turnsOver = 0
    private var messages: [(timeUs: UInt64, message: ServerMessage)] = []
    private var sentUs: [UInt64] = []
    private var timer: LoopTimer?
    private var patience: LoopTimer?
    private var notes: [String]
    private var isFinishing = false
    private var isDone = false

    /// Pauses of the customer are at most so long when they are played.
    public static let pauseUsMax: UInt64 = 1_000_000
    /// Without a word from the server for so long, the next input is sent, or the conversation ended.
    public static let patienceUs: UInt64 = 30_000_000

    /// - Parameters:
    ///   - token: what the player shows; a recording holds none.
    ///   - done: called once on the loop.
    public init(
        _ inputs: RecordedInputs, name: String, target: any ConversationTarget, token: String = "", done: @escaping (ShadowResult) -> Void
    ) {
        self.inputs = inputs
        self.target = target
        self.token = token
        self.done = done
        seat = ConversationSeat(name: name)
        notes = inputs.notes
    }

    /// Connects and plays. Call on the loop.
    public func start() {
        target.connect(seat) { [self] connected in
            switch connected {
            case .failure(let status): finish(error: "\(status)")
            case .success(let connection):
                self.connection = connection
                conversation = Conversation(
                    on: connection, token: token, localTime: inputs.localTime, onMessage: { [weak self] in self?.received($0) },
                    onEnd: { [weak self] in self?.ended($0) })
                advance()
            }
        }
    }

    /// Sends the next input when its time has come.
    private func advance() {
        timer?.cancel()
        timer = nil
        guard !isDone, !isFinishing else { return }
        guard next < inputs.inputs.count else {
            if turnsOver >= inputs.turnsOver { halfClose() } else { waitOn() }
            return
        }
        let input = inputs.inputs[next]
        guard turnsOver >= input.afterTurns else { return waitOn() }
        timer = target.loop.after(min(input.delayUs, RecordingPlayer.pauseUsMax)) { [weak self] in self?.send(input) }
    }

    private func send(_ input: RecordedInputs.Input) {
        next += 1
        do throws(RPCStatus) {
            sentUs.append(target.loop.nowUs)
            try conversation?.send(input.kind, lane: input.kind.lane, endOfTurn: input.endOfTurn, turnID: input.turnID)
        } catch {
            return finish(error: "input \(next): \(error)")
        }
        advance()
    }

    /// Turns end as they did then, or after some time it goes on without.
    private func waitOn() {
        patience?.cancel()
        patience = target.loop.after(RecordingPlayer.patienceUs) { [weak self] in self?.losePatience() }
    }

    private func losePatience() {
        guard next < inputs.inputs.count else { return halfClose() }
        let input = inputs.inputs[next]
        notes.append("input \(next + 1) was sent although \(input.afterTurns - turnsOver) turns that were over then are not over now")
        turnsOver = input.afterTurns
        advance()
    }

    private func received(_ message: ServerMessage) {
        messages.append((target.loop.nowUs, message))
        if patience != nil { waitOn() }
        guard case .turn(let turn) = message.kind, turn.state.isOver else { return }
        turnsOver += 1
        if timer == nil { advance() }
    }

    private func halfClose() {
        patience?.cancel()
        guard !isFinishing else { return }
        isFinishing = true
        conversation?.finish()
        timer = target.loop.after(10_000_000) { [weak self] in self?.finish(error: "the server did not end the stream within 10 s of the half-close")
        }
    }

    private func ended(_ status: RPCStatus) { finish(error: isFinishing && status.code == .ok ? nil : "the stream ended: \(status)") }

    private func finish(error: String?) {
        guard !isDone else { return }
        isDone = true
        timer?.cancel()
        patience?.cancel()
        conversation?.onEnd = nil
        connection?.close()
        let now = TurnAnswers.collect(messages, inputUs: sentUs)
        done(
            ShadowResult(
                was: inputs.answers, now: now, differences: AnswerDifference.between(inputs.answers, now), notes: notes, error: error))
    }
}

extension ClientMessage.Kind {
    fileprivate var lane: Lane {
        switch self {
        case .audio: .audio
        case .image: .media
        case .video: .video
        case .text, .behaviour, .control: .control
        }
    }
}
