import Glibc
import Locks

/// How a plugin's workers are, over all loops: for readiness, lists and metrics. Any thread.
public final class WorkerStatus: Sendable {
    public let name: String
    private let loops = Lock<[Int: Loop]>([:])

    /// One loop's worker.
    public struct Loop: Sendable, Equatable {
        /// nil = it serves.
        public var trouble: String?
        /// 0 = there is no process.
        public var pid: Int32
        /// Processes that ended without having been asked to.
        public var failures: Int
        public var streams: Int
    }

    init(_ name: String) { self.name = name }

    func set(_ loop: Int, _ state: Loop?) { loops.withLock { $0[loop] = state } }

    /// By the loops' numbers.
    public var all: [Loop] { loops.withLock { loops in loops.keys.sorted().compactMap { loops[$0] } } }

    /// Why the plugin is not ready; nil when every loop's worker serves.
    public var notReady: String? { all.first { $0.trouble != nil }?.trouble.map { "plugin \(name): \($0)" } }

    public var failures: Int { all.reduce(0) { $0 + $1.failures } }
    public var streams: Int { all.reduce(0) { $0 + $1.streams } }
}

/// The path of the running program.
var ownProgram: String {
    var path = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink("/proc/self/exe", &path, path.count)
    return count > 0 ? String(decoding: path.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self) : ""
}
