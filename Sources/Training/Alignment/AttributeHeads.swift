import EventLoop
public import LinearAlgebra

/// What pictures and titles say of products' attributes ("base_colour"), told from where they lie in the aligned space, and what words and a picture
/// ask for together.
///
/// p(c|x) = softmax([x, 1]·W) with one W an attribute and side, x the unit projection times √k/4. A query of a picture and words asks,
/// attribute by attribute, for q = g·p(c|words) + (1 − g)·p(c|picture): the gate g says how surely the words name a value of this attribute,
/// from how far their answer is from what is usual:
/// g = sigmoid(w₀ + w₁·max p + w₂·KL(p ‖ prior)/ln C), learnt from the names of the values themselves. A product
/// fits by Σ ln(Σ_c q(c)·p(c|its picture)). (Late fusion with learnt confidence: Atrey et al., "Multimodal fusion for multimedia analysis: a survey",
/// Multimedia Systems 16, 2010, section 3.1; gating: Jacobs et al., "Adaptive mixtures of local experts", Neural Computation 3, 1991.)
public struct AttributeHeads: Sendable, Equatable {
    public struct Attribute: Sendable, Equatable {
        public var name: String
        public var classes: [String]
        /// Parts of the classes in the training products.
        public var prior: [Float]
        /// (k + 1)×classes: from pictures and from titles.
        public var picture: Matrix<Float>
        public var title: Matrix<Float>
    }

    public var attributes: [Attribute]
    /// w₀, w₁, w₂ of the gate.
    public var gate: [Float]
    /// A picture whose whitened projection is longer than this looks like nothing in the catalogue.
    public var strangeFrom: Float

    /// Values of an attribute at most; what has more (a product's number) is none to tell.
    public static let classesMax = 1_000
    static let floor: Float = 1e-3

    /// p(c|x), a row an example; `unit` are unit projections.
    static func probabilities(_ unit: Matrix<Float>, _ w: Matrix<Float>) -> Matrix<Float> {
        var p = input(unit) * w
        softmaxRows(&p)
        return p
    }

    static func input(_ unit: Matrix<Float>) -> Matrix<Float> {
        let scale = Float(unit.columns).squareRoot() / 4
        return Matrix.joined([unit.scaled(by: scale), Matrix(unit.rows, 1, [Float](repeating: 1, count: unit.rows))])
    }

    static func softmaxRows(_ p: inout Matrix<Float>) {
        let n = p.columns
        for r in 0..<p.rows {
            var largest = -Float.infinity
            for c in 0..<n { largest = max(largest, p.values[r * n + c]) }
            var sum: Float = 0
            for c in 0..<n {
                p.values[r * n + c] = exponential(p.values[r * n + c] - largest)
                sum += p.values[r * n + c]
            }
            for c in 0..<n { p.values[r * n + c] /= sum }
        }
    }

    /// max p and KL(p ‖ prior)/ln C of one answer.
    static func confidence(_ p: ArraySlice<Float>, _ prior: [Float]) -> (largest: Float, gain: Float) {
        var largest: Float = 0
        var gain = 0.0
        for (value, usual) in zip(p, prior) {
            largest = max(largest, value)
            if value > 0 { gain += Double(value) * Training.logarithm(Double(value) / Double(max(usual, 1e-6))) }
        }
        return (largest, Float(gain / Training.logarithm(Double(max(prior.count, 2)))))
    }

    func gate(_ p: ArraySlice<Float>, _ prior: [Float]) -> Float {
        let (largest, gain) = Self.confidence(p, prior)
        return 1 / (1 + exponential(-(gate[0] + gate[1] * largest + gate[2] * gain)))
    }

    /// What pictures tell of each attribute, by attribute a row a picture: made once for all the queries that search them.
    public func told(_ unitPictures: Matrix<Float>) -> [Matrix<Float>] { attributes.map { Self.probabilities(unitPictures, $0.picture) } }

    /// Σ over attributes of ln(Σ_c p(c|title)·p(c|picture)), titles×pictures.
    func agreement(titles: Matrix<Float>, told: [Matrix<Float>]) -> Matrix<Float> {
        Self.sumOfLogarithms(titles.rows, told) { Self.probabilities(titles, attributes[$0].title) }
    }

    /// Σ over attributes a of ln(asked(a)·told(a)ᵀ + floor).
    private static func sumOfLogarithms(_ rows: Int, _ told: [Matrix<Float>], _ asked: (Int) -> Matrix<Float>) -> Matrix<Float> {
        var scores = Matrix<Float>(rows, told.first?.rows ?? 0)
        var product = [Float](repeating: 1, count: scores.values.count)
        for a in told.indices {
            let part = Matrix.product(asked(a), told[a], transposeB: true)
            for i in product.indices { product[i] *= part.values[i] + floor }
            // Products of a few are far from underflow: one logarithm serves several attributes.
            guard a % Self.attributesInProduct == Self.attributesInProduct - 1 || a == told.count - 1 else { continue }
            for i in product.indices {
                scores.values[i] += Float(Training.logarithm(Double(product[i])))
                product[i] = 1
            }
        }
        return scores
    }

    private static let attributesInProduct = 8

    /// How words and picture are put together, attribute by attribute.
    public enum Fusion: String, Sendable, CaseIterable {
        /// q = g·p(words) + (1 − g)·p(picture), g learnt.
        case gated
        /// q = ½·p(words) + ½·p(picture).
        case posteriors
    }

    /// How well each picture fits what each query asks for, queries×pictures, and how surely its words name some attribute's value (0 to 1).
    public func fit(
        words: Matrix<Float>, picture: Matrix<Float>, told: [Matrix<Float>], fusion: Fusion
    ) -> (scores: Matrix<Float>, named: [Float]) {
        var named = [Float](repeating: 0, count: words.rows)
        let scores = Self.sumOfLogarithms(words.rows, told) { place in
            let attribute = attributes[place]
            let said = Self.probabilities(words, attribute.title)
            var asked = Self.probabilities(picture, attribute.picture)
            for r in 0..<said.rows {
                let g = gate(said.row(r), attribute.prior)
                named[r] = max(named[r], g)
                let share = fusion == .gated ? g : 0.5
                for c in 0..<said.columns { asked[r, c] = share * said[r, c] + (1 - share) * asked[r, c] }
            }
            return asked
        }
        return (scores, named)
    }
}
