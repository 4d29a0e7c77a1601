import Foundation

/// All the stores of one shop in one SQLite file.
///
/// Owns the database's threads; `close` ends them. Nothing outside the module sees SQL.
public final class SQLiteStores: Sendable {
    let database: Database
    /// Principals of other shops see nothing here.
    public let shop: String

    /// Bytes of one stored session.
    public static let sessionBytesMax = 1 << 20
    /// Bytes of an idempotency key.
    public static let keyBytesMax = 256
    /// Rows of one answer.
    public static let rowsMax = 1_000

    /// Opens the shop's database, creates or migrates it. Blocks: for start-up, never on a loop.
    /// - Throws: `.corrupted` for a damaged or foreign file, `.unavailable` when it cannot be opened, `.diskFull`.
    public init(path: String, shop: String) throws(StoreError) {
        database = try Database(path: path)
        self.shop = shop
    }

    /// For tests: a database that is full at `pagesMax` pages of 4 KiB.
    init(path: String, shop: String, pagesMax: Int) throws(StoreError) {
        database = try Database(path: path, pagesMax: pagesMax)
        self.shop = shop
    }

    public var path: String { database.path }

    /// Finishes what was asked for and closes the file. Blocks. Calls afterwards fail with `.resourceExhausted`.
    public func close() { database.close() }

    /// One state of a database in a file of its own, whoever else has it open, and its vector index, if it has one. Blocks.
    public static func copy(_ path: String, to target: String) throws(StoreError) {
        let connection = try Connection(path: path, readOnly: true)
        try connection.run("VACUUM INTO ?", [.text(target)])
        let (from, to) = (indexFolder(of: path), indexFolder(of: target))
        guard FileManager.default.fileExists(atPath: from) else { return }
        do {
            if FileManager.default.fileExists(atPath: to) { try FileManager.default.removeItem(atPath: to) }
            try FileManager.default.copyItem(atPath: from, toPath: to)
        } catch {
            throw StoreError(.unavailable, "\(to): the vector index cannot be copied (\(error.localizedDescription))")
        }
    }

    /// Runs `write` unless `key` was answered before, then gives that answer.
    static func once(
        _ connection: Connection, _ operation: String, key: String, user: String, _ write: () throws(StoreError) -> String
    ) throws(StoreError) -> String {
        if key.isEmpty { return try write() }
        let sql = "SELECT answer FROM answers WHERE user = ? AND operation = ? AND key = ?"
        if let answer = try connection.rows(sql, [.text(user), .text(operation), .text(key)], { $0.text(0) }).first { return answer }
        let answer = try write()
        try connection.run(
            "INSERT INTO answers(user, operation, key, answer) VALUES(?, ?, ?, ?)", [.text(user), .text(operation), .text(key), .text(answer)])
        return answer
    }

    static func number(_ answer: String) throws(StoreError) -> Int64 {
        guard let number = Int64(answer) else { throw StoreError(.corrupted, "a stored answer is no number: \(answer.prefix(40))") }
        return number
    }

    /// The principal must be somebody, of this shop.
    func identified(_ principal: Principal) throws(StoreError) -> String {
        guard principal.shop == shop, !principal.user.isEmpty else {
            throw StoreError(.permissionDenied, "this needs a signed-in customer of shop \"\(shop)\"")
        }
        return principal.user
    }

    static func check(key: String) throws(StoreError) {
        if key.utf8.count > keyBytesMax { throw StoreError(.invalidArgument, "an idempotency key has at most \(keyBytesMax) bytes") }
    }

    static func rows(_ limit: Int) -> SQLValue { .int(max(0, min(limit, rowsMax))) }
}

/// JSON columns.
enum StoredJSON {
    static func encode(_ value: some Encodable) throws(StoreError) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return String(decoding: try encoder.encode(value), as: UTF8.self)
        } catch {
            throw StoreError(.internal, "a value cannot be written as JSON: \(error)")
        }
    }

    static func decode<T: Decodable>(_ type: T.Type, _ text: String, what: String) throws(StoreError) -> T {
        do {
            return try JSONDecoder().decode(type, from: Data(text.utf8))
        } catch {
            throw StoreError(.corrupted, "\(what) in the database cannot be read: \(error)")
        }
    }
}
