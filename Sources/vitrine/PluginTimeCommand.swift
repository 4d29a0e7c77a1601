import ArgumentParser
import EventLoop
import Foundation
import Router
import Server
import Wire

extension PluginCommand {
    struct Time: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Measure what a message costs from the router through a plugin and back.",
            discussion: "One stream, one loop, small messages of a kind the plugin takes; the plugin's own work is part of it.")

        @Argument(help: "The shared object.")
        var file: String

        @Option(help: "Messages a run.")
        var messages = 1_000_000

        @Option(help: "Runs; the middle one counts.")
        var runs = 5

        @OptionGroup var location: Location

        func run() throws {
            guard messages >= 1, runs >= 1 else { throw Environment.fail("--messages and --runs take numbers from 1", code: 64) }
            do {
                let path = file.contains("/") ? file : "./\(file)"
                let runtime = try PluginRuntime(try location.configuration(loading: path))
                let loop = try EventLoop(name: "plugin-time")
                let timing = PluginTiming(runtime: runtime, loop: loop, messages: messages, runs: runs)
                vitrine.run(loop, timing) { $0.start() }
                runtime.shutdown()
                if let failure = timing.failure { throw Environment.fail(failure) }
                let middle = timing.nanoseconds.sorted()[timing.nanoseconds.count / 2]
                printLine("\(Int(middle.rounded())) ns a message (\(timing.outputs / runs) outputs for \(messages) messages)")
            } catch let error as ServerError {
                throw Environment.fail(error.message)
            }
        }
    }
}

/// Sends as fast as the plugin takes it, a batch a tick. Confined to its loop.
private final class PluginTiming: NodeEvents {
    private let runtime: PluginRuntime
    private let loop: EventLoop
    private let messages: Int
    private let runs: Int
    private var node: (any Node)?
    private var stream: (any NodeStream)?
    private var message: RoutedMessage?
    private var left = 0
    private var began = ContinuousClock.now
    private(set) var nanoseconds: [Double] = []
    private(set) var outputs = 0
    private(set) var failure: String?

    /// Outputs of a batch wait for the next tick; a stream's queue has room for 1,024.
    static let batch = 512

    init(runtime: PluginRuntime, loop: EventLoop, messages: Int, runs: Int) {
        self.runtime = runtime
        self.loop = loop
        self.messages = messages
        self.runs = runs
    }

    func start() {
        do {
            let (node, manifest) = try runtime.onlyNode(on: loop)
            self.node = node
            let samples = [UInt8](repeating: 1, count: 32)
            let content: ClientMessage.Kind =
                manifest.consumes.contains("audio")
                ? .audio(AudioChunk(encoding: .pcm16le, sampleRateHz: 16_000, channels: 1, samples: samples)) : .text(TextInput(text: "a gold ring"))
            let payload = SharedBuffer(ClientMessage(kind: content).encoded())
            let kind = try MessagePeek(clientMessage: payload.bytes).kind
            message = RoutedMessage(kind: kind, turnID: 1, revision: 0, captureTimeUs: 0, payload: payload)
            stream = try node.open(StreamOpen(sessionKey: 1), events: self)
            next()
        } catch {
            failure = "\(error)"
            end()
        }
    }

    private func next() {
        left = messages
        began = .now
        send()
    }

    private func send() {
        guard let stream, let message else { return end() }
        guard left > 0 else {
            let took = began.duration(to: .now).components
            nanoseconds.append((Double(took.seconds) * 1e9 + Double(took.attoseconds) / 1e9) / Double(messages))
            return nanoseconds.count < runs ? next() : end()
        }
        let count = min(Self.batch, left)
        left -= count
        for _ in 0..<count { stream.data(message) }
        loop.nextTick { [unowned self] in send() }
    }

    private func end() {
        stream?.cancel()
        stream = nil
        if let node { runtime.retire([node]) }
        loop.nextTick { [loop] in loop.stop() }
    }

    func nodeStream(_ stream: any NodeStream, emitted kind: UInt32, payload: SharedBuffer) { outputs += 1 }

    func nodeStream(_ stream: any NodeStream, closed status: RPCStatus) {
        failure = "the plugin closed the stream: \(status)"
        self.stream = nil
    }
}
