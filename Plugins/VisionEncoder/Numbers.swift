import Glibc

enum UnitVector {
    /// `vector` divided by its Euclidean length; nil when that is zero or not finite.
    static func normalized(_ vector: [Float]) -> [Float]? {
        let square = vector.reduce(0.0) { $0 + Double($1) * Double($1) }
        guard square.isFinite, square > 0 else { return nil }
        let length = square.squareRoot()
        return vector.map { Float(Double($0) / length) }
    }
}

enum Probabilities {
    /// The `count` most probable classes under softmax, best first; equal ones in the order of their indexes.
    static func top(_ count: Int, logits: [Float]) -> [(index: Int, probability: Float)] {
        guard let largest = logits.max() else { return [] }
        let powers = logits.map { exp(Double($0 - largest)) }
        let total = powers.reduce(0, +)
        let order = powers.indices.sorted { (powers[$1], $0) < (powers[$0], $1) }
        return order.prefix(count).map { ($0, Float(powers[$0] / total)) }
    }
}

enum Exponential {
    static func of(_ value: Float) -> Float { expf(value) }
}
