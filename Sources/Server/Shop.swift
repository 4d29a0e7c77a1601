import Agents
import BackEnd
import Catalog
import CheckedYAML
import Fusion
import Intents
import Logging
import Previews
import Sessions

/// The shop that conversations are about: its database, the snapshot that agents search, and the agents.
final class Shop: Sendable {
    let stores: SQLiteStores
    let snapshot: CatalogSnapshot
    let classifier: IntentClassifier
    /// Of what was read; `SQLiteStores.catalogueMark` says whether the database has something else now.
    let mark: String
    private let policy: DialoguePolicy
    private let recommender: Recommender
    /// nil = orders and requests are the database's.
    private let backEnd: HTTPBackEnd?
    private let reviewModel: ReviewModel?

    private init(
        stores: SQLiteStores, snapshot: CatalogSnapshot, mark: String, classifier: IntentClassifier, policy: DialoguePolicy,
        recommender: Recommender, backEnd: HTTPBackEnd?, reviewModel: ReviewModel?
    ) {
        self.mark = mark
        self.backEnd = backEnd
        self.reviewModel = reviewModel
        self.stores = stores
        self.snapshot = snapshot
        self.classifier = classifier
        self.policy = policy
        self.recommender = recommender
    }

    /// Models that an import learns once the catalogue is committed. That of intents follows from the catalogue.
    static let learntModels = [ShopReviews.name]

    /// Modalities that the encoders give vectors of.
    static let encoded = [Modality.image, Modality.text]

    /// Opens the database and reads the catalogue. Blocks; only while starting.
    /// - Parameter backEnd: where orders lie; nil = in the database.
    static func open(_ configuration: ServerConfiguration, backEnd: HTTPBackEnd?, log: Logger) throws(ServerError) -> Shop {
        let policy = try ShopUnderstanding.policy(configuration)
        let stores: SQLiteStores
        do throws(StoreError) {
            stores = try SQLiteStores.open(configuration.databaseFile, shop: configuration.shop)
        } catch {
            throw ServerError("\(configuration.databaseFile): \(error.message)")
        }
        return try read(stores, policy, configuration, backEnd, log)
    }

    /// The shop as its database has it now, on the same stores. Blocks; not on a loop.
    func renewed(_ configuration: ServerConfiguration, log: Logger) throws(ServerError) -> Shop {
        try Shop.read(stores, policy, configuration, backEnd, log)
    }

    private static func read(
        _ stores: SQLiteStores, _ policy: DialoguePolicy, _ configuration: ServerConfiguration, _ backEnd: HTTPBackEnd?, _ log: Logger
    ) throws(ServerError) -> Shop {
        let snapshot: CatalogSnapshot
        let mark: String
        do throws(StoreError) {
            // Before what it stands for: what changes meanwhile is read again.
            mark = try stores.loadCatalogueMark(models: learntModels)
            snapshot = try stores.loadSnapshot()
        } catch {
            throw ServerError("\(configuration.databaseFile): \(error.message)")
        }
        if snapshot.products.isEmpty {
            log.warning("the catalogue is empty", metadata: ["database": "\(configuration.databaseFile)", "advice": "vitrine catalog import"])
        }
        if !snapshot.indexNote.isEmpty { log.info("the vector index", metadata: ["how": "\(snapshot.indexNote)"]) }
        let parser = FilterParser(currency: snapshot.currency, rates: Shop.rates(snapshot.currency))
        let classifier = IntentClassifier(model: try ShopUnderstanding.model(stores, snapshot), parser: parser, names: snapshot.names)
        return Shop(
            stores: stores, snapshot: snapshot, mark: mark, classifier: classifier, policy: policy,
            recommender: try Shop.recommender(configuration, snapshot), backEnd: backEnd,
            reviewModel: try ShopReviews.stored(configuration, stores, log: log))
    }

    /// What recommends, with the rules and the ranker that the configuration names.
    static func recommender(_ configuration: ServerConfiguration, _ snapshot: CatalogSnapshot) throws(ServerError) -> Recommender {
        var rules = RecommendationRules()
        if !configuration.rulesFile.isEmpty {
            do throws(YAMLError) {
                let attributes = snapshot.products.isEmpty ? nil : Set(snapshot.products.flatMap(\.attributes.keys))
                rules = try RecommendationRules.load(
                    configuration.rulesFile, minorUnits: FilterParser.minorUnits(of: snapshot.currency), attributes: attributes)
            } catch {
                throw ServerError("\(error)")
            }
        }
        let next = configuration.rankerFolder.isEmpty ? nil : try LearntRanker(folder: configuration.rankerFolder, snapshot: snapshot)
        let space = try configuration.sharedSpace()
        if let space, !snapshot.products.isEmpty, !snapshot.spaces.values.contains(space.spaceID) {
            throw ServerError(
                "'catalog: space:' no product has vectors of \(configuration.spaceFolder) (\(space.spaceID)): import the catalogue again with it")
        }
        return Recommender(snapshot: snapshot, rules: rules, next: next, across: space)
    }

    /// - Parameter phrasing: says what customer service found in other words; nil = nobody does.
    func agents(itemsMax: Int, painter: PreviewPainter, phrasing: Phrasing?) -> [any Agent] {
        let service = ServiceStores(orders: backEnd ?? stores, catalog: stores, handoffs: stores, desk: backEnd ?? stores)
        return [
            RecommendationAgent(
                snapshot: snapshot, parser: FilterParser(currency: snapshot.currency, rates: Shop.rates(snapshot.currency)), itemsMax: itemsMax,
                rules: recommender.rules, next: recommender.next, across: recommender.across, store: stores, exposures: stores),
            ServiceAgent(snapshot: snapshot, stores: service, intents: classifier, policy: policy, reviewModel: reviewModel, phrasing: phrasing),
            TryOnAgent(snapshot: snapshot, painter: painter),
        ]
    }

    /// Rough rates by which prices named in another currency are understood as filters; they never enter a price that is shown.
    static func rates(_ currency: String) -> [String: Double] {
        let dollars = ["USD": 1, "CNY": 0.14, "EUR": 1.1, "GBP": 1.3, "JPY": 0.0067]
        guard let own = dollars[currency] else { return [:] }
        return dollars.mapValues { $0 / own }
    }

    func close() { stores.close() }
}
