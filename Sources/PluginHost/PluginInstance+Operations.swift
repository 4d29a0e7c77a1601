// Unsafe: reads the arguments of `infer`, which the plugin keeps valid until the call returns, and carries a compute job's context to the pool.
// Invariant: the plugin keeps the context until the operation's completion, which is sent only after the job has returned or can no longer start.

import CVitrinePlugin
import EventLoop
import Inference
import Synchronization
import Wire

/// What an operation is waiting for.
enum Work {
    /// Not submitted: its completion is on its way already.
    case failed
    case inference(InferenceTicket)
    case compute(ComputeCell)
    case timer(LoopTimer)
}

/// One compute job on its way to the pool and back. Sendable: the context is only handed on, the rest is atomic.
final class ComputeCell: @unchecked Sendable {
    private let job: vt_job
    private let context: UnsafeMutableRawPointer?
    private let isUnwanted = Atomic<Bool>(false)
    private let returned = Atomic<Int32>(0)

    init(_ job: @escaping vt_job, _ context: UnsafeMutableRawPointer?) {
        self.job = job
        self.context = context
    }

    /// On a pool thread.
    func run() {
        guard !isUnwanted.load(ordering: .acquiring) else {
            returned.store(vt_status(VT_CANCELLED), ordering: .releasing)
            return
        }
        returned.store(job(context), ordering: .releasing)
    }

    /// A job that has not started will not.
    func abandon() { isUnwanted.store(true, ordering: .releasing) }

    var status: vt_status { returned.load(ordering: .acquiring) }
}

extension PluginInstance {
    func infer(_ token: UInt64, _ request: vt_infer, _ operation: UnsafeMutablePointer<vt_operation>) -> vt_status {
        guard let stream = streams[token] else { return vt_status(VT_INVALID_ARGUMENT) }
        guard request.model >= 1, request.model <= generation.models.count, let priority = InferencePriority(rawValue: Int(request.priority)),
            let inputs = Self.inputs(request), let outputs = Self.outputs(request)
        else { return vt_status(VT_INVALID_ARGUMENT) }
        return begin(on: token, operation) { [self] id in
            let job = InferenceJob(
                model: generation.models[Int(request.model) - 1], inputs: inputs, outputs: outputs, priority: priority,
                fairnessKey: stream.sessionKey,
                deadlineUs: request.deadline_us == 0 ? stream.deadlineUs : request.deadline_us, budget: stream.budget, stream: token)
            do throws(RPCStatus) {
                let ticket = try host.inference.submit(job, on: loop) { [self] result in
                    switch result {
                    case .success(let tensors):
                        complete(id, vt_operation_kind(VT_OPERATION_INFER), .ok, outputs: Array(zip(outputs, tensors)))
                    case .failure(let status): complete(id, vt_operation_kind(VT_OPERATION_INFER), status)
                    }
                }
                return .inference(ticket)
            } catch {
                // The message says which name is wrong; a bare status would not.
                loop.nextTick { [self] in complete(id, vt_operation_kind(VT_OPERATION_INFER), error) }
                return .failed
            }
        }
    }

    func compute(
        _ token: UInt64, _ job: @escaping vt_job, _ context: UnsafeMutableRawPointer?, deadlineUs: UInt64,
        _ operation: UnsafeMutablePointer<vt_operation>
    ) -> vt_status {
        guard let stream = streams[token] else { return vt_status(VT_INVALID_ARGUMENT) }
        let cell = ComputeCell(job, context)
        return begin(on: token, operation) { [self] id in
            let bound = LoopBound(self, loop: loop)
            do {
                try host.compute.submit(
                    deadlineUs: deadlineUs == 0 ? stream.deadlineUs : deadlineUs, on: loop, modelledCostUs: host.configuration.modelledComputeUs,
                    job: { cell.run() },
                    done: { outcome in bound.value.computed(id, cell, outcome) })
                return .compute(cell)
            } catch {
                return nil
            }
        }
    }

    private func computed(_ id: UInt64, _ cell: ComputeCell, _ outcome: ComputeOutcome) {
        let status: RPCStatus =
            switch outcome {
            case .finished:
                cell.status == vt_status(VT_OK) ? .ok : RPCStatus(StatusCode(abi: cell.status), "the compute job failed")
            case .expired: RPCStatus(.deadlineExceeded, "the compute job's deadline passed before it could start")
            case .cancelled: RPCStatus(.cancelled, "the compute pool was shut down")
            }
        complete(id, vt_operation_kind(VT_OPERATION_COMPUTE), status)
    }

    func timer(_ token: UInt64, delayUs: UInt64, _ operation: UnsafeMutablePointer<vt_operation>) -> vt_status {
        begin(on: token, operation) { [self] id in
            .timer(loop.after(delayUs) { [self] in complete(id, vt_operation_kind(VT_OPERATION_TIMER), .ok) })
        }
    }

    func abandon(_ operation: UInt64) {
        if machine.abandon(operation) { stop(operation) }
    }

    /// Ends an operation's work early, as far as that is possible; its completion comes by the usual way.
    func stop(_ operation: UInt64) {
        switch works[operation] {
        case .inference(let ticket): host.inference.cancel(ticket)
        case .compute(let cell): cell.abandon()
        case .timer(let timer):
            timer.cancel()
            works[operation] = nil
            loop.nextTick { [self] in
                complete(operation, vt_operation_kind(VT_OPERATION_TIMER), RPCStatus(.cancelled, "the timer was cancelled"))
            }
        case .failed, nil: break
        }
    }

    /// - Parameter start: gives the work, or nil when the pool is full.
    private func begin(on token: UInt64, _ operation: UnsafeMutablePointer<vt_operation>, _ start: (UInt64) -> Work?) -> vt_status {
        do {
            let id = try machine.begin(on: token)
            guard let work = start(id) else {
                machine.withdraw(id)
                return vt_status(VT_RESOURCE_EXHAUSTED)
            }
            works[id] = work
            operation.pointee = id
            return vt_status(VT_OK)
        } catch {
            return error.code.abi
        }
    }

    /// nil when a name or a tensor is missing.
    private static func inputs(_ request: vt_infer) -> [(name: String, tensor: HostTensor)]? {
        guard request.input_count == 0 || request.inputs != nil else { return nil }
        var inputs: [(name: String, tensor: HostTensor)] = []
        for input in UnsafeBufferPointer(start: request.inputs, count: Int(request.input_count)) {
            guard let name = input.name, let tensor = input.tensor else { return nil }
            inputs.append((String(cString: name), HostTable.tensor(tensor)))
        }
        return inputs
    }

    private static func outputs(_ request: vt_infer) -> [String]? {
        guard request.output_count == 0 || request.outputs != nil else { return nil }
        var outputs: [String] = []
        for name in UnsafeBufferPointer(start: request.outputs, count: Int(request.output_count)) {
            guard let name else { return nil }
            outputs.append(String(cString: name))
        }
        return outputs
    }
}
