/// What a shop's database holds about one customer, and its removal.
extension SQLiteStores {
    /// Tables with a column that names the customer.
    private static let personal = ["answers", "carts", "events", "handoffs", "learnt_from", "orders", "profiles", "requests", "sessions"]

    /// Everything stored about a customer: table → rows as JSON objects, in a fixed order. Only for the customer, or an admin.
    nonisolated(nonsending) public func exportPersonalData(of user: String, as principal: Principal) async throws(StoreError) -> [PersonalTable] {
        try permit(user, principal)
        return try await database.read("store export person") { (connection) throws(StoreError) in
            var tables: [PersonalTable] = []
            for table in Self.personal {
                let columns = try connection.rows("SELECT name, type FROM pragma_table_info('\(table)') ORDER BY cid") { ($0.text(0), $0.text(1)) }
                // A blob (a session's state) is given as hex.
                let object = columns.map { "'\($0.0)', \($0.1 == "BLOB" ? "hex(\($0.0))" : $0.0)" }.joined(separator: ", ")
                let rows = try connection.rows("SELECT json_object(\(object)) AS row FROM \(table) WHERE user = ? ORDER BY row", [.text(user)]) {
                    $0.text(0)
                }
                tables.append(PersonalTable(name: table, rows: rows))
            }
            return tables
        }
    }

    /// Removes everything stored about a customer, overwrites the freed pages, and gives how many rows went, table by table.
    nonisolated(nonsending) public func erasePersonalData(of user: String, as principal: Principal) async throws(StoreError) -> [PersonalTable] {
        try permit(user, principal)
        let erased = try await database.write("store erase person") { (connection) throws(StoreError) in
            try connection.execute("PRAGMA secure_delete = ON")
            try connection.run("DELETE FROM order_items WHERE order_id IN (SELECT id FROM orders WHERE user = ?)", [.text(user)])
            // A model that was made from a file with this customer in it knows something of them still.
            try connection.run("INSERT OR IGNORE INTO stale_files(hash) SELECT hash FROM learnt_from WHERE user = ?", [.text(user)])
            var tables: [PersonalTable] = []
            for table in Self.personal {
                try connection.run("DELETE FROM \(table) WHERE user = ?", [.text(user)])
                tables.append(PersonalTable(name: table, count: connection.changes))
            }
            return tables
        }
        // What was deleted must not lie in the write-ahead log or in free pages.
        try await database.writeDirectly("store compact") { (connection) throws(StoreError) in
            try connection.execute("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)")
        }
        return erased
    }

    /// Removes what customers did, and hand-overs that were released, once it was kept for longer than `days`; gives how many rows went.
    nonisolated(nonsending) public func forget(behaviourOlderThanDays days: Int) async throws(StoreError) -> Int {
        try await database.write("store forget behaviour") { (connection) throws(StoreError) in
            let age = SQLValue.int(days * 86_400)
            try connection.run("DELETE FROM events WHERE kept_at < unixepoch() - ?", [age])
            var count = connection.changes
            try connection.run("DELETE FROM handoffs WHERE state = 'released' AND kept_at < unixepoch() - ?", [age])
            count += connection.changes
            return count
        }
    }

    private func permit(_ user: String, _ principal: Principal) throws(StoreError) {
        guard !user.isEmpty, principal.maySee(owner: user, shop: shop) else {
            throw StoreError(.permissionDenied, "personal data are for the customer they are about, or an admin of the shop")
        }
    }
}

/// One table's part of a customer's data.
public struct PersonalTable: Sendable, Equatable {
    public var name: String
    /// JSON objects.
    public var rows: [String]
    public var count: Int

    public init(name: String, rows: [String]) {
        self.name = name
        self.rows = rows
        count = rows.count
    }

    public init(name: String, count: Int) {
        self.name = name
        self.count = count
        rows = []
    }
}
