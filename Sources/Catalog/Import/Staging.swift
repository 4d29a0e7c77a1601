import Foundation

/// The file beside the database that an import fills before anything of the shop changes: a full disk or a crash leaves the old catalogue as
/// it was. Only new and changed rows are in it. It is deleted when the import ends.
final class Staging: Sendable {
    /// The staged tables, `seen` (every row the folder has, so that what is gone can be found), and the live database as `live`.
    static let tables =
        Schema.catalogTables + """

            CREATE TABLE seen(kind TEXT NOT NULL, id TEXT NOT NULL, line INTEGER NOT NULL, PRIMARY KEY(kind, id)) WITHOUT ROWID;
            """

    let path: String
    private let thread: StoreThread

    init(beside database: String) throws(StoreError) {
        let path = database + ".import"
        self.path = path
        try Self.remove(path)
        thread = StoreThread(name: "catalog-import") { () throws(StoreError) in
            let connection = try Connection(path: path, readOnly: false)
            try connection.execute("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF")
            try connection.execute(Self.tables)
            try connection.run("ATTACH ? AS live", [.text(database)])
            return connection
        }
    }

    /// Runs `body` on the import's thread.
    nonisolated(nonsending) func run<T: Sendable>(
        _ body: @escaping @Sendable (Connection) throws(StoreError) -> T
    ) async throws(StoreError) -> T {
        try await thread.run("catalog import", path: path, body)
    }

    /// Ends the thread and deletes the file.
    func finish() throws(StoreError) {
        thread.close()
        try Self.remove(path)
    }

    private static func remove(_ path: String) throws(StoreError) {
        for file in [path, path + "-journal", path + "-wal", path + "-shm"] where FileManager.default.fileExists(atPath: file) {
            do {
                try FileManager.default.removeItem(atPath: file)
            } catch {
                throw StoreError(.unavailable, "\(file): an earlier import's file cannot be removed: \(error.localizedDescription)")
            }
        }
    }
}

extension Connection {
    /// Notes that the folder has this row; false when it had it before, in which case `line` of the first is given back.
    func see(_ kind: String, _ id: String, line: Int) throws(StoreError) -> Int? {
        let first = try rows("SELECT line FROM seen WHERE kind = ? AND id = ?", [.text(kind), .text(id)]) { $0.int(0) }.first
        if let first { return first }
        try run("INSERT INTO seen(kind, id, line) VALUES(?, ?, ?)", [.text(kind), .text(id), .int(line)])
        return nil
    }

    /// What the live database has of a row: its hash; nil = nothing.
    func liveHash(_ table: String, _ column: String, _ id: String) throws(StoreError) -> String? {
        try rows("SELECT row_hash FROM live.\(table) WHERE \(column) = ?", [.text(id)]) { $0.text(0) }.first
    }
}
