import Catalog
import Foundation
import Fusion
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

    private func deployed(_ server: TestServer) async -> (number: UInt64, hash: String) {
        let shared = server.server.sharedState
        return await withCheckedContinuation { continuation in
            server.server.loops[server.server.loops.count - 1].submit {
                let live = shared.flatMap { state in state.workers.on(state.loops[state.loops.count - 1]).deployment }
                continuation.resume(returning: (live?.number ?? 0, live?.catalogueHash ?? ""))
            }
        }
    }

    /// At most 10 s.
    private func wait(_ wanted: () async throws -> Bool) async throws -> Bool {
        for _ in 0..<500 {
            if try await wanted() { return true }
            try await Task.sleep(for: .milliseconds(20))
        }
        return false
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
        #expect(await deployed(server) == first)
        try await importing(["a", "b", "c"], stores, folder)
        #expect(try await wait { await deployed(server).number == 2 })
        let second = await deployed(server)
        #expect(try second.hash == (await stores.catalogueHash()) && second.hash != first.hash && server.server.catalogueChanges?.products == 3)
        // The same again is no change.
        try await importing(["a", "b", "c"], stores, folder)
        try await Task.sleep(for: .milliseconds(200))
        #expect(await deployed(server) == second)
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
        #expect(await deployed(server).number == 1 && server.server.catalogueChanges == nil)
    }
}
