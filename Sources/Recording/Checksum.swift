import CZlib

// Unsafe: zlib reads `count` bytes from a borrowed pointer, within the call.

/// CRC-32 as zlib, PNG and gzip have it: finds every burst of errors up to 32 bits, so every flipped bit.
enum Checksum {
    static func crc32(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        guard let base = bytes.bindMemory(to: UInt8.self).baseAddress else { return 0 }
        return UInt32(truncatingIfNeeded: crc32_z(0, base, bytes.count))
    }
}
