import Catalog
import EventLoop
import Foundation
import Fusion
import Sessions
import Testing

@testable import Server

@Suite("A catalogue that is imported while the server runs")
struct CatalogueChangesTests {
    /// Vectors of the text's length.
    private struct Encoder: FeatureSource {
        struct Gone: Error {}
        var space = "lengths"
        var isBroken = false

        func embedText(_ text: String) async throws -> Feature {
            if isBroken { throw Gone() }
            return Feature(modality: Modality.text, spaceID: space, values: [1, Float(text.count)]).normalised()
        }

        func embedImage(_ file: [UInt8]) async throws -> Feature { throw Gone() }
    }

    /// Imports `ids` as the whole of what is read.
    private func importing(_ ids: [String], _ stores: SQLiteStores, _ folder: TemporaryFolder, _ encoder: Encoder = Encoder()) async throws {
        let rows = ids.map {
            #"{"id": "\#($0)", "title": {"en": "Ring \#($0)"}, "category": "ring", "price": {"amount_minor": 1000, "currency": "USD"}, "stock": 1}"#
        }
        _ = try folder.write("products.jsonl", rows.joined(separator: "\n") + "\n")
        _ = try await CatalogImporter(stores: stores).importFolder(folder.path, encoder: encoder)
    }

    private struct Live: Equatable {
        var number: UInt64
        var hash: String
    }

    /// What the last loop has.
    private func deployed(_ server: TestServer) async -> Live {
        let (loop, workers) = (server.server.loops[server.server.loops.count - 1], server.server.workers)
        return await withCheckedContinuation { continuation in
            loop.submit {
                let live = workers.on(loop).deployment
                continuation.resume(returning: Live(number: live?.number ?? 0, hash: live?.catalogueHash ?? ""))
            }
        }
    }

    /// The deployment once it has that number, after at most 10 s.
    private func wait(for number: UInt64, _ server: TestServer) async throws -> Live {
        var live = await deployed(server)
        for _ in 0..<500 where live.number < number {
            try await Task.sleep(for: .milliseconds(20))
            live = await deployed(server)
        }
        return live
    }

    @Test("is live on every loop soon after it was committed, without a restart; an import that fails changes nothing")
    func visible() async throws {
        let folder = try TemporaryFolder()
        let stores = try SQLiteStores(path: "\(folder.path)/shop.sqlite", shop: "default")
        defer { stores.close() }
        try await importing(["a", "b"], stores, folder)
        let server = try TestServer(loops: 2) {
            $0.databaseFile = stores.path
            $0.catalogueRefreshMs = 20
        }
        let first = await deployed(server)
        #expect(first.number == 1 && server.server.catalogueChanges?.products == 2)
        // The encoder goes in the middle of it: nothing was committed, nothing changes.
        let many = (0..<12).map { "new-\($0)" }
        await #expect(throws: StoreError.self) { try await importing(many, stores, folder, Encoder(isBroken: true)) }
        try await Task.sleep(for: .milliseconds(200))
        let still = await deployed(server)
        #expect(still == first)
        try await importing(["a", "b", "c"], stores, folder)
        let second = try await wait(for: 2, server)
        let hash = try await stores.snapshot().hash
        // Noted once every loop has it.
        for _ in 0..<500 where server.server.catalogueChanges?.products != 3 { try await Task.sleep(for: .milliseconds(20)) }
        #expect(second == Live(number: 2, hash: hash) && hash != first.hash && server.server.catalogueChanges?.products == 3)
        // The same again is no change.
        try await importing(["a", "b", "c"], stores, folder)
        try await Task.sleep(for: .milliseconds(200))
        let after = await deployed(server)
        #expect(after == second)
        server.stop()
    }

    @Test("is taken again when what was learnt of it is stored after it was committed, even under the same hash")
    func learntLater() async throws {
        let folder = try TemporaryFolder()
        let stores = try SQLiteStores(path: "\(folder.path)/shop.sqlite", shop: "default")
        defer { stores.close() }
        try await importing(["a"], stores, folder)
        let server = try TestServer {
            $0.databaseFile = stores.path
            $0.catalogueRefreshMs = 20
        }
        for number in UInt64(2)...3 {
            try stores.storeModel(ShopReviews.name, hash: "examples", bytes: [1])
            #expect(try await wait(for: number, server).number == number)
        }
        try stores.storeModel("intents", hash: "examples", bytes: [1])
        try await Task.sleep(for: .milliseconds(200))
        #expect(await deployed(server).number == 3, "what follows from the catalogue is no news")
        server.stop()
    }

    @Test("is refused when no live encoder gives vectors of its space, naming both")
    func otherSpace() throws {
        let product = Product(id: "a", category: "ring")
        let snapshot = try CatalogSnapshot(products: [product], features: ["a": [Feature(modality: Modality.text, spaceID: "new", values: [1, 0])]])
        try CatalogueChanges.check(snapshot, live: ["old", "new", ""])
        try CatalogueChanges.check(snapshot, live: [""])
        let error = #expect(throws: ServerError.self) { try CatalogueChanges.check(snapshot, live: ["old", ""]) }
        #expect(error?.message.contains("'text' vectors are of space new; the live encoders give old") == true)
    }

    @Test("is not looked for when the configuration says never")
    func never() async throws {
        let folder = try TemporaryFolder()
        let stores = try SQLiteStores(path: "\(folder.path)/shop.sqlite", shop: "default")
        defer { stores.close() }
        try await importing(["a"], stores, folder)
        let server = try TestServer {
            $0.databaseFile = stores.path
            $0.catalogueRefreshMs = 0
        }
        try await importing(["a", "b"], stores, folder)
        try await Task.sleep(for: .milliseconds(150))
        let live = await deployed(server)
        #expect(live.number == 1 && server.server.catalogueChanges == nil)
    }
}
