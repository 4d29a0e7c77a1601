import CheckedYAML
import EventLoop
import Wire

/// How runners play.
public struct RunnerOptions: Sendable {
    /// Instead of the scripts' own.
    public var token = ""
    /// Asks the server where the time of each turn went.
    public var wantsTrace = true
    /// How long the server may take to end the stream after the last word, milliseconds.
    public var farewellMsMax = 10_000

    public init() {}
}

/// Plays one script against a server. Confined to its target's loop.
///
///     connect ──▶ step: send actions ──▶ wait (turn over | all came | limit) ──▶ check ──▶ next step … ──▶ half-close ──▶ status
///
/// A step with `at_ms` or `after` begins while the one before it is still open, so that customers can interrupt. The first failing step ends the
/// conversation: what comes after would be answered from another context.
public final class ConversationRunner {
    let script: Script
    let assets: ScriptAssets
    let target: any ConversationTarget
    let line: ConversationLine
    private let options: RunnerOptions
    private let similarity: (any TextSimilarity)?
    private weak var observer: (any RunnerObserver)?
    private let done: (ConversationResult) -> Void
    private var result: ConversationResult
    private var watch = ProtocolWatch()
    private var open: [OpenStep] = []
    private var limits: [Int: LoopTimer] = [:]
    private var nextStep = 0
    /// What steps took out of answers, by name.
    private var captured: [String: String] = [:]
    private var startTimer: LoopTimer?
    /// Everything that came, for steps that begin after an event.
    private var log: [ReceivedMessage] = []
    /// Where in `log` the step before the next one began.
    private var logMark = 0
    private var turnStates: [UInt64: TurnState] = [:]
    /// Turns that steps have led to which were over before the turn was seen.
    private var owedTurns = 0
    private var beganUs: UInt64 = 0
    private var isSayingGoodbye = false
    private var isDone = false

    var loop: EventLoop { target.loop }

    /// Audio is sent in pieces of so many milliseconds.
    public static let audioChunkMs = 100
    /// Messages of one conversation that are kept.
    public static let messagesMax = 100_000

    /// - Parameters:
    ///   - assets: what the script speaks and shows; read before, since a loop does not wait for files.
    ///   - repetition: which of several conversations by the same script this is, from 0.
    ///   - similarity: needed where an expectation compares meanings.
    public init(
        script: Script, target: any ConversationTarget, assets: ScriptAssets, repetition: Int = 0, options: RunnerOptions = RunnerOptions(),
        similarity: (any TextSimilarity)? = nil, observer: (any RunnerObserver)? = nil, done: @escaping (ConversationResult) -> Void
    ) {
        self.script = script
        self.target = target
        self.assets = assets
        self.options = options
        self.similarity = similarity
        self.observer = observer
        self.done = done
        line = ConversationLine(
            target: target, seat: ConversationSeat(name: script.name, repetition: repetition), impairments: script.impairments,
            token: options.token.isEmpty ? script.token : options.token, time: script.time, wantsTrace: options.wantsTrace)
        result = ConversationResult(
            name: script.name, file: script.file, tags: script.tags, impairments: script.impairments, repetition: repetition)
    }

    /// Connects and plays. Call on the target's loop; `done` is called on it, once.
    public func start() {
        beganUs = loop.nowUs
        observer?.conversationStarted(script)
        line.onMessage = { [unowned self] in received($0) }
        line.onEnd = { [unowned self] status, meant in ended(status, meant: meant) }
        line.onFailure = { [unowned self] in finish(error: currentPlace + "\($0)") }
        line.connect { [self] failure in
            if let failure { return finish(error: "\(failure)") }
            line.scheduleLosses { [weak self] in self?.noteLoss() }
            armNext()
        }
    }

    // MARK: Steps begin

    /// Begins the next step, or arranges that it begins.
    private func armNext() {
        guard !isDone, startTimer == nil else { return }
        guard nextStep < script.steps.count else {
            if open.isEmpty { sayGoodbye() }
            return
        }
        guard script.steps[nextStep].start.overlaps || open.isEmpty else { return }
        let step: Step
        do throws(YAMLError) { step = try script.steps[nextStep].bound(captured) } catch { return finish(error: "\(error)") }
        if let kind = step.start.after {
            guard log.dropFirst(logMark).count(where: kind.matches) >= step.start.afterCount else { return awaitEvent(step, kind) }
        }
        let at = step.start.atMs.map { beganUs + UInt64($0) * 1_000 } ?? 0
        let due = max(at, loop.nowUs) + UInt64(step.start.delayMs) * 1_000
        if due <= loop.nowUs { return begin(step) }
        startTimer = loop.after(due - loop.nowUs) { [unowned self] in
            startTimer = nil
            begin(step)
        }
    }

    /// Once every step before is over, what a step comes after has the step's own limit to come.
    private func awaitEvent(_ step: Step, _ kind: EventKind) {
        guard open.isEmpty, limits[nextStep] == nil else { return }
        let index = nextStep
        limits[index] = loop.after(UInt64(step.withinMs) * 1_000) { [unowned self] in
            guard nextStep == index, !isDone else { return }
            let waiting = OpenStep(index: index, step: step, nowUs: loop.nowUs, turn: 0)
            var result = waiting.unfinished(nowUs: loop.nowUs, beganUs: beganUs)
            result.isUnfinished = false
            result.failures = ["line \(step.line): the step comes after \(kind.rawValue), which did not come within \(step.withinMs) ms"]
            record(result)
            finish(error: nil)
        }
    }

    private func begin(_ step: Step) {
        let index = nextStep
        nextStep += 1
        logMark = log.count
        limits.removeValue(forKey: index)?.cancel()
        let collecting = turnStates.filter { $0.value == .collecting }.map(\.key).max() ?? 0
        open.append(OpenStep(index: index, step: step, nowUs: loop.nowUs, turn: collecting))
        observer?.stepStarted(step, index: index)
        perform(step.actions[...], of: index)
        armNext()
    }

    /// Everything of a step was sent.
    func sent(_ index: Int) {
        guard !isDone, let place = open.firstIndex(where: { $0.index == index }) else { return }
        open[place].sent(nowUs: loop.nowUs)
        limits[index] = loop.after(UInt64(open[place].step.withinMs) * 1_000) { [unowned self] in end(index, timedOut: true) }
        endComplete()
    }

    // MARK: What comes

    private func received(_ message: ServerMessage) {
        guard !isDone else { return }
        result.violations += watch.see(message)
        let now = loop.nowUs
        let received = ReceivedMessage(message: message, afterMs: open.last?.afterMs(now) ?? 0, atMs: Double(now - beganUs) / 1_000)
        observer?.received(received)
        guard log.count < Self.messagesMax else { return finish(error: "more than \(Self.messagesMax) messages came") }
        log.append(received)
        if message.turnID != 0, turnStates[message.turnID] == nil { give(message.turnID) }
        if case .turn(let turn)? = message.kind { turnStates[message.turnID] = turn.state }
        if case .trace? = message.kind, let place = result.steps.lastIndex(where: { $0.concerns(turn: message.turnID) }) {
            // It follows the end of its turn, and so the end of the step.
            result.steps[place].messages.append(received)
        } else {
            for place in open.indices { open[place].received(message, nowUs: now, beganUs: beganUs) }
        }
        endComplete()
        armNext()
    }

    /// A new turn belongs to the earliest step that has led to one and does not know it yet.
    private func give(_ turn: UInt64) {
        turnStates[turn] = .unspecified
        if owedTurns > 0 {
            owedTurns -= 1
            return
        }
        for place in open.indices where open[place].claim(turn) { return }
    }

    private func ended(_ status: RPCStatus, meant: Bool) {
        guard !isDone else { return }
        if isSayingGoodbye { return finish(error: status.code == .ok ? nil : "the stream ended: \(status)") }
        let now = loop.nowUs
        log.append(ReceivedMessage(ended: status, afterMs: open.last?.afterMs(now) ?? 0, atMs: Double(now - beganUs) / 1_000))
        let wasExpected = meant || open.contains(where: \.allowsEnd)
        for place in open.indices { open[place].ended(status, nowUs: now, beganUs: beganUs) }
        guard wasExpected else { return finish(error: currentPlace + "the stream ended: \(status)") }
        endComplete()
        armNext()
    }

    private func noteLoss() { turnStates = turnStates.filter { $0.value != .collecting } }

    /// "line 7: ", of the step that is being played.
    private var currentPlace: String { open.last.map { "line \($0.step.line): " } ?? "" }

    // MARK: Steps end

    private func endComplete() {
        for step in open where !isDone && step.isComplete(similarity) { end(step.index, timedOut: false) }
    }

    private func end(_ index: Int, timedOut: Bool) {
        guard !isDone, let place = open.firstIndex(where: { $0.index == index }) else { return }
        limits.removeValue(forKey: index)?.cancel()
        let step = open.remove(at: place)
        if step.turn == 0, step.step.leadsToTurn, !step.streamHasEnded { owedTurns += 1 }
        let ended = step.result(timedOut: timedOut, nowUs: loop.nowUs, beganUs: beganUs, similarity: similarity)
        record(ended)
        for value in ended.captured { captured[value.name] = value.value }
        if ended.failures.isEmpty { armNext() } else { finish(error: nil) }
    }

    private func record(_ step: StepResult) {
        result.steps.append(step)
        observer?.stepEnded(step)
    }

    private func sayGoodbye() {
        guard !isSayingGoodbye else { return }
        isSayingGoodbye = true
        guard line.isUp else { return finish(error: nil) }
        line.finish()
        limits[-1] = loop.after(UInt64(options.farewellMsMax) * 1_000) { [unowned self] in
            finish(error: "the server did not end the stream within \(options.farewellMsMax / 1_000) s of the half-close")
        }
    }

    func finish(error: String?) {
        guard !isDone else { return }
        isDone = true
        startTimer?.cancel()
        for (_, timer) in limits.sorted(by: { $0.key < $1.key }) { timer.cancel() }
        for step in open { result.steps.append(step.unfinished(nowUs: loop.nowUs, beganUs: beganUs)) }
        result.steps.sort { $0.index < $1.index }
        result.error = error
        result.tookMs = Double(loop.nowUs - beganUs) / 1_000
        line.close()
        observer?.conversationEnded(result)
        done(result)
    }
}
