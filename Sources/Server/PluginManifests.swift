import EventLoop
import FoundationEssentials
public import Fusion
import Glibc
import PluginHost
import PluginWorkers
public import Wire

/// Manifests of the plugins in a folder, read without starting them.
public struct PluginManifests: Sendable {
    private let manifests: [PluginManifest]

    public var isEmpty: Bool { manifests.isEmpty }

    /// Loads every plugin of a folder (lib*.so) to ask for its manifest; what plugins bring along lies there too and is none.
    public static func read(folder: String) throws(ServerError) -> PluginManifests {
        var manifests: [PluginManifest] = []
        let copies = RunFolder.make()
        defer { RunFolder.remove(copies) }
        for file in RunFolder.files(folder) where file.hasPrefix("lib") && file.hasSuffix(".so") {
            guard PluginCandidate.isPlugin("\(folder)/\(file)") else { continue }
            do throws(RPCStatus) {
                manifests.append(
                    try PluginLibrary.load("\(folder)/\(file)", runFolder: copies, number: UInt64(manifests.count)).manifest)
            } catch {
                throw ServerError(error.message)
            }
        }
        return PluginManifests(manifests: manifests)
    }

    /// One plugin's manifest, by name or by path.
    public static func manifest(of plugin: String, folder: String) throws(ServerError) -> PluginManifest {
        if plugin.contains("/") {
            let copies = RunFolder.make()
            defer { RunFolder.remove(copies) }
            do throws(RPCStatus) {
                if !WorkerRunner.serves(plugin) {
                    return try WorkerProbe.manifest(of: WorkerRunner.command(for: plugin), limits: WorkerLimits(), observer: PluginHostObserver())
                }
                return try PluginLibrary.load(plugin, runFolder: copies, number: 0).manifest
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
    private static let parent = "/tmp"
    private static var prefix: String { "vitrine-\(getuid())-" }

    /// Makes a folder that nobody else has, for this process's user alone. Where none can be made, whoever uses it is told so.
    static func make() -> String {
        _ = sweep
        var name = Array("\(parent)/\(prefix)\(getpid())-XXXXXX".utf8CString)
        _ = mkdtemp(&name)
        return String(decoding: name.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Removes what processes that are no more could not: they were killed. Once in a process, before its first folder; one that has this
    /// process's number is an earlier one's.
    private static let sweep: Void = {
        for name in files(parent) where name.hasPrefix(prefix) {
            guard let pid = name.dropFirst(prefix.count).split(separator: "-").first.flatMap({ pid_t($0) }) else { continue }
            guard pid == getpid() || kill(pid, 0) != 0 && errno == ESRCH else { continue }
            var status = stat()
            guard lstat("\(parent)/\(name)", &status) == 0, status.st_mode & S_IFMT == S_IFDIR, status.st_uid == getuid() else { continue }
            remove("\(parent)/\(name)")
        }
    }()

    /// Names of the files in a folder, sorted; none when it cannot be read.
    static func files(_ folder: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    }

    /// Removes a folder and what is in it; of what is linked to from there nothing but the link.
    static func remove(_ folder: String) {
        for file in files(folder) {
            let path = "\(folder)/\(file)"
            if unlink(path) != 0 && errno == EISDIR { remove(path) }
        }
        rmdir(folder)
    }
}
