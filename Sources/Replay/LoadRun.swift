import EventLoop
import Wire

/// Plays scripts as a load: many customers at once, for a while. Confined to the target's loop.
public final class LoadRun {
    private let plan: LoadPlan
    private let scripts: [Script]
    private let target: any ConversationTarget
    private let assets: ScriptAssets
    private let options: RunnerOptions
    private let similarity: (any TextSimilarity)?
    private let progress: (_ running: Int, _ report: LoadReport) -> Void
    private let done: (LoadReport) -> Void
    private var report = LoadReport()
    private var service = LatencyBook()
    private var response = LatencyBook()
    private var failures: [(reason: String, count: Int)] = []
    private var running: [Int: ConversationRunner] = [:]
    /// Due times of conversations that wait for a free client, microseconds on the loop's clock.
    private var waiting: [UInt64] = []
    private var waitingHead = 0
    private var started = 0
    private var scheduled = 0
    private var sleeping = 0
    private var beganUs: UInt64 = 0
    private var ticker: LoopTimer?
    private var isOver = false

    /// Conversations that may wait for a client; what is due beyond is counted as failed.
    public static let waitingMax = 100_000

    /// - Parameter progress: called about every second.
    public init(
        _ plan: LoadPlan, scripts: [Script], target: any ConversationTarget, assets: ScriptAssets, options: RunnerOptions,
        similarity: (any TextSimilarity)? = nil, progress: @escaping (_ running: Int, _ report: LoadReport) -> Void,
        done: @escaping (LoadReport) -> Void
    ) {
        precondition(!scripts.isEmpty, "a load has something to play")
        self.plan = plan
        self.scripts = scripts
        self.target = target
        self.assets = assets
        self.options = options
        self.similarity = similarity
        self.progress = progress
        self.done = done
    }

    private var loop: EventLoop { target.loop }

    /// Call once, on the loop. `done` follows when the time is up and every conversation that was begun is over.
    public func start() {
        beganUs = loop.nowUs
        ticker = loop.every(1_000_000) { [unowned self] in progress(running.count, current()) }
        loop.after(UInt64(plan.durationSeconds * 1_000_000)) { [unowned self] in
            isOver = true
            endIfIdle()
        }
        if plan.ratePerSecond == nil {
            for client in 0..<plan.clients {
                sleeping += 1
                loop.after(UInt64(plan.firstStart(client: client) * 1_000_000)) { [unowned self] in
                    sleeping -= 1
                    begin(dueUs: loop.nowUs)
                }
            }
        } else {
            scheduleNext()
        }
    }

    // MARK: Due times

    private func scheduleNext() {
        // What was due within the time is begun, however late: a machine that stalls at the end hides none.
        guard let due = plan.due(scheduled) else { return endIfIdle() }
        scheduled += 1
        let dueUs = beganUs + UInt64(due * 1_000_000)
        sleeping += 1
        loop.after(dueUs - min(dueUs, loop.nowUs)) { [unowned self] in
            sleeping -= 1
            if running.count < plan.clients {
                begin(dueUs: dueUs)
            } else if waiting.count - waitingHead < Self.waitingMax {
                waiting.append(dueUs)
                report.lateStarts += 1
            } else {
                note(["\(Self.waitingMax) conversations wait for a client; no more are begun"])
            }
            scheduleNext()
        }
    }

    private func nextWaiting() -> UInt64? {
        guard waitingHead < waiting.count else { return nil }
        waitingHead += 1
        return waiting[waitingHead - 1]
    }

    // MARK: Conversations

    private func begin(dueUs: UInt64) {
        guard !isOver || plan.ratePerSecond != nil else { return endIfIdle() }
        let index = started
        started += 1
        let lagMs = Double(loop.nowUs - min(dueUs, loop.nowUs)) / 1_000
        let runner = ConversationRunner(
            script: scripts[index % scripts.count], target: target, assets: assets, repetition: index / scripts.count, options: options,
            similarity: similarity
        ) { [unowned self] result in
            loop.nextTick { self.ended(index, result, lagMs: lagMs) }
        }
        running[index] = runner
        runner.start()
    }

    private func ended(_ index: Int, _ result: ConversationResult, lagMs: Double) {
        running[index] = nil
        report.conversations += 1
        if !result.passed {
            report.failedConversations += 1
            note(result.failures)
        }
        for step in result.steps where step.wasTurn && !step.isUnfinished {
            let kind = ActionReport.name(step.actions.last)
            service.record(ms: step.tookMs, kind: kind)
            // The turn would have begun so much earlier, had its conversation begun when it was due.
            if plan.ratePerSecond != nil { response.record(ms: step.tookMs + lagMs, kind: kind) }
        }
        if let due = nextWaiting() {
            begin(dueUs: due)
        } else if plan.ratePerSecond == nil, !isOver {
            begin(dueUs: loop.nowUs)
        } else {
            endIfIdle()
        }
    }

    /// The first reason only: what follows it follows from it.
    private func note(_ reasons: [String]) {
        guard let reason = reasons.first else { return }
        if let place = failures.firstIndex(where: { $0.reason == reason }) {
            failures[place].count += 1
        } else if failures.count < LoadReport.failuresMax {
            failures.append((reason, 1))
        }
    }

    private func endIfIdle() {
        guard running.isEmpty, sleeping == 0, waitingHead == waiting.count, ticker != nil else { return }
        guard plan.ratePerSecond == nil ? isOver : plan.due(scheduled) == nil else { return }
        ticker?.cancel()
        ticker = nil
        done(current())
    }

    private func current() -> LoadReport {
        var report = report
        report.clients = plan.clients
        report.rampSeconds = plan.rampSeconds
        report.ratePerSecond = plan.ratePerSecond
        report.seconds = Double(loop.nowUs - beganUs) / 1_000_000
        report.turns = service.count
        report.turnsPerSecond = report.seconds > 0 ? (Double(service.count) / report.seconds * 100).rounded() / 100 : 0
        report.service = service.rows()
        report.response = response.rows()
        report.failures = failures.sorted { $0.count > $1.count }.map { LoadReport.Failure(reason: $0.reason, count: $0.count) }
        return report
    }
}
