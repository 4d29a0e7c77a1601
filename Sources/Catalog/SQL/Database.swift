import EventLoop

/// The shop's database: one writer thread, a few reader threads, each with a connection of its own (WAL).
///
/// Calls from a loop hold a pending delivery of that loop, so that virtual time waits for them and their order is fixed.
final class Database: Sendable {
    /// Reader threads.
    static let readersMax = 2

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
        return try await run(what, on: chosen) { (connection) throws(StoreError) in
            try connection.execute("BEGIN")
            defer { connection.endRead() }
            return try body(connection)
        }
    }

    /// `body` on the writer thread, in one transaction: all of it happens, or none.
    nonisolated(nonsending) func write<T: Sendable>(
        _ what: StaticString, _ body: @escaping @Sendable (Connection) throws(StoreError) -> T
    ) async throws(StoreError) -> T {
        try await run(what, on: writer) { (connection) throws(StoreError) in
            try connection.transaction { () throws(StoreError) in try body(connection) }
        }
    }

    /// `body` on the writer thread with no transaction around it (ATTACH, VACUUM).
    nonisolated(nonsending) func writeDirectly<T: Sendable>(
        _ what: StaticString, _ body: @escaping @Sendable (Connection) throws(StoreError) -> T
    ) async throws(StoreError) -> T {
        try await run(what, on: writer, body)
    }

    private nonisolated(nonsending) func run<T: Sendable>(
        _ what: StaticString, on thread: StoreThread, _ body: @escaping @Sendable (Connection) throws(StoreError) -> T
    ) async throws(StoreError) -> T {
        let path = path
        let delivery = EventLoop.current?.expectDelivery(what)
        let result: Result<T, StoreError> = await withCheckedContinuation { continuation in
            let accepted = thread.submit { connection in
                let result: Result<T, StoreError> = Self.result(of: body, connection)
                if let delivery {
                    delivery.deliver { continuation.resume(returning: result) }
                } else {
                    continuation.resume(returning: result)
                }
            }
            if !accepted {
                delivery?.abandon()
                let problem = StoreError(.resourceExhausted, "\(path): closed, or more than \(StoreThread.queueJobsMax) calls wait for it")
                continuation.resume(returning: .failure(problem))
            }
        }
        return try result.get()
    }

    private static func result<T>(
        of body: (Connection) throws(StoreError) -> T, _ connection: Result<Connection, StoreError>
    ) -> Result<T, StoreError> {
        do {
            return .success(try body(connection.get()))
        } catch {
            return .failure(error)
        }
    }
}
