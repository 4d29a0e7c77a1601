import Agents
import Catalog
import EventLoop
import Locks
import Logging
import PluginHost
import Sessions
import Wire

/// Takes what an import changed into the running server, without a restart.
///
///     look (a timer, one row of the database) ─▶ read (a thread of its own: products, vector index, intents) ─▶ check ─▶ publish
///
/// Up to `publish` nothing that is live has changed. A catalogue that cannot be taken is told once, and what was live stays until the database holds
/// another one. Turns that have begun keep the catalogue that they pinned.
final class CatalogueChanges: @unchecked Sendable {
    // Invariant: everything is set in `init`; what changes is behind `state`.
    private let configuration: ServerConfiguration
    private let loop: EventLoop
    private let runtime: PluginRuntime
    private let changes: PluginChanges
    private let log: Logger
    private let agents: @Sendable (Shop) -> [any Agent]
    private let state: Lock<State>

    private struct State {
        var shop: Shop
        /// One look, or one catalogue, at a time.
        var isBusy = false
        var isClosed = false
        /// Mark of a catalogue that was not taken.
        var refused = ""
        /// Why the last look failed; "" = it did not.
        var problem = ""
    }

    init(
        _ shop: Shop, configuration: ServerConfiguration, loop: EventLoop, runtime: PluginRuntime, changes: PluginChanges, log: Logger,
        agents: @escaping @Sendable (Shop) -> [any Agent]
    ) {
        self.configuration = configuration
        self.loop = loop
        self.runtime = runtime
        self.changes = changes
        self.log = log
        self.agents = agents
        state = Lock(State(shop: shop))
    }

    /// Products that are live.
    var products: Int { state.withLock { $0.shop.snapshot.products.count } }

    /// Begins to look, until the loop ends or `close`.
    func start() {
        loop.submit { [self] in
            loop.every(UInt64(configuration.catalogueRefreshMs) * 1_000) { [weak self] in self?.look() }
        }
    }

    /// Nothing is published any more.
    func close() { state.withLock { $0.isClosed = true } }

    private func look() {
        let shop = state.withLock { state -> Shop? in
            guard !state.isBusy, !state.isClosed else { return nil }
            state.isBusy = true
            return state.shop
        }
        guard let shop else { return }
        Task(executorPreference: loop) { [self] in
            do throws(StoreError) {
                let mark = try await shop.stores.catalogueMark(models: Shop.learntModels)
                let isNew = state.withLock { state in
                    state.problem = ""
                    return mark != shop.mark && mark != state.refused
                }
                guard isNew else { return rest() }
                LoaderThread.run { [self] in
                    take(mark, after: shop)
                    rest()
                }
            } catch {
                let isNew = state.withLock { state in
                    defer { state.problem = error.message }
                    return state.problem != error.message
                }
                if isNew { log.warning("whether the catalogue has changed cannot be seen", metadata: ["reason": "\(error.message)"]) }
                rest()
            }
        }
    }

    private func rest() { state.withLock { $0.isBusy = false } }

    private func take(_ mark: String, after shop: Shop) {
        do throws(ServerError) {
            let next = try shop.renewed(configuration, log: log)
            try Self.check(next.snapshot, live: runtime.live.flatMap(\.manifest.produces).map(\.spaceID))
            guard !state.withLock(\.isClosed) else { return }
            let number = changes.publish(agents: agents(next), classifier: next.classifier, catalogueHash: next.snapshot.hash)
            state.withLock { state in
                state.shop = next
                state.refused = ""
            }
            log.info(
                "the catalogue has changed",
                metadata: ["products": "\(next.snapshot.products.count)", "catalogue": "\(next.snapshot.hash.prefix(12))", "deployment": "\(number)"])
        } catch {
            state.withLock { $0.refused = mark }
            log.error("the catalogue in the database is not taken; what was live stays", metadata: ["reason": "\(error.message)"])
        }
    }

    /// Vectors of another space than the live encoders' could not be searched.
    static func check(_ snapshot: CatalogSnapshot, live: [String]) throws(ServerError) {
        let spaces = live.filter { !$0.isEmpty }
        guard !spaces.isEmpty else { return }
        for modality in Shop.encoded {
            guard let space = snapshot.spaces[modality], !spaces.contains(space) else { continue }
            throw ServerError(
                "its '\(modality)' vectors are of space \(space); the live encoders give \(Set(spaces).sorted().joined(separator: ", ")): import it "
                    + "with the models that are live, or start the server again with the others")
        }
    }
}
