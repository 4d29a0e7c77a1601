import ArgumentParser
import EventLoop
import Foundation
import Replay
import Wire

/// Playing scripts as a load.
struct LoadOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Play the scripts as a load of so many customers at once, instead of once each.", valueName: "count"))
    var clients: Int?

    @Option(help: ArgumentHelp("With --clients: begin slowly over so long.", valueName: "seconds"))
    var ramp: Double = 0

    @Option(help: ArgumentHelp("With --clients: begin so many conversations a second, however slow the answers are.", valueName: "rate"))
    var rate: Double?

    @Option(help: ArgumentHelp("With --clients: for so long.", valueName: "seconds"))
    var duration: Double = 10

    func plan() throws -> LoadPlan? {
        func wrong(_ message: String) -> any Error { Environment.fail(message, code: ReplayCommand.Exit.usage) }
        guard let clients else {
            if rate != nil || ramp != 0 { throw wrong("--rate and --ramp belong to a load: give --clients too") }
            return nil
        }
        guard (1...LoadPlan.clientsMax).contains(clients) else { throw wrong("--clients takes a number from 1 to \(LoadPlan.clientsMax)") }
        guard (0.1...86_400).contains(duration) else { throw wrong("--duration takes seconds from 0.1 to 86400") }
        guard (0...duration).contains(ramp) else { throw wrong("--ramp takes seconds from 0 to the --duration") }
        if let rate, !(0.001...100_000).contains(rate) { throw wrong("--rate takes conversations a second from 0.001 to 100000") }
        return LoadPlan(clients: clients, rampSeconds: ramp, ratePerSecond: rate, durationSeconds: duration)
    }
}

/// Runs a load and prints its table.
final class LoadPlayer {
    private let target: any ConversationTarget
    private let progress: ReplayProgress
    private var run: LoadRun?
    private(set) var report: LoadReport?

    init(
        _ plan: LoadPlan, scripts: [Script], target: any ConversationTarget, assets: ScriptAssets, options: RunnerOptions,
        similarity: any TextSimilarity, progress: ReplayProgress
    ) {
        self.target = target
        self.progress = progress
        run = LoadRun(
            plan, scripts: scripts, target: target, assets: assets, options: options, similarity: similarity,
            progress: { [progress] running, report in progress.loading(LoadTable.line(report, running: running, of: plan.durationSeconds)) },
            done: { [unowned self] report in
                self.report = report
                self.target.loop.stop()
            })
    }

    var loop: EventLoop { target.loop }

    func start() { run?.start() }
}

/// A load report as text.
enum LoadTable {
    static func line(_ report: LoadReport, running: Int, of seconds: Double) -> String {
        let p50 = report.service.first.map { "p50 \(number($0.p50)) ms, p99 \(number($0.p99)) ms" } ?? ""
        return "\(Int(report.seconds))/\(Int(seconds)) s  \(running) talking, \(report.conversations) done, \(report.failedConversations) failed  "
            + "\(report.turnsPerSecond) turns/s  \(p50)"
    }

    static func text(_ report: LoadReport) -> String {
        var lines = [
            "\(report.conversations) conversations (\(report.failedConversations) not as expected), "
                + "\(report.turns) turns in \(number(report.seconds)) s: "
                + "\(report.turnsPerSecond) turns/s, \(report.clients) clients",
            "", "turn latency, ms     turns      mean       p50       p90       p99     p99.9       max",
        ]
        lines += report.service.map { row("  " + $0.name, $0) }
        if report.ratePerSecond != nil {
            lines.append("with waiting for a free client (\(report.lateStarts) began late)")
            lines += report.response.map { row("  " + $0.name, $0) }
        }
        if !report.failures.isEmpty {
            lines += ["", "why not as expected:"]
            lines += report.failures.map { "  \($0.count) × \($0.reason)" }
        }
        return lines.joined(separator: "\n")
    }

    private static func row(_ name: String, _ row: LoadReport.Row) -> String {
        let cells = [row.mean, row.p50, row.p90, row.p99, row.p999, row.max].map { padded(number($0), 10) }
        return name + String(repeating: " ", count: max(0, 18 - name.count)) + padded("\(row.count)", 8) + cells.joined()
    }

    private static func padded(_ text: String, _ width: Int) -> String { String(repeating: " ", count: max(0, width - text.count)) + text }
    private static func number(_ value: Double) -> String { value < 100 ? "\((value * 10).rounded() / 10)" : "\(Int(value.rounded()))" }
}
