import CZlib
import Foundation
import Glibc

// Unsafe: file descriptors and the bytes given to them. Invariant: a descriptor is open from init to deinit; bytes live for the call they are
// passed to.

/// Files of an index that must be on the disk, whole, before anything names them.
enum IndexFiles {
    /// CRC-32 of bytes that follow those whose checksum is `before`.
    static func checksum(_ bytes: UnsafeRawBufferPointer, after before: UInt32 = 0) -> UInt32 {
        guard let base = bytes.baseAddress, !bytes.isEmpty else { return before }
        return UInt32(truncatingIfNeeded: crc32_z(uLong(before), base.assumingMemoryBound(to: UInt8.self), bytes.count))
    }

    /// Bytes and checksum of a whole file.
    static func measure(_ path: String) throws(StoreError) -> (bytes: Int, checksum: UInt32) {
        guard let data = try? Data(contentsOf: URL(fileURLWithPath: path), options: .alwaysMapped) else {
            throw StoreError(.corrupted, "\(path): no such file, or it cannot be read")
        }
        return (data.count, data.withUnsafeBytes { checksum($0) })
    }

    /// Waits until a file, or a folder's list of names, is on the disk.
    static func sync(_ path: String) throws(StoreError) {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw failure(path, "opened") }
        defer { close(file) }
        if fsync(file) != 0 { throw failure(path, "synchronised") }
    }

    /// The old contents or the new ones, whatever happens meanwhile.
    static func replace(_ path: String, with bytes: [UInt8]) throws(StoreError) {
        let writer = try IndexWriter(path + ".part", at: 0)
        bytes.withUnsafeBytes { writer.append($0) }
        try writer.finish()
        if rename(path + ".part", path) != 0 { throw failure(path, "renamed") }
        try sync(URL(fileURLWithPath: path).deletingLastPathComponent().path)
    }

    static func failure(_ path: String, _ what: String) -> StoreError {
        let code: StoreError.Code = errno == ENOSPC || errno == EDQUOT || errno == EFBIG ? .diskFull : .unavailable
        return StoreError(code, "\(path): cannot be \(what) (\(String(cString: strerror(errno))))")
    }
}

/// Appends to a file from a known place on; what stood behind it is dropped.
final class IndexWriter {
    private static let bufferBytesMax = 1 << 20

    private let path: String
    private let file: Int32
    private var buffer: [UInt8] = []

    init(_ path: String, at place: Int) throws(StoreError) {
        self.path = path
        file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw IndexFiles.failure(path, "written") }
        guard ftruncate(file, off_t(place)) == 0, lseek(file, off_t(place), SEEK_SET) == off_t(place) else {
            throw IndexFiles.failure(path, "cut to its \(place) bytes")
        }
    }

    deinit { close(file) }

    /// Kept until `flushIfFull` or `finish`.
    func append(_ bytes: UnsafeRawBufferPointer) { buffer.append(contentsOf: bytes) }

    func flushIfFull() throws(StoreError) {
        if buffer.count >= Self.bufferBytesMax { try flush() }
    }

    /// Everything is on the disk.
    func finish() throws(StoreError) {
        try flush()
        if fsync(file) != 0 { throw IndexFiles.failure(path, "synchronised") }
    }

    private func flush() throws(StoreError) {
        var written = 0
        while written < buffer.count {
            let count = buffer.withUnsafeBytes { Glibc.write(file, $0.baseAddress.map { $0 + written }, $0.count - written) }
            if count < 0 && errno == EINTR { continue }
            if count <= 0 { throw IndexFiles.failure(path, "written") }
            written += count
        }
        buffer.removeAll(keepingCapacity: true)
    }
}

/// One process at a time: held while the object lives.
final class IndexLock {
    private let file: Int32

    /// Blocks until no other process has it.
    init(_ path: String) throws(StoreError) {
        file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw IndexFiles.failure(path, "written") }
        while flock(file, LOCK_EX) != 0 { if errno != EINTR { throw IndexFiles.failure(path, "locked") } }
    }

    deinit { close(file) }
}
