import EventLoop
import Foundation
import Locks
import Testing

@testable import Catalog

private func order(_ id: String, _ user: String, _ status: String = "placed", at: String = "2026-01-02T00:00:00Z") -> String {
    """
    {"id":"\(id)","user":"\(user)","status":"\(status)","placed_at":"\(at)","currency":"USD","total_minor":5000,\
    "items":[{"product":"p1","quantity":1,"price_minor":5000,"size":"US 7"}],"eta":"2026-01-09","carrier":null}
    """
}

/// Stores with two customers' orders.
private func stores(_ folder: TemporaryFolder) async throws -> SQLiteStores {
    let lines = [
        order("A-1", "mia"), order("A-2", "mia", "shipped", at: "2026-01-05T00:00:00Z"), order("A-3", "mia", at: "2026-01-05T00:00:00Z"),
        order("B-1", "noor"),
    ]
    try folder.write("shop/orders.jsonl", lines.joined(separator: "\n"))
    let stores = try SQLiteStores(path: folder.path + "/shop.sqlite", shop: "test")
    let report = try await CatalogImporter(stores: stores).importFolder(folder.path + "/shop", encoder: FakeEncoder())
    #expect(report.orders.added == 4 && report.problems.isEmpty)
    return stores
}

@Suite struct OrderStoreTests {
    @Test func aCustomerSeesOwnOrdersNewestFirst() async throws {
        let folder = try TemporaryFolder()
        let stores = try await stores(folder)
        #expect(try await stores.orders(of: customer, limit: 10).map(\.id) == ["A-2", "A-3", "A-1"])
        #expect(try await stores.orders(of: customer, limit: 1).map(\.id) == ["A-2"])
        let one = try await stores.order("A-1", as: customer)
        #expect(one.items == [Order.Item(productID: "p1", quantity: 1, priceMinor: 5_000, size: "US 7")])
        #expect(one.expectedAt == "2026-01-09" && one.carrier.isEmpty && one.version == 1)
    }

    @Test func nobodySeesOrCancelsAnothersOrder() async throws {
        let folder = try TemporaryFolder()
        let stores = try await stores(folder)
        var missing: StoreError?
        do { _ = try await stores.order("NONE", as: other) } catch { missing = error }
        var foreign: StoreError?
        do { _ = try await stores.order("A-1", as: other) } catch { foreign = error }
        #expect(missing?.code == .notFound && foreign?.code == .notFound)
        #expect(foreign?.message == missing?.message.replacing("NONE", with: "A-1"), "the two answers tell nothing apart")
        #expect(try await stores.orders(of: other, limit: 10).map(\.id) == ["B-1"])
        // An admin sees all of the shop; one of another shop, even of the same name, nothing.
        #expect(try await stores.order("A-1", as: admin).user == "mia")
        #expect(await code { _ = try await stores.order("A-1", as: stranger) } == .notFound)
        #expect(await code { _ = try await stores.orders(of: stranger, limit: 1) } == .permissionDenied)
        #expect(await code { _ = try await stores.orders(of: Principal(user: "", shop: "test"), limit: 1) } == .permissionDenied)
    }

    @Test func anImportOfUnchangedOrdersKeepsACancellation() async throws {
        let folder = try TemporaryFolder()
        let stores = try await stores(folder)
        _ = try await stores.submit(
            ServiceRequest(kind: .cancel, orderID: "A-1"), expectedVersion: 1, timeUs: 0, idempotencyKey: "k", as: customer)
        let report = try await CatalogImporter(stores: stores).importFolder(folder.path + "/shop", encoder: FakeEncoder())
        #expect(report.orders.unchanged == 4)
        #expect(try await stores.order("A-1", as: customer).status == "cancelled")
    }
}

private final class Notes: Sendable {
    private let notes = Lock<[String]>([])
    func add(_ note: String) { notes.withLock { $0.append(note) } }
    var all: [String] { notes.withLock { $0 } }
}

@Suite struct OtherStoresTests {
    private func stores(_ folder: TemporaryFolder) throws -> SQLiteStores { try SQLiteStores(path: folder.path + "/s.sqlite", shop: "test") }

    @Test func profilesHaveOwnersAndVersions() async throws {
        let folder = try TemporaryFolder()
        let stores = try stores(folder)
        var profile = try await stores.profile(of: customer)
        #expect(profile.version == 0)
        profile.language = "zh"
        profile.attributes["ring_size"] = "US 7"
        #expect(try await stores.putProfile(profile, idempotencyKey: "k", as: customer) == 1)
        #expect(try await stores.putProfile(profile, idempotencyKey: "k", as: customer) == 1, "a repeat gives the first answer")
        #expect(await code { _ = try await stores.putProfile(profile, idempotencyKey: "l", as: customer) } == .conflict)
        let stored = try await stores.profile(of: customer)
        #expect(stored.attributes["ring_size"] == "US 7" && stored.version == 1)
        #expect(try await stores.profile(of: other).version == 0)
    }

    @Test func sessionsAreKeptForATime() async throws {
        let folder = try TemporaryFolder()
        let stores = try stores(folder)
        for id in ["old", "new"] { _ = try await stores.putSession(id, state: [1], expectedVersion: 0, as: customer) }
        try Connection(path: stores.path, readOnly: false).run("UPDATE sessions SET kept_at = unixepoch() - 7200 WHERE id = 'old'")
        #expect(try await stores.session("old", keptWithinHours: 3, as: customer) != nil)
        #expect(try await stores.session("old", keptWithinHours: 1, as: customer) == nil, "although nothing has removed it yet")
        #expect(try await stores.forgetSessions(keptBeforeHours: 1) == 1)
        #expect(try await stores.session("old", keptWithinHours: 3, as: customer) == nil)
        #expect(try await stores.session("new", keptWithinHours: 1, as: customer) != nil)
    }

    @Test func whatCustomersDidIsKeptForATime() async throws {
        let folder = try TemporaryFolder()
        let stores = try stores(folder)
        for product in ["old", "new"] {
            let event = LoggedEvent(sessionID: "s", kind: "view", productID: product, quantity: 1, timeUs: 5)
            try await stores.append([event], idempotencyKey: "", as: customer)
        }
        let admin = Principal(user: "eve", shop: customer.shop, scopes: [Principal.adminScope])
        for number in 1...2 {
            let handoff = Handoff(sessionID: "s\(number)", reason: "asked", summary: "", language: "en", timeUs: 5)
            let ticket = try await stores.enqueue(handoff, idempotencyKey: "k\(number)", as: customer)
            if number == 1 { _ = try await stores.updateHandoff(ticket, to: .released, person: "Eve", as: admin) }
        }
        let connection = try Connection(path: stores.path, readOnly: false)
        try connection.run("UPDATE events SET kept_at = unixepoch() - 3 * 86400 WHERE product_id = 'old'")
        try connection.run("UPDATE handoffs SET kept_at = unixepoch() - 3 * 86400")
        #expect(try await stores.forget(behaviourOlderThanDays: 4) == 0)
        #expect(try await stores.forget(behaviourOlderThanDays: 2) == 2)
        #expect(try await stores.recentEvents(of: customer, limit: 5).map(\.productID) == ["new"])
        #expect(try await stores.allHandoffs(limit: 5, as: admin).map(\.state) == [.waiting], "one that is not over stays")
    }

    @Test func sessionsHaveOwnersAndVersions() async throws {
        let folder = try TemporaryFolder()
        let stores = try stores(folder)
        #expect(try await stores.session("s", keptWithinHours: 24, as: customer) == nil)
        #expect(try await stores.putSession("s", state: [0, 1, 255], expectedVersion: 0, as: customer) == 1)
        #expect(try await stores.putSession("s", state: [], expectedVersion: 1, as: customer) == 2)
        #expect(try await stores.session("s", keptWithinHours: 24, as: customer) == StoredSession(id: "s", state: [], version: 2))
        #expect(await code { _ = try await stores.putSession("s", state: [], expectedVersion: 1, as: customer) } == .conflict)
        #expect(try await stores.session("s", keptWithinHours: 24, as: other) == nil)
        #expect(await code { _ = try await stores.putSession("s", state: [9], expectedVersion: 2, as: other) } == .conflict)
        try await stores.deleteSession("s", as: other)
        #expect(try await stores.session("s", keptWithinHours: 24, as: customer) != nil)
        try await stores.deleteSession("s", as: customer)
        #expect(try await stores.session("s", keptWithinHours: 24, as: customer) == nil)
        let large = [UInt8](repeating: 0, count: SQLiteStores.sessionBytesMax + 1)
        #expect(await code { _ = try await stores.putSession("t", state: large, expectedVersion: 0, as: customer) } == .resourceExhausted)
    }

    @Test func eventsAreAppendedOnceAndReadNewestFirst() async throws {
        let folder = try TemporaryFolder()
        let stores = try stores(folder)
        let events = (1...3).map { LoggedEvent(sessionID: "s", kind: "view", productID: "p\($0)", timeUs: UInt64($0)) }
        try await stores.append(events, idempotencyKey: "k", as: customer)
        try await stores.append(events, idempotencyKey: "k", as: customer)
        #expect(try await stores.recentEvents(of: customer, limit: 10).map(\.productID) == ["p3", "p2", "p1"])
        #expect(try await stores.recentEvents(of: other, limit: 10).isEmpty)
    }

    @Test func handoffsWaitForAnAdmin() async throws {
        let folder = try TemporaryFolder()
        let stores = try stores(folder)
        let handoff = Handoff(sessionID: "s", reason: "asked", summary: "会员 \"x\" ; DROP TABLE orders", language: "zh", timeUs: 5)
        let number = try await stores.enqueue(handoff, idempotencyKey: "k", as: customer)
        #expect(try await stores.enqueue(handoff, idempotencyKey: "k", as: customer) == number)
        #expect(try await stores.enqueue(handoff, idempotencyKey: "k2", as: other) == number + 1)
        let waiting = try await stores.waitingHandoffs(limit: 10, as: admin)
        #expect(waiting.map(\.user) == ["mia", "noor"] && waiting.first?.handoff == handoff)
        #expect(await code { _ = try await stores.waitingHandoffs(limit: 10, as: customer) } == .permissionDenied)
    }

    @Test func manyCallsAtOnceAllHappen() async throws {
        let folder = try TemporaryFolder()
        let stores = try stores(folder)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<200 {
                group.addTask {
                    let event = LoggedEvent(sessionID: "s\(index)", kind: "click", productID: "p", timeUs: 1)
                    try await stores.append([event], idempotencyKey: "\(index % 100)", as: customer)
                }
            }
            try await group.waitForAll()
        }
        #expect(try await stores.recentEvents(of: customer, limit: 1_000).count == 200)
    }

    @Test func callsFromALoopComeBackToItAndHoldVirtualTime() async throws {
        let folder = try TemporaryFolder()
        let stores = try stores(folder)
        let loop = try EventLoop(name: "stores", clock: .virtual)
        loop.start()
        let answers = Notes()
        await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
            loop.submit {
                loop.after(1_000_000) {
                    answers.add("timer")
                    done.resume()
                }
                Task(executorPreference: loop) {
                    do {
                        _ = try await stores.profile(of: customer)
                        let stayed = loop.isCurrent
                        answers.add(stayed ? "store on its loop" : "store elsewhere")
                    } catch {
                        answers.add("\(error)")
                    }
                }
            }
        }
        loop.stop()
        loop.join()
        #expect(answers.all == ["store on its loop", "timer"], "virtual time waits for the store")
    }
}

@Suite struct DatabaseFileTests {
    @Test func aDamagedFileIsAClearError() throws {
        let folder = try TemporaryFolder()
        try folder.write("noise.sqlite", (0..<8192).map { UInt8(truncatingIfNeeded: $0 &* 31) })
        let error = #expect(throws: StoreError.self) { try SQLiteStores(path: folder.path + "/noise.sqlite", shop: "test") }
        #expect(error?.code == .corrupted && error?.message.contains("noise.sqlite") == true)
    }

    @Test func damageInTheMiddleIsFoundWhenRead() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/s.sqlite"
        let stores = try SQLiteStores(path: path, shop: "test")
        for index in 0..<200 {
            let event = LoggedEvent(sessionID: String(repeating: "x", count: 400), kind: "view", productID: "p", timeUs: UInt64(index))
            try await stores.append([event], idempotencyKey: "", as: customer)
        }
        stores.close()
        var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        // All pages but the first, which holds the header and the schema's root.
        for offset in stride(from: 4096, to: bytes.count, by: 1) { bytes[offset] = UInt8(truncatingIfNeeded: offset &* 7) }
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        let found: StoreError.Code?
        do {
            let again = try SQLiteStores(path: path, shop: "test")
            found = await code { _ = try await again.recentEvents(of: customer, limit: 1_000) }
        } catch {
            found = error.code
        }
        #expect(found == .corrupted)
    }

    @Test func anotherProgramsDatabaseIsLeftAlone() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/other.sqlite"
        try Connection(path: path, readOnly: false).execute("CREATE TABLE mine(x); PRAGMA application_id = 7")
        let error = #expect(throws: StoreError.self) { try SQLiteStores(path: path, shop: "test") }
        #expect(error?.code == .corrupted && error?.message.contains("another program") == true)
    }

    @Test func aNewerLayoutIsRefused() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/s.sqlite"
        try SQLiteStores(path: path, shop: "test").close()
        try Connection(path: path, readOnly: false).execute("PRAGMA user_version = 999")
        #expect(throws: StoreError.self) { try SQLiteStores(path: path, shop: "test") }
    }

    @Test func aPathThatCannotBeOpenedIsAClearError() {
        let error = #expect(throws: StoreError.self) { try SQLiteStores(path: "/nowhere/at/all.sqlite", shop: "test") }
        #expect(error?.code == .unavailable && error?.message.contains("/nowhere/at/all.sqlite") == true)
    }

    @Test func aTransactionThatFailsLeavesNothing() throws {
        let folder = try TemporaryFolder()
        let connection = try Connection(path: folder.path + "/t.sqlite", readOnly: false)
        try connection.execute("CREATE TABLE t(x UNIQUE)")
        #expect(throws: StoreError.self) {
            try connection.transaction { () throws(StoreError) in
                try connection.run("INSERT INTO t VALUES(1)")
                try connection.run("INSERT INTO t VALUES(1)")
            }
        }
        #expect(try connection.rows("SELECT count(*) FROM t") { $0.int(0) } == [0])
    }

    @Test func valuesComeBackAsTheyWere() throws {
        let folder = try TemporaryFolder()
        let connection = try Connection(path: folder.path + "/t.sqlite", readOnly: false)
        try connection.execute("CREATE TABLE t(a, b, c, d, e)")
        let text = "戒指 \"ring\"; DROP TABLE t --"
        try connection.run("INSERT INTO t VALUES(?, ?, ?, ?, ?)", [.text(text), .blob([]), .integer(.min), .real(0.5), .null])
        let row = try connection.rows("SELECT a, b, c, d, e, length(b), typeof(b) FROM t") {
            ($0.text(0), $0.blob(1), $0.integer(2), $0.real(3), $0.isNull(4), $0.int(5), $0.text(6))
        }
        #expect(row[0].0 == text && row[0].1.isEmpty && row[0].2 == .min && row[0].3 == 0.5 && row[0].4 && row[0].5 == 0 && row[0].6 == "blob")
        try connection.run("DELETE FROM t")
        try connection.run("INSERT INTO t(b) VALUES(?)", [.floats([1.5, -0, .greatestFiniteMagnitude])])
        #expect(try connection.rows("SELECT b FROM t") { $0.floats(0) } == [[1.5, -0, .greatestFiniteMagnitude]])
    }
}
