import Foundation
import Fusion
import Testing

@testable import Catalog

@Suite("Descriptions in the store")
struct DescriptionTests {
    private let ring = Product(
        id: "RING", category: "ring", title: ["en": "Ring"], details: ["en": "A band of 2.2 mm. Catches on nothing!", "zh": "不勾毛衣。"],
        attributes: ["weight_g": .number(3), "country_of_origin": .text("Italy"), "color": .text("rose_gold")])

    private func stored(_ products: [Product]) throws -> (stores: SQLiteStores, connection: Connection, remove: () -> Void) {
        let path = NSTemporaryDirectory() + "vitrine-descriptions-\(UUID().uuidString).sqlite"
        let stores = try SQLiteStores(path: path, shop: "gold")
        let connection = try Connection(path: path, readOnly: false)
        for product in products {
            try connection.run(
                """
                INSERT INTO products(id, category, json, row_hash, price_minor, currency, stock, words_title, words_body)
                VALUES (?, ?, ?, 'a', 0, 'USD', 1, '', '')
                """, [.text(product.id), .text(product.category), .text(try StoredJSON.encode(product))])
        }
        return (
            stores, connection,
            {
                stores.close()
                for suffix in ["", "-wal", "-shm"] { unlink(path + suffix) }
            }
        )
    }

    private func described(_ product: Product, _ said: [(String, [Float])]) -> ProductDescription {
        ProductDescription(productID: product.id, sentences: said.map { (DescriptionSentence(language: "en", sentence: $0.0), $0.1) })
    }

    @Test("Sentences in each language, and attributes that nothing else states, in words")
    func sentences() {
        let all = DescriptionSentence.all(of: ring, without: ["weight_g"])
        #expect(
            all == [
                DescriptionSentence(language: "en", sentence: "A band of 2.2 mm"),
                DescriptionSentence(language: "en", sentence: "Catches on nothing"),
                DescriptionSentence(language: "zh", sentence: "不勾毛衣"),
                DescriptionSentence(language: "", sentence: "color: rose gold"),
                DescriptionSentence(language: "", sentence: "country of origin: Italy"),
            ])
        #expect(DescriptionSentence.all(of: Product(id: "X", category: "ring"), without: []).isEmpty)
    }

    @Test("A product is read once, again when it has changed or is read otherwise, and forgotten with it")
    func once() async throws {
        let (stores, connection, remove) = try stored([ring, Product(id: "OTHER", category: "ring")])
        defer { remove() }
        #expect(try stores.undescribedProducts(mark: "m1", limit: 10).map(\.id) == ["OTHER", "RING"])
        try stores.keepDescriptions([described(ring, [("Catches on nothing", [1, 0])])], spaceID: "s", mark: "m1")
        #expect(try stores.undescribedProducts(mark: "m1", limit: 10).map(\.id) == ["OTHER"], "what says nothing stays unread")
        #expect(try stores.undescribedProducts(mark: "m1", limit: 10, after: "OTHER").isEmpty)
        #expect(try stores.undescribedProducts(mark: "m2", limit: 1).map(\.id) == ["OTHER"])
        try connection.execute("UPDATE products SET row_hash = 'b' WHERE id = 'RING'")
        #expect(try stores.undescribedProducts(mark: "m1", limit: 10, after: "OTHER").map(\.id) == ["RING"])
        try stores.keepDescriptions([described(ring, [("A plain band", [0, 1])])], spaceID: "s", mark: "m1")
        func found(_ words: String) async throws -> [String] {
            try await stores.searchDescription(of: "RING", words: words, meaning: nil, limit: 9).byWords.map(\.found.sentence)
        }
        #expect(try await found("catches nothing").isEmpty)
        #expect(try await found("bands") == ["A plain band"])
        try stores.keepDescriptions([described(ring, [])], spaceID: "s", mark: "m1")
        #expect(try await found("bands").isEmpty, "what says nothing any more is not quoted")
        try stores.keepDescriptions([described(ring, [("A plain band", [0, 1])])], spaceID: "s", mark: "m1")
        try connection.execute("DELETE FROM products WHERE id = 'RING'")
        try stores.keepDescriptions([], spaceID: "s", mark: "m1")
        #expect(try await found("bands").isEmpty)
        #expect(try connection.rows("SELECT count(*) FROM descriptions", []) { $0.int(0) } == [0])
    }

    @Test("What is said of one product is found by words and by meaning, each ranking best first")
    func searched() async throws {
        let other = Product(id: "OTHER", category: "ring", details: ["en": "x"])
        let (stores, _, remove) = try stored([ring, other])
        defer { remove() }
        try stores.keepDescriptions(
            [
                described(ring, [("A plain band", [0, 1]), ("Catches on no gloves", [1, 0]), ("Light enough for gloves", [0.8, 0.6])]),
                described(other, [("Made for gloves", [1, 0])]),
            ], spaceID: "s", mark: "m")
        let hits = try await stores.searchDescription(
            of: "RING", words: "catch glove", meaning: Feature(modality: "text", spaceID: "s", values: [3, 0]), limit: 2)
        #expect(hits.byWords.map(\.found.sentence) == ["Catches on no gloves", "Light enough for gloves"])
        #expect(hits.byMeaning.map(\.found.sentence) == ["Catches on no gloves", "Light enough for gloves"])
        #expect(hits.byMeaning.map { ($0.score * 100).rounded() } == [100, 80])
        let foreign = Feature(modality: "text", spaceID: "other", values: [1, 0])
        #expect(try await stores.searchDescription(of: "RING", words: "", meaning: foreign, limit: 9) == SentenceHits())
    }
}
