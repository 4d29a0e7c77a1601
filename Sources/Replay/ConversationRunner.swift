import Client
import EventLoop
import Wire

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// How one step went.
public struct StepResult: Sendable {
    public var index: Int
    public var line: Int
    /// Empty = everything expected came.
    public var failures: [String]
    public var messages: [ReceivedMessage]
    /// From the last thing sent to the end of the turn, milliseconds.
    public var tookMs: Double
}

/// How a conversation went.
public struct ConversationResult: Sendable {
    public var name: String
    public var file: String
    public var steps: [StepResult] = []
    /// Why the conversation could not be held to its end.
    public var error: String?

    public var passed: Bool { error == nil && steps.allSatisfy(\.failures.isEmpty) }
}

/// What a runner tells while it plays, on its loop.
public protocol RunnerObserver: AnyObject {
    func conversationStarted(_ script: Script)
    func stepStarted(_ step: Step, index: Int)
    func received(_ message: ReceivedMessage)
    func stepEnded(_ result: StepResult)
}

/// Plays one script against a server. Confined to its loop.
///
///     connect ──▶ step: send actions ──▶ wait (turn over | limit) ──▶ check ──▶ next step … ──▶ half-close ──▶ status
///
/// The first failing step ends the conversation: what comes after would be answered from another context.
public final class ConversationRunner {
    private let script: Script
    private let target: any ConversationTarget
    private let seat: ConversationSeat
    private var loop: EventLoop { target.loop }
    private let token: String
    private weak var observer: (any RunnerObserver)?
    private let done: (ConversationResult) -> Void
    private var result: ConversationResult
    private var connection: ClientConnection?
    private var conversation: Conversation?
    private var stepIndex = -1
    private var messages: [ReceivedMessage] = []
    private var sentUs: UInt64 = 0
    private var limitTimer: LoopTimer?
    private var waitsForTurn = false
    private var turnsOver = 0
    private var isDone = false

    /// Audio is sent in pieces of so many milliseconds.
    public static let audioChunkMs = 100

    /// - Parameter repetition: which of several conversations by the same script this is, from 0.
    public init(
        script: Script, target: any ConversationTarget, repetition: Int = 0, token: String = "", observer: (any RunnerObserver)? = nil,
        done: @escaping (ConversationResult) -> Void
    ) {
        self.script = script
        self.target = target
        seat = ConversationSeat(name: script.name, repetition: repetition)
        self.token = token.isEmpty ? script.token : token
        self.observer = observer
        self.done = done
        result = ConversationResult(name: script.name, file: script.file)
    }

    /// Connects and plays. Call on the target's loop; `done` is called on it, once.
    public func start() {
        observer?.conversationStarted(script)
        target.connect(seat) { [self] connected in
            switch connected {
            case .failure(let status): finish(error: "\(status)")
            case .success(let connection):
                self.connection = connection
                conversation = Conversation(
                    on: connection, token: token, onMessage: { [weak self] in self?.received($0) }, onEnd: { [weak self] in self?.ended($0) })
                nextStep()
            }
        }
    }

    private func nextStep() {
        stepIndex += 1
        guard stepIndex < script.steps.count else {
            conversation?.finish()
            limitTimer = loop.after(10_000_000) { [weak self] in
                self?.finish(error: "the server did not end the stream within 10 s of the half-close")
            }
            return
        }
        let step = script.steps[stepIndex]
        messages = []
        turnsOver = 0
        observer?.stepStarted(step, index: stepIndex)
        perform(step.actions[...])
    }

    /// Sends the actions in order; silence waits.
    private func perform(_ actions: ArraySlice<ClientAction>) {
        guard let conversation, let action = actions.first else { return sent() }
        let rest = actions.dropFirst()
        let last = rest.isEmpty
        do throws(RPCStatus) {
            switch action {
            case .say(let text, let language): try conversation.say(text, language: language, endOfTurn: last)
            case .show(let file): try conversation.show(try bytes(file), purpose: .query, endOfTurn: last)
            case .selfie(let file): try conversation.show(try bytes(file), purpose: .selfie, endOfTurn: last)
            case .speak(let file): for chunk in try AudioFile.read(file).chunks(ms: ConversationRunner.audioChunkMs) { try conversation.speak(chunk) }
            case .tryOn(let product): try conversation.control(.tryOn(TryOnRequest(productID: product)), endOfTurn: last)
            case .behaviour(let behaviour, let product): try conversation.did(behaviour, product: product)
            case .language(let code): try conversation.control(.setLanguage(SetLanguage(language: code)))
            case .bargeIn: try conversation.control(.bargeIn(BargeIn()))
            case .silence(let ms):
                loop.after(UInt64(ms) * 1_000) { [weak self] in self?.perform(rest) }
                return
            }
        } catch {
            return finish(error: "line \(script.steps[stepIndex].line): \(error)")
        }
        perform(rest)
    }

    private func bytes(_ file: String) throws(RPCStatus) -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: file) else { throw RPCStatus(.notFound, "\(file): no such file, or it cannot be read") }
        return Array(data)
    }

    private func sent() {
        sentUs = loop.nowUs
        let step = script.steps[stepIndex]
        waitsForTurn = step.endsTurn
        guard step.endsTurn || !step.expectations.isEmpty else { return endStep() }
        limitTimer?.cancel()
        limitTimer = loop.after(UInt64(step.withinMs) * 1_000) { [weak self] in self?.endStep(timedOut: true) }
        checkEnd()
    }

    private func received(_ message: ServerMessage) {
        let received = ReceivedMessage(message: message, afterMs: sentUs == 0 ? 0 : Double(loop.nowUs - min(sentUs, loop.nowUs)) / 1_000)
        messages.append(received)
        observer?.received(received)
        if case .turn(let turn) = message.kind, [.done, .interrupted, .expired].contains(turn.state) { turnsOver += 1 }
        // What comes after the last step, before the stream ends, belongs to no step.
        if limitTimer != nil, stepIndex < script.steps.count { checkEnd() }
    }

    private func checkEnd() {
        let step = script.steps[stepIndex]
        if waitsForTurn ? turnsOver > 0 : step.expectations.allSatisfy({ $0.failure(in: messages) == nil }) { endStep() }
    }

    private func endStep(timedOut: Bool = false) {
        limitTimer?.cancel()
        limitTimer = nil
        let step = script.steps[stepIndex]
        var failures = step.expectations.compactMap { expectation in
            expectation.failure(in: messages).map { "line \(expectation.line): \(expectation.name): \($0)" }
        }
        if timedOut, waitsForTurn { failures.append("line \(step.line): the turn was not over after \(step.withinMs) ms") }
        let ended = StepResult(
            index: stepIndex, line: step.line, failures: failures, messages: messages, tookMs: Double(loop.nowUs - sentUs) / 1_000)
        result.steps.append(ended)
        observer?.stepEnded(ended)
        if failures.isEmpty { nextStep() } else { finish(error: nil) }
    }

    private func ended(_ status: RPCStatus) {
        let complete = stepIndex >= script.steps.count
        finish(error: complete && status.code == .ok ? nil : "the stream ended: \(status)")
    }

    private func finish(error: String?) {
        guard !isDone else { return }
        isDone = true
        limitTimer?.cancel()
        result.error = error
        conversation?.onEnd = nil
        connection?.close()
        done(result)
    }
}
