public import Evaluation
public import LinearAlgebra

/// Ranks every product's picture for queries of words, of a picture, or of both, within the query's filter.
///
/// With both, the scores of each modality over the catalogue are brought to mean 0 and variance 1 and added with weights: score fusion by z-scores
/// (Jain, Nandakumar, Ross, "Score normalization in multimodal biometric systems", Pattern Recognition 38, 2005).
public struct PictureSearch {
    private let products: [ProductRow]
    private let pictures: Matrix<Float>
    private let queries: [QueryRow]
    private let modalities: [(vectors: Matrix<Float>, weight: Float)]

    /// `pictures` are unit vectors, a row a product; each modality has a unit vector a query (zeros: the query has none) of the same space, and a
    /// weight above 0.
    public init(products: [ProductRow], pictures: Matrix<Float>, queries: [QueryRow], modalities: [(vectors: Matrix<Float>, weight: Float)]) {
        precondition(products.count == pictures.rows, "every product has a picture")
        precondition(modalities.allSatisfy { $0.vectors.rows == queries.count }, "every modality has a row a query")
        self.products = products
        self.pictures = pictures
        self.queries = queries
        self.modalities = modalities
    }

    /// Rows that are scored at once.
    private static let batchRows = 256

    public func lists() -> [RankedList] {
        let rowOf = Dictionary(products.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
        var out: [RankedList] = []
        for start in stride(from: 0, to: queries.count, by: Self.batchRows) {
            let batch = start..<min(queries.count, start + Self.batchRows)
            var scores = Matrix<Float>(batch.count, products.count)
            for modality in modalities {
                var part = Matrix.product(modality.vectors.rows(batch), pictures, transposeB: true)
                if modalities.count > 1 { Self.standardise(&part) }
                scores.add(part, scale: modality.weight)
            }
            for query in batch { out.append(list(queries[query], Array(scores.row(query - start)), rowOf)) }
        }
        return out
    }

    /// Each row to mean 0 and variance 1; a row without variance to zeros.
    private static func standardise(_ scores: inout Matrix<Float>) {
        let n = Float(max(scores.columns, 1))
        for r in 0..<scores.rows {
            let range = r * scores.columns..<(r + 1) * scores.columns
            let mean = scores.values[range].reduce(0, +) / n
            let variance = scores.values[range].reduce(Float(0)) { $0 + ($1 - mean) * ($1 - mean) } / n
            let factor = variance > 1e-12 ? 1 / variance.squareRoot() : 0
            for i in range { scores.values[i] = (scores.values[i] - mean) * factor }
        }
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
