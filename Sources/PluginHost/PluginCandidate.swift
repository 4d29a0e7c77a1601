import Glibc
public import Wire

/// A build of a plugin that was copied and looked at, but not mapped: what is hashed, probed and later loaded is the same copy, whatever becomes of
/// the file it came from.
public final class PluginCandidate: Sendable {
    /// Where it came from.
    public let path: String
    /// The copy, with a name that no other load has; removed when nobody needs it.
    public let copy: String
    /// Lower-case hexadecimal SHA-256 of the file.
    public let sha256: String
    /// Whether the file carries no Swift, so that it can be unloaded.
    public let isPureC: Bool

    /// Reads, checks and copies a file. Blocks: for loader threads and start-up only.
    /// - Parameters:
    ///   - settledMs: the file must not have changed for so long; a compiler may still be writing it. Waits for that up to `settleMsMax`.
    ///   - number: makes the copy's name unique within the process.
    /// - Throws: NOT_FOUND, FAILED_PRECONDITION (no plugin, or still being written) or INVALID_ARGUMENT (damaged), with the file's name.
    public init(_ path: String, runFolder: String, number: UInt64, settledMs: Int = 0) throws(RPCStatus) {
        if settledMs > 0 { try LibraryFile.waitUntilSettled(path, ms: settledMs, scratch: "\(runFolder)/\(getpid())-\(number)-now") }
        let name = path.split(separator: "/").last.map(String.init) ?? path
        let (facts, copy) = try LibraryFile.copy(path) { hash in "\(runFolder)/\(getpid())-\(number)-\(hash.prefix(12))-\(name)" }
        self.path = path
        self.copy = copy
        sha256 = facts.sha256
        isPureC = facts.elf.isPureC
    }

    deinit { unlink(copy) }
}

extension LibraryFile {
    /// How long a file that keeps changing is waited for.
    static let settleMsMax = 2_000

    /// Returns once the file was last changed `ms` ago. The time is the file system's own: that of `scratch`, a file made for it.
    static func waitUntilSettled(_ path: String, ms: Int, scratch: String) throws(RPCStatus) {
        var waitedMs = 0
        while try stamp(touch: scratch) - stamp(path) < ms * 1_000_000 {
            guard waitedMs < settleMsMax else {
                throw RPCStatus(.failedPrecondition, "\(path): it is still being written after \(settleMsMax) ms; try again when it is finished")
            }
            usleep(UInt32(stepMs * 1_000))
            waitedMs += stepMs
        }
    }

    private static let stepMs = 10

    /// When a file was last changed, nanoseconds.
    private static func stamp(_ path: String) throws(RPCStatus) -> Int {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw RPCStatus(errno == ENOENT ? .notFound : .failedPrecondition, "\(path): \(String(cString: strerror(errno)))")
        }
        return Int(status.st_mtim.tv_sec) * 1_000_000_000 + Int(status.st_mtim.tv_nsec)
    }

    private static func stamp(touch path: String) throws(RPCStatus) -> Int {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw RPCStatus(.failedPrecondition, "\(path): \(String(cString: strerror(errno)))") }
        futimens(descriptor, nil)
        close(descriptor)
        defer { unlink(path) }
        return try stamp(path)
    }
}
