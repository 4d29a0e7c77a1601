public import Fusion

/// One sentence that the shop says of a product.
public struct DescriptionSentence: Sendable, Equatable {
    /// "" = it is the same in all.
    public var language: String
    public var sentence: String

    public init(language: String, sentence: String) {
        self.language = language
        self.sentence = sentence
    }

    /// What a product's description says, in each of its languages, and its attributes, except for those named.
    public static func all(of product: Product, without attributes: Set<String>) -> [DescriptionSentence] {
        var found: [DescriptionSentence] = []
        for (language, text) in product.details.sorted(by: { $0.key < $1.key }) {
            found += Sentences.split(text).map { DescriptionSentence(language: language, sentence: $0) }
        }
        for (name, value) in product.attributes.sorted(by: { $0.key < $1.key }) where !attributes.contains(name) {
            let said = value.texts.map { $0.replacing("_", with: " ") }.joined(separator: ", ")
            if !said.isEmpty { found.append(DescriptionSentence(language: "", sentence: "\(name.replacing("_", with: " ")): \(said)")) }
        }
        return found
    }
}

/// What an import reads in one product.
public struct ProductDescription: Sendable {
    public var productID: String
    /// With their unit vectors.
    public var sentences: [(said: DescriptionSentence, vector: [Float])]

    public init(productID: String, sentences: [(said: DescriptionSentence, vector: [Float])]) {
        self.productID = productID
        self.sentences = sentences
    }
}

/// What the shop says of its products: cut and embedded when a shop is imported, read when a customer asks.
extension SQLiteStores {
    nonisolated(nonsending) public func searchDescription(
        of productID: String, words: String, meaning: Feature?, limit: Int
    ) async throws(StoreError) -> SentenceHits<DescriptionSentence> {
        let table = SentenceTable(
            label: "store search description", name: "descriptions", words: "description_words", columns: ["language", "sentence"], order: "line")
        return try await searchSentences(table, of: productID, words: words, meaning: meaning, limit: limit) {
            DescriptionSentence(language: $0.text(0), sentence: $0.text(1))
        }
    }

    /// Products whose descriptions have not been read as they are now, at most `limit`, in the order of their ids behind `after`: a product without
    /// a description stays unread. Blocks: for imports.
    /// - Parameter mark: tells apart what was read from what would be read now: the space of the vectors, and what is kept.
    public func undescribedProducts(mark: String, limit: Int, after: String = "") throws(StoreError) -> [Product] {
        let connection = try Connection(path: path, readOnly: true)
        let sql = """
            SELECT json FROM products AS p
            WHERE id > ? AND NOT EXISTS (SELECT 1 FROM descriptions AS d WHERE d.product_id = p.id AND d.made_from = p.row_hash || '/' || ?)
            ORDER BY id LIMIT ?
            """
        return try connection.rows(sql, [.text(after), .text(mark), .int(limit)]) { (row) throws(StoreError) in
            try StoredJSON.decode(Product.self, row.text(0), what: "a product")
        }
    }

    /// Keeps what was read in these products in the place of what was read before, and forgets products that are gone. Blocks: for imports.
    public func keepDescriptions(_ products: [ProductDescription], spaceID: String, mark: String) throws(StoreError) {
        let connection = try Connection(path: path, readOnly: false)
        try connection.transaction { () throws(StoreError) in
            for product in products {
                try connection.run(
                    "DELETE FROM description_words WHERE rowid IN (SELECT key FROM descriptions WHERE product_id = ?)", [.text(product.productID)])
                try connection.run("DELETE FROM descriptions WHERE product_id = ?", [.text(product.productID)])
            }
            var key = try connection.rows("SELECT coalesce(max(key), 0) FROM descriptions", []) { $0.int(0) }.first ?? 0
            for product in products {
                for (line, (said, vector)) in product.sentences.enumerated() {
                    key += 1
                    try connection.run(
                        """
                        INSERT INTO descriptions(key, product_id, language, line, sentence, space_id, vector, made_from)
                        SELECT ?, id, ?, ?, ?, ?, ?, row_hash || '/' || ? FROM products WHERE id = ?
                        """,
                        [
                            .int(key), .text(said.language), .int(line), .text(said.sentence), .text(spaceID), .floats(vector), .text(mark),
                            .text(product.productID),
                        ])
                    try connection.run(
                        "INSERT INTO description_words(rowid, body) VALUES (?, ?)", [.int(key), .text(WordCutter.indexed(said.sentence))])
                }
            }
            let gone = "product_id NOT IN (SELECT id FROM products)"
            try connection.run("DELETE FROM description_words WHERE rowid IN (SELECT key FROM descriptions WHERE \(gone))", [])
            try connection.run("DELETE FROM descriptions WHERE \(gone)", [])
        }
    }
}
