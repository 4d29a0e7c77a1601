import Glibc
import Wire

/// Which contents of a model's file a compiled model was made of: the file, and the weights beside it (`.bin` of an `.xml`), by what the file system
/// knows of them. A model that was replaced in place is another one.
struct ModelFile: Hashable {
    private struct Version: Hashable {
        var device: UInt64
        var inode: UInt64
        var bytes: Int64
        var changedSeconds: Int
        var changedNanoseconds: Int
    }

    let path: String
    private let versions: [Version?]

    /// - Throws: NOT_FOUND when there is no such file.
    init(_ path: String) throws(RPCStatus) {
        self.path = path
        guard let own = Self.version(path) else {
            throw RPCStatus(.notFound, "\(path) cannot be read (\(String(cString: strerror(errno))))")
        }
        versions = [own, path.hasSuffix(".xml") ? Self.version(path.dropLast(3) + "bin") : nil]
    }

    private static func version(_ path: String) -> Version? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return Version(
            device: UInt64(status.st_dev), inode: UInt64(status.st_ino), bytes: Int64(status.st_size), changedSeconds: status.st_mtim.tv_sec,
            changedNanoseconds: status.st_mtim.tv_nsec)
    }
}
