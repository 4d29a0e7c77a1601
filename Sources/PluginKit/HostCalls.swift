// Unsafe: the host's function table. Invariant: `table` and `instance` outlive every object of the instance that holds this (the ABI keeps the
// table for the process's life and the instance until `destroy`), and `HostCalls.init` has seen that every function that PluginKit calls is there,
// so that the implicit unwrapping of a C function pointer cannot fail.

import CVitrinePlugin
import Wire

/// The host, as one instance sees it.
///
/// Sendable because the pointers never change; which functions may be called on which thread is the ABI's rule, kept by
/// the types that call them.
final class HostCalls: @unchecked Sendable {
    let table: UnsafePointer<vt_host>
    let instance: OpaquePointer

    /// nil when the host is of another version or a function is missing.
    init?(table: UnsafePointer<vt_host>, instance: OpaquePointer) {
        guard table.pointee.struct_size >= UInt32(MemoryLayout<vt_host>.size), table.pointee.abi_version == VT_ABI_VERSION else { return nil }
        let host = table.pointee
        guard host.emit != nil, host.close != nil, host.infer != nil, host.compute != nil, host.timer != nil, host.abandon != nil,
            host.model != nil, host.model_path != nil
        else { return nil }
        guard host.tensor_make != nil, host.tensor_data != nil, host.tensor_bytes != nil, host.tensor_dtype != nil, host.tensor_shape != nil,
            host.tensor_retain != nil, host.tensor_release != nil, host.buffer_make != nil
        else { return nil }
        guard host.now_us != nil, host.random != nil, host.config != nil, host.log != nil, host.metric_add != nil else { return nil }
        self.table = table
        self.instance = instance
    }

    /// Host-owned buffer with a copy of `bytes`; the caller has one reference.
    func makeBuffer(_ bytes: [UInt8]) throws(PluginError) -> UnsafeMutablePointer<vt_buffer> {
        let buffer = bytes.withUnsafeBytes { table.pointee.buffer_make($0.baseAddress, $0.count) }
        guard let buffer else { throw PluginError(.resourceExhausted, "the host has no buffer of \(bytes.count) bytes") }
        return buffer
    }

    func nowUs() -> UInt64 { table.pointee.now_us(instance) }
}

extension StatusCode {
    /// As the ABI says it.
    var abi: vt_status { vt_status(rawValue) }

    /// A code that is none of gRPC's 17 counts as UNKNOWN.
    init(abi: vt_status) {
        self = UInt32(exactly: abi).flatMap(StatusCode.init(rawValue:)) ?? .unknown
    }
}

extension PluginError {
    /// What the host said of an operation that it did not accept.
    init(refused status: vt_status, _ what: String) {
        let code = StatusCode(abi: status)
        self.init(code, "the host refused \(what): \(code.name)")
    }

    static let streamClosed = PluginError(.failedPrecondition, "the stream is closed")
    static let cancelled = PluginError(.cancelled, "the stream was cancelled")
}
