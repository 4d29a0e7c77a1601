import EventLoop
import LinearAlgebra

/// Learns attribute heads on an aligned space.
struct AttributeTraining {
    var epochs = 30
    var batch = 512
    var rate: Float = 0.01
    var decay: Float = 1e-4
    var seed: UInt64 = 1

    /// Names of an attribute's values, as words that a customer may use, with where they lie in the space.
    struct Phrases {
        var attribute: [String]
        var unit: Matrix<Float>
    }

    /// - Parameters:
    ///   - values: by attribute, a value an example; "" = not known.
    ///   - pictures, titles: unit projections, a row an example.
    ///   - lengths: of the pictures' whitened projections, of examples that were not learnt from.
    /// - Returns: nil when no attribute has two values or more.
    func run(
        _ values: [(name: String, values: [String])], pictures: Matrix<Float>, titles: Matrix<Float>, phrases: Phrases, lengths: [Float]
    ) -> AttributeHeads? {
        var attributes: [AttributeHeads.Attribute] = []
        for (name, values) in values {
            let known = values.indices.filter { !values[$0].isEmpty }
            let classes = Set(known.map { values[$0] }).sorted()
            guard classes.count > 1, classes.count <= AttributeHeads.classesMax else { continue }
            let place = Dictionary(uniqueKeysWithValues: classes.enumerated().map { ($1, $0) })
            let truth = known.map { place[values[$0]] ?? 0 }
            var prior = [Float](repeating: 0, count: classes.count)
            for c in truth { prior[c] += 1 / Float(truth.count) }
            attributes.append(
                .init(
                    name: name, classes: classes, prior: prior, picture: fit(pictures.rows(known), truth, classes.count),
                    title: fit(titles.rows(known), truth, classes.count)))
        }
        guard !attributes.isEmpty else { return nil }
        var heads = AttributeHeads(attributes: attributes, gate: [0, 0, 0], strangeFrom: Self.limit(lengths))
        heads.gate = learnGate(heads, phrases)
        return heads
    }

    /// Multinomial logistic regression by Adam with a rate that falls to 0.
    private func fit(_ unit: Matrix<Float>, _ truth: [Int], _ classes: Int) -> Matrix<Float> {
        let x = AttributeHeads.input(unit)
        var w = [Matrix<Float>(x.columns, classes)]
        var adam = Adam(w)
        var random = SeededRandom(seed: seed)
        for epoch in 0..<epochs {
            let order = Array(0..<x.rows).shuffled(using: &random)
            for start in stride(from: 0, to: order.count, by: batch) {
                let rows = order[start..<min(order.count, start + batch)]
                let part = x.rows(rows)
                var slope = part * w[0]
                AttributeHeads.softmaxRows(&slope)
                for (r, row) in rows.enumerated() { slope[r, truth[row]] -= 1 }
                var gradient = Matrix.product(part, slope, transposeA: true, scale: 1 / Float(rows.count))
                gradient.add(w[0], scale: decay)
                w = adam.step(w, [gradient], rate: rate * (1 - Float(epoch) / Float(epochs)))
            }
        }
        return w[0]
    }

    /// A twentieth beyond what 99.5 % of pictures of the catalogue have.
    private static func limit(_ lengths: [Float]) -> Float {
        guard !lengths.isEmpty else { return .infinity }
        let sorted = lengths.sorted()
        return sorted[min(sorted.count - 1, sorted.count * 995 / 1_000)] * 1.05
    }

    /// Logistic regression: does this phrase name a value of this attribute? Every phrase is asked for every attribute; both answers weigh the same.
    private func learnGate(_ heads: AttributeHeads, _ phrases: Phrases) -> [Float] {
        var examples: [(largest: Double, gain: Double, truth: Double)] = []
        for attribute in heads.attributes {
            let said = AttributeHeads.probabilities(phrases.unit, attribute.title)
            for r in 0..<said.rows {
                let (largest, gain) = AttributeHeads.confidence(said.row(r), attribute.prior)
                examples.append((Double(largest), Double(gain), phrases.attribute[r] == attribute.name ? 1 : 0))
            }
        }
        let positive = examples.reduce(0.0) { $0 + $1.truth }
        let negative = Double(examples.count) - positive
        // Without examples of both kinds the words decide what they are sure of.
        guard positive > 0, negative > 0 else { return [-8, 8, 4] }
        var w = [0.0, 0.0, 0.0]
        for _ in 0..<4_000 {
            var slope = [0.0, 0.0, 0.0]
            for example in examples {
                let p = 1 / (1 + Double(exponential(Float(-(w[0] + w[1] * example.largest + w[2] * example.gain)))))
                let error = (p - example.truth) / (2 * (example.truth > 0 ? positive : negative))
                slope[0] += error
                slope[1] += error * example.largest
                slope[2] += error * example.gain
            }
            for i in w.indices { w[i] -= 4 * slope[i] }
        }
        return w.map { Float($0) }
    }
}
