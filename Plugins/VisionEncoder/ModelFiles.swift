// Unsafe: the buffer between read(2) and the hash. Invariant: only the bytes that read(2) reported are looked at.

import Glibc
import PluginKit
import Wire

/// A file of the models folder, read once when an instance is made.
enum ModelFile {
    static let chunkBytes = 1 << 20

    /// Calls `body` with each piece of the file; all but the last have `chunkBytes` bytes.
    /// - Throws: NOT_FOUND naming the file and how to get it.
    static func read(_ path: String, _ body: (UnsafeRawBufferPointer) -> Void) throws(PluginError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw PluginError(.notFound, "\(path): \(String(cString: strerror(errno))); `make setup` fetches it")
        }
        defer { close(descriptor) }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: chunkBytes, alignment: 16)
        defer { buffer.deallocate() }
        var filled = 0
        while true {
            let count = Glibc.read(descriptor, buffer.baseAddress?.advanced(by: filled), chunkBytes - filled)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw PluginError(.unavailable, "\(path): \(String(cString: strerror(errno)))") }
            filled += count
            if filled == chunkBytes || count == 0 {
                if filled > 0 { body(UnsafeRawBufferPointer(rebasing: buffer[..<filled])) }
                filled = 0
            }
            if count == 0 { return }
        }
    }
}

/// Which vectors may be compared: those of equal weights and equal preprocessing.
enum EmbeddingSpace {
    /// Element type and size, model, what the picture went through, what was done to the vector.
    private static let description = "f32[1280]/efficientnet-lite2/squash260-cubic-rgb/unit"
    private static let pinnedWeights: UInt64 = 0xd062_e65f_41ca_4dcd

    /// The space of the model that the set-up installs.
    static let pinned = named(pinnedWeights)

    /// - Parameter weights: the file with the model's weights.
    static func identifier(weights: some StringProtocol) throws(PluginError) -> String {
        var hash = WordHash()
        try ModelFile.read(String(weights)) { hash.add($0) }
        return named(hash.value)
    }

    private static func named(_ hash: UInt64) -> String {
        let digits = String(hash, radix: 16)
        return description + "/" + String(repeating: "0", count: 16 - digits.count) + digits
    }
}

/// FNV-1a over little-endian 64-bit words, then the remaining bytes: tells files apart, guards against nothing.
struct WordHash {
    private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

    /// All pieces but the last have a multiple of 8 bytes.
    mutating func add(_ bytes: UnsafeRawBufferPointer) {
        let words = bytes.count / 8
        for index in 0..<words { mix(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self))) }
        for index in (words * 8)..<bytes.count { mix(UInt64(bytes[index])) }
    }

    private mutating func mix(_ word: UInt64) { value = (value ^ word) &* 0x100_0000_01b3 }
}

/// The names of the classes, one a line in the order of the logits.
enum LabelList {
    /// - Throws: NOT_FOUND when the file is missing, FAILED_PRECONDITION when it has another number of lines.
    static func read(_ path: String, count: Int) throws(PluginError) -> [String] {
        var bytes: [UInt8] = []
        try ModelFile.read(path) { bytes.append(contentsOf: $0) }
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
        guard lines.count == count else {
            throw PluginError(.failedPrecondition, "\(path) has \(lines.count) labels, but the model has \(count) classes")
        }
        return lines
    }
}
