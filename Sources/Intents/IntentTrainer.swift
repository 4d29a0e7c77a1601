import Foundation

/// Trains a model from examples: cross-validated calibration and threshold, then one model on everything.
///
/// The same examples in the same order give the same model, whatever the number of threads.
public struct IntentTrainer: Sendable {
    public struct Options: Sendable {
        /// C of the separators; nil = the best of a few, with the weight of the embedding, by cross-validation.
        public var cost: Float?
        /// Folds of the cross-validation that temperature and threshold are fitted on.
        public var folds = 4
        /// The threshold may cost so much of the in-scope accuracy (0.01 = one sentence in a hundred).
        public var inScopeLoss: Float = 0.01
        /// A threshold given by hand; nil = fitted.
        public var threshold: Float?
        public var threads = 2

        public init() {}
    }

    /// Where the work is: 0 to 1.
    public typealias Progress = @Sendable (Double) -> Void

    /// Sentences in one set of examples.
    public static let examplesMax = 1_000_000
    public static let classesMax = 2_000

    private let options: Options

    public init(_ options: Options = Options()) { self.options = options }

    /// - Parameter spaceID: space of the embeddings, kept with the model.
    /// - Throws: when there are fewer than two intents, an intent has no name, or embeddings differ in size.
    public func train(_ examples: [Utterance], spaceID: String, progress: @escaping Progress = { _ in }) throws(IntentError) -> IntentModel {
        let set = try TrainingSet(examples)
        let folds = set.folds(options.folds)
        let settings = folds.isEmpty ? [self.settings(set)[0]] : self.settings(set)
        let part = 1 / Double(folds.count * settings.count + 1)
        var done = 0.0
        var best = settings[0]
        var scored: [(scores: [Float], label: Int)] = []
        for setting in settings {
            var tried: [(scores: [Float], label: Int)] = []
            for fold in folds {
                let before = done
                let model = fit(set, setting, rows: fold.train, spaceID: spaceID) { progress((before + $0) * part) }
                tried += fold.held.map { (model.scores(set.examples[$0]), set.labels[$0]) }
                done += 1
            }
            if scored.isEmpty || Self.right(tried) > Self.right(scored) { (best, scored) = (setting, tried) }
        }
        let before = done
        var model = fit(set, best, rows: Array(set.examples.indices), spaceID: spaceID) { progress((before + $0) * part) }
        guard !scored.isEmpty else { return model }
        let calibration = Calibration(scored, inScopeCount: set.inScopeCount)
        model.temperature = calibration.temperature
        model.threshold = options.threshold ?? calibration.threshold(inScopeLoss: options.inScopeLoss)
        return model
    }

    struct Setting {
        var cost: Float
        var embeddingWeight: Float
    }

    /// Above so many examples one setting is used, which is near the best on all large sets that were tried, so that training stays quick.
    static let searchExamplesMax = 4_000

    private func settings(_ set: TrainingSet) -> [Setting] {
        if let cost = options.cost { return [Setting(cost: cost, embeddingWeight: 2)] }
        let usual = Setting(cost: 0.2, embeddingWeight: 2)
        return set.examples.count > Self.searchExamplesMax
            ? [usual] : [usual, Setting(cost: 0.5, embeddingWeight: 3), Setting(cost: 1, embeddingWeight: 4)]
    }

    private static func right(_ scored: [(scores: [Float], label: Int)]) -> Int {
        scored.count { entry in
            var best = 0
            for index in entry.scores.indices where entry.scores[index] > entry.scores[best] { best = index }
            return best == entry.label
        }
    }

    private func fit(_ set: TrainingSet, _ setting: Setting, rows: [Int], spaceID: String, progress: @escaping Progress) -> IntentModel {
        let vocabulary = Vocabulary(of: rows.map { set.sentences[$0] })
        let features = FeatureRows(
            rows.map { set.examples[$0] }, rows.map { set.sentences[$0] }, vocabulary: vocabulary, embeddingSize: set.embeddingSize,
            embeddingWeight: setting.embeddingWeight)
        let labels = rows.map { set.labels[$0] }
        let count = set.classes.count
        let trainer = MarginTrainer(cost: setting.cost)
        let columns = ParallelMap.run(count: count, threads: options.threads, progress: progress) { index in
            trainer.train(features, isMember: labels.map { $0 == index }, seed: UInt64(index) &* 0x9E37_79B9_7F4A_7C15 &+ 1)
        }
        var weights = [Float](repeating: 0, count: features.width * count)
        for (index, column) in columns.enumerated() {
            // The embedding enters scaled, as when the model is asked.
            for row in 0..<features.width { weights[row * count + index] = column[row] }
        }
        return IntentModel(
            classes: set.classes, inScopeCount: set.inScopeCount, spaceID: spaceID, embeddingSize: set.embeddingSize,
            embeddingWeight: setting.embeddingWeight, vocabulary: vocabulary,
            weights: weights, temperature: Calibration.temperatureDefault, threshold: options.threshold ?? 0)
    }
}

/// Checked examples with their class numbers.
struct TrainingSet: Sendable {
    let examples: [Utterance]
    let sentences: [NGrams.Hashes]
    let classes: [String]
    let inScopeCount: Int
    let labels: [Int]
    let embeddingSize: Int

    init(_ given: [Utterance]) throws(IntentError) {
        guard given.count <= IntentTrainer.examplesMax else {
            throw IntentError("\(given.count) examples; at most \(IntentTrainer.examplesMax) are allowed")
        }
        let size = given.first?.embedding.count ?? 0
        for example in given {
            guard !example.intent.isEmpty else { throw IntentError("the example \"\(example.text.prefix(60))\" names no intent") }
            guard example.embedding.count == size, example.embedding.allSatisfy(\.isFinite) else {
                throw IntentError("embeddings must all have \(size) finite numbers; \"\(example.text.prefix(60))\" has not")
            }
        }
        let names = Set(given.map(\.intent))
        let inScope = names.subtracting(IntentModel.outOfScopeLabels).sorted()
        guard inScope.count >= 2 else { throw IntentError("at least two intents are needed; the examples name \(inScope.count)") }
        guard inScope.count <= IntentTrainer.classesMax else {
            throw IntentError("\(inScope.count) intents; at most \(IntentTrainer.classesMax) are allowed")
        }
        let hasOutOfScope = names.count > inScope.count
        classes = inScope + (hasOutOfScope ? ["out_of_scope"] : [])
        inScopeCount = inScope.count
        let numbers = Dictionary(uniqueKeysWithValues: inScope.enumerated().map { ($0.element, $0.offset) })
        examples = given
        labels = given.map { numbers[$0.intent] ?? inScope.count }
        sentences = given.map { NGrams.of($0.text) }
        embeddingSize = size
    }

    /// Every class spread evenly over the folds, in the order of the examples; none when there are too few examples.
    func folds(_ wanted: Int) -> [(train: [Int], held: [Int])] {
        guard wanted >= 2, examples.count >= classes.count * 2 else { return [] }
        var seen = [Int](repeating: 0, count: classes.count)
        var random = Shuffler(17)
        var order = Array(examples.indices)
        for index in stride(from: order.count - 1, to: 0, by: -1) { order.swapAt(index, random.below(index + 1)) }
        var fold = [Int](repeating: 0, count: examples.count)
        for row in order {
            fold[row] = seen[labels[row]] % wanted
            seen[labels[row]] += 1
        }
        return (0..<wanted).map { number in
            (examples.indices.filter { fold[$0] != number }, examples.indices.filter { fold[$0] == number })
        }
    }
}

/// Runs independent pieces of work on plain threads: the result does not depend on how many.
enum ParallelMap {
    static func run<Value: Sendable>(
        count: Int, threads: Int, progress: @escaping @Sendable (Double) -> Void, _ body: @escaping @Sendable (Int) -> Value
    ) -> [Value] {
        let shared = Shared<Value>(count: count)
        let workers = max(1, min(threads, count))
        for _ in 0..<workers {
            let thread = Thread {
                while let index = shared.take() { progress(shared.put(index, body(index))) }
                shared.leave()
            }
            thread.stackSize = 4 << 20
            thread.start()
        }
        return shared.wait(for: workers)
    }

    private final class Shared<Value: Sendable>: @unchecked Sendable {
        // Invariant: everything is touched under `condition`.
        private let condition = NSCondition()
        private var next = 0
        private var left = 0
        private var done = 0
        private var values: [Value?]

        init(count: Int) { values = Array(repeating: nil, count: count) }

        func take() -> Int? {
            condition.withLock {
                guard next < values.count else { return nil }
                next += 1
                return next - 1
            }
        }

        func put(_ index: Int, _ value: Value) -> Double {
            condition.withLock {
                values[index] = value
                done += 1
                return Double(done) / Double(values.count)
            }
        }

        func leave() {
            condition.withLock {
                left += 1
                condition.broadcast()
            }
        }

        func wait(for workers: Int) -> [Value] {
            condition.withLock {
                while left < workers { condition.wait() }
                return values.compactMap { $0 }
            }
        }
    }
}
