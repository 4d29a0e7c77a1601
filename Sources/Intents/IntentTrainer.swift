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

    /// Above so many examples they are not compared each with each (four bytes a pair); the embedding enters linearly then.
    static let likenessExamplesMax = 20_000
    /// What is tried for C.
    static let costs: [Float] = [0.3, 0.1, 1]
    /// Held-out sentences that suffice to choose C; what is held out beyond them is asked with the chosen one alone.
    static let choosingExamplesMin = 2_000
    /// s of `ExampleLikeness`.
    static let likenessStrength: Float = 8

    /// - Parameter spaceID: space of the embeddings, kept with the model.
    /// - Throws: when there are fewer than two intents, an intent has no name, or embeddings differ in size.
    public func train(_ examples: [Utterance], spaceID: String, progress: @escaping Progress = { _ in }) throws(IntentError) -> IntentModel {
        let set = try TrainingSet(examples)
        let folds = set.folds(options.folds)
        var model: IntentModel
        var scored: [Scored]
        if set.embeddingSize > 0, set.examples.count <= Self.likenessExamplesMax {
            (model, scored) = byLikeness(set, folds, spaceID, progress)
        } else {
            (model, scored) = linearly(set, folds, spaceID, progress)
        }
        guard !scored.isEmpty else { return model }
        let calibration = Calibration(scored, inScopeCount: set.inScopeCount)
        model.temperature = calibration.temperature
        model.threshold = options.threshold ?? calibration.threshold(inScopeLoss: options.inScopeLoss)
        return model
    }

    typealias Scored = (scores: [Float], label: Int)
    typealias Fold = (train: [Int], held: [Int])

    /// C by cross-validation, and the scores of what was held out with it.
    private func choose(_ costs: [Float], _ folds: [Fold], _ held: (Float, Fold) -> [Scored]) -> (cost: Float, scored: [Scored]) {
        var best: (cost: Float, scored: [Scored]) = (costs[0], [])
        guard !folds.isEmpty else { return best }
        let choosing = Self.foldsToChoose(folds)
        for cost in costs {
            let tried = folds[..<choosing].flatMap { held(cost, $0) }
            if best.scored.isEmpty || Self.right(tried) > Self.right(best.scored) { best = (cost, tried) }
        }
        best.scored += folds[choosing...].flatMap { held(best.cost, $0) }
        return best
    }

    /// How many folds every C is tried on.
    private static func foldsToChoose(_ folds: [Fold]) -> Int {
        var sentences = 0
        let enough = folds.firstIndex {
            sentences += $0.held.count
            return sentences >= choosingExamplesMin
        }
        return enough.map { $0 + 1 } ?? folds.count
    }

    /// How often all separators are fitted.
    private static func rounds(_ folds: [Fold], _ costs: [Float]) -> Double {
        let choosing = foldsToChoose(folds)
        return Double(choosing * costs.count + folds.count - choosing + 1)
    }

    private static func right(_ scored: [Scored]) -> Int {
        scored.count { entry in
            var best = 0
            for index in entry.scores.indices where entry.scores[index] > entry.scores[best] { best = index }
            return best == entry.label
        }
    }

    // MARK: Each example compared with each

    private func byLikeness(_ set: TrainingSet, _ folds: [Fold], _ spaceID: String, _ progress: @escaping Progress) -> (IntentModel, [Scored]) {
        let vocabulary = Vocabulary(of: set.sentences)
        let words = set.sentences.map { vocabulary.features(of: $0) }
        let likeness = ExampleLikeness(of: set.examples, strength: Self.likenessStrength)
        let matrix = LikenessMatrix(likeness, words: words, threads: options.threads) { progress($0 * 0.6) }
        let costs = options.cost.map { [$0] } ?? Self.costs
        let rounds = Self.rounds(folds, costs)
        var done = 0.0
        func results(_ cost: Float, _ rows: [Int]) -> [LikenessTrainer.Result] {
            let before = done
            done += 1
            let trainer = LikenessTrainer(cost: cost)
            return ParallelMap.run(count: set.classes.count, threads: options.threads) {
                progress(0.6 + 0.4 * (before + $0) / rounds)
            } _: { index in
                trainer.train(matrix, rows: rows, isMember: set.labels.map { $0 == index }, seed: Self.seed(index))
            }
        }
        let (cost, scored) = choose(costs, folds) { cost, fold in
            let results = results(cost, fold.train)
            return fold.held.map { row in (results.map { $0.scores[row] }, set.labels[row]) }
        }
        let columns = results(cost, Array(set.examples.indices)).map(\.coefficients)
        let count = set.classes.count
        var weights = [Float](repeating: 0, count: (words.count + vocabulary.count + 1) * count)
        for (row, entries) in words.enumerated() {
            for (index, column) in columns.enumerated() where column[row] != 0 {
                weights[row * count + index] = column[row]
                for entry in entries { weights[(words.count + Int(entry.index)) * count + index] += column[row] * entry.value }
                weights[weights.count - count + index] += column[row]
            }
        }
        return (model(set, spaceID, vocabulary, weights, likeness, embeddingWeight: 1), scored)
    }

    // MARK: Feature vectors

    /// Length of the embedding beside words and letter sequences.
    static let linearEmbeddingWeight: Float = 2

    private func linearly(_ set: TrainingSet, _ folds: [Fold], _ spaceID: String, _ progress: @escaping Progress) -> (IntentModel, [Scored]) {
        // Large sets leave little to choose.
        let costs = options.cost.map { [$0] } ?? (set.examples.count > Self.likenessExamplesMax ? [0.2] : Self.costs)
        let part = 1 / Self.rounds(folds, costs)
        var done = 0.0
        func fit(_ cost: Float, _ rows: [Int]) -> IntentModel {
            let before = done
            done += 1
            return self.fit(set, cost, rows: rows, spaceID: spaceID) { progress((before + $0) * part) }
        }
        let (cost, scored) = choose(costs, folds) { cost, fold in
            let model = fit(cost, fold.train)
            return fold.held.map { (model.scores(set.examples[$0]), set.labels[$0]) }
        }
        return (fit(cost, Array(set.examples.indices)), scored)
    }

    private func fit(_ set: TrainingSet, _ cost: Float, rows: [Int], spaceID: String, progress: @escaping Progress) -> IntentModel {
        let vocabulary = Vocabulary(of: rows.map { set.sentences[$0] })
        let features = FeatureRows(
            rows.map { set.examples[$0] }, rows.map { set.sentences[$0] }, vocabulary: vocabulary, embeddingSize: set.embeddingSize,
            embeddingWeight: Self.linearEmbeddingWeight)
        let labels = rows.map { set.labels[$0] }
        let count = set.classes.count
        let trainer = MarginTrainer(cost: cost)
        let columns = ParallelMap.run(count: count, threads: options.threads, progress: progress) { index in
            trainer.train(features, isMember: labels.map { $0 == index }, seed: Self.seed(index))
        }
        var weights = [Float](repeating: 0, count: features.width * count)
        for (index, column) in columns.enumerated() {
            // The embedding enters scaled, as when the model is asked.
            for row in 0..<features.width { weights[row * count + index] = column[row] }
        }
        return model(set, spaceID, vocabulary, weights, nil, embeddingWeight: Self.linearEmbeddingWeight)
    }

    private static func seed(_ index: Int) -> UInt64 { UInt64(index) &* 0x9E37_79B9_7F4A_7C15 &+ 1 }

    private func model(
        _ set: TrainingSet, _ spaceID: String, _ vocabulary: Vocabulary, _ weights: [Float], _ likeness: ExampleLikeness?, embeddingWeight: Float
    ) -> IntentModel {
        IntentModel(
            classes: set.classes, inScopeCount: set.inScopeCount, spaceID: spaceID, embeddingSize: set.embeddingSize,
            embeddingWeight: embeddingWeight, vocabulary: vocabulary, weights: weights, likeness: likeness,
            temperature: Calibration.temperatureDefault, threshold: options.threshold ?? 0)
    }
}
