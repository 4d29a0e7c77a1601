// Unsafe: read(2) into an array. Invariant: the kernel writes at most the room it is told of.

import Glibc
import Wire

/// Reads a small file: one that lies beside a model, or that an option names. Blocks: for the start of an instance only.
public enum FileBytes {
    /// - Parameter advice: what to do when it is not there.
    /// - Throws: NOT_FOUND with the advice when it cannot be read; RESOURCE_EXHAUSTED beyond `bytesMax`.
    public static func read(
        _ path: String, bytesMax: Int, advice: String = "`make setup` fetches the models"
    ) throws(PluginError) -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw missing(path, errno, advice) }
        defer { close(file) }
        var result: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = piece.withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress, $0.count) }
            if count == 0 { return result }
            guard count > 0 else {
                if errno == EINTR { continue }
                throw missing(path, errno, advice)
            }
            guard result.count + count <= bytesMax else {
                throw PluginError(.resourceExhausted, "\(path) has more than \(bytesMax) bytes; it is not what belongs there")
            }
            result.append(contentsOf: piece[..<count])
        }
    }

    private static func missing(_ path: String, _ number: Int32, _ advice: String) -> PluginError {
        PluginError(.notFound, "cannot read \(path): \(String(cString: strerror(number))); \(advice)")
    }
}
