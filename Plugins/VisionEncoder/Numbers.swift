import Glibc

enum UnitVector {
    /// `vector` divided by its Euclidean length; nil when that is zero or not finite.
    static func normalized(_ vector: [Float]) -> [Float]? {
        let square = vector.reduce(0.0) { $0 + Double($1) * Double($1) }
        guard square.isFinite, square > 0 else { return nil }
        let length = square.squareRoot()
        return vector.map { Float(Double($0) / length) }
    }

    /// The direction of the sum of the vectors' directions; nil when one of them has none.
    static func sum(_ vectors: [[Float]]) -> [Float]? {
        guard vectors.count > 1 else { return vectors.first.flatMap(normalized) }
        var total = [Float](repeating: 0, count: vectors[0].count)
        for vector in vectors {
            guard let unit = normalized(vector) else { return nil }
            for index in total.indices { total[index] += unit[index] }
        }
        return normalized(total)
    }

    /// Number by number.
    static func mean(_ vectors: [[Float]]) -> [Float] {
        guard vectors.count > 1 else { return vectors.first ?? [] }
        return vectors[0].indices.map { index in vectors.reduce(0) { $0 + $1[index] } / Float(vectors.count) }
    }
}

enum Probabilities {
    /// The `count` most probable classes under softmax, best first; equal ones in the order of their indexes.
    static func top(_ count: Int, logits: [Float]) -> [(index: Int, probability: Float)] {
        guard let largest = logits.max() else { return [] }
        let total = logits.reduce(0.0) { $0 + exp(Double($1 - largest)) }
        // A few of a thousand: the best so far are kept in order, so that most classes cost one comparison.
        var best: [Int] = []
        for index in logits.indices {
            if best.count == count {
                guard let last = best.last, logits[index] > logits[last] else { continue }
                best.removeLast()
            }
            let place = best.firstIndex { logits[index] > logits[$0] } ?? best.count
            best.insert(index, at: place)
        }
        return best.map { ($0, Float(exp(Double(logits[$0] - largest)) / total)) }
    }
}

enum Exponential {
    static func of(_ value: Float) -> Float { expf(value) }
}
