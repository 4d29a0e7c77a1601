import Agents
import BackEnd
import Catalog
import CheckedYAML
import ChineseScript
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
    /// Where orders are looked up and requests go.
    private let desk: any OrderStore & ServiceDesk
    private let reviewModel: ReviewModel?
    /// nil = traditional characters are read as they are.
    private let simplifier: Simplifier?

    private init(
        stores: SQLiteStores, snapshot: CatalogSnapshot, mark: String, classifier: IntentClassifier, policy: DialoguePolicy,
        recommender: Recommender, backEnd: HTTPBackEnd?, desk: any OrderStore & ServiceDesk, reviewModel: ReviewModel?, simplifier: Simplifier?
    ) {
        self.simplifier = simplifier
        self.mark = mark
        self.backEnd = backEnd
        self.desk = desk
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
        let staleFiles: Set<String>
        do throws(StoreError) {
            // Before what it stands for: what changes meanwhile is read again.
            mark = try stores.loadCatalogueMark(models: learntModels)
            snapshot = try stores.loadSnapshot()
            staleFiles = try stores.staleFiles()
        } catch {
            throw ServerError("\(configuration.databaseFile): \(error.message)")
        }
        if snapshot.products.isEmpty {
            log.warning("the catalogue is empty", metadata: ["database": "\(configuration.databaseFile)", "advice": "vitrine catalog import"])
        }
        if !snapshot.indexNote.isEmpty { log.info("the vector index", metadata: ["how": "\(snapshot.indexNote)"]) }
        let simplifier = loadSimplifier(log)
        let parser = FilterParser(of: snapshot, rates: Shop.rates(snapshot.currency))
        let classifier = IntentClassifier(
            model: try ShopUnderstanding.model(stores, snapshot), parser: parser, names: snapshot.names, simplifier: simplifier,
            actions: policy.intents)
        let desk: any OrderStore & ServiceDesk
        if let backEnd {
            // What it said is played back call by call.
            desk = backEnd
        } else if let played = configuration.playedBack {
            desk = played.stores(else: stores)
        } else {
            desk = stores
        }
        return Shop(
            stores: stores, snapshot: snapshot, mark: mark, classifier: classifier, policy: policy,
            recommender: try Shop.recommender(configuration, snapshot, staleFiles: staleFiles, log), backEnd: backEnd, desk: ToldStores(desk),
            reviewModel: try ShopReviews.stored(configuration, stores, log: log), simplifier: simplifier)
    }

    /// The tables of traditional characters, where they are installed.
    private static func loadSimplifier(_ log: Logger) -> Simplifier? {
        do throws(ChineseScriptError) {
            return try Simplifier()
        } catch {
            log.warning("words in traditional characters are understood less well", metadata: ["why": "\(error.message)"])
            return nil
        }
    }

    /// What recommends, with the rules, the ranker and the learnt weights that the configuration names.
    /// - Parameter staleFiles: SHA-256 of files with the behaviour of somebody who was erased since: what was learnt from one is left out.
    static func recommender(
        _ configuration: ServerConfiguration, _ snapshot: CatalogSnapshot, staleFiles: Set<String>, _ log: Logger? = nil
    ) throws(ServerError) -> Recommender {
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
        var next: LearntRanker?
        if !configuration.rankerFolder.isEmpty {
            next = try LearntRanker(folder: configuration.rankerFolder, snapshot: snapshot, staleFiles: staleFiles)
        }
        var ranking: LearntRanking?
        if !configuration.rankingFolder.isEmpty { ranking = try LearntRanking(folder: configuration.rankingFolder, staleFiles: staleFiles) }
        for (folder, isStale) in [(configuration.rankerFolder, next?.isStale), (configuration.rankingFolder, ranking?.isStale)] where isStale == true
        {
            log?.warning(
                "a model is not used: it was learnt from the behaviour of a customer who was erased",
                metadata: ["model": "\(folder)", "advice": "vitrine catalog events, vitrine train ranker"])
        }
        next = next.flatMap { $0.isStale ? nil : $0 }
        ranking = ranking.flatMap { $0.isStale ? nil : $0 }
        try ProductSpaces(configuration).check(snapshot)
        let space = try configuration.sharedSpace()
        return Recommender(
            snapshot: snapshot, rules: ranking.map { rules.learnt($0.weights) } ?? rules, next: next, across: space,
            popularity: ranking?.popularity ?? [:])
    }

    /// - Parameter phrasing: says what customer service found in other words; nil = nobody does.
    func agents(itemsMax: Int, painter: PreviewPainter, phrasing: Phrasing?) -> [any Agent] {
        let service = ServiceStores(orders: desk, catalog: stores, handoffs: stores, desk: desk)
        let agents: [any Agent] = [
            RecommendationAgent(
                snapshot: snapshot, parser: FilterParser(of: snapshot, rates: Shop.rates(snapshot.currency)), itemsMax: itemsMax,
                rules: recommender.rules, next: recommender.next, across: recommender.across, popularity: recommender.popularity,
                store: stores, exposures: stores),
            ServiceAgent(snapshot: snapshot, stores: service, intents: classifier, policy: policy, reviewModel: reviewModel, phrasing: phrasing),
        ]
        return agents.map { agent in simplifier.map { SimplifiedTurns(agent, $0) } ?? agent } + [TryOnAgent(snapshot: snapshot, painter: painter)]
    }

    /// Rough rates by which prices named in another currency are understood as filters; they never enter a price that is shown.
    static func rates(_ currency: String) -> [String: Double] {
        let dollars = ["USD": 1, "CNY": 0.14, "EUR": 1.1, "GBP": 1.3, "JPY": 0.0067]
        guard let own = dollars[currency] else { return [:] }
        return dollars.mapValues { $0 / own }
    }

    func close() { stores.close() }
}
