import Wire

/// A step that has begun and is not over yet, as a value: what was sent and what came since.
///
/// A step that ends with its turn waits for its own: the one that took inputs when the step began, or the first new one that no earlier step waits
/// for. The turn of an earlier step may still be answered meanwhile, and its end is not this step's.
struct OpenStep {
    let index: Int
    let step: Step
    let startedUs: UInt64
    /// The turn that it is about; 0 = not known yet.
    private(set) var turn: UInt64
    /// When the last thing was sent; nil while things are being sent.
    private(set) var sentUs: UInt64?
    private(set) var messages: [ReceivedMessage] = []
    private(set) var turnIsOver = false
    private(set) var streamHasEnded = false

    init(index: Int, step: Step, nowUs: UInt64, turn: UInt64) {
        self.index = index
        self.step = step
        startedUs = nowUs
        self.turn = turn
    }

    /// Takes a new turn for its own; false when it needs none.
    mutating func claim(_ turn: UInt64) -> Bool {
        guard self.turn == 0, step.leadsToTurn else { return false }
        self.turn = turn
        return true
    }

    mutating func sent(nowUs: UInt64) { sentUs = nowUs }

    mutating func received(_ message: ServerMessage, nowUs: UInt64, beganUs: UInt64) {
        messages.append(ReceivedMessage(message: message, afterMs: afterMs(nowUs), atMs: Double(nowUs - beganUs) / 1_000))
        guard case .turn(let event)? = message.kind, [.done, .interrupted, .expired].contains(event.state) else { return }
        if message.turnID == turn { turnIsOver = true }
    }

    mutating func ended(_ status: RPCStatus, nowUs: UInt64, beganUs: UInt64) {
        messages.append(ReceivedMessage(ended: status, afterMs: afterMs(nowUs), atMs: Double(nowUs - beganUs) / 1_000))
        streamHasEnded = true
    }

    /// Milliseconds after the last thing sent; 0 before.
    func afterMs(_ nowUs: UInt64) -> Double { sentUs.map { Double(nowUs - min($0, nowUs)) / 1_000 } ?? 0 }

    /// Nothing is missing any more, so that the step may end before its limit.
    func isComplete(_ similarity: (any TextSimilarity)?) -> Bool {
        guard sentUs != nil else { return false }
        if step.endsTurn { return turnIsOver || streamHasEnded }
        guard !step.expectations.isEmpty || !step.captures.isEmpty else { return true }
        // What must not come can only be judged at the end; what is compared by meaning is compared once.
        guard !step.expectations.contains(where: \.needsWholeStep) || streamHasEnded else { return false }
        guard step.captures.allSatisfy({ (try? $0.value(in: messages).get()) != nil }) else { return false }
        return step.expectations.allSatisfy { $0.failure(in: messages, similarity: similarity) == nil }
    }

    /// Whether the end of the stream is something that this step expects or has brought about.
    var allowsEnd: Bool {
        step.actions.contains(.cancel) || step.actions.contains(.disconnect)
            || step.expectations.contains { if case .status = $0.check { true } else { false } }
    }

    func result(timedOut: Bool, nowUs: UInt64, beganUs: UInt64, similarity: (any TextSimilarity)?) -> StepResult {
        var result = unfinished(nowUs: nowUs, beganUs: beganUs)
        result.isUnfinished = false
        for expectation in step.expectations {
            let failure = expectation.failure(in: messages, similarity: similarity)
            result.expectations.append(
                ExpectationResult(file: expectation.file, line: expectation.line, text: expectation.text, failure: failure))
            if let failure { result.failures.append("\(place(expectation.file, expectation.line)): \(expectation.name): \(failure)") }
        }
        for capture in step.captures {
            switch capture.value(in: messages) {
            case .success(let value): result.captured.append(CapturedValue(name: capture.name, value: value))
            case .failure(let failure): result.failures.append("\(place(step.file, capture.line)): capture \(capture.name): \(failure.why)")
            }
        }
        if timedOut, step.endsTurn, !turnIsOver {
            result.failures.append("\(place(step.file, step.line)): the turn was not over after \(step.withinMs) ms")
        }
        return result
    }

    /// As it is when the conversation ends under it.
    func unfinished(nowUs: UInt64, beganUs: UInt64) -> StepResult {
        StepResult(
            index: index, file: step.file, line: step.line, actions: step.actions, messages: messages,
            startedAtMs: Double(startedUs - beganUs) / 1_000, sentAtMs: Double((sentUs ?? startedUs) - beganUs) / 1_000, tookMs: afterMs(nowUs),
            wasTurn: step.endsTurn, isUnfinished: true)
    }

    private func place(_ file: String, _ line: Int) -> String { file == step.file || file.isEmpty ? "line \(line)" : "\(file):\(line)" }
}
