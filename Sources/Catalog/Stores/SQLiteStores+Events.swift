extension SQLiteStores: EventLog {
    /// Events of one call.
    public static let eventsMax = 256

    nonisolated(nonsending) public func append(
        _ events: [LoggedEvent], idempotencyKey: String, as principal: Principal
    ) async throws(StoreError) {
        guard principal.shop == shop else { throw StoreError(.permissionDenied, "events of shop \"\(shop)\" only") }
        guard events.count <= Self.eventsMax else { throw StoreError(.resourceExhausted, "at most \(Self.eventsMax) events at once") }
        try Self.check(key: idempotencyKey)
        let user = principal.user
        try await database.write("store append events") { (connection) throws(StoreError) in
            _ = try Self.once(connection, "append events \(events.first?.sessionID ?? "")", key: idempotencyKey, user: user) {
                () throws(StoreError) in
                for event in events {
                    try connection.run(
                        """
                        INSERT INTO events(user, session_id, kind, product_id, quantity, time_us, personalise, signals, kept_at)
                        VALUES(?, ?, ?, ?, ?, ?, ?, ?, unixepoch())
                        """,
                        [
                            .text(user), .text(event.sessionID), .text(event.kind), .text(event.productID), .int(event.quantity),
                            .integer(Int64(clamping: event.timeUs)), .int(event.mayBeLearntFrom ? 1 : 0),
                            .text(SignalText.write(event.signals)),
                        ])
                }
                return String(events.count)
            }
        }
    }

    nonisolated(nonsending) public func recentEvents(of principal: Principal, limit: Int) async throws(StoreError) -> [LoggedEvent] {
        let user = try identified(principal)
        return try await database.read("store events") { (connection) throws(StoreError) in
            let sql = """
                SELECT session_id, kind, product_id, quantity, time_us, personalise, signals FROM events WHERE user = ? ORDER BY number DESC LIMIT ?
                """
            return try connection.rows(sql, [.text(user), Self.rows(limit)]) {
                LoggedEvent(
                    sessionID: $0.text(0), kind: $0.text(1), productID: $0.text(2), quantity: $0.int(3), timeUs: UInt64(clamping: $0.integer(4)),
                    mayBeLearntFrom: $0.int(5) != 0, signals: SignalText.read($0.text(6)))
            }
        }
    }
}
