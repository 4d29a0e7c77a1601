import ArgumentParser
import EventLoop
import Foundation
import Locks
import Replay
import Server
import Wire

struct ReplayPlayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "play", abstract: "Play conversations and check the answers (what `vitrine replay FILE…` does).",
        discussion: """
            `--against RECORDING --config FILE --plugin NAME=FILE` says what another build would have answered in a recorded conversation.

            Exit status: 0 everything was as expected; 1 something was not; 64 wrong arguments; 65 a script or a file it names cannot be read; 69 no \
            server was reached; 73 a report cannot be written; 75 what failed passed at other times (with --repeat).
            """)

    @OptionGroup var files: ScriptFiles

    @Option(help: ArgumentHelp("The server; or '@FILE' to read the address from a file.", valueName: "host:port"))
    var server = "127.0.0.1:7401"

    @Option(help: "Token instead of the scripts' own.")
    var token = ""

    @Option(name: .shortAndLong, help: "Conversations played at the same time, by each server; by default 8 in virtual time and 1 in real time.")
    var jobs: Int?

    @Option(help: "Play everything so many times; tells which scripts are flaky.")
    var `repeat` = 1

    @Option(help: ArgumentHelp("Play only the i-th of n shares of the scripts.", valueName: "i/n"))
    var shard = "1/1"

    @Option(
        help: ArgumentHelp(
            "Instead of scripts: play the customer's side of this recording again and print what is answered otherwise; can be repeated.",
            valueName: "recording"))
    var against: [String] = []

    @OptionGroup var keyStore: KeyStoreOption

    @Flag(help: "Print the conversations as they go.")
    var transcript = false

    @OptionGroup var inProcess: InProcessOptions

    @OptionGroup var reports: ReportFiles

    @OptionGroup var load: LoadOptions

    func run() throws {
        guard (1...ReplayRun.jobsMax).contains(jobsMax) else {
            throw Environment.fail("--jobs takes a number from 1 to \(ReplayRun.jobsMax)", code: ReplayCommand.Exit.usage)
        }
        guard (1...100_000).contains(`repeat`) else {
            throw Environment.fail("--repeat takes a number from 1 to 100000", code: ReplayCommand.Exit.usage)
        }
        if !against.isEmpty { return try shadow() }
        let share = try shardOf(shard)
        let progress = ReplayProgress(isShown: isatty(2) == 1 && !transcript)
        let chosen = try files.load()
        let assets = try files.assets(of: chosen, progress: progress)
        if let load = try load.plan() {
            let scripts = ReplayRun.plan(chosen, repeated: 1, shard: share).map(\.script)
            return try withTarget { try play(load, scripts, assets, progress, at: $0) }
        }
        let plan = ReplayRun.plan(chosen, repeated: `repeat`, shard: share)
        let started = Date()
        let live = Lock<ListPluginsReply?>(nil)
        let results = try play(plan, assets, progress) { plugins in live.withLock { $0 = plugins } }
        progress.clear()
        let report = ReplayReport(
            results, assets: assets, target: targetName, versions: try reports.versions(live.withLock { $0 }), startedAt: started.formatted(.iso8601),
            tookMs: Date().timeIntervalSince(started) * 1_000, onlyFailures: reports.json == nil && reports.html == nil)
        try reports.write(report, assets)
        if reports.json != "-" { summarise(report) }
        try exit(for: results, report)
    }

    /// What would this version have answered?
    private func shadow() throws {
        guard files.scripts.isEmpty else {
            throw Environment.fail("either scripts are played or, with --against, recordings", code: ReplayCommand.Exit.usage)
        }
        guard reports.junit == nil, reports.html == nil, reports.json == nil || reports.json == "-" else {
            throw Environment.fail("--against reports as text, or with --json - as JSON", code: ReplayCommand.Exit.usage)
        }
        let isSame = try ReplayAgainst.play(
            against, keyStore: keyStore, token: token, json: reports.json == "-", server: server, inProcess: inProcess)
        if !isSame { throw ExitCode(ReplayCommand.Exit.failed) }
    }

    private func play(_ plan: LoadPlan, _ scripts: [Script], _ assets: ScriptAssets, _ progress: ReplayProgress, at target: any ConversationTarget)
        throws
    {
        guard !scripts.isEmpty else { throw Environment.fail("this share has no scripts", code: ReplayCommand.Exit.usage) }
        guard reports.junit == nil, reports.html == nil else {
            throw Environment.fail("a load is reported as text and with --json only", code: ReplayCommand.Exit.usage)
        }
        let similarity = try EncoderSimilarity(for: scripts)
        defer { similarity.close() }
        let player = LoadPlayer(
            plan, scripts: scripts, target: target, assets: assets, options: options(wantsTrace: false), similarity: similarity,
            progress: progress)
        vitrine.run(player.loop, player) { $0.start() }
        progress.clear()
        guard var report = player.report else { throw Environment.fail("the load was broken off") }
        report.target = targetName
        if let json = reports.json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            try ReportFiles.put(String(decoding: try encoder.encode(report), as: UTF8.self) + "\n", json)
        }
        if reports.json != "-" { printLine(LoadTable.text(report)) }
        if report.failedConversations > 0 { throw ExitCode(ReplayCommand.Exit.failed) }
    }

    /// The server at an address, or the one that is made in this process.
    private func withTarget<Value>(_ body: (any ConversationTarget) throws -> Value) throws -> Value {
        if inProcess.config != nil { return try inProcess.run(body) }
        return try body(SocketTarget(try serverAddress(server), loop: try EventLoop(name: "replay")))
    }

    /// What waits for models in one conversation leaves the processor to the others; in real time they would slow one another down.
    private var jobsMax: Int { jobs ?? (inProcess.config != nil && !inProcess.realTime ? 8 : 1) }

    private var targetName: String { inProcess.config.map { "in process, \($0)" } ?? server }

    private func options(wantsTrace: Bool) -> RunnerOptions {
        var options = RunnerOptions()
        options.token = token
        options.wantsTrace = wantsTrace
        return options
    }

    /// Gives results in the order of the plan.
    private func play(
        _ plan: [ReplayRun.Job], _ assets: ScriptAssets, _ progress: ReplayProgress, onStart: @escaping @Sendable (ListPluginsReply) -> Void
    ) throws -> [ConversationResult] {
        let printer = transcript ? TranscriptPrinter(colours: Environment.isTerminal) : nil
        let (jobs, options) = (jobsMax, options(wantsTrace: true))
        @Sendable func play(_ part: [ReplayRun.Job], at target: any ConversationTarget) throws -> [ConversationResult] {
            let similarity = try EncoderSimilarity(for: part.map(\.script))
            defer { similarity.close() }
            let player = ReplayPlayer(
                part, of: plan.count, jobs: jobs, target: target, assets: assets, options: options, similarity: similarity, progress: progress,
                transcripts: printer)
            vitrine.run(player.loop, player) { $0.start() }
            guard player.results.count == part.count else { throw Environment.fail("the replay was broken off") }
            return player.results
        }
        guard inProcess.config != nil else { return try withTarget { try play(plan, at: $0) } }
        if transcript { try inProcess.expectOneServer("with --transcript they would be printed in no order") }
        let count = transcript ? 1 : inProcess.servers(for: plan.count)
        let parts = try inProcess.run(servers: count, onStart: onStart) { server, target in
            try play(stride(from: server, to: plan.count, by: count).map { plan[$0] }, at: target)
        }
        return plan.indices.map { parts[$0 % count][$0 / count] }
    }

    private func shardOf(_ text: String) throws -> (index: Int, of: Int) {
        let parts = text.split(separator: "/").map { Int($0) }
        guard parts.count == 2, let index = parts[0], let of = parts[1], (1...10_000).contains(of), (1...of).contains(index) else {
            throw Environment.fail("--shard takes i/n with i from 1 to n, such as 2/4, not '\(text)'", code: ReplayCommand.Exit.usage)
        }
        return (index, of)
    }

    private func summarise(_ report: ReplayReport) {
        for conversation in report.conversations where !conversation.passed {
            let again = conversation.repetition > 0 ? " #\(conversation.repetition + 1)" : ""
            printLine("✘ \(conversation.name)\(again) (\(conversation.file))")
            printLine(FailureText.text(conversation))
        }
        for flake in report.flakes { printLine("flaky: \(flake.name): \(flake.passed) passed, \(flake.failed) failed") }
        printLine("\(report.passed) passed, \(report.failed) failed")
    }

    private func exit(for results: [ConversationResult], _ report: ReplayReport) throws {
        let failed = results.filter { !$0.passed }
        guard !failed.isEmpty else { return }
        if results.allSatisfy({ $0.steps.isEmpty && $0.error?.hasPrefix("UNAVAILABLE: cannot connect") == true }) {
            throw ExitCode(ReplayCommand.Exit.unreachable)
        }
        let flaky = Set(report.flakes.map(\.name))
        throw ExitCode(failed.allSatisfy { flaky.contains($0.name) } ? ReplayCommand.Exit.flaky : ReplayCommand.Exit.failed)
    }
}

/// Checks scripts without playing them.
struct ReplayCheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Read scripts, synthesise what they speak, and say what is wrong with them; play nothing.",
        discussion: "Exit status: 0 all can be played; 65 something cannot be read.")

    @OptionGroup var files: ScriptFiles

    func run() throws {
        let progress = ReplayProgress()
        let scripts = try files.load()
        _ = try files.assets(of: scripts, progress: progress)
        progress.clear()
        let steps = scripts.reduce(0) { $0 + $1.steps.count }
        let expectations = scripts.reduce(0) { $0 + $1.steps.reduce(0) { $0 + $1.expectations.count } }
        for script in scripts {
            printLine("\(script.name)  (\(script.file); \(script.steps.count) steps; tags: \(script.tags.joined(separator: ", ")))")
        }
        printLine("\(scripts.count) conversations, \(steps) steps, \(expectations) expectations")
    }
}
