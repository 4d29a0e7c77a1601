import CMd

// Unsafe: the context is a C value on the stack; pointers are used inside the calls only.

/// SHA-256 as hex.
enum Hash {
    static func sha256(_ parts: [[UInt8]]) -> String {
        var context = SHA2_CTX()
        var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
        SHA256Init(&context)
        for part in parts {
            // The length before the part: ["ab", "c"] and ["a", "bc"] differ.
            withUnsafeBytes(of: UInt64(part.count).littleEndian) { SHA256Update(&context, $0.bindMemory(to: UInt8.self).baseAddress, $0.count) }
            part.withUnsafeBufferPointer { SHA256Update(&context, $0.baseAddress, $0.count) }
        }
        SHA256Final(&digest, &context)
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    static func sha256(_ parts: String...) -> String { sha256(parts.map { Array($0.utf8) }) }
}
