import Fusion

extension SQLiteStores: CatalogStore {
    nonisolated(nonsending) public func searchProducts(words query: String, language: String, limit: Int) async throws(StoreError) -> [WordHit] {
        let words = WordCutter.queryWords(query)
        guard !words.isEmpty else { return [] }
        return try await database.read("store search products") { (connection) throws(StoreError) in
            guard let expression = WordCutter.expression(try Self.telling(words, connection)) else { return [] }
            // A word in the title counts four times one in the body. bm25() is negative, lower is better.
            let sql = """
                SELECT p.id, w.score FROM (
                    SELECT key, score FROM (
                        SELECT rowid AS key, -bm25(product_words, 4.0, 1.0) AS score FROM product_words WHERE product_words MATCH ? LIMIT ?
                    ) ORDER BY score DESC, key LIMIT ?
                ) w JOIN products p ON p.key = w.key ORDER BY w.score DESC, p.id
                """
            return try connection.rows(sql, [.text(expression), .int(Self.rankedRowsMax), Self.rows(limit)]) {
                WordHit(id: $0.text(0), score: $0.real(1))
            }
        }
    }

    /// Products that are ranked by their words in one search: about 2 µs each.
    static let rankedRowsMax = 1_500

    /// The rarest of the words, as many as can be ranked together: what thousands of products have hardly tells them apart. When each is in too
    /// many, the rarest alone, and the first products that have it.
    private static func telling(_ words: [String], _ connection: Connection) throws(StoreError) -> [String] {
        let sql = "SELECT count(*) FROM (SELECT 1 FROM product_words WHERE product_words MATCH ? LIMIT ?)"
        var counted: [(word: String, rows: Int, place: Int)] = []
        for (place, word) in words.enumerated() {
            let expression = WordCutter.expression([word]) ?? ""
            let rows = try connection.rows(sql, [.text(expression), .int(rankedRowsMax + 1)]) { $0.int(0) }.first ?? 0
            if rows > 0 { counted.append((word, rows, place)) }
        }
        counted.sort { ($0.rows, $0.place) < ($1.rows, $1.place) }
        var chosen: [String] = []
        var left = rankedRowsMax
        for one in counted where chosen.isEmpty || one.rows <= left {
            chosen.append(one.word)
            left -= one.rows
        }
        return chosen
    }

    nonisolated(nonsending) public func searchDocuments(words query: String, language: String, limit: Int) async throws(StoreError) -> [WordHit] {
        guard let expression = WordCutter.query(query) else { return [] }
        return try await database.read("store search documents") { (connection) throws(StoreError) in
            let sql = """
                SELECT d.id, -bm25(document_words, 2.0, 1.0) AS score FROM document_words JOIN documents d ON d.key = document_words.rowid
                WHERE document_words MATCH ? AND (? = '' OR d.language = ?) ORDER BY score DESC, d.id LIMIT ?
                """
            return try connection.rows(sql, [.text(expression), .text(language), .text(language), Self.rows(limit)]) {
                WordHit(id: $0.text(0), score: $0.real(1))
            }
        }
    }

    nonisolated(nonsending) public func reviews(of productID: String, limit: Int) async throws(StoreError) -> [Review] {
        try await database.read("store reviews") { (connection) throws(StoreError) in
            let sql = "SELECT id, rating, language, title, text FROM reviews WHERE product_id = ? ORDER BY rating DESC, id LIMIT ?"
            return try connection.rows(sql, [.text(productID), Self.rows(limit)]) {
                Review(id: $0.text(0), productID: productID, rating: $0.int(1), language: $0.text(2), title: $0.text(3), text: $0.text(4))
            }
        }
    }

    nonisolated(nonsending) public func snapshot() async throws(StoreError) -> CatalogSnapshot {
        try await database.read("store snapshot") { (connection) throws(StoreError) in
            try SnapshotReader(connection, indexFolder: self.indexFolder).read()
        }
    }

    /// Differs whenever the catalogue does, whenever one of the named models, which are learnt after it was committed, was stored, and whenever
    /// what was learnt from behaviour must not be used any more.
    nonisolated(nonsending) public func catalogueMark(models: [String]) async throws(StoreError) -> String {
        try await database.read("store catalogue mark") { (connection) throws(StoreError) in try Self.mark(connection, models) }
    }

    /// The same, on a connection of its own. Blocks: for start-up.
    public func loadCatalogueMark(models: [String]) throws(StoreError) -> String {
        try Self.mark(try Connection(path: path, readOnly: true), models)
    }

    private static func mark(_ connection: Connection, _ models: [String]) throws(StoreError) -> String {
        var marks = [try SnapshotReader.hash(connection)]
        for model in models { marks.append(try timesStored(model, connection)) }
        marks += try connection.rows("SELECT count(*) FROM stale_files") { $0.text(0) }
        return marks.joined(separator: " ")
    }

    /// Where the vector index of a large catalogue is kept: beside the database.
    public var indexFolder: String { Self.indexFolder(of: path) }

    static func indexFolder(of database: String) -> String { database + ".index" }

    /// Opens the shop's database. Blocks: for start-up. The same as `init(path:shop:)`.
    public static func open(_ path: String, shop: String) throws(StoreError) -> SQLiteStores { try SQLiteStores(path: path, shop: shop) }

    /// The same as `snapshot()`, on a connection of its own. Blocks: for start-up and imports. The index of a large catalogue is opened, brought up
    /// to date or built; `progress` is told of its rows.
    public func loadSnapshot(progress: (ImportProgress) -> Void = { _ in }) throws(StoreError) -> CatalogSnapshot {
        let connection = try Connection(path: path, readOnly: true)
        try connection.execute("BEGIN")
        defer { connection.endRead() }
        return try SnapshotReader(connection, indexFolder: indexFolder).read(progress)
    }
}

/// Reads the whole catalogue into a snapshot.
struct SnapshotReader {
    private let connection: Connection
    private let indexFolder: String
    /// Products beyond which the vectors are kept in an index on disk.
    var exactRowsMax = ExactIndex.rowsMax

    init(_ connection: Connection, indexFolder: String) {
        self.connection = connection
        self.indexFolder = indexFolder
    }

    static func hash(_ connection: Connection) throws(StoreError) -> String {
        try connection.rows("SELECT value FROM meta WHERE name = 'catalog_hash'") { $0.text(0) }.first ?? ""
    }

    func read(_ progress: (ImportProgress) -> Void = { _ in }) throws(StoreError) -> CatalogSnapshot {
        let hash = try Self.hash(connection)
        let products = try connection.rows("SELECT json FROM products ORDER BY id") { (row) throws(StoreError) in
            try StoredJSON.decode(Product.self, row.text(0), what: "a product")
        }
        var note = ""
        if products.count > exactRowsMax {
            do throws(StoreError) {
                if let opened = try index(hash, progress) {
                    return try CatalogSnapshot(
                        hash: hash, sorted: products, documents: documents(), intents: intents(), blocks: opened.graph.blocks, index: opened.graph,
                        slots: opened.slots, indexNote: opened.note)
                }
            } catch  where error.code == .diskFull || error.code == .unavailable {
                // Searching does not need the files: it is built in memory, and whoever starts the server is told.
                note = "built in memory, since it cannot be kept: \(error.message)"
            }
        }
        return try CatalogSnapshot(
            hash: hash, products: products, features: features(), documents: documents(), intents: intents(), exactRowsMax: exactRowsMax,
            indexNote: note)
    }

    /// nil = no product has a vector.
    private func index(_ hash: String, _ progress: (ImportProgress) -> Void) throws(StoreError) -> StoredIndex.Opened? {
        let sql = "SELECT modality, space_id, dim, min(product_id) FROM product_features GROUP BY modality, space_id, dim ORDER BY modality, space_id"
        let found = try connection.rows(sql) {
            (column: StoredIndex.Column(modality: $0.text(0), spaceID: $0.text(1), dim: $0.int(2)), product: $0.text(3))
        }
        for (one, other) in zip(found, found.dropFirst()) where one.column.modality == other.column.modality {
            throw StoreError(
                .failedPrecondition,
                "\"\(one.column.modality)\" vectors of two spaces, \"\(one.column.spaceID)\" (\(one.column.dim)) and "
                    + "\"\(other.column.spaceID)\" (\(other.column.dim), product \(other.product)); import the catalogue again")
        }
        guard !found.isEmpty else { return nil }
        let rows = try connection.rows("SELECT id, row_hash FROM products ORDER BY id") { StoredIndex.Row(id: $0.text(0), hash: $0.text(1)) }
        return try withoutActuallyEscaping(progress) { (progress) throws(StoreError) in
            let stored = StoredIndex(folder: indexFolder) { progress(ImportProgress(stage: "vector index", done: $0, total: $1)) }
            return try stored.open(catalogueHash: hash, rows: rows, columns: found.map(\.column)) { (row) throws(StoreError) in
                let sql = "SELECT modality, space_id, vector FROM product_features WHERE product_id = ? ORDER BY modality"
                return try connection.rows(sql, [.text(row.id)]) { Self.feature($0, 0, 1, 2) }.compactMap { $0 }
            }
        }
    }

    private func features() throws(StoreError) -> [String: [Feature]] {
        var features: [String: [Feature]] = [:]
        let sql = "SELECT product_id, modality, space_id, vector, dim FROM product_features ORDER BY product_id, modality"
        for (id, feature, dim) in try connection.rows(sql, [], { ($0.text(0), Self.feature($0, 1, 2, 3), $0.int(4)) }) {
            guard let feature, feature.values.count == dim else {
                throw StoreError(.corrupted, "\(connection.path): the vector of product \(id) has not the \(dim) numbers it should have")
            }
            features[id, default: []].append(feature)
        }
        return features
    }

    private func documents() throws(StoreError) -> [Document] {
        let sql = "SELECT id, policy, language, title, section, text, space_id, vector FROM documents ORDER BY id"
        return try connection.rows(sql) {
            Document(
                id: $0.text(0), policy: $0.text(1), language: $0.text(2), title: $0.text(3), section: $0.text(4), text: $0.text(5),
                feature: Self.text($0, 6, 7))
        }
    }

    private func intents() throws(StoreError) -> [IntentExample] {
        let sql = "SELECT intent, agent, language, text, space_id, vector FROM intents ORDER BY agent, intent, language, text"
        return try connection.rows(sql) {
            IntentExample(intent: $0.text(0), agent: $0.text(1), language: $0.text(2), text: $0.text(3), feature: Self.text($0, 4, 5))
        }
    }

    private static func text(_ row: Statement, _ space: Int, _ vector: Int) -> Feature? {
        let values = row.floats(vector)
        return values.isEmpty ? nil : Feature(modality: Modality.text, spaceID: row.text(space), values: values)
    }

    private static func feature(_ row: Statement, _ modality: Int, _ space: Int, _ vector: Int) -> Feature? {
        let values = row.floats(vector)
        return values.isEmpty ? nil : Feature(modality: row.text(modality), spaceID: row.text(space), values: values)
    }
}
