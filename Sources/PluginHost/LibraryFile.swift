// Unsafe: a file's bytes in a buffer that is read from a descriptor and handed to the hash and the ELF parser. Invariant: who reads a file lets its
// buffer go, after the last look at it.

import CMd
import Glibc
import Wire

/// Files on their way to the dynamic linker: read whole, hashed, and written.
enum LibraryFile {
    /// Size of a plugin, at most.
    static let bytesMax = 256 << 20
    private static let pageBytes = 4_096

    static func isRegular(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }

    /// One hash for several files; that of the file when there is one, "" for none.
    /// - Parameters:
    ///   - settledMs: see `PluginCandidate`.
    ///   - scratch: a file of one's own, for the file system's time.
    static func fingerprint(_ paths: [String], settledMs: Int, scratch: String) throws(RPCStatus) -> String {
        var hashes: [String] = []
        for path in paths {
            if settledMs > 0 { try waitUntilSettled(path, ms: settledMs, scratch: scratch) }
            let bytes = try read(path)
            defer { bytes.deallocate() }
            hashes.append(sha256(UnsafeRawBufferPointer(bytes)))
        }
        guard hashes.count > 1 else { return hashes.first ?? "" }
        return Array(hashes.joined().utf8).withUnsafeBytes { sha256($0) }
    }

    static func sha256(_ bytes: UnsafeRawBufferPointer) -> String {
        var context = SHA2_CTX()
        var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
        SHA256Init(&context)
        SHA256Update(&context, bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count)
        SHA256Final(&digest, &context)
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// The whole of a regular file, for the caller to let go.
    static func read(_ path: String) throws(RPCStatus) -> UnsafeMutableRawBufferPointer {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw RPCStatus(errno == ENOENT ? .notFound : .failedPrecondition, "\(path): \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw RPCStatus(.failedPrecondition, "\(path): it is not a regular file")
        }
        guard status.st_size <= bytesMax else {
            throw RPCStatus(.failedPrecondition, "\(path): it has \(status.st_size) bytes, more than the \(bytesMax) allowed")
        }
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: Int(status.st_size), alignment: 16)
        var filled = 0
        while filled < bytes.count {
            let count = Glibc.read(descriptor, bytes.baseAddress?.advanced(by: filled), bytes.count - filled)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else {
                bytes.deallocate()
                throw RPCStatus(.failedPrecondition, "\(path): it changed while it was read; try again")
            }
            filled += count
        }
        return bytes
    }

    /// A page at a time: what is written at once is mapped at once, and of a Swift image that was let go one touched page would bring back a
    /// megabyte.
    static func write(_ bytes: UnsafeRawBufferPointer, to path: String) throws(RPCStatus) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw RPCStatus(.failedPrecondition, "\(path): \(String(cString: strerror(errno)))") }
        var written = 0
        while written < bytes.count {
            let count = Glibc.write(descriptor, bytes.baseAddress?.advanced(by: written), min(bytes.count - written, pageBytes))
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { break }
            written += count
        }
        let failure = errno
        guard close(descriptor) == 0, written == bytes.count else {
            unlink(path)
            throw RPCStatus(.resourceExhausted, "\(path) cannot be written: \(String(cString: strerror(failure)))")
        }
    }
}
