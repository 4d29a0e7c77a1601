import Catalog
import EventLoop

/// A customer's personal data in a shop's database. For commands: blocks.
public final class PersonalData {
    private let stores: SQLiteStores
    private let loop: EventLoop
    private let admin: Principal

    public init(_ configuration: ServerConfiguration) throws(ServerError) {
        guard !configuration.databaseFile.isEmpty else { throw ServerError("\(configuration.file): 'catalog: database:' is needed") }
        do {
            stores = try SQLiteStores.open(configuration.databaseFile, shop: configuration.shop)
            loop = try EventLoop(name: "privacy")
        } catch let error as StoreError {
            throw ServerError(error.message)
        } catch {
            throw ServerError("\(error)")
        }
        // Who can read and write the database file is trusted with it.
        admin = Principal(user: "", shop: configuration.shop, scopes: [Principal.adminScope])
        loop.start()
    }

    /// One JSON object a row: {"table": …, "row": {…}}.
    public func export(_ user: String) throws(ServerError) -> [String] {
        try tables(user).flatMap { table in table.rows.map { "{\"table\":\"\(table.name)\",\"row\":\($0)}" } }
    }

    /// Rows by table.
    public func count(_ user: String) throws(ServerError) -> [(table: String, count: Int)] { try tables(user).map { ($0.name, $0.count) } }

    /// Rows removed by table.
    public func erase(_ user: String) throws(ServerError) -> [(table: String, count: Int)] {
        try call { [stores, admin] () async throws(StoreError) in try await stores.erasePersonalData(of: user, as: admin) }.map {
            ($0.name, $0.count)
        }
    }

    private func tables(_ user: String) throws(ServerError) -> [PersonalTable] {
        try call { [stores, admin] () async throws(StoreError) in try await stores.exportPersonalData(of: user, as: admin) }
    }

    private func call<Value: Sendable>(_ body: @escaping @Sendable () async throws(StoreError) -> Value) throws(ServerError) -> Value {
        do throws(StoreError) {
            return try Blocking.run(on: loop, body)
        } catch {
            throw ServerError(error.message)
        }
    }

    public func close() {
        loop.stop()
        loop.join()
        stores.close()
    }
}
