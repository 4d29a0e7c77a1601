import EventLoop
import Inference
import Router
import Wire

/// The inference jobs of one process: requests in, replies out, and the tensors that stay here between them. Confined to the loop.
///
/// Every request with an operation is answered once, also when its Run stream ends first.
final class WorkerJobs {
    private struct Job {
        let runID: UInt64
        let ticket: InferenceTicket
    }

    private struct Kept {
        let runID: UInt64
        let tensor: HostTensor
    }

    private unowned let node: any WorkerServicesNode
    private let coder: TensorCoder
    private var reply: ((InferReply) -> Void)?
    private var running: [UInt64: Job] = [:]
    private var kept: [UInt64: Kept] = [:]
    private var nextHandle: UInt64 = 1

    init(node: any WorkerServicesNode, coder: TensorCoder) {
        self.node = node
        self.coder = coder
    }

    /// Whether the worker has a stream for jobs open.
    var isAttached: Bool { reply != nil }

    func attach(_ reply: @escaping (InferReply) -> Void) { self.reply = reply }

    /// The worker wants no replies any more.
    func detach() { close() }

    func close() {
        reply = nil
        for operation in running.keys.sorted() {
            if let job = running[operation] { node.plugin.inference.cancel(job.ticket) }
        }
        kept = [:]
    }

    func ended(_ runID: UInt64) {
        for operation in running.keys.sorted() {
            if let job = running[operation], job.runID == runID { node.plugin.inference.cancel(job.ticket) }
        }
        kept = kept.filter { $0.value.runID != runID }
    }

    /// - Throws: what ends the process: an operation that is under way already.
    func request(_ request: InferRequest) throws(RPCStatus) {
        for handle in request.release { kept[handle] = nil }
        if request.cancel {
            if let job = running[request.operation] { node.plugin.inference.cancel(job.ticket) }
            return
        }
        if request.model.isEmpty && request.inputs.isEmpty { return }
        guard running[request.operation] == nil else {
            throw RPCStatus(.invalidArgument, "operation \(request.operation) is under way; each has a number of its own")
        }
        do throws(RPCStatus) {
            try submit(request)
        } catch {
            reply?(InferReply(operation: request.operation, code: error.code.rawValue, message: error.message))
        }
    }

    private func submit(_ request: InferRequest) throws(RPCStatus) {
        guard let stream = node.stream(request.streamID) else { throw RPCStatus(.cancelled, "the stream \(request.streamID) is closed") }
        let plugin = node.plugin
        guard let index = plugin.manifest.models.firstIndex(where: { $0.name == request.model }) else {
            throw RPCStatus(.notFound, "the manifest names no model \"\(request.model)\"")
        }
        guard let priority = InferencePriority(rawValue: Int(request.priority)) else {
            throw RPCStatus(.invalidArgument, "priority \(request.priority); allowed: 0 (final) to 4 (background)")
        }
        guard running.values.reduce(0, { $0 + ($1.runID == request.streamID ? 1 : 0) }) < plugin.limits.streamJobsMax else {
            throw RPCStatus(.resourceExhausted, "the stream has \(plugin.limits.streamJobsMax) jobs under way, which is its limit")
        }
        // Outputs that are kept take memory without asking for it, so what is full takes no further job.
        guard stream.budget.usedBytes < stream.budget.bytesMax else {
            throw RPCStatus(
                .resourceExhausted,
                "the stream's tensors take \(stream.budget.usedBytes) bytes, which is over its limit of \(stream.budget.bytesMax): release some")
        }
        var inputs: [(name: String, tensor: HostTensor)] = []
        for input in request.inputs { inputs.append((input.name, try tensor(input, stream))) }
        let now = node.loop.nowUs
        let job = InferenceJob(
            model: plugin.models[index], inputs: inputs, outputs: request.outputs, priority: priority, fairnessKey: stream.opening.sessionKey,
            deadlineUs: request.timeoutUs == 0 ? stream.opening.deadlineUs : now &+ min(request.timeoutUs, 1 << 60), budget: stream.budget)
        let names = request.outputs
        let (operation, runID, keeps) = (request.operation, request.streamID, request.keepOutputs)
        let ticket = try plugin.inference.submit(job, on: node.loop) { [weak self] result in
            self?.ended(operation, runID, result, names: names, keeps: keeps)
        }
        running[operation] = Job(runID: runID, ticket: ticket)
    }

    private func tensor(_ message: WireTensor, _ stream: WorkerStream) throws(RPCStatus) -> HostTensor {
        if message.handle != 0 {
            guard let found = kept[message.handle], found.runID == stream.wireID else {
                throw RPCStatus(.notFound, "tensor \"\(message.name)\": no tensor \(message.handle) is kept for this stream")
            }
            return found.tensor
        }
        let inference = node.plugin.inference
        return try coder.decode(message, budget: stream.budget) { (type, shape) throws(RPCStatus) in
            try inference.tensor(type, shape, budget: stream.budget)
        }
    }

    private func ended(_ operation: UInt64, _ runID: UInt64, _ result: Result<[HostTensor], RPCStatus>, names: [String], keeps: Bool) {
        running[operation] = nil
        guard let reply else { return }
        var message = InferReply(operation: operation)
        do throws(RPCStatus) {
            guard let stream = node.stream(runID) else { throw RPCStatus(.cancelled, "the stream is closed") }
            for (name, tensor) in zip(names, try result.get()) {
                var output = try coder.encode(name, tensor)
                if keeps {
                    output.handle = nextHandle
                    kept[nextHandle] = Kept(runID: stream.wireID ?? 0, tensor: tensor)
                    nextHandle += 1
                }
                message.outputs.append(output)
            }
        } catch {
            message.outputs = []
            message.code = error.code.rawValue
            message.message = error.message
        }
        reply(message)
    }
}
