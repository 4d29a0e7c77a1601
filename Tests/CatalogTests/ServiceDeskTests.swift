import EventLoop
import Foundation
import Testing

@testable import Catalog

@Suite struct ServiceDeskTests {
    private func stores(_ folder: TemporaryFolder) async throws -> SQLiteStores {
        let lines = [("A-1", "mia", "placed"), ("A-2", "mia", "delivered"), ("B-1", "noor", "placed")].map { id, user, status in
            #"{"id":"\#(id)","user":"\#(user)","status":"\#(status)","placed_at":"2026-01-02T00:00:00Z","currency":"USD","total_minor":1,"items":[{"product":"p1","quantity":1,"price_minor":1}]}"#
        }
        try folder.write("shop/orders.jsonl", lines.joined(separator: "\n"))
        let stores = try SQLiteStores(path: folder.path + "/shop.sqlite", shop: "test")
        _ = try await CatalogImporter(stores: stores).importFolder(folder.path + "/shop", encoder: FakeEncoder())
        return stores
    }

    private func submit(
        _ stores: SQLiteStores, _ kind: ServiceRequest.Kind, _ order: String, version: Int64 = 1, key: String, _ details: [String: String] = [:],
        as who: Principal = customer
    ) async throws -> ServiceReceipt {
        try await stores.submit(
            ServiceRequest(kind: kind, orderID: order, details: details), expectedVersion: version, timeUs: 1, idempotencyKey: key, as: who)
    }

    @Test func aRequestIsWrittenOnceHoweverOftenItComes() async throws {
        let folder = try TemporaryFolder()
        let stores = try await stores(folder)
        let first = try await submit(stores, .cancel, "A-1", key: "k")
        #expect(first.order?.status == "cancelled" && first.order?.version == 2)
        let again = try await submit(stores, .cancel, "A-1", key: "k")
        #expect(again.number == first.number)
        #expect(try await stores.requests(of: customer, limit: 10).map(\.number) == [first.number])
        #expect(try await stores.requests(of: other, limit: 10).isEmpty)
    }

    @Test func ofTwoClientsAtOnceOneActsAndTheOtherLearnsThatItChanged() async throws {
        let folder = try TemporaryFolder()
        let stores = try await stores(folder)
        let outcomes = await withTaskGroup(of: StoreError.Code?.self) { group in
            for client in 0..<8 {
                group.addTask { await code { _ = try await submit(stores, .cancel, "A-1", key: "client \(client)") } }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.count { $0 == nil } == 1)
        #expect(outcomes.count { $0 == .conflict } == 7)
        #expect(try await stores.requests(of: customer, limit: 10).count == 1)
    }

    @Test func theStateOfTheOrderAndItsOwnerDecide() async throws {
        let folder = try TemporaryFolder()
        let stores = try await stores(folder)
        #expect(await code { _ = try await submit(stores, .cancel, "A-2", key: "a") } == .failedPrecondition)
        #expect(await code { _ = try await submit(stores, .returning, "A-1", key: "b") } == .failedPrecondition)
        #expect(await code { _ = try await submit(stores, .cancel, "B-1", key: "c") } == .notFound)
        #expect(await code { _ = try await submit(stores, .cancel, "A-1", key: "d", as: Principal(user: "", shop: "test")) } == .permissionDenied)
        #expect(
            await code { _ = try await submit(stores, .address, "A-1", key: "e", ["address": String(repeating: "x", count: 501)]) }
                == .invalidArgument)
        let returned = try await submit(stores, .returning, "A-2", key: "f")
        #expect(returned.order?.version == 2)
        #expect(await code { _ = try await submit(stores, .exchange, "A-2", version: 2, key: "g") } == .failedPrecondition)
        #expect(try await submit(stores, .address, "A-1", key: "h", ["address": "1 New Street"]).order?.city == "1 New Street")
    }

    @Test func aCartHoldsWhatWasAskedForOrIsLeftAsItIs() async throws {
        let folder = try TemporaryFolder()
        try folder.write("shop/catalog/images/a.jpg", "picture a")
        try folder.write(
            "shop/catalog/products.jsonl",
            #"{"id":"p1","category":"ring","title":{"en":"Ring","zh":"戒指"},"description":{"en":"Plain.","zh":"素圈。"},"attributes":{},"#
                + #""price":{"amount_minor":5000,"currency":"USD"},"stock":3,"image":"images/a.jpg","tags":["ring"]}"#)
        let stores = try SQLiteStores(path: folder.path + "/shop.sqlite", shop: "test")
        _ = try await CatalogImporter(stores: stores).importFolder(folder.path + "/shop", encoder: FakeEncoder())
        func add(_ quantity: String) async -> StoreError.Code? {
            let request = ServiceRequest(kind: .cart, productID: "p1", details: ["quantity": quantity])
            return await code {
                _ = try await stores.submit(request, expectedVersion: 0, timeUs: 1, idempotencyKey: "cart \(quantity)", as: customer)
            }
        }
        #expect(await add("2") == nil)
        for unreadable in ["三", "0", "100", ""] { #expect(await add(unreadable) == .invalidArgument, "\(unreadable)") }
        #expect(await add("4") == .failedPrecondition, "more than there are")
        #expect(await add("3") == .failedPrecondition, "more than there are beside those in the cart")
        #expect(await add("1") == nil)
        #expect(try await stores.requests(of: customer, limit: 5).compactMap { $0.request.details["quantity"] } == ["1", "2"])
    }

    @Test func aHandoverIsTakenByOnePersonAndReleasedOnce() async throws {
        let folder = try TemporaryFolder()
        let stores = try await stores(folder)
        let number = try await stores.enqueue(
            Handoff(sessionID: "s", reason: "asked", summary: "hello", language: "en", timeUs: 1), idempotencyKey: "k", as: customer)
        #expect(await code { _ = try await stores.updateHandoff(number, to: .taken, person: "Ann", as: customer) } == .permissionDenied)
        #expect(try await stores.updateHandoff(number, to: .taken, person: "Ann", as: admin).state == .taken)
        #expect(await code { _ = try await stores.updateHandoff(number, to: .taken, person: "Ben", as: admin) } == .failedPrecondition)
        try await stores.noteHandoff(number, "Customer: and now?", as: customer)
        #expect(await code { try await stores.noteHandoff(number, "x", as: other) } == .notFound)
        #expect(try await stores.handoff(number, as: admin).handoff.summary == "hello\nCustomer: and now?")
        #expect(try await stores.updateHandoff(number, to: .released, person: "", as: admin).person == "Ann")
        #expect(try await stores.waitingHandoffs(limit: 5, as: admin).isEmpty)
        #expect(try await stores.allHandoffs(limit: 5, as: admin).map(\.state) == [.released])
        #expect(await code { _ = try await stores.updateHandoff(number, to: .taken, person: "Ben", as: admin) } == .failedPrecondition)
    }

    @Test func everythingOfACustomerIsGivenToThemAndNothingIsLeftAfterErasing() async throws {
        let folder = try TemporaryFolder()
        let stores = try await stores(folder)
        _ = try await submit(stores, .address, "A-1", key: "k", ["address": "Unforgettable Lane 77"])
        _ = try await stores.putSession("s", state: Array("Unforgettable words".utf8), expectedVersion: 0, as: customer)
        try await stores.append([LoggedEvent(sessionID: "s", kind: "view", productID: "p", timeUs: 1)], idempotencyKey: "", as: customer)
        #expect(await code { _ = try await stores.exportPersonalData(of: "mia", as: other) } == .permissionDenied)
        let exported = try await stores.exportPersonalData(of: "mia", as: customer)
        #expect(exported.first { $0.name == "orders" }?.count == 2)
        #expect(exported.first { $0.name == "requests" }?.rows.first?.contains("Unforgettable Lane 77") == true)
        #expect(await code { _ = try await stores.erasePersonalData(of: "mia", as: other) } == .permissionDenied)
        #expect(try await stores.erasePersonalData(of: "mia", as: admin).reduce(0) { $0 + $1.count } >= 6)
        #expect(try await stores.exportPersonalData(of: "mia", as: admin).allSatisfy { $0.count == 0 })
        #expect(try await stores.orders(of: other, limit: 5).count == 1, "others keep theirs")
        // Neither the file nor its log holds the words any more.
        for suffix in ["", "-wal"] {
            guard let bytes = FileManager.default.contents(atPath: stores.path + suffix) else { continue }
            #expect(bytes.range(of: Data("Unforgettable".utf8)) == nil, "\(suffix)")
        }
    }

    @Test func aLearntModelIsKeptForTheExamplesItWasMadeOf() async throws {
        let folder = try TemporaryFolder()
        let stores = try await stores(folder)
        #expect(try stores.loadModel("intents", hash: "a") == nil)
        try stores.storeModel("intents", hash: "a", bytes: [1, 2])
        try stores.storeModel("intents", hash: "b", bytes: [3])
        #expect(try stores.loadModel("intents", hash: "b") == [3])
        #expect(try stores.loadModel("intents", hash: "a") == nil)
    }
}
