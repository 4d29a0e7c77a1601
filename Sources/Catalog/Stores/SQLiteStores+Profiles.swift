/// A profile as its JSON column has it.
struct StoredProfile: Codable {
    var name: String
    var language: String
    var attributes: [String: String]
}

extension SQLiteStores: ProfileStore {
    nonisolated(nonsending) public func profile(of principal: Principal) async throws(StoreError) -> Profile {
        let user = try identified(principal)
        let profile = try await database.read("store profile") { (connection) throws(StoreError) in
            let sql = "SELECT json, version FROM profiles WHERE user = ?"
            let found = try connection.rows(sql, [.text(user)]) { (row) throws(StoreError) in
                let stored = try StoredJSON.decode(StoredProfile.self, row.text(0), what: "a profile")
                return Profile(
                    user: user, name: stored.name, language: stored.language, attributes: stored.attributes, version: row.integer(1))
            }
            return found.first ?? Profile(user: user)
        }
        try StoreReads.tell(
            "profiles", "own", StoredProfile(name: profile.name, language: profile.language, attributes: profile.attributes))
        return profile
    }

    nonisolated(nonsending) public func putProfile(
        _ profile: Profile, idempotencyKey: String, as principal: Principal
    ) async throws(StoreError) -> Int64 {
        let user = try identified(principal)
        try Self.check(key: idempotencyKey)
        let stored = StoredProfile(name: profile.name, language: profile.language, attributes: profile.attributes)
        let json = try StoredJSON.encode(stored)
        let expected = profile.version
        return try await database.write("store put profile") { (connection) throws(StoreError) in
            let answer = try Self.once(connection, "put profile", key: idempotencyKey, user: user) { () throws(StoreError) in
                let current = try connection.rows("SELECT version FROM profiles WHERE user = ?", [.text(user)]) { $0.integer(0) }.first ?? 0
                guard current == expected else { throw StoreError(.conflict, "the profile is at version \(current), not \(expected)") }
                try connection.run(
                    """
                    INSERT INTO profiles(user, json, row_hash, version) VALUES(?, ?, '', ?)
                    ON CONFLICT(user) DO UPDATE SET json = excluded.json, version = excluded.version
                    """, [.text(user), .text(json), .integer(current + 1)])
                return String(current + 1)
            }
            return try Self.number(answer)
        }
    }
}
