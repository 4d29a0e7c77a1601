/// How well a model names intents.
public struct IntentEvaluation: Sendable {
    public struct Confusion: Sendable {
        public var truth: String
        public var guess: String
        public var count: Int
    }

    /// Sentences of an intent, and of none.
    public private(set) var inScope = 0
    public private(set) var outOfScope = 0
    /// The right intent is the likeliest, whatever the threshold.
    public private(set) var right = 0
    /// … and above the threshold.
    public private(set) var rightAccepted = 0
    /// In scope, below the threshold.
    public private(set) var rejected = 0
    /// Out of scope, below the threshold.
    public private(set) var outOfScopeRejected = 0
    /// Mean gap between probability and accuracy over ten equal ranges of probability.
    public private(set) var calibrationError: Float = 0
    /// Unweighted mean of the intents' F1.
    public private(set) var macroF1: Float = 0
    public private(set) var confusions: [Confusion] = []
    public private(set) var unknownIntents: [String] = []

    public var accuracy: Double { inScope == 0 ? 0 : Double(right) / Double(inScope) }
    /// A rejected sentence counts as wrong.
    public var acceptedAccuracy: Double { inScope == 0 ? 0 : Double(rightAccepted) / Double(inScope) }
    public var outOfScopeRecall: Double? { outOfScope == 0 ? nil : Double(outOfScopeRejected) / Double(outOfScope) }

    public init(_ model: IntentModel, on data: [Utterance]) {
        var bins = [(count: Int, right: Int, probability: Double)](repeating: (0, 0, 0), count: 10)
        var counts: [String: (tp: Int, fp: Int, fn: Int)] = [:]
        var pairs: [[String]: Int] = [:]
        for utterance in data {
            let guess = model.guess(utterance)
            if IntentModel.outOfScopeLabels.contains(utterance.intent) {
                outOfScope += 1
                if !guess.isInScope { outOfScopeRejected += 1 }
                continue
            }
            inScope += 1
            let isRight = guess.intent == utterance.intent
            if isRight { right += 1 }
            if !guess.isInScope { rejected += 1 } else if isRight { rightAccepted += 1 }
            let bin = min(9, Int(guess.probability * 10))
            bins[bin].count += 1
            bins[bin].right += isRight ? 1 : 0
            bins[bin].probability += Double(guess.probability)
            if isRight {
                counts[guess.intent, default: (0, 0, 0)].tp += 1
            } else {
                counts[guess.intent, default: (0, 0, 0)].fp += 1
                counts[utterance.intent, default: (0, 0, 0)].fn += 1
                pairs[[utterance.intent, guess.intent], default: 0] += 1
            }
        }
        let gap = bins.reduce(0.0) { $0 + abs($1.probability - Double($1.right)) }
        calibrationError = inScope == 0 ? 0 : Float(gap / Double(inScope))
        let f1 = counts.keys.sorted().compactMap { name -> Float? in
            guard let count = counts[name] else { return nil }
            return Float(2 * count.tp) / Float(2 * count.tp + count.fp + count.fn)
        }
        macroF1 = f1.isEmpty ? 0 : f1.reduce(0, +) / Float(f1.count)
        confusions = pairs.map { Confusion(truth: $0.key[0], guess: $0.key[1], count: $0.value) }
            .sorted { ($1.count, $0.truth, $0.guess) < ($0.count, $1.truth, $1.guess) }
        unknownIntents = Set(data.map(\.intent)).subtracting(model.classes).subtracting(IntentModel.outOfScopeLabels).sorted()
    }
}
