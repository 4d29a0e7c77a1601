/// Rows of one modality: unit vectors of one space, row after row. A row without that modality is zero.
public struct VectorBlock: Sendable, Equatable {
    public var modality: String
    public var spaceID: String
    public var dim: Int
    /// rows × dim.
    public var values: [Float]

    public init(modality: String, spaceID: String, dim: Int, values: [Float]) {
        precondition(dim > 0 && values.count.isMultiple(of: dim), "a block holds whole rows")
        self.modality = modality
        self.spaceID = spaceID
        self.dim = dim
        self.values = values
    }

    public var rows: Int { values.count / dim }
}

/// What is sought: for each modality that is there, a unit vector and how much it counts.
///
/// The fused space is the concatenation [√w₁·x₁ ; √w₂·x₂ ; …] of the modalities' unit vectors, a missing modality being zeros. The inner
/// product of two such vectors is Σ w_m · cos_m: that is the score, and w_m · cos_m each modality's part of it.
public struct FusedQuery: Sendable, Equatable {
    public struct Block: Sendable, Equatable {
        public var modality: String
        public var spaceID: String
        /// Of unit length (it is not normalised again).
        public var values: [Float]
        /// Not negative.
        public var weight: Float

        public init(modality: String, spaceID: String, values: [Float], weight: Float) {
            self.modality = modality
            self.spaceID = spaceID
            self.weight = weight
            self.values = values
        }
    }
    public var blocks: [Block]

    public init(blocks: [Block]) { self.blocks = blocks }
}

/// A product found.
public struct SearchHit: Sendable, Equatable {
    /// What one modality of the query gave to the score.
    public struct Contribution: Sendable, Equatable {
        public var modality: String
        /// w_m · cos_m.
        public var part: Float
        /// cos_m; 0 where the product has no such vector.
        public var cosine: Float

        public init(modality: String, part: Float, cosine: Float) {
            self.modality = modality
            self.part = part
            self.cosine = cosine
        }
    }
    public var productID: String
    /// Σ of the parts.
    public var score: Float
    /// In the order of the query's blocks.
    public var contributions: [Contribution]

    public init(productID: String, score: Float, contributions: [Contribution]) {
        self.productID = productID
        self.score = score
        self.contributions = contributions
    }
}

/// The nearest rows by Σ w_m · cos_m. Immutable; any thread may search.
protocol VectorIndex: Sendable {
    /// The best `k` rows that `allowed` (one byte a row; nil = all) admits: score descending, row ascending among equals.
    func search(_ query: [IndexedBlock], allowed: [UInt8]?, k: Int) throws(StoreError) -> [(row: Int, score: Float)]
}

/// A block of a query, where it stands in the query, and the number of the index's block it belongs to.
struct IndexedBlock {
    var position: Int
    var block: Int
    var weight: Float
    var values: [Float]
}

enum VectorOrder {
    static func precedes(_ a: (row: Int, score: Float), _ b: (row: Int, score: Float)) -> Bool {
        a.score != b.score ? a.score > b.score : a.row < b.row
    }
}
