import Foundation
import Fusion

/// Reading and writing the files that a manifest names.
extension StoredIndex {
    /// So much of a row's hash tells versions of one product apart.
    static func short(_ hash: String) -> String { String(hash.prefix(16)) }

    /// A number that no file in the folder carries.
    func number() -> Int {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.flatMap { $0.split(separator: "-").compactMap { Int($0) } }.max().map { $0 + 1 } ?? 1
    }

    /// The slots' products; nil = deleted.
    func read(_ manifest: IndexManifest) throws(StoreError) -> [Row?] {
        for file in [manifest.entries, manifest.graph] {
            let found = try IndexFiles.measure("\(folder)/\(file.name)")
            guard found.bytes == file.bytes, found.checksum == file.checksum else { throw Self.damaged("\(folder)/\(file.name)") }
        }
        let path = "\(folder)/\(manifest.entries.name)"
        guard let data = FileManager.default.contents(atPath: path) else { throw Self.damaged(path) }
        let lines = String(decoding: data, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        guard lines.count == manifest.slots else { throw Self.damaged(path) }
        return lines.map { line in
            let parts = line.split(separator: "\t")
            return parts.count == 2 ? Row(id: String(parts[0]), hash: String(parts[1])) : nil
        }
    }

    /// The columns, mapped.
    func map(_ manifest: IndexManifest, verifying: Bool = true) throws(StoreError) -> [VectorBlock] {
        var blocks: [VectorBlock] = []
        for column in manifest.columns {
            let path = "\(folder)/\(column.file.name)"
            let rows = try VectorRows(mapping: path, count: manifest.slots * column.dim)
            if verifying, try rows.withBytes({ (bytes) throws(StoreError) in IndexFiles.checksum(bytes) }) != column.file.checksum {
                throw Self.damaged(path)
            }
            blocks.append(VectorBlock(modality: column.modality, spaceID: column.spaceID, dim: column.dim, storage: rows))
        }
        return blocks
    }

    /// Writes the vectors of `rows` behind those that are there, and says so in the manifest; zeros where a product has none.
    func append(_ rows: [Row], to manifest: inout IndexManifest, _ vectors: (Row) throws(StoreError) -> [Feature]) throws(StoreError) {
        var writers: [IndexWriter] = []
        for column in manifest.columns { writers.append(try IndexWriter("\(folder)/\(column.file.name)", at: column.file.bytes)) }
        for row in rows {
            let features = try vectors(row)
            for (index, column) in manifest.columns.enumerated() {
                let own = features.first { $0.modality == column.modality }
                let values = own?.values ?? [Float](repeating: 0, count: column.dim)
                guard values.count == column.dim, values.allSatisfy(\.isFinite) else {
                    throw StoreError(
                        .failedPrecondition,
                        "\"\(column.modality)\" of product \(row.id) must be \(column.dim) finite numbers; import the catalogue again")
                }
                let before = manifest.columns[index].file.checksum
                manifest.columns[index].file.checksum = values.withUnsafeBytes { raw in
                    writers[index].append(raw)
                    return IndexFiles.checksum(raw, after: before)
                }
                try writers[index].flushIfFull()
            }
        }
        for writer in writers { try writer.finish() }
        manifest.slots += rows.count
        for index in manifest.columns.indices { manifest.columns[index].file.bytes = manifest.slots * manifest.columns[index].dim * 4 }
    }

    /// Graph and entries under new names, then the manifest; then what no manifest names is removed.
    func store(_ graph: GraphIndex, _ entries: [Row?], _ manifest: IndexManifest) throws(StoreError) {
        var manifest = manifest
        let graphPath = "\(folder)/graph-\(manifest.number)"
        try graph.save(graphPath)
        try IndexFiles.sync(graphPath)
        let measured = try IndexFiles.measure(graphPath)
        manifest.graph = .init(name: "graph-\(manifest.number)", bytes: measured.bytes, checksum: measured.checksum)
        let text = entries.map { $0.map { "\($0.id)\t\($0.hash)" } ?? "" }.joined(separator: "\n") + "\n"
        try IndexFiles.replace("\(folder)/entries-\(manifest.number)", with: Array(text.utf8))
        let bytes = Array(text.utf8)
        manifest.entries = .init(
            name: "entries-\(manifest.number)", bytes: bytes.count, checksum: bytes.withUnsafeBytes { IndexFiles.checksum($0) })
        try manifest.write(folder)
        let kept = Set(manifest.columns.map(\.file.name) + [manifest.graph.name, manifest.entries.name, IndexManifest.name, "lock"])
        for name in ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted() where !kept.contains(name) {
            // A file that cannot be removed takes room and does no harm: the next write tries again.
            try? FileManager.default.removeItem(atPath: "\(folder)/\(name)")
        }
    }

    private static func damaged(_ path: String) -> StoreError {
        StoreError(.corrupted, "\(path): damaged (its size or checksum is not what the manifest says)")
    }
}
