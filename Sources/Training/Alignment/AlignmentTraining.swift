import Evaluation
public import Fusion
public import LinearAlgebra

/// Trains an alignment model from pictures' features and titles.
public struct AlignmentTraining: Sendable {
    public enum Method: String, Sendable, CaseIterable {
        /// Closed form alone.
        case cca
        /// Contrastive heads on the canonical projection.
        case contrastive
        /// Deep canonical correlation on the canonical projection.
        case deepCorrelation = "deep-cca"
        /// A multimodal autoencoder on the canonical projection.
        case autoencoder
    }

    /// The one that the published figures are of (docs/fusion.md).
    public var method = Method.cca
    public var dimensions = 512
    public var regularisation = (pictures: 0.3, titles: 1.0)
    /// What is learnt from; at least one part of pictures and one of titles.
    public var parts = AlignmentPart.ofLayers
    /// Of the vision encoder's vectors, where pictures are these (`AlignmentPart.embedding`).
    public var pictureSpace = ""
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
        /// What else is known of the products: by attribute, a value a product, "" = not known.
        public var attributes: [(name: String, values: [String])] = []

        public init(pictures: Matrix<Float>, titles: [String], sentences: Matrix<Float>) {
            precondition(pictures.rows == titles.count && sentences.rows == titles.count, "pairs have a picture and a title each")
            self.pictures = pictures
            self.titles = titles
            self.sentences = sentences
        }

        func rows(_ indices: [Int]) -> Pairs {
            var part = Pairs(pictures: pictures.rows(indices), titles: indices.map { titles[$0] }, sentences: sentences.rows(indices))
            part.attributes = attributes.map { attribute in (attribute.name, indices.map { attribute.values[$0] }) }
            return part
        }
    }

    /// Names of attributes' values as words, with their sentence vectors: what the gate of composed queries is learnt from.
    public struct Phrases: Sendable {
        public var attribute: [String]
        public var texts: [String]
        public var sentences: Matrix<Float>

        public init(attribute: [String] = [], texts: [String] = [], sentences: Matrix<Float> = Matrix(0, 0)) {
            precondition(attribute.count == texts.count && sentences.rows == texts.count, "phrases have an attribute and a sentence vector each")
            self.attribute = attribute
            self.texts = texts
            self.sentences = sentences
        }
    }

    /// A line of the validation table.
    public struct Step: Sendable, Equatable, Codable {
        public var name: String
        /// Recall@10 of the held-out titles among the held-out pictures.
        public var recall10: Double
    }

    public static let pairsMin = 50

    /// - Parameter resume: where a run of before that was stopped is gone on with.
    /// - Returns: the model, and what each part of it reached on the held-out pairs.
    /// - Throws: when there are too few pairs, features that are not finite, or titles that are all the same.
    public func run(
        _ pairs: Pairs, phrases: Phrases = Phrases(), textSpace: String, resume: AlignmentResume? = nil, progress: ProgressReport
    ) throws(TrainingError) -> (AlignmentModel, [Step]) {
        try check(pairs)
        let count = pairs.titles.count
        let held = max(10, Int(Double(count) * validationShare))
        var random = Shuffle(seed: seed)
        let order = random.order(count)
        let validation = pairs.rows(Array(order.prefix(held)))
        let learnt = pairs.rows(Array(order.dropFirst(held)))
        let (begun, reached, epochs) = try judged(learnt, validation, textSpace, resume, progress)
        var (model, steps) = (begun, reached)
        progress(
            .init(stage: "attributes", done: heads + 1, total: heads + 2, note: "Recall@10 \(EvaluationNumber.text(steps[steps.count - 1].recall10))")
        )
        let lengths = model.strangeness(validation.pictures)
        addAttributes(to: &model, learnt, phrases, lengths)
        if model.attributes != nil {
            chooseShare(&model, validation)
            steps.append(Step(name: "with attributes", recall10: recall(model, validation)))
        }
        // The final model learns from everything, for as long as was best.
        progress(.init(stage: "learning from everything", done: heads + 1, total: heads + 2))
        var whole: AlignmentModel
        if let begun = resume?.load(.whole) { whole = begun.model } else { whole = try base(pairs, textSpace) }
        for best in epochs.dropFirst(whole.heads.count) {
            whole.heads.append(try train(whole.heads.count, whole, pairs, epochs: best, judge: nil).0)
            resume?.save(.whole, whole, epochs: Array(repeating: best, count: whole.heads.count), steps: [])
        }
        if model.attributes != nil {
            addAttributes(to: &whole, pairs, phrases, lengths)
            whole.attributeShare = model.attributeShare
        }
        resume?.finish()
        progress(.init(stage: "done", done: heads + 2, total: heads + 2))
        return (whole, steps)
    }

    private func check(_ pairs: Pairs) throws(TrainingError) {
        let count = pairs.titles.count
        guard count >= Self.pairsMin else { throw TrainingError("\(count) products have a usable picture and a title; \(Self.pairsMin) are needed") }
        guard pairs.pictures.isFinite, pairs.sentences.isFinite else { throw TrainingError("the features hold values that are not finite") }
        guard parts.contains(where: { AlignmentPart.ofPictures.contains($0) }), parts.contains(.sentence) || parts.contains(.words) else {
            throw TrainingError("there is nothing to align: name at least one part of pictures and one of titles")
        }
        guard !parts.contains(.embedding) || parts.allSatisfy({ $0 == .embedding || !AlignmentPart.ofPictures.contains($0) }) else {
            throw TrainingError("'embedding' is of the server's encoder, and the other parts of pictures are of layers: choose one of both")
        }
        guard Set(pairs.titles).count > 1 else { throw TrainingError("all titles are the same: there is nothing to tell apart") }
    }

    /// A model of `learnt` alone, with as many epochs of each head as find most among `validation`.
    private func judged(
        _ learnt: Pairs, _ validation: Pairs, _ textSpace: String, _ resume: AlignmentResume?, _ progress: ProgressReport
    ) throws(TrainingError) -> (model: AlignmentModel, steps: [Step], epochs: [Int]) {
        if let found = resume?.load(.held), found.model.heads.count == found.notes.epochs.count {
            return try addHeads(to: found.model, found.notes.steps, found.notes.epochs, learnt, validation, resume, progress)
        }
        progress(.init(stage: "canonical correlation", done: 0, total: heads + 2))
        let model = try base(learnt, textSpace)
        let steps = [Step(name: "canonical correlation", recall10: recall(model, validation))]
        resume?.save(.held, model, epochs: [], steps: steps)
        return try addHeads(to: model, steps, [], learnt, validation, resume, progress)
    }

    private func addHeads(
        to begun: AlignmentModel, _ begunSteps: [Step], _ begunEpochs: [Int], _ learnt: Pairs, _ validation: Pairs, _ resume: AlignmentResume?,
        _ progress: ProgressReport
    ) throws(TrainingError) -> (model: AlignmentModel, steps: [Step], epochs: [Int]) {
        var (model, steps, epochs) = (begun, begunSteps, begunEpochs)
        guard method != .cca else { return (model, steps, epochs) }
        while model.heads.count < heads {
            let head = model.heads.count
            let note = "Recall@10 \(EvaluationNumber.text(steps[steps.count - 1].recall10)) on \(validation.titles.count) held-out"
            progress(.init(stage: "head \(head + 1)", done: head + 1, total: heads + 2, note: note))
            let (trained, best) = try train(head, model, learnt, epochs: options.epochs, judge: validation)
            model.heads.append(trained)
            epochs.append(best)
            steps.append(Step(name: "with \(head + 1) head(s), stopped at epoch \(best)", recall10: recall(model, validation)))
            resume?.save(.held, model, epochs: epochs, steps: steps)
        }
        return (model, steps, epochs)
    }

    private func base(_ pairs: Pairs, _ textSpace: String) throws(TrainingError) -> AlignmentModel {
        let words = TitleWords(titles: pairs.titles)
        let means = pairs.pictures.columnMeans
        var centres: [AlignmentPart: [Float]] = [:]
        for part in parts where part.isCentred { centres[part] = part.blocks.flatMap { Array(means[$0]) } }
        let x = AlignmentModel.pictureInput(pairs.pictures, parts, centres: centres)
        let y = AlignmentModel.titleInput(pairs.titles, pairs.sentences, words, parts)
        let correlation = try CanonicalCorrelation(
            x, y, regularisation: (regularisation.pictures, regularisation.titles), dimensions: min(dimensions, pairs.titles.count - 1))
        return AlignmentModel(
            words: words, correlation: correlation, heads: [], parts: parts, centres: centres, textSpace: textSpace, pictureSpace: pictureSpace)
    }

    private func addAttributes(to model: inout AlignmentModel, _ pairs: Pairs, _ phrases: Phrases, _ lengths: [Float]) {
        guard !pairs.attributes.isEmpty else { return }
        let said =
            phrases.texts.isEmpty ? Matrix(0, model.correlation.correlations.count) : model.unit(model.titles(phrases.texts, phrases.sentences))
        model.attributes = AttributeTraining(seed: seed).run(
            pairs.attributes, pictures: model.unit(model.pictures(pairs.pictures)), titles: model.unit(model.titles(pairs.titles, pairs.sentences)),
            phrases: .init(attribute: phrases.attribute, unit: said), lengths: lengths)
    }

    /// The share of attributes that finds most of the held-out pictures.
    private func chooseShare(_ model: inout AlignmentModel, _ judge: Pairs) {
        var best = (share: Float(0), recall: recall(model, judge))
        for share in Self.sharesTried {
            model.attributeShare = share
            let value = recall(model, judge)
            if value > best.recall { best = (share, value) }
        }
        model.attributeShare = best.share
    }

    private static let sharesTried: [Float] = [0.005, 0.01, 0.02, 0.03, 0.045, 0.07]

    /// With a judge, stops after `patience` epochs without improvement and gives the best state; without, runs the epochs.
    private func train(
        _ index: Int, _ model: AlignmentModel, _ pairs: Pairs, epochs: Int, judge: Pairs?
    ) throws(TrainingError) -> (ContrastiveHeads, best: Int) {
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
        func run(_ step: (_ epoch: Int, _ now: ContrastiveHeads) -> Bool) throws(TrainingError) -> ContrastiveHeads {
            switch method {
            case .cca, .contrastive:
                heads.train(text: text, image: image, groups: groups, options: options) { epoch, _, now in step(epoch, now) }
                return heads
            case .deepCorrelation, .autoencoder:
                var deep = DeepHeads(method == .autoencoder ? .reconstruction : .correlation, dimensions: text.columns)
                return try deep.train(heads, text: text, image: image, options: options, step: step)
            }
        }
        guard let judge else { return (try run { _, _ in true }, epochs) }
        let (judgeText, judgeImage) = (model.projectTitles(judge.titles, judge.sentences), model.projectPictures(judge.pictures))
        var best = (heads: heads, epoch: 1, recall: -1.0)
        let patience = patience
        _ = try run { epoch, now in
            let scores = Matrix.product(now.text.apply(judgeText), now.image.apply(judgeImage), transposeB: true)
            let value = Self.recall10(scores, judge.titles)
            if value > best.recall { best = (now, epoch, value) }
            return epoch - best.epoch < patience
        }
        return (best.heads, best.epoch)
    }

    private func recall(_ model: AlignmentModel, _ pairs: Pairs) -> Double {
        let (asked, shown) = (model.titles(pairs.titles, pairs.sentences), model.searched(pairs.pictures))
        return Self.recall10(model.scores(titles: asked, pictures: shown), pairs.titles)
    }

    /// Of each title, how many of the pictures with that title are among its first ten.
    static func recall10(_ scores: Matrix<Float>, _ names: [String]) -> Double {
        var byName: [String: [Int]] = [:]
        for (row, name) in names.enumerated() { byName[name, default: []].append(row) }
        var sum = 0.0
        for (row, name) in names.enumerated() {
            let found = (byName[name] ?? []).filter { own in
                let score = scores[row, own]
                return (0..<scores.columns).lazy.filter { scores[row, $0] > score }.prefix(10).count < 10
            }
            sum += Double(found.count) / Double(byName[name]?.count ?? 1)
        }
        return names.isEmpty ? 0 : sum / Double(names.count)
    }
}
