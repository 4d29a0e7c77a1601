import CHnswlib

// Unsafe: pointers to rows of a block. Invariant: a block's storage holds rows × dim floats while the block lives, and row numbers are checked.

/// Rows of one modality: unit vectors of one space, row after row. A row without that modality is zero.
public struct VectorBlock: Sendable {
    public let modality: String
    public let spaceID: String
    public let dim: Int
    /// rows × dim.
    let storage: VectorRows

    public init(modality: String, spaceID: String, dim: Int, values: [Float]) {
        self.init(modality: modality, spaceID: spaceID, dim: dim, storage: VectorRows(values))
    }

    init(modality: String, spaceID: String, dim: Int, storage: VectorRows) {
        precondition(dim > 0 && storage.count.isMultiple(of: dim), "a block holds whole rows")
        self.modality = modality
        self.spaceID = spaceID
        self.dim = dim
        self.storage = storage
    }

    public var rows: Int { storage.count / dim }

    /// Σ of a row's numbers times `values`; `values` has `dim` numbers.
    func dot(_ row: Int, _ values: [Float]) -> Float {
        precondition(row >= 0 && row < rows && values.count == dim, "a row of the block, and as many numbers")
        return vt_dot(storage.base + row * dim, values, dim)
    }

    /// The cosine of two rows; 0 when one of them is missing.
    func dot(_ row: Int, _ other: Int) -> Float {
        precondition(row >= 0 && row < rows && other >= 0 && other < rows, "rows of the block")
        return vt_dot(storage.base + row * dim, storage.base + other * dim, dim)
    }

    /// A copy of one row.
    func row(_ row: Int) -> [Float] {
        precondition(row >= 0 && row < rows, "a row of the block")
        return Array(UnsafeBufferPointer(start: storage.base + row * dim, count: dim))
    }
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
