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

/// Sentences of one product's reviews that are near a question, best first in each of two rankings, which are not comparable with each other.
public struct OpinionHits: Sendable, Equatable {
    public struct Hit: Sendable, Equatable {
        public var opinion: Opinion
        /// BM25 or the cosine.
        public var score: Double

        public init(opinion: Opinion, score: Double) {
            self.opinion = opinion
            self.score = score
        }
    }

    public var byWords: [Hit]
    public var byMeaning: [Hit]

    public init(byWords: [Hit] = [], byMeaning: [Hit] = []) {
        self.byWords = byWords
        self.byMeaning = byMeaning
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
    ) async throws(StoreError) -> OpinionHits {
        let expression = WordCutter.query(words)
        let meaning = meaning?.normalised()
        return try await database.read("store search opinions") { (connection) throws(StoreError) in
            var hits = OpinionHits()
            let columns = "o.review_id, o.product_id, o.rating, o.language, o.sentence, o.aspect, o.praise"
            if let expression {
                let sql = """
                    SELECT \(columns), -bm25(opinion_words) AS score FROM opinion_words JOIN opinions o ON o.key = opinion_words.rowid
                    WHERE opinion_words MATCH ? AND opinion_words.rowid IN (SELECT key FROM opinions WHERE product_id = ?)
                    ORDER BY score DESC, o.review_id, o.line LIMIT ?
                    """
                hits.byWords = try connection.rows(sql, [.text(expression), .text(productID), Self.rows(limit)]) {
                    OpinionHits.Hit(opinion: Self.opinion($0), score: $0.real(7))
                }
            }
            guard let meaning else { return hits }
            let sql = "SELECT \(columns), o.vector FROM opinions o WHERE o.product_id = ? AND o.space_id = ? ORDER BY o.review_id, o.line LIMIT ?"
            let all = try connection.rows(sql, [.text(productID), .text(meaning.spaceID), .int(Self.comparedMax)]) { row in
                let vector = row.floats(7)
                let cosine = vector.count == meaning.values.count ? zip(vector, meaning.values).reduce(Float(0)) { $0 + $1.0 * $1.1 } : 0
                return OpinionHits.Hit(opinion: Self.opinion(row), score: Double(cosine))
            }
            let ranked = all.enumerated().sorted { ($1.element.score, $0.offset) < ($0.element.score, $1.offset) }
            hits.byMeaning = ranked.prefix(max(0, limit)).map(\.element)
            return hits
        }
    }

    /// Sentences of one product that are compared by their meaning: 2 KB and about 1 µs each.
    static let comparedMax = 2_000

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
