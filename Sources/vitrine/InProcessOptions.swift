import ArgumentParser
import CheckedYAML
import EventLoop
import Foundation
import Locks
import Replay
import Server
import Wire

/// A server in this process instead of one at an address.
struct InProcessOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Play in process, under virtual time, against a server of this configuration; the shop's database is copied, not written to.",
            valueName: "file"))
    var config: String?

    @Flag(help: "With --config: the real clock instead of the virtual one, to measure times.")
    var realTime = false

    @Flag(help: "With --real-time: print how long operations off the loops took, and what virtual time takes them for.")
    var costs = false

    @Option(help: ArgumentHelp("With --config: a build to use instead of a plugin's own; can be repeated.", valueName: "name=file"))
    var plugin: [String] = []

    @Option(help: "With --config: number of event loops.")
    var loops: Int?

    @Option(
        help: ArgumentHelp(
            """
            With --config, in virtual time: servers side by side, each with a clock of its own and a share of the conversations; by default 1, and 2 \
            for \(InProcessOptions.conversationsOfOneServer) conversations or more.
            """))
    var servers: Int?

    @Option(help: "With --config: what all chance begins with.")
    var seed: UInt64 = 1

    @Option(help: ArgumentHelp("With --config: write every byte the server sends, with its time, to this file.", valueName: "file"))
    var frames: String?

    /// From so many on they are played by two servers. It depends on nothing but their number: the same are together wherever they are played.
    static let conversationsOfOneServer = 100
    static let serversMax = 64

    /// How many servers play so many conversations.
    func servers(for conversations: Int) -> Int {
        guard let servers else { return realTime || conversations < Self.conversationsOfOneServer ? 1 : 2 }
        return min(servers, max(1, conversations))
    }

    /// For what one server alone can do.
    func expectOneServer(_ why: String) throws {
        if let servers, servers > 1 { throw Environment.fail("--servers shares scripted conversations: \(why)", code: 64) }
    }

    /// What needs a server in this process is refused without one, rather than left out.
    func validate() throws {
        if let servers {
            guard (1...Self.serversMax).contains(servers) else { throw ValidationError("--servers takes a number from 1 to \(Self.serversMax)") }
            guard servers == 1 || !realTime else {
                throw ValidationError("--servers is for virtual time: with --real-time they would slow one another down")
            }
        }
        guard config == nil else { return }
        let given = [
            plugin.isEmpty ? nil : "--plugin", loops.map { _ in "--loops" }, servers.map { _ in "--servers" },
            frames.map { _ in "--frames" }, realTime ? "--real-time" : nil,
            costs ? "--costs" : nil,
        ]
        if let first = given.compactMap(\.self).first { throw ValidationError("\(first) is for a server in this process: give its --config.") }
    }

    /// Runs `body` with a target in this process.
    /// - Parameters:
    ///   - played: the recorded conversation whose part of the world around the server is played; nil = there is none.
    ///   - onStart: is told which plugins answer.
    func run<Value>(
        playing played: PlayedBackRecording? = nil, onStart: (ListPluginsReply) -> Void = { _ in },
        _ body: (any ConversationTarget) throws -> Value
    ) throws -> Value {
        try expectOneServer("one of them is all that is needed here")
        let (value, log) = try printing { try serve(configuration(), playing: played, onStart: onStart, body) }
        try keep([log])
        return value
    }

    /// Runs `body` for each of so many servers, side by side, when all have started; gives what each of them came to.
    /// - Parameter onStart: is told which plugins answer at the first one.
    func run<Value: Sendable>(
        servers count: Int, onStart: @escaping @Sendable (ListPluginsReply) -> Void,
        _ body: @escaping @Sendable (_ server: Int, any ConversationTarget) throws -> Value
    ) throws -> [Value] {
        try printing {
            let configuration = try configuration()
            let state = Lock<(started: Int, ended: [Int: Result<(Value, FrameLog), any Error>])>((0, [:]))
            for index in 0..<count {
                Thread.detachNewThread {
                    let result = Result {
                        try serve(
                            configuration,
                            onStart: { plugins in
                                if index == 0 { onStart(plugins) }
                                state.withLock { $0.started += 1 }
                                state.signalAll()
                            },
                            { target in
                                guard state.wait({ $0.started == count ? true : $0.ended.isEmpty ? nil : false }) else { throw AnotherFailed() }
                                return try body(index, target)
                            })
                    }
                    state.withLock { $0.ended[index] = result }
                    state.signalAll()
                }
            }
            let ended = state.wait { $0.ended.count == count ? $0.ended : nil }.sorted { $0.key < $1.key }.map(\.value)
            // What went wrong itself comes before what was not begun because of it.
            for case .failure(let error) in ended where !(error is AnotherFailed) { throw error }
            let all = try ended.map { try $0.get() }
            try keep(all.map(\.1))
            return all.map(\.0)
        }
    }

    private struct AnotherFailed: Error {}

    /// Says what is wrong with the configuration or the shop.
    private func printing<Value>(_ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let error as YAMLError {
            throw Environment.fail("\(error)", code: 78)
        } catch let error as ServerError {
            throw Environment.fail(error.message)
        }
    }

    private func keep(_ logs: [FrameLog]) throws {
        guard let frames else { return }
        do { try logs.reduce(Data()) { $0 + $1.bytes }.write(to: URL(fileURLWithPath: frames)) } catch {
            throw Environment.fail("\(frames) cannot be written: \(error.localizedDescription)", code: 73)
        }
    }

    private func serve<Value>(
        _ configuration: ServerConfiguration, playing played: PlayedBackRecording? = nil, onStart: (ListPluginsReply) -> Void,
        _ body: (any ConversationTarget) throws -> Value
    ) throws -> (Value, FrameLog) {
        guard realTime || !costs else { throw Environment.fail("--costs measures, with --real-time", code: 64) }
        let times = costs ? OperationTimes() : nil
        let clock = realTime ? nil : try VirtualClock()
        var configuration = configuration
        configuration.operationTimes = times
        configuration.playedBack = played
        let server = try InProcessServer(configuration, clock: clock)
        defer { server.stop() }
        let loop = try EventLoop(name: "replay", sharing: clock, seed: seed)
        onStart(server.plugins)
        let target = InProcessTarget(loop: loop, seed: seed) { (loop, seed, resuming) throws(LoopError) in
            try server.connect(from: loop, seed: seed, resuming: resuming)
        }
        let log = FrameLog()
        if frames != nil { target.onBytes = { seat, nowUs, bytes in log.add(seat, nowUs, bytes) } }
        let value = try body(target)
        for row in times?.rows ?? [] {
            let name = row.kind.of.isEmpty ? row.kind.what : "\(row.kind.what) \(row.kind.of)"
            let padding = String(repeating: " ", count: max(1, 40 - name.count))
            printLine("\(name)\(padding)\(row.count) times, median \(row.medianUs) µs, 90 % \(row.p90Us) µs; modelled \(row.kind.modelledUs) µs")
        }
        return (value, log)
    }

    private func configuration() throws -> ServerConfiguration {
        var configuration = try ServerConfiguration.load(config ?? "", cacheFolder: Environment.cacheFolder)
        if let loops {
            guard (1...64).contains(loops) else { throw Environment.fail("--loops takes a number from 1 to 64", code: 64) }
            configuration.loops = loops
        }
        configuration.seed = seed
        configuration.logLevel = max(configuration.logLevel, .warning)
        if configuration.pluginFolder.isEmpty { configuration.pluginFolder = Environment.pluginFolder }
        for choice in plugin {
            let parts = choice.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { throw Environment.fail("--plugin takes NAME=FILE, not '\(choice)'", code: 64) }
            let file = parts[1].contains("/") ? parts[1] : "./" + parts[1]
            guard configuration.replacePlugin(parts[0], by: file) else {
                let names = configuration.plugins.map(\.name).joined(separator: ", ")
                throw Environment.fail("--plugin: the configuration loads no plugin '\(parts[0])'; it loads \(names)", code: 64)
            }
        }
        return configuration
    }
}

/// What a server said: for each piece the time, the conversation, the number of bytes, the bytes.
private final class FrameLog: @unchecked Sendable {
    // Invariant: written on its target's loop; read when that has ended.
    private(set) var bytes = Data()

    func add(_ seat: ConversationSeat, _ nowUs: UInt64, _ piece: UnsafeRawBufferPointer) {
        bytes.append(Data("\(nowUs) \(seat.name) #\(seat.repetition) \(piece.count)\n".utf8))
        bytes.append(contentsOf: piece)
        bytes.append(10)
    }
}
