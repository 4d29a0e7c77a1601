// Unsafe: the functions that the plugin calls. Invariants: a vt_instance is the PluginHarness, which outlives the plugin's instance; a vt_tensor is a
// HarnessTensor with at least the reference that the caller holds; a vt_buffer keeps the ABI's contract.

import CVitrinePlugin
import PluginKit
import Locks
import Synchronization
import Wire

extension PluginHarness {
    /// Emissions that may be refused in one call of the plugin: who goes on after that ignores that the queue is full.
    static let refusedInCallMax = 16

    private static func of(_ handle: OpaquePointer?) -> PluginHarness? {
        handle.map { Unmanaged<PluginHarness>.fromOpaque(UnsafeRawPointer($0)).takeUnretainedValue() }
    }

    func fillTable() {
        table.pointee.struct_size = UInt32(MemoryLayout<vt_host>.size)
        table.pointee.abi_version = UInt32(VT_ABI_VERSION)
        addStreams()
        addOperations()
        addTensors()
        addServices()
    }

    private func addStreams() {
        table.pointee.emit = { handle, stream, kind, buffer in
            guard let harness = PluginHarness.of(handle) else { return vt_status(VT_INVALID_ARGUMENT) }
            guard let buffer else {
                harness.violate("emit was called without a buffer")
                return vt_status(VT_INVALID_ARGUMENT)
            }
            defer { buffer.pointee.release(buffer) }
            guard harness.onLoop("emit") else { return vt_status(VT_INVALID_ARGUMENT) }
            return harness.emitted(stream, kind, UnsafeRawBufferPointer(start: buffer.pointee.data, count: buffer.pointee.length))
        }
        table.pointee.close = { handle, stream, code, message in
            guard let harness = PluginHarness.of(handle), harness.onLoop("close") else { return }
            let text = message.map { String(cString: $0) } ?? ""
            guard let open = harness.streams[stream], open.isOpen else {
                return harness.violate("close on a stream that is not open: each stream is closed once")
            }
            open.end(RPCStatus(StatusCode(abi: code), text))
        }
    }

    private func emitted(_ token: UInt64, _ kind: UInt32, _ bytes: UnsafeRawBufferPointer) -> vt_status {
        guard let stream = streams[token], stream.isOpen else {
            violate("emit on a stream that is not open any more")
            return vt_status(VT_INVALID_ARGUMENT)
        }
        guard PluginOutputKind.name(of: kind) != nil else {
            violate("emit with kind \(kind), which is none of PluginOutput's")
            return vt_status(VT_INVALID_ARGUMENT)
        }
        guard stream.queued < outputItemsMax else {
            refusedInCall += 1
            if refusedInCall > Self.refusedInCallMax {
                violate("emitting goes on although the output queue is full: more than \(Self.refusedInCallMax) refusals in one call")
            }
            return vt_status(VT_RESOURCE_EXHAUSTED)
        }
        do {
            let output = try PluginOutput(decoding: bytes)
            if try MessagePeek(pluginOutput: bytes).kind != kind { violate("emit says kind \(kind) and gives another") }
            stream.queued += 1
            stream.outputs.append(output)
            return vt_status(VT_OK)
        } catch {
            violate("an output is not a PluginOutput: \(error)")
            return vt_status(VT_INVALID_ARGUMENT)
        }
    }

    private func begin(_ operation: PendingOperation, _ id: UnsafeMutablePointer<vt_operation>?) -> vt_status {
        guard let id else {
            violate("an operation was asked for without a place for its number")
            return vt_status(VT_INVALID_ARGUMENT)
        }
        guard streams[operation.stream]?.isOpen == true else {
            violate("an operation was asked for on a stream that is not open any more")
            return vt_status(VT_INVALID_ARGUMENT)
        }
        if let refusal { return refusal.abi }
        var operation = operation
        operation.id = nextOperation
        nextOperation += 1
        waiting.append(operation)
        id.pointee = operation.id
        return vt_status(VT_OK)
    }

    private func addOperations() {
        table.pointee.infer = { handle, stream, request, operation in
            guard let harness = PluginHarness.of(handle), harness.onLoop("infer"), let request = request?.pointee else {
                return vt_status(VT_INVALID_ARGUMENT)
            }
            guard request.model >= 1, request.model <= harness.manifest.models.count else {
                harness.violate("infer names a model that the manifest does not")
                return vt_status(VT_INVALID_ARGUMENT)
            }
            let inputs = UnsafeBufferPointer(start: request.inputs, count: Int(request.input_count)).compactMap { input in
                input.tensor.map { (name: input.name.map { String(cString: $0) } ?? "", tensor: HarnessTensor.of($0)) }
            }
            let outputs = UnsafeBufferPointer(start: request.outputs, count: Int(request.output_count)).map { $0.map { String(cString: $0) } ?? "" }
            return harness.begin(
                PendingOperation(
                    id: 0, stream: stream, kind: vt_operation_kind(VT_OPERATION_INFER),
                    inference: HarnessInference(
                        model: harness.manifest.models[Int(request.model) - 1].name, inputs: inputs, outputs: outputs)), operation)
        }
        table.pointee.compute = { handle, stream, job, context, _, operation in
            guard let harness = PluginHarness.of(handle), harness.onLoop("compute"), let job else { return vt_status(VT_INVALID_ARGUMENT) }
            return harness.begin(
                PendingOperation(id: 0, stream: stream, kind: vt_operation_kind(VT_OPERATION_COMPUTE), job: job, context: context), operation)
        }
        table.pointee.timer = { handle, stream, delay, operation in
            guard let harness = PluginHarness.of(handle), harness.onLoop("timer") else { return vt_status(VT_INVALID_ARGUMENT) }
            return harness.begin(
                PendingOperation(
                    id: 0, stream: stream, kind: vt_operation_kind(VT_OPERATION_TIMER), dueUs: harness.nowUs &+ min(delay, 1 << 50)), operation)
        }
        table.pointee.abandon = { handle, operation in
            guard let harness = PluginHarness.of(handle), harness.onLoop("abandon") else { return }
            if let index = harness.waiting.firstIndex(where: { $0.id == operation }) { harness.waiting[index].isAbandoned = true }
        }
        table.pointee.model = { handle, name in
            guard let harness = PluginHarness.of(handle), harness.onLoop("model"), let name else { return 0 }
            let index = harness.manifest.models.firstIndex { $0.name == String(cString: name) }
            return index.map { vt_model($0 + 1) } ?? 0
        }
        table.pointee.model_path = { handle, name in
            guard let harness = PluginHarness.of(handle), harness.onLoop("model_path"), let name else { return nil }
            return harness.modelPath(String(cString: name))
        }
    }

    private func addTensors() {
        table.pointee.tensor_make = { handle, stream, dtype, shape, data in
            guard let harness = PluginHarness.of(handle), harness.onLoop("tensor_make"), let shape = shape?.pointee else { return nil }
            guard harness.streams[stream]?.isOpen == true else {
                harness.violate("tensor_make on a stream that is not open any more")
                return nil
            }
            guard shape.rank <= UInt32(VT_RANK_MAX) else { return nil }
            let dims = withUnsafeBytes(of: shape.dims) { $0.bindMemory(to: Int64.self).prefix(Int(shape.rank)).map(Int.init) }
            guard let tensor = HarnessTensor(dtype: dtype, shape: dims, alive: harness.alive) else { return nil }
            if let data {
                let size = dims.reduce(1, *) * (tensor.bytes.count / max(1, dims.reduce(1, *)))
                tensor.bytes.copyMemory(from: UnsafeRawBufferPointer(start: data, count: size))
            }
            return tensor.handOut()
        }
        table.pointee.tensor_data = { $0.flatMap { HarnessTensor.of($0).bytes.baseAddress } }
        table.pointee.tensor_bytes = { pointer in
            guard let pointer else { return 0 }
            let tensor = HarnessTensor.of(pointer)
            return tensor.shape.contains(0) ? 0 : tensor.bytes.count
        }
        table.pointee.tensor_dtype = { $0.map { HarnessTensor.of($0).dtype } ?? 0 }
        table.pointee.tensor_shape = { $0.map { HarnessTensor.of($0).abiShape } ?? vt_shape() }
        table.pointee.tensor_retain = { $0.map { _ = Unmanaged<HarnessTensor>.fromOpaque(UnsafeRawPointer($0)).retain() } }
        table.pointee.tensor_release = { $0.map { Unmanaged<HarnessTensor>.fromOpaque(UnsafeRawPointer($0)).release() } }
        // The one function without an instance: its buffers are not counted, they are given back by `emit`.
        table.pointee.buffer_make = { data, length in
            guard length == 0 || data != nil else { return nil }
            return HarnessBuffer.make(UnsafeRawBufferPointer(start: data, count: length), PluginHarness.uncounted)
        }
    }

    private static let uncounted = Alive()

    private func addServices() {
        table.pointee.now_us = { PluginHarness.of($0)?.nowUs ?? 0 }
        table.pointee.random = { handle, token in
            guard let harness = PluginHarness.of(handle), harness.onLoop("random"), let stream = harness.streams[token] else { return 0 }
            // SplitMix64 (Steele, Lea, Flood 2014): the same numbers for the same session key.
            stream.random &+= 0x9e37_79b9_7f4a_7c15
            var z = stream.random
            z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
            z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
            return z ^ (z >> 31)
        }
        table.pointee.config = { handle, key in
            guard let harness = PluginHarness.of(handle), harness.onLoop("config"), let key else { return nil }
            return harness.option(String(cString: key))
        }
        table.pointee.log = { handle, level, message in
            guard let harness = PluginHarness.of(handle), let message else { return }
            let name = LogLevel(rawValue: level).map { "\($0)" } ?? "error"
            let line = "\(name): \(String(cString: message))"
            // Bounded: a test may open thousands of streams.
            harness.notes.withLock { notes in if notes.log.count < PluginHarness.logLinesMax { notes.log.append(line) } }
        }
        table.pointee.metric_add = { handle, name, value in
            guard let harness = PluginHarness.of(handle), let name else { return }
            let counter = String(cString: name)
            harness.notes.withLock { $0.counters[counter, default: 0] += value }
        }
    }
}
