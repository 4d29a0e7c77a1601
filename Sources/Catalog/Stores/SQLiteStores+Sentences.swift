import Fusion

/// Sentences about one product that are near a question, best first in each of two rankings, which are not comparable with each other.
public struct SentenceHits<Sentence: Sendable & Equatable>: Sendable, Equatable {
    public struct Hit: Sendable, Equatable {
        public var found: Sentence
        /// BM25 or the cosine.
        public var score: Double

        public init(_ found: Sentence, score: Double) {
            self.found = found
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

/// A table of sentences with columns key, product_id, space_id and vector, and the index of their words, whose rows are its keys.
struct SentenceTable: Sendable {
    /// What a read of it is called in logs.
    var label: StaticString
    var name: String
    var words: String
    /// What is read of a sentence.
    var columns: [String]
    /// In what order sentences are compared.
    var order: String
}

extension SQLiteStores {
    /// Sentences of one product that are compared by their meaning: 2 KB and about 1 µs each.
    static let comparedMax = 2_000

    /// - Parameter meaning: a unit vector, or one that is made so; sentences of another space are not compared with it.
    nonisolated(nonsending) func searchSentences<Sentence>(
        _ table: SentenceTable, of productID: String, words: String, meaning: Feature?, limit: Int,
        _ sentence: @escaping @Sendable (Statement) -> Sentence
    ) async throws(StoreError) -> SentenceHits<Sentence> {
        let expression = WordCutter.query(words)
        let meaning = meaning?.normalised()
        return try await database.read(table.label) { (connection) throws(StoreError) in
            var hits = SentenceHits<Sentence>()
            let columns = table.columns.map { "t.\($0)" }.joined(separator: ", ")
            let scored = table.columns.count
            let order = table.order.split(separator: ", ").map { "t.\($0)" }.joined(separator: ", ")
            if let expression {
                let sql = """
                    SELECT \(columns), -bm25(\(table.words)) AS score FROM \(table.words) JOIN \(table.name) t ON t.key = \(table.words).rowid
                    WHERE \(table.words) MATCH ? AND \(table.words).rowid IN (SELECT key FROM \(table.name) WHERE product_id = ?)
                    ORDER BY score DESC, \(order) LIMIT ?
                    """
                hits.byWords = try connection.rows(sql, [.text(expression), .text(productID), Self.rows(limit)]) {
                    SentenceHits.Hit(sentence($0), score: $0.real(scored))
                }
            }
            guard let meaning else { return hits }
            let sql = "SELECT \(columns), t.vector FROM \(table.name) t WHERE t.product_id = ? AND t.space_id = ? ORDER BY \(order) LIMIT ?"
            let all = try connection.rows(sql, [.text(productID), .text(meaning.spaceID), .int(Self.comparedMax)]) { row in
                let vector = row.floats(scored)
                let cosine = vector.count == meaning.values.count ? zip(vector, meaning.values).reduce(Float(0)) { $0 + $1.0 * $1.1 } : 0
                return SentenceHits.Hit(sentence(row), score: Double(cosine))
            }
            let ranked = all.enumerated().sorted { ($1.element.score, $0.offset) < ($0.element.score, $1.offset) }
            hits.byMeaning = ranked.prefix(max(0, limit)).map(\.element)
            return hits
        }
    }
}
