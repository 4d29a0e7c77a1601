import Foundation
import PluginKit
import Wire

/// Files that a command is given to work on: anything may lie under a name.
enum InputFile {
    /// A whole picture; what a plugin allows is less.
    static let pictureBytesMax = 64 << 20
    /// A file of lines.
    static let textBytesMax = 256 << 20

    /// - Throws: NOT_FOUND when there is nothing to read, INVALID_ARGUMENT for a folder, RESOURCE_EXHAUSTED for a file of more than `bytesMax`, which
    ///   is not read at all.
    static func check(_ path: String, bytesMax: Int = .max) throws(RPCStatus) {
        var info = stat()
        guard stat(path, &info) == 0 else { throw RPCStatus(.notFound, "\(path): \(String(cString: strerror(errno)))") }
        guard info.st_mode & S_IFMT != S_IFDIR else { throw RPCStatus(.invalidArgument, "\(path) is a folder") }
        guard access(path, R_OK) == 0 else { throw RPCStatus(.permissionDenied, "\(path): \(String(cString: strerror(errno)))") }
        guard Int(info.st_size) <= bytesMax else {
            throw RPCStatus(.resourceExhausted, "\(path) has \(info.st_size) bytes; at most \(bytesMax) are read")
        }
    }

    /// - Throws: as `check`; what has no size before it is read (a pipe) is bounded while it is.
    static func read(_ path: String, bytesMax: Int) throws(RPCStatus) -> [UInt8] {
        try check(path, bytesMax: bytesMax)
        do throws(PluginError) {
            return try FileBytes.read(path, bytesMax: bytesMax, advice: "is it a file?")
        } catch {
            throw error.status
        }
    }
}
