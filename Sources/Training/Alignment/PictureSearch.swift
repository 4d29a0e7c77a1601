public import Evaluation
public import LinearAlgebra

/// Ranks every product's picture for queries, within each query's filter, by scores that are given in batches.
public struct PictureSearch {
    private let products: [ProductRow]
    private let queries: [QueryRow]
    private let scores: (Range<Int>) -> Matrix<Float>

    /// - Parameter scores: of some queries for every product, higher is better; scores of different queries are not compared.
    public init(products: [ProductRow], queries: [QueryRow], scores: @escaping (Range<Int>) -> Matrix<Float>) {
        self.products = products
        self.queries = queries
        self.scores = scores
    }

    /// Rows that are scored at once.
    private static let batchRows = 256

    public func lists() -> [RankedList] {
        let rowOf = Dictionary(products.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
        var out: [RankedList] = []
        for start in stride(from: 0, to: queries.count, by: Self.batchRows) {
            let batch = start..<min(queries.count, start + Self.batchRows)
            let found = scores(batch)
            precondition(found.rows == batch.count && found.columns == products.count, "every query has a score for every product")
            for query in batch { out.append(list(queries[query], Array(found.row(query - start)), rowOf)) }
        }
        return out
    }

    private func list(_ query: QueryRow, _ scores: [Float], _ rowOf: [String: Int]) -> RankedList {
        let allowed: [Bool]? = query.filter.isEmpty ? nil : products.map { product in query.filter.allSatisfy { product.attributes[$0] == $1 } }
        var places: [Int] = []
        for id in Set(query.relevant).sorted() {
            guard let own = rowOf[id], allowed?[own] != false else { continue }
            let score = scores[own]
            var before = 0
            for (row, other) in scores.enumerated() where allowed?[row] != false {
                if other > score || (other == score && row < own) { before += 1 }
            }
            places.append(before)
        }
        return RankedList(places: places, relevantCount: Set(query.relevant).count)
    }
}
