import EventLoop
import Inference
import PluginHost
import Wire

/// What the services need of the node whose worker they serve.
protocol WorkerServicesNode: AnyObject {
    var loop: EventLoop { get }
    var plugin: WorkerPlugin { get }
    /// The Run stream with this number; nil when it has ended.
    func stream(_ wireID: UInt64) -> WorkerStream?
}

/// The host's services for one process: the streams that a worker opens. Confined to the loop.
final class WorkerServices {
    private enum Service {
        case infer
        case log
        case metrics
        /// One request, answered when the worker has ended its half.
        case unary(MethodDescriptor, request: [UInt8]?)
    }

    /// Streams that a worker may have open here.
    static let streamsMax = 64
    /// One line of a worker's log, cut beyond this. Bytes.
    static let logBytesMax = 4_096

    private unowned let node: any WorkerServicesNode
    private let jobs: WorkerJobs
    private let write: ((inout [UInt8]) -> Void) -> Void
    private var open: [UInt64: Service] = [:]
    private var lastOpened: UInt64 = 0
    private var logRate: RateWindow

    init(node: any WorkerServicesNode, coder: TensorCoder, write: @escaping ((inout [UInt8]) -> Void) -> Void) {
        self.node = node
        self.write = write
        jobs = WorkerJobs(node: node, coder: coder)
        logRate = RateWindow(perSecondMax: node.plugin.limits.logLinesPerSecondMax)
    }

    /// The process has gone.
    func close() {
        jobs.close()
        open = [:]
    }

    /// A Run stream has ended: so do its jobs.
    func ended(_ runID: UInt64) { jobs.ended(runID) }

    /// A frame of one of the worker's streams.
    /// - Throws: what ends the process.
    func frame(_ peek: FramePeek, _ bytes: UnsafeRawBufferPointer) throws(RPCStatus) {
        let id = peek.streamID
        let contents = peek.contents(in: bytes)
        if peek.body == FrameBody.open { return try opened(id, Open(decoding: contents)) }
        guard let service = open[id] else {
            // Frames may cross the status that has ended their stream.
            if id <= lastOpened { return }
            throw RPCStatus(.invalidArgument, "stream \(id) was never opened")
        }
        switch peek.body {
        case FrameBody.data: try data(id, service, contents)
        case FrameBody.halfClose: try halfClosed(id, service)
        case FrameBody.cancel:
            if case .infer = service { jobs.detach() }
            open[id] = nil
        case FrameBody.credit: break  // What the host answers is bounded by what it was asked.
        default: throw RPCStatus(.invalidArgument, "stream \(id): a worker sends open, data, half_close, cancel or credit on it")
        }
    }

    private func opened(_ id: UInt64, _ request: Open) throws(RPCStatus) {
        guard id > lastOpened else {
            throw RPCStatus(.invalidArgument, "stream \(id) was opened after stream \(lastOpened); ids grow and are used once")
        }
        lastOpened = id
        guard open.count < Self.streamsMax else {
            return end(id, RPCStatus(.resourceExhausted, "\(open.count) streams are open here; at most \(Self.streamsMax) may be"))
        }
        switch MethodDescriptor.named(request.method) {
        case .some(.hostInfer):
            guard !jobs.isAttached else { return end(id, RPCStatus(.alreadyExists, "one stream of \(request.method) serves all jobs; one is open")) }
            jobs.attach { [unowned self] reply in write { FrameEncoder.data(streamID: id, message: reply, into: &$0) } }
            open[id] = .infer
        case .some(.hostLog): open[id] = .log
        case .some(.hostMetrics): open[id] = .metrics
        case .some(let method) where method == .hostConfiguration || method == .hostClock: open[id] = .unary(method, request: nil)
        default: end(id, RPCStatus(.unimplemented, "there is no method '\(request.method)' on this socket"))
        }
    }

    private func data(_ id: UInt64, _ service: Service, _ contents: UnsafeRawBufferPointer) throws(RPCStatus) {
        switch service {
        case .infer: try jobs.request(InferRequest(decoding: contents))
        case .log: log(try LogLine(decoding: contents))
        case .metrics:
            let sample = try MetricSample(decoding: contents)
            if sample.value.isFinite { node.plugin.observer.count(node.plugin.name, sample.name, sample.value) }
        case .unary(let method, let request):
            guard request == nil else { return end(id, RPCStatus(.invalidArgument, "a second request on a method that takes one")) }
            open[id] = .unary(method, request: Array(contents))
        }
    }

    private func halfClosed(_ id: UInt64, _ service: Service) throws(RPCStatus) {
        switch service {
        case .infer: break  // It ends with the process; jobs are still answered.
        case .log, .metrics: end(id, .ok)
        case .unary(let method, let request):
            do throws(RPCStatus) {
                let reply = try answer(method, request)
                write { FrameEncoder.data(streamID: id, payload: reply, into: &$0) }
                end(id, .ok)
            } catch {
                end(id, error)
            }
        }
    }

    private func answer(_ method: MethodDescriptor, _ request: [UInt8]?) throws(RPCStatus) -> [UInt8] {
        guard let request else { throw RPCStatus(.invalidArgument, "the method needs one request; none was sent") }
        if method == .hostClock {
            _ = try ClockRequest(decoding: request)
            return ClockReply(nowUs: node.loop.nowUs).encoded()
        }
        let value = node.plugin.options[try ConfigurationRequest(decoding: request).key]
        return ConfigurationReply(value: value ?? "", found: value != nil).encoded()
    }

    private func log(_ line: LogLine) {
        let plugin = node.plugin
        let isAdmitted = logRate.admit(nowUs: node.loop.nowUs)
        let suppressed = logRate.takeSuppressed()
        if suppressed > 0 { plugin.observer.log(plugin.name, .warning, "\(suppressed) lines of the worker's log were left out") }
        guard isAdmitted else { return }
        let level = PluginLogLevel(rawValue: Int32(truncatingIfNeeded: line.level)) ?? .info
        let text = line.message.utf8.count > Self.logBytesMax ? String(line.message.prefix(Self.logBytesMax / 4)) + " …" : line.message
        plugin.observer.log(plugin.name, level, text)
    }

    private func end(_ id: UInt64, _ status: RPCStatus) {
        open[id] = nil
        write { FrameEncoder.status(streamID: id, status, into: &$0) }
    }
}
