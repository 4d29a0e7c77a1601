import CHnswlib

// Unsafe: row pointers into the blocks' storage stay below rows × dim, which this type's init and VectorBlock's guarantee.

/// Looks at every row: exact, and for some thousands of rows fast enough for a loop.
struct ExactIndex: VectorIndex {
    /// Rows up to which it is used.
    static let rowsMax = 4_000

    private let blocks: [VectorBlock]
    private let rows: Int

    init(blocks: [VectorBlock], rows: Int) {
        precondition(blocks.allSatisfy { $0.rows == rows }, "every block has a row for every product")
        self.blocks = blocks
        self.rows = rows
    }

    func search(_ query: [IndexedBlock], allowed: [UInt8]?, k: Int) throws(StoreError) -> [(row: Int, score: Float)] {
        var scores = [Float](repeating: 0, count: rows)
        for part in query {
            let dim = blocks[part.block].dim
            precondition(part.values.count == dim, "a query's block has the block's dimension")
            let base = blocks[part.block].storage.base
            if let allowed {
                for row in 0..<rows where allowed[row] != 0 { scores[row] += part.weight * vt_dot(base + row * dim, part.values, dim) }
            } else {
                vt_dot_rows(base, rows, dim, part.values, part.weight, &scores)
            }
        }
        return Self.best(k, of: scores, allowed: allowed)
    }

    // A sorted list of at most k: k is small and rows beyond the list's end are nearly always dropped at once.
    private static func best(_ k: Int, of scores: [Float], allowed: [UInt8]?) -> [(row: Int, score: Float)] {
        var best: [(row: Int, score: Float)] = []
        guard k > 0 else { return [] }
        for row in scores.indices where allowed.map({ $0[row] != 0 }) ?? true {
            let entry = (row: row, score: scores[row])
            if best.count == k, let last = best.last, !VectorOrder.precedes(entry, last) { continue }
            let index = best.firstIndex { VectorOrder.precedes(entry, $0) } ?? best.count
            best.insert(entry, at: index)
            if best.count > k { best.removeLast() }
        }
        return best
    }
}
