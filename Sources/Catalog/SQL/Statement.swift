import CSQLite

// Unsafe: `handle` is a prepared statement that this object finalizes in deinit, before its connection can go. Pointers
// that SQLite gives for columns are copied before the next step.

/// A value to bind.
enum SQLValue {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)
    case blob([UInt8])

    static func int(_ value: Int) -> SQLValue { .integer(Int64(value)) }
}

/// A prepared statement: bind, step, read columns (numbered from 0).
final class Statement {
    private let handle: OpaquePointer
    // Unowned: the connection owns its statements and lets go of them first.
    private unowned let connection: Connection
    private let sql: String

    init(_ handle: OpaquePointer, connection: Connection, sql: String) {
        self.handle = handle
        self.connection = connection
        self.sql = sql
    }

    deinit { sqlite3_finalize(handle) }

    func reset() {
        sqlite3_reset(handle)
        sqlite3_clear_bindings(handle)
    }

    func bind(_ values: [SQLValue]) throws(StoreError) {
        precondition(Int(sqlite3_bind_parameter_count(handle)) == values.count, "one value for each parameter of: \(sql)")
        for (index, value) in values.enumerated() {
            let at = Int32(index + 1)
            let status =
                switch value {
                case .null: sqlite3_bind_null(handle, at)
                case .integer(let value): sqlite3_bind_int64(handle, at, value)
                case .real(let value): sqlite3_bind_double(handle, at, value)
                case .text(let value): bindText(at, Array(value.utf8))
                case .blob(let value): bindBlob(at, value)
                }
            if status != SQLITE_OK { throw connection.failure(status, doing: sql) }
        }
    }

    /// True when there is a row.
    func step() throws(StoreError) -> Bool {
        let status = sqlite3_step(handle)
        switch status {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        default:
            let failure = connection.failure(status, doing: sql)
            sqlite3_reset(handle)
            throw failure
        }
    }

    func integer(_ column: Int) -> Int64 { sqlite3_column_int64(handle, Int32(column)) }
    func int(_ column: Int) -> Int { Int(integer(column)) }
    func real(_ column: Int) -> Double { sqlite3_column_double(handle, Int32(column)) }
    func isNull(_ column: Int) -> Bool { sqlite3_column_type(handle, Int32(column)) == SQLITE_NULL }

    func text(_ column: Int) -> String {
        guard let bytes = sqlite3_column_text(handle, Int32(column)) else { return "" }
        let count = Int(sqlite3_column_bytes(handle, Int32(column)))
        return String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
    }

    func blob(_ column: Int) -> [UInt8] {
        guard let bytes = sqlite3_column_blob(handle, Int32(column)) else { return [] }
        return [UInt8](UnsafeRawBufferPointer(start: bytes, count: Int(sqlite3_column_bytes(handle, Int32(column)))))
    }

    /// A blob of little-endian single precision numbers.
    func floats(_ column: Int) -> [Float] {
        let bytes = blob(column)
        return bytes.withUnsafeBytes { raw in
            (0..<raw.count / 4).map { Float(bitPattern: UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: $0 * 4, as: UInt32.self))) }
        }
    }

    // SQLite gets a copy of its own, from its own allocator, and frees it. It frees it also when binding fails.
    private func bindText(_ at: Int32, _ bytes: [UInt8]) -> Int32 {
        guard let copy = Self.copy(bytes) else { return SQLITE_NOMEM }
        return sqlite3_bind_text64(handle, at, copy.assumingMemoryBound(to: CChar.self), UInt64(bytes.count), sqlite3_free, UInt8(SQLITE_UTF8))
    }

    private func bindBlob(_ at: Int32, _ bytes: [UInt8]) -> Int32 {
        guard let copy = Self.copy(bytes) else { return SQLITE_NOMEM }
        return sqlite3_bind_blob64(handle, at, copy, UInt64(bytes.count), sqlite3_free)
    }

    private static func copy(_ bytes: [UInt8]) -> UnsafeMutableRawPointer? {
        // Never zero bytes: a NULL pointer would bind NULL, not an empty value.
        guard let copy = sqlite3_malloc64(UInt64(max(bytes.count, 1))) else { return nil }
        bytes.withUnsafeBytes { copy.copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(copy), byteCount: bytes.count) }
        return copy
    }
}

extension SQLValue {
    /// The floats of a feature, little-endian.
    static func floats(_ values: [Float]) -> SQLValue {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(values.count * 4)
        for value in values {
            withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
        }
        return .blob(bytes)
    }
}
