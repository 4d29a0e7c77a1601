// Agents: what answers a turn, from the shop's own catalogue, texts and orders.
//
// Owns the three agents, the intent classifier and the sentences they say. Agents are values that serve every session; they see stores
// and the catalogue snapshot, never SQL, sockets or plugins, and they say nothing that no source supports.

public import Catalog
public import Fusion

/// Nearest-neighbour classifier over example utterances: p(c|x) ∝ Σ exp(cos(x, e)/τ) over the nearest examples e of class c.
///
/// Serves both the choice of the agent and, within customer service, the choice of the intent. Shares of classes do not depend on how many
/// examples each has, since only the `neighbours` nearest count.
public struct IntentClassifier: ModalityClassifier {
    private struct Example: Sendable {
        var classIndex: Int
        var values: [Float]
    }

    public let classes: [String]
    private let examples: [Example]
    private let spaceID: String
    /// What a modality without words says of the agents, by its mere presence.
    private let priors: [String: [ClassProbability]]

    /// Nearest examples that vote.
    public static let neighbours = 12
    /// Temperature τ of the votes: cosines that differ by so much differ by a factor e in weight.
    public static let temperature: Float = 0.06

    init(classes: [String], examples: [(name: String, feature: Feature)], priors: [String: [ClassProbability]] = [:]) {
        self.classes = classes
        self.priors = priors
        let space = examples.first?.feature
        spaceID = space?.spaceID ?? ""
        self.examples = examples.compactMap { example in
            // Vectors of another space cannot be compared.
            guard example.feature.spaceID == space?.spaceID, example.feature.values.count == space?.values.count else { return nil }
            return classes.firstIndex(of: example.name).map { Example(classIndex: $0, values: example.feature.normalised().values) }
        }
    }

    /// Which agent answers. A photo asks for things like it; a selfie asks to try something on.
    public static func agents(_ examples: [IntentExample]) -> IntentClassifier {
        func prior(_ recommendation: Float, _ service: Float, _ tryOn: Float) -> [ClassProbability] {
            [
                ClassProbability(name: AgentName.recommendation, probability: recommendation),
                ClassProbability(name: AgentName.customerService, probability: service), ClassProbability(name: AgentName.tryOn, probability: tryOn),
            ]
        }
        return IntentClassifier(
            classes: [AgentName.recommendation, AgentName.customerService, AgentName.tryOn],
            examples: examples.compactMap { example in example.feature.map { (example.agent, $0) } },
            priors: [Modality.image: prior(0.9, 0.1, 0), Modality.selfie: prior(0.05, 0, 0.95)])
    }

    /// Which intent a question for customer service has.
    public static func service(_ examples: [IntentExample]) -> IntentClassifier {
        let own = examples.filter { $0.agent == AgentName.customerService && !$0.intent.isEmpty }
        var classes: [String] = []
        for example in own where !classes.contains(example.intent) { classes.append(example.intent) }
        return IntentClassifier(classes: classes, examples: own.compactMap { example in example.feature.map { (example.intent, $0) } })
    }

    /// p(c|x) for every class, in class order; nil when x is of another space or there are no examples.
    public func probabilities(_ feature: Feature) -> [ClassProbability]? {
        if let prior = priors[feature.modality] { return prior }
        guard let first = examples.first, feature.spaceID == spaceID, feature.values.count == first.values.count else { return nil }
        let query = feature.normalised().values
        var nearest: [(similarity: Float, classIndex: Int)] = []
        for example in examples {
            let similarity = dot(query, example.values)
            if nearest.count == IntentClassifier.neighbours, let last = nearest.last, similarity <= last.similarity { continue }
            let position = nearest.firstIndex { $0.similarity < similarity } ?? nearest.count
            nearest.insert((similarity, example.classIndex), at: position)
            if nearest.count > IntentClassifier.neighbours { nearest.removeLast() }
        }
        guard let best = nearest.first else { return nil }
        var votes = [Float](repeating: 0, count: classes.count)
        for neighbour in nearest {
            votes[neighbour.classIndex] += Exponential.of((neighbour.similarity - best.similarity) / IntentClassifier.temperature)
        }
        let total = votes.reduce(0, +)
        return zip(classes, votes).map { ClassProbability(name: $0, probability: $1 / total) }
    }

    /// The most likely class and how like the nearest example of any class x is (cosine).
    func best(_ feature: Feature) -> (name: String, probability: Float, similarity: Float)? {
        guard let all = probabilities(feature), let top = all.max(by: { $0.probability < $1.probability }) else { return nil }
        let query = feature.normalised().values
        let similarity = examples.map { dot(query, $0.values) }.max() ?? 0
        return (top.name, top.probability, similarity)
    }
}

/// The names of agents, as graph files and example utterances use them.
public enum AgentName {
    public static let recommendation = "recommendation"
    public static let customerService = "customer_service"
    public static let tryOn = "try_on"
}

/// Inner product of two vectors of one length.
func dot(_ a: [Float], _ b: [Float]) -> Float {
    precondition(a.count == b.count, "vectors of one space have one length")
    var sums = SIMD8<Float>(repeating: 0)
    return a.withUnsafeBufferPointer { a in
        b.withUnsafeBufferPointer { b in
            var i = 0
            while i + 8 <= a.count {
                let x = UnsafeRawPointer(a.baseAddress! + i).loadUnaligned(as: SIMD8<Float>.self)
                let y = UnsafeRawPointer(b.baseAddress! + i).loadUnaligned(as: SIMD8<Float>.self)
                sums += x * y
                i += 8
            }
            var sum = sums.sum()
            while i < a.count {
                sum += a[i] * b[i]
                i += 1
            }
            return sum
        }
    }
}
