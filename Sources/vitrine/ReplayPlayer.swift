import EventLoop
import Replay
import Wire

/// Plays a plan and shows it: a progress line, or the conversations themselves. Confined to the target's loop.
final class ReplayPlayer: RunObserver {
    private let target: any ConversationTarget
    private let progress: ReplayProgress
    /// Conversations of the whole run, of which these may be a part.
    private let all: Int
    private let printer: TranscriptPrinter?
    /// Several conversations at once are printed one after the other, each when it is over.
    private let holdsBack: Bool
    private var run: ReplayRun?
    private(set) var results: [ConversationResult] = []

    init(
        _ plan: [ReplayRun.Job], of all: Int, jobs: Int, target: any ConversationTarget, assets: ScriptAssets, options: RunnerOptions,
        similarity: any TextSimilarity, progress: ReplayProgress, transcripts: TranscriptPrinter?
    ) {
        self.target = target
        self.progress = progress
        self.all = all
        printer = transcripts
        holdsBack = jobs > 1
        run = ReplayRun(plan, jobsMax: jobs, target: target, assets: assets, options: options, similarity: similarity, observer: self) {
            [unowned self] results in
            self.results = results
            self.target.loop.stop()
        }
    }

    var loop: EventLoop { target.loop }

    func start() { run?.start() }

    func conversationBegins(_ script: Script, repetition: Int) -> (any RunnerObserver)? {
        printer.map { ConversationPrinter($0, holdsBack: holdsBack) }
    }

    func conversationEnded(_ result: ConversationResult, done: Int, of: Int) { progress.played(result, of: all) }
}

/// Prints one conversation.
private final class ConversationPrinter: RunnerObserver {
    private let printer: TranscriptPrinter
    private let holdsBack: Bool
    private var held: [String] = []

    init(_ printer: TranscriptPrinter, holdsBack: Bool) {
        self.printer = printer
        self.holdsBack = holdsBack
    }

    private func print(_ line: String) { if holdsBack { held.append(line) } else { printLine(line) } }

    func conversationStarted(_ script: Script) { print("— \(script.name)") }
    func stepStarted(_ step: Step, index: Int) { for action in step.actions { print(printer.action(action)) } }
    func received(_ message: ReceivedMessage) { for line in printer.lines(message) { print(line) } }
    func stepEnded(_ result: StepResult) { print("              (\(Int(result.tookMs.rounded())) ms)") }

    func conversationEnded(_ result: ConversationResult) {
        print(result.passed ? "  ✔ as expected\n" : "  ✘ not as expected\n")
        if holdsBack { printLine(held.joined(separator: "\n")) }
    }
}
