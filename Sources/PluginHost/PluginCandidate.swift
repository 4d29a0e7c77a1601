import CVitrinePlugin
import Glibc
public import Wire

/// A build of a plugin that was copied and looked at, but not mapped: what is hashed, probed and later loaded is the same copy, whatever becomes of
/// the file it came from.
public final class PluginCandidate: Sendable {
    /// Where it came from.
    public let path: String
    /// The copy, with a name that no other load has; removed when nobody needs it.
    public let copy: String
    /// Lower-case hexadecimal SHA-256 of the file; of one that brings libraries along, of the copy, which names them by their content. "" of
    /// another process's copy.
    public let sha256: String
    /// Whether neither the file nor what it brings along carries Swift, so that it can be unloaded.
    public let isPureC: Bool
    /// nil: what is loaded is somebody else's copy.
    private let files: LibraryCopy?

    /// Reads, checks and copies a file with the libraries that it brings along: those that it needs, looks for beside itself ($ORIGIN) and finds
    /// there. Blocks: for loader threads and start-up only.
    /// - Parameters:
    ///   - settledMs: the files must not have changed for so long; a compiler may still be writing them. Waits for that up to `settleMsMax`.
    ///   - number: makes the copy's name unique within the process.
    /// - Throws: NOT_FOUND, FAILED_PRECONDITION (no plugin, or still being written) or INVALID_ARGUMENT (damaged), with the file's name.
    public init(_ path: String, runFolder: String, number: UInt64, settledMs: Int = 0) throws(RPCStatus) {
        let own = "\(runFolder)/\(getpid())-\(number)"
        if settledMs > 0 {
            try LibraryFile.waitUntilSettled(path, ms: settledMs, scratch: "\(own)-now")
            for file in try LibraryCopy.beside(path) { try LibraryFile.waitUntilSettled(file, ms: settledMs, scratch: "\(own)-now") }
        }
        let files = try LibraryCopy(path, into: own)
        guard files.isPlugin else {
            files.remove()
            throw RPCStatus(.failedPrecondition, "\(path): it does not export \(VT_ENTRY_POINT): it is not a plugin")
        }
        self.path = path
        self.files = files
        copy = files.path
        sha256 = files.sha256
        isPureC = files.isPureC
    }

    /// A copy that another process has made and keeps, for a probe: mapped where it lies.
    /// - Throws: NOT_FOUND, FAILED_PRECONDITION or INVALID_ARGUMENT, with the file's name.
    public init(copy: String) throws(RPCStatus) {
        let elf = try LibraryCopy.elf(of: copy)
        guard elf.isPlugin else { throw RPCStatus(.failedPrecondition, "\(copy): it does not export \(VT_ENTRY_POINT): it is not a plugin") }
        path = copy
        self.copy = copy
        files = nil
        sha256 = ""
        var isPureC = elf.isPureC
        if isPureC {
            for file in try LibraryCopy.beside(copy) where try !LibraryCopy.elf(of: file).isPureC { isPureC = false }
        }
        self.isPureC = isPureC
    }

    deinit { forgetFiles() }

    /// Removes the copy's names from the file system; what is mapped stays. For a process that may be killed at any time.
    func forgetFiles() { files?.remove() }

    /// Whether a file is a shared object that exports the plugins' entry point. Blocks.
    public static func isPlugin(_ path: String) -> Bool { (try? LibraryCopy.elf(of: path))?.isPlugin == true }
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
