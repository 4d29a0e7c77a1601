import Foundation
import Fusion
import Testing

@testable import Catalog

/// The index of a large catalogue on disk.
@Suite struct StoredIndexTests {
    private let columns = [
        StoredIndex.Column(modality: "image", spaceID: "i", dim: 24), StoredIndex.Column(modality: "text", spaceID: "t", dim: 8),
    ]

    /// Vectors that depend on the product and its version alone.
    private func vectors(_ row: StoredIndex.Row) -> [Feature] {
        var dice = Dice("\(row.id) \(row.hash)".utf8.reduce(UInt64(17)) { $0 &* 31 &+ UInt64($1) })
        let image = Feature(modality: "image", spaceID: "i", values: dice.unitVector(24))
        return row.id.hasSuffix("7") ? [image] : [image, Feature(modality: "text", spaceID: "t", values: dice.unitVector(8))]
    }

    private func rows(_ numbers: some Sequence<Int>, version: String = "v1") -> [StoredIndex.Row] {
        numbers.map { StoredIndex.Row(id: "p\(10_000 + $0)", hash: "hash-\(version)-\($0)") }
    }

    private func open(
        _ folder: String, _ rows: [StoredIndex.Row], hash: String, columns: [StoredIndex.Column]? = nil, asked: inout [String]
    ) throws -> (snapshot: CatalogSnapshot, note: String) {
        var ids: [String] = []
        let opened = try StoredIndex(folder: folder).open(catalogueHash: hash, rows: rows, columns: columns ?? self.columns) { row in
            ids.append(row.id)
            return vectors(row)
        }
        asked = ids
        let snapshot = try CatalogSnapshot(
            hash: hash, sorted: rows.map { Product(id: $0.id, category: "ring") }, documents: [], intents: [], blocks: opened.graph.blocks,
            index: opened.graph, slots: opened.slots, indexNote: opened.note)
        return (snapshot, opened.note)
    }

    private func query(_ seed: UInt64) -> FusedQuery {
        var dice = Dice(seed)
        return FusedQuery(blocks: [
            .init(modality: "image", spaceID: "i", values: dice.unitVector(24), weight: 0.5),
            .init(modality: "text", spaceID: "t", values: dice.unitVector(8), weight: 0.5),
        ])
    }

    /// What is found is what comparing all would find, with the right scores.
    private func check(_ snapshot: CatalogSnapshot, _ rows: [StoredIndex.Row]) throws {
        let features = Dictionary(uniqueKeysWithValues: rows.map { ($0.id, vectors($0)) })
        let exact = try CatalogSnapshot(products: rows.map { Product(id: $0.id, category: "ring") }, features: features)
        var same = 0
        for seed in 1...20 {
            let best = try exact.search(query(UInt64(seed)), k: 10)
            let found = try snapshot.search(query(UInt64(seed)), k: 10)
            same += Set(best.map(\.productID)).intersection(found.map(\.productID)).count
            for hit in found {
                let right = try #require(try exact.score(query(UInt64(seed)), productID: hit.productID))
                #expect(abs(right.score - hit.score) < 1e-5)
            }
        }
        #expect(same >= 190, "recall@10 \(Double(same) / 200)")
    }

    @Test func itIsBuiltOnceOpenedAfterwardsAndBroughtUpToDate() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/shop.index"
        var asked: [String] = []
        var all = rows(0..<600)
        let first = try open(path, all, hash: "a", asked: &asked)
        #expect(first.note.hasPrefix("built") && asked.count == 600)
        try check(first.snapshot, all)
        let again = try open(path, all, hash: "a", asked: &asked)
        #expect(again.note.hasPrefix("opened") && asked.isEmpty)
        for seed in 1...10 { #expect(try first.snapshot.search(query(UInt64(seed)), k: 10) == again.snapshot.search(query(UInt64(seed)), k: 10)) }
        // Five are gone, ten are changed, twenty are new.
        all = rows(5..<300) + rows(300..<310, version: "v2") + rows(310..<620)
        let updated = try open(path, all, hash: "b", asked: &asked)
        #expect(asked == rows(300..<310, version: "v2").map(\.id) + rows(600..<620).map(\.id))
        #expect(updated.note == "brought up to date, 30 rows added, 15 deleted")
        try check(updated.snapshot, all)
        #expect(try updated.snapshot.search(query(3), k: 1_000).allSatisfy { $0.productID >= "p10005" })
        try check(try open(path, all, hash: "b", asked: &asked).snapshot, all)
        #expect(asked.isEmpty)
        // What searches the index of before goes on with it.
        try check(again.snapshot, rows(0..<600))
    }

    @Test func whenMostHasChangedOrTheSpacesDifferItIsBuiltAnew() throws {
        let folder = try TemporaryFolder()
        var asked: [String] = []
        _ = try open(folder.path, rows(0..<100), hash: "a", asked: &asked)
        let changed = rows(0..<50, version: "v2") + rows(50..<100)
        let second = try open(folder.path, changed, hash: "b", asked: &asked)
        #expect(second.note.hasPrefix("built") && asked.count == 100)
        try check(second.snapshot, changed)
        let other = [columns[0], StoredIndex.Column(modality: "text", spaceID: "other", dim: 8)]
        let third = try open(folder.path, changed, hash: "b", columns: other, asked: &asked)
        #expect(third.note.contains("other spaces") && asked.count == 100)
        #expect(third.snapshot.spaces["text"] == "other")
    }

    @Test func everyDamagedFileIsNoticedAndTheIndexBuiltAgain() throws {
        let folder = try TemporaryFolder()
        let all = rows(0..<80)
        var asked: [String] = []
        _ = try open(folder.path, all, hash: "a", asked: &asked)
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() where name != "lock" {
            // The names change with each rebuild.
            let current = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
            let kind = String(name.prefix { $0 != "-" })
            let file = try #require(current.first { $0.hasPrefix(kind) }).description
            let whole = try Data(contentsOf: URL(fileURLWithPath: "\(folder.path)/\(file)"))
            for damage in ["flipped", "cut", "gone"] {
                let now = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
                let path = "\(folder.path)/\(try #require(now.first { $0.hasPrefix(kind) }))"
                var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
                switch damage {
                case "flipped":
                    bytes[bytes.count / 2] ^= 0x40
                    try Data(bytes).write(to: URL(fileURLWithPath: path))
                case "cut": try Data(bytes.prefix(bytes.count / 2)).write(to: URL(fileURLWithPath: path))
                default: try FileManager.default.removeItem(atPath: path)
                }
                let opened = try open(folder.path, all, hash: "a", asked: &asked)
                #expect(opened.note.hasPrefix("built") && asked.count == 80, "\(kind) \(damage): \(opened.note)")
                try check(opened.snapshot, all)
            }
            #expect(!whole.isEmpty)
        }
    }

    @Test func anUpdateThatWasCutOffLeavesTheIndexBefore() throws {
        let folder = try TemporaryFolder()
        let all = rows(0..<80)
        var asked: [String] = []
        _ = try open(folder.path, all, hash: "a", asked: &asked)
        // As a crash leaves it: columns longer than the manifest says, and files that no manifest names.
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) where name.hasPrefix("vectors") {
            let file = try #require(FileHandle(forWritingAtPath: "\(folder.path)/\(name)"))
            try file.seekToEnd()
            try file.write(contentsOf: Data([1, 2, 3, 4, 5]))
            try file.close()
        }
        try Data([1]).write(to: URL(fileURLWithPath: "\(folder.path)/graph-99"))
        try Data([1]).write(to: URL(fileURLWithPath: "\(folder.path)/manifest.json.part"))
        #expect(try open(folder.path, all, hash: "a", asked: &asked).note.hasPrefix("opened"))
        let more = rows(0..<90)
        try check(try open(folder.path, more, hash: "b", asked: &asked).snapshot, more)
        #expect(asked.count == 10)
        #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/graph-99"))
    }

    @Test func whateverAFileHoldsAGraphThatIsReadIsSearchedWithinIt() throws {
        let folder = try TemporaryFolder()
        let all = rows(0..<60)
        func block(_ modality: String, _ dim: Int) -> VectorBlock {
            let values = all.flatMap { row in vectors(row).first { $0.modality == modality }?.values ?? [Float](repeating: 0, count: dim) }
            return VectorBlock(modality: modality, spaceID: modality, dim: dim, values: values)
        }
        let blocks = [block("image", 24), block("text", 8)]
        let graph = try GraphIndex(blocks: blocks, capacity: 60)
        try graph.add(blocks)
        let path = folder.path + "/graph"
        try graph.save(path)
        let whole = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        var dice = Dice(5)
        let query = [
            IndexedBlock(position: 0, block: 0, weight: 1, values: dice.unitVector(24)),
            IndexedBlock(position: 1, block: 1, weight: 1, values: dice.unitVector(8)),
        ]
        var refused = 0
        // Every byte of the header, then places all over the rows and the upper layers.
        for place in Array(0..<96) + (0..<400).map({ _ in dice.below(whole.count) }) {
            for value: UInt8 in [0, 0xFF, whole[place] ^ 0x04] where value != whole[place] {
                var bytes = whole
                bytes[place] = value
                try Data(bytes).write(to: URL(fileURLWithPath: path))
                guard let code = refusal(path, blocks, query) else { continue }
                refused += 1
                #expect([.corrupted, .invalidArgument].contains(code), "\(code)")
            }
        }
        #expect(refused > 100)
        // Cut off anywhere, it is refused.
        for count in [0, 1, 95, 96, whole.count / 2, whole.count - 1] {
            try Data(whole.prefix(count)).write(to: URL(fileURLWithPath: path))
            #expect(throws: StoreError.self) { try GraphIndex(reading: path, blocks: blocks, slots: 60, capacity: 60) }
        }
    }

    /// Why a graph's file is refused; nil = it is read, and a search stays within it.
    private func refusal(_ path: String, _ blocks: [VectorBlock], _ query: [IndexedBlock]) -> StoreError.Code? {
        do throws(StoreError) {
            let hits = try GraphIndex(reading: path, blocks: blocks, slots: 60, capacity: 60).search(query, allowed: nil, k: 10)
            #expect(hits.allSatisfy { $0.row < 60 })
            return nil
        } catch {
            return error.code
        }
    }

    @Test func badNumbersNameTheirProductAndNothingIsLost() throws {
        let folder = try TemporaryFolder()
        let all = rows(0..<50)
        var asked: [String] = []
        _ = try open(folder.path, all, hash: "a", asked: &asked)
        for bad in [[Float](repeating: .nan, count: 24), [Float](repeating: 0.1, count: 23)] {
            let error = #expect(throws: StoreError.self) {
                try StoredIndex(folder: folder.path).open(catalogueHash: "b", rows: rows(0..<51), columns: columns) { _ in
                    [Feature(modality: "image", spaceID: "i", values: bad)]
                }
            }
            #expect(error?.message.contains("p10050") == true && error?.message.contains("24 finite numbers") == true)
        }
        #expect(try open(folder.path, all, hash: "a", asked: &asked).note.hasPrefix("opened"))
    }

    @Test func aDatabaseOfManyProductsKeepsItsIndexBesideIt() async throws {
        let folder = try TemporaryFolder()
        let stores = try SQLiteStores(path: folder.path + "/shop.sqlite", shop: "test")
        defer { stores.close() }
        let all = rows(0..<60)
        try await stores.database.write("fill") { [self] (connection) throws(StoreError) in try fill(connection, all, hash: "h1") }
        func load() throws -> CatalogSnapshot {
            let connection = try Connection(path: stores.path, readOnly: true)
            var reader = SnapshotReader(connection, indexFolder: stores.indexFolder)
            reader.exactRowsMax = 20
            return try reader.read()
        }
        #expect(try load().indexNote.hasPrefix("built"))
        #expect(try load().indexNote.hasPrefix("opened"))
        try check(try load(), all)
        // Where it cannot be kept it is built in memory, and that is told.
        try FileManager.default.removeItem(atPath: stores.indexFolder)
        try Data().write(to: URL(fileURLWithPath: stores.indexFolder))
        let unkept = try load()
        #expect(unkept.indexNote.hasPrefix("built in memory"))
        try check(unkept, all)
    }

    private func fill(_ connection: Connection, _ rows: [StoredIndex.Row], hash: String) throws(StoreError) {
        for row in rows {
            try connection.run(
                "INSERT INTO products(id, category, json, row_hash, price_minor, currency, stock, words_title, words_body) VALUES(?,?,?,?,0,'USD',1,'','')",
                [.text(row.id), .text("ring"), .text(try StoredJSON.encode(Product(id: row.id, category: "ring"))), .text(row.hash)])
            for feature in vectors(row) {
                try connection.run(
                    "INSERT INTO product_features(product_id, modality, space_id, dim, vector) VALUES(?, ?, ?, ?, ?)",
                    [.text(row.id), .text(feature.modality), .text(feature.spaceID), .int(feature.values.count), .floats(feature.values)])
            }
        }
        try connection.run("INSERT OR REPLACE INTO meta(name, value) VALUES('catalog_hash', ?)", [.text(hash)])
    }
}
