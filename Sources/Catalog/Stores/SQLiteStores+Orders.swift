extension SQLiteStores: OrderStore {
    nonisolated(nonsending) public func orders(of principal: Principal, limit: Int) async throws(StoreError) -> [Order] {
        let user = try identified(principal)
        let found = try await database.read("store orders") { (connection) throws(StoreError) in
            let sql = "SELECT json, version FROM orders WHERE user = ? ORDER BY placed_at DESC, id LIMIT ?"
            return try connection.rows(sql, [.text(user), Self.rows(limit)]) { (row) throws(StoreError) in try Self.order(row) }
        }
        try StoreReads.tell("orders", "own", found)
        return found
    }

    nonisolated(nonsending) public func order(_ id: String, as principal: Principal) async throws(StoreError) -> Order {
        let found = try await database.read("store order") { [shop] (connection) throws(StoreError) in
            try Self.find(id, connection, shop: shop, principal: principal)
        }
        try StoreReads.tell("orders", id, found)
        return found
    }

    nonisolated(nonsending) public func cancelOrder(
        _ id: String, expectedVersion: Int64, idempotencyKey: String, as principal: Principal
    ) async throws(StoreError) -> Order {
        let user = try identified(principal)
        try Self.check(key: idempotencyKey)
        return try await database.write("store cancel order") { [shop] (connection) throws(StoreError) in
            let answer = try Self.once(connection, "cancel order \(id)", key: idempotencyKey, user: user) { () throws(StoreError) in
                var order = try Self.find(id, connection, shop: shop, principal: principal)
                guard order.version == expectedVersion else {
                    throw StoreError(.conflict, "order \(id) is at version \(order.version), not \(expectedVersion)")
                }
                guard Order.cancellable.contains(order.status) else {
                    throw StoreError(
                        .failedPrecondition,
                        "order \(id) is \(order.status); only one that is \(Order.cancellable.joined(separator: " or ")) can be cancelled")
                }
                order.status = "cancelled"
                order.version += 1
                let json = try StoredJSON.encode(order)
                try connection.run(
                    "UPDATE orders SET status = ?, json = ?, version = ? WHERE id = ?",
                    [.text(order.status), .text(json), .integer(order.version), .text(id)])
                return json
            }
            return try StoredJSON.decode(Order.self, answer, what: "order \(id)")
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
