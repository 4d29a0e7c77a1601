import CHnswlib

// Unsafe: `handle` is an index of vitrine_hnsw.h that this object made and frees in deinit. Unchecked Sendable: it is
// written in init only, and searches of a finished index may run side by side.

/// HNSW over the concatenated blocks, for catalogues that are too large to look at every row.
final class GraphIndex: VectorIndex, @unchecked Sendable {
    /// Links a row, and width of the search while building: recall@10 is tested to be at least 0.95.
    static let links: UInt32 = 24
    static let constructionWidth: UInt32 = 200
    /// Width of a search; raised with k.
    static let searchWidth = 400
    /// When a filter leaves fewer rows than this, they are compared one by one: exact, and faster than a walk that finds nothing.
    static let exactRowsMax = 1_000

    private let handle: OpaquePointer
    private let exact: ExactIndex
    private let offsets: [Int]
    private let dim: Int
    private let rows: Int

    /// Takes seconds for 10,000 rows. For a store's thread, not for a loop.
    init(blocks: [VectorBlock], rows: Int) throws(StoreError) {
        var offsets: [Int] = []
        var dim = 0
        for block in blocks {
            offsets.append(dim)
            dim += block.dim
        }
        guard let made = Self.make(dim: dim, rows: rows) else { throw StoreError(.resourceExhausted, "no memory for an index of \(rows) rows") }
        handle = made
        exact = ExactIndex(blocks: blocks, rows: rows)
        self.offsets = offsets
        self.dim = dim
        self.rows = rows
        var vector = [Float](repeating: 0, count: dim)
        for row in 0..<rows {
            for (block, offset) in zip(blocks, offsets) {
                for column in 0..<block.dim { vector[offset + column] = block.values[row * block.dim + column] }
            }
            var reason = [CChar](repeating: 0, count: 128)
            let status = vt_hnsw_add(made, UInt32(row), vector, &reason, reason.count)
            if status != VT_HNSW_OK { throw Self.error(status, reason) }
        }
    }

    deinit { vt_hnsw_free(handle) }

    private static func make(dim: Int, rows: Int) -> OpaquePointer? {
        var made: OpaquePointer?
        let status = vt_hnsw_make(UInt32(dim), UInt32(max(rows, 1)), links, constructionWidth, &made, nil, 0)
        return status == VT_HNSW_OK ? made : nil
    }

    func search(_ query: [IndexedBlock], allowed: [UInt8]?, k: Int) throws(StoreError) -> [(row: Int, score: Float)] {
        guard k > 0, !query.isEmpty else { return [] }
        if let allowed {
            let count = allowed.reduce(0) { $0 + ($1 == 0 ? 0 : 1) }
            if count <= Self.exactRowsMax { return try exact.search(query, allowed: allowed, k: k) }
        }
        var vector = [Float](repeating: 0, count: dim)
        for part in query {
            for (column, value) in part.values.enumerated() { vector[offsets[part.block] + column] = part.weight * value }
        }
        var hits = [vt_hnsw_hit](repeating: vt_hnsw_hit(), count: k)
        var count: UInt32 = 0
        var reason = [CChar](repeating: 0, count: 128)
        let status = vt_hnsw_search(
            handle, vector, UInt32(k), UInt32(max(Self.searchWidth, k * 4)), allowed, allowed?.count ?? 0, &hits, &count, &reason, reason.count)
        if status != VT_HNSW_OK { throw Self.error(status, reason) }
        return hits.prefix(Int(count)).map { (row: Int($0.label), score: $0.score) }.sorted(by: VectorOrder.precedes)
    }

    private static func error(_ status: vt_hnsw_status, _ reason: [CChar]) -> StoreError {
        let text = String(decoding: reason.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return StoreError(status == VT_HNSW_NO_MEMORY ? .resourceExhausted : .internal, "vector index: \(text)")
    }
}
