// Unsafe: the OpenCC handle. Invariants: it is opened in init and closed once in deinit; conversion only reads it (its
// dictionaries are immutable once loaded), so several jobs may convert at a time.

import COpenCC
import PluginKit
import Wire

/// Chinese in traditional characters → simplified characters, by OpenCC's tables.
final class ChineseScript: @unchecked Sendable {
    private let handle: opencc_t

    /// Loads the tables; blocks, for the start of an instance only.
    /// - Throws: NOT_FOUND when they are not installed.
    init() throws(PluginError) {
        let handle = opencc_open("t2s.json")
        guard let handle, Int(bitPattern: handle) != -1 else {
            throw PluginError(.notFound, "OpenCC's table t2s.json cannot be read: \(String(cString: opencc_error())); `make setup` installs it")
        }
        self.handle = handle
    }

    deinit { opencc_close(handle) }

    /// - Throws: INTERNAL when the text cannot be converted.
    func simplified(_ text: String) throws(PluginError) -> String {
        guard let converted = opencc_convert_utf8(handle, text, text.utf8.count) else {
            throw PluginError(.internalError, "OpenCC cannot convert the transcript")
        }
        defer { opencc_convert_utf8_free(converted) }
        return String(cString: converted)
    }
}
