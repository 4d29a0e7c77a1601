extension SQLiteStores: HandoffQueue {
    /// Characters of a ticket's summary; what is older goes.
    public static let summaryCharactersMax = 4_000

    nonisolated(nonsending) public func enqueue(
        _ handoff: Handoff, idempotencyKey: String, as principal: Principal
    ) async throws(StoreError) -> Int64 {
        guard principal.shop == shop else { throw StoreError(.permissionDenied, "handoffs of shop \"\(shop)\" only") }
        try Self.check(key: idempotencyKey)
        let user = principal.user
        return try await database.write("store enqueue handoff") { (connection) throws(StoreError) in
            let answer = try Self.once(connection, "enqueue handoff \(handoff.sessionID)", key: idempotencyKey, user: user) { () throws(StoreError) in
                try connection.run(
                    "INSERT INTO handoffs(user, session_id, reason, summary, language, time_us, kept_at) VALUES(?, ?, ?, ?, ?, ?, unixepoch())",
                    [
                        .text(user), .text(handoff.sessionID), .text(handoff.reason), .text(handoff.summary), .text(handoff.language),
                        .integer(Int64(clamping: handoff.timeUs)),
                    ])
                return String(connection.lastInsertedKey)
            }
            return try Self.number(answer)
        }
    }

    nonisolated(nonsending) public func waitingHandoffs(limit: Int, as principal: Principal) async throws(StoreError) -> [HandoffTicket] {
        try await handoffs("WHERE state <> 'released' ORDER BY number", limit, principal)
    }

    nonisolated(nonsending) public func allHandoffs(limit: Int, as principal: Principal) async throws(StoreError) -> [HandoffTicket] {
        try await handoffs("ORDER BY number DESC", limit, principal)
    }

    nonisolated(nonsending) public func handoff(_ number: Int64, as principal: Principal) async throws(StoreError) -> HandoffTicket {
        try await database.read("store handoff") { [shop] (connection) throws(StoreError) in
            try Self.ticket(number, connection, shop: shop, principal: principal)
        }
    }

    nonisolated(nonsending) public func noteHandoff(_ number: Int64, _ text: String, as principal: Principal) async throws(StoreError) {
        try await database.write("store note handoff") { [shop] (connection) throws(StoreError) in
            let ticket = try Self.ticket(number, connection, shop: shop, principal: principal)
            let summary = String((ticket.handoff.summary + "\n" + text).suffix(Self.summaryCharactersMax))
            try connection.run("UPDATE handoffs SET summary = ? WHERE number = ?", [.text(summary), .integer(number)])
        }
    }

    nonisolated(nonsending) public func updateHandoff(
        _ number: Int64, to state: HandoffTicket.State, person: String, as principal: Principal
    ) async throws(StoreError) -> HandoffTicket {
        try admin(principal)
        return try await database.write("store update handoff") { [shop] (connection) throws(StoreError) in
            var ticket = try Self.ticket(number, connection, shop: shop, principal: principal)
            guard ticket.state != .released else { throw StoreError(.failedPrecondition, "hand-over \(number) was released") }
            if state == .taken, ticket.state == .taken, ticket.person != person {
                throw StoreError(.failedPrecondition, "hand-over \(number) was taken by \(ticket.person)")
            }
            ticket.state = state
            if !person.isEmpty { ticket.person = person }
            try connection.run(
                "UPDATE handoffs SET state = ?, person = ? WHERE number = ?",
                [.text(ticket.state.rawValue), .text(ticket.person), .integer(number)])
            return ticket
        }
    }

    private func admin(_ principal: Principal) throws(StoreError) {
        guard principal.shop == shop, principal.isAdmin else {
            throw StoreError(.permissionDenied, "the handoff queue needs the scope \"\(Principal.adminScope)\"")
        }
    }

    private static let columns = "SELECT number, user, session_id, reason, summary, language, time_us, state, person FROM handoffs "

    private nonisolated(nonsending) func handoffs(
        _ clause: String, _ limit: Int, _ principal: Principal
    ) async throws(StoreError) -> [HandoffTicket] {
        try admin(principal)
        return try await database.read("store handoffs") { (connection) throws(StoreError) in
            try connection.rows(Self.columns + clause + " LIMIT ?", [Self.rows(limit)], Self.ticket)
        }
    }

    private static func ticket(_ number: Int64, _ connection: Connection, shop: String, principal: Principal) throws(StoreError) -> HandoffTicket {
        let found = try connection.rows(columns + "WHERE number = ?", [.integer(number)], ticket).first
        guard let found, principal.maySee(owner: found.user, shop: shop) else { throw StoreError(.notFound, "no hand-over \(number)") }
        return found
    }

    private static func ticket(_ row: Statement) -> HandoffTicket {
        HandoffTicket(
            number: row.integer(0), user: row.text(1),
            handoff: Handoff(
                sessionID: row.text(2), reason: row.text(3), summary: row.text(4), language: row.text(5), timeUs: UInt64(clamping: row.integer(6))),
            state: HandoffTicket.State(rawValue: row.text(7)) ?? .waiting, person: row.text(8))
    }
}
