// Unsafe: dlopen and the plugin's function table. Invariants: `table` points into the mapped library, which stays mapped as long as the
// PluginLibrary lives (and for ever if it carries Swift); every function the host calls was seen to be there in `load`.

import CLoadedImage
public import CVitrinePlugin
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

    /// The plugin's functions, for whoever plays its host.
    public let table: UnsafePointer<vt_plugin>
    /// The copy that is mapped; it has a name of its own and stays as long as this.
    public var copy: String { candidate.copy }
    private let handle: UnsafeMutableRawPointer
    private let candidate: PluginCandidate

    /// Copies, hashes, checks and maps a library. Blocks: for loader threads and start-up only.
    /// - Parameters:
    ///   - runFolder: where the copy goes; it is removed when the library is let go.
    ///   - number: makes the copy's name unique within the process.
    /// - Throws: NOT_FOUND, FAILED_PRECONDITION (not a plugin for this host) or INVALID_ARGUMENT (a bad manifest), with the file's name.
    public static func load(_ path: String, runFolder: String, number: UInt64) throws(RPCStatus) -> PluginLibrary {
        try PluginLibrary(try PluginCandidate(path, runFolder: runFolder, number: number))
    }

    /// Maps a candidate's copy. Blocks, as `load`.
    /// - Throws: FAILED_PRECONDITION (not a plugin for this host) or INVALID_ARGUMENT (a bad manifest), with the file's name.
    public init(_ candidate: PluginCandidate) throws(RPCStatus) {
        // RTLD_NOW shows a missing symbol here and not on the loop; RTLD_LOCAL keeps plugins from seeing each other.
        guard let handle = dlopen(candidate.copy, RTLD_NOW | RTLD_LOCAL) else {
            let reason = dlerror().map { String(cString: $0) } ?? "unknown reason"
            throw RPCStatus(.failedPrecondition, "\(candidate.path) cannot be loaded: \(reason)")
        }
        do throws(RPCStatus) {
            table = try Self.entry(handle)
            manifest = try PluginManifest.checked(UnsafeRawBufferPointer(start: table.pointee.manifest, count: table.pointee.manifest_length))
            if !candidate.isPureC && manifest.compiler != Self.hostCompiler {
                throw RPCStatus(.failedPrecondition, "it was compiled by \(manifest.compiler), the host by \(Self.hostCompiler): build it again")
            }
        } catch {
            if candidate.isPureC { dlclose(handle) }
            throw RPCStatus(error.code, "\(candidate.path): \(error.message)")
        }
        self.candidate = candidate
        self.handle = handle
        path = candidate.path
        sha256 = candidate.sha256
        isPureC = candidate.isPureC
    }

    deinit {
        // The Swift runtime keeps addresses of every Swift image that it has seen: those stay mapped, with no more memory than was written to.
        if isPureC { dlclose(handle) } else { vli_release_unwritten(dlsym(handle, VT_ENTRY_POINT)) }
    }

    /// Removes the copy's name from the file system; the mapping stays. For a process that may be killed at any time.
    public func forgetFile() { unlink(candidate.copy) }

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
    public static var hostCompiler: String {
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
