/// Models that were learnt from what is in the database, kept beside it.
extension SQLiteStores {
    /// Bytes of one stored model.
    static let modelBytesMax = 512 << 20

    /// The model of that name if it was made from what `hash` stands for. Blocks: for start-up.
    public func loadModel(_ name: String, hash: String) throws(StoreError) -> [UInt8]? {
        let connection = try Connection(path: path, readOnly: true)
        return try connection.rows("SELECT bytes FROM models WHERE name = ? AND hash = ?", [.text(name), .text(hash)]) { $0.blob(0) }.first
    }

    /// Keeps a model in the place of the one before. Blocks: for start-up and imports.
    public func storeModel(_ name: String, hash: String, bytes: [UInt8]) throws(StoreError) {
        guard bytes.count <= Self.modelBytesMax else {
            throw StoreError(.resourceExhausted, "a model of \(bytes.count) bytes; at most \(Self.modelBytesMax) are kept")
        }
        let connection = try Connection(path: path, readOnly: false)
        try connection.run(
            "INSERT INTO models(name, hash, bytes) VALUES(?, ?, ?) ON CONFLICT(name) DO UPDATE SET hash = excluded.hash, bytes = excluded.bytes",
            [.text(name), .text(hash), .blob(bytes)])
        // Models of equal hashes may differ by the vectors that they were learnt from: a count tells that there is another one.
        try connection.run(
            "INSERT INTO meta(name, value) VALUES(?, '1') ON CONFLICT(name) DO UPDATE SET value = CAST(CAST(value AS INTEGER) + 1 AS TEXT)",
            [.text(Self.count(of: name))])
    }

    private static func count(of model: String) -> String { "models_stored:\(model)" }

    /// How often a model of that name was stored.
    static func timesStored(_ model: String, _ connection: Connection) throws(StoreError) -> String {
        try connection.rows("SELECT value FROM meta WHERE name = ?", [.text(count(of: model))]) { $0.text(0) }.first ?? "0"
    }
}
