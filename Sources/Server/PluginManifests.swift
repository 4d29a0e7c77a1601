import EventLoop
public import Fusion
import Glibc
import PluginHost
import PluginWorkers
import Synchronization
public import Wire

/// Manifests of the plugins in a folder, read without starting them.
public struct PluginManifests: Sendable {
    private let manifests: [PluginManifest]

    public var isEmpty: Bool { manifests.isEmpty }

    /// Loads every library of a folder (lib*.so) to ask for its manifest.
    public static func read(folder: String) throws(ServerError) -> PluginManifests {
        var manifests: [PluginManifest] = []
        RunFolder.make()
        defer { RunFolder.remove(RunFolder.temporary) }
        for file in RunFolder.files(folder) where file.hasPrefix("lib") && file.hasSuffix(".so") {
            do throws(RPCStatus) {
                manifests.append(
                    try PluginLibrary.load("\(folder)/\(file)", runFolder: RunFolder.temporary, number: UInt64(manifests.count)).manifest)
            } catch {
                throw ServerError(error.message)
            }
        }
        return PluginManifests(manifests: manifests)
    }

    /// One plugin's manifest, by name or by path.
    public static func manifest(of plugin: String, folder: String) throws(ServerError) -> PluginManifest {
        if plugin.contains("/") {
            RunFolder.make()
            defer { RunFolder.remove(RunFolder.temporary) }
            do throws(RPCStatus) {
                if !WorkerRunner.serves(plugin) {
                    return try WorkerProbe.manifest(of: WorkerRunner.command(for: plugin), limits: WorkerLimits(), observer: PluginHostObserver())
                }
                return try PluginLibrary.load(plugin, runFolder: RunFolder.temporary, number: 0).manifest
            } catch {
                throw ServerError(error.message)
            }
        }
        let all = try read(folder: folder)
        guard let found = all.manifests.first(where: { $0.name == plugin }) else {
            let names = all.manifests.map(\.name).sorted().joined(separator: ", ")
            throw ServerError("\(folder) has no plugin '\(plugin)'; it has \(names.isEmpty ? "none" : names)")
        }
        return found
    }

    public func ports(of plugin: String) -> PluginPorts? { manifests.first { $0.name == plugin }.map { PluginPorts($0) } }
}

/// Folders of this process's own, below the system's folder for temporary files.
enum RunFolder {
    static var temporary: String { "/tmp/vitrine-\(getuid())-\(getpid())" }

    /// Makes this process's folder, for its user alone.
    static func make() { mkdir(temporary, 0o700) }

    private static let made = Atomic<Int>(0)

    /// Another folder of this process's own, with a name that no other has: a process may hold several runtimes.
    static func unique() -> String { "\(temporary)-\(made.add(1, ordering: .relaxed).newValue)" }

    /// Names of the files in a folder, sorted; none when it cannot be read.
    static func files(_ folder: String) -> [String] {
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            names.append(withUnsafeBytes(of: entry.pointee.d_name) { bytes in String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self) })
        }
        return names.filter { $0 != "." && $0 != ".." }.sorted()
    }

    /// Removes a folder and the files in it.
    static func remove(_ folder: String) {
        for file in files(folder) { unlink("\(folder)/\(file)") }
        rmdir(folder)
    }
}
