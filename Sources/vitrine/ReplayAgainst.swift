import ArgumentParser
import EventLoop
import Foundation
import Recording
import Replay
import Server
import Wire

struct RecordingReplay: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay", abstract: "Play the customer's side of a recording again and print what is answered otherwise.",
        discussion: """
            What would another version have said? Turns are compared in their order: how they ended, what was heard, the agent, the reply, products, \
            filters, sources, try-ons. Long pauses are shortened. Exits with 1 when anything is answered otherwise.
            """)

    @OptionGroup var arguments: RecordingArguments

    @Option(help: ArgumentHelp("The server; or '@FILE' to read the address from a file.", valueName: "host:port"))
    var server = "127.0.0.1:7401"

    @Option(help: "Token that the recording is played with: recordings hold none.")
    var token = ""

    @Flag(help: "Print the result as JSON.")
    var json = false

    @OptionGroup var inProcess: InProcessOptions

    func run() throws {
        let isSame = try ReplayAgainst.play(
            [arguments.recording], keyStore: arguments.keyStore, token: token, json: json, server: server, inProcess: inProcess)
        if !isSame { throw ExitCode(1) }
    }
}

/// Plays the customer's side of a recording and prints what is answered otherwise.
struct ReplayAgainst {
    let file: String
    let recording: Recording
    let token: String
    let json: Bool

    /// Plays recordings one after the other, each against a server of its own where it is in this process: none sees what another did.
    static func play(
        _ recordings: [String], keyStore: KeyStoreOption, token: String, json: Bool, server: String, inProcess: InProcessOptions
    ) throws -> Bool {
        var isSame = true
        for file in recordings {
            let against = ReplayAgainst(file: file, recording: try loaded(file, keyStore.store(beside: file)), token: token, json: json)
            if recordings.count > 1, !json { printLine("— \(file)") }
            let same: Bool
            if inProcess.config == nil {
                same = try against.run(on: SocketTarget(try serverAddress(server), loop: try EventLoop(name: "replay")), playing: nil)
            } else {
                let played = try against.played()
                same = try inProcess.run(playing: played) { try against.run(on: $0, playing: played) }
            }
            isSame = isSame && same
        }
        return isSame
    }

    /// Whether everything was answered as it was. Runs the target's loop on this thread unless it runs already.
    func run(on target: any ConversationTarget, playing played: PlayedBackRecording?) throws -> Bool {
        let inputs = try attempt { () throws(RPCStatus) in try RecordedInputs(recording) }
        let loop = target.loop
        let holder = Holder()
        let player = RecordingPlayer(inputs, name: file, target: target, token: token) { result in
            holder.result = result
            loop.stop()
        }
        vitrine.run(loop, player) { $0.start() }
        guard var result = holder.result else { throw Environment.fail("the recording was not played to its end") }
        result.notes += played?.notes ?? []
        report(result)
        if let error = result.error { throw Environment.fail("\(file): \(error)") }
        return result.differences.isEmpty
    }

    /// What the recorded conversation says of the world around the server.
    private func played() throws -> PlayedBackRecording {
        do throws(ServerError) { return try PlayedBackRecording(recording) } catch { throw Environment.fail("\(file): \(error.message)", code: 65) }
    }

    private final class Holder {
        var result: ShadowResult?
    }

    private func report(_ result: ShadowResult) {
        if json {
            return printLine(
                JSON.object([
                    "recording": file, "same": result.differences.isEmpty, "turns": result.was.count, "notes": result.notes,
                    "error": result.error ?? "",
                    "differences": result.differences.map { ["turn": $0.turn, "what": $0.what, "was": $0.was, "now": $0.now] as [String: Any] },
                    "took_us": zip(result.was, result.now).map { ["was": $0.tookUs ?? 0, "now": $1.tookUs ?? 0] },
                ]))
        }
        for note in result.notes { printLine("note: \(note)") }
        var turn = 0
        for difference in result.differences {
            if difference.turn != turn {
                turn = difference.turn
                printLine("turn \(turn)\(turn <= result.was.count ? times(result, turn - 1) : ""):")
            }
            printLine("  \(difference.what)")
            printLine("    was: \(difference.was.isEmpty ? "nothing" : difference.was)")
            printLine("    now: \(difference.now.isEmpty ? "nothing" : difference.now)")
        }
        let changed = Set(result.differences.map(\.turn)).count
        printLine(
            changed == 0 ? "\(result.was.count) turns, all answered as they were" : "\(changed) of \(result.was.count) turns are answered otherwise")
        if let was = median(result.was), let now = median(result.now) {
            printLine("a turn took \(was / 1_000) ms then, \(now / 1_000) ms now (medians)")
        }
    }

    private func times(_ result: ShadowResult, _ index: Int) -> String {
        guard let was = result.was[index].tookUs, index < result.now.count, let now = result.now[index].tookUs else { return "" }
        return " (\(was / 1_000) ms then, \(now / 1_000) ms now)"
    }

    private func median(_ turns: [TurnAnswers]) -> UInt64? {
        let all = turns.compactMap(\.tookUs).sorted()
        return all.isEmpty ? nil : all[all.count / 2]
    }
}
