public import Agents
public import Catalog
import EventLoop
import Fusion

/// Searches a shop's catalogue offline, as the recommendation agent does. For commands: blocks.
public final class ShopSearch {
    /// What is looked for. At least one of words, picture and product.
    public struct Question: Sendable {
        public var text: String?
        /// A whole picture file.
        public var image: [UInt8]?
        /// A product that what is sought should be like.
        public var like: String?
        /// What it should be other than that product: words, whose filters replace the product's own values.
        public var but: String?
        /// A product that what is sought should go with.
        public var goesWith: String?
        /// Conditions beside those in the words.
        public var filter = ProductFilter()
        /// What the customer did before, oldest first: (kind, product).
        public var events: [(kind: String, productID: String)] = []
        /// nil = the shop's rules say it.
        public var diversity: Float?
        /// Words are compared with pictures alone, and the photo with titles alone.
        public var isAcross = false
        public var language = "en"
        public var top = 5

        public init() {}
    }

    public struct Found: Sendable {
        public var productID: String
        public var title: String
        public var price: String
        public var inStock: Bool
        public var score: Float
        /// The greatest share first; they add up to 1.
        public var reasons: [Reasons.Line]
        public var parts: [Pick.Part]
    }

    public struct Answer: Sendable {
        public var hits: [Found]
        /// Phrases that were understood as filters.
        public var filters: [MatchedPhrase]
    }

    private let runtime: PluginRuntime
    private let loop: EventLoop
    private let stores: SQLiteStores
    private let snapshot: CatalogSnapshot
    private let recommender: Recommender
    private let features: PluginFeatureSource
    private let plan: GraphPlan

    public init(_ configuration: ServerConfiguration) throws(ServerError) {
        runtime = try PluginRuntime(configuration)
        do {
            stores = try SQLiteStores.open(configuration.databaseFile, shop: configuration.shop)
            snapshot = try stores.loadSnapshot()
            recommender = try Shop.recommender(configuration, snapshot, staleFiles: stores.staleFiles())
            loop = try EventLoop(name: "search")
            plan = try GraphPlan.load(configuration.graphFile)
        } catch let error as StoreError {
            throw ServerError("\(configuration.databaseFile): \(error.message)")
        } catch {
            throw error as? ServerError ?? ServerError("\(error)")
        }
        loop.start()
        features = try runtime.features(on: loop)
    }

    /// The weights of words and photo are those of the graph's first fuse step.
    public func search(_ question: Question) throws(ServerError) -> Answer {
        let words = [question.text, question.but].compactMap { $0 }.joined(separator: " ")
        let parsed = FilterParser(of: snapshot, rates: Shop.rates(snapshot.currency)).parse(words)
        let reference = try (question.like ?? question.goesWith).map(product)
        do {
            var request = RecommendationRequest()
            request.weights = recommender.rules.weights
            if question.isAcross {
                guard recommender.across != nil else {
                    throw ServerError("there is no space that words and pictures share: 'catalog: space:' names it")
                }
                (request.weights.across, request.weights.words) = (1, 0)
            }
            request.query = try query(question, reference, words, parsed, share: request.weights.across)
            request.filter = question.filter.refined(by: parsed.filter)
            if let reference {
                request.filter.excludedIDs.insert(reference.id)
                if request.filter.category.isEmpty {
                    request.filter.category.anyOf =
                        question.goesWith == nil ? [reference.category] : recommender.rules.complements[reference.category] ?? []
                }
                request.after = [reference.id]
            }
            request.filter = snapshot.narrowed(request.filter, to: parsed.measures)
            let rest = parsed.rest(of: words)
            if TellingWords.areIn(rest), request.weights.words > 0 {
                request.words = try Blocking.run(on: loop) { [stores, language = question.language] () async throws in
                    try await stores.searchProducts(words: rest, language: language, limit: Recommender.candidatesMax)
                }
            }
            request.taste = Taste(question.events)
            request.itemsMax = question.top
            request.diversity = question.diversity ?? recommender.rules.diversity
            let reasons = Reasons(language: question.language, parsed: parsed, words: words, like: reference, recommender: recommender)
            let picks = try recommender.recommend(request)
            return Answer(hits: picks.compactMap { found($0, reasons, question.language) }, filters: parsed.matches)
        } catch let error as ServerError {
            throw error
        } catch let error as StoreError {
            throw ServerError(error.message)
        } catch let error as FusionError {
            throw ServerError(error.message)
        } catch {
            throw ServerError("\(error)")
        }
    }

    private func query(
        _ question: Question, _ reference: Product?, _ words: String, _ parsed: ParsedFilter, share: Float
    ) throws -> FusedQuery {
        var parts: [Feature] = []
        let isSaid = question.text != nil || TellingWords.areIn(parsed.rest(of: words))
        if isSaid { parts.append(try Blocking.run(on: loop) { [features] in try await features.embedText(words) }) }
        if let image = question.image { parts.append(try Blocking.run(on: loop) { [features] in try await features.embedImage(image) }) }
        if let reference {
            let said = parts.first { $0.modality == Modality.text }
            return FusedQuery(blocks: Likeness.blocks(of: reference.id, but: said, goesWith: question.goesWith != nil, snapshot))
        }
        let outcome = try plan.fuse(parts, present: parts.map(\.modality), words: words, classifier: nil)
        guard let fused = outcome.vectors.first?.vector else { throw ServerError("the graph '\(plan.name)' has no fuse step") }
        return try recommender.asked(fused.asked, words: words, share: share)
    }

    private func product(_ id: String) throws(ServerError) -> Product {
        guard let product = snapshot.product(id) else { throw ServerError("there is no product '\(id)'") }
        return product
    }

    private func found(_ pick: Pick, _ reasons: Reasons, _ language: String) -> Found? {
        guard let product = snapshot.product(pick.productID) else { return nil }
        let price = product.price
        let amount = Double(price.amountMinor) / FilterParser.minorUnits(of: price.currency)
        return Found(
            productID: pick.productID, title: product.title(in: language), price: "\(price.currency) \(amount)", inStock: product.inStock,
            score: pick.score, reasons: reasons.of(pick), parts: pick.parts)
    }

    public func close() {
        features.retire(runtime)
        loop.stop()
        loop.join()
        stores.close()
        runtime.shutdown()
    }
}
