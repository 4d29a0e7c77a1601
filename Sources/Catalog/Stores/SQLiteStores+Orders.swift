extension SQLiteStores: OrderStore {
    nonisolated(nonsending) public func orders(of principal: Principal, limit: Int) async throws(StoreError) -> [Order] {
        let user = try identified(principal)
        return try await database.read("store orders") { (connection) throws(StoreError) in
            let sql = "SELECT json, version FROM orders WHERE user = ? ORDER BY placed_at DESC, id LIMIT ?"
            return try connection.rows(sql, [.text(user), Self.rows(limit)]) { (row) throws(StoreError) in try Self.order(row) }
        }
    }

    nonisolated(nonsending) public func order(_ id: String, as principal: Principal) async throws(StoreError) -> Order {
        try await database.read("store order") { [shop] (connection) throws(StoreError) in
            try Self.find(id, connection, shop: shop, principal: principal)
        }
    }

    /// What is not the principal's is not found, like what does not exist: nobody learns which order numbers are taken.
    static func find(_ id: String, _ connection: Connection, shop: String, principal: Principal) throws(StoreError) -> Order {
        let sql = "SELECT json, version FROM orders WHERE id = ?"
        let found = try connection.rows(sql, [.text(id)]) { (row) throws(StoreError) in try Self.order(row) }.first
        guard let found, principal.maySee(owner: found.user, shop: shop) else {
            throw StoreError(.notFound, "no order \"\(id.prefix(64))\" of this customer")
        }
        return found
    }

    private static func order(_ row: Statement) throws(StoreError) -> Order {
        var order = try StoredJSON.decode(Order.self, row.text(0), what: "an order")
        order.version = row.integer(1)
        return order
    }
}
