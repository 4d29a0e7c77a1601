// Unsafe: pointers into arrays that live through the call; every row index is below `count`.

import CHnswlib

/// How alike a sentence's embedding is to those of the examples, one number an example:
///
///     k(x, y) = s · exp(g · (cos(x − μ, y − μ) − 1))
///
/// a Gaussian of centred vectors of length 1. Centring takes away what all sentences have in common; the Gaussian lets an example speak for its
/// neighbourhood alone, so that a sentence far from every example is near no intent.
struct ExampleLikeness: Sendable {
    /// μ of the examples.
    let mean: [Float]
    /// Examples, centred, of length 1, row by row: what is learnt with, and kept.
    let rows: [Float]
    /// The same as 8-bit codes, and each row's scale: what a sentence is compared with. A turn fetches a quarter of the bytes, which is what it waits
    /// for, and sums of integers are the same on every processor.
    private let codes: [Int8]
    private let scales: [Float]
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
        var codes: [Int8] = []
        var scales: [Float] = []
        codes.reserveCapacity(rows.count)
        for start in stride(from: 0, to: rows.count, by: mean.count) {
            scales.append(ExampleLikeness.encode(rows[start..<start + mean.count], into: &codes))
        }
        self.codes = codes
        self.scales = scales
    }

    /// Adds codes of −127 to 127, and gives what they are to be multiplied by.
    private static func encode(_ values: ArraySlice<Float>, into codes: inout [Int8]) -> Float {
        let scale = values.reduce(Float(0)) { max($0, $1.magnitude) } / 127
        // What is no vector is like nothing.
        guard scale.isNormal, values.allSatisfy(\.isFinite) else {
            codes.append(contentsOf: repeatElement(0, count: values.count))
            return 0
        }
        for value in values { codes.append(Int8((value / scale).rounded())) }
        return scale
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
        var own: [Int8] = []
        own.reserveCapacity(size)
        let scale = ExampleLikeness.encode(ExampleLikeness.centred(embedding, mean)[...], into: &own)
        var values = [Float](repeating: 0, count: count)
        codes.withUnsafeBufferPointer { codes in
            own.withUnsafeBufferPointer { own in
                guard let start = codes.baseAddress, let x = own.baseAddress else { return }
                for row in values.indices {
                    let cosine = scale * scales[row] * Float(vt_dot_codes(x, start + row * size, size))
                    values[row] = likeness(cosine)
                }
            }
        }
        return values
    }

    private func likeness(_ cosine: Float) -> Float { strength * Exponential.of(ExampleLikeness.steepness * (cosine - 1)) }

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
                values[row] = likeness(vt_dot(x, start + row * size, size))
            }
        }
    }
}
