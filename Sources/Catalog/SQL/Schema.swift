/// The tables, and how an older file becomes a newer one. `PRAGMA user_version` is the number of steps taken.
enum Schema {
    /// "vitr": tells the file from other programs' databases.
    static let applicationID: Int64 = 0x7669_7472

    static func migrate(_ connection: Connection) throws(StoreError) {
        let owner = try connection.rows("PRAGMA application_id", []) { $0.integer(0) }.first ?? 0
        let version = try connection.rows("PRAGMA user_version", []) { $0.int(0) }.first ?? 0
        let tables = try connection.rows("SELECT count(*) FROM sqlite_master", []) { $0.int(0) }.first ?? 0
        guard owner == applicationID || (owner == 0 && tables == 0) else {
            throw StoreError(.corrupted, "\(connection.path): a database of another program, not a shop's; give another path")
        }
        guard version <= steps.count else {
            throw StoreError(
                .unavailable, "\(connection.path): written by a newer version (layout \(version), this one knows up to \(steps.count))")
        }
        if version == steps.count { return }
        try connection.transaction { () throws(StoreError) in
            for step in steps[version...] { try connection.execute(step) }
            try connection.execute("PRAGMA application_id = \(applicationID); PRAGMA user_version = \(steps.count)")
        }
    }

    /// Tables an import fills: the same in the database and in the staging file beside it.
    static let catalogTables = """
        CREATE TABLE products(
            key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, category TEXT NOT NULL, json TEXT NOT NULL, row_hash TEXT NOT NULL,
            price_minor INTEGER NOT NULL, currency TEXT NOT NULL, stock INTEGER NOT NULL,
            words_title TEXT NOT NULL, words_body TEXT NOT NULL);
        CREATE TABLE product_features(
            product_id TEXT NOT NULL, modality TEXT NOT NULL, space_id TEXT NOT NULL, dim INTEGER NOT NULL, vector BLOB NOT NULL,
            PRIMARY KEY(product_id, modality)) WITHOUT ROWID;
        CREATE TABLE documents(
            key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, policy TEXT NOT NULL, language TEXT NOT NULL, title TEXT NOT NULL,
            section TEXT NOT NULL, text TEXT NOT NULL, row_hash TEXT NOT NULL, space_id TEXT NOT NULL, vector BLOB NOT NULL,
            words_title TEXT NOT NULL, words_body TEXT NOT NULL);
        CREATE TABLE intents(
            intent TEXT NOT NULL, agent TEXT NOT NULL, language TEXT NOT NULL, text TEXT NOT NULL, row_hash TEXT NOT NULL,
            space_id TEXT NOT NULL, vector BLOB NOT NULL, PRIMARY KEY(intent, agent, language, text)) WITHOUT ROWID;
        CREATE TABLE reviews(
            id TEXT PRIMARY KEY, product_id TEXT NOT NULL, rating INTEGER NOT NULL, language TEXT NOT NULL, title TEXT NOT NULL,
            text TEXT NOT NULL, row_hash TEXT NOT NULL) WITHOUT ROWID;
        CREATE INDEX reviews_by_product ON reviews(product_id, rating DESC, id);
        CREATE TABLE orders(
            id TEXT PRIMARY KEY, user TEXT NOT NULL, status TEXT NOT NULL, placed_at TEXT NOT NULL, json TEXT NOT NULL,
            row_hash TEXT NOT NULL, version INTEGER NOT NULL) WITHOUT ROWID;
        CREATE INDEX orders_by_user ON orders(user, placed_at DESC, id);
        CREATE TABLE order_items(
            order_id TEXT NOT NULL, line INTEGER NOT NULL, product_id TEXT NOT NULL, quantity INTEGER NOT NULL,
            price_minor INTEGER NOT NULL, PRIMARY KEY(order_id, line)) WITHOUT ROWID;
        CREATE TABLE profiles(
            user TEXT PRIMARY KEY, json TEXT NOT NULL, row_hash TEXT NOT NULL, version INTEGER NOT NULL) WITHOUT ROWID;
        """

    private static let steps = [
        catalogTables + """

            -- Words: unicode61 with English stemming; Chinese comes cut into characters and pairs (WordCutter).
            CREATE VIRTUAL TABLE product_words USING fts5(title, body, tokenize = 'porter unicode61 remove_diacritics 2');
            CREATE VIRTUAL TABLE document_words USING fts5(title, body, tokenize = 'porter unicode61 remove_diacritics 2');
            CREATE TABLE sessions(
                id TEXT PRIMARY KEY, shop TEXT NOT NULL, user TEXT NOT NULL, state BLOB NOT NULL, version INTEGER NOT NULL) WITHOUT ROWID;
            CREATE TABLE events(
                number INTEGER PRIMARY KEY, user TEXT NOT NULL, session_id TEXT NOT NULL, kind TEXT NOT NULL, product_id TEXT NOT NULL,
                quantity INTEGER NOT NULL, time_us INTEGER NOT NULL);
            CREATE INDEX events_by_user ON events(user, number DESC);
            CREATE TABLE handoffs(
                number INTEGER PRIMARY KEY AUTOINCREMENT, user TEXT NOT NULL, session_id TEXT NOT NULL, reason TEXT NOT NULL,
                summary TEXT NOT NULL, language TEXT NOT NULL, time_us INTEGER NOT NULL);
            -- Answers to writes that carried an idempotency key, by who made them.
            CREATE TABLE answers(
                user TEXT NOT NULL, operation TEXT NOT NULL, key TEXT NOT NULL, answer TEXT NOT NULL,
                PRIMARY KEY(user, operation, key)) WITHOUT ROWID;
            CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
            """,
        // What customer service writes, the state of hand-overs, and learnt models.
        """
        CREATE TABLE requests(
            number INTEGER PRIMARY KEY AUTOINCREMENT, user TEXT NOT NULL, kind TEXT NOT NULL, order_id TEXT NOT NULL, product_id TEXT NOT NULL,
            details TEXT NOT NULL, time_us INTEGER NOT NULL);
        CREATE INDEX requests_by_user ON requests(user, number DESC);
        CREATE INDEX requests_by_order ON requests(order_id, kind);
        CREATE TABLE carts(
            user TEXT NOT NULL, product_id TEXT NOT NULL, quantity INTEGER NOT NULL, PRIMARY KEY(user, product_id)) WITHOUT ROWID;
        CREATE TABLE models(name TEXT PRIMARY KEY, hash TEXT NOT NULL, bytes BLOB NOT NULL) WITHOUT ROWID;
        ALTER TABLE handoffs ADD COLUMN state TEXT NOT NULL DEFAULT 'waiting';
        ALTER TABLE handoffs ADD COLUMN person TEXT NOT NULL DEFAULT '';
        """,
        // What a model reads in reviews, sentence by sentence.
        """
        CREATE TABLE opinions(
            review_id TEXT NOT NULL, line INTEGER NOT NULL, product_id TEXT NOT NULL, rating INTEGER NOT NULL, language TEXT NOT NULL,
            sentence TEXT NOT NULL, aspect TEXT NOT NULL, praise REAL NOT NULL, made_from TEXT NOT NULL, PRIMARY KEY(review_id, line)) WITHOUT ROWID;
        CREATE INDEX opinions_by_product ON opinions(product_id, review_id, line);
        """,
        // When a session was kept: seconds since 1970, for its retention alone.
        "ALTER TABLE sessions ADD COLUMN kept_at INTEGER NOT NULL DEFAULT 0",
        // The same of what customers did and of hand-overs, whose own times are the loop's and begin with each process. What was there before counts
        // as kept today.
        """
        ALTER TABLE events ADD COLUMN kept_at INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE handoffs ADD COLUMN kept_at INTEGER NOT NULL DEFAULT 0;
        UPDATE events SET kept_at = unixepoch();
        UPDATE handoffs SET kept_at = unixepoch();
        """,
        // Whether the customer had agreed to be learnt from when it happened.
        "ALTER TABLE events ADD COLUMN personalise INTEGER NOT NULL DEFAULT 0",
        // Whose behaviour is in which file that was written for learning, and which files hold somebody's who was erased since; by SHA-256.
        """
        CREATE TABLE learnt_from(hash TEXT NOT NULL, user TEXT NOT NULL, PRIMARY KEY(hash, user)) WITHOUT ROWID;
        CREATE INDEX learnt_from_by_user ON learnt_from(user);
        CREATE TABLE stale_files(hash TEXT PRIMARY KEY) WITHOUT ROWID;
        """,
        // What was known of a product that was shown: "name=amount name=amount …".
        "ALTER TABLE events ADD COLUMN signals TEXT NOT NULL DEFAULT ''",
        // Sentences of reviews by their words and by their meaning. Those that were read before are read again by the next import.
        """
        ALTER TABLE opinions ADD COLUMN key INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE opinions ADD COLUMN space_id TEXT NOT NULL DEFAULT '';
        ALTER TABLE opinions ADD COLUMN vector BLOB NOT NULL DEFAULT x'';
        CREATE INDEX opinions_by_key ON opinions(key);
        CREATE VIRTUAL TABLE opinion_words USING fts5(body, tokenize = 'porter unicode61 remove_diacritics 2');
        """,
        // What the shop says of each product, sentence by sentence, by words and by meaning. The next import fills them.
        """
        CREATE TABLE descriptions(
            key INTEGER PRIMARY KEY, product_id TEXT NOT NULL, language TEXT NOT NULL, line INTEGER NOT NULL, sentence TEXT NOT NULL,
            space_id TEXT NOT NULL, vector BLOB NOT NULL, made_from TEXT NOT NULL);
        CREATE INDEX descriptions_by_product ON descriptions(product_id, line);
        CREATE VIRTUAL TABLE description_words USING fts5(body, tokenize = 'porter unicode61 remove_diacritics 2');
        """,
    ]
}
