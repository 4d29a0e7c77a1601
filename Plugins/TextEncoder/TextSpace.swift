// Unsafe: the buffer between read(2) and the hash. Invariant: only the bytes that read(2) reported are looked at.

import Glibc
import PluginKit
import Wire

/// Which vectors may be compared: those of equal weights, tokenizer and treatment.
enum TextSpace {
    /// The space of a model that the set-up installs.
    static func pinned(_ model: TextModel) -> String { named(model, model.pinnedFiles) }

    static func identifier(_ model: TextModel, weights: some StringProtocol, tokenizer: String) throws(PluginError) -> String {
        var hash = FileHash()
        try hash.add(String(weights))
        try hash.add(tokenizer)
        return named(model, hash.value)
    }

    private static func named(_ model: TextModel, _ hash: UInt64) -> String { model.treatment + "/" + FileHash.digits(hash) }
}

/// FNV-1a over little-endian 64-bit words, then a file's remaining bytes: tells files apart, guards against nothing.
struct FileHash {
    static let chunkBytes = 1 << 20
    private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

    /// - Throws: NOT_FOUND naming the file and how to get it.
    mutating func add(_ path: String) throws(PluginError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw PluginError(.notFound, "\(path): \(String(cString: strerror(errno))); `make setup` fetches it")
        }
        defer { close(descriptor) }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.chunkBytes, alignment: 16)
        defer { buffer.deallocate() }
        var filled = 0
        while true {
            let count = read(descriptor, buffer.baseAddress?.advanced(by: filled), Self.chunkBytes - filled)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw PluginError(.unavailable, "\(path): \(String(cString: strerror(errno)))") }
            filled += count
            if filled == Self.chunkBytes || count == 0 {
                mix(UnsafeRawBufferPointer(rebasing: buffer[..<filled]))
                filled = 0
            }
            if count == 0 { return }
        }
    }

    /// 16 hexadecimal digits.
    static func digits(_ hash: UInt64) -> String {
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    mutating func mix(_ bytes: UnsafeRawBufferPointer) {
        let words = bytes.count / 8
        for index in 0..<words { mix(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self))) }
        for index in (words * 8)..<bytes.count { mix(UInt64(bytes[index])) }
    }

    private mutating func mix(_ word: UInt64) { value = (value ^ word) &* 0x100_0000_01b3 }
}
