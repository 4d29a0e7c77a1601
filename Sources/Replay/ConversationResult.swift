import Wire

/// How one expectation went.
public struct ExpectationResult: Sendable, Equatable {
    public var file: String
    public var line: Int
    /// The expectation as the script has it, on one line.
    public var text: String
    /// What came instead; nil = it was met.
    public var failure: String?
}

/// How one step went.
public struct StepResult: Sendable {
    public var index: Int
    public var file: String
    public var line: Int
    public var actions: [ClientAction] = []
    public var expectations: [ExpectationResult] = []
    /// What it took out of the answers.
    public var captured: [CapturedValue] = []
    /// What was wrong, each with its line; empty = everything expected came.
    public var failures: [String] = []
    public var messages: [ReceivedMessage] = []
    /// When its first thing was sent, after the conversation began, milliseconds.
    public var startedAtMs: Double = 0
    /// When its last thing was sent.
    public var sentAtMs: Double = 0
    /// From the last thing sent to the end of the step, milliseconds.
    public var tookMs: Double = 0
    /// The step was over when its turn was over: `tookMs` is a turn's latency.
    public var wasTurn = false
    /// It was still open when the conversation ended, and was not judged.
    public var isUnfinished = false

    func concerns(turn: UInt64) -> Bool { messages.contains { $0.message.turnID == turn } }
}

/// How a conversation went.
public struct ConversationResult: Sendable {
    public var name: String
    public var file: String
    public var tags: [String] = []
    public var impairments = Impairments()
    /// Which of several conversations by the same script, from 0.
    public var repetition = 0
    public var steps: [StepResult] = []
    /// Why the conversation could not be held to its end.
    public var error: String?
    /// What the server did against the protocol.
    public var violations: [String] = []
    /// From the first connection to the end, milliseconds.
    public var tookMs: Double = 0

    public var passed: Bool { error == nil && violations.isEmpty && steps.allSatisfy(\.failures.isEmpty) }

    /// All that was wrong, in order.
    public var failures: [String] { steps.flatMap(\.failures) + violations.map { "protocol: \($0)" } + (error.map { [$0] } ?? []) }
}

/// What a runner tells while it plays, on its loop.
public protocol RunnerObserver: AnyObject {
    func conversationStarted(_ script: Script)
    func stepStarted(_ step: Step, index: Int)
    func received(_ message: ReceivedMessage)
    func stepEnded(_ result: StepResult)
    func conversationEnded(_ result: ConversationResult)
}
