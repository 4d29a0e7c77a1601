import Glibc
public import Wire

/// A folder of recordings, one file a session, with the key store beside them.
public struct RecordingFolder: Sendable {
    public let path: String
    public let keys: RecordingKeys

    /// What the files' names end with.
    public static let suffix = ".vrec"

    /// - Parameter keys: folder of the key store; nil = "keys" in this folder.
    public init(_ path: String, keys: String? = nil) {
        self.path = path
        self.keys = RecordingKeys(folder: keys ?? path + "/keys")
    }

    /// Where the keys of a recording are looked for when nobody says.
    public static func keys(besideFile file: String) -> RecordingKeys { RecordingKeys(folder: file.parentFolder + "/keys") }

    /// Where a session is recorded. Ids are the server's own: hex digits.
    public func file(session id: String) -> String { "\(path)/\(id)\(RecordingFolder.suffix)" }

    /// The recordings in the folder, by name; none when it is not there.
    public func files() throws(RPCStatus) -> [String] {
        do {
            return try FileAccess.names(path).filter { $0.hasSuffix(RecordingFolder.suffix) }.map { "\(path)/\($0)" }
        } catch {
            if error.code == .notFound { return [] }
            throw error
        }
    }

    /// What an erasure did.
    public struct Erasure: Sendable, Equatable {
        /// False: there was no key, so nothing of the subject could be read here before either.
        public var keyDestroyed = false
        public var files = 0
        public var bytes: UInt64 = 0

        public init() {}
    }

    /// Erases everything recorded of a subject: destroys the key, which makes every copy unreadable, then removes the files sealed with it.
    ///
    /// For `vitrine privacy erase`. Works while a server runs: what it is recording of the subject goes into a removed file under a destroyed key,
    /// and the next session gets a new key. Blocks.
    public func erase(_ subject: RecordingSubject) throws(RPCStatus) -> Erasure {
        var erasure = Erasure()
        guard let id = try keys.id(of: subject) else { return erasure }
        // The key first: whatever fails afterwards, the contents are gone.
        erasure.keyDestroyed = try keys.destroy(id: id)
        for file in try files() {
            guard let header = try? RecordingFolder.header(of: file), header.keyID == id else { continue }
            var status = stat()
            if stat(file, &status) == 0 { erasure.bytes += UInt64(max(0, status.st_size)) }
            guard unlink(file) == 0 || errno == ENOENT else { throw FileAccess.failure(file, "cannot be removed") }
            erasure.files += 1
        }
        FileAccess.sync(folder: path)
        return erasure
    }

    /// Reads no more than the first record.
    public static func header(of file: String) throws(RPCStatus) -> RecordingHeader {
        var reader = RecordingReader(try FileAccess.read(file, prefixBytes: headerBytesMax))
        while let found = reader.next() {
            switch found {
            case .record(_, _, let record): if case .header(let header) = record.kind { return header }
            case .damage(let damage): throw RPCStatus(.dataLoss, "\(file): \(damage)")
            }
        }
        throw RPCStatus(.dataLoss, "\(file): there is no header")
    }

    /// A header with all its hashes takes about 2 KiB.
    static let headerBytesMax = 256 << 10
}
