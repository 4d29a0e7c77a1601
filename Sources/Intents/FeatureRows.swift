/// The feature vectors of many sentences: a dense part (embeddings) and a sparse one (n-grams) a row, and a constant 1.
struct FeatureRows: Sendable {
    let rows: Int
    let dense: Int
    /// rows × dense, row-major, at the embedding's weight.
    let values: [Float]
    let starts: [Int]
    let indices: [Int32]
    let sparse: [Float]
    /// Of the sparse part.
    let columns: Int
    /// xᵢ·xᵢ, the constant included.
    let squares: [Float]

    init(_ utterances: [Utterance], _ sentences: [NGrams.Hashes], vocabulary: Vocabulary, embeddingSize: Int, embeddingWeight: Float) {
        rows = utterances.count
        dense = embeddingSize
        columns = vocabulary.count
        var values: [Float] = []
        values.reserveCapacity(rows * dense)
        var starts = [0]
        var indices: [Int32] = []
        var sparse: [Float] = []
        var squares: [Float] = []
        for (utterance, sentence) in zip(utterances, sentences) {
            var square: Float = 1
            for position in 0..<dense {
                let value = utterance.embedding.count == dense ? utterance.embedding[position] * embeddingWeight : 0
                values.append(value)
                square += value * value
            }
            for entry in vocabulary.features(of: sentence) {
                indices.append(entry.index)
                sparse.append(entry.value)
                square += entry.value * entry.value
            }
            starts.append(indices.count)
            squares.append(square)
        }
        self.values = values
        self.starts = starts
        self.indices = indices
        self.sparse = sparse
        self.squares = squares
    }

    var width: Int { dense + columns + 1 }
}
