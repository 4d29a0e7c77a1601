// Unsafe: plays the host's side of the C ABI with plain heap memory. Invariants: tensors and buffers are counted objects behind
// opaque pointers; a host outlives its plugin's instance and is used by one thread.

public import CVitrinePlugin
import Inference
import PluginKit
public import Wire

/// A host with real models that does everything on the calling thread, when `settle` is called.
public final class PictureHost {
    public private(set) var outputs: [PluginOutput] = []
    public private(set) var closed: RPCStatus?
    /// Answers every inference with this instead.
    public var inferenceStatus = StatusCode.ok

    /// Names of the models that were asked, in the order of their answers.
    public private(set) var inferredModels: [String] = []
    public var inferences: Int { inferredModels.count }

    private let options: [(key: String, value: UnsafeMutablePointer<CChar>)]
    private let plugin: UnsafePointer<vt_plugin>
    private let table: UnsafeMutablePointer<vt_host>
    private let paths: [(name: String, path: UnsafeMutablePointer<CChar>, file: String)]
    private var runners: [Int: ModelRunner] = [:]
    private var state: UnsafeMutableRawPointer?
    private var waiting: [Operation] = []
    private var lastOperation: vt_operation = 0

    private struct Operation {
        var token: vt_operation
        var job: (vt_job, UnsafeMutableRawPointer?)?
        var model = 0
        var input: HostedTensor?
        var names: [String] = []
    }

    /// - Throws: what the plugin said when it could not be made.
    public init(_ plugin: UnsafePointer<vt_plugin>, _ manifest: PluginManifest, options: [String: String] = [:]) throws {
        self.plugin = plugin
        self.options = options.sorted { $0.key < $1.key }.map { ($0.key, Self.terminated($0.value)) }
        table = .allocate(capacity: 1)
        table.initialize(to: vt_host())
        paths = manifest.models.map { model in
            let path = ModelRunner.cache + "/models/" + model.path
            return (model.name, Self.terminated(path), model.path)
        }
        fillTable()
        var error = [CChar](repeating: 0, count: 512)
        let handle = OpaquePointer(Unmanaged.passUnretained(self).toOpaque())
        guard plugin.pointee.create(plugin, table, handle, &state, &error, error.count) == VT_OK else {
            throw ModelRunner.Failure(description: String(decoding: error.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self))
        }
        var open = vt_open()
        open.struct_size = UInt32(MemoryLayout<vt_open>.size)
        _ = "".withCString { language in
            open.language = language
            return plugin.pointee.open(state, 1, &open)
        }
    }

    deinit {
        plugin.pointee.destroy(state)
        for model in paths { model.path.deallocate() }
        for option in options { option.value.deallocate() }
        table.deallocate()
    }

    private static func terminated(_ text: String) -> UnsafeMutablePointer<CChar> {
        let copy = UnsafeMutablePointer<CChar>.allocate(capacity: text.utf8.count + 1)
        for (index, byte) in (Array(text.utf8) + [0]).enumerated() { copy[index] = CChar(bitPattern: byte) }
        return copy
    }

    public func send(_ message: ClientMessage) {
        if case .video = message.kind {
            send(message.encoded(), as: ClientMessageKind.video, like: message)
        } else {
            send(message.encoded(), as: ClientMessageKind.image, like: message)
        }
    }

    /// Gives the plugin any bytes as a message of a kind, with the numbers of `message`.
    public func send(_ payload: [UInt8], as kind: UInt32, like message: ClientMessage = ClientMessage()) {
        var argument = vt_message()
        argument.struct_size = UInt32(MemoryLayout<vt_message>.size)
        argument.kind = kind
        (argument.turn_id, argument.revision, argument.capture_time_us) = (message.turnID, message.revision, message.captureTimeUs)
        let buffer = HostedBuffer.make(payload)
        argument.payload = buffer
        if plugin.pointee.data(state, 1, &argument) != VT_OK { closed = RPCStatus(.internalError, "data was refused") }
        buffer.pointee.release(buffer)
    }

    /// What the plugin has asked for and not been given yet.
    public var operations: Int { waiting.count }

    public func halfClose() { plugin.pointee.half_close(state, 1) }

    /// Carries out what was asked for, and what follows from it.
    public func settle() throws {
        while !waiting.isEmpty {
            let operation = waiting.removeFirst()
            if let (job, context) = operation.job {
                complete(operation, VT_OPERATION_COMPUTE, status: job(context), [])
            } else if inferenceStatus != .ok {
                complete(operation, VT_OPERATION_INFER, status: vt_status(inferenceStatus.rawValue), [])
            } else if let input = operation.input {
                let runner = try runners[operation.model] ?? ModelRunner(paths[operation.model].file)
                runners[operation.model] = runner
                let type = input.dtype == VT_U8 ? Inference.TensorType.u8 : Inference.TensorType.f32
                inferredModels.append(paths[operation.model].name)
                let results = try runner.run(Array(input.bytes), type: type, shape: input.dimensions, outputs: operation.names)
                complete(operation, VT_OPERATION_INFER, status: vt_status(VT_OK), results)
            }
        }
    }

    private func complete(_ operation: Operation, _ kind: Int, status: vt_status, _ results: [[Float]]) {
        let tensors = results.map { values in
            HostedTensor.retained(HostedTensor(vt_dtype(VT_F32), [Int64(values.count)], values.withUnsafeBytes { Array($0) }))
        }
        let named = tensors.map { vt_named_tensor(name: nil, tensor: $0) }
        "refused by the test".withCString { message in
            named.withUnsafeBufferPointer { named in
                var completion = vt_completion()
                completion.struct_size = UInt32(MemoryLayout<vt_completion>.size)
                completion.kind = vt_operation_kind(kind)
                completion.operation = operation.token
                completion.status = status
                completion.message = message
                completion.output_count = UInt32(named.count)
                completion.outputs = named.baseAddress
                plugin.pointee.completed(state, 1, &completion)
            }
        }
        for tensor in tensors { HostedTensor.release(tensor) }
    }

    private func ask(_ operation: Operation, _ token: UnsafeMutablePointer<vt_operation>?) -> vt_status {
        lastOperation += 1
        token?.pointee = lastOperation
        var operation = operation
        operation.token = lastOperation
        waiting.append(operation)
        return vt_status(VT_OK)
    }

    private static func of(_ handle: OpaquePointer?) -> PictureHost? {
        handle.map { Unmanaged<PictureHost>.fromOpaque(UnsafeRawPointer($0)).takeUnretainedValue() }
    }

    private func fillTable() {
        table.pointee.struct_size = UInt32(MemoryLayout<vt_host>.size)
        table.pointee.abi_version = UInt32(VT_ABI_VERSION)
        table.pointee.emit = { handle, _, _, buffer in
            guard let host = PictureHost.of(handle), let buffer else { return vt_status(VT_INVALID_ARGUMENT) }
            defer { buffer.pointee.release(buffer) }
            let bytes = UnsafeRawBufferPointer(start: buffer.pointee.data, count: buffer.pointee.length)
            guard let output = try? PluginOutput(decoding: bytes) else { return vt_status(VT_INVALID_ARGUMENT) }
            host.outputs.append(output)
            return vt_status(VT_OK)
        }
        table.pointee.close = { handle, _, code, message in
            let text = message.map { String(cString: $0) } ?? ""
            PictureHost.of(handle)?.closed = RPCStatus(StatusCode(rawValue: UInt32(code)) ?? .unknown, text)
        }
        table.pointee.compute = { handle, _, job, context, _, token in
            guard let host = PictureHost.of(handle), let job else { return vt_status(VT_INVALID_ARGUMENT) }
            return host.ask(Operation(token: 0, job: (job, context)), token)
        }
        table.pointee.infer = { handle, _, request, token in
            guard let host = PictureHost.of(handle), let request = request?.pointee, let input = request.inputs?.pointee.tensor else {
                return vt_status(VT_INVALID_ARGUMENT)
            }
            let names = UnsafeBufferPointer(start: request.outputs, count: Int(request.output_count)).map { $0.map { String(cString: $0) } ?? "" }
            return host.ask(Operation(token: 0, model: Int(request.model) - 1, input: HostedTensor.of(input), names: names), token)
        }
        table.pointee.timer = { _, _, _, _ in vt_status(VT_UNIMPLEMENTED) }
        table.pointee.abandon = { _, _ in }
        table.pointee.model = { handle, name in
            let name = name.map { String(cString: $0) }
            return vt_model((PictureHost.of(handle)?.paths.firstIndex { $0.name == name } ?? -1) + 1)
        }
        table.pointee.model_path = { handle, name in
            let name = name.map { String(cString: $0) }
            return PictureHost.of(handle)?.paths.first { $0.name == name }.map { UnsafePointer($0.path) }
        }
        table.pointee.buffer_make = { data, length in HostedBuffer.make(Array(UnsafeRawBufferPointer(start: data, count: length))) }
        table.pointee.now_us = { _ in 1 }
        table.pointee.random = { _, _ in 4 }
        table.pointee.config = { handle, key in
            let key = key.map { String(cString: $0) }
            return PictureHost.of(handle)?.options.first { $0.key == key }.map { UnsafePointer($0.value) }
        }
        table.pointee.log = { _, _, _ in }
        table.pointee.metric_add = { _, _, _ in }
        table.pointee.tensor_make = { _, _, dtype, shape, _ in
            guard let shape = shape?.pointee else { return nil }
            let dimensions = withUnsafeBytes(of: shape.dims) { Array($0.bindMemory(to: Int64.self).prefix(Int(shape.rank))) }
            return HostedTensor.retained(HostedTensor(dtype, dimensions, nil))
        }
        table.pointee.tensor_data = { $0.flatMap { HostedTensor.of($0).bytes.baseAddress } }
        table.pointee.tensor_bytes = { $0.map { HostedTensor.of($0).bytes.count } ?? 0 }
        table.pointee.tensor_dtype = { $0.map { HostedTensor.of($0).dtype } ?? 0 }
        table.pointee.tensor_shape = { $0.map { HostedTensor.of($0).shape } ?? vt_shape() }
        table.pointee.tensor_retain = { $0.map { _ = HostedTensor.retained(HostedTensor.of($0)) } }
        table.pointee.tensor_release = { $0.map { HostedTensor.release($0) } }
    }
}

private final class HostedTensor {
    let dtype: vt_dtype
    let dimensions: [Int64]
    let bytes: UnsafeMutableRawBufferPointer

    /// Zero without `values`.
    init(_ dtype: vt_dtype, _ dimensions: [Int64], _ values: [UInt8]?) {
        self.dtype = dtype
        self.dimensions = dimensions
        bytes = .allocate(byteCount: Int(dimensions.reduce(1, *)) * (dtype == VT_U8 ? 1 : 4), alignment: 16)
        bytes.initializeMemory(as: UInt8.self, repeating: 0)
        if let values { bytes.copyBytes(from: values) }
    }

    deinit { bytes.deallocate() }

    var shape: vt_shape {
        var shape = vt_shape()
        shape.rank = UInt32(dimensions.count)
        withUnsafeMutableBytes(of: &shape.dims) { $0.copyBytes(from: dimensions.withUnsafeBytes { Array($0) }) }
        return shape
    }

    static func of(_ pointer: OpaquePointer) -> HostedTensor {
        Unmanaged<HostedTensor>.fromOpaque(UnsafeRawPointer(pointer)).takeUnretainedValue()
    }

    static func retained(_ tensor: HostedTensor) -> OpaquePointer { OpaquePointer(Unmanaged.passRetained(tensor).toOpaque()) }

    static func release(_ pointer: OpaquePointer) { Unmanaged<HostedTensor>.fromOpaque(UnsafeRawPointer(pointer)).release() }
}

/// A vt_buffer with its count and its bytes behind it in one allocation.
private enum HostedBuffer {
    static func make(_ bytes: [UInt8]) -> UnsafeMutablePointer<vt_buffer> {
        let head = MemoryLayout<vt_buffer>.stride
        let memory = UnsafeMutableRawPointer.allocate(byteCount: head + 16 + bytes.count, alignment: 16)
        let data = memory + head + 16
        bytes.withUnsafeBytes { source in
            if let start = source.baseAddress { data.copyMemory(from: start, byteCount: source.count) }
        }
        (memory + head).storeBytes(of: 1, as: Int.self)
        let buffer = memory.bindMemory(to: vt_buffer.self, capacity: 1)
        buffer.initialize(to: vt_buffer())
        buffer.pointee.struct_size = UInt32(MemoryLayout<vt_buffer>.size)
        buffer.pointee.data = UnsafePointer(data.assumingMemoryBound(to: UInt8.self))
        buffer.pointee.length = bytes.count
        buffer.pointee.retain = { HostedBuffer.add(1, $0) }
        buffer.pointee.release = { HostedBuffer.add(-1, $0) }
        return buffer
    }

    private static func add(_ change: Int, _ buffer: UnsafeMutablePointer<vt_buffer>?) {
        guard let buffer else { return }
        let count = UnsafeMutableRawPointer(buffer) + MemoryLayout<vt_buffer>.stride
        let left = count.load(as: Int.self) + change
        count.storeBytes(of: left, as: Int.self)
        if left == 0 { UnsafeMutableRawPointer(buffer).deallocate() }
    }
}
