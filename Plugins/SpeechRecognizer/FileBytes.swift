// Unsafe: read(2) into an array. Invariant: the kernel writes at most the room it is told of.

import Glibc
import PluginKit
import Wire

/// Reads a small file that lies beside a model. Blocks: for the start of an instance only.
enum FileBytes {
    /// - Throws: NOT_FOUND when it cannot be read, naming `make setup`; RESOURCE_EXHAUSTED beyond `bytesMax`.
    static func read(_ path: String, bytesMax: Int) throws(PluginError) -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw missing(path, errno) }
        defer { close(file) }
        var result: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = piece.withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress, $0.count) }
            if count == 0 { return result }
            guard count > 0 else {
                if errno == EINTR { continue }
                throw missing(path, errno)
            }
            guard result.count + count <= bytesMax else {
                throw PluginError(.resourceExhausted, "\(path) has more than \(bytesMax) bytes; it is not what belongs there")
            }
            result.append(contentsOf: piece[..<count])
        }
    }

    private static func missing(_ path: String, _ number: Int32) -> PluginError {
        PluginError(.notFound, "cannot read \(path): \(String(cString: strerror(number))); `make setup` fetches the models")
    }
}
