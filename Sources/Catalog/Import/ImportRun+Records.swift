// Orders, users and reviews: rows that no encoder sees.

extension ImportRun {
    mutating func users(_ file: String, _ folder: ImportFolder) async throws(StoreError) {
        let tally = try await records(file, stage: "users") { (fields, line, connection) throws(RowOrStoreError) in
            let profile: Profile = try RowOrStoreError.row { () throws(RowError) in try RowParsers.user(fields) }
            return try RowOrStoreError.store { () throws(StoreError) in
                let stored = StoredProfile(name: profile.name, language: profile.language, attributes: profile.attributes)
                let json = try StoredJSON.encode(stored)
                let record = Record(kind: "user", id: profile.user, hash: Hash.sha256(json), table: "profiles", column: "user")
                return try record.stage(line, connection) { () throws(StoreError) in
                    try connection.run(
                        "INSERT INTO profiles(user, json, row_hash, version) VALUES(?, ?, ?, 1)",
                        [.text(profile.user), .text(json), .text(record.hash)])
                }
            }
        }
        report.users = tally
    }

    mutating func orders(_ file: String, _ folder: ImportFolder) async throws(StoreError) {
        let tally = try await records(file, stage: "orders") { (fields, line, connection) throws(RowOrStoreError) in
            let order: Order = try RowOrStoreError.row { () throws(RowError) in try RowParsers.order(fields) }
            return try RowOrStoreError.store { () throws(StoreError) in
                let json = try StoredJSON.encode(order)
                let record = Record(kind: "order", id: order.id, hash: Hash.sha256(json), table: "orders", column: "id")
                return try record.stage(line, connection) { () throws(StoreError) in
                    try connection.run(
                        "INSERT INTO orders(id, user, status, placed_at, json, row_hash, version) VALUES(?, ?, ?, ?, ?, ?, 1)",
                        [.text(order.id), .text(order.user), .text(order.status), .text(order.placedAt), .text(json), .text(record.hash)])
                    for (index, item) in order.items.enumerated() {
                        try connection.run(
                            "INSERT INTO order_items(order_id, line, product_id, quantity, price_minor) VALUES(?, ?, ?, ?, ?)",
                            [.text(order.id), .int(index + 1), .text(item.productID), .int(item.quantity), .integer(item.priceMinor)])
                    }
                }
            }
        }
        report.orders = tally
    }

    mutating func reviews(_ file: String, _ folder: ImportFolder) async throws(StoreError) {
        let tally = try await records(file, stage: "reviews") { (fields, line, connection) throws(RowOrStoreError) in
            let review: Review = try RowOrStoreError.row { () throws(RowError) in try RowParsers.review(fields) }
            let isKnown: Bool = try RowOrStoreError.store { () throws(StoreError) in
                let sql = "SELECT EXISTS(SELECT 1 FROM products WHERE id = ?1) OR EXISTS(SELECT 1 FROM live.products WHERE id = ?1)"
                return try connection.rows(sql, [.text(review.productID)]) { $0.int(0) != 0 }.first ?? false
            }
            if !isKnown { throw .row(RowError("product: \"\(review.productID)\" is not in the catalogue")) }
            return try RowOrStoreError.store { () throws(StoreError) in
                let hash = Hash.sha256(review.productID, String(review.rating), review.language, review.title, review.text)
                let record = Record(kind: "review", id: review.id, hash: hash, table: "reviews", column: "id")
                return try record.stage(line, connection) { () throws(StoreError) in
                    try connection.run(
                        "INSERT INTO reviews(id, product_id, rating, language, title, text, row_hash) VALUES(?, ?, ?, ?, ?, ?, ?)",
                        [
                            .text(review.id), .text(review.productID), .int(review.rating), .text(review.language), .text(review.title),
                            .text(review.text), .text(hash),
                        ])
                }
            }
        }
        report.reviews = tally
    }

    /// Rows that are read and staged in one call on the import's thread.
    private static let recordsMax = 256

    private mutating func records(
        _ file: String, stage: String,
        _ row: @escaping @Sendable (RowFields, Int, Connection) throws(RowOrStoreError) -> Staged
    ) async throws(StoreError) -> ImportReport.Count {
        let reader = try LineCursor(file)
        var count = ImportReport.Count()
        var lines = 0
        while true {
            let batch = try await staging.run { (connection) throws(StoreError) in try Self.read(reader, connection, row) }
            if batch.isEmpty { return count }
            for (line, staged) in batch {
                switch staged {
                case .added: count.added += 1
                case .updated: count.updated += 1
                case .unchanged: count.unchanged += 1
                case .bad(let reason): problem(file, line, reason)
                }
            }
            lines += batch.count
            progress(ImportProgress(stage: stage, done: lines, total: lines))
        }
    }

    private static func read(
        _ reader: LineCursor, _ connection: Connection, _ row: (RowFields, Int, Connection) throws(RowOrStoreError) -> Staged
    ) throws(StoreError) -> [(line: Int, staged: Staged)] {
        var batch: [(line: Int, staged: Staged)] = []
        while batch.count < recordsMax, let (line, bytes) = try reader.next() {
            if let bytes, bytes.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) { continue }
            do throws(RowOrStoreError) {
                let fields = try RowOrStoreError.row { () throws(RowError) in
                    guard let bytes else { throw RowError("longer than \(ImportFolder.rowBytesMax) bytes") }
                    return try RowFields(line: bytes)
                }
                batch.append((line, try row(fields, line, connection)))
            } catch {
                switch error {
                case .row(let error): batch.append((line, .bad(error.reason)))
                case .store(let error): throw error
                }
            }
        }
        return batch
    }
}

/// What became of a row.
enum Staged: Sendable {
    case added, updated, unchanged
    case bad(String)
}

/// A row is bad, or the import is.
enum RowOrStoreError: Error {
    case row(RowError)
    case store(StoreError)

    static func row<T>(_ body: () throws(RowError) -> T) throws(RowOrStoreError) -> T {
        do { return try body() } catch { throw .row(error) }
    }

    static func store<T>(_ body: () throws(StoreError) -> T) throws(RowOrStoreError) -> T {
        do { return try body() } catch { throw .store(error) }
    }
}

/// A row with the hash that tells whether it changed.
struct Record {
    var kind: String
    var id: String
    var hash: String
    var table: String
    var column: String

    /// Runs `insert` if the live database has not the same row.
    func stage(_ line: Int, _ connection: Connection, _ insert: () throws(StoreError) -> Void) throws(StoreError) -> Staged {
        if let first = try connection.see(kind, id, line: line) { return .bad("id: \"\(id)\" is already used in line \(first)") }
        let known = try connection.liveHash(table, column, id)
        if known == hash { return .unchanged }
        try insert()
        return known == nil ? .added : .updated
    }
}
