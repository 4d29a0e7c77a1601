// Unsafe: the functions that plugins call. Invariants: a vt_instance is a PluginInstance that has not been let go (the ABI: until `destroy`
// returns); a vt_tensor is a HostTensor with at least the one reference that the caller holds; a vt_buffer keeps the ABI's contract; pointers to
// names and structs live until the call returns. Functions that the ABI confines to the loop check that in debug builds.

import CVitrinePlugin
import EventLoop
import Inference
import Wire

/// The one vt_host of the process. Immutable, and never freed, because tensors and buffers may outlive every instance.
final class HostTable: @unchecked Sendable {
    static let shared = HostTable()

    let pointer: UnsafePointer<vt_host>

    private init() {
        let host = UnsafeMutablePointer<vt_host>.allocate(capacity: 1)
        host.initialize(to: vt_host())
        host.pointee.struct_size = UInt32(MemoryLayout<vt_host>.size)
        host.pointee.abi_version = UInt32(VT_ABI_VERSION)
        Self.addStreams(host)
        Self.addOperations(host)
        Self.addTensors(host)
        Self.addServices(host)
        pointer = UnsafePointer(host)
    }

    /// The instance behind a handle, for functions of any thread.
    private static func any(_ handle: OpaquePointer?) -> PluginInstance? {
        handle.map { Unmanaged<PluginInstance>.fromOpaque(UnsafeRawPointer($0)).takeUnretainedValue() }
    }

    /// The instance behind a handle, for functions of its loop.
    private static func own(_ handle: OpaquePointer?) -> PluginInstance? {
        let instance = any(handle)
        assert(instance?.loop.isCurrent != false, "a plugin calls the host on its instance's loop")
        return instance
    }

    /// The instance behind a handle, for functions that `create` may call where it runs: on the loop or on the loader thread before the loop has seen
    /// the instance.
    private static func starting(_ handle: OpaquePointer?) -> PluginInstance? {
        let instance = any(handle)
        assert(instance.map { !$0.isCreated || $0.loop.isCurrent } != false, "a plugin calls the host on its instance's loop")
        return instance
    }

    /// The tensor behind a pointer that somebody else holds a reference to.
    static func tensor(_ pointer: OpaquePointer) -> HostTensor {
        Unmanaged<HostTensor>.fromOpaque(UnsafeRawPointer(pointer)).takeUnretainedValue()
    }

    /// Names a tensor without giving a reference.
    static func borrow(_ tensor: HostTensor) -> OpaquePointer {
        OpaquePointer(Unmanaged.passUnretained(tensor).toOpaque())
    }

    private static func addStreams(_ host: UnsafeMutablePointer<vt_host>) {
        host.pointee.emit = { handle, stream, kind, buffer in
            guard let buffer else { return vt_status(VT_INVALID_ARGUMENT) }
            defer { buffer.pointee.release(buffer) }
            guard let instance = HostTable.own(handle), buffer.pointee.length == 0 || buffer.pointee.data != nil else {
                return vt_status(VT_INVALID_ARGUMENT)
            }
            let bytes = UnsafeRawBufferPointer(start: buffer.pointee.data, count: buffer.pointee.length)
            return instance.emit(stream, kind: kind, payload: SharedBuffer(copying: bytes))
        }
        host.pointee.close = { handle, stream, code, message in
            let text = message.map { String(cString: $0) } ?? ""
            HostTable.own(handle)?.close(stream, RPCStatus(StatusCode(abi: code), text))
        }
    }

    private static func addOperations(_ host: UnsafeMutablePointer<vt_host>) {
        host.pointee.infer = { handle, stream, request, operation in
            guard let instance = HostTable.own(handle), let request, let operation, request.pointee.struct_size >= UInt32(MemoryLayout<vt_infer>.size)
            else { return vt_status(VT_INVALID_ARGUMENT) }
            return instance.infer(stream, request.pointee, operation)
        }
        host.pointee.compute = { handle, stream, job, context, deadline, operation in
            guard let instance = HostTable.own(handle), let job, let operation else { return vt_status(VT_INVALID_ARGUMENT) }
            return instance.compute(stream, job, context, deadlineUs: deadline, operation)
        }
        host.pointee.timer = { handle, stream, delay, operation in
            guard let instance = HostTable.own(handle), let operation else { return vt_status(VT_INVALID_ARGUMENT) }
            return instance.timer(stream, delayUs: delay, operation)
        }
        host.pointee.abandon = { handle, operation in HostTable.own(handle)?.abandon(operation) }
        host.pointee.model = { handle, name in
            guard let instance = HostTable.starting(handle), let name else { return 0 }
            let index = instance.generation.manifest.models.firstIndex { $0.name == String(cString: name) }
            return index.map { vt_model($0 + 1) } ?? 0
        }
        host.pointee.model_path = { handle, name in
            guard let name else { return nil }
            return HostTable.starting(handle)?.texts.path(String(cString: name))
        }
    }

    private static func addTensors(_ host: UnsafeMutablePointer<vt_host>) {
        host.pointee.tensor_make = { handle, stream, dtype, shape, data in
            guard let instance = HostTable.own(handle), let shape, let made = instance.tensor(stream, dtype, shape.pointee, data) else { return nil }
            return OpaquePointer(Unmanaged.passRetained(made).toOpaque())
        }
        host.pointee.tensor_data = { $0.flatMap { HostTable.tensor($0).bytes.baseAddress } }
        host.pointee.tensor_bytes = { $0.map { HostTable.tensor($0).bytes.count } ?? 0 }
        host.pointee.tensor_dtype = { $0.map { HostTable.tensor($0).type.rawValue } ?? 0 }
        host.pointee.tensor_shape = { pointer in
            var result = vt_shape()
            guard let pointer else { return result }
            let shape = HostTable.tensor(pointer).shape
            result.rank = UInt32(shape.count)
            withUnsafeMutableBytes(of: &result.dims) { dims in
                let dims = dims.bindMemory(to: Int64.self)
                for (index, dimension) in shape.prefix(dims.count).enumerated() { dims[index] = Int64(dimension) }
            }
            return result
        }
        host.pointee.tensor_retain = { pointer in
            guard let pointer else { return }
            _ = Unmanaged<HostTensor>.fromOpaque(UnsafeRawPointer(pointer)).retain()
        }
        host.pointee.tensor_release = { pointer in
            guard let pointer else { return }
            Unmanaged<HostTensor>.fromOpaque(UnsafeRawPointer(pointer)).release()
        }
        host.pointee.buffer_make = { data, length in
            guard length == 0 || data != nil else { return nil }
            return HostBuffer(SharedBuffer(copying: UnsafeRawBufferPointer(start: data, count: length))).handOut()
        }
    }

    private static func addServices(_ host: UnsafeMutablePointer<vt_host>) {
        host.pointee.now_us = { HostTable.any($0)?.loop.nowUs ?? 0 }
        host.pointee.random = { handle, stream in HostTable.own(handle)?.streams[stream]?.random.next() ?? 0 }
        host.pointee.config = { handle, key in
            guard let key else { return nil }
            return HostTable.starting(handle)?.texts.option(String(cString: key))
        }
        host.pointee.log = { handle, level, message in
            guard let instance = HostTable.any(handle), let message else { return }
            instance.host.observer.log(instance.name, PluginLogLevel(rawValue: level) ?? .error, String(cString: message))
        }
        host.pointee.metric_add = { handle, name, value in
            guard let instance = HostTable.any(handle), let name else { return }
            instance.host.observer.count(instance.name, String(cString: name), value)
        }
    }
}

extension PluginInstance {
    /// nil when the stream is not open, the type or shape is none, or the budget is used up; the log says which.
    func tensor(_ token: UInt64, _ dtype: vt_dtype, _ shape: vt_shape, _ data: UnsafeRawPointer?) -> HostTensor? {
        guard let stream = streams[token], let type = TensorType(rawValue: dtype), shape.rank <= UInt32(VT_RANK_MAX) else { return nil }
        let dims = withUnsafeBytes(of: shape.dims) { $0.bindMemory(to: Int64.self).prefix(Int(shape.rank)).map(Int.init) }
        do {
            let tensor = try host.inference.tensor(type, dims, budget: stream.budget)
            if let data { tensor.bytes.copyMemory(from: UnsafeRawBufferPointer(start: data, count: tensor.bytes.count)) }
            return tensor
        } catch {
            host.observer.log(name, .warning, "no tensor: \(error.message)")
            return nil
        }
    }
}
