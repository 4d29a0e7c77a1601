import EventLoop
import Inference
import PluginHost
import Router
import Wire

/// The runner's end of the socket: answers the host's calls with the plugin's instance, and makes the plugin's calls to the host. Confined to the
/// loop.
final class RunnerConnection {
    private let stream: ByteStream
    private let library: PluginLibrary
    private let folder: String
    private let compute: ComputePool
    private let loop: EventLoop
    private let coder: TensorCoder
    /// Credit for outputs that each stream begins with.
    private var outputWindowBytes = RunnerStream.windowBytes
    private let inference: RemoteInference
    private var decoder = FrameDecoder(frameBytesMax: RunnerConnection.frameBytesMax)
    private var instance: PluginInstance?
    private var streams: [UInt64: RunnerStream] = [:]
    private var runIDs: [UInt64: UInt64] = [:]
    private var requests: [UInt64: (method: String, bytes: [UInt8])] = [:]
    private var calls = HostStreams()
    private var onEnd: ((RPCStatus?) -> Void)?

    /// From the end of the connection to the end of the process, milliseconds.
    static let endMsMax = 1_000
    /// One frame of the host's.
    static let frameBytesMax = 64 << 20

    /// The streams that the runner opens at the host, when they are first needed.
    private struct HostStreams {
        static let infer: UInt64 = 2
        static let log: UInt64 = 4
        static let metrics: UInt64 = 6
        var open: Set<UInt64> = []
    }

    init(
        _ stream: ByteStream, _ descriptors: DescriptorSocket, _ library: PluginLibrary, _ folder: String, _ compute: ComputePool, _ loop: EventLoop
    ) {
        self.stream = stream
        self.library = library
        self.folder = folder
        self.compute = compute
        self.loop = loop
        coder = TensorCoder(descriptors: descriptors, inlineBytesMax: 0)
        let send = Sender()
        inference = RemoteInference(coder: coder) { send.connection?.send($0) }
        send.connection = self
        stream.limits = StreamLimits(highWaterBytes: 16 << 20, lowWaterBytes: 4 << 20, outputBytesMax: 256 << 20)
    }

    /// Begins to serve; `onEnd` is called once: with nil when the host has closed the socket.
    func start(_ onEnd: @escaping (RPCStatus?) -> Void) {
        self.onEnd = onEnd
        inference.runID = { [weak self] in self?.runIDs[$0] }
        stream.onBytes = { [unowned self] in receive($0) }
        stream.onClose = { [self] error in end(error.map { RPCStatus(.unavailable, "the host's socket: \($0)") }) }
        stream.startReading()
    }

    /// The host is gone: the plugin's streams are cancelled, and what it has under way gets a moment to end.
    private func end(_ status: RPCStatus?) {
        for id in streams.keys.sorted() { streams[id]?.cancel() }
        inference.close()
        instance?.shutDown()
        let began = loop.nowUs
        loop.every(1_000) { [self] in
            guard isSettled || loop.nowUs - began > UInt64(Self.endMsMax) * 1_000 else { return }
            onEnd?(status)
            onEnd = nil
        }
    }

    /// Whether the plugin's instance has been destroyed, or never was.
    var isSettled: Bool { instance.map { $0.openStreams == 0 && $0.outstanding == 0 } ?? true }

    func write(_ body: (inout [UInt8]) -> Void) { stream.write(body) }

    // MARK: - From the host

    private func receive(_ bytes: UnsafeRawBufferPointer) {
        do throws(RPCStatus) {
            try decoder.feed(bytes) { (frame) throws(RPCStatus) in try self.frame(frame) }
        } catch {
            // The host sees it as the reason, the log as the last words.
            stream.write { FrameEncoder.goAway(lastStreamID: 0, error, into: &$0) }
            stream.closeAfterFlush()
        }
    }

    private func frame(_ bytes: UnsafeRawBufferPointer) throws(RPCStatus) {
        let peek = try FramePeek(bytes)
        let contents = peek.contents(in: bytes)
        if peek.streamID == 0 {
            guard peek.body == FrameBody.ping else { return }
            let ping = try Ping(decoding: contents)
            return write { FrameEncoder.pong(token: ping.token, into: &$0) }
        }
        if peek.streamID % 2 == 0 {
            if peek.streamID == HostStreams.infer, peek.body == FrameBody.data { inference.replied(try InferReply(decoding: contents)) }
            return
        }
        switch peek.body {
        case FrameBody.open: try opened(peek.streamID, Open(decoding: contents))
        case FrameBody.data:
            if let run = streams[peek.streamID] { return try run.input(contents) }
            requests[peek.streamID]?.bytes = Array(contents)
        case FrameBody.halfClose:
            if let run = streams[peek.streamID] { return run.halfClose() }
            if let request = requests.removeValue(forKey: peek.streamID) { answer(peek.streamID, request.method, request.bytes) }
        case FrameBody.cancel:
            requests[peek.streamID] = nil
            streams[peek.streamID]?.cancel()
        case FrameBody.credit: streams[peek.streamID]?.granted(try Credit(decoding: contents).bytes)
        default: throw RPCStatus(.invalidArgument, "the host sends open, data, half_close, cancel and credit on its streams")
        }
    }

    private func opened(_ id: UInt64, _ open: Open) throws(RPCStatus) {
        guard open.method == MethodDescriptor.pluginRun.path else {
            requests[id] = (open.method, [])
            return
        }
        guard let instance else { return status(id, RPCStatus(.failedPrecondition, "the plugin was not started")) }
        let run = RunnerStream(id, connection: self, instance: instance, windowBytes: outputWindowBytes)
        do throws(RPCStatus) {
            let token = try run.open(RunMetadata.opening(open, nowUs: loop.nowUs))
            streams[id] = run
            runIDs[token] = id
        } catch {
            status(id, error)
        }
    }

    private func answer(_ id: UInt64, _ method: String, _ bytes: [UInt8]) {
        do throws(RPCStatus) {
            switch method {
            case MethodDescriptor.pluginDescribe.path:
                _ = try DescribeRequest(decoding: bytes)
                let manifest = library.manifest
                write { FrameEncoder.data(streamID: id, message: manifest, into: &$0) }
            case MethodDescriptor.pluginStart.path:
                try begin(StartRequest(decoding: bytes))
                write { FrameEncoder.data(streamID: id, message: StartReply(), into: &$0) }
            case MethodDescriptor.pluginExportState.path:
                let state = try run(ExportStateRequest(decoding: bytes).streamID).exportedState()
                write { FrameEncoder.data(streamID: id, message: ExportStateReply(state: state), into: &$0) }
            case MethodDescriptor.pluginImportState.path:
                let request = try ImportStateRequest(decoding: bytes)
                try run(request.streamID).importState(request.state)
                write { FrameEncoder.data(streamID: id, message: ImportStateReply(), into: &$0) }
            default: throw RPCStatus(.unimplemented, "there is no method '\(method)' on this socket")
            }
            status(id, .ok)
        } catch {
            status(id, error)
        }
    }

    private func run(_ id: UInt64) throws(RPCStatus) -> RunnerStream {
        guard let run = streams[id] else { throw RPCStatus(.notFound, "stream \(id) is not open") }
        return run
    }

    private func begin(_ request: StartRequest) throws(RPCStatus) {
        guard instance == nil else { throw RPCStatus(.failedPrecondition, "the plugin was started already") }
        guard request.models.map(\.name) == library.manifest.models.map(\.name) else {
            throw RPCStatus(.invalidArgument, "the host named other models than the manifest")
        }
        coder.inlineBytesMax = Int(request.inlineTensorBytesMax)
        if request.outputWindowBytes > 0 { outputWindowBytes = Int(clamping: request.outputWindowBytes) }
        var options: [String: String] = [:]
        for option in request.options { options[option.key] = option.value }
        let bound = LoopBound(self, loop: loop)
        let host = PluginHost(
            configuration: PluginHostConfiguration(pluginFolder: folder, modelsFolder: "", runFolder: folder), inference: inference, compute: compute,
            observer: PluginHostObserver(
                log: { [loop] _, level, message in loop.submit { bound.value.log(level, message) } },
                count: { [loop] _, metric, amount in loop.submit { bound.value.count(metric, amount) } }))
        let generation = host.adopt(library, options: options, models: request.models.map(RemoteModel.init))
        let made = try host.instance(of: generation, on: loop)
        instance = made
        made.onCompleted = { [weak self] token in
            guard let self, let id = runIDs[token] else { return }
            // Whatever the plugin gave in the completion goes first.
            loop.nextTick { self.streams[id]?.acknowledge() }
        }
    }

    // MARK: - To the host

    /// The plugin's stream has ended.
    func forget(_ id: UInt64, token: UInt64) {
        streams[id] = nil
        runIDs[token] = nil
    }

    func status(_ id: UInt64, _ status: RPCStatus) { write { FrameEncoder.status(streamID: id, status, into: &$0) } }

    fileprivate func send(_ request: InferRequest) { say(HostStreams.infer, .hostInfer, request) }

    private func log(_ level: PluginLogLevel, _ message: String) {
        say(HostStreams.log, .hostLog, LogLine(level: UInt32(level.rawValue), message: message))
    }

    private func count(_ metric: String, _ amount: Double) { say(HostStreams.metrics, .hostMetrics, MetricSample(name: metric, value: amount)) }

    private func say(_ id: UInt64, _ method: MethodDescriptor, _ message: some WireMessage) {
        let isNew = calls.open.insert(id).inserted
        write {
            if isNew { FrameEncoder.open(streamID: id, method: method.path, into: &$0) }
            FrameEncoder.data(streamID: id, message: message, into: &$0)
        }
    }
}

/// Breaks the circle in which a connection makes what sends by it.
private final class Sender {
    weak var connection: RunnerConnection?
}
