import EventLoop
import Foundation

/// An address, or '@FILE' for one that a server wrote with --address-file.
func serverAddress(_ text: String) throws -> SocketAddress {
    do {
        guard text.hasPrefix("@") else { return try SocketAddress(parsing: text) }
        let file = String(text.dropFirst())
        guard let content = try? String(contentsOfFile: file, encoding: .utf8) else {
            throw Environment.fail("\(file): no such file, or it cannot be read")
        }
        return try SocketAddress(parsing: content.trimmingCharacters(in: .whitespacesAndNewlines))
    } catch let error as LoopError {
        throw Environment.fail("\(error)", code: 64)
    }
}
