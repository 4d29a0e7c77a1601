// Unsafe: memory of tensors in the runner. Invariant: OwnMemory's bytes are allocated from init to deinit.

import EventLoop
import Inference
import Locks
import Wire

/// A model that the host has compiled.
final class RemoteModel: InferenceModel {
    let name: String
    let path: String

    init(_ file: ModelFile) {
        name = file.name
        path = file.path
    }
}

/// Inference by the host, through the socket. `tensor` may be called on any thread, the rest on the runner's loop.
final class RemoteInference: InferenceProvider, @unchecked Sendable {
    // Invariant: everything but `tensor` is called on the runner's loop and touches the fields there; `forgotten` has a lock.

    /// The host's number of a plugin stream; nil when it has ended.
    var runID: ((_ stream: UInt64) -> UInt64?)?
    private let coder: TensorCoder
    private let send: (InferRequest) -> Void
    private var nextOperation: UInt64 = 1
    private var waiting: [UInt64: (names: [String], done: (Result<[HostTensor], RPCStatus>) -> Void)] = [:]
    private let forgotten = Lock<[UInt64]>([])

    /// Outputs from this size on stay with the host, too, in case they are wanted as inputs. Bytes.
    static let keptBytesMin = 32 << 10

    init(coder: TensorCoder, send: @escaping (InferRequest) -> Void) {
        self.coder = coder
        self.send = send
    }

    func model(_ path: String, name: String, options: ModelOptions) throws(RPCStatus) -> any InferenceModel {
        throw RPCStatus(.failedPrecondition, "the host loads the models")
    }

    func tensor(_ type: TensorType, _ shape: [Int], budget: MemoryBudget?) throws(RPCStatus) -> HostTensor {
        try HostTensor(type, shape, in: OwnMemory(try HostTensor.byteCount(type: type, shape: shape)), budget: budget)
    }

    func submit(
        _ job: InferenceJob, on loop: EventLoop, done: @escaping (Result<[HostTensor], RPCStatus>) -> Void
    ) throws(RPCStatus) -> InferenceTicket {
        guard let runID = runID?(job.stream) else { throw RPCStatus(.cancelled, "the stream is closed") }
        var inputs: [WireTensor] = []
        for input in job.inputs {
            if let kept = input.tensor.memory as? KeptMemory {
                inputs.append(WireTensor(name: input.name, handle: kept.handle))
            } else {
                inputs.append(try coder.encode(input.name, input.tensor))
            }
        }
        let now = loop.nowUs
        let left = job.deadlineUs == 0 ? 0 : job.deadlineUs > now ? job.deadlineUs - now : 1
        let operation = nextOperation
        nextOperation += 1
        waiting[operation] = (job.outputs, done)
        send(
            InferRequest(
                operation: operation, model: job.model.name, inputs: inputs, outputs: job.outputs, priority: UInt32(job.priority.rawValue),
                timeoutUs: left, streamID: runID, keepOutputs: true, release: takeForgotten()))
        return InferenceTicket(id: operation)
    }

    func cancel(_ ticket: InferenceTicket) {
        if waiting[ticket.id] != nil { send(InferRequest(operation: ticket.id, cancel: true)) }
    }

    /// The host has answered.
    func replied(_ reply: InferReply) {
        guard let entry = waiting.removeValue(forKey: reply.operation) else { return }
        if reply.code != 0 {
            return entry.done(.failure(RPCStatus(StatusCode(rawValue: reply.code) ?? .unknown, reply.message)))
        }
        do throws(RPCStatus) {
            var tensors: [HostTensor] = []
            for output in reply.outputs {
                let tensor = try coder.decode(output, budget: nil) { (type, shape) throws(RPCStatus) in
                    try self.tensor(type, shape, budget: nil)
                }
                tensors.append(try kept(tensor, output.handle))
            }
            guard tensors.count == entry.names.count else { throw RPCStatus(.internalError, "the host gave \(tensors.count) outputs") }
            entry.done(.success(tensors))
        } catch {
            entry.done(.failure(error))
        }
    }

    /// No reply will come any more.
    func close() {
        for operation in waiting.keys.sorted() {
            waiting.removeValue(forKey: operation)?.done(.failure(RPCStatus(.unavailable, "the host is gone")))
        }
    }

    /// A tensor that can be named to the host by its handle, if it is worth it.
    private func kept(_ tensor: HostTensor, _ handle: UInt64) throws(RPCStatus) -> HostTensor {
        guard handle != 0 else { return tensor }
        guard tensor.bytes.count >= Self.keptBytesMin else {
            forget(handle)
            return tensor
        }
        return try HostTensor(tensor.type, tensor.shape, in: KeptMemory(tensor, handle, self))
    }

    /// The host may let its copy go; it is told with the next request. Any thread.
    fileprivate func forget(_ handle: UInt64) { forgotten.withLock { $0.append(handle) } }

    private func takeForgotten() -> [UInt64] {
        forgotten.withLock { forgotten in
            defer { forgotten = [] }
            return forgotten
        }
    }
}

/// An output of a job that the host has, too.
private final class KeptMemory: TensorMemory {
    let handle: UInt64
    private let tensor: HostTensor
    private let inference: RemoteInference

    init(_ tensor: HostTensor, _ handle: UInt64, _ inference: RemoteInference) {
        self.tensor = tensor
        self.handle = handle
        self.inference = inference
    }

    deinit { inference.forget(handle) }

    var bytes: UnsafeMutableRawBufferPointer { tensor.bytes }
}

/// Zeros on the heap.
private final class OwnMemory: TensorMemory, @unchecked Sendable {
    let bytes: UnsafeMutableRawBufferPointer

    init(_ count: Int) {
        bytes = .allocate(byteCount: max(count, 1), alignment: 64).rebased(to: count)
        bytes.initializeMemory(as: UInt8.self, repeating: 0)
    }

    deinit { bytes.deallocate() }
}

extension UnsafeMutableRawBufferPointer {
    /// The same memory, seen as `count` bytes.
    fileprivate func rebased(to count: Int) -> UnsafeMutableRawBufferPointer { UnsafeMutableRawBufferPointer(start: baseAddress, count: count) }
}
