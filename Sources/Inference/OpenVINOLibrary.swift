import COpenVINO
import Glibc
import Wire

/// OpenVINO's library and core, of which a process has one. Never closed: its threads outlive every model.
///
/// Sendable: the C functions behind it may be called on any thread.
final class OpenVINOLibrary: @unchecked Sendable {
    let raw: OpaquePointer
    /// "2026.4.1-22982-…"
    let version: String

    /// - Parameter folder: holds `libopenvino_c.so.*`.
    /// - Throws: NOT_FOUND when it is not there, FAILED_PRECONDITION when it is of another version or does not load.
    init(folder: String) throws(RPCStatus) {
        guard let file = Self.find(in: folder) else {
            throw RPCStatus(.notFound, "no libopenvino_c.so.* in \(folder): run `make setup`")
        }
        var error = cov_error()
        var opened: OpaquePointer?
        guard cov_library_open(file, &opened, &error) == 0, let library = opened else {
            throw RPCStatus(.failedPrecondition, "\(file): \(error.message); run `make setup`")
        }
        var text = [CChar](repeating: 0, count: 128)
        cov_library_version(library, &text, text.count)
        raw = library
        version = String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// The first in the order of names, so that the choice does not depend on the file system.
    private static func find(in folder: String) -> String? {
        guard let directory = opendir(folder) else { return nil }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.hasPrefix("libopenvino_c.so") { names.append(name) }
        }
        return names.min().map { "\(folder)/\($0)" }
    }
}

extension cov_error {
    /// What went wrong, without OpenVINO's source positions.
    var message: String {
        let text = withUnsafeBytes(of: text) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        let lines = text.split(separator: "\n").map { line -> Substring in
            guard let position = line.range(ofText: "Exception from ") else { return line }
            return line[..<position]
        }
        let kept = lines.filter { line in
            !line.isEmpty && !(line.hasPrefix("Check ") && line.range(ofText: " failed at ") != nil)
        }
        return kept.isEmpty ? text : kept.joined(separator: " ")
    }
}

extension Substring {
    /// Where `text` begins first; the standard library has no such search.
    fileprivate func range(ofText text: String) -> Index? {
        indices.first { self[$0...].hasPrefix(text) }
    }
}
