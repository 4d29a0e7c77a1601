// Unsafe: pointers into arrays that live through the call; every row index is below `count`.

/// How alike a sentence's embedding is to those of the examples, one number an example:
///
///     k(x, y) = s · exp(g · (cos(x − μ, y − μ) − 1))
///
/// a Gaussian of centred vectors of length 1. Centring takes away what all sentences have in common; the Gaussian lets an example speak for its
/// neighbourhood alone, so that a sentence far from every example is near no intent.
struct ExampleLikeness: Sendable {
    /// μ of the examples.
    let mean: [Float]
    /// Examples, centred, of length 1, row by row.
    let rows: [Float]
    /// s: what an example says of itself; words and letter sequences have 1 each.
    let strength: Float
    /// g: how quickly likeness falls with the angle.
    static let steepness: Float = 2

    var size: Int { mean.count }
    var count: Int { rows.count / mean.count }

    init(mean: [Float], rows: [Float], strength: Float) {
        precondition(!mean.isEmpty && rows.count % mean.count == 0, "an example's embedding has as many numbers as the mean")
        self.mean = mean
        self.rows = rows
        self.strength = strength
    }

    /// Of examples that all have an embedding.
    init(of examples: [Utterance], strength: Float) {
        var mean = [Float](repeating: 0, count: examples.first?.embedding.count ?? 0)
        for example in examples { for index in mean.indices { mean[index] += example.embedding[index] } }
        for index in mean.indices { mean[index] /= Float(examples.count) }
        var rows: [Float] = []
        rows.reserveCapacity(mean.count * examples.count)
        for example in examples { rows.append(contentsOf: ExampleLikeness.centred(example.embedding, mean)) }
        self.init(mean: mean, rows: rows, strength: strength)
    }

    /// x − μ of length 1; zeros stay zeros.
    private static func centred(_ vector: [Float], _ mean: [Float]) -> [Float] {
        var moved = vector
        for index in mean.indices { moved[index] -= mean[index] }
        let length = moved.reduce(0) { $0 + $1 * $1 }.squareRoot()
        guard length > 0 else { return moved }
        for index in moved.indices { moved[index] /= length }
        return moved
    }

    /// k of one sentence and each example.
    func values(_ embedding: [Float]) -> [Float] {
        precondition(embedding.count == size, "embeddings of one space have one size")
        var values = [Float](repeating: 0, count: count)
        ExampleLikeness.centred(embedding, mean).withUnsafeBufferPointer { x in
            guard let x = x.baseAddress else { return }
            fill(&values, with: x, count)
        }
        return values
    }

    /// k of example `index` and the examples up to and with it.
    func values(ofExample index: Int, into values: UnsafeMutablePointer<Float>) {
        rows.withUnsafeBufferPointer { rows in
            guard let start = rows.baseAddress else { return }
            fill(values, with: start + index * size, index + 1)
        }
    }

    private func fill(_ values: UnsafeMutablePointer<Float>, with x: UnsafePointer<Float>, _ count: Int) {
        rows.withUnsafeBufferPointer { rows in
            guard let start = rows.baseAddress else { return }
            for row in 0..<count {
                let cosine = DenseDot.of(x, start + row * size, size)
                values[row] = strength * Exponential.of(ExampleLikeness.steepness * (cosine - 1))
            }
        }
    }
}
