import Foundation
import Fusion

/// The vector index of a large catalogue on disk, beside its database: opened at start instead of built, brought up to date by what changed.
///
/// Columns of vectors are files that grow and are mapped into memory; graph and list of entries are written anew; the manifest names them and
/// comes last. Blocks: for start-up and imports, on a store's thread.
struct StoredIndex {
    /// A product as the database has it.
    struct Row {
        var id: String
        /// Of content, picture and spaces.
        var hash: String
    }
    /// What a product's vectors must be of.
    struct Column: Equatable {
        var modality: String
        var spaceID: String
        var dim: Int
    }
    /// An index that fits a catalogue: the slot of each row.
    struct Opened {
        var graph: GraphIndex
        var slots: [Int32]
        /// How it came about, for logs: "opened", "built, 50,000 rows", "brought up to date, 3 rows" …
        var note: String
    }

    /// More deleted slots than this share of all: built anew.
    static let deletedShareMax = 0.25

    let folder: String
    /// Told of the rows that are in the graph.
    var progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }

    /// - Parameters:
    ///   - rows: every product, in the order of the snapshot.
    ///   - vectors: those of one product, by modality; asked for new and changed rows only.
    /// - Throws: `.diskFull` and `.unavailable` when it cannot be kept (what was there before stays as it was), and what `vectors` throws.
    func open(
        catalogueHash: String, rows: [Row], columns: [Column], vectors: (Row) throws(StoreError) -> [Feature]
    ) throws(StoreError) -> Opened {
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw StoreError(.unavailable, "\(folder): cannot be made (\(error.localizedDescription))")
        }
        let lock = try IndexLock("\(folder)/lock")
        defer { withExtendedLifetime(lock) {} }
        var reason = ""
        do throws(StoreError) {
            if let manifest = try IndexManifest.read(folder) {
                return try update(manifest, catalogueHash, rows, columns, vectors)
            }
        } catch  where error.code == .corrupted || error.code == .invalidArgument {
            // It can be made again from the database; what was wrong is told.
            reason = error.message
        }
        return try build(number: number(), catalogueHash, rows, columns, vectors, reason)
    }

    private func update(
        _ manifest: IndexManifest, _ catalogueHash: String, _ rows: [Row], _ columns: [Column], _ vectors: (Row) throws(StoreError) -> [Feature]
    ) throws(StoreError) -> Opened {
        guard manifest.columns.map({ Column(modality: $0.modality, spaceID: $0.spaceID, dim: $0.dim) }) == columns else {
            return try build(number: manifest.number + 1, catalogueHash, rows, columns, vectors, "the catalogue's vectors are of other spaces")
        }
        var entries = try read(manifest)
        var live: [String: Int32] = [:]
        for (slot, entry) in entries.enumerated() { if let entry { live[entry.id] = Int32(slot) } }
        var slots: [Int32] = []
        var fresh: [Row] = []
        for row in rows {
            if let slot = live[row.id], entries[Int(slot)]?.hash == Self.short(row.hash) {
                slots.append(slot)
                live[row.id] = nil
            } else {
                slots.append(Int32(manifest.slots + fresh.count))
                fresh.append(row)
            }
        }
        // What is left is gone or has a new slot.
        let gone = live.values.sorted()
        let deleted = entries.count { $0 == nil } + gone.count
        guard Double(deleted) <= Self.deletedShareMax * Double(entries.count + fresh.count) else {
            return try build(number: manifest.number + 1, catalogueHash, rows, columns, vectors, "most of it had changed")
        }
        let graph = try GraphIndex(
            reading: "\(folder)/\(manifest.graph.name)", blocks: try map(manifest), slots: manifest.slots, capacity: manifest.slots + fresh.count)
        if fresh.isEmpty && gone.isEmpty && manifest.catalogueHash == catalogueHash {
            return Opened(graph: graph, slots: slots, note: "opened, \(rows.count) rows")
        }
        for slot in gone {
            try graph.delete(Int(slot))
            entries[Int(slot)] = nil
        }
        var next = manifest
        next.number += 1
        next.catalogueHash = catalogueHash
        try append(fresh, to: &next, vectors)
        try graph.add(try map(next, verifying: false), progress: progress)
        try store(graph, entries + fresh.map { Row(id: $0.id, hash: Self.short($0.hash)) }, next)
        return Opened(graph: graph, slots: slots, note: "brought up to date, \(fresh.count) rows added, \(gone.count) deleted")
    }

    private func build(
        number: Int, _ catalogueHash: String, _ rows: [Row], _ columns: [Column], _ vectors: (Row) throws(StoreError) -> [Feature], _ reason: String
    ) throws(StoreError) -> Opened {
        var manifest = IndexManifest(
            number: number, catalogueHash: catalogueHash, links: GraphIndex.links, constructionWidth: GraphIndex.constructionWidth, slots: 0,
            columns: columns.enumerated().map { index, column in
                IndexManifest.Column(
                    modality: column.modality, spaceID: column.spaceID, dim: column.dim,
                    file: .init(name: "vectors-\(number)-\(index)", bytes: 0, checksum: 0))
            }, graph: .init(name: "", bytes: 0, checksum: 0), entries: .init(name: "", bytes: 0, checksum: 0))
        try append(rows, to: &manifest, vectors)
        let blocks = try map(manifest, verifying: false)
        let graph = try GraphIndex(blocks: blocks, capacity: rows.count)
        try graph.add(blocks, progress: progress)
        try store(graph, rows.map { Row(id: $0.id, hash: Self.short($0.hash)) }, manifest)
        let why = reason.isEmpty ? "" : " (\(reason))"
        return Opened(graph: graph, slots: (0..<Int32(rows.count)).map { $0 }, note: "built, \(rows.count) rows\(why)")
    }
}
