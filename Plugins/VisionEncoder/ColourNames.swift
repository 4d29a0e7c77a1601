/// One of the colours that customers name, with what a pixel must look like to be called so.
struct ColourName {
    let english: String
    let chinese: String
    /// One weight for each of `ColourNames.terms`.
    let weights: [Float]

    /// English's eleven basic colour terms (Berlin and Kay, Basic Color Terms, 1969), with turquoise and beige, which shops cannot do without.
    ///
    /// The weights are a multinomial logistic regression over pixels of product photos whose colour was stated, each photo's pixels weighted
    /// by how well they fit the statement, and over each name's focal colours.
    static let all: [ColourName] = [
        ColourName(english: "black", chinese: "黑色", weights: [1.79, -2.34, -0.95, -0.06, 0.64, -1.21, -1.14, 0.93, -0.34, -0.08, -3.64]),
        ColourName(english: "white", chinese: "白色", weights: [0.53, 2.30, 0.28, -0.14, 0.50, -0.38, -0.21, 0.28, -0.52, 0.48, -1.21]),
        ColourName(english: "grey", chinese: "灰色", weights: [2.45, 1.44, -0.83, -0.91, -0.13, -1.24, -1.09, -0.02, -0.59, -0.40, -2.99]),
        ColourName(english: "red", chinese: "红色", weights: [-0.80, -0.18, 2.58, 0.07, 0.51, 2.16, -1.11, -0.55, -0.41, 1.49, 0.40]),
        ColourName(english: "orange", chinese: "橙色", weights: [-1.75, -0.29, 1.54, 1.10, -0.61, 0.61, 1.57, 0.75, 0.57, 2.20, 0.83]),
        ColourName(english: "brown", chinese: "棕色", weights: [1.10, -1.57, 2.07, 3.22, -0.83, -1.86, 0.06, -0.85, -1.42, 0.76, 0.01]),
        ColourName(english: "yellow", chinese: "黄色", weights: [-2.44, 0.62, -0.65, 1.73, 0.47, -1.13, 1.99, -0.50, 1.94, -0.41, 0.26]),
        ColourName(english: "green", chinese: "绿色", weights: [0.63, -0.54, -4.41, 2.48, -0.39, 0.29, 0.25, -0.50, -0.47, -2.51, 1.23]),
        ColourName(english: "turquoise", chinese: "青绿色", weights: [-0.36, -0.72, -3.59, -1.39, -1.11, 2.33, -0.38, -0.27, -0.05, 0.92, 1.29]),
        ColourName(english: "blue", chinese: "蓝色", weights: [0.53, -0.40, -2.25, -4.78, 0.71, -1.13, 1.26, -0.56, 0.41, 1.12, 1.45]),
        ColourName(english: "purple", chinese: "紫色", weights: [-0.03, -0.49, 3.11, -3.44, 0.06, 0.43, 0.70, -0.43, 0.16, -2.82, 1.16]),
        ColourName(english: "pink", chinese: "粉色", weights: [-1.70, 0.84, 2.93, -0.61, 0.53, 2.36, -1.74, 1.69, -0.11, -0.88, 0.97]),
        ColourName(english: "beige", chinese: "米色", weights: [0.06, 1.31, 0.17, 2.75, -0.34, -1.23, -0.15, 0.01, 0.82, 0.15, 0.23]),
    ]
}

/// The share of each named colour in what a picture shows.
enum ColourNames {
    struct Share: Equatable {
        let english: String
        let chinese: String
        /// 0 to 1; all names' shares add up to 1.
        let share: Float
    }

    /// Shares of less are noise.
    static let shareMin: Float = 0.05

    /// The largest shares, largest first, at most `count`.
    static func largest(_ count: Int, in sample: PictureSample) -> [Share] {
        var votes = [Float](repeating: 0, count: ColourName.all.count)
        var scores = votes
        for (colour, weight) in zip(sample.colours, sample.weights) where weight > 0 {
            score(colour, into: &scores)
            for index in votes.indices { votes[index] += weight * scores[index] }
        }
        let total = votes.reduce(0, +)
        guard total > 0 else { return [] }
        let order = votes.indices.sorted { (votes[$1], $0) < (votes[$0], $1) }
        return order.prefix(count).map { Share(english: ColourName.all[$0].english, chinese: ColourName.all[$0].chinese, share: votes[$0] / total) }
            .filter { $0.share >= shareMin }
    }

    /// Softmax over the names of wᵀ·terms(colour).
    private static func score(_ colour: Oklab, into scores: inout [Float]) {
        let terms = terms(colour)
        var largest = -Float.infinity
        for (index, name) in ColourName.all.enumerated() {
            var sum: Float = 0
            for term in 0..<terms.count { sum += name.weights[term] * terms[term] }
            scores[index] = sum
            largest = max(largest, sum)
        }
        var total: Float = 0
        for index in scores.indices {
            scores[index] = Exponential.of(scores[index] - largest)
            total += scores[index]
        }
        for index in scores.indices { scores[index] /= total }
    }

    /// 1, L, a, b, their squares and products, and the chroma, each on a scale of about 1.
    private static func terms(_ colour: Oklab) -> InlineArray<11, Float> {
        let (l, a, b) = ((colour.lightness - 0.55) / 0.25, colour.a / 0.08, colour.b / 0.08)
        return [1, l, a, b, l * l, a * a, b * b, l * a, l * b, a * b, (a * a + b * b + 0.01).squareRoot()]
    }
}
