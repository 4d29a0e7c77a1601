// Unsafe: the plugin's function table. Invariants: `vt_plugin.user` is a PluginClass retained for the library's life; the state pointer is an
// InstanceState retained by `create` and released by `destroy`; the host calls every function of an instance on its loop, one at a time, and
// nothing after `destroy`.

public import CVitrinePlugin
import Wire

/// The way into a Swift plugin. Each plugin has one function beside its class:
///
///     @_cdecl("vitrine_plugin")
///     public func entryPoint(_ abi: UInt32) -> UnsafePointer<vt_plugin>? {
///         PluginEntry.table(for: MyPlugin.self, abi: abi)
///     }
public enum PluginEntry {
    /// The function table, made for the library's life; nil when the host speaks another version of the ABI.
    public static func table<Plugin: VitrinePlugin>(for plugin: Plugin.Type, abi: UInt32) -> UnsafePointer<vt_plugin>? {
        guard abi == VT_ABI_VERSION else { return nil }
        var manifest = Plugin.manifest
        if manifest.compiler.isEmpty { manifest.compiler = compiler }
        let encoded = manifest.encoded()
        let bytes = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: encoded.count)
        _ = bytes.initialize(from: encoded)

        let made = PluginClass { host throws(PluginError) in try Plugin(host: host) }
        let table = UnsafeMutablePointer<vt_plugin>.allocate(capacity: 1)
        table.initialize(to: vt_plugin())
        table.pointee.struct_size = UInt32(MemoryLayout<vt_plugin>.size)
        table.pointee.abi_version = VT_ABI_VERSION
        table.pointee.user = Unmanaged.passRetained(made).toOpaque()
        table.pointee.manifest = UnsafePointer(bytes.baseAddress)
        table.pointee.manifest_length = bytes.count
        table.pointee.create = createInstance
        table.pointee.destroy = { state in
            guard let state else { return }
            Unmanaged<InstanceState>.fromOpaque(state).release()
        }
        table.pointee.open = { state, stream, open in
            guard let open else { return StatusCode.invalidArgument.abi }
            return instance(state)?.open(stream, open.pointee) ?? StatusCode.internalError.abi
        }
        table.pointee.data = { state, stream, message in
            guard let message else { return StatusCode.invalidArgument.abi }
            return instance(state)?.data(stream, message.pointee) ?? StatusCode.internalError.abi
        }
        table.pointee.half_close = { state, stream in instance(state)?.halfClose(stream) }
        table.pointee.cancel = { state, stream in instance(state)?.cancel(stream) }
        table.pointee.completed = { state, _, completion in
            guard let completion else { return }
            instance(state)?.completed(completion.pointee)
        }
        table.pointee.pending = { state in instance(state)?.pending ?? 0 }
        table.pointee.self_test = runSelfTest
        table.pointee.export_state = { state, stream, bytes in
            guard let instance = instance(state), let bytes else { return StatusCode.internalError.abi }
            switch instance.exportState(stream) {
            case .success(let buffer):
                bytes.pointee = buffer
                return StatusCode.ok.abi
            case .failure(let error): return error.status.code.abi
            }
        }
        table.pointee.import_state = { state, stream, bytes in
            guard let instance = instance(state), let bytes = bytes?.pointee else { return StatusCode.internalError.abi }
            return instance.importState(stream, UnsafeRawBufferPointer(start: bytes.data, count: bytes.length))
        }
        return UnsafePointer(table)
    }

    /// What compiled this plugin. Swift's ABI is not stable on Linux, so the host must have been compiled by the same.
    static var compiler: String {
        #if compiler(>=6.5)
            "swift-6.5 or later"
        #elseif compiler(>=6.4)
            "swift-6.4"
        #elseif compiler(>=6.3)
            "swift-6.3"
        #elseif compiler(>=6.2)
            "swift-6.2"
        #else
            "swift-6.1 or earlier"
        #endif
    }
}

/// A plugin's class without its generic type, so that the C functions need no globals to find it.
private final class PluginClass {
    let make: (HostServices) throws(PluginError) -> any VitrinePlugin

    init(_ make: @escaping (HostServices) throws(PluginError) -> any VitrinePlugin) {
        self.make = make
    }
}

private func instance(_ state: UnsafeMutableRawPointer?) -> InstanceState? {
    state.map { Unmanaged<InstanceState>.fromOpaque($0).takeUnretainedValue() }
}

private func createInstance(
    _ plugin: UnsafePointer<vt_plugin>?, _ host: UnsafePointer<vt_host>?, _ handle: OpaquePointer?,
    _ state: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, _ error: UnsafeMutablePointer<CChar>?, _ capacity: Int
) -> vt_status {
    guard let user = plugin?.pointee.user, let host, let handle, let state else { return StatusCode.invalidArgument.abi }
    guard let calls = HostCalls(table: host, instance: handle) else {
        report("the host's table lacks a function of ABI \(VT_ABI_VERSION)", error, capacity)
        return StatusCode.failedPrecondition.abi
    }
    do {
        let made = try Unmanaged<PluginClass>.fromOpaque(user).takeUnretainedValue().make(HostServices(calls: calls))
        state.pointee = Unmanaged.passRetained(InstanceState(plugin: made, calls: calls)).toOpaque()
        return StatusCode.ok.abi
    } catch let failure {
        report(failure.status.message, error, capacity)
        return failure.status.code.abi
    }
}

private func runSelfTest(_ state: UnsafeMutableRawPointer?, _ error: UnsafeMutablePointer<CChar>?, _ capacity: Int) -> vt_status {
    guard let instance = instance(state) else { return StatusCode.internalError.abi }
    do {
        try instance.selfTest()
        return StatusCode.ok.abi
    } catch let failure {
        report(failure.status.message, error, capacity)
        return failure.status.code.abi
    }
}

/// Writes as much of `message` as fits, whole characters only, with a NUL behind it.
private func report(_ message: String, _ target: UnsafeMutablePointer<CChar>?, _ capacity: Int) {
    guard let target, capacity > 0 else { return }
    var used = 0
    for character in message.unicodeScalars {
        let encoded = UTF8.encode(character) ?? UTF8.encodedReplacementCharacter
        guard used + encoded.count < capacity else { break }
        for unit in encoded {
            target[used] = CChar(bitPattern: unit)
            used += 1
        }
    }
    target[used] = 0
}
