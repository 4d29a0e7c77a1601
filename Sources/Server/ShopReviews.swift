import Catalog
import CheckedYAML
import EventLoop
import Fusion
import Intents
import Logging

/// What the shop's reviews say: learnt from the examples that the configuration names, read once at the import, kept in the database.
enum ShopReviews {
    static let name = "reviews"
    /// Reviews whose sentences are embedded together.
    private static let batchReviewsMax = 500
    /// Of what is kept of a sentence: where more is, all are read again.
    private static let keptForm = 3

    /// The model that the import has kept; nil when there are no examples. Blocks; only while starting.
    static func stored(_ configuration: ServerConfiguration, _ stores: SQLiteStores, log: Logger) throws(ServerError) -> ReviewModel? {
        guard !configuration.reviewsFile.isEmpty else { return nil }
        let examples = try examples(configuration)
        do {
            guard let bytes = try stores.loadModel(name, hash: hash(examples)) else {
                log.warning("the reviews were not read with these examples", metadata: ["advice": "vitrine catalog import"])
                return nil
            }
            return try ReviewModel(decoding: bytes)
        } catch {
            throw ServerError("the model of reviews: \(error)")
        }
    }

    /// Learns from the examples if they have changed, and reads the reviews that are new, have changed, or were read by another model. Blocks.
    static func read(
        _ configuration: ServerConfiguration, _ stores: SQLiteStores, _ features: PluginFeatureSource, on loop: EventLoop,
        progress: @escaping @Sendable (ImportProgress) -> Void
    ) throws(ServerError) {
        guard !configuration.reviewsFile.isEmpty else { return }
        let examples = try examples(configuration)
        do {
            let (model, mark) = try self.model(examples, stores, features, on: loop, progress: progress)
            var done = 0
            var last = ""
            while case let reviews = try stores.unreadReviews(model: mark, limit: batchReviewsMax, after: last), let end = reviews.last {
                last = end.id
                let read = try opinions(reviews, model, features, on: loop)
                try stores.keep(read.map(\.opinion), vectors: read.map(\.vector), spaceID: model.spaceID, of: reviews, model: mark)
                done += reviews.count
                progress(ImportProgress(stage: "reading reviews", done: done, total: 0))
                if reviews.count < batchReviewsMax { break }
            }
        } catch let error as StoreError {
            throw ServerError("the reviews: \(error.message)")
        } catch {
            throw ServerError("the reviews: \(error)")
        }
    }

    /// The model, and a mark that tells it from every other.
    private static func model(
        _ examples: [ReviewExample], _ stores: SQLiteStores, _ features: PluginFeatureSource, on loop: EventLoop,
        progress: @escaping @Sendable (ImportProgress) -> Void
    ) throws -> (ReviewModel, String) {
        let hash = hash(examples)
        let probe = try features.embedTexts([examples[0].text], on: loop)
        if let bytes = try stores.loadModel(name, hash: hash), case let kept = try ReviewModel(decoding: bytes), kept.spaceID == probe[0].spaceID {
            return (kept, "\(hash) \(kept.spaceID) \(keptForm)")
        }
        progress(ImportProgress(stage: "learning reviews", done: 0, total: 1))
        let vectors = try features.embedTexts(examples.map(\.text), on: loop)
        let model = try ReviewModel.train(examples, embeddings: vectors.map(\.values), spaceID: vectors[0].spaceID)
        try stores.storeModel(name, hash: hash, bytes: try model.encoded())
        return (model, "\(hash) \(model.spaceID) \(keptForm)")
    }

    private static func opinions(
        _ reviews: [Review], _ model: ReviewModel, _ features: PluginFeatureSource, on loop: EventLoop
    ) throws -> [(opinion: Opinion, vector: [Float])] {
        let sentences = reviews.flatMap { review in Sentences.split(review.text).map { (review, $0) } }
        // Buyers repeat themselves: each sentence is embedded once.
        var places: [String: Int] = [:]
        var texts: [String] = []
        for (_, sentence) in sentences where places[sentence] == nil {
            places[sentence] = texts.count
            texts.append(sentence)
        }
        let vectors = try features.embedTexts(texts, on: loop)
        return sentences.compactMap { review, sentence in
            guard let place = places[sentence] else { return nil }
            let reading = model.read(Utterance(text: sentence, embedding: vectors[place].values), stars: review.rating)
            let opinion = Opinion(
                reviewID: review.id, productID: review.productID, rating: review.rating, language: review.language, sentence: sentence,
                aspect: reading.certainty >= certaintyMin ? reading.aspect : ReviewModel.general, praise: Double(reading.praise))
            return (opinion, vectors[place].values)
        }
    }

    /// A sentence about which the model is less sure than this is taken to be about the purchase as a whole.
    private static let certaintyMin: Float = 0.3

    private static func examples(_ configuration: ServerConfiguration) throws(ServerError) -> [ReviewExample] {
        do throws(YAMLError) {
            return try ReviewExample.yaml(configuration.reviewsFile)
        } catch {
            throw ServerError("\(error)")
        }
    }

    private static func hash(_ examples: [ReviewExample]) -> String {
        var hash = TextHash("review model 1")
        for example in examples { for text in [example.aspect, example.isPraise ? "good" : "bad", example.text] { hash.add(text) } }
        return hash.hex
    }
}
