import Foundation

/// What an index's folder holds: the one file that names the others, replaced as a whole, so that a crash leaves the index before or the one after.
struct IndexManifest: Codable, Equatable {
    struct File: Codable, Equatable {
        var name: String
        var bytes: Int
        /// CRC-32.
        var checksum: UInt32
    }
    struct Column: Codable, Equatable {
        var modality: String
        /// Of the vectors; an index of another space is not used.
        var spaceID: String
        var dim: Int
        /// slots × dim floats of this machine's byte order; bytes beyond `bytes` are an unfinished update's.
        var file: File
    }

    static let layoutNow = 1
    static let name = "manifest.json"

    var layout = layoutNow
    /// Raised by every write; names of files that are replaced carry it.
    var number: Int
    /// Of the catalogue that it was made of.
    var catalogueHash: String
    var links: UInt32
    var constructionWidth: UInt32
    /// Rows of the graph and of every column, with the deleted ones.
    var slots: Int
    var columns: [Column]
    var graph: File
    /// A line a slot: "id<TAB>hash of the product's row", or "" for a deleted one.
    var entries: File

    /// nil = there is none yet.
    /// - Throws: `.corrupted` for what cannot be read or does not fit this version.
    static func read(_ folder: String) throws(StoreError) -> IndexManifest? {
        let path = "\(folder)/\(name)"
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        guard let data = FileManager.default.contents(atPath: path), let read = try? JSONDecoder().decode(IndexManifest.self, from: data) else {
            throw StoreError(.corrupted, "\(path): no manifest of a vector index")
        }
        guard read.layout == layoutNow, read.links == GraphIndex.links, read.constructionWidth == GraphIndex.constructionWidth else {
            throw StoreError(.corrupted, "\(path): written by another version")
        }
        guard read.slots > 0, read.slots < Int(Int32.max), !read.columns.isEmpty,
            read.columns.allSatisfy({ $0.dim > 0 && $0.dim <= 1 << 20 && $0.file.bytes == read.slots * $0.dim * 4 })
        else { throw StoreError(.corrupted, "\(path): its numbers do not fit together") }
        let names = read.columns.map(\.file.name) + [read.graph.name, read.entries.name]
        guard names.allSatisfy({ !$0.contains("/") && !$0.hasPrefix(".") && !$0.isEmpty }) else {
            throw StoreError(.corrupted, "\(path): names a file outside its folder")
        }
        return read
    }

    func write(_ folder: String) throws(StoreError) {
        try IndexFiles.replace("\(folder)/\(Self.name)", with: Array(try StoredJSON.encode(self).utf8))
    }
}
