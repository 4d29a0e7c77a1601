// ChineseScript: Chinese in traditional characters as simplified characters, by OpenCC's tables.
//
// Owns the tables' handle. It must never guess: what the tables do not know stays as it is.
//
// Unsafe: the OpenCC handle. Invariants: it is opened in init and closed once in deinit; conversion only reads it (its
// dictionaries are immutable once loaded), so several threads may convert at a time.

import COpenCC

/// What is wrong with the tables or a text.
public struct ChineseScriptError: Error, Sendable {
    /// The tables are not installed.
    public let isMissing: Bool
    public let message: String
}

/// Traditional characters → simplified ones.
public final class Simplifier: @unchecked Sendable {
    private let handle: opencc_t

    /// Loads the tables; blocks, for the start alone.
    /// - Throws: when they are not installed.
    public init() throws(ChineseScriptError) {
        let handle = opencc_open("t2s.json")
        guard let handle, Int(bitPattern: handle) != -1 else {
            throw ChineseScriptError(
                isMissing: true, message: "OpenCC's table t2s.json cannot be read: \(String(cString: opencc_error())); `make setup` installs it")
        }
        self.handle = handle
    }

    deinit { opencc_close(handle) }

    /// The text in simplified characters; letters, digits and simplified characters stay as they are. Microseconds for a sentence.
    /// - Throws: when the text cannot be converted.
    public func simplified(_ text: String) throws(ChineseScriptError) -> String {
        // ASCII has no script to convert.
        if text.utf8.allSatisfy({ $0 < 0x80 }) { return text }
        guard let converted = opencc_convert_utf8(handle, text, text.utf8.count) else {
            throw ChineseScriptError(isMissing: false, message: "OpenCC cannot convert a text of \(text.utf8.count) bytes")
        }
        defer { opencc_convert_utf8_free(converted) }
        return String(cString: converted)
    }
}
