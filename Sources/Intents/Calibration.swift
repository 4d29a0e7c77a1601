/// Fits the temperature and the out-of-scope threshold on scores of sentences that the scoring model had not seen.
struct Calibration {
    static let temperatureDefault: Float = 0.25

    private let scored: [(scores: [Float], label: Int)]
    private let inScopeCount: Int
    let temperature: Float

    init(_ scored: [(scores: [Float], label: Int)], inScopeCount: Int) {
        self.scored = scored
        self.inScopeCount = inScopeCount
        temperature = Calibration.fit(scored)
    }

    /// The T that makes the held-out labels likeliest: golden section over ln T in [ln 0.02, ln 5] (Guo et al., ICML 2017, section 4.2).
    private static func fit(_ scored: [(scores: [Float], label: Int)]) -> Float {
        func loss(_ logT: Float) -> Float {
            let temperature = Exponential.of(logT)
            return scored.reduce(Float(0)) {
                $0 - Exponential.log(max(Softmax.of($1.scores, temperature: temperature)[$1.label], 1e-12))
            }
        }
        let ratio: Float = 0.618_034
        var low: Float = -3.9
        var high: Float = 1.6
        var a = high - ratio * (high - low)
        var b = low + ratio * (high - low)
        var (lossA, lossB) = (loss(a), loss(b))
        for _ in 0..<24 {
            if lossA < lossB {
                (high, b, lossB) = (b, a, lossA)
                a = high - ratio * (high - low)
                lossA = loss(a)
            } else {
                (low, a, lossA) = (a, b, lossB)
                b = low + ratio * (high - low)
                lossB = loss(b)
            }
        }
        return Exponential.of((low + high) / 2)
    }

    /// The highest threshold that keeps the in-scope accuracy within `inScopeLoss` of what it is without any.
    func threshold(inScopeLoss: Float) -> Float {
        var right: [Float] = []
        var total = 0
        for entry in scored where entry.label < inScopeCount {
            total += 1
            let probabilities = Softmax.of(entry.scores, temperature: temperature)
            if IntentModel.best(probabilities, inScopeCount) == entry.label { right.append(IntentModel.sureness(probabilities, inScopeCount)) }
        }
        right.sort()
        let spare = Int((Float(total) * inScopeLoss).rounded(.down))
        return right.isEmpty ? 0 : right[min(spare, right.count - 1)]
    }
}
