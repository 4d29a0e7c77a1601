import Evaluation
public import LinearAlgebra

/// Trains an alignment model from pictures' features and titles.
public struct AlignmentTraining: Sendable {
    public enum Method: String, Sendable, CaseIterable {
        /// Closed form alone.
        case cca
        /// Contrastive heads on the canonical projection.
        case contrastive
    }

    public var method = Method.contrastive
    public var dimensions = 512
    public var regularisation = (pictures: 0.3, titles: 1.0)
    public var weights = AlignmentModel.Weights()
    public var heads = 2
    public var options = ContrastiveHeads.Options()
    /// Part of the pairs that is kept out to choose when to stop.
    public var validationShare = 0.1
    /// Epochs without a better validation after which a head stops.
    public var patience = 4
    public var seed: UInt64 = 1

    public init() {}

    /// Pairs of a picture's features and its title with the title's sentence vector; rows in one order.
    public struct Pairs: Sendable {
        public var pictures: Matrix<Float>
        public var titles: [String]
        public var sentences: Matrix<Float>

        public init(pictures: Matrix<Float>, titles: [String], sentences: Matrix<Float>) {
            precondition(pictures.rows == titles.count && sentences.rows == titles.count, "pairs have a picture and a title each")
            self.pictures = pictures
            self.titles = titles
            self.sentences = sentences
        }

        func rows(_ indices: [Int]) -> Pairs {
            Pairs(pictures: pictures.rows(indices), titles: indices.map { titles[$0] }, sentences: sentences.rows(indices))
        }
    }

    /// A line of the validation table.
    public struct Step: Sendable, Equatable {
        public var name: String
        /// Recall@10 of the held-out titles among the held-out pictures.
        public var recall10: Double
    }

    public static let pairsMin = 50

    /// - Returns: the model, and what each part of it reached on the held-out pairs.
    /// - Throws: when there are too few pairs, features that are not finite, or titles that are all the same.
    public func run(_ pairs: Pairs, textSpace: String, progress: ProgressReport) throws(TrainingError) -> (AlignmentModel, [Step]) {
        let count = pairs.titles.count
        guard count >= Self.pairsMin else { throw TrainingError("\(count) products have a usable picture and a title; \(Self.pairsMin) are needed") }
        guard pairs.pictures.isFinite, pairs.sentences.isFinite else { throw TrainingError("the features hold values that are not finite") }
        guard Set(pairs.titles).count > 1 else { throw TrainingError("all titles are the same: there is nothing to tell apart") }
        let held = max(10, Int(Double(count) * validationShare))
        var random = Shuffle(seed: seed)
        let order = random.order(count)
        let validation = pairs.rows(Array(order.prefix(held)))
        progress(.init(stage: "canonical correlation", done: 0, total: heads + 2))
        var model = try base(pairs.rows(Array(order.dropFirst(held))), textSpace)
        var steps = [Step(name: "canonical correlation", recall10: recall(model, validation))]
        var epochs: [Int] = []
        if method == .contrastive {
            for head in 0..<heads {
                let note = "Recall@10 \(EvaluationNumber.text(steps[steps.count - 1].recall10)) on \(held) held-out"
                progress(.init(stage: "head \(head + 1)", done: head + 1, total: heads + 2, note: note))
                let (trained, best) = train(head, model, pairs.rows(Array(order.dropFirst(held))), epochs: options.epochs, judge: validation)
                model.heads.append(trained)
                epochs.append(best)
                steps.append(Step(name: "with \(head + 1) head(s), stopped at epoch \(best)", recall10: recall(model, validation)))
            }
        }
        // The final model learns from everything, for as long as was best.
        progress(.init(stage: "learning from everything", done: heads + 1, total: heads + 2))
        var whole = try base(pairs, textSpace)
        for (head, best) in epochs.enumerated() { whole.heads.append(train(head, whole, pairs, epochs: best, judge: nil).0) }
        progress(.init(stage: "done", done: heads + 2, total: heads + 2))
        return (whole, steps)
    }

    private func base(_ pairs: Pairs, _ textSpace: String) throws(TrainingError) -> AlignmentModel {
        let words = TitleWords(titles: pairs.titles)
        let means = pairs.pictures.columnMeans
        let logitsMean = Array(means[1_280..<2_280])
        let tinyMean = Array(means[(2_280 + PictureMeasures.histogramCount)...])
        let x = AlignmentModel.pictureInput(pairs.pictures, weights, logitsMean: logitsMean, tinyMean: tinyMean)
        let y = AlignmentModel.titleInput(pairs.titles, pairs.sentences, words, weights)
        let correlation = try CanonicalCorrelation(
            x, y, regularisation: (regularisation.pictures, regularisation.titles), dimensions: min(dimensions, pairs.titles.count - 1))
        return AlignmentModel(
            words: words, correlation: correlation, heads: [], logitsMean: logitsMean, tinyMean: tinyMean, weights: weights, textSpace: textSpace)
    }

    /// With a judge, stops after `patience` epochs without improvement and gives the best state; without, runs the epochs.
    private func train(
        _ index: Int, _ model: AlignmentModel, _ pairs: Pairs, epochs: Int, judge: Pairs?
    ) -> (ContrastiveHeads, best: Int) {
        let text = model.projectTitles(pairs.titles, pairs.sentences)
        let image = model.projectPictures(pairs.pictures)
        var numbers: [String: Int] = [:]
        let groups = pairs.titles.map { title in
            if let known = numbers[title] { return known }
            numbers[title] = numbers.count
            return numbers.count - 1
        }
        var options = options
        options.epochs = max(epochs, 1)
        options.seed = seed &+ UInt64(index) &* 7_919
        var heads = ContrastiveHeads(dimensions: text.columns, hidden: options.hidden, seed: options.seed)
        guard let judge else {
            heads.train(text: text, image: image, groups: groups, options: options) { _, _, _ in true }
            return (heads, epochs)
        }
        let (judgeText, judgeImage) = (model.projectTitles(judge.titles, judge.sentences), model.projectPictures(judge.pictures))
        var best = (heads: heads, epoch: 1, recall: -1.0)
        let patience = patience
        heads.train(text: text, image: image, groups: groups, options: options) { epoch, _, now in
            let value = Self.recall10(now.text.apply(judgeText), now.image.apply(judgeImage), judge.titles)
            if value > best.recall { best = (now, epoch, value) }
            return epoch - best.epoch < patience
        }
        return (best.heads, best.epoch)
    }

    private func recall(_ model: AlignmentModel, _ pairs: Pairs) -> Double {
        Self.recall10(model.titles(pairs.titles, pairs.sentences), model.pictures(pairs.pictures), pairs.titles)
    }

    /// Of each title, how many of the pictures with that title are among its first ten.
    static func recall10(_ titles: Matrix<Float>, _ pictures: Matrix<Float>, _ names: [String]) -> Double {
        let scores = Matrix.product(titles, pictures, transposeB: true)
        var byName: [String: [Int]] = [:]
        for (row, name) in names.enumerated() { byName[name, default: []].append(row) }
        var sum = 0.0
        for (row, name) in names.enumerated() {
            let found = (byName[name] ?? []).filter { own in
                let score = scores[row, own]
                return (0..<pictures.rows).lazy.filter { scores[row, $0] > score }.prefix(10).count < 10
            }
            sum += Double(found.count) / Double(byName[name]?.count ?? 1)
        }
        return names.isEmpty ? 0 : sum / Double(names.count)
    }
}
