// Server: the composition root, the one module that knows every part.
//
// Reads the configuration, loads models and plugins, builds the deployment, starts the loops and the listeners, and takes it all down again.
// The way of one message begins in Connection and is described in DESIGN.md.

import Agents
import BackEnd
import Catalog
import CheckedYAML
public import EventLoop
import Fusion
import LanguageModel
import Logging
import PluginHost
import Router
import Sessions
import Synchronization
import Telemetry
import Wire

#if canImport(Glibc)
    import Glibc
#endif

/// A running server.
public final class VitrineServer: @unchecked Sendable {
    // Invariant: stored properties are set in `init` and `start`, before any loop serves; what changes later is atomic or confined to a loop.
    public let configuration: ServerConfiguration
    /// Where conversations are served, once started.
    public private(set) var address: SocketAddress
    private let log: Logger
    private let registry = MetricsRegistry()
    private let metrics: ServerMetrics
    private let runtime: PluginRuntime
    let loops: [EventLoop]
    let workers = WorkerTable()
    private var state: ServerState?
    var sharedState: ServerState? { state }
    private var shop: Shop?
    /// One for all of the shop's agents, whichever catalogue they know: an endpoint that fails is left alone by all of them.
    private var phrasing: Phrasing?
    /// Set once the server serves.
    private(set) var changes: PluginChanges?
    private(set) var catalogueChanges: CatalogueChanges?
    private var recordings: Recordings?
    private var listeners: [SocketListener] = []
    private var signals: [SignalWatcher] = []
    private var endpoint: MetricsEndpoint?
    private let ready = Atomic<Bool>(false)
    private let draining = Atomic<Bool>(false)
    private let loopsLeft: Atomic<Int>
    private let startedUs: UInt64
    let place: Place

    /// Where a server serves.
    enum Place {
        /// At the configured addresses.
        case addresses
        /// Only to its own process, by `connect`, on this clock or the real one.
        case process(VirtualClock?)

        var clock: VirtualClock? { if case .process(let clock) = self { clock } else { nil } }
    }

    /// Loads plugins and models; nothing listens yet.
    public convenience init(_ configuration: ServerConfiguration) throws(ServerError) { try self.init(configuration, at: .addresses) }

    init(_ configuration: ServerConfiguration, at place: Place) throws(ServerError) {
        self.place = place
        self.configuration = configuration
        let log = configuration.logger("vitrine")
        self.log = log
        metrics = ServerMetrics(registry: registry)
        do {
            address = try SocketAddress(parsing: configuration.listen)
            loops = try (0..<configuration.loops).map {
                try EventLoop(
                    name: "loop-\($0)", index: $0, sharing: place.clock, seed: configuration.seed == 0 ? nil : configuration.seed,
                    operationTimes: configuration.operationTimes)
            }
        } catch {
            throw ServerError("\(error)")
        }
        guard address.isLoopback || configuration.isInsecure else {
            throw ServerError(
                "\(address) can be reached from other machines and the protocol is not encrypted: listen on 127.0.0.1, or say --insecure")
        }
        loopsLeft = Atomic(configuration.loops)
        startedUs = loops[0].nowUs
        runtime = try PluginRuntime(configuration, registry: registry, log: log)
    }

    // MARK: Start

    /// Starts loops and listeners; returns when conversations are served.
    public func start() throws(ServerError) {
        do {
            try prepare()
        } catch {
            for loop in loops { loop.stop() }
            release()
            throw error as? ServerError ?? ServerError("\(error)")
        }
    }

    /// Port of the metrics and health endpoint, where there is one.
    public var metricsPort: UInt16? { endpoint?.port }

    private func prepare() throws {
        let verifier: any TokenVerifier =
            configuration.tokensFile.isEmpty
            ? GuestVerifier(shop: configuration.shop) : try FileVerifier(file: configuration.tokensFile, shop: configuration.shop)
        let plan = try GraphPlan.load(configuration.graphFile, ports: runtime.ports)
        for loop in loops { loop.start() }
        let seed = try self.seed()
        phrasing = madePhrasing()
        let shop = configuration.databaseFile.isEmpty ? nil : try Shop.open(configuration, backEnd: backEnd(), log: log)
        self.shop = shop
        if let shop { forgetHourly(shop.stores) }
        recordings = configuration.recording.map { choice in
            Recordings(choice, registry: registry, log: log) { [configuration, runtime] deployment in
                runtime.recordedVersions(deployment, configuration)
            }
        }
        let state = ServerState(
            configuration: configuration, metrics: metrics, log: log, seed: seed, verifier: verifier,
            adminVerifier: PeerVerifier(uid: getuid(), shop: configuration.shop), events: shop?.stores, handoffs: shop?.stores,
            sessionStore: try keptSessions(shop), recordings: recordings,
            runtime: runtime, loops: loops, workers: workers)
        self.state = state
        workers.set(
            loops.map { loop in
                LoopWorker(loop: loop, shared: state, adminMethods: AdminMethods.all(self, on: loop)) { [unowned self] in loopDrained() }
            })
        let deployment = try deploy(plan, shop)
        if let played = configuration.playedBack {
            played.compare(with: runtime.recordedVersions(deployment, configuration), hasLanguageModel: configuration.languageModel != nil)
        }
        for loop in loops {
            try onLoop(loop) { [runtime, workers] in workers.on(loop).publish(deployment, nodes: try runtime.nodes(on: loop)) }
        }
        if case .addresses = place { warmUp() }
        let changes = PluginChanges(
            runtime: runtime, configuration: configuration, loops: loops, workers: workers, log: log, deployment: deployment)
        self.changes = changes
        if case .addresses = place {
            if let shop, configuration.catalogueRefreshMs > 0 { watch(shop, changes) }
            try listen()
            if !configuration.metrics.isEmpty { try startEndpoint() }
        }
        ready.store(true, ordering: .releasing)
        log.info(
            "serving",
            metadata: [
                "address": "\(address)", "loops": "\(loops.count)", "graph": "\(plan.name)", "plugins": "\(runtime.names.joined(separator: ","))",
                "products": "\(shop?.snapshot.products.count ?? 0)",
            ])
    }

    /// Before anybody is listened to. Processes of their own are still starting then: they are not waited for.
    private func warmUp() {
        for build in runtime.live where build is PluginGeneration {
            do throws(RPCStatus) {
                try WarmUp.run(build.manifest, on: loops, msMax: configuration.limits.pluginStartMsMax) { [workers] loop in
                    workers.on(loop).router.node(build.name)
                }
            } catch {
                log.warning("a plugin could not be warmed up", metadata: ["plugin": "\(build.name)", "reason": "\(error)"])
            }
        }
    }

    /// The shop's back end as this server may use it: within a process nobody outside is spoken with. There a recording's answers are played back;
    /// without a recording the copy of the database stands in for it.
    private func backEnd() -> HTTPBackEnd? {
        guard let choice = configuration.backEnd else { return nil }
        let calls: any BackEndCalls
        switch place {
        case .addresses: calls = LoopCalls(choice)
        case .process:
            guard let played = configuration.playedBack, !played.calls.isEmpty else { return nil }
            calls = PlayedBackCalls(played.calls) { played.note($0) }
        }
        let metrics = BackEndMetrics(registry: registry, log: log)
        return HTTPBackEnd(shop: configuration.shop, calls: calls) { metrics.note($0) }
    }

    /// Where sessions are kept. Not within a process: its database is a copy that is thrown away.
    private func keptSessions(_ shop: Shop?) throws -> (any SessionStore)? {
        guard let shop, case .addresses = place, configuration.limits.sessionsKeptHoursMax > 0 else { return nil }
        let gone = try shop.stores.forgetSessions(olderThanHours: configuration.limits.sessionsKeptHoursMax)
        tellGone(gone)
        return shop.stores
    }

    private func tellGone(_ sessions: Int) {
        if sessions > 0 { log.info("sessions that nobody came back to are gone", metadata: ["sessions": "\(sessions)"]) }
    }

    /// Retention: what is older than the configuration keeps it is removed, at start and once an hour. Not within a process: its database is a copy.
    private func forgetHourly(_ stores: SQLiteStores) {
        guard case .addresses = place else { return }
        let (loop, hours, days) = (loops[0], configuration.limits.sessionsKeptHoursMax, configuration.limits.behaviourKeptDaysMax)
        let forget: @Sendable () -> Void = { [weak self] in
            Task(executorPreference: loop) {
                do throws(StoreError) {
                    if hours > 0 {
                        let gone = try await stores.forgetSessions(keptBeforeHours: hours)
                        self?.tellGone(gone)
                    }
                    guard days > 0 else { return }
                    let rows = try await stores.forget(behaviourOlderThanDays: days)
                    if rows > 0 { self?.log.info("what customers did long ago is gone", metadata: ["rows": "\(rows)"]) }
                } catch {
                    self?.log.warning("what is kept too long cannot be removed", metadata: ["reason": "\(error.message)"])
                }
            }
        }
        loop.submit {
            forget()
            loop.every(3_600_000_000, forget)
        }
    }

    /// The configured seed, or one that the first loop got from the system.
    private func seed() throws -> UInt64 {
        if configuration.seed != 0 { return configuration.seed }
        let drawn = Atomic<UInt64>(0)
        try onLoop(loops[0]) { [loops] in
            var random = loops[0].random()
            drawn.store(random.next(), ordering: .relaxed)
        }
        return drawn.load(ordering: .relaxed)
    }

    private func agents(_ shop: Shop) -> [any Agent] {
        shop.agents(
            itemsMax: configuration.recommendationsMax, painter: runtime.painter(overlays: configuration.catalogueFolder), phrasing: phrasing)
    }

    /// Imports become visible while the server runs.
    private func watch(_ shop: Shop, _ changes: PluginChanges) {
        let catalogue = CatalogueChanges(
            shop, configuration: configuration, loop: loops[0], runtime: runtime, changes: changes, log: log,
            agents: { [unowned self] in agents($0) })
        catalogueChanges = catalogue
        catalogue.start()
    }

    private func deploy(_ plan: GraphPlan, _ shop: Shop?) throws(ServerError) -> Deployment {
        let agents = shop.map { self.agents($0) } ?? []
        for node in plan.agents where !agents.contains(where: { $0.name == node.agent }) {
            throw ServerError(
                "\(configuration.graphFile): '\(node.id)' names the agent '\(node.agent)'; there are "
                    + "\(agents.isEmpty ? "none without a catalogue" : agents.map(\.name).joined(separator: ", "))"
            )
        }
        return Deployment(
            number: 1, plan: plan, generations: runtime.generationNames, agents: agents, classifier: shop?.classifier,
            catalogueHash: shop?.snapshot.hash ?? "", voice: try voice(), networks: try networks(of: plan))
    }

    private func networks(of plan: GraphPlan) throws(ServerError) -> GraphNetworks? {
        if plan.networks.isEmpty { return nil }
        do throws(RPCStatus) {
            return try GraphNetworks(plan, inference: runtime.pluginHost?.inference)
        } catch {
            throw ServerError("\(configuration.graphFile): \(error.message)")
        }
    }

    /// Nobody outside is spoken with from within a process: there a recording's words are played back, and without any the found words stand.
    private func madePhrasing() -> Phrasing? {
        guard let choice = configuration.languageModel else { return nil }
        let model: any ChatModel
        switch place {
        case .addresses: model = ToldChat(ChatEndpoint(choice))
        case .process:
            guard let played = configuration.playedBack, !played.words.isEmpty else { return nil }
            model = PlayedBackChat(played.words) { played.note($0) }
        }
        let metrics = PhrasingMetrics(registry: registry, log: log)
        return Phrasing(
            model: model, languages: choice.languages, tokensMax: choice.tokensMax, budgetMs: choice.budgetMs
        ) { metrics.note($0, $1) }
    }

    private func voice() throws(ServerError) -> String? {
        let name = configuration.voicePlugin
        if name.isEmpty { return nil }
        guard let ports = runtime.ports(name) else {
            throw ServerError("speech: the voice '\(name)' is not among the plugins that are loaded: \(runtime.names.joined(separator: ", "))")
        }
        guard ports.consumes.contains("text"), ports.produces.contains(where: { $0.kind == "audio" }) else {
            throw ServerError("speech: the plugin '\(name)' is no voice: one takes 'text' and gives 'audio'")
        }
        return name
    }

    private func listen() throws {
        let loop = loops[0]
        try onLoop(loop) { [unowned self] in
            let listener = try SocketListener.listen(address, loop: loop) { [workers] stream in workers.on(loop).accept(stream, isAdmin: false) }
            address = listener.boundAddress
            listeners.append(listener)
            if !configuration.adminSocket.isEmpty {
                listeners.append(
                    try SocketListener.listen(.unix(path: configuration.adminSocket), loop: loop, unixMode: 0o600) { [workers] stream in
                        workers.on(loop).accept(stream, isAdmin: true)
                    })
            }
            for signal in [SIGTERM, SIGINT] { signals.append(try SignalWatcher(signal, loop: loop) { [unowned self] in drain() }) }
        }
    }

    private func startEndpoint() throws {
        guard case .tcp(let host, let port) = try SocketAddress(parsing: configuration.metrics) else {
            throw ServerError("metrics: '\(configuration.metrics)' is not HOST:PORT")
        }
        endpoint = try MetricsEndpoint(host: host, port: port, allowBeyondLoopback: configuration.isInsecure, registry: registry) { [weak self] in
            self?.notReady ?? ["stopping"]
        }
    }

    /// Runs `body` on a loop and waits for it. Only while starting, from a thread that is no loop.
    private func onLoop(_ loop: EventLoop, _ body: @escaping @Sendable () throws -> Void) throws {
        let outcome = StartOutcome()
        loop.submit {
            outcome.result = Result { try body() }
            outcome.done.signal()
        }
        outcome.done.wait()
        try outcome.result?.get()
    }

    // MARK: State

    private var notReady: [String] {
        var reasons: [String] = []
        if !ready.load(ordering: .acquiring) { reasons.append("starting") }
        if draining.load(ordering: .acquiring) { reasons.append("draining") }
        reasons += runtime.notReady
        return reasons
    }

    var sessionCount: Int { Int(metrics.sessions.value) }

    func health() -> HealthReply {
        HealthReply(
            ready: notReady.isEmpty, notReady: notReady, version: ServerVersion.text, uptimeUs: loops[0].nowUs - startedUs,
            sessions: UInt32(clamping: sessionCount), connections: UInt32(clamping: Int(metrics.connections.value)))
    }

    func loadedPlugins() -> ListPluginsReply {
        let draining = changes?.draining ?? []
        return ListPluginsReply(
            plugins: (runtime.live + draining).map(runtime.describe),
            retiredSwiftImages: UInt32(clamping: runtime.pluginHost?.retiredSwiftImages ?? 0),
            retiredSwiftImagesMax: UInt32(clamping: configuration.limits.retiredSwiftImagesMax))
    }

    /// What plugins say, for whoever watches.
    var pluginLog: PluginLogHub { runtime.logHub }

    // MARK: Stop

    /// Takes no new sessions, lets open ones finish within the limit, then stops. Any thread.
    public func drain() {
        guard !draining.exchange(true, ordering: .acquiringAndReleasing) else { return }
        catalogueChanges?.close()
        log.info("draining", metadata: ["sessions": "\(sessionCount)", "ms_max": "\(configuration.limits.drainMsMax)"])
        for loop in loops {
            loop.submit { [unowned self, workers] in
                if loop.index == 0 {
                    for listener in listeners { listener.close() }
                    for signal in signals { signal.close() }
                }
                workers.on(loop).drain()
            }
        }
    }

    private func loopDrained() {
        guard loopsLeft.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 else { return }
        for loop in loops { loop.stop() }
    }

    /// Returns when the server has stopped.
    public func waitUntilStopped() {
        release()
        log.info("stopped")
    }

    private func release() {
        for loop in loops { loop.join() }
        recordings?.close()
        endpoint?.stop()
        shop?.close()
        runtime.shutdown()
    }
}

/// What became of a step that ran on a loop while the server starts.
private final class StartOutcome: @unchecked Sendable {
    // Invariant: written on the loop before `done` is signalled, read after waiting for it.
    var result: Result<Void, any Error>?
    let done = ThreadSignal()
}
