import ArgumentParser
import CheckedYAML
import EventLoop
import Foundation
import Replay
import Wire

struct ReplayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay", abstract: "Play scripted conversations against a server and check the answers.",
        discussion: "Exits with 1 when something expected did not come, and shows what came instead.")

    @Argument(help: "Conversation scripts (YAML).")
    var scripts: [String]

    @Option(help: ArgumentHelp("The server; or '@FILE' to read the address from a file.", valueName: "host:port"))
    var server = "127.0.0.1:7401"

    @Option(help: "Token instead of the scripts' own.")
    var token = ""

    @Option(help: ArgumentHelp("Play only scripts with this tag.", valueName: "tag"))
    var filter: String?

    @Flag(help: "Print results as JSON lines.")
    var json = false

    @Flag(help: "Print the conversations as they go.")
    var transcript = false

    @OptionGroup var inProcess: InProcessOptions

    func run() throws {
        var chosen: [Script] = []
        do {
            for path in scripts {
                let script = try Script.load(path, cacheFolder: Environment.cacheFolder)
                if filter.map(script.tags.contains) ?? true { chosen.append(script) }
            }
        } catch {
            throw Environment.fail("\(error)", code: 65)
        }
        guard !chosen.isEmpty else { throw Environment.fail("no script has the tag '\(filter ?? "")'", code: 64) }
        let results =
            inProcess.config == nil
            ? try play(chosen, at: SocketTarget(try serverAddress(server), loop: try EventLoop(name: "replay")))
            : try inProcess.run { try play(chosen, at: $0) }
        let failed = results.filter { !$0.passed }
        if json {
            for result in results { printLine(resultJSON(result)) }
        } else {
            for result in failed { printFailure(result) }
            printLine("\(results.count - failed.count) passed, \(failed.count) failed")
        }
        if !failed.isEmpty { throw ExitCode(1) }
    }

    private func play(_ scripts: [Script], at target: any ConversationTarget) throws -> [ConversationResult] {
        let player = Player(scripts: scripts, target: target, token: token, prints: transcript && !json, colours: Environment.isTerminal)
        vitrine.run(target.loop, player) { $0.next() }
        return player.results
    }

    private func printFailure(_ result: ConversationResult) {
        printLine("✘ \(result.name) (\(result.file))")
        if let error = result.error { printLine("    \(error)") }
        for step in result.steps where !step.failures.isEmpty {
            printLine("    step \(step.index + 1), line \(step.line):")
            for failure in step.failures { printLine("      \(failure)") }
            printLine("    what came:")
            let printer = TranscriptPrinter(colours: false)
            for message in step.messages { for line in printer.lines(message) { printLine("      \(line)") } }
        }
    }

    private func resultJSON(_ result: ConversationResult) -> String {
        let steps: [[String: Any]] = result.steps.map {
            ["line": $0.line, "took_ms": $0.tookMs, "failures": $0.failures, "messages": $0.messages.count]
        }
        var object: [String: Any] = ["conversation": result.name, "file": result.file, "passed": result.passed, "steps": steps]
        if let error = result.error { object["error"] = error }
        let data = try? JSONSerialization.data(withJSONObject: object, options: [.sortedKeys, .withoutEscapingSlashes])
        return data.map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }
}

/// Plays scripts one after the other on one loop.
private final class Player: RunnerObserver {
    private var waiting: ArraySlice<Script>
    private let target: any ConversationTarget
    private let token: String
    private let prints: Bool
    private let printer: TranscriptPrinter
    private var runner: ConversationRunner?
    private(set) var results: [ConversationResult] = []

    init(scripts: [Script], target: any ConversationTarget, token: String, prints: Bool, colours: Bool) {
        waiting = scripts[...]
        self.target = target
        self.token = token
        self.prints = prints
        printer = TranscriptPrinter(colours: colours)
    }

    func next() {
        guard let script = waiting.popFirst() else { return target.loop.stop() }
        runner = ConversationRunner(script: script, target: target, token: token, observer: self) { [unowned self] result in
            results.append(result)
            if prints { printLine(result.passed ? "  ✔ as expected\n" : "  ✘ not as expected\n") }
            target.loop.nextTick { self.next() }
        }
        runner?.start()
    }

    func conversationStarted(_ script: Script) { if prints { printLine("— \(script.name)") } }
    func stepStarted(_ step: Step, index: Int) { if prints { for action in step.actions { printLine(printer.action(action)) } } }
    func received(_ message: ReceivedMessage) { if prints { for line in printer.lines(message) { printLine(line) } } }
    func stepEnded(_ result: StepResult) { if prints { printLine("              (\(Int(result.tookMs.rounded())) ms)") } }
}

/// An address, or '@FILE' for one that a server wrote with --address-file.
func serverAddress(_ text: String) throws -> SocketAddress {
    do {
        guard text.hasPrefix("@") else { return try SocketAddress(parsing: text) }
        let file = String(text.dropFirst())
        guard let content = try? String(contentsOfFile: file, encoding: .utf8) else {
            throw Environment.fail("\(file): no such file, or it cannot be read")
        }
        return try SocketAddress(parsing: content.trimmingCharacters(in: .whitespacesAndNewlines))
    } catch let error as LoopError {
        throw Environment.fail("\(error)", code: 64)
    }
}
