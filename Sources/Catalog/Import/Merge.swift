/// Moves what was staged into the live database, in one transaction on the writer's connection.
struct Merge {
    private let connection: Connection
    private let staging: String

    init(_ connection: Connection, staging: String) {
        self.connection = connection
        self.staging = staging
    }

    /// - Returns: the catalogue's hash afterwards.
    func everything(replaceDocuments: Bool, replaceIntents: Bool) throws(StoreError) -> String {
        // The import's thread still has the file open, but idle.
        try connection.run("ATTACH ? AS staged", [.text(staging)])
        let result: Result<String, StoreError>
        do {
            result = .success(try connection.transaction { () throws(StoreError) in try move(replaceDocuments, replaceIntents) })
        } catch {
            result = .failure(error)
        }
        do {
            try connection.execute("DETACH staged")
        } catch {
            if case .success = result { throw error }
        }
        return try result.get()
    }

    private func move(_ replaceDocuments: Bool, _ replaceIntents: Bool) throws(StoreError) -> String {
        try connection.execute(Self.products)
        if replaceDocuments { try connection.execute(Self.goneDocuments) }
        try connection.execute(Self.documents)
        if replaceIntents {
            // The staged key is a hash of the four columns, so what is gone is found row by row.
            let rows = try connection.rows("SELECT intent, agent, language, text FROM main.intents ORDER BY agent, intent, language, text") {
                [$0.text(0), $0.text(1), $0.text(2), $0.text(3)]
            }
            for row in rows {
                let key = Hash.sha256(row[1], row[0], row[2], row[3])
                let isSeen = try connection.rows("SELECT 1 FROM staged.seen WHERE kind = 'intent' AND id = ?", [.text(key)]) { _ in true }
                if isSeen.isEmpty {
                    try connection.run("DELETE FROM main.intents WHERE intent = ? AND agent = ? AND language = ? AND text = ?", row.map { .text($0) })
                }
            }
        }
        try connection.execute(Self.records)
        let hash = try contentHash()
        try connection.run("INSERT OR REPLACE INTO main.meta(name, value) VALUES('catalog_hash', ?)", [.text(hash)])
        return hash
    }

    // Row hashes cover content, pictures and spaces.
    private func contentHash() throws(StoreError) -> String {
        var parts: [[UInt8]] = []
        for sql in [
            "SELECT id || ' ' || row_hash FROM main.products ORDER BY id", "SELECT id || ' ' || row_hash FROM main.documents ORDER BY id",
            "SELECT row_hash FROM main.intents ORDER BY agent, intent, language, text",
        ] {
            parts.append(Array(try connection.rows(sql) { $0.text(0) }.joined(separator: "\n").utf8))
        }
        return Hash.sha256(parts)
    }

    private static let products = """
        DELETE FROM main.product_words WHERE rowid IN (SELECT p.key FROM main.products p JOIN staged.products s ON s.id = p.id);
        INSERT INTO main.products(id, category, json, row_hash, price_minor, currency, stock, words_title, words_body)
            SELECT id, category, json, row_hash, price_minor, currency, stock, words_title, words_body FROM staged.products WHERE true ORDER BY id
            ON CONFLICT(id) DO UPDATE SET category = excluded.category, json = excluded.json, row_hash = excluded.row_hash,
                price_minor = excluded.price_minor, currency = excluded.currency, stock = excluded.stock,
                words_title = excluded.words_title, words_body = excluded.words_body;
        INSERT INTO main.product_words(rowid, title, body)
            SELECT p.key, s.words_title, s.words_body FROM staged.products s JOIN main.products p ON p.id = s.id ORDER BY p.key;
        DELETE FROM main.product_features WHERE product_id IN (SELECT id FROM staged.products);
        INSERT INTO main.product_features(product_id, modality, space_id, dim, vector)
            SELECT product_id, modality, space_id, dim, vector FROM staged.product_features ORDER BY product_id, modality;
        """

    private static let goneDocuments = """
        DELETE FROM main.document_words WHERE rowid IN
            (SELECT key FROM main.documents WHERE id NOT IN (SELECT id FROM staged.seen WHERE kind = 'document'));
        DELETE FROM main.documents WHERE id NOT IN (SELECT id FROM staged.seen WHERE kind = 'document');
        """

    private static let documents = """
        DELETE FROM main.document_words WHERE rowid IN (SELECT d.key FROM main.documents d JOIN staged.documents s ON s.id = d.id);
        INSERT INTO main.documents(id, policy, language, title, section, text, row_hash, space_id, vector, words_title, words_body)
            SELECT id, policy, language, title, section, text, row_hash, space_id, vector, words_title, words_body
            FROM staged.documents WHERE true ORDER BY id
            ON CONFLICT(id) DO UPDATE SET policy = excluded.policy, language = excluded.language, title = excluded.title,
                section = excluded.section, text = excluded.text, row_hash = excluded.row_hash, space_id = excluded.space_id,
                vector = excluded.vector, words_title = excluded.words_title, words_body = excluded.words_body;
        INSERT INTO main.document_words(rowid, title, body)
            SELECT d.key, s.words_title, s.words_body FROM staged.documents s JOIN main.documents d ON d.id = s.id ORDER BY d.key;
        """

    private static let records = """
        INSERT OR REPLACE INTO main.intents(intent, agent, language, text, row_hash, space_id, vector)
            SELECT intent, agent, language, text, row_hash, space_id, vector FROM staged.intents ORDER BY agent, intent, language, text;
        INSERT INTO main.profiles(user, json, row_hash, version)
            SELECT user, json, row_hash, version FROM staged.profiles WHERE true ORDER BY user
            ON CONFLICT(user) DO UPDATE SET json = excluded.json, row_hash = excluded.row_hash, version = profiles.version + 1;
        INSERT INTO main.orders(id, user, status, placed_at, json, row_hash, version)
            SELECT id, user, status, placed_at, json, row_hash, version FROM staged.orders WHERE true ORDER BY id
            ON CONFLICT(id) DO UPDATE SET user = excluded.user, status = excluded.status, placed_at = excluded.placed_at,
                json = excluded.json, row_hash = excluded.row_hash, version = orders.version + 1;
        DELETE FROM main.order_items WHERE order_id IN (SELECT id FROM staged.orders);
        INSERT INTO main.order_items(order_id, line, product_id, quantity, price_minor)
            SELECT order_id, line, product_id, quantity, price_minor FROM staged.order_items ORDER BY order_id, line;
        INSERT OR REPLACE INTO main.reviews(id, product_id, rating, language, title, text, row_hash)
            SELECT id, product_id, rating, language, title, text, row_hash FROM staged.reviews ORDER BY id;
        """
}
