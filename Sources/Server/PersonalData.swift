import Catalog
import EventLoop
public import Recording
import Training
import Wire

/// A customer's personal data in a shop's database, and in its recordings where the configuration names them. For commands: blocks.
public final class PersonalData {
    private let stores: SQLiteStores
    private let loop: EventLoop
    private let admin: Principal
    private let shop: String
    private let recordings: RecordingFolder?
    private let rankerFolder: String
    private let rankingFolder: String

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
        shop = configuration.shop
        recordings = configuration.recording?.files
        rankerFolder = configuration.rankerFolder
        rankingFolder = configuration.rankingFolder
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

    /// The customer's recordings: destroys their key and removes the files that were sealed with it.
    /// - Returns: what went, and whether anything could still be read afterwards; nil when the configuration records nothing.
    public func eraseRecordings(_ user: String) throws(ServerError) -> (erased: RecordingFolder.Erasure, isReadable: Bool)? {
        guard let recordings else { return nil }
        let subject = RecordingSubject.user(user, shop: shop)
        do throws(RPCStatus) {
            let erased = try recordings.erase(subject)
            guard let id = try recordings.keys.id(of: subject) else { return (erased, false) }
            return (erased, try recordings.keys.key(id: id) != nil)
        } catch {
            throw ServerError(error.message)
        }
    }

    /// Folders of the configuration's models that were learnt from somebody who was erased since: no server uses them any more.
    public func staleModels() throws(ServerError) -> [String] {
        do {
            let stale = try stores.staleFiles()
            var found: [String] = []
            if !rankerFolder.isEmpty, try !stale.isDisjoint(with: RankerFile.read(rankerFolder).card.data.values) { found.append(rankerFolder) }
            if !rankingFolder.isEmpty, try !stale.isDisjoint(with: RankingFile.read(rankingFolder).card.data.values) { found.append(rankingFolder) }
            return found
        } catch let error as StoreError {
            throw ServerError(error.message)
        } catch {
            throw ServerError("\(error)")
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
