import CSQLite

// Unsafe: `handle` is a connection that this object opened and closes in deinit; `Statement` keeps its connection
// alive. A connection is used by one thread at a time (the `StoreThread` that owns it), which is also how it was opened
// (SQLITE_OPEN_NOMUTEX).

/// One SQLite connection with its prepared statements.
final class Connection {
    /// How long a call waits for another process's lock.
    static let busyMsMax: Int32 = 5_000
    /// Prepared statements kept for reuse.
    static let statementsMax = 64

    let path: String
    private let handle: OpaquePointer
    private var statements: [String: Statement] = [:]

    /// Opens `path`; creates it if `readOnly` is false. WAL, foreign keys on, untrusted schemas off.
    init(path: String, readOnly: Bool) throws(StoreError) {
        var opened: OpaquePointer?
        let flags = (readOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE) | SQLITE_OPEN_NOMUTEX
        let status = sqlite3_open_v2(path, &opened, flags, nil)
        guard status == SQLITE_OK, let opened else {
            let reason = opened.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
            sqlite3_close_v2(opened)
            throw Self.error(status, reason, path: path, doing: "open")
        }
        self.path = path
        handle = opened
        sqlite3_extended_result_codes(handle, 1)
        sqlite3_busy_timeout(handle, Self.busyMsMax)
        try execute("PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY")
        if !readOnly { try execute("PRAGMA journal_mode = WAL") }
    }

    deinit {
        statements.removeAll()
        sqlite3_close_v2(handle)
    }

    /// Runs one or more statements that give no rows of interest.
    func execute(_ sql: String) throws(StoreError) {
        let status = sqlite3_exec(handle, sql, nil, nil, nil)
        if status != SQLITE_OK { throw failure(status, doing: sql) }
    }

    /// A statement ready to be bound, from the cache if it was prepared before.
    func prepare(_ sql: String) throws(StoreError) -> Statement {
        if let cached = statements[sql] {
            cached.reset()
            return cached
        }
        var prepared: OpaquePointer?
        let status = sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, nil)
        guard status == SQLITE_OK, let prepared else { throw failure(status, doing: sql) }
        let statement = Statement(prepared, connection: self, sql: sql)
        if statements.count >= Self.statementsMax { statements.removeAll() }
        statements[sql] = statement
        return statement
    }

    /// Runs a statement with `values` and gives nothing back.
    func run(_ sql: String, _ values: [SQLValue] = []) throws(StoreError) {
        let statement = try prepare(sql)
        defer { statement.reset() }
        try statement.bind(values)
        while try statement.step() {}
    }

    /// Runs a query and gives what `row` makes of each row.
    func rows<T>(_ sql: String, _ values: [SQLValue] = [], _ row: (Statement) throws(StoreError) -> T) throws(StoreError) -> [T] {
        let statement = try prepare(sql)
        defer { statement.reset() }
        try statement.bind(values)
        var result: [T] = []
        while try statement.step() { result.append(try row(statement)) }
        return result
    }

    /// `body` in one transaction: all of it happens, or none.
    func transaction<T>(_ body: () throws(StoreError) -> T) throws(StoreError) -> T {
        try execute("BEGIN IMMEDIATE")
        do {
            let result = try body()
            try execute("COMMIT")
            return result
        } catch {
            // SQLite may have rolled back by itself (disk full); then there is nothing left to undo.
            if sqlite3_get_autocommit(handle) == 0 { sqlite3_exec(handle, "ROLLBACK", nil, nil, nil) }
            throw error
        }
    }

    /// Ends a read transaction. It wrote nothing, so nothing is lost if SQLite already ended it after an error.
    func endRead() {
        if sqlite3_get_autocommit(handle) == 0 { sqlite3_exec(handle, "ROLLBACK", nil, nil, nil) }
    }

    /// Rows the last statement changed.
    var changes: Int { Int(sqlite3_changes(handle)) }
    var lastInsertedKey: Int64 { sqlite3_last_insert_rowid(handle) }

    func failure(_ status: Int32, doing: String) -> StoreError {
        Self.error(status, String(cString: sqlite3_errmsg(handle)), path: path, doing: doing)
    }

    private static func error(_ status: Int32, _ reason: String, path: String, doing: String) -> StoreError {
        let what = doing.prefix(60)
        return switch status & 0xff {
        case SQLITE_FULL:
            StoreError(.diskFull, "\(path): the disk (or the database's page limit) is full; nothing of this write was kept")
        case SQLITE_CORRUPT, SQLITE_NOTADB:
            StoreError(.corrupted, "\(path): the database is damaged or no SQLite database (\(reason)); import the catalogue into a new file")
        case SQLITE_BUSY, SQLITE_LOCKED:
            StoreError(.unavailable, "\(path): locked by another process for more than \(busyMsMax) ms")
        case SQLITE_CANTOPEN, SQLITE_PERM, SQLITE_READONLY, SQLITE_AUTH:
            StoreError(.unavailable, "\(path): cannot be opened for this (\(reason))")
        case SQLITE_IOERR:
            // A full disk shows as a failed write when it hits the WAL or its index.
            status == ioErrorWrite || status == ioErrorShmSize
                ? StoreError(.diskFull, "\(path): the disk took no more (\(reason)); nothing of this write was kept")
                : StoreError(.unavailable, "\(path): input/output error \(status) (\(reason))")
        case SQLITE_NOMEM: StoreError(.resourceExhausted, "\(path): out of memory")
        case SQLITE_CONSTRAINT: StoreError(.conflict, "\(path): \(reason)")
        default: StoreError(.internal, "\(path): SQLite \(status) (\(reason)) at \(what)")
        }
    }

    // SQLITE_IOERR_WRITE and SQLITE_IOERR_SHMSIZE: macros with arithmetic, which are not imported.
    private static let ioErrorWrite: Int32 = 10 | (3 << 8)
    private static let ioErrorShmSize: Int32 = 10 | (19 << 8)
}
