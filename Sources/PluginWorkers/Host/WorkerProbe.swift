public import EventLoop
import Inference
public import PluginHost
public import Wire

/// Asks programs what they are.
public enum WorkerProbe {
    /// Runs a worker's program until it has said what it is. Blocks; not on a loop.
    /// - Throws: UNAVAILABLE with the program's last words, or DEADLINE_EXCEEDED after `limits.life.startMsMax`; INVALID_ARGUMENT for a bad manifest.
    public static func manifest(
        of command: ChildProcess.Command, limits: WorkerLimits, observer: PluginHostObserver
    ) throws(RPCStatus) -> PluginManifest {
        precondition(EventLoop.current == nil, "a program is probed by a thread that may wait")
        let loop: EventLoop
        do {
            loop = try EventLoop(name: "worker-probe")
        } catch {
            throw RPCStatus(.resourceExhausted, "\(error)")
        }
        let probe = Probe(command, limits, observer, loop)
        let bound = LoopBound(probe, loop: loop)
        loop.submit { bound.value.start() }
        loop.run()
        guard let result = probe.result else { throw RPCStatus(.unavailable, "\(command.program) said nothing") }
        do {
            return try result.get()
        } catch {
            throw RPCStatus(error.code, "the worker \(command.program) \(command.arguments.joined(separator: " ")): \(error.message)")
        }
    }
}

/// One question to one process. Confined to its loop, but for `result` once that has ended.
private final class Probe: WorkerProcessEvents {
    private(set) var result: Result<PluginManifest, RPCStatus>?
    private let command: ChildProcess.Command
    private let limits: WorkerLimits
    private let observer: PluginHostObserver
    private let loop: EventLoop
    private var process: WorkerProcess?
    private var manifest: PluginManifest?

    init(_ command: ChildProcess.Command, _ limits: WorkerLimits, _ observer: PluginHostObserver, _ loop: EventLoop) {
        self.command = command
        self.limits = limits
        self.observer = observer
        self.loop = loop
    }

    func start() {
        let nothing = Unconnected()
        let plugin = WorkerPlugin(
            command: command, manifest: PluginManifest(name: command.program), options: [:], models: [], limits: limits, inference: nothing,
            observer: observer)
        do throws(RPCStatus) {
            let process = try WorkerProcess.spawn(plugin, loop: loop, events: self)
            self.process = process
            process.write {
                FrameEncoder.open(streamID: 1, method: MethodDescriptor.pluginDescribe.path, into: &$0)
                FrameEncoder.data(streamID: 1, message: DescribeRequest(abiVersion: WorkerPlugin.abiVersion), into: &$0)
                FrameEncoder.halfClose(streamID: 1, into: &$0)
            }
            loop.after(UInt64(limits.life.startMsMax) * 1_000) { [self] in
                end(.failure(RPCStatus(.deadlineExceeded, "it did not say what it is within \(limits.life.startMsMax) ms")))
            }
        } catch {
            end(.failure(error))
        }
    }

    private func end(_ outcome: Result<PluginManifest, RPCStatus>) {
        if result == nil { result = outcome }
        guard let process else { return loop.stop() }
        process.kill()
    }

    func process(_ process: WorkerProcess, frame peek: FramePeek, _ bytes: UnsafeRawBufferPointer) throws(RPCStatus) {
        guard peek.streamID == 1 else { throw RPCStatus(.invalidArgument, "it spoke on a stream that was not opened") }
        let contents = peek.contents(in: bytes)
        if peek.body == FrameBody.data { manifest = try PluginManifest.checked(contents) }
        guard peek.body == FrameBody.status else { return }
        let status = RPCStatus(try Status(decoding: contents))
        if let manifest, status.code == .ok { return end(.success(manifest)) }
        end(.failure(status.code == .ok ? RPCStatus(.invalidArgument, "it gave no manifest") : status))
    }

    func process(_ process: WorkerProcess, broke status: RPCStatus) { end(.failure(status)) }

    func processDrained(_ process: WorkerProcess) {}

    func process(_ process: WorkerProcess, gone reason: String) {
        if result == nil { result = .failure(RPCStatus(.unavailable, reason)) }
        self.process = nil
        loop.stop()
    }
}

/// What a program is not offered before it has said what it is.
private final class Unconnected: InferenceProvider {
    private static let refusal = RPCStatus(.failedPrecondition, "no models are there yet")

    func model(_ path: String, name: String, options: ModelOptions) throws(RPCStatus) -> any InferenceModel { throw Self.refusal }

    func tensor(_ type: TensorType, _ shape: [Int], budget: MemoryBudget?) throws(RPCStatus) -> HostTensor { throw Self.refusal }

    func submit(
        _ job: InferenceJob, on loop: EventLoop, done: @escaping (Result<[HostTensor], RPCStatus>) -> Void
    ) throws(RPCStatus) -> InferenceTicket { throw Self.refusal }

    func cancel(_ ticket: InferenceTicket) {}
}
