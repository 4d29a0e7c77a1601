import EventLoop
import Foundation
import Locks
import Testing

@testable import Catalog

/// Orders and requests as a recording has them, and as it gives them back when the shop has moved on.
@Suite struct PlayedBackStoresTests {
    private let folder: TemporaryFolder
    private let stores: SQLiteStores

    init() async throws {
        folder = try TemporaryFolder()
        let lines = [("A-1", "mia", "placed"), ("A-2", "mia", "delivered"), ("B-1", "noor", "placed")].map { id, user, status in
            #"{"id":"\#(id)","user":"\#(user)","status":"\#(status)","placed_at":"2026-01-02T00:00:00Z","currency":"USD","total_minor":1,"items":[{"product":"p1","quantity":1,"price_minor":1}]}"#
        }
        try folder.write("shop/orders.jsonl", lines.joined(separator: "\n"))
        stores = try SQLiteStores(path: folder.path + "/shop.sqlite", shop: "test")
        _ = try await CatalogImporter(stores: stores).importFolder(folder.path + "/shop", encoder: FakeEncoder())
    }

    private func cancel(_ desk: any OrderStore & ServiceDesk, _ order: String, version: Int64, key: String) async -> String {
        do throws(StoreError) {
            let receipt = try await desk.submit(
                ServiceRequest(kind: .cancel, orderID: order), expectedVersion: version, timeUs: 1, idempotencyKey: key, as: customer)
            return "\(receipt.order?.status ?? "") at version \(receipt.order?.version ?? 0)"
        } catch {
            return error.code.rawValue
        }
    }

    private func status(_ desk: any OrderStore & ServiceDesk, _ order: String, as who: Principal = customer) async -> String {
        do throws(StoreError) { return try await desk.order(order, as: who).status } catch { return error.code.rawValue }
    }

    /// What a conversation asks: an order before and after it is cancelled, one that is somebody else's, a cancelling that is refused.
    private func conversation(_ desk: any OrderStore & ServiceDesk, key: String) async throws -> [String] {
        [
            try await desk.orders(of: customer, limit: 20).map { "\($0.id) \($0.status)" }.joined(separator: ", "), await status(desk, "A-1"),
            await status(desk, "B-1"), await cancel(desk, "A-1", version: 1, key: key), await status(desk, "A-1"),
            await cancel(desk, "A-2", version: 1, key: key + "2"),
        ]
    }

    private func recorded() async throws -> (heard: [String], answers: [StoreAnswer]) {
        let noted = Lock<[StoreAnswer]>([])
        let note = StoreReads.Note { note in
            if case .read(let store, let key, let value) = note { noted.withLock { $0.append(StoreAnswer(store: store, key: key, value: value)) } }
        }
        let heard = try await StoreReads.$note.withValue(note) { try await conversation(ToldStores(stores), key: "then") }
        return (heard, noted.withLock { $0 })
    }

    @Test func theSameConversationHearsTheSameFromAShopThatHasMovedOn() async throws {
        let (heard, answers) = try await recorded()
        #expect(heard == ["A-1 placed, A-2 delivered", "placed", "notFound", "cancelled at version 2", "cancelled", "failedPrecondition"])
        #expect(answers.map(\.asked.key) == ["own", "A-1", "B-1", "cancel A-1", "A-1", "cancel A-2"], "refusals are told as well")
        #expect(await status(stores, "A-1") == "cancelled", "the shop of today")
        let misses = Lock<[String]>([])
        let played = PlayedBackStores(answers, else: stores) { miss in misses.withLock { $0.append(miss) } }
        #expect(try await conversation(played, key: "now") == heard)
        #expect(misses.withLock { $0 } == [])
        #expect(try await stores.requests(of: customer, limit: 10).count == 1, "nothing was written")
    }

    @Test func whatIsAskedMoreOrLessOftenIsAnsweredByWhatHadBeenDoneByThen() async throws {
        let answers = try await recorded().answers
        let played = PlayedBackStores(answers, else: stores) { _ in }
        #expect(await cancel(played, "A-1", version: 1, key: "k") == "cancelled at version 2", "without a look at it before")
        #expect(await status(played, "A-1") == "cancelled")
        let other = PlayedBackStores(answers, else: stores) { _ in }
        for _ in 0..<3 { #expect(await status(other, "A-1") == "placed", "nobody has cancelled it yet") }
        #expect(await cancel(other, "A-1", version: 1, key: "k") == "cancelled at version 2")
        for _ in 0..<3 { #expect(await status(other, "A-1") == "cancelled") }
    }

    @Test func anOrderThatWasOnlyListedIsKnown() async throws {
        let answers = try await recorded().answers.filter { $0.asked.key == "own" }
        let misses = Lock<[String]>([])
        let played = PlayedBackStores(answers, else: stores) { miss in misses.withLock { $0.append(miss) } }
        let order = try await played.order("A-1", as: other)
        #expect(order.status == "placed" && order.user == other.user, "whoever plays stands for the customer")
        #expect(misses.withLock { $0 } == [])
    }

    @Test func whatWasNotRecordedIsAskedOfTheShopAndTold() async throws {
        let misses = Lock<[String]>([])
        let played = PlayedBackStores([StoreAnswer(store: "orders", key: "own", value: "")], else: stores) { miss in
            misses.withLock { $0.append(miss) }
        }
        #expect(try await played.orders(of: customer, limit: 20).map(\.id) == ["A-1", "A-2"])
        #expect(await status(played, "A-2") == "delivered")
        #expect(await cancel(played, "A-1", version: 1, key: "k") == "cancelled at version 2")
        #expect(misses.withLock { $0 }.count == 3 && misses.withLock { $0 }[1].contains("what order A-2 was like: the shop of today was asked"))
    }
}
