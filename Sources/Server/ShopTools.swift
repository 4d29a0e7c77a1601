public import Catalog
import EventLoop
import Fusion

/// Fills a shop's database, with features made by the plugins. For commands: blocks.
public final class ShopImport {
    private let runtime: PluginRuntime
    private let stores: SQLiteStores
    private let loop: EventLoop
    private let configuration: ServerConfiguration
    private let spaces: ProductSpaces

    public init(_ configuration: ServerConfiguration) throws(ServerError) {
        self.configuration = configuration
        spaces = try ProductSpaces(configuration)
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
        let features = try runtime.features(on: loop, spaces: spaces)
        defer { features.retire(runtime) }
        do {
            let report = try Blocking.run(on: loop) { [stores] () async throws in
                try await CatalogImporter(stores: stores).importFolder(folder, encoder: features, intentsFile: intentsFile, progress: progress)
            }
            // The understanding is learnt once, here, so that servers start at once.
            progress(ImportProgress(stage: "learning intents", done: 0, total: 1))
            _ = try ShopUnderstanding.model(stores, try stores.loadSnapshot(progress: progress))
            try ShopDescriptions.read(stores, features, on: loop, progress: progress)
            try ShopReviews.read(configuration, stores, features, on: loop, progress: progress)
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
