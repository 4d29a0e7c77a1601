import Foundation
import Fusion
import Testing

@testable import Catalog

private func product(_ id: String, image: String = "images/a.jpg", title: String = "Gold ring", price: Int = 5_000) -> String {
    """
    {"id":"\(id)","category":"ring","title":{"en":"\(title)","zh":"金戒指"},"description":{"en":"A plain band.","zh":"素圈。"},\
    "attributes":{"material":"gold","gem":"none","nickel_free":true,"weight_g":3.2,"occasion":["wedding","party"]},\
    "price":{"amount_minor":\(price),"currency":"USD"},"stock":2,"image":"\(image)","tags":["ring"]}
    """
}

private let policy = """
    ---
    id: returns
    title: Returns
    language: en
    ---

    ## Window

    You can return unworn pieces within 30 days.

    ## Refunds

    We refund the shipping too.
    """

private let intents = """
    agents:
      recommendation:
        en: [show me rings]
        zh: [我想看戒指]
    intents:
      order_status:
        en: [where is my order]
    """

/// A folder with good and bad rows of every kind.
private func fill(_ folder: TemporaryFolder) throws {
    try folder.write("shop/catalog/images/a.jpg", "picture a")
    try folder.write("shop/catalog/images/b.jpg", "picture b")
    try folder.write("shop/catalog/images/bad.jpg", "broken")
    let rows = [
        product("p1"), product("p2", image: "images/b.jpg", title: "Silver necklace 银项链"), "", "{not json", product("p1"),
        product("p3", image: "images/none.jpg"), product("p4", image: "images/bad.jpg"), product("p5", image: "../../etc/passwd"),
        "[1, 2]", product("p6", price: -1), "{\"id\":\"p7\"}", product("p8", image: "", title: "Opal pendant"),
    ]
    try folder.write("shop/catalog/products.jsonl", rows.joined(separator: "\n"))
    try folder.write("shop/policies/returns.en.md", policy)
    try folder.write("shop/policies/broken.md", "no front matter")
    try folder.write("shop/intents.yaml", intents)
    try folder.write("shop/users.jsonl", "{\"id\":\"mia\",\"language\":\"zh\",\"ring_size\":\"US 7\"}\n{\"language\":\"en\"}\n")
    try folder.write(
        "shop/reviews.jsonl",
        "{\"id\":\"r1\",\"product\":\"p1\",\"rating\":5,\"text\":\"Lovely\"}\n{\"id\":\"r2\",\"product\":\"nope\",\"rating\":5,\"text\":\"x\"}\n"
            + "{\"id\":\"r3\",\"product\":\"p2\",\"rating\":9,\"text\":\"x\"}\n")
}

private func open(_ folder: TemporaryFolder) throws -> SQLiteStores { try SQLiteStores(path: folder.path + "/shop.sqlite", shop: "test") }

@Suite struct ImportTests {
    @Test func badRowsAreReportedAndTheOthersImported() async throws {
        let folder = try TemporaryFolder()
        try fill(folder)
        let stores = try open(folder)
        let report = try await CatalogImporter(stores: stores).importFolder(folder.path + "/shop", encoder: FakeEncoder())
        #expect(report.products.added == 3 && report.documents.added == 2 && report.intents.added == 3)
        #expect(report.users.added == 1 && report.reviews.added == 1)
        let expected = [
            ("catalog/products.jsonl", 4, "not a JSON object"), ("catalog/products.jsonl", 5, "already used in line 1"),
            ("catalog/products.jsonl", 6, "none.jpg"), ("catalog/products.jsonl", 7, "not a picture"),
            ("catalog/products.jsonl", 8, "below the catalogue's folder"), ("catalog/products.jsonl", 9, "found a list"),
            ("catalog/products.jsonl", 10, "price.amount_minor"), ("catalog/products.jsonl", 11, "category"),
            ("policies/broken.md", 0, "front matter"), ("users.jsonl", 2, "id:"), ("reviews.jsonl", 2, "nope"), ("reviews.jsonl", 3, "rating"),
        ]
        #expect(report.problemCount == expected.count)
        for (file, line, reason) in expected {
            #expect(
                report.problems.contains { $0.file == file && $0.line == line && $0.reason.contains(reason) },
                "\(file):\(line): \(reason) in \(report.problems)")
        }
        let snapshot = try await stores.snapshot()
        #expect(snapshot.products.map(\.id) == ["p1", "p2", "p8"])
        #expect(snapshot.hash == report.catalogHash && !snapshot.hash.isEmpty)
        let ring = try #require(snapshot.product("p1"))
        #expect(ring.title(in: "zh-CN") == "金戒指" && ring.attribute("weight_g") == "3.2" && ring.attribute("nickel_free") == "true")
        #expect(ring.attributeValues("occasion") == ["wedding", "party"])
        #expect(snapshot.spaces == ["image": "fake-image", "text": "fake-text"])
        #expect(snapshot.features(of: "p8").map(\.modality) == ["text"])
        #expect(snapshot.documents.map(\.id) == ["returns/en/1", "returns/en/2"] && snapshot.documents[0].section == "Window")
        #expect(snapshot.intentExamples.map(\.agent) == ["customer_service", "recommendation", "recommendation"])
        #expect(try await stores.profile(of: customer).attributes == ["ring_size": "US 7"])
        #expect(try await stores.reviews(of: "p1", limit: 5).map(\.id) == ["r1"])
    }

    @Test func aSecondImportEncodesNothingAgain() async throws {
        let folder = try TemporaryFolder()
        try fill(folder)
        let stores = try open(folder)
        let importer = CatalogImporter(stores: stores)
        let first = try await importer.importFolder(folder.path + "/shop", encoder: FakeEncoder())
        let encoder = FakeEncoder()
        let second = try await importer.importFolder(folder.path + "/shop", encoder: encoder)
        #expect(second.products.unchanged == 3 && second.documents.unchanged == 2 && second.intents.unchanged == 3)
        // A probe of each space, and the picture that was broken the first time too.
        #expect(encoder.asked.images <= 2 && encoder.asked.texts <= 4)
        #expect(second.catalogHash == first.catalogHash)
        #expect(try await stores.snapshot().products.count == 3)
    }

    @Test func changedRowsAndPicturesAreEncodedAgain() async throws {
        let folder = try TemporaryFolder()
        try fill(folder)
        let stores = try open(folder)
        let importer = CatalogImporter(stores: stores)
        let first = try await importer.importFolder(folder.path + "/shop", encoder: FakeEncoder())
        let before = try await stores.snapshot()
        try folder.write("shop/catalog/images/b.jpg", "picture b, taken again")
        try folder.write(
            "shop/catalog/products.jsonl", [product("p1", title: "Golden band"), product("p2", image: "images/b.jpg")].joined(separator: "\n"))
        let report = try await importer.importFolder(folder.path + "/shop", encoder: FakeEncoder())
        #expect(report.products.updated == 2 && report.products.added == 0)
        let after = try await stores.snapshot()
        #expect(after.product("p1")?.title(in: "en") == "Golden band" && report.catalogHash != first.catalogHash)
        #expect(after.features(of: "p1").first == before.features(of: "p1").first, "the same picture")
        #expect(after.features(of: "p2").first != before.features(of: "p2").first, "another picture")
        #expect(after.product("p8") != nil, "what is gone from the folder stays")
        #expect(try await stores.searchProducts(words: "golden", language: "en", limit: 5).map(\.id) == ["p1"])
        #expect(try await stores.searchProducts(words: "necklace", language: "en", limit: 5).isEmpty, "old words are gone")
    }

    @Test func anotherSpaceEncodesAllAgain() async throws {
        let folder = try TemporaryFolder()
        try fill(folder)
        let stores = try open(folder)
        let importer = CatalogImporter(stores: stores)
        _ = try await importer.importFolder(folder.path + "/shop", encoder: FakeEncoder())
        let report = try await importer.importFolder(folder.path + "/shop", encoder: FakeEncoder(textSpace: "new-text"))
        #expect(report.products.updated == 3 && report.documents.updated == 2 && report.intents.updated == 3)
        #expect(try await stores.snapshot().spaces["text"] == "new-text")
    }

    /// An encoder with a space that words and pictures share.
    private struct SharingEncoder: FeatureSource {
        let encoder = FakeEncoder()
        var sharedSpace: String
        var values: [Float] = [3, 4]

        func embedText(_ text: String) async throws -> Feature { try await encoder.embedText(text) }
        func embedImage(_ file: [UInt8]) async throws -> Feature { try await encoder.embedImage(file) }
        func shared(titles: [String], image: Feature?) async throws -> [Feature] {
            let title = Feature(modality: Modality.titleByPicture, spaceID: sharedSpace, values: values)
            return image == nil
                ? [title] : [title, Feature(modality: Modality.pictureByWords, spaceID: sharedSpace, values: [Float(titles.count), 0])]
        }
    }

    @Test func aSharedSpaceGivesVectorsOfItsOwnAndItsChangeEncodesAllAgain() async throws {
        let folder = try TemporaryFolder()
        try fill(folder)
        let stores = try open(folder)
        let importer = CatalogImporter(stores: stores)
        _ = try await importer.importFolder(folder.path + "/shop", encoder: FakeEncoder())
        #expect(try await stores.snapshot().spaces.count == 2)
        let first = try await importer.importFolder(folder.path + "/shop", encoder: SharingEncoder(sharedSpace: "one"))
        #expect(first.products.updated == 3)
        let snapshot = try await stores.snapshot()
        #expect(snapshot.spaces[Modality.titleByPicture] == "one" && snapshot.spaces[Modality.pictureByWords] == "one")
        let features = snapshot.features(of: "p1").filter { $0.spaceID == "one" }
        #expect(features.contains { $0.modality == Modality.titleByPicture && $0.values == [0.6, 0.8] })
        let query = FusedQuery(blocks: [.init(modality: Modality.titleByPicture, spaceID: "one", values: [0.6, 0.8], weight: 1)])
        #expect(try snapshot.search(query, k: 3).allSatisfy { abs($0.score - 1) < 1e-5 })
        #expect(try await importer.importFolder(folder.path + "/shop", encoder: SharingEncoder(sharedSpace: "one")).products.unchanged == 3)
        #expect(try await importer.importFolder(folder.path + "/shop", encoder: SharingEncoder(sharedSpace: "two")).products.updated == 3)
        let bad = try await importer.importFolder(folder.path + "/shop", encoder: SharingEncoder(sharedSpace: "three", values: [.nan, 1]))
        #expect(bad.products.total == 0 && bad.problems.contains { $0.reason.contains("the shared space gave no usable vector") })
    }

    @Test func removedSectionsAndExamplesGo() async throws {
        let folder = try TemporaryFolder()
        try fill(folder)
        try folder.write("shop/policies/broken.md", policy.replacing("language: en", with: "language: zh"))
        let stores = try open(folder)
        let importer = CatalogImporter(stores: stores)
        _ = try await importer.importFolder(folder.path + "/shop", encoder: FakeEncoder())
        #expect(try await stores.snapshot().documents.count == 4)
        try folder.write("shop/policies/broken.md", policy.replacing("language: en", with: "language: zh").replacing("## Refunds", with: "More:"))
        try folder.write("shop/intents.yaml", intents.replacing("    zh: [我想看戒指]\n", with: ""))
        _ = try await importer.importFolder(folder.path + "/shop", encoder: FakeEncoder())
        let snapshot = try await stores.snapshot()
        #expect(snapshot.documents.map(\.id) == ["returns/en/1", "returns/en/2", "returns/zh/1"])
        #expect(snapshot.intentExamples.count == 2)
        #expect(try await stores.searchDocuments(words: "refund", language: "zh", limit: 5).map(\.id) == ["returns/zh/1"])
    }

    @Test func aFullDiskLeavesTheOldCatalogue() async throws {
        let folder = try TemporaryFolder()
        try fill(folder)
        try open(folder).close()
        let pages = try Connection(path: folder.path + "/shop.sqlite", readOnly: false).rows("PRAGMA page_count") { $0.int(0) }[0]
        let stores = try SQLiteStores(path: folder.path + "/shop.sqlite", shop: "test", pagesMax: pages + 12)
        let importer = CatalogImporter(stores: stores)
        let first = try await importer.importFolder(folder.path + "/shop", encoder: FakeEncoder())
        let rows = (0..<400).map { product("q\($0)") }
        try folder.write("shop/catalog/products.jsonl", rows.joined(separator: "\n"))
        var failure: StoreError?
        do { _ = try await importer.importFolder(folder.path + "/shop", encoder: FakeEncoder()) } catch { failure = error }
        #expect(failure?.code == .diskFull && failure?.message.contains("shop.sqlite") == true)
        let snapshot = try await stores.snapshot()
        #expect(snapshot.products.map(\.id) == ["p1", "p2", "p8"] && snapshot.hash == first.catalogHash)
        #expect(try await stores.searchProducts(words: "opal", language: "en", limit: 5).map(\.id) == ["p8"])
        #expect(!FileManager.default.fileExists(atPath: folder.path + "/shop.sqlite.import"), "the staging file is gone")
    }

    @Test func aBrokenEncoderEndsTheImportAndChangesNothing() async throws {
        let folder = try TemporaryFolder()
        try folder.write("shop/products.jsonl", (0..<30).map { product("p\($0)", image: "") }.joined(separator: "\n"))
        let stores = try open(folder)
        var failure: StoreError?
        do { _ = try await CatalogImporter(stores: stores).importFolder(folder.path + "/shop", encoder: FakeEncoder(broken: true)) } catch {
            failure = error
        }
        #expect(failure?.code == .unavailable && failure?.message.contains("no model") == true)
        #expect(try await stores.snapshot().products.isEmpty)
    }

    @Test func aFolderWithNothingToImportIsNotFound() async throws {
        let folder = try TemporaryFolder()
        let stores = try open(folder)
        let importer = CatalogImporter(stores: stores)
        #expect(await code { _ = try await importer.importFolder(folder.path + "/nowhere", encoder: FakeEncoder()) } == .notFound)
        try folder.write("empty/readme.txt", "nothing")
        #expect(await code { _ = try await importer.importFolder(folder.path + "/empty", encoder: FakeEncoder()) } == .notFound)
    }

    @Test func overlongLinesAndInvalidUTF8AreRowProblems() async throws {
        let folder = try TemporaryFolder()
        var bytes = Array((product("p1", image: "") + "\n").utf8)
        bytes += [UInt8](repeating: 0x20, count: ImportFolder.rowBytesMax + 10) + [0x0A]
        bytes += [0x7B, 0xFF, 0xFE, 0x7D, 0x0A]
        bytes += Array(product("p2", image: "").utf8)
        try folder.write("shop/products.jsonl", bytes)
        let stores = try open(folder)
        let report = try await CatalogImporter(stores: stores).importFolder(folder.path + "/shop", encoder: FakeEncoder())
        #expect(report.products.added == 2)
        #expect(report.problems.map(\.line) == [2, 3] && report.problems[1].reason == "not UTF-8")
    }
}

@Suite struct WordSearchTests {
    @Test func wordsAreFoundInBothLanguages() async throws {
        let folder = try TemporaryFolder()
        try fill(folder)
        let stores = try open(folder)
        _ = try await CatalogImporter(stores: stores).importFolder(folder.path + "/shop", encoder: FakeEncoder())
        func products(_ words: String) async throws -> [String] {
            try await stores.searchProducts(words: words, language: "", limit: 10).map(\.id)
        }
        #expect(try await products("necklaces").first == "p2", "stemmed")
        #expect(try await products("项链") == ["p2"])
        #expect(try await products("有没有银项链").first == "p2")
        #expect(try await products("opal") == ["p8"])
        #expect(try await products("链指") == [], "pairs that no text has")
        #expect(try await products("\" OR NEAR( * ^ {title}: -") == [], "operators are words")
        #expect(try await products("") == [])
        let documents = try await stores.searchDocuments(words: "can I return my ring?", language: "en", limit: 5)
        #expect(documents.first?.id == "returns/en/1")
        #expect(try await stores.searchDocuments(words: "return", language: "zh", limit: 5).isEmpty)
    }

    @Test func rareWordsAreRankedAndThoseOfThousandsLeftOut() async throws {
        let folder = try TemporaryFolder()
        let stores = try open(folder)
        let count = SQLiteStores.rankedRowsMax + 300
        try await stores.database.write("fill") { (connection) throws(StoreError) in
            for number in 0..<count {
                let body = "chain" + (number % 100 == 7 ? " moon" : "") + (number == count - 1 ? " owl" : "")
                try connection.run(
                    "INSERT INTO products(key, id, category, json, row_hash, price_minor, currency, stock, words_title, words_body) "
                        + "VALUES(?, ?, 'ring', '{}', '', 0, 'USD', 1, '', ?)", [.int(number + 1), .text("p\(10_000 + number)"), .text(body)])
                try connection.run("INSERT INTO product_words(rowid, title, body) VALUES(?, '', ?)", [.int(number + 1), .text(body)])
            }
        }
        // The last product alone has the rarest word; those with the other one follow; the word of all brings in nobody.
        let hits = try await stores.searchProducts(words: "a chain with an owl and a moon, chain", language: "en", limit: 100)
        #expect(hits.first?.id == "p\(10_000 + count - 1)" && hits.count == 1 + count / 100)
        #expect(hits.dropFirst().allSatisfy { (Int($0.id.dropFirst()) ?? 0) % 100 == 7 })
        // Alone it still finds some.
        #expect(try await stores.searchProducts(words: "chain", language: "en", limit: 10).count == 10)
        #expect(try await stores.searchProducts(words: "zebra", language: "en", limit: 10).isEmpty)
    }

    @Test func chineseIsCutIntoCharactersAndPairs() {
        #expect(WordCutter.indexed("18K金戒指, ring") == "18k 金 金戒 戒 戒指 指 ring")
        #expect(WordCutter.query("金戒指") == "\"金戒\" OR \"戒指\"")
        #expect(WordCutter.query("金") == "\"金\"")
        #expect(WordCutter.query("the rings") == "\"rings\"")
        #expect(WordCutter.query(" ,!") == nil)
    }

    @Test func overlayWidthsAreReadFromHeaders() {
        let png: [UInt8] =
            [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13] + Array("IHDR".utf8) + [0, 0, 1, 2, 0, 0, 0, 9, 8, 6, 0, 0, 0, 0]
        #expect(PictureSize.width(png) == 258)
        let webp = Array("RIFF".utf8) + [0, 0, 0, 0] + Array("WEBPVP8X".utf8) + [10, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0, 0, 93, 0, 0]
        #expect(PictureSize.width(webp) == 256)
        #expect(PictureSize.width([1, 2, 3]) == nil)
    }
}
