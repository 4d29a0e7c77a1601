// Unsafe: plays the host's side of the C ABI with plain heap memory. Invariant: a fake tensor or buffer is freed when its count reaches 0, and
// `FakeHost` outlives the plugin's instance.

import CVitrinePlugin
import PluginKit
import Testing
import Wire

/// A host that only writes down what a plugin asks for, and does what a test says when it says so.
final class FakeHost {
    struct Asked {
        var stream: vt_stream
        var operation: vt_operation
        var kind: vt_operation_kind
        var job: vt_job?
        var context: UnsafeMutableRawPointer?
        var inputs: [OpaquePointer] = []
        var delayUs: UInt64 = 0
    }

    /// Alive tensors and buffers: 0 when everything was given back.
    var alive = 0
    var emitted: [(stream: vt_stream, kind: UInt32, output: PluginOutput)] = []
    var closed: [(stream: vt_stream, status: RPCStatus)] = []
    var asked: [Asked] = []
    var abandoned: [vt_operation] = []
    var counted: [String: Double] = [:]
    /// What the next operation or emission is answered.
    var refuse: vt_status = vt_status(VT_OK)

    let host: UnsafeMutablePointer<vt_host>
    let plugin: UnsafePointer<vt_plugin>
    var state: UnsafeMutableRawPointer?

    init(_ plugin: UnsafePointer<vt_plugin>) {
        self.plugin = plugin
        host = .allocate(capacity: 1)
        host.initialize(to: vt_host())
        fill()
    }

    deinit { host.deallocate() }

    var handle: OpaquePointer { OpaquePointer(Unmanaged.passUnretained(self).toOpaque()) }

    func create() -> RPCStatus {
        var error = [CChar](repeating: 0, count: 64)
        let status = plugin.pointee.create(plugin, host, handle, &state, &error, error.count)
        let message = String(decoding: error.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        return RPCStatus(StatusCode(rawValue: UInt32(status)) ?? .unknown, message)
    }

    func destroy() {
        plugin.pointee.destroy(state)
        state = nil
    }

    func open(_ stream: vt_stream, turn: UInt64 = 1) -> vt_status {
        "en".withCString { language in
            var open = vt_open()
            open.struct_size = UInt32(MemoryLayout<vt_open>.size)
            open.session_key = 42
            open.turn_id = turn
            open.language = language
            return plugin.pointee.open(state, stream, &open)
        }
    }

    @discardableResult
    func send(_ stream: vt_stream, _ message: ClientMessage, kind: UInt32 = ClientMessageKind.text) -> vt_status {
        let buffer = makeBuffer(message.encoded())
        defer { buffer.pointee.release(buffer) }
        var argument = vt_message()
        argument.struct_size = UInt32(MemoryLayout<vt_message>.size)
        argument.kind = kind
        argument.turn_id = message.turnID
        argument.payload = buffer
        return plugin.pointee.data(state, stream, &argument)
    }

    @discardableResult
    func say(_ stream: vt_stream, _ text: String) -> vt_status {
        send(stream, ClientMessage(turnID: 5, kind: .text(TextInput(text: text))))
    }

    /// Completes the oldest operation; runs a compute job first, as a host would. An inference gives its first input back.
    func completeFirst(_ status: StatusCode = .ok, _ message: String = "", run: Bool = true) {
        let operation = asked.removeFirst()
        var result = vt_status(status.rawValue)
        if let job = operation.job, status == .ok, run { result = job(operation.context) }
        "out".withCString { name in
            message.withCString { message in
                let outputs = status == .ok ? operation.inputs.prefix(1).map { vt_named_tensor(name: name, tensor: $0) } : []
                outputs.withUnsafeBufferPointer { outputs in
                    var completion = vt_completion()
                    completion.struct_size = UInt32(MemoryLayout<vt_completion>.size)
                    completion.kind = operation.kind
                    completion.operation = operation.operation
                    completion.status = result
                    completion.message = message
                    completion.output_count = UInt32(outputs.count)
                    completion.outputs = outputs.baseAddress
                    plugin.pointee.completed(state, operation.stream, &completion)
                }
            }
        }
        for input in operation.inputs { host.pointee.tensor_release(input) }
    }

    // MARK: - Memory

    private final class Tensor {
        let owner: FakeHost
        let dtype: vt_dtype
        let shape: vt_shape
        let data: UnsafeMutableRawBufferPointer

        init(_ owner: FakeHost, _ dtype: vt_dtype, _ shape: vt_shape) {
            self.owner = owner
            self.dtype = dtype
            self.shape = shape
            let count = withUnsafeBytes(of: shape.dims) { $0.bindMemory(to: Int64.self).prefix(Int(shape.rank)).reduce(1, *) }
            let size = dtype == VT_I64 ? 8 : dtype == VT_U8 ? 1 : 4
            data = .allocate(byteCount: Int(count) * size, alignment: 16)
            data.initializeMemory(as: UInt8.self, repeating: 0)
            owner.alive += 1
        }

        deinit {
            data.deallocate()
            owner.alive -= 1
        }
    }

    private final class Buffer {
        let owner: FakeHost
        let header: UnsafeMutablePointer<vt_buffer>
        let data: UnsafeMutableBufferPointer<UInt8>
        var references = 1

        init(_ owner: FakeHost, _ bytes: [UInt8]) {
            self.owner = owner
            data = .allocate(capacity: bytes.count)
            _ = data.initialize(from: bytes)
            header = .allocate(capacity: 1)
            header.initialize(to: vt_buffer())
            owner.alive += 1
        }

        deinit {
            data.deallocate()
            header.deallocate()
            owner.alive -= 1
        }
    }

    private var buffers: [UnsafeMutablePointer<vt_buffer>: Buffer] = [:]
    /// The one fake host of the running test, since a vt_buffer has no room for an owner.
    nonisolated(unsafe) private static var current: FakeHost?

    func makeBuffer(_ bytes: [UInt8]) -> UnsafeMutablePointer<vt_buffer> {
        Self.current = self
        let buffer = Buffer(self, bytes)
        buffer.header.pointee.struct_size = UInt32(MemoryLayout<vt_buffer>.size)
        buffer.header.pointee.data = UnsafePointer(buffer.data.baseAddress)
        buffer.header.pointee.length = bytes.count
        buffer.header.pointee.retain = { buffer in buffer.map { FakeHost.current?.buffers[$0]?.references += 1 } }
        buffer.header.pointee.release = { buffer in
            guard let buffer, let held = FakeHost.current?.buffers[buffer] else { return }
            held.references -= 1
            if held.references == 0 { FakeHost.current?.buffers[buffer] = nil }
        }
        buffers[buffer.header] = buffer
        return buffer.header
    }

    private static func tensor(_ pointer: OpaquePointer) -> Tensor {
        Unmanaged<Tensor>.fromOpaque(UnsafeRawPointer(pointer)).takeUnretainedValue()
    }

    private static func of(_ handle: OpaquePointer?) -> FakeHost? {
        handle.map { Unmanaged<FakeHost>.fromOpaque(UnsafeRawPointer($0)).takeUnretainedValue() }
    }

    private func ask(_ asked: Asked) -> (vt_status, vt_operation) {
        guard refuse == VT_OK else { return (refuse, 0) }
        var asked = asked
        asked.operation = nextOperation
        nextOperation += 1
        self.asked.append(asked)
        return (vt_status(VT_OK), asked.operation)
    }

    private var nextOperation: vt_operation = 100

    private func fill() {
        host.pointee.struct_size = UInt32(MemoryLayout<vt_host>.size)
        host.pointee.abi_version = UInt32(VT_ABI_VERSION)
        host.pointee.emit = { handle, stream, kind, buffer in
            guard let fake = FakeHost.of(handle), let buffer else { return vt_status(VT_INVALID_ARGUMENT) }
            defer { buffer.pointee.release(buffer) }
            guard fake.refuse == VT_OK else { return fake.refuse }
            guard let output = try? PluginOutput(decoding: UnsafeRawBufferPointer(start: buffer.pointee.data, count: buffer.pointee.length)) else {
                return vt_status(VT_INVALID_ARGUMENT)
            }
            fake.emitted.append((stream, kind, output))
            return vt_status(VT_OK)
        }
        host.pointee.close = { handle, stream, code, message in
            let text = message.map { String(cString: $0) } ?? ""
            FakeHost.of(handle)?.closed.append((stream, RPCStatus(StatusCode(rawValue: UInt32(code)) ?? .unknown, text)))
        }
        host.pointee.infer = { handle, stream, request, operation in
            guard let fake = FakeHost.of(handle), let request else { return vt_status(VT_INVALID_ARGUMENT) }
            let inputs = UnsafeBufferPointer(start: request.pointee.inputs, count: Int(request.pointee.input_count)).compactMap(\.tensor)
            let (status, token) = fake.ask(Asked(stream: stream, operation: 0, kind: vt_operation_kind(VT_OPERATION_INFER), inputs: inputs))
            if status == VT_OK { for input in inputs { fake.host.pointee.tensor_retain(input) } }
            operation?.pointee = token
            return status
        }
        host.pointee.compute = { handle, stream, job, context, _, operation in
            guard let fake = FakeHost.of(handle) else { return vt_status(VT_INVALID_ARGUMENT) }
            let (status, token) = fake.ask(
                Asked(stream: stream, operation: 0, kind: vt_operation_kind(VT_OPERATION_COMPUTE), job: job, context: context))
            operation?.pointee = token
            return status
        }
        host.pointee.timer = { handle, stream, delay, operation in
            guard let fake = FakeHost.of(handle) else { return vt_status(VT_INVALID_ARGUMENT) }
            let (status, token) = fake.ask(Asked(stream: stream, operation: 0, kind: vt_operation_kind(VT_OPERATION_TIMER), delayUs: delay))
            operation?.pointee = token
            return status
        }
        host.pointee.abandon = { handle, operation in FakeHost.of(handle)?.abandoned.append(operation) }
        fillServices()
        fillTensors()
    }

    private func fillServices() {
        host.pointee.model = { _, name in name.map { String(cString: $0) == "toy" ? 1 : 0 } ?? 0 }
        host.pointee.model_path = { _, _ in nil }
        host.pointee.buffer_make = { data, length in
            FakeHost.current?.makeBuffer(Array(UnsafeRawBufferPointer(start: data, count: length)))
        }
        host.pointee.now_us = { _ in 77 }
        host.pointee.random = { _, _ in 4 }
        host.pointee.config = { _, _ in nil }
        host.pointee.log = { _, _, _ in }
        host.pointee.metric_add = { handle, name, value in
            guard let name else { return }
            FakeHost.of(handle)?.counted[String(cString: name), default: 0] += value
        }
    }

    private func fillTensors() {
        host.pointee.tensor_make = { handle, _, dtype, shape, data in
            guard let fake = FakeHost.of(handle), let shape else { return nil }
            let tensor = Tensor(fake, dtype, shape.pointee)
            if let data { tensor.data.copyMemory(from: UnsafeRawBufferPointer(start: data, count: tensor.data.count)) }
            return OpaquePointer(Unmanaged.passRetained(tensor).toOpaque())
        }
        host.pointee.tensor_data = { $0.flatMap { FakeHost.tensor($0).data.baseAddress } }
        host.pointee.tensor_bytes = { $0.map { FakeHost.tensor($0).data.count } ?? 0 }
        host.pointee.tensor_dtype = { $0.map { FakeHost.tensor($0).dtype } ?? 0 }
        host.pointee.tensor_shape = { $0.map { FakeHost.tensor($0).shape } ?? vt_shape() }
        host.pointee.tensor_retain = { $0.map { _ = Unmanaged<Tensor>.fromOpaque(UnsafeRawPointer($0)).retain() } }
        host.pointee.tensor_release = { $0.map { Unmanaged<Tensor>.fromOpaque(UnsafeRawPointer($0)).release() } }
    }
}
