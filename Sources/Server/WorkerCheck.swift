import EventLoop
import Glibc
import Locks
import PluginHost
import PluginWorkers
import Router
import Wire

/// Whether a plugin in a process of its own keeps to the worker's protocol (docs/workers.md): checks that any author can run, in any language.
///
/// Each check starts processes of its own. What a worker may never do (give more than its credit, acknowledge what it was not given, speak on foreign
/// streams, be silent) the server finds out in each of them, and names.
public final class WorkerCheck: Sendable {
    /// A message for the plugin: a serialized `ClientMessage`, or what is none, and the kind it is given as.
    public struct Input: Sendable {
        public var bytes: [UInt8]
        public var kind: UInt32

        public init(bytes: [UInt8], kind: UInt32) {
            self.bytes = bytes
            self.kind = kind
        }
    }

    public struct Check: Sendable {
        public let name: String
        /// What is checked, in a sentence.
        public let about: String
        let run: @Sendable (WorkerCheck) -> [String]
    }

    /// All checks, in the order in which they are worth reading.
    public static let checks: [Check] = [
        Check(name: "handshake", about: "it says what it is, starts, and answers when it is asked for a sign of life") { $0.handshake() },
        Check(name: "lifecycle", about: "a stream is opened, answered, half-closed and closed with one status") { $0.lifecycle() },
        Check(name: "interleaved", about: "streams at the same time do not disturb each other") { $0.interleaved() },
        Check(name: "cancel", about: "a stream is cancelled at every point, and the next one is served") { $0.cancel() },
        Check(name: "hand-over", about: "a stream in its middle goes on with another process, or ends where it is, and the old process goes") {
            $0.handOver()
        },
        Check(name: "credit", about: "little credit for outputs is respected, and every stream still ends") { $0.credit() },
        Check(name: "malformed", about: "payloads that are no messages, or other ones, end in a status or a problem, not in the process's end") {
            $0.malformed()
        },
        Check(name: "leaks", about: "1,000 streams (--streams) leave no memory and no descriptors behind in the process") { $0.leaks() },
    ]

    private let runtime: PluginRuntime
    private let plugin: WorkerPlugin
    private let loop: EventLoop
    private let samples: [Input]
    private let malformedInputs: [Input]
    private let leakStreams: Int

    /// Asks the program what it is and makes its models ready. Blocks; not on a loop.
    /// - Parameters:
    ///   - configuration: loads the one plugin, as a worker.
    ///   - leakStreams: streams of the check for leaks, from 20 on.
    ///   - inputs: for kinds of messages, good samples and bad ones.
    public init(
        _ configuration: ServerConfiguration, leakStreams: Int = 1_000, inputs: (_ kinds: [String]) -> (samples: [Input], malformed: [Input])
    ) throws(ServerError) {
        runtime = try PluginRuntime(configuration)
        guard let plugin = runtime.live.first as? WorkerPlugin else { throw ServerError("this check is for plugins in processes of their own") }
        self.plugin = plugin
        self.leakStreams = max(20, leakStreams)
        (samples, malformedInputs) = inputs(plugin.manifest.consumes)
        do {
            loop = try EventLoop(name: "worker-check")
        } catch {
            throw ServerError("\(error)")
        }
        loop.start()
    }

    /// What is wrong by one check; empty when it passes. Blocks; not on a loop.
    public func run(_ check: Check) -> [String] { check.run(self) }

    public func close() {
        loop.stop()
        loop.join()
        runtime.shutdown()
    }

    // MARK: Checks

    private func handshake() -> [String] {
        var limits = plugin.limits
        limits.silenceMsMax = 500
        return checked(limits) { worker in
            // Longer than it may be silent: it is asked meanwhile.
            worker.rest(ms: 1_200)
            return worker.trouble
        }
    }

    private func lifecycle() -> [String] {
        guard !samples.isEmpty else { return ["the manifest names no kind of message that it takes"] }
        return checked { worker in
            // Nothing at all, then one after the other, then everything at once.
            worker.converse([Conversation()], "a stream without messages")
                + samples.flatMap { worker.converse([Conversation([$0])], "a stream with one message") }
                + worker.converse([Conversation(samples + samples)], "messages all at once")
        }
    }

    private func interleaved() -> [String] {
        checked { worker in worker.converse((0..<32).map { Conversation(Array(samples.prefix($0 % (samples.count + 1)))) }, "32 streams at once") }
    }

    private func cancel() -> [String] {
        checked { worker in
            var problems: [String] = []
            for count in 0...samples.count {
                for delayUs in [0, 200, 2_000, 20_000] as [UInt64] {
                    let cancelled = Conversation(Array(samples.prefix(count)), cancelAfterUs: delayUs)
                    let alsoClosed = Conversation(Array(samples.prefix(count)), cancelAfterUs: delayUs, halfCloses: true)
                    problems += worker.converse([cancelled, alsoClosed], "cancelled after \(count) messages and \(delayUs) µs")
                }
            }
            return problems + worker.converse([Conversation(samples)], "a stream after the cancelled ones")
        }
    }

    private func handOver() -> [String] {
        checked { worker in
            let next = WorkerUnderCheck(plugin, plugin.limits, loop)
            defer { next.end() }
            guard next.trouble.isEmpty else { return next.trouble }
            let problems = worker.converse([Conversation(samples + samples)], "a stream that was handed over", movingTo: next)
            return problems + next.trouble + next.converse([Conversation(samples)], "a stream after that")
        }
    }

    private func credit() -> [String] {
        var limits = plugin.limits
        limits.streamOutputBytesMax = 64
        return checked(limits) { worker in
            let many = Array(repeating: samples, count: 25).flatMap { $0 }
            return worker.converse([Conversation(many), Conversation(many)], "64 bytes of credit")
        }
    }

    private func malformed() -> [String] {
        checked { worker in
            for (index, input) in malformedInputs.enumerated() {
                let what = "malformed payload \(index) (\(input.bytes.count) bytes as kind \(input.kind))"
                let problems = worker.converse([Conversation([input, input])], what)
                if !problems.isEmpty { return problems }
            }
            return worker.converse([Conversation(samples)], "a good stream after the malformed ones")
        }
    }

    /// What the process may grow by, bytes a stream and in all: allocators and interpreters keep a little.
    private static let leakBytesPerStreamMax = 1_024
    private static let leakBytesMin = 512 << 10

    private func leaks() -> [String] {
        checked { worker in
            func run(_ streams: Int) -> [String] {
                stride(from: 0, to: streams, by: 4).flatMap { _ in
                    worker.converse(
                        [
                            Conversation(samples), Conversation(Array(samples.prefix(1))), Conversation(samples, cancelAfterUs: 0),
                            Conversation(Array(malformedInputs.prefix(1))),
                        ], "one of many streams")
                }
            }
            var problems = run(leakStreams / 2)
            guard problems.isEmpty else { return problems }
            let before = ProcessUsage.now(of: worker.pid)
            problems = run(leakStreams)
            let after = ProcessUsage.now(of: worker.pid)
            let grown = after.resident - before.resident
            if grown > max(Self.leakBytesMin, Self.leakBytesPerStreamMax * leakStreams) {
                problems.append("\(leakStreams) streams left \(grown) bytes behind (at most \(Self.leakBytesPerStreamMax) a stream)")
            }
            if after.descriptors > before.descriptors { problems.append("\(after.descriptors - before.descriptors) descriptors were left open") }
            return problems
        }
    }

    /// A process for one check, and what was wrong with it beside what the check finds.
    private func checked(_ limits: WorkerLimits? = nil, _ body: (WorkerUnderCheck) -> [String]) -> [String] {
        let worker = WorkerUnderCheck(plugin, limits ?? plugin.limits, loop)
        defer { worker.end() }
        let problems = worker.trouble.isEmpty ? body(worker) : []
        // Why the process ended says more than which streams that ended.
        return worker.trouble.isEmpty ? problems : worker.trouble
    }
}

/// One stream's part of a check.
private struct Conversation: Sendable {
    var inputs: [WorkerCheck.Input]
    /// nil = it is half-closed and left to end.
    var cancelAfterUs: UInt64?
    var halfCloses: Bool

    init(_ inputs: [WorkerCheck.Input] = [], cancelAfterUs: UInt64? = nil, halfCloses: Bool = false) {
        self.inputs = inputs
        self.cancelAfterUs = cancelAfterUs
        self.halfCloses = halfCloses || cancelAfterUs == nil
    }
}

/// A worker's process, talked to from a plain thread.
private final class WorkerUnderCheck {
    private let plugin: WorkerPlugin
    private let loop: EventLoop
    private let node: LoopBound<WorkerNode>
    private let started: String?

    /// Until a half-closed stream must have ended.
    private static let endMsMax: UInt64 = 20_000

    init(_ checked: WorkerPlugin, _ limits: WorkerLimits, _ loop: EventLoop) {
        var limits = limits
        // What it was given with one process shall not be given again by another: a death is told of.
        limits.retryMsMax = 0
        self.loop = loop
        plugin = WorkerPlugin(
            command: checked.command, manifest: checked.manifest, options: checked.options, models: checked.models, limits: limits,
            inference: checked.inference, observer: checked.observer, image: checked.image, sha256: checked.sha256)
        (node, started) = WorkerStart(plugin, on: loop).wait()
    }

    /// Why the process does not serve, or did not all the time; [] when it did.
    var trouble: [String] {
        if let started { return ["it does not start: \(started)"] }
        let state = plugin.status.all
        guard state.contains(where: { $0.failures > 0 || $0.trouble != nil }) else { return [] }
        return ["its process ended: \(lastTrouble.withLock { $0 } ?? state.compactMap(\.trouble).first ?? "another one serves now")"]
    }

    private let lastTrouble = Lock<String?>(nil)

    var pid: Int32 { plugin.status.all.first?.pid ?? 0 }

    func end() {
        guard !isReplaced else { return }
        let gone = ThreadSignal()
        loop.submit { [node] in
            node.value.onFinished = { gone.signal() }
            node.value.shutDown()
        }
        gone.wait()
    }

    /// Another process has taken its place.
    private var isReplaced = false

    /// Waits until the process has done with everything it was given.
    private func settle() {
        let over = ThreadSignal()
        loop.submit { [node, loop] in
            let limitUs = loop.nowUs + Self.endMsMax * 1_000
            var poll: LoopTimer?
            poll = loop.every(1_000) {
                guard node.value.isAtRest || loop.nowUs > limitUs else { return }
                poll?.cancel()
                over.signal()
            }
        }
        over.wait()
    }

    /// Lets the process be for a while.
    func rest(ms: UInt64) {
        let over = ThreadSignal()
        loop.submit { [loop] in _ = loop.after(ms * 1_000) { over.signal() } }
        over.wait()
    }

    /// Holds conversations at the same time, inputs in turn, and waits until all have ended.
    /// - Parameter other: takes this process's place in the middle of them.
    /// - Returns: what was wrong.
    func converse(_ conversations: [Conversation], _ what: String, movingTo other: WorkerUnderCheck? = nil) -> [String] {
        let outcome = Outcome()
        let inputs = conversations.map(\.inputs.count).max() ?? 0
        let middle = other == nil ? 0 : inputs / 2
        let talk = LoopBound(Talk(), loop: loop)
        loop.submit { [node, loop] in
            talk.value.streams = conversations.map { CheckedStream($0, node.value, loop, outcome) }
            talk.value.say(0..<middle)
        }
        let gone = ThreadSignal()
        if let other {
            settle()
            isReplaced = true
            loop.submit { [node, next = other.node] in
                node.value.drain(into: next.value, withinUs: Self.endMsMax * 1_000) { gone.signal() }
            }
        }
        loop.submit {
            talk.value.say(middle..<inputs)
            for stream in talk.value.streams { stream.finish(withinUs: Self.endMsMax * 1_000) }
        }
        for _ in conversations { outcome.done.wait() }
        if isReplaced { gone.wait() }
        let (late, ended) = outcome.result.withLock { $0 }
        if let ended { lastTrouble.withLock { $0 = ended } }
        var problems: [String] = []
        if late > 0 { problems.append("\(what): \(late) streams are not closed \(Self.endMsMax / 1_000) s after they were half-closed") }
        if let ended { problems.append("\(what): \(ended)") }
        return problems
    }
}

/// Streams at the same time. Confined to the loop.
private final class Talk {
    var streams: [CheckedStream] = []

    func say(_ inputs: Range<Int>) { for index in inputs { for stream in streams { stream.send(index) } } }
}

/// What became of some streams: written on the loop, read by the thread that waits for them.
private final class Outcome: Sendable {
    let result = Lock((late: 0, ended: String?.none))
    /// Signalled once for each stream.
    let done = ThreadSignal()
}

/// Confined to the loop.
private final class CheckedStream: NodeEvents {
    private let conversation: Conversation
    private let loop: EventLoop
    private let outcome: Outcome
    private var stream: (any NodeStream)?
    private var timer: LoopTimer?
    private var isOver = false

    init(_ conversation: Conversation, _ node: WorkerNode, _ loop: EventLoop, _ outcome: Outcome) {
        self.conversation = conversation
        self.loop = loop
        self.outcome = outcome
        do throws(RPCStatus) {
            stream = try node.open(StreamOpen(sessionKey: 1, turnID: 1, language: "en"), events: self)
        } catch {
            over(error)
        }
    }

    func send(_ index: Int) {
        guard index < conversation.inputs.count else { return }
        let input = conversation.inputs[index]
        stream?.data(RoutedMessage(kind: input.kind, turnID: 1, revision: 0, captureTimeUs: 0, payload: SharedBuffer(input.bytes)))
    }

    func finish(withinUs: UInt64) {
        guard !isOver else { return }
        if conversation.halfCloses { stream?.halfClose() }
        timer = loop.after(conversation.cancelAfterUs ?? withinUs) { [self] in
            stream?.cancel()
            if conversation.cancelAfterUs == nil { outcome.result.withLock { $0.late += 1 } }
            over(RPCStatus(.cancelled, ""))
        }
    }

    private func over(_ status: RPCStatus) {
        guard !isOver else { return }
        isOver = true
        timer?.cancel()
        stream = nil
        if status.code == .unavailable { outcome.result.withLock { $0.ended = status.message } }
        outcome.done.signal()
    }

    func nodeStream(_ stream: any NodeStream, emitted kind: UInt32, payload: SharedBuffer) {}

    func nodeStream(_ stream: any NodeStream, closed status: RPCStatus) { over(status) }
}
