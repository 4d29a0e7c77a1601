import Glibc
public import Wire

/// Whose a recording is: what its key stands for.
public enum RecordingSubject: Sendable, Equatable {
    /// Everything of this customer of this shop has one key: destroying it erases them all.
    case user(String, shop: String)
    /// Somebody unknown: a key for this session alone.
    case session(String)

    var name: [UInt8] {
        switch self {
        case .user(let user, let shop): Array("user\0\(shop)\0\(user)".utf8)
        case .session(let id): Array("session\0\(id)".utf8)
        }
    }
}

/// The key store: a folder that its owner alone may enter (0700), with one file a key (0600).
///
/// A key's id is a keyed hash of whose it is, so that a recording alone does not tell. `store` holds the key of that hash. There is no copy and no
/// backup by design: whoever backs the folder up must forget there as well.
public struct RecordingKeys: Sendable {
    public let folder: String

    /// The folder may not be there yet; it is made when the first key is.
    public init(folder: String) { self.folder = folder }

    /// The subject's key; made if there is none. Blocks: not on a loop.
    /// - Throws: PERMISSION_DENIED when others may read the folder or the file, DATA_LOSS when a file in it is not what it should be.
    public func makeKey(for subject: RecordingSubject) throws(RPCStatus) -> RecordingKey {
        try FileAccess.makeFolder(folder)
        let id = try id(of: subject, making: true)
        if let key = try key(id: id) { return key }
        let made = Sodium.random(RecordingKey.bytesCount)
        do {
            try FileAccess.create(path(id), Array((Sodium.hex(made) + "\n").utf8), mode: 0o600)
        } catch  where error.code == .alreadyExists {
            // Another process was faster; its key counts.
            guard let key = try key(id: id) else { throw RPCStatus(.aborted, "\(path(id)): the key came and went") }
            return key
        }
        return RecordingKey(id: id, bytes: made)
    }

    /// The key of this id; nil when it was never made or has been destroyed.
    public func key(id: String) throws(RPCStatus) -> RecordingKey? {
        guard id.utf8.count == 32, Sodium.bytes(hex: id) != nil else {
            throw RPCStatus(.invalidArgument, "a key's id has 32 hex digits; this is '\(id.prefix(64))'")
        }
        guard let bytes = try secret(path(id)) else { return nil }
        return RecordingKey(id: id, bytes: bytes)
    }

    /// The id of a subject's key, whether there is one or not; nil when the store has never held any.
    public func id(of subject: RecordingSubject) throws(RPCStatus) -> String? {
        guard try secret(folder + "/store") != nil else { return nil }
        return try id(of: subject, making: false)
    }

    /// Destroys a key: what was sealed with it cannot be opened any more. False when there is none.
    ///
    /// The file is overwritten before it is removed. On file systems and disks that keep old blocks, copies may outlive it for a while.
    public func destroy(id: String) throws(RPCStatus) -> Bool {
        guard try key(id: id) != nil else { return false }
        let file = path(id)
        let descriptor = open(file, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileAccess.failure(file, "cannot be overwritten") }
        let zeros = [UInt8](repeating: 48, count: 2 * RecordingKey.bytesCount + 1)
        let (_, error) = zeros.withUnsafeBytes { FileAccess.write(descriptor, $0) }
        errno = error
        guard error == 0, fsync(descriptor) == 0 else {
            let problem = FileAccess.failure(file, "cannot be overwritten")
            close(descriptor)
            throw problem
        }
        close(descriptor)
        guard unlink(file) == 0 else { throw FileAccess.failure(file, "cannot be removed") }
        FileAccess.sync(folder: folder)
        return true
    }

    private func path(_ id: String) -> String { "\(folder)/\(id).key" }

    private func id(of subject: RecordingSubject, making: Bool) throws(RPCStatus) -> String {
        let file = folder + "/store"
        var secret = try secret(file)
        if secret == nil, making {
            do {
                try FileAccess.create(file, Array((Sodium.hex(Sodium.random(RecordingKey.bytesCount)) + "\n").utf8), mode: 0o600)
            } catch  where error.code == .alreadyExists {
                // Another process was faster.
            }
            secret = try self.secret(file)
        }
        guard let secret else { throw RPCStatus(.notFound, "\(file) is not there") }
        return Sodium.hex(Sodium.hash(subject.name, key: secret, count: 16))
    }

    /// 32 bytes from a file of 64 hex digits that only its owner may read; nil when there is none.
    private func secret(_ file: String) throws(RPCStatus) -> [UInt8]? {
        for path in [folder, file] {
            var status = stat()
            guard stat(path, &status) == 0 else {
                if errno == ENOENT { return nil }
                throw FileAccess.failure(path, "cannot be looked at")
            }
            guard status.st_mode & 0o077 == 0 else {
                throw RPCStatus(.permissionDenied, "\(path): others than its owner may use it; take that away (chmod go=) before keys are used")
            }
        }
        let text = String(decoding: try FileAccess.read(file, bytesMax: 256), as: UTF8.self)
        guard text.hasSuffix("\n"), let bytes = Sodium.bytes(hex: text.dropLast()), bytes.count == RecordingKey.bytesCount else {
            throw RPCStatus(.dataLoss, "\(file): 64 hex digits and a line end were expected")
        }
        return bytes
    }
}
