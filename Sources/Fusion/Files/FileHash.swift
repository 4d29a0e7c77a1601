// Unsafe: the C hash context and the bytes it reads. Invariant: pointers live for the one call they are passed to.

import CMd
public import Foundation

/// SHA-256 of a file, as model cards name data.
public enum FileHash {
    public static func sha256(_ path: String) throws(ModelError) -> String {
        guard let data = try? Data(contentsOf: URL(fileURLWithPath: path), options: .mappedIfSafe) else {
            throw ModelError("\(path): no such file, or it cannot be read")
        }
        return sha256(data)
    }

    public static func sha256(_ data: Data) -> String {
        var context = SHA2_CTX()
        var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
        SHA256Init(&context)
        data.withUnsafeBytes { SHA256Update(&context, $0.bindMemory(to: UInt8.self).baseAddress, $0.count) }
        SHA256Final(&digest, &context)
        return digest.map { String(format: "%02x", $0) }.joined()
    }
}
