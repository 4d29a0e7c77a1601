import CHnswlib

// Unsafe: `handle` is an index of vitrine_hnsw.h that this object owns and frees in deinit; the blocks' pointers it is given live as long as
// `blocks`. Unchecked Sendable: rows are added in `add` only, before the index is shared, and searches of a finished index may run side by side.

/// HNSW over the concatenated blocks, for catalogues that are too large to look at every row.
///
/// The graph holds 8-bit codes; the best candidates are ranked again by the blocks themselves, which may be mapped from a file. Its rows are
/// slots: a changed product gets a new one, and the old one is marked deleted.
final class GraphIndex: VectorIndex, @unchecked Sendable {
    /// Links a row, and width of the search while building: recall@10 is tested to be at least 0.95.
    static let links: UInt32 = 16
    static let constructionWidth: UInt32 = 120
    /// Width of a search; raised with k.
    static let searchWidth = 160

    private let handle: OpaquePointer
    private(set) var blocks: [VectorBlock]
    private let offsets: [Int]
    private let dim: Int

    /// An empty index over `blocks`, which may have rows already; `add` takes them in.
    init(blocks: [VectorBlock], capacity: Int) throws(StoreError) {
        let layout = Self.layout(blocks)
        (offsets, dim) = layout
        self.blocks = blocks
        var made: OpaquePointer?
        var reason = Reason()
        let status = reason.fill { vt_hnsw_make(UInt32(layout.dim), UInt32(max(capacity, 1)), Self.links, Self.constructionWidth, &made, $0, $1) }
        guard status == VT_HNSW_OK, let made else { throw reason.error(status) }
        handle = made
    }

    /// Reads the graph of the first `slots` rows of `blocks` from a file whose checksum was verified, with room for `capacity`.
    init(reading path: String, blocks: [VectorBlock], slots: Int, capacity: Int) throws(StoreError) {
        let layout = Self.layout(blocks)
        (offsets, dim) = layout
        self.blocks = blocks
        var read: OpaquePointer?
        var reason = Reason()
        let status = reason.fill { vt_hnsw_load(path, UInt32(layout.dim), UInt32(slots), UInt32(max(capacity, slots, 1)), &read, $0, $1) }
        guard status == VT_HNSW_OK, let read else { throw reason.error(status) }
        handle = read
    }

    deinit { vt_hnsw_free(handle) }

    private static func layout(_ blocks: [VectorBlock]) -> (offsets: [Int], dim: Int) {
        var offsets: [Int] = []
        var dim = 0
        for block in blocks {
            offsets.append(dim)
            dim += block.dim
        }
        return (offsets, dim)
    }

    var slots: Int { Int(vt_hnsw_count(handle)) }
    var deleted: Int { Int(vt_hnsw_deleted(handle)) }

    /// Takes in the rows of `blocks` (the same columns as before, with more rows) from `slots` on, with one thread: equal rows make an equal
    /// graph. About a third of a millisecond a row. For a store's thread, not for a loop.
    func add(_ blocks: [VectorBlock], progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }) throws(StoreError) {
        precondition(blocks.map(\.dim) == self.blocks.map(\.dim), "an index keeps its columns")
        self.blocks = blocks
        let total = blocks.map(\.rows).max() ?? 0
        var reason = Reason()
        var status = reason.fill { vt_hnsw_reserve(handle, UInt32(max(total, 1)), $0, $1) }
        let first = slots
        while status == VT_HNSW_OK, slots < total {
            let next = slots
            let count = min(Self.rowsAtOnce, total - next)
            status = withColumns { columns in
                reason.fill { vt_hnsw_add_rows(handle, columns.baseAddress, columns.count, UInt32(next), UInt32(count), 1, $0, $1) }
            }
            progress(slots - first, total - first)
        }
        if status != VT_HNSW_OK { throw reason.error(status) }
    }

    private static let rowsAtOnce = 2_000

    /// The slot is never found again.
    func delete(_ slot: Int) throws(StoreError) {
        var reason = Reason()
        let status = reason.fill { vt_hnsw_mark_deleted(handle, UInt32(slot), $0, $1) }
        if status != VT_HNSW_OK { throw reason.error(status) }
    }

    /// Writes the graph into a file; not safe against a crash by itself.
    func save(_ path: String) throws(StoreError) {
        var reason = Reason()
        let status = reason.fill { vt_hnsw_save(handle, path, $0, $1) }
        if status != VT_HNSW_OK { throw reason.error(status) }
    }

    func search(_ query: [IndexedBlock], allowed: [UInt8]?, k: Int) throws(StoreError) -> [(row: Int, score: Float)] {
        guard k > 0, !query.isEmpty else { return [] }
        var vector = [Float](repeating: 0, count: dim)
        for part in query {
            for (column, value) in part.values.enumerated() { vector[offsets[part.block] + column] = part.weight * value }
        }
        var hits = [vt_hnsw_hit](repeating: vt_hnsw_hit(), count: k)
        var count: UInt32 = 0
        var reason = Reason()
        let width = UInt32(max(Self.searchWidth, k * 2))
        let status = withColumns { columns in
            reason.fill {
                vt_hnsw_search(
                    handle, vector, UInt32(k), width, allowed, allowed?.count ?? 0, columns.baseAddress, columns.count, &hits, &count, nil, $0, $1)
            }
        }
        if status != VT_HNSW_OK { throw reason.error(status) }
        return hits.prefix(Int(count)).map { (row: Int($0.label), score: $0.score) }
    }

    private func withColumns<Result>(_ body: (UnsafeBufferPointer<vt_hnsw_block>) -> Result) -> Result {
        blocks.map { vt_hnsw_block(rows: $0.storage.base, count: $0.rows, dim: $0.dim) }.withUnsafeBufferPointer(body)
    }
}

/// What hnswlib gives as the reason of a failure.
private struct Reason {
    private var text = [CChar](repeating: 0, count: 160)

    mutating func fill(_ body: (UnsafeMutablePointer<CChar>?, Int) -> vt_hnsw_status) -> vt_hnsw_status {
        text.withUnsafeMutableBufferPointer { body($0.baseAddress, $0.count) }
    }

    func error(_ status: vt_hnsw_status) -> StoreError {
        let said = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let code: StoreError.Code =
            switch Int(status) {
            case VT_HNSW_NO_MEMORY: .resourceExhausted
            case VT_HNSW_CORRUPT: .corrupted
            case VT_HNSW_IO: .diskFull
            case VT_HNSW_INVALID: .invalidArgument
            default: .internal
            }
        return StoreError(code, "vector index: \(said)")
    }
}
