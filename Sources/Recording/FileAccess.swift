import Glibc
import Wire

// Unsafe: system calls read and write borrowed buffers within the call; a descriptor is closed by whoever opened it.

/// Files, with errors that say which.
enum FileAccess {
    static func failure(_ path: String, _ what: String) -> RPCStatus {
        let number = errno
        let code: StatusCode =
            switch number {
            case ENOENT, ENOTDIR: .notFound
            case EACCES, EPERM, EROFS: .permissionDenied
            case EEXIST: .alreadyExists
            case ENOSPC, EFBIG, EDQUOT, EMFILE, ENFILE: .resourceExhausted
            default: .unavailable
            }
        return RPCStatus(code, "\(path): \(what): \(String(cString: strerror(number)))")
    }

    /// The first bytes of a file, at most so many.
    static func read(_ path: String, prefixBytes: Int) throws(RPCStatus) -> [UInt8] { try read(path, bytesMax: .max, upTo: prefixBytes) }

    /// A whole file, or none of it when it is larger than `bytesMax`.
    static func read(_ path: String, bytesMax: Int) throws(RPCStatus) -> [UInt8] { try read(path, bytesMax: bytesMax, upTo: bytesMax) }

    private static func read(_ path: String, bytesMax: Int, upTo: Int) throws(RPCStatus) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(path, "cannot be read") }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure(path, "cannot be read") }
        guard status.st_mode & S_IFMT == S_IFREG else { throw RPCStatus(.invalidArgument, "\(path) is not a file") }
        guard status.st_size <= bytesMax else {
            throw RPCStatus(.resourceExhausted, "\(path) has \(status.st_size) bytes; at most \(bytesMax) are read")
        }
        // A file that is being written may have grown since: what comes after is left for the next reader.
        let size = min(Int(status.st_size), upTo)
        var count = 0
        var problem: RPCStatus?
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, filled in
            while count < size {
                let got = Glibc.read(descriptor, buffer.baseAddress.map { $0 + count }, size - count)
                if got < 0 && errno == EINTR { continue }
                if got < 0 { problem = failure(path, "cannot be read") }
                if got <= 0 { break }
                count += got
            }
            filled = count
        }
        if let problem { throw problem }
        return bytes
    }

    /// Writes everything, or says how much: (bytes written, errno or 0).
    static func write(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> (written: Int, error: Int32) {
        var written = 0
        while written < bytes.count {
            let count = Glibc.write(descriptor, bytes.baseAddress.map { $0 + written }, bytes.count - written)
            if count < 0 && errno == EINTR { continue }
            if count <= 0 { return (written, count == 0 ? ENOSPC : errno) }
            written += count
        }
        return (written, 0)
    }

    /// Writes a new file whole, on the disk when this returns; an old one of the name is replaced only with `replacing`.
    static func create(_ path: String, _ bytes: [UInt8], mode: mode_t, replacing: Bool = false) throws(RPCStatus) {
        let temporary = "\(path).\(Sodium.hex(Sodium.random(8))).part"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw failure(temporary, "cannot be made") }
        defer { unlink(temporary) }
        let (_, error) = bytes.withUnsafeBytes { write(descriptor, $0) }
        errno = error
        guard error == 0, fsync(descriptor) == 0 else {
            let problem = failure(temporary, "cannot be written")
            close(descriptor)
            throw problem
        }
        close(descriptor)
        guard (replacing ? rename(temporary, path) : link(temporary, path)) == 0 else { throw failure(path, "cannot be made") }
        sync(folder: path.parentFolder)
    }

    /// Makes what was done to a folder's names last.
    static func sync(folder: String) {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }

    /// Makes a folder that its owner alone may enter, and those above it, unless they are there.
    static func makeFolder(_ path: String) throws(RPCStatus) {
        if mkdir(path, 0o700) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, path.parentFolder != path else { throw failure(path, "the folder cannot be made") }
        try makeFolder(path.parentFolder)
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw failure(path, "the folder cannot be made") }
    }

    /// Names in a folder, sorted.
    static func names(_ folder: String) throws(RPCStatus) -> [String] {
        guard let directory = opendir(folder) else { throw failure(folder, "the folder cannot be read") }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
}

extension String {
    /// "a/b/c" → "a/b"; "c" → "."; "/c" → "/".
    var parentFolder: String {
        guard let slash = lastIndex(of: "/") else { return "." }
        return slash == startIndex ? "/" : String(self[..<slash])
    }
}
