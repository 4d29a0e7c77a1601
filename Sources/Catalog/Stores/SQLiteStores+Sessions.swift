extension SQLiteStores: SessionStore {
    nonisolated(nonsending) public func session(
        _ id: String, keptWithinHours hours: Int, as principal: Principal
    ) async throws(StoreError) -> StoredSession? {
        guard principal.shop == shop else { return nil }
        return try await database.read("store session") { [shop] (connection) throws(StoreError) in
            let sql = "SELECT state, version FROM sessions WHERE id = ? AND shop = ? AND (user = ? OR ?) AND kept_at >= unixepoch() - ?"
            let values: [SQLValue] = [.text(id), .text(shop), .text(principal.user), .int(principal.isAdmin ? 1 : 0), .int(hours * 3_600)]
            return try connection.rows(sql, values) { StoredSession(id: id, state: $0.blob(0), version: $0.integer(1)) }.first
        }
    }

    nonisolated(nonsending) public func putSession(
        _ id: String, state: [UInt8], expectedVersion: Int64, as principal: Principal
    ) async throws(StoreError) -> Int64 {
        guard principal.shop == shop else { throw StoreError(.permissionDenied, "sessions of shop \"\(shop)\" only") }
        guard state.count <= Self.sessionBytesMax else {
            throw StoreError(.resourceExhausted, "a stored session has at most \(Self.sessionBytesMax) bytes, not \(state.count)")
        }
        return try await database.write("store put session") { [shop] (connection) throws(StoreError) in
            let sql = "SELECT version, user FROM sessions WHERE id = ?"
            let current = try connection.rows(sql, [.text(id)]) { (version: $0.integer(0), user: $0.text(1)) }.first
            // Somebody else's session looks like a lost race: its owner is not named.
            guard current?.version ?? 0 == expectedVersion, current == nil || current?.user == principal.user else {
                throw StoreError(.conflict, "session \(id) is not at version \(expectedVersion)")
            }
            let next = expectedVersion + 1
            try connection.run(
                "INSERT OR REPLACE INTO sessions(id, shop, user, state, version, kept_at) VALUES(?, ?, ?, ?, ?, unixepoch())",
                [.text(id), .text(shop), .text(principal.user), .blob(state), .integer(next)])
            return next
        }
    }

    /// Removes sessions that were kept longer ago; gives how many. Blocks: for start-up.
    public func forgetSessions(olderThanHours hours: Int) throws(StoreError) -> Int {
        try Self.forget(try Connection(path: path, readOnly: false), hours)
    }

    /// The same, while the shop is open.
    nonisolated(nonsending) public func forgetSessions(keptBeforeHours hours: Int) async throws(StoreError) -> Int {
        try await database.write("store forget sessions") { (connection) throws(StoreError) in try Self.forget(connection, hours) }
    }

    private static func forget(_ connection: Connection, _ hours: Int) throws(StoreError) -> Int {
        try connection.run("DELETE FROM sessions WHERE kept_at < unixepoch() - ?", [.int(hours * 3_600)])
        return connection.changes
    }

    nonisolated(nonsending) public func deleteSession(_ id: String, as principal: Principal) async throws(StoreError) {
        guard principal.shop == shop else { return }
        try await database.write("store delete session") { [shop] (connection) throws(StoreError) in
            try connection.run(
                "DELETE FROM sessions WHERE id = ? AND shop = ? AND (user = ? OR ?)",
                [.text(id), .text(shop), .text(principal.user), .int(principal.isAdmin ? 1 : 0)])
        }
    }
}
