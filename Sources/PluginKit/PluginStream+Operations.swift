// Unsafe: the argument structs of `infer` and the context of `compute`. Invariants: names, tensors and arrays outlive the call (the host retains
// tensors and copies names); the context is the ComputeJob that the instance's table of closures keeps until the operation's one completion, which
// the host gives only after the job has returned or will never run.

import CVitrinePlugin
import Wire

/// Names an operation under way.
public struct Operation: Hashable, Sendable {
    let raw: vt_operation
}

extension PluginStream {
    /// Runs a model. `then` is called once on the loop: with the outputs in the order of `outputs`, or with why not
    /// (DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, CANCELLED after the stream closed, INVALID_ARGUMENT for a wrong shape).
    ///
    /// When the host does not accept the job (or the stream is closed), `then` is called before this returns, with nil
    /// as the operation.
    /// - Parameters:
    ///   - inputs: by the model's input names; outputs of an earlier job may be given without a copy.
    ///   - deadlineUs: on the host's clock; 0 = the stream's. A job that has not started by then is dropped.
    @discardableResult
    public func infer(
        _ model: ModelHandle, inputs: [(String, Tensor)], outputs: [String], priority: InferencePriority, deadlineUs: UInt64 = 0,
        then: @escaping (Result<[Tensor], PluginError>) -> Void
    ) -> Operation? {
        guard let instance else {
            then(.failure(.streamClosed))
            return nil
        }
        var operation: vt_operation = 0
        let status = withNames(inputs.map(\.0) + outputs) { names in
            let named = zip(names, inputs).map { vt_named_tensor(name: $0, tensor: $1.1.raw) }
            return named.withUnsafeBufferPointer { named in
                names[inputs.count...].withUnsafeBufferPointer { wanted in
                    var request = vt_infer()
                    request.struct_size = UInt32(MemoryLayout<vt_infer>.size)
                    request.model = model.raw
                    request.priority = priority.rawValue
                    request.deadline_us = deadlineUs
                    request.input_count = UInt32(named.count)
                    request.inputs = named.baseAddress
                    request.output_count = UInt32(wanted.count)
                    request.outputs = wanted.baseAddress
                    return instance.calls.table.pointee.infer(instance.calls.instance, token, &request, &operation)
                }
            }
        }
        return accepted(status, operation, by: instance, "a job for model \"\(model.name)\"") { completion, calls in
            then(Result { () throws(PluginError) -> [Tensor] in try completion.tensors(calls) })
        }
    }

    /// Runs `job` on the host's pool, never on the loop: decoding, resampling, tokenising. `then` is called once on the
    /// loop, with what the job returned or why not (RESOURCE_EXHAUSTED when the pool's queue is full, DEADLINE_EXCEEDED when it
    /// had not started in time, CANCELLED after the stream closed). When the host does not accept the job, `then` is
    /// called before this returns, with nil as the operation.
    @discardableResult
    public func compute<T: Sendable>(
        deadlineUs: UInt64 = 0, _ job: @escaping @Sendable () throws(PluginError) -> T, then: @escaping (Result<T, PluginError>) -> Void
    ) -> Operation? {
        guard let instance else {
            then(.failure(.streamClosed))
            return nil
        }
        let outcome = ComputeOutcome<T>()
        let task = ComputeJob { outcome.keep { () throws(PluginError) in try job() } }
        let context = Unmanaged<ComputeJob>.passUnretained(task).toOpaque()
        var operation: vt_operation = 0
        let status = instance.calls.table.pointee.compute(instance.calls.instance, token, runComputeJob, context, deadlineUs, &operation)
        return accepted(status, operation, by: instance, "a compute job") { completion, _ in
            withExtendedLifetime(task) { then(outcome.result(completion)) }
        }
    }

    /// Calls `body` once on the loop after `us` microseconds of the host's clock, unless the stream closes before.
    /// - Returns: nil (and `body` is never called) when the stream is closed or the host has no timer left.
    @discardableResult
    public func after(_ us: UInt64, _ body: @escaping () -> Void) -> Operation? {
        guard let instance else { return nil }
        var operation: vt_operation = 0
        let status = instance.calls.table.pointee.timer(instance.calls.instance, token, us, &operation)
        guard status == StatusCode.ok.abi else { return nil }
        return accepted(status, operation, by: instance, "a timer") { completion, _ in
            if completion.status == .ok { body() }
        }
    }

    /// Asks for an early end: its closure gets CANCELLED later (a timer's body is not called).
    public func abandon(_ operation: Operation) {
        guard let instance else { return }
        instance.calls.table.pointee.abandon(instance.calls.instance, operation.raw)
    }

    private func accepted(
        _ status: vt_status, _ operation: vt_operation, by instance: InstanceState, _ what: @autoclosure () -> String,
        then: @escaping (Completion, HostCalls) -> Void
    ) -> Operation? {
        guard status == StatusCode.ok.abi else {
            then(Completion(PluginError(refused: status, what())), instance.calls)
            return nil
        }
        instance.wait(for: operation, on: self, then)
        return Operation(raw: operation)
    }
}

/// What came of an operation, as the host tells it; valid while `completed` runs.
struct Completion {
    let status: StatusCode
    let message: String
    private let outputs: UnsafeBufferPointer<vt_named_tensor>

    init(_ completion: vt_completion) {
        status = StatusCode(abi: completion.status)
        message = completion.message.map { String(cString: $0) } ?? ""
        outputs = UnsafeBufferPointer(start: completion.outputs, count: completion.outputs == nil ? 0 : Int(completion.output_count))
    }

    /// One that never started.
    init(_ error: PluginError) {
        status = error.status.code
        message = error.status.message
        outputs = UnsafeBufferPointer(start: nil, count: 0)
    }

    var error: PluginError { PluginError(status, message.isEmpty && status == .cancelled ? "the stream is closed" : message) }

    func tensors(_ calls: HostCalls) throws(PluginError) -> [Tensor] {
        guard status == .ok else { throw error }
        var result: [Tensor] = []
        for output in outputs {
            guard let raw = output.tensor else { throw PluginError(.internalError, "the host left out an output") }
            calls.table.pointee.tensor_retain(raw)
            guard let tensor = Tensor(owning: raw, calls: calls) else {
                throw PluginError(.unimplemented, "an output has an element type that the ABI does not know")
            }
            result.append(tensor)
        }
        return result
    }
}

/// A job for the pool. The context that crosses the ABI is a pointer to one.
private final class ComputeJob: Sendable {
    let run: @Sendable () -> vt_status

    init(_ run: @escaping @Sendable () -> vt_status) {
        self.run = run
    }
}

/// What a job gave. Sendable because `kept` is written by the pool thread that runs the job and read on the loop after the host's completion, which
/// happens later.
private final class ComputeOutcome<T: Sendable>: @unchecked Sendable {
    private var kept: Result<T, PluginError>?

    func keep(_ job: () throws(PluginError) -> T) -> vt_status {
        do {
            kept = .success(try job())
            return StatusCode.ok.abi
        } catch {
            kept = .failure(error)
            return error.status.code.abi
        }
    }

    func result(_ completion: Completion) -> Result<T, PluginError> {
        switch kept {
        case .success(let value) where completion.status == .ok: return .success(value)
        case .failure(let error) where completion.status == error.status.code: return .failure(error)
        default: return .failure(completion.error)
        }
    }
}

private let runComputeJob: vt_job = { context in
    guard let context else { return StatusCode.invalidArgument.abi }
    return Unmanaged<ComputeJob>.fromOpaque(context).takeUnretainedValue().run()
}

/// C strings for `names`, all valid until `body` returns.
private func withNames<R>(_ names: [String], _ body: ([UnsafePointer<CChar>?]) -> R) -> R {
    var bytes: [CChar] = []
    var starts: [Int] = []
    for name in names {
        starts.append(bytes.count)
        bytes.append(contentsOf: name.utf8CString)
    }
    return bytes.withUnsafeBufferPointer { bytes in
        body(starts.map { start in bytes.baseAddress.map { base in base + start } })
    }
}
