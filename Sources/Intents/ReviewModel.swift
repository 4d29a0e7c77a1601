/// What a buyer's sentence is about and whether it praises it, learnt from examples.
///
/// Two classifiers over the same features: one of the aspects, one of aspect and mood together. Praise is the second one's sum over all aspects: what
/// is good to say of a clasp ("tight") is not good to say of a ring's size, so moods are learnt apart and added. The review's stars, where they are
/// known, are a prior: log-odds are added.
public struct ReviewModel: Sendable {
    let aspects: IntentModel
    let moods: IntentModel

    public struct Reading: Sendable, Equatable {
        public var aspect: String
        /// Of the aspect, 0 to 1.
        public var certainty: Float
        /// That the sentence praises, 0 to 1.
        public var praise: Float
    }

    /// The aspect of what is about no part in particular.
    public static let general = "general"
    /// log(p(praise | stars) / p(complaint | stars)) for one to five stars; three say nothing.
    static let starsLogOdds: [Float] = [-3, -2, 0, 1.5, 3]

    public var spaceID: String { aspects.spaceID }

    public static func train(
        _ examples: [ReviewExample], embeddings: [[Float]], spaceID: String, threads: Int = 2, progress: @escaping IntentTrainer.Progress = { _ in }
    ) throws(IntentError) -> ReviewModel {
        precondition(examples.count == embeddings.count, "an embedding for each example")
        var options = IntentTrainer.Options()
        options.threads = threads
        func learn(_ share: Double, _ label: (ReviewExample) -> String) throws(IntentError) -> IntentModel {
            var utterances: [Utterance] = []
            for (example, embedding) in zip(examples, embeddings) {
                utterances.append(Utterance(text: example.text, embedding: embedding, intent: label(example)))
            }
            return try IntentTrainer(options).train(utterances, spaceID: spaceID) { progress(share + $0 / 2) }
        }
        return ReviewModel(
            aspects: try learn(0) { $0.aspect }, moods: try learn(0.5) { $0.aspect + ($0.isPraise ? Self.good : Self.bad) })
    }

    private static let good = "/good"
    private static let bad = "/bad"

    /// - Parameters:
    ///   - sentence: its embedding is of `spaceID`, unit length.
    ///   - stars: of the review it stands in, 1 to 5; nil = not known.
    public func read(_ sentence: Utterance, stars: Int? = nil) -> Reading {
        let about = aspects.guess(sentence)
        let all = moods.guess(sentence).all
        let good = all.reduce(Float(0)) { $0 + ($1.intent.hasSuffix(Self.good) ? $1.probability : 0) }
        let bad = all.reduce(Float(0)) { $0 + ($1.intent.hasSuffix(Self.bad) ? $1.probability : 0) }
        var odds = max(good, .leastNormalMagnitude) / max(bad, .leastNormalMagnitude)
        if let stars, (1...5).contains(stars) { odds *= Exponential.of(Self.starsLogOdds[stars - 1]) }
        return Reading(aspect: about.intent, certainty: about.probability, praise: odds.isFinite ? odds / (1 + odds) : 1)
    }

    // MARK: File

    private static let magic = Array("VTREVIEW".utf8)

    /// "VTREVIEW", the length of the first model as eight bytes, little-endian, and the two models.
    public func encoded() throws(IntentError) -> [UInt8] {
        let first = try aspects.encoded()
        return Self.magic + withUnsafeBytes(of: UInt64(first.count).littleEndian) { Array($0) } + first + (try moods.encoded())
    }

    /// - Throws: when the bytes are no such model, saying what is wrong.
    public init(decoding bytes: [UInt8]) throws(IntentError) {
        guard bytes.count > 16, bytes.prefix(8).elementsEqual(Self.magic) else {
            throw IntentError("no model of reviews: it does not begin with VTREVIEW")
        }
        let length = bytes[8..<16].enumerated().reduce(UInt64(0)) { $0 | UInt64($1.element) << UInt64(8 * $1.offset) }
        guard length <= UInt64(bytes.count - 16) else { throw IntentError("the model of reviews is cut off") }
        let end = 16 + Int(length)
        self.init(aspects: try IntentModel(decoding: Array(bytes[16..<end])), moods: try IntentModel(decoding: Array(bytes[end...])))
        guard aspects.spaceID == moods.spaceID else { throw IntentError("the model of reviews was made in two spaces") }
    }

    init(aspects: IntentModel, moods: IntentModel) {
        self.aspects = aspects
        self.moods = moods
    }
}

/// How well sentences that were kept aside are read.
public struct ReviewEvaluation: Sendable, Equatable {
    public var sentences = 0
    public var aspectAccuracy = 0.0
    /// Of praise and complaint, by the words alone.
    public var moodAccuracy = 0.0
    /// With the review's stars, where they are given.
    public var starred = 0
    public var starredMoodAccuracy = 0.0
    /// Aspect → how many, how many were found.
    public var aspects: [(name: String, count: Int, right: Int)] = []

    /// - Parameter sentences: with their embeddings and the stars of their reviews.
    public init(_ model: ReviewModel, _ sentences: [(example: ReviewExample, embedding: [Float], stars: Int?)]) {
        self.sentences = sentences.count
        var (aspectsRight, moodsRight, starredRight) = (0, 0, 0)
        var tally: [String: (count: Int, right: Int)] = [:]
        for (example, embedding, stars) in sentences {
            let utterance = Utterance(text: example.text, embedding: embedding)
            let reading = model.read(utterance)
            let isRight = reading.aspect == example.aspect
            aspectsRight += isRight ? 1 : 0
            let before = tally[example.aspect] ?? (0, 0)
            tally[example.aspect] = (before.count + 1, before.right + (isRight ? 1 : 0))
            moodsRight += (reading.praise >= 0.5) == example.isPraise ? 1 : 0
            guard let stars else { continue }
            starred += 1
            starredRight += (model.read(utterance, stars: stars).praise >= 0.5) == example.isPraise ? 1 : 0
        }
        func share(_ right: Int, _ of: Int) -> Double { of == 0 ? 0 : Double(right) / Double(of) }
        aspectAccuracy = share(aspectsRight, sentences.count)
        moodAccuracy = share(moodsRight, sentences.count)
        starredMoodAccuracy = share(starredRight, starred)
        aspects = tally.sorted { $0.key < $1.key }.map { ($0.key, $0.value.count, $0.value.right) }
    }

    public static func == (a: ReviewEvaluation, b: ReviewEvaluation) -> Bool {
        a.sentences == b.sentences && a.aspectAccuracy == b.aspectAccuracy && a.moodAccuracy == b.moodAccuracy
            && a.starredMoodAccuracy == b.starredMoodAccuracy
    }
}
