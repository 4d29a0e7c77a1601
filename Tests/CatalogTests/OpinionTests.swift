import Foundation
import Fusion
import Testing

@testable import Catalog

@Suite("Opinions in the store")
struct OpinionTests {
    private func opinion(_ review: Review, _ sentence: String, _ aspect: String) -> Opinion {
        Opinion(
            reviewID: review.id, productID: review.productID, rating: review.rating, language: review.language, sentence: sentence, aspect: aspect,
            praise: 0.75)
    }

    /// A store with three reviews of these texts, two of them of one product; and what closes and removes it.
    private func reviewed(_ texts: [String]) throws -> (stores: SQLiteStores, connection: Connection, remove: () -> Void) {
        let path = NSTemporaryDirectory() + "vitrine-opinions-\(UUID().uuidString).sqlite"
        let stores = try SQLiteStores(path: path, shop: "gold")
        let connection = try Connection(path: path, readOnly: false)
        try connection.execute(
            """
            INSERT INTO reviews(id, product_id, rating, language, title, text, row_hash) VALUES
                ('R1', 'RING', 5, 'en', '', '\(texts[0])', 'a'), ('R2', 'RING', 1, 'zh', '', '\(texts[1])', 'b'),
                ('R3', 'OTHER', 3, 'en', '', '\(texts[2])', 'c')
            """)
        return (
            stores, connection,
            {
                stores.close()
                for suffix in ["", "-wal", "-shm"] { unlink(path + suffix) }
            }
        )
    }

    @Test("a review is read once by each model, again when it has changed, and forgotten with it")
    func once() async throws {
        let (stores, connection, remove) = try reviewed(["Fine. Quick.", "坏了。", ""])
        defer { remove() }
        let unread = try stores.unreadReviews(model: "m1", limit: 10)
        #expect(unread.map(\.id) == ["R1", "R2"], "a review without a text has nothing to read")
        let made = [opinion(unread[0], "Fine", "general"), opinion(unread[0], "Quick", "delivery"), opinion(unread[1], "坏了", "quality")]
        try stores.keep(made, of: unread, model: "m1")
        #expect(try stores.unreadReviews(model: "m1", limit: 10).isEmpty)
        #expect(try await stores.opinions(of: "RING", limit: 10) == made)
        #expect(try await stores.opinions(of: "RING", limit: 2) == Array(made.prefix(2)))
        #expect(try await stores.opinions(of: "OTHER", limit: 10).isEmpty)
        #expect(try stores.unreadReviews(model: "m2", limit: 10).count == 2, "another model reads them anew")
        try connection.execute("UPDATE reviews SET text = 'Slow.', row_hash = 'a2' WHERE id = 'R1'; DELETE FROM reviews WHERE id = 'R2'")
        let changed = try stores.unreadReviews(model: "m1", limit: 10)
        #expect(changed.map(\.id) == ["R1"])
        try stores.keep([opinion(changed[0], "Slow", "delivery")], of: changed, model: "m1")
        #expect(try await stores.opinions(of: "RING", limit: 10).map(\.sentence) == ["Slow"])
    }

    @Test("sentences of one product are found by words and by meaning, each ranking best first; what was read again is found as it is now")
    func searched() async throws {
        let (stores, _, remove) = try reviewed(["x", "x", "x"])
        defer { remove() }
        let reviews = try stores.unreadReviews(model: "m1", limit: 10)
        let made = [
            opinion(reviews[0], "It snags on sweaters", "comfort"), opinion(reviews[0], "Quick delivery", "delivery"),
            opinion(reviews[1], "会勾毛衣", "comfort"), opinion(reviews[2], "Snags on every sweater", "comfort"),
        ]
        try stores.keep(made, vectors: [[1, 0], [0, 1], [0.8, 0.6], [1, 0]], spaceID: "s", of: reviews, model: "m1")
        func found(_ words: String, _ meaning: [Float]?, limit: Int = 10) async throws -> SentenceHits<Opinion> {
            let feature = meaning.map { Feature(modality: "text", spaceID: "s", values: $0) }
            return try await stores.searchOpinions(of: "RING", words: words, meaning: feature, limit: limit)
        }
        #expect(try await found("snagging sweater", nil).byWords.map(\.found.sentence) == ["It snags on sweaters"])
        #expect(try await found("勾毛衣", nil).byWords.map(\.found.sentence) == ["会勾毛衣"])
        #expect(try await found("price", nil) == SentenceHits<Opinion>())
        let near = try await found("", [2, 0]).byMeaning
        #expect(near.map(\.found.sentence) == ["It snags on sweaters", "会勾毛衣", "Quick delivery"])
        #expect(near.map { ($0.score * 100).rounded() } == [100, 80, 0])
        #expect(try await found("", [1, 0], limit: 1).byMeaning.count == 1)
        let other = Feature(modality: "text", spaceID: "other", values: [1, 0])
        #expect(try await stores.searchOpinions(of: "RING", words: "", meaning: other, limit: 9).byMeaning.isEmpty)
        try stores.keep([opinion(reviews[0], "Slow", "delivery")], of: [reviews[0]], model: "m2")
        #expect(try await found("snags sweaters", nil).byWords.isEmpty)
        #expect(try await found("slow", nil).byWords.map(\.found.sentence) == ["Slow"])
        #expect(try await found("", [1, 0]).byMeaning.map(\.found.sentence) == ["会勾毛衣"], "without a vector by its words alone")
        #expect(throws: StoreError.self) { try stores.keep(made, vectors: [[1, 0]], spaceID: "s", of: reviews, model: "m3") }
    }

    @Test("reviews without a sentence stay unread and are passed by: reading them batch by batch ends")
    func withoutSentences() throws {
        let path = NSTemporaryDirectory() + "vitrine-opinions-\(UUID().uuidString).sqlite"
        defer { for suffix in ["", "-wal", "-shm"] { unlink(path + suffix) } }
        let stores = try SQLiteStores(path: path, shop: "gold")
        defer { stores.close() }
        let connection = try Connection(path: path, readOnly: false)
        for number in 1...5 {
            try connection.execute(
                "INSERT INTO reviews(id, product_id, rating, language, title, text, row_hash) VALUES ('R\(number)', 'RING', 5, 'en', '', '...', 'a')")
        }
        var seen: [String] = []
        var last = ""
        while case let batch = try stores.unreadReviews(model: "m", limit: 2, after: last), let end = batch.last, seen.count < 20 {
            try stores.keep([], of: batch, model: "m")
            seen += batch.map(\.id)
            last = end.id
        }
        #expect(seen == ["R1", "R2", "R3", "R4", "R5"])
    }

    @Test("a review is cut into sentences, so many at most; a point in a number ends none")
    func sentences() {
        #expect(Sentences.split("Worn for 2.5 years.Still 4.0 g. 重3.7克。") == ["Worn for 2.5 years", "Still 4.0 g", "重3.7克"])
        #expect(Sentences.split(" Fine!  Quick. 很好。\n坏了？ ") == ["Fine", "Quick", "很好", "坏了"])
        #expect(Sentences.split(String(repeating: "a.", count: 500)).count == Sentences.countMax)
        #expect(Sentences.split("…!?").count == 1)
        #expect(Sentences.split("").isEmpty)
    }
}
