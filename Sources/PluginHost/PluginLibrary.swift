// Unsafe: dlopen and the plugin's function table. Invariants: `table` points into the mapped library, which stays mapped as long as the
// PluginLibrary lives (and for ever if it carries Swift); every function the host calls was seen to be there in `load`.

import CVitrinePlugin
import Glibc
public import Wire

/// A plugin's shared object, loaded. Immutable; any thread.
public final class PluginLibrary: @unchecked Sendable {
    /// Where it came from.
    public let path: String
    /// Lower-case hexadecimal SHA-256 of the file.
    public let sha256: String
    public let manifest: PluginManifest
    /// Whether the file carries no Swift, so that it is unloaded when it is let go.
    public let isPureC: Bool

    let table: UnsafePointer<vt_plugin>
    private let handle: UnsafeMutableRawPointer
    private let copy: String

    /// Copies, hashes, checks and maps a library. Blocks: for loader threads and start-up only.
    /// - Parameters:
    ///   - runFolder: where the copy goes; it is removed when the library is let go.
    ///   - number: makes the copy's name unique within the process.
    /// - Throws: NOT_FOUND, FAILED_PRECONDITION (not a plugin for this host) or INVALID_ARGUMENT (a bad manifest), with the file's name.
    public static func load(_ path: String, runFolder: String, number: UInt64) throws(RPCStatus) -> PluginLibrary {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        let (facts, copy) = try LibraryFile.copy(path) { hash in "\(runFolder)/\(getpid())-\(number)-\(hash.prefix(12))-\(name)" }
        // RTLD_NOW shows a missing symbol here and not on the loop; RTLD_LOCAL keeps plugins from seeing each other.
        guard let handle = dlopen(copy, RTLD_NOW | RTLD_LOCAL) else {
            let reason = dlerror().map { String(cString: $0) } ?? "unknown reason"
            unlink(copy)
            throw RPCStatus(.failedPrecondition, "\(path) cannot be loaded: \(reason)")
        }
        do throws(RPCStatus) {
            let table = try entry(handle)
            let manifest = try PluginManifest.checked(UnsafeRawBufferPointer(start: table.pointee.manifest, count: table.pointee.manifest_length))
            if !facts.elf.isPureC && manifest.compiler != hostCompiler {
                throw RPCStatus(.failedPrecondition, "it was compiled by \(manifest.compiler), the host by \(hostCompiler): build it again")
            }
            return PluginLibrary(path: path, facts: facts, manifest: manifest, table: table, handle: handle, copy: copy)
        } catch {
            if facts.elf.isPureC { dlclose(handle) }
            unlink(copy)
            throw RPCStatus(error.code, "\(path): \(error.message)")
        }
    }

    private init(
        path: String, facts: LibraryFile.Facts, manifest: PluginManifest, table: UnsafePointer<vt_plugin>, handle: UnsafeMutableRawPointer,
        copy: String
    ) {
        self.path = path
        self.manifest = manifest
        self.table = table
        self.handle = handle
        self.copy = copy
        sha256 = facts.sha256
        isPureC = facts.elf.isPureC
    }

    deinit {
        // The Swift runtime keeps addresses of every Swift image that it has seen: those stay mapped.
        if isPureC { dlclose(handle) }
        unlink(copy)
    }

    private static func entry(_ handle: UnsafeMutableRawPointer) throws(RPCStatus) -> UnsafePointer<vt_plugin> {
        guard let symbol = dlsym(handle, VT_ENTRY_POINT) else {
            throw RPCStatus(.failedPrecondition, "it does not export \(VT_ENTRY_POINT): it is not a plugin")
        }
        guard let table = vt_call_entry_point(symbol, UInt32(VT_ABI_VERSION)) else {
            throw RPCStatus(.failedPrecondition, "it does not serve ABI version \(VT_ABI_VERSION)")
        }
        let plugin = table.pointee
        guard plugin.abi_version == VT_ABI_VERSION, plugin.struct_size >= UInt32(MemoryLayout<vt_plugin>.size) else {
            throw RPCStatus(
                .failedPrecondition,
                "its table is of ABI \(plugin.abi_version) with \(plugin.struct_size) bytes; this host's is "
                    + "\(VT_ABI_VERSION) with \(MemoryLayout<vt_plugin>.size)")
        }
        guard plugin.manifest != nil, plugin.create != nil, plugin.destroy != nil, plugin.open != nil, plugin.data != nil, plugin.half_close != nil,
            plugin.cancel != nil, plugin.completed != nil, plugin.pending != nil
        else { throw RPCStatus(.failedPrecondition, "its table lacks the manifest or a function that is not optional") }
        return table
    }

    /// As PluginKit writes it into manifests: Swift's ABI is not stable on Linux.
    static var hostCompiler: String {
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
