import EventLoop
import LinearAlgebra

/// Adam (Kingma and Ba, "Adam: a method for stochastic optimization", ICLR 2015, algorithm 1), β₁ = 0.9, β₂ = 0.999, with decoupled weight decay
/// (Loshchilov and Hutter, ICLR 2019).
struct Adam: Sendable {
    private(set) var first: [[Float]]
    private(set) var second: [[Float]]
    private(set) var steps = 0
    var decay: Float = 0

    init(_ parameters: [Matrix<Float>], decay: Float = 0) {
        first = parameters.map { [Float](repeating: 0, count: $0.values.count) }
        second = first
        self.decay = decay
    }

    /// Goes on from these moments.
    init(first: [[Float]], second: [[Float]], steps: Int) {
        self.first = first
        self.second = second
        self.steps = steps
    }

    mutating func step(_ parameters: [Matrix<Float>], _ gradients: [Matrix<Float>], rate: Float) -> [Matrix<Float>] {
        precondition(parameters.count == gradients.count && parameters.count == first.count, "every parameter has a gradient")
        steps += 1
        let correct1 = 1 - Float(power(0.9, Double(steps)))
        let correct2 = 1 - Float(power(0.999, Double(steps)))
        var out = parameters
        for p in parameters.indices {
            for i in parameters[p].values.indices {
                let g = gradients[p].values[i]
                first[p][i] = 0.9 * first[p][i] + 0.1 * g
                second[p][i] = 0.999 * second[p][i] + 0.001 * g * g
                let value = parameters[p].values[i]
                out[p].values[i] = value - rate * ((first[p][i] / correct1) / ((second[p][i] / correct2).squareRoot() + 1e-8) + decay * value)
            }
        }
        return out
    }
}

/// A standard normal number (Box and Muller, 1958).
func gaussian(_ random: inout SeededRandom) -> Float {
    let u = max(Double(random.next() >> 11) / Double(1 << 53), 1e-300)
    let v = Double(random.next() >> 11) / Double(1 << 53)
    return Float((-2 * logarithm(u)).squareRoot() * cosine(2 * .pi * v))
}
