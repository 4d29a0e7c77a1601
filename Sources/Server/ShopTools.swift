public import Catalog
import EventLoop
import Fusion

/// Fills a shop's database, with features made by the plugins. For commands: blocks.
public final class ShopImport {
    private let runtime: PluginRuntime
    private let stores: SQLiteStores
    private let loop: EventLoop

    public init(_ configuration: ServerConfiguration) throws(ServerError) {
        runtime = try PluginRuntime(configuration)
        do {
            stores = try SQLiteStores.open(configuration.databaseFile, shop: configuration.shop)
            loop = try EventLoop(name: "import")
        } catch let error as StoreError {
            throw ServerError("\(configuration.databaseFile): \(error.message)")
        } catch {
            throw ServerError("\(error)")
        }
        loop.start()
    }

    /// Imports a shop's folder; the old catalogue stays as it is when this throws.
    public func importFolder(
        _ folder: String, intentsFile: String?, progress: @escaping @Sendable (ImportProgress) -> Void
    ) throws(ServerError) -> ImportReport {
        let features = try runtime.features(on: loop)
        defer { features.retire(runtime) }
        do {
            let report = try Blocking.run(on: loop) { [stores] () async throws in
                try await CatalogImporter(stores: stores).importFolder(folder, encoder: features, intentsFile: intentsFile, progress: progress)
            }
            // The understanding is learnt once, here, so that servers start at once.
            progress(ImportProgress(stage: "learning intents", done: 0, total: 1))
            _ = try ShopUnderstanding.model(stores, try stores.loadSnapshot())
            return report
        } catch let error as StoreError {
            throw ServerError(error.message)
        } catch {
            throw error as? ServerError ?? ServerError("\(error)")
        }
    }

    public func close() {
        loop.stop()
        loop.join()
        stores.close()
        runtime.shutdown()
    }
}

/// Searches a shop's catalogue offline, as the recommendation agent would. For commands: blocks.
public final class ShopSearch {
    public struct Found: Sendable {
        public var productID: String
        public var title: String
        public var price: String
        public var score: Float
        /// Each modality's share of the score, adding up to 1.
        public var shares: [(modality: String, share: Float)]
    }

    private let runtime: PluginRuntime
    private let loop: EventLoop
    private let stores: SQLiteStores
    private let snapshot: CatalogSnapshot
    private let features: PluginFeatureSource
    private let plan: GraphPlan

    public init(_ configuration: ServerConfiguration) throws(ServerError) {
        runtime = try PluginRuntime(configuration)
        do {
            stores = try SQLiteStores.open(configuration.databaseFile, shop: configuration.shop)
            snapshot = try stores.loadSnapshot()
            loop = try EventLoop(name: "search")
            plan = try GraphPlan.load(configuration.graphFile)
        } catch let error as StoreError {
            throw ServerError("\(configuration.databaseFile): \(error.message)")
        } catch {
            throw ServerError("\(error)")
        }
        loop.start()
        features = try runtime.features(on: loop)
    }

    /// The weights are those of the graph's first fuse step.
    public func search(text: String?, image: [UInt8]?, top: Int) throws(ServerError) -> (hits: [Found], filters: Int) {
        let parsed = FilterParser(currency: snapshot.currency).parse(text ?? "")
        do {
            var parts: [Feature] = []
            if let text { parts.append(try Blocking.run(on: loop) { [features] in try await features.embedText(text) }) }
            if let image { parts.append(try Blocking.run(on: loop) { [features] in try await features.embedImage(image) }) }
            let outcome = try plan.fuse(parts, present: parts.map(\.modality), classifier: nil)
            guard let fused = outcome.vectors.first?.vector else { throw ServerError("the graph '\(plan.name)' has no fuse step") }
            let query = FusedQuery(
                blocks: fused.parts.map {
                    FusedQuery.Block(modality: $0.feature.modality, spaceID: $0.feature.spaceID, values: $0.feature.values, weight: $0.weight)
                })
            let hits = try snapshot.search(query, filter: parsed.filter, k: top)
            return (hits.compactMap(found), parsed.matches.count)
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

    private func found(_ hit: SearchHit) -> Found? {
        guard let product = snapshot.product(hit.productID) else { return nil }
        let total = hit.contributions.reduce(Float(0)) { $0 + max(0, $1.part) }
        let price = product.price
        return Found(
            productID: hit.productID, title: product.title(in: "en"), price: "\(price.currency) \(Double(price.amountMinor) / 100)", score: hit.score,
            shares: hit.contributions.map { ($0.modality, total > 0 ? max(0, $0.part) / total : 1 / Float(hit.contributions.count)) })
    }

    public func close() {
        features.retire(runtime)
        loop.stop()
        loop.join()
        stores.close()
        runtime.shutdown()
    }
}
