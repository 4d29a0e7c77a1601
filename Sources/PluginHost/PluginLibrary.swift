// Unsafe: dlopen and the plugin's function table. Invariants: `table` names functions of the mapped library, which stays mapped as long as the
// PluginLibrary lives (and for ever if it carries Swift); every function the host calls was seen to be there in `load`.

import CLoadedImage
public import CVitrinePlugin
import EventLoop
import Glibc
public import Wire

/// A plugin's shared object, loaded. Immutable; any thread.
public final class PluginLibrary: @unchecked Sendable {
    /// Where it came from.
    public let path: String
    /// As the candidate's.
    public let sha256: String
    public let manifest: PluginManifest
    /// Whether the file carries no Swift, so that it is unloaded when it is let go.
    public let isPureC: Bool

    /// The plugin's functions, for whoever plays its host: those that this host knows, NULL where the plugin's table ends before.
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
        let functions: vt_plugin
        do throws(RPCStatus) {
            functions = try Self.entry(handle)
            manifest = try PluginManifest.checked(UnsafeRawBufferPointer(start: functions.manifest, count: functions.manifest_length))
            if !candidate.isPureC && manifest.compiler != Self.hostCompiler {
                throw RPCStatus(.failedPrecondition, "it was compiled by \(manifest.compiler), the host by \(Self.hostCompiler): build it again")
            }
        } catch {
            if candidate.isPureC { dlclose(handle) }
            throw RPCStatus(error.code, "\(candidate.path): \(error.message)")
        }
        let table = UnsafeMutablePointer<vt_plugin>.allocate(capacity: 1)
        table.initialize(to: functions)
        self.table = UnsafePointer(table)
        self.candidate = candidate
        self.handle = handle
        path = candidate.path
        sha256 = candidate.sha256
        isPureC = candidate.isPureC
    }

    deinit {
        table.deallocate()
        nonisolated(unsafe) let handle = handle
        let isPureC = isPureC
        // The dynamic linker has one lock, which the load of the next build may hold: a loop does not wait for it.
        if EventLoop.current == nil {
            Self.letGo(handle, isPureC: isPureC)
        } else {
            LoaderThread.run { Self.letGo(handle, isPureC: isPureC) }
        }
    }

    /// The Swift runtime keeps addresses of every Swift image that it has seen: those stay mapped, with no more memory than was written to.
    private static func letGo(_ handle: UnsafeMutableRawPointer, isPureC: Bool) {
        if isPureC { dlclose(handle) } else { vli_release_unwritten(dlsym(handle, VT_ENTRY_POINT)) }
    }

    /// Removes the copy's names from the file system; the mapping stays. For a process that may be killed at any time.
    public func forgetFile() { candidate.forgetFiles() }

    /// Up to the last function that is not optional.
    private static let tableBytesMin = UInt32(MemoryLayout<vt_plugin>.offset(of: \.self_test) ?? MemoryLayout<vt_plugin>.size)

    private static func entry(_ handle: UnsafeMutableRawPointer) throws(RPCStatus) -> vt_plugin {
        guard let symbol = dlsym(handle, VT_ENTRY_POINT) else {
            throw RPCStatus(.failedPrecondition, "it does not export \(VT_ENTRY_POINT): it is not a plugin")
        }
        guard let table = vt_call_entry_point(symbol, UInt32(VT_ABI_VERSION)) else {
            throw RPCStatus(.failedPrecondition, "it does not serve ABI version \(VT_ABI_VERSION)")
        }
        // The first two fields are those that every table has.
        let given = UnsafeRawPointer(table)
        let size = given.loadUnaligned(as: UInt32.self), version = given.loadUnaligned(fromByteOffset: 4, as: UInt32.self)
        guard version == VT_ABI_VERSION, size >= tableBytesMin else {
            throw RPCStatus(
                .failedPrecondition,
                "its table is of ABI \(version) with \(size) bytes; this host's is \(VT_ABI_VERSION) with at least \(tableBytesMin)")
        }
        var plugin = vt_plugin()
        withUnsafeMutableBytes(of: &plugin) { $0.copyMemory(from: UnsafeRawBufferPointer(start: given, count: min(Int(size), $0.count))) }
        guard plugin.manifest != nil, plugin.create != nil, plugin.destroy != nil, plugin.open != nil, plugin.data != nil, plugin.half_close != nil,
            plugin.cancel != nil, plugin.completed != nil, plugin.pending != nil
        else { throw RPCStatus(.failedPrecondition, "its table lacks the manifest or a function that is not optional") }
        return plugin
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
