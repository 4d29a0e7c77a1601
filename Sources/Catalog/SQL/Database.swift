import EventLoop

/// The shop's database: one writer thread, a few reader threads, each with a connection of its own (WAL).
///
/// Calls from a loop hold a pending delivery of that loop, so that virtual time waits for them and their order is fixed.
final class Database: Sendable {
    /// Reader threads.
    static let readersMax = 2
    /// What a read and a write take on a virtual clock, in microseconds.
    static let modelledReadUs: UInt64 = 300
    static let modelledWriteUs: UInt64 = 1_500

    let path: String
    private let writer: StoreThread
    private let readers: [StoreThread]

    /// Opens (and creates, migrates) the file. Blocks until that is done: for start-up and tests, not for a loop.
    init(path: String, pagesMax: Int? = nil) throws(StoreError) {
        self.path = path
        let first = try Connection(path: path, readOnly: false)
        try Schema.migrate(first)
        writer = StoreThread(name: "store-writer") { () throws(StoreError) in
            let connection = try Connection(path: path, readOnly: false)
            if let pagesMax { try connection.execute("PRAGMA max_page_count = \(pagesMax)") }
            return connection
        }
        readers = (0..<Self.readersMax).map { index in
            StoreThread(name: "store-reader-\(index)") { () throws(StoreError) in try Connection(path: path, readOnly: true) }
        }
    }

    deinit { close() }

    /// Finishes what was asked for and closes the file. Blocks.
    func close() {
        for reader in readers { reader.close() }
        writer.close()
    }

    /// `body` on a reader thread, in a transaction of its own: it sees one state of the database.
    nonisolated(nonsending) func read<T: Sendable>(
        _ what: StaticString, _ body: @escaping @Sendable (Connection) throws(StoreError) -> T
    ) async throws(StoreError) -> T {
        // Which thread: the shortest queue, the first among equals.
        var chosen = readers[0]
        for reader in readers.dropFirst() where reader.waiting < chosen.waiting { chosen = reader }
        // In a replay what is read must not depend on how far a write has come: one queue for both.
        if EventLoop.current?.mode == .virtual { chosen = writer }
        return try await chosen.run(what, path: path, modelledCostUs: Self.modelledReadUs) { (connection) throws(StoreError) in
            try connection.execute("BEGIN")
            defer { connection.endRead() }
            return try body(connection)
        }
    }

    /// `body` on the writer thread, in one transaction: all of it happens, or none.
    nonisolated(nonsending) func write<T: Sendable>(
        _ what: StaticString, _ body: @escaping @Sendable (Connection) throws(StoreError) -> T
    ) async throws(StoreError) -> T {
        try await writer.run(what, path: path, modelledCostUs: Self.modelledWriteUs) { (connection) throws(StoreError) in
            try connection.transaction { () throws(StoreError) in try body(connection) }
        }
    }

    /// `body` on the writer thread with no transaction around it (ATTACH, VACUUM).
    nonisolated(nonsending) func writeDirectly<T: Sendable>(
        _ what: StaticString, _ body: @escaping @Sendable (Connection) throws(StoreError) -> T
    ) async throws(StoreError) -> T {
        try await writer.run(what, path: path, modelledCostUs: Self.modelledWriteUs, body)
    }
}
