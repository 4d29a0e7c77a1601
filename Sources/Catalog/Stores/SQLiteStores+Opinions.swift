public import Fusion

/// One sentence of a review, read by a trained model.
public struct Opinion: Sendable, Equatable {
    public var reviewID: String
    public var productID: String
    /// The review's stars, 1 to 5.
    public var rating: Int
    public var language: String
    public var sentence: String
    /// What it is about: "clasp", "delivery" …
    public var aspect: String
    /// That it praises that, 0 to 1.
    public var praise: Double

    public init(reviewID: String, productID: String, rating: Int, language: String = "", sentence: String, aspect: String, praise: Double) {
        self.reviewID = reviewID
        self.productID = productID
        self.rating = rating
        self.language = language
        self.sentence = sentence
        self.aspect = aspect
        self.praise = praise
    }
}

/// What reviews say, sentence by sentence: made when a shop is imported, read when a customer asks.
extension SQLiteStores {
    nonisolated(nonsending) public func opinions(of productID: String, limit: Int) async throws(StoreError) -> [Opinion] {
        try await database.read("store opinions") { (connection) throws(StoreError) in
            let sql = """
                SELECT review_id, product_id, rating, language, sentence, aspect, praise FROM opinions WHERE product_id = ?
                ORDER BY review_id, line LIMIT ?
                """
            return try connection.rows(sql, [.text(productID), Self.rows(limit)]) { Self.opinion($0) }
        }
    }

    nonisolated(nonsending) public func searchOpinions(
        of productID: String, words: String, meaning: Feature?, limit: Int
    ) async throws(StoreError) -> SentenceHits<Opinion> {
        try await searchSentences(
            SentenceTable(
                label: "store search opinions", name: "opinions", words: "opinion_words",
                columns: ["review_id", "product_id", "rating", "language", "sentence", "aspect", "praise"], order: "review_id, line"), of: productID,
            words: words, meaning: meaning, limit: limit
        ) { Self.opinion($0) }
    }

    private static func opinion(_ row: Statement) -> Opinion {
        Opinion(
            reviewID: row.text(0), productID: row.text(1), rating: row.int(2), language: row.text(3), sentence: row.text(4), aspect: row.text(5),
            praise: row.real(6))
    }

    /// Reviews whose sentences `model` has not read as they are now, at most `limit`, in the order of their ids behind `after`: a review without a
    /// sentence stays unread, and is not to be met again and again. Blocks: for imports.
    public func unreadReviews(model: String, limit: Int, after: String = "") throws(StoreError) -> [Review] {
        let connection = try Connection(path: path, readOnly: true)
        let sql = """
            SELECT id, product_id, rating, language, title, text FROM reviews AS r
            WHERE text <> '' AND id > ? AND NOT EXISTS (SELECT 1 FROM opinions AS o WHERE o.review_id = r.id AND o.made_from = r.row_hash || '/' || ?)
            ORDER BY id LIMIT ?
            """
        return try connection.rows(sql, [.text(after), .text(model), .int(limit)]) {
            Review(id: $0.text(0), productID: $0.text(1), rating: $0.int(2), language: $0.text(3), title: $0.text(4), text: $0.text(5))
        }
    }

    /// Keeps what `model` read in these reviews, by its words and its meaning too, in the place of what was read before; forgets what was read in
    /// reviews that are gone. Blocks: for imports.
    /// - Parameters:
    ///   - vectors: of the sentences, unit vectors beside `opinions`; empty = they are found by their words alone.
    ///   - spaceID: the space of the vectors.
    public func keep(
        _ opinions: [Opinion], vectors: [[Float]] = [], spaceID: String = "", of reviews: [Review], model: String
    ) throws(StoreError) {
        guard vectors.isEmpty || vectors.count == opinions.count else {
            throw StoreError(.invalidArgument, "\(opinions.count) sentences and \(vectors.count) vectors")
        }
        let connection = try Connection(path: path, readOnly: false)
        try connection.transaction { () throws(StoreError) in
            for review in reviews {
                try connection.run("DELETE FROM opinion_words WHERE rowid IN (SELECT key FROM opinions WHERE review_id = ?)", [.text(review.id)])
                try connection.run("DELETE FROM opinions WHERE review_id = ?", [.text(review.id)])
            }
            var key = try connection.rows("SELECT coalesce(max(key), 0) FROM opinions", []) { $0.int(0) }.first ?? 0
            var line = 0
            var last = ""
            for (place, opinion) in opinions.enumerated() {
                key += 1
                line = opinion.reviewID == last ? line + 1 : 0
                last = opinion.reviewID
                try connection.run(
                    """
                    INSERT INTO opinions(
                        key, space_id, vector, review_id, line, product_id, rating, language, sentence, aspect, praise, made_from)
                    SELECT ?, ?, ?, id, ?, ?, ?, ?, ?, ?, ?, row_hash || '/' || ? FROM reviews WHERE id = ?
                    """,
                    [
                        .int(key), .text(vectors.isEmpty ? "" : spaceID), vectors.isEmpty ? .blob([]) : .floats(vectors[place]),
                        .int(line), .text(opinion.productID), .int(opinion.rating), .text(opinion.language), .text(opinion.sentence),
                        .text(opinion.aspect), .real(opinion.praise), .text(model), .text(opinion.reviewID),
                    ])
                try connection.run(
                    "INSERT INTO opinion_words(rowid, body) VALUES (?, ?)", [.int(key), .text(WordCutter.indexed(opinion.sentence))])
            }
            try connection.run(
                "DELETE FROM opinion_words WHERE rowid IN (SELECT key FROM opinions WHERE review_id NOT IN (SELECT id FROM reviews))", [])
            try connection.run("DELETE FROM opinions WHERE review_id NOT IN (SELECT id FROM reviews)", [])
        }
    }
}
